package figure

import (
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// width is the width of one line of text.
func width(s text.Style, line string) vg.Length { return s.Width(line) }

// lineHeight is the distance between two lines.
func lineHeight(s text.Style) vg.Length { return 1.25 * s.Font.Size }

// wrap breaks a text into lines no wider than most, at spaces, and cuts a single word that is wider with an ellipsis. At
// most lines lines; the last one takes an ellipsis where more text follows.
func wrap(s text.Style, txt string, most vg.Length, lines int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(txt) {
		word = shorten(s, word, most)
		switch {
		case line == "":
			line = word
		case width(s, line+" "+word) <= most:
			line += " " + word
		case len(out) == lines-1:
			return append(out, shorten(s, line+" "+word+"…", most))
		default:
			out = append(out, line)
			line = word
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// shorten cuts a line to a width and ends it with an ellipsis where something was cut.
func shorten(s text.Style, line string, most vg.Length) string {
	if width(s, line) <= most {
		return line
	}
	r := []rune(strings.TrimSuffix(line, "…"))
	lo, hi := 0, len(r) // the longest prefix that fits, by bisection
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if width(s, string(r[:mid])+"…") <= most {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return strings.TrimRight(string(r[:lo]), " ,–-(") + "…"
}

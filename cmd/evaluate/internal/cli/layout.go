package cli

import (
	"strings"
	"unicode/utf8"
)

// pageWidth is how wide text for people is, in characters.
const pageWidth = 100

// field is a column of aligned text: its title and how wide it may grow before its cells are wrapped (0: as wide as its
// widest cell).
type field struct {
	title string
	most  int
	right bool
}

// aligned lays out rows under titles, two spaces between columns, cells wrapped at spaces. Columns in which every cell is
// empty are left out.
func aligned(fields []field, rows [][]string) string {
	widths := make([]int, len(fields))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, f := range fields {
		if widths[i] == 0 {
			continue
		}
		if f.most > 0 {
			word := 0 // one that is longer than its column stands alone on a line, and the columns after it go with it
			for _, row := range rows {
				for _, w := range strings.Split(row[i], " ") {
					word = max(word, utf8.RuneCountInString(w))
				}
			}
			widths[i] = min(widths[i], max(f.most, word))
		}
		widths[i] = max(widths[i], utf8.RuneCountInString(f.title))
	}
	var b strings.Builder
	titles := make([]string, len(fields))
	for i, f := range fields {
		titles[i] = f.title
	}
	for _, row := range append([][]string{titles}, rows...) {
		wrapped := make([][]string, len(row))
		height := 1
		for i, cell := range row {
			if widths[i] > 0 {
				wrapped[i] = wrap(cell, widths[i])
				height = max(height, len(wrapped[i]))
			}
		}
		for h := range height {
			var line strings.Builder
			for i := range row {
				if widths[i] == 0 {
					continue
				}
				cell := ""
				if h < len(wrapped[i]) {
					cell = wrapped[i][h]
				}
				pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
				if fields[i].right {
					cell = pad + cell
				} else {
					cell += pad
				}
				if line.Len() > 0 {
					line.WriteString("  ")
				}
				line.WriteString(cell)
			}
			b.WriteString(strings.TrimRight(line.String(), " "))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// wrap breaks a text at spaces into lines of at most width characters; a longer word stands alone.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(text, " ") { // not Fields: no-break spaces stay
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// indented wraps a text to the page, each line with an indent before it.
func indented(text string, indent int) string {
	if text == "" {
		return ""
	}
	before := strings.Repeat(" ", indent)
	return before + strings.Join(wrap(text, pageWidth-indent), "\n"+before) + "\n"
}

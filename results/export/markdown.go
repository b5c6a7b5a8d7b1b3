package export

import (
	"fmt"
	"strings"

	"tiltakseffekt/results"
)

// Markdown are the tables of a paper as pipe tables, one under a heading each.
func Markdown(r *results.Run, t *results.Tables, lang string) []byte {
	var b strings.Builder
	title := r.Title.In(lang)
	if title == "" {
		title = r.Study
	}
	fmt.Fprintf(&b, "# %s\n\n%s %s\n", markdown(title), markdown(r.Study), markdown(r.RunID))
	for _, x := range newPaper(r, t, lang).tables() {
		fmt.Fprintf(&b, "\n## %s\n\n", markdown(x.Caption))
		line := func(cells []string) {
			for _, c := range cells {
				b.WriteString("| " + markdown(c) + " ")
			}
			b.WriteString("|\n")
		}
		line(x.Head)
		for i := range x.Head {
			if x.Numbers[i] {
				b.WriteString("| ---: ")
			} else {
				b.WriteString("| --- ")
			}
		}
		b.WriteString("|\n")
		for _, row := range x.Rows {
			line(row)
		}
		if x.Note != "" {
			b.WriteString("\n" + markdown(x.Note) + "\n")
		}
	}
	return []byte(b.String())
}

// markdownSpecial are the characters that Markdown would read as markup or as the end of a cell.
var markdownSpecial = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "\n", " ")

func markdown(s string) string { return markdownSpecial.Replace(s) }

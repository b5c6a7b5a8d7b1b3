package export

import (
	"fmt"
	"strings"

	"tiltakseffekt/results"
)

// LaTeX are the tables of a paper as longtable environments with the rules of booktabs, to be read with \input. The
// preamble that it needs stands in its first lines.
func LaTeX(r *results.Run, t *results.Tables, lang string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %s, run %s. Needs in the preamble: \\usepackage{booktabs,longtable,array}, and a UTF-8 engine\n%% (\\usepackage[T1]{fontenc} with pdfLaTeX).\n", latex(r.Study), latex(r.RunID))
	for _, x := range newPaper(r, t, lang).tables() {
		columns := make([]string, len(x.Head))
		for i := range columns {
			switch {
			case x.Numbers[i]:
				columns[i] = "r"
			case x.Long && i > 0:
				columns[i] = []string{`>{\raggedright\arraybackslash}p{0.3\textwidth}`, `>{\raggedright\arraybackslash}p{0.55\textwidth}`}[min(i-1, 1)]
			default:
				columns[i] = "l"
			}
		}
		head := make([]string, len(x.Head))
		for i, h := range x.Head {
			head[i] = latex(h)
		}
		top := strings.Join(head, " & ") + ` \\`
		fmt.Fprintf(&b, "\n\\begin{longtable}{%s}\n\\caption{%s}\\label{tab:%s-%s}\\\\\n\\toprule\n%s\n\\midrule\n\\endfirsthead\n\\toprule\n%s\n\\midrule\n\\endhead\n\\bottomrule\n\\endlastfoot\n",
			strings.Join(columns, ""), latex(x.Caption), latexLabel(r.Study), latexLabel(x.ID), top, top)
		for _, row := range x.Rows {
			cells := make([]string, len(row))
			for i, c := range row {
				cells[i] = latex(c)
			}
			b.WriteString(strings.Join(cells, " & ") + ` \\` + "\n")
		}
		b.WriteString("\\end{longtable}\n")
		if x.Note != "" {
			fmt.Fprintf(&b, "{\\footnotesize %s}\n", latex(x.Note))
		}
	}
	return []byte(b.String())
}

// latexSpecial are the characters that LaTeX would read as commands, and those that not every font has.
var latexSpecial = strings.NewReplacer(`\`, `\textbackslash{}`, `&`, `\&`, `%`, `\%`, `$`, `\$`, `#`, `\#`, `_`, `\_`, `{`, `\{`, `}`, `\}`, `~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`,
	"<", `\textless{}`, ">", `\textgreater{}`, "|", `\textbar{}`, "\"", `\textquotedbl{}`, "\u2212", `$-$`, "\u00a0", `~`, "\u2013", `--`, "\u2014", `---`, "≤", `$\leq$`, "≥", `$\geq$`, "×", `$\times$`, "χ", `$\chi$`, "²", `$^2$`, "τ", `$\tau$`, "\n", " ")

func latex(s string) string { return latexSpecial.Replace(s) }

// latexLabel keeps letters, digits and hyphens.
func latexLabel(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' {
			return c
		}
		return '-'
	}, s)
}

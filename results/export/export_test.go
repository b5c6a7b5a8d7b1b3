package export

import (
	"bytes"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tiltakseffekt/datasets"
	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

var update = flag.Bool("update", false, "write the golden files")

// Every number of every table is read back from the workbook as it was, every missing one as an empty cell; the same run
// gives the same bytes.
func TestWorkbookReadBack(t *testing.T) {
	r, tables := madeup.Make(1, 7)
	data, err := Workbook(r, tables, "nb")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Workbook(r, tables, "nb"); err != nil || !bytes.Equal(data, again) {
		t.Errorf("a workbook made again is another (%v)", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	sheets, numbers, missing := f.GetSheetList(), 0, 0
	if sheets[0] != "om" || slices.Contains(sheets, "Sheet1") || !slices.Contains(sheets, "TARGET") || !slices.Contains(sheets, "STROBE") {
		t.Errorf("sheets %v", sheets)
	}
	for _, x := range tables.Columns() {
		if x.Table.Rows == 0 {
			if slices.Contains(sheets, x.Name) {
				t.Errorf("an empty sheet %s", x.Name)
			}
			continue
		}
		rows, err := f.GetRows(x.Name, excelize.Options{RawCellValue: true})
		if err != nil || len(rows) != x.Table.Rows+1 {
			t.Fatalf("%s: %d rows of %d, %v", x.Name, len(rows)-1, x.Table.Rows, err)
		}
		for j, c := range x.Table.Columns {
			if rows[0][j] != c.Name {
				t.Errorf("%s: column %d is %s, not %s", x.Name, j, rows[0][j], c.Name)
			}
			for i := range x.Table.Rows {
				got := ""
				if j < len(rows[i+1]) {
					got = rows[i+1][j]
				}
				switch {
				case c.Missing(i):
					missing++
					if got != "" {
						t.Fatalf("%s.%s row %d is missing, and %q is there", x.Name, c.Name, i, got)
					}
				case c.Kind == datasets.Float64:
					numbers++
					if v, err := strconv.ParseFloat(got, 64); err != nil || v != c.Floats[i] {
						t.Fatalf("%s.%s row %d: %q is not %v", x.Name, c.Name, i, got, c.Floats[i])
					}
				case c.Kind == datasets.Int64 && got != strconv.FormatInt(c.Ints[i], 10), c.Kind == datasets.String && got != c.Text(i):
					t.Fatalf("%s.%s row %d: %q", x.Name, c.Name, i, got)
				}
			}
		}
	}
	if numbers < 1000 || missing < 100 {
		t.Errorf("only %d numbers and %d missing ones were looked at", numbers, missing)
	}
	shown, err := f.GetCellValue("estimates", cellOf(t, tables, "std_error", 200))
	if err != nil || !regexp.MustCompile(`^[\d,]+\.\d{4}$`).MatchString(shown) {
		t.Errorf("a standard error is shown as %q (%v)", shown, err)
	}
}

func cellOf(t *testing.T, tables *results.Tables, column string, row int) string {
	t.Helper()
	for j, c := range tables.Columns()[0].Table.Columns {
		if c.Name == column {
			name, err := excelize.CoordinatesToCellName(j+1, row)
			if err != nil {
				t.Fatal(err)
			}
			return name
		}
	}
	t.Fatal("no column " + column)
	return ""
}

// Another program reads the workbook too: openpyxl, where Python has it.
func TestWorkbookInOpenpyxl(t *testing.T) {
	if exec.Command("python3", "-c", "import openpyxl").Run() != nil {
		t.Skip("no openpyxl on this machine")
	}
	r, tables := madeup.Make(1, 2)
	data, err := Workbook(r, tables, "en")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bok æøå.xlsx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", "-c", `import sys, openpyxl, csv
s = openpyxl.load_workbook(sys.argv[1], data_only=True)["estimates"]
rows = list(s.iter_rows(values_only=True))
k = rows[0].index("estimate")
w = csv.writer(sys.stdout)
for r in rows[1:]: w.writerow(["" if r[k] is None else repr(float(r[k]))])`, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	records, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for i, e := range tables.Estimates {
		if math.IsNaN(e.Estimate) {
			continue // a line of nothing is no record
		}
		for at < len(records) && records[at][0] == "" {
			at++
		}
		if v, err := strconv.ParseFloat(records[at][0], 64); err != nil || v != e.Estimate {
			t.Fatalf("row %d: %q, want %v", i, records[at][0], e.Estimate)
		}
		at++
	}
}

// The texts of LaTeX and Markdown, whole, on a small run with names that both have to escape.
func TestTextsGolden(t *testing.T) {
	r, tables := madeup.Make(1, 2)
	r.Study, r.Groups[1].Text = "prove_1", results.Text{NB: `50 % & «æøå»_{x} | <b> \ #1 ~ ^ $`, EN: `50% & "x" | y`}
	for name, got := range map[string][]byte{"nb.tex": LaTeX(r, tables, "nb"), "en.md": Markdown(r, tables, "en")} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is another; -update writes it, and git diff shows what changed", path)
		}
	}
}

// What LaTeX needs: environments that end, as many cells in every row as columns, and no character that it would read as a
// command where a name has it.
func TestLaTeXIsWhole(t *testing.T) {
	r, tables := madeup.Make(6, 7)
	r.Groups[1].Text.NB = `a & b % c $ d # e _ f { g } h ~ i ^ j \ k`
	tex := string(LaTeX(r, tables, "nb"))
	if n := strings.Count(tex, `\begin{longtable}`); n != 6 || n != strings.Count(tex, `\end{longtable}`) {
		t.Errorf("%d tables begin, %d end", n, strings.Count(tex, `\end{longtable}`))
	}
	if !strings.Contains(tex, `a \& b \% c \$ d \# e \_ f \{ g \} h \textasciitilde{} i \textasciicircum{} j \textbackslash{} k`) {
		t.Error("a name is not escaped")
	}
	bare := regexp.MustCompile(`\\[&%$#_{}]`).ReplaceAllString(tex, "")
	columns := 0
	for _, line := range strings.Split(bare, "\n") {
		if strings.HasPrefix(line, `\toprule`) {
			columns = -1
			continue
		}
		if strings.HasSuffix(line, ` \\`) {
			n := strings.Count(line, "&")
			if columns < 0 {
				columns = n
			}
			if n != columns {
				t.Fatalf("%d cells, not %d: %s", n+1, columns+1, line)
			}
		}
	}
	if i := strings.IndexAny(bare, "#_"); i >= 0 {
		t.Errorf("a bare special character: …%s…", bare[max(0, i-60):min(len(bare), i+60)])
	}
}

// pdfLaTeX sets it, in both languages and with every character that LaTeX gives a meaning, where it is there (Debian's
// texlive-latex-recommended).
func TestLaTeXIsSet(t *testing.T) {
	if _, err := exec.LookPath("pdflatex"); err != nil {
		t.Skip("no pdflatex on this machine")
	}
	for _, lang := range []string{"nb", "en"} {
		r, tables := madeup.Make(1, 3)
		odd := `a & b % c $ d # e _ f { g } h ~ i ^ j \ k «æøå» – 5 × 6`
		r.Groups[1].Text = results.Text{NB: odd, EN: odd}
		dir := t.TempDir()
		for name, text := range map[string]string{
			"tables.tex": string(LaTeX(r, tables, lang)),
			"paper.tex":  "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,longtable,array}\n\\begin{document}\n\\tiny\n\\input{tables}\n\\end{document}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex")
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil && strings.Contains(string(out), ".sty' not found") {
			t.Skipf("a package is not on this machine: %s", out[max(0, len(out)-300):])
		}
		if err != nil || !strings.Contains(string(out), "Output written on paper.pdf") || strings.Contains(string(out), "Missing character") {
			t.Errorf("%s: %v\n%s", lang, err, out[max(0, len(out)-1500):])
		}
	}
}

// Nothing that disclosure control hid is in an export.
func TestHiddenIsNotExported(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	var secret []float64
	for i := range tables.Estimates {
		e := &tables.Estimates[i]
		if *e.Month == 24 && e.Outcome == "stabilt_arbeid" {
			secret = append(secret, e.Estimate)
			e.OnesTreated, e.NPersonsTreated, e.NPersonsComparison = 2, 400, 400
		}
	}
	results.Suppress(tables, 5)
	book, err := Workbook(r, tables, "nb")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	all := string(Markdown(r, tables, "nb")) + string(LaTeX(r, tables, "nb"))
	for _, s := range f.GetSheetList() {
		rows, err := f.GetRows(s, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			all += strings.Join(row, "\n") + "\n"
		}
	}
	p := newPaper(r, tables, "nb")
	for _, s := range secret {
		for _, form := range []string{strconv.FormatFloat(s, 'g', -1, 64), " " + p.l.Points(s, 1) + " "} {
			if strings.Contains(all, form) {
				t.Errorf("a hidden estimate is there as %q", form)
			}
		}
	}
	if len(secret) == 0 || !strings.Contains(all, "suppressed") {
		t.Error("nothing is hidden")
	}
}

func TestEmptyRun(t *testing.T) {
	if _, err := Workbook(&results.Run{Schema: 1}, &results.Tables{}, "nb"); err != nil {
		t.Error(err)
	}
	LaTeX(&results.Run{Schema: 1}, &results.Tables{}, "en")
	if md := string(Markdown(&results.Run{Schema: 1, Study: "tom"}, &results.Tables{}, "en")); !strings.Contains(md, "# tom") {
		t.Error(md)
	}
}

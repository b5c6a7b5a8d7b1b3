package cohort

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"tiltakseffekt/internal/calendar"
)

var update = flag.Bool("update", false, "write the words of expressions into docs/groups.md")

// docs/groups.md lists the words of the language as they are.
func TestDocs(t *testing.T) {
	const path = "../../docs/groups.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("\n| word | also | what it is |\n|---|---|---|\n")
	for _, w := range vocabulary {
		english := w.english
		if english == w.name {
			english = ""
		}
		need := ""
		if w.need != nil {
			need = fmt.Sprintf(" (`%s` of %s)", w.need.column, w.need.name)
		}
		fmt.Fprintf(&text, "| %s | %s | %s%s |\n", w.name, english, w.about, need)
	}
	text.WriteString("| limit |  | the limit of the group in the catalogue |\n")
	for _, f := range functions {
		fmt.Fprintf(&text, "| %s |  | %s |\n", f.form, f.about)
	}
	var series []string
	for _, s := range seriesNames {
		series = append(series, s.name)
	}
	fmt.Fprintf(&text, "\nSERIES is %s.\n\n", strings.Join(series, ", "))
	const begin, end = "-run Docs -update` -->\n", "<!-- end words -->"
	before, rest, ok := strings.Cut(string(content), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the marks around the words are gone")
	}
	if old == text.String() {
		return
	}
	if !*update {
		t.Fatal("the words have changed: run `go test ./analysis/cohort -run Docs -update`")
	}
	if err := os.WriteFile(path, []byte(before+begin+text.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// docs/covariates.md lists the covariates of a register that has every table.
func TestDocsOfCovariates(t *testing.T) {
	const path = "../../docs/covariates.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reg := stub()
	d := Design{From: calendar.NewMonth(2019, 1), To: calendar.NewMonth(2020, 12)}
	var text strings.Builder
	list := func(title string, covariates []Covariate) {
		fmt.Fprintf(&text, "\n%s:\n\n| covariate | what it is |\n|---|---|\n", title)
		seen := map[string]bool{}
		for _, c := range covariates {
			family, _, isLevel := strings.Cut(c.Name, "=")
			if seen[family] {
				continue
			}
			seen[family] = true
			if isLevel {
				fmt.Fprintf(&text, "| %s | factor, such as %s |\n", family, c.EN)
				continue
			}
			fmt.Fprintf(&text, "| %s | %s |\n", c.Name, c.EN)
		}
	}
	list("The default set (`nyankommet` with `innvandret_aar`, `ledighet_lokalt` with `omrade_maaned`, `fylke` with a column of that name)", defaultCovariates(reg, &d))
	list("Further ones, where the register has what they need (`person_historikk`, `nav_enhet`, `enhet`, `omrade_maaned`)", furtherCovariates(reg))
	text.WriteString("\n")
	const begin, end = "-run Docs -update` -->\n", "<!-- end covariates -->"
	before, rest, ok := strings.Cut(string(content), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the marks around the covariates are gone")
	}
	if old == text.String() {
		return
	}
	if !*update {
		t.Fatal("the covariates have changed: run `go test ./analysis/cohort -run Docs -update`")
	}
	if err := os.WriteFile(path, []byte(before+begin+text.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

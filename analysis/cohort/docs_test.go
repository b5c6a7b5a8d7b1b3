package cohort

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
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

package outcome

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the kinds into docs/outcomes.md")

// docs/outcomes.md lists the kinds with their defaults, and its example is a list of outcomes.
func TestDocs(t *testing.T) {
	const path = "../../docs/outcomes.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| kind | definition, with the defaults | parameters | source |\n|---|---|---|---|\n")
	for _, u := range uses {
		var keys []string
		for _, k := range []struct {
			name string
			has  bool
		}{{"position", u.position != 0}, {"terms", u.terms != ""}, {"months, of, gap, mode", u.window}, {"times_g", u.timesG != 0}, {"after", u.after != 0},
			{"conditional, same_employer", u.cond}, {"sector, contract, industry, employer", u.jobs}, {"parts", u.kind == Work}, {"benefits", u.benefits}, {"price_year", u.price}} {
			if k.has {
				keys = append(keys, k.name)
			}
		}
		_, note := Spec{ID: "y", Kind: u.kind}.Label()
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", u.kind, note.EN, strings.Join(keys, ", "), u.source)
	}
	b.WriteString("\n`ordinaert` is another name for work, `stabil` for stable_work.\n\n")
	const begin, end = "<!-- kinds: `go test ./analysis/outcome -run Docs -update` -->\n", "<!-- end kinds -->"
	before, rest, ok := strings.Cut(string(content), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the marks around the kinds are gone")
	}
	if old != b.String() {
		if !*update {
			t.Fatal("the kinds have changed: run `go test ./analysis/outcome -run Docs -update`")
		}
		if err := os.WriteFile(path, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, example, _ := strings.Cut(string(content), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	var study struct{ Outcomes []Spec }
	d := yaml.NewDecoder(bytes.NewReader([]byte(example)))
	d.KnownFields(true)
	if err := d.Decode(&study); err != nil || len(study.Outcomes) == 0 {
		t.Fatalf("%d outcomes, %v", len(study.Outcomes), err)
	}
	for _, s := range study.Outcomes {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
}

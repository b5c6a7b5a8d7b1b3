package register

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables into docs/register.md")

// block puts text between the marks of a name, and tells whether it was there already.
func block(t *testing.T, content, name, text string) (string, bool) {
	t.Helper()
	before, rest, ok := strings.Cut(content, "<!-- "+name+": ")
	mark, rest, ok2 := strings.Cut(rest, " -->\n")
	old, after, ok3 := strings.Cut(rest, "<!-- end "+name+" -->")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("the marks around %s are gone", name)
	}
	return before + "<!-- " + name + ": " + mark + " -->\n" + text + "<!-- end " + name + " -->" + after, old == text
}

// docs/register.md lists the tables and the rules as they are.
func TestDocs(t *testing.T) {
	const path = "../../docs/register.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var tables, rules strings.Builder
	tables.WriteString("\n| table | needed | columns |\n|---|---|---|\n")
	for _, s := range specs {
		needed := map[bool]string{true: "yes", false: "no"}[s.needed || s.name == "maaned"]
		var columns []string
		for _, name := range s.required {
			columns = append(columns, "**"+name+"**")
		}
		fmt.Fprintf(&tables, "| %s | %s | %s |\n", s.name, needed, strings.Join(append(columns, s.optional...), ", "))
	}
	tables.WriteString("\n")
	rules.WriteString("\n| rule | quirk | what it says |\n|---|---|---|\n")
	for _, r := range RuleTexts {
		quirk := ""
		if r.Quirk > 0 {
			quirk = fmt.Sprint(r.Quirk)
		}
		fmt.Fprintf(&rules, "| %s | %s | %s |\n", r.Rule, quirk, r.EN)
	}
	rules.WriteString("\n")
	text, one := block(t, string(content), "tables", tables.String())
	text, two := block(t, text, "rules", rules.String())
	if one && two {
		return
	}
	if !*update {
		t.Fatal("the tables or rules have changed: run `go test ./datasets/register -run Docs -update`")
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

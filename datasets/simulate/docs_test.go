package simulate

import (
	goflag "flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = goflag.Bool("update", false, "write the injections into docs/register.md")

// docs/register.md lists the injections, and which of them the rules restore.
func TestDocs(t *testing.T) {
	const path = "../../docs/register.md"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("\n| quirk | injection | what is done | restored |\n|---|---|---|---|\n")
	for _, q := range Quirks() {
		fmt.Fprintf(&text, "| %d | %s | %s | %s |\n", q.Number, q.Name, q.About, map[bool]string{true: "yes", false: "no"}[q.Restored])
	}
	text.WriteString("\n")
	const begin, end = "./datasets/simulate -run Docs -update` -->\n", "<!-- end injections -->"
	before, rest, ok := strings.Cut(string(content), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the marks around the injections are gone")
	}
	if old == text.String() {
		return
	}
	if !*update {
		t.Fatal("the injections have changed: run `go test ./datasets/simulate -run Docs -update`")
	}
	if err := os.WriteFile(path, []byte(before+begin+text.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

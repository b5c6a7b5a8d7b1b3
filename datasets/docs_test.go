package datasets

import (
	"os"
	"strings"
	"testing"
)

// TestDocs: the mapping that docs/data.md shows is one, and the tables it lists are those that are known.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```yaml\n")
	example, after, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("no example")
	}
	m, err := ParseMapping("docs/data.md", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if p := m.tables["person"]; p.nameOf("LOPENR") != "person_id" || !p.drops("NAVN") || *p.codesOf("kjonn")["1"] != "mann" {
		t.Errorf("%+v", p)
	}
	for _, table := range MappedTables {
		if !strings.Contains(after, "`"+table+"`") {
			t.Errorf("docs/data.md does not name the table %s", table)
		}
	}
}

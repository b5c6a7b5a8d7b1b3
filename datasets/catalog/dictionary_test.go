package catalog

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables into docs/data-dictionary.md")

const dictionary = "../../docs/data-dictionary.md"

// markdown is the description of the tables as the data dictionary has it.
func markdown() string {
	var b strings.Builder
	for _, s := range schemas {
		fmt.Fprintf(&b, "**%s** – %s. Key: %s.\n\n| column | holds | meaning |\n|---|---|---|\n", s.name, s.title, strings.Join(s.key, ", "))
		for _, c := range s.columns {
			if slices.ContainsFunc(source, func(x Column) bool { return x.Name == c.Name }) {
				continue // they are the same everywhere: described once
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Name, holds(c), c.Help)
		}
		b.WriteByte('\n')
	}
	b.WriteString("Every table ends with these:\n\n| column | holds | meaning |\n|---|---|---|\n")
	for _, c := range source {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Name, holds(c), c.Help)
	}
	return b.String()
}

func holds(c Column) string {
	kind := map[Kind]string{Text: "text", Number: "number", Whole: "whole number", Day: "date", YesNo: "ja, nei", Sure: "ja, nei, unntatt …"}[c.Kind]
	if c.Kind == Choice {
		kind = strings.Join(c.Choices, ", ")
	}
	if c.Empty {
		kind += " ○"
	}
	return kind
}

// The data dictionary describes the tables as they are.
func TestDataDictionary(t *testing.T) {
	content, err := os.ReadFile(dictionary)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(content), "-update` -->\n")
	old, after, end := strings.Cut(rest, "<!-- end -->")
	if !ok || !end {
		t.Fatal("the marks around the tables are gone")
	}
	if old == markdown() {
		return
	}
	if !*update {
		t.Fatal("the tables have changed: run `go test ./datasets/catalog -run Dictionary -update`")
	}
	if err := os.WriteFile(dictionary, []byte(before+"-update` -->\n"+markdown()+"<!-- end -->"+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A row's remark is there in both languages or in none.
func TestRemarksAreInBothLanguages(t *testing.T) {
	for _, table := range Default().Tables() {
		n := len(table.Columns)
		for _, row := range table.Rows {
			if (row[n-1] == "") != (row[n-2] == "") {
				t.Errorf("%s: %v", table.Name, row)
			}
		}
	}
}

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every table in both languages fits the page, has its sources, and leaves no space at the end of a line.
func TestCatalogFitsThePage(t *testing.T) {
	for _, topic := range catalogTopics {
		for _, lang := range []string{"nb", "en"} {
			stdout, stderr, status := runCLI(t, "catalog", topic.word, "--lang", lang)
			if status != 0 || stderr != "" || !strings.Contains(stdout, "[1] ") {
				t.Fatalf("%s %s: status %d, stderr %q", topic.word, lang, status, stderr)
			}
			for _, line := range strings.Split(stdout, "\n") {
				if utf8.RuneCountInString(line) > pageWidth || line != strings.TrimRight(line, " ") {
					t.Errorf("%s %s: %d characters: %q", topic.word, lang, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
}

func TestCatalogSaysWhatItShould(t *testing.T) {
	for args, wants := range map[string][]string{
		"catalog tiltak --lang nb": {"Oppfølging · OPPFOLGING", "Arena INDOPPFAG", "høyst 36 måneder", "kapittel 4?", "Arbeidsforberedende trening (AFT)"},
		"catalog rates ARBFORB":    {"20,205", "16,037?", "2022?", "18,520", "[1] asvl.no"},
		"catalog codes":            {"GRUPPEAMO", "GRUPPE_ARBEIDSMARKEDSOPPLAERING *", "one old code for several", "UFØREPENLØ"},
		"catalog statuses GJENN":   {"if started"},
		"catalog rules --lang nb":  {"over 50 %", "ukedager", "2025-08-01", "Lengste varighet"},
		"catalog groups":           {"lav_utdanning", "NUS level 0–2", "innvandrere_utenfor_eos"},
		"catalog kpi 2024":         {"133.6?"},
		"catalog g 2026":           {"136,549"},
		"catalog satser VTAO":      {"7,321"}, // a table by its own name
		"catalog parameters":       {"kalkulasjonsrente", "0.04?"},
	} {
		stdout, stderr, status := runCLI(t, strings.Fields(args)...)
		for _, want := range wants {
			if !strings.Contains(stdout, want) || status != 0 {
				t.Errorf("%s: status %d, %s\ndoes not say %q\n%s", args, status, stderr, want, stdout)
			}
		}
	}
}

func TestHelpFitsThePage(t *testing.T) {
	for _, command := range []string{"catalog", "cost"} {
		stdout, _, status := runCLI(t, command, "--help")
		for _, line := range strings.Split(stdout, "\n") {
			if status != 0 || utf8.RuneCountInString(line) > pageWidth {
				t.Errorf("%s: status %d, %q", command, status, line)
			}
		}
	}
}

func TestCatalogJSON(t *testing.T) {
	for _, topic := range catalogTopics {
		stdout, _, status := runCLI(t, "catalog", topic.word, "--format", "json")
		var document struct {
			Schema  int
			Command string
			Tables  []struct {
				Table   string
				Columns []struct{ Name, Type, Help string }
				Rows    []map[string]any
			}
		}
		if err := json.Unmarshal([]byte(stdout), &document); err != nil || status != 0 || document.Schema != 1 || document.Command != "catalog" {
			t.Fatalf("%s: status %d, %v", topic.word, status, err)
		}
		for _, table := range document.Tables {
			for _, row := range table.Rows {
				if row["kilde"] == "" || row["kilde"] == nil || row["bekreftet"] == nil || len(row) != len(table.Columns) {
					t.Fatalf("%s: row without its source: %v", table.Table, row)
				}
			}
		}
	}
	stdout, _, _ := runCLI(t, "catalog", "rates", "VTAO", "--format", "json")
	var rates struct {
		Tables []struct{ Rows []struct{ Kr *float64 } }
	}
	if err := json.Unmarshal([]byte(stdout), &rates); err != nil || len(rates.Tables[0].Rows) != 6 || *rates.Tables[0].Rows[0].Kr != 5550 {
		t.Errorf("%v: %s", err, stdout)
	}
}

func TestCatalogRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "satser.csv"), []byte("tiltakskode,enhet,kr\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]struct {
		status int
		says   string
	}{
		"catalog":                           {2, "`evaluate catalog` needs"},
		"catalog rate":                      {2, "did you mean `rates`?"},
		"catalog rates NOPE":                {2, "`NOPE` has no rows"},
		"catalog rates --catalog nowhere":   {3, "no such folder"},
		"catalog rates --catalog " + dir:    {3, "`gyldig_fra` is missing"},
		"catalog groups --format json nope": {2, `"code":"unknown_code"`},
	} {
		stdout, stderr, status := runCLI(t, strings.Fields(args)...)
		if status != want.status || !strings.Contains(stderr, want.says) || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q", args, status, stderr)
		}
	}
}

func TestLayout(t *testing.T) {
	got := aligned([]field{{"Kode", 0, false}, {"Navn på æøå", 12, false}, {"", 0, false}, {"Kr", 0, true}}, [][]string{
		{"A", "blåbærsyltetøy og rømme", "", "1 234"}, {"BBB", "å", "", "9"},
	})
	want := "Kode  Navn på æøå        Kr\n" + "A     blåbærsyltetøy  1 234\n" + "      og rømme\n" + "BBB   å                   9\n"
	if !strings.Contains(got, "og rømme") || strings.Contains(got, "\n\n") || len(strings.Split(got, "\n")) != len(strings.Split(want, "\n")) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if lines := wrap("én to tre", 6); len(lines) != 2 || lines[0] != "én to" {
		t.Errorf("wrap: %q", lines)
	}
}

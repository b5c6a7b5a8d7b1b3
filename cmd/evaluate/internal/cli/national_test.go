package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tiltakseffekt/internal/bar"
)

// nationalIn writes the register of docs/bench with so many persons and the study beside it into dir, and returns the study.
func nationalIn(t testing.TB, dir string, persons int) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "bench", "national.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	study := filepath.Join(dir, "national.yaml")
	if err := os.WriteFile(study, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if status := Main([]string{"simulate", "--out", filepath.Join(dir, "register"), "--scenario", "twelve-tiltak", "--persons", strconv.Itoa(persons),
		"--months", "120", "--first", "2015-01", "--no-counterfactual", "--quiet"}, nil, discard{}, discard{}); status != 0 {
		t.Fatalf("simulate: status %d", status)
	}
	return study
}

// The study of docs/bench is what it says: twelve tiltak, seven groups in which somebody starts (and one, disability pensioners, in
// which nobody in the simulated register does), three outcomes and methods, 36 months; and nothing that can be estimated is left out.
func TestNationalStudyLeavesNothingOut(t *testing.T) {
	once(t)
	dir := t.TempDir()
	study := nationalIn(t, dir, 8_000)
	stdout, stderr, status := runCLI(t, "run", study, "--out", filepath.Join(dir, "runs"), "--quiet")
	if status != 0 {
		t.Fatal(stderr)
	}
	folder := folderOf(t, stdout)
	seen, found := map[string]map[string]bool{}, map[string]map[string]bool{}
	add := func(to map[string]map[string]bool, key, value string) {
		if to[key] == nil {
			to[key] = map[string]bool{}
		}
		to[key][value] = true
	}
	rows := csvRows(t, filepath.Join(folder, "tables", "estimates.csv"))
	for _, r := range rows {
		for _, key := range []string{"tiltak", "group", "outcome", "method", "month"} {
			add(seen, key, r[key])
			if r["estimate"] != "" {
				add(found, key, r[key])
			}
		}
		switch r["reason"] {
		case "", "too_few_treated", "too_few_comparison", "suppressed":
		case "not_defined":
			if month, err := strconv.Atoi(r["month"]); err != nil || month >= 6 || r["outcome"] != "stabilt_arbeid" {
				t.Errorf("%v: six months of work are defined from month 6 on", r)
			}
		default:
			t.Errorf("%s × %s, %s by %s at month %s: %s", r["tiltak"], r["group"], r["outcome"], r["method"], r["month"], r["reason"])
		}
	}
	for key, n := range map[string]int{"tiltak": 12, "group": 8, "outcome": 3, "method": 3, "month": 36} {
		if len(seen[key]) != n || len(rows) != 12*8*3*3*36 {
			t.Errorf("%d values of %s in %d rows, want %d", len(seen[key]), key, len(rows), n)
		}
		if key == "group" {
			n = 7
		}
		if len(found[key]) != n {
			t.Errorf("%d values of %s with a figure, want %d", len(found[key]), key, n)
		}
	}
	covariates := map[string]bool{}
	for _, r := range csvRows(t, filepath.Join(folder, "tables", "balance.csv")) {
		if r["variable"] != "startdag" {
			covariates[r["variable"]] = true
		}
	}
	if len(covariates) < 40 {
		t.Errorf("%d covariate columns, want 40: %v", len(covariates), covariates)
	}
}

// BenchmarkBarNational is the study of docs/bench, report included, on 20,000 persons. On a million, `evaluate run --stats` says the
// time and the memory of the whole process.
func BenchmarkBarNational(b *testing.B) {
	dir := b.TempDir()
	study, n := nationalIn(b, dir, 20_000), 0
	bar.Loop(b, bar.Bar{Time: time.Minute}, func() {
		n++
		if status := Main([]string{"run", study, "--out", filepath.Join(dir, strings.Repeat("r", n)), "--quiet"}, nil, discard{}, discard{}); status != 0 {
			b.Fatalf("status %d", status)
		}
	})
}

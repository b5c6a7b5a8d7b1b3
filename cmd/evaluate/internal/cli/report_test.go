package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/results"
)

// smallRun is a finished run folder with one made-up estimate.
func smallRun(t *testing.T) string {
	t.Helper()
	month := 24
	r := &results.Run{Schema: 1, RunID: "0123456789abcdef", Study: "prove", Title: results.Text{NB: "Prøve", EN: "Trial"}, Level: 0.95, MinCell: 5, Horizon: 24, From: "2018-01", To: "2020-12", Cut: "2023-12",
		Resolved: []byte(`{}`), Tiltak: []results.Label{{ID: "AFT"}}, Groups: []results.Label{{ID: "alle"}}, Outcomes: []results.Label{{ID: "arbeid"}}, Methods: []results.Label{{ID: "ebal"}}}
	tables := &results.Tables{Estimates: []results.Estimate{{Tiltak: "AFT", Group: "alle", Outcome: "arbeid", Method: "ebal", Month: &month, Role: "primary", Estimate: 0.051, StdError: 0.01, ConfLow: 0.031, ConfHigh: 0.071, MeanTreated: 0.4, MeanComparison: 0.349, NPersonsTreated: 500, NPersonsComparison: 5000}}}
	path, err := results.Write(t.TempDir(), r, tables, nil)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReport(t *testing.T) {
	run := smallRun(t)
	out := filepath.Join(t.TempDir(), "rapport æøå.html")
	stdout, stderr, status := runCLI(t, "report", run, "--out", out)
	if status != 0 || stdout != out+"\n" || stderr != "" {
		t.Fatalf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	page, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(page), "+5,1") || !strings.Contains(string(page), `lang="nb"`) {
		t.Errorf("the page does not show the estimate in bokmål (%v)", err)
	}
	stdout, _, status = runCLI(t, "report", run, "--out", out, "--lang", "en", "--format", "json")
	var d struct {
		Schema                    int
		Command, Lang, File, Stud string
		RunID                     string `json:"run_id"`
		Warnings                  []any
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || d.Lang != "en" || d.File != out || d.RunID != "0123456789abcdef" || d.Schema != 1 || d.Warnings == nil {
		t.Errorf("status %d, %v, %s", status, err, stdout)
	}
	if page, _ = os.ReadFile(out); !strings.Contains(string(page), "+5.1") {
		t.Error("the English page does not show the estimate")
	}
	if err := results.Check(run); err != nil {
		t.Errorf("the run was touched: %v", err)
	}
}

func TestReportRefusals(t *testing.T) {
	run := smallRun(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "x.html")
	changed := smallRun(t)
	if err := os.WriteFile(filepath.Join(changed, "tables", "flow.csv"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(run, link); err != nil {
		t.Skip("no symbolic links here")
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{run}, 2, "`--out` is missing"},
		{[]string{run, "--out", filepath.Join(dir, "x.pdf")}, 2, "must end in .html"},
		{[]string{run, "--out", filepath.Join(run, "x.html")}, 2, "inside the run"},
		{[]string{run, "--out", filepath.Join(link, "tables", "x.html")}, 2, "inside the run"},
		{[]string{run, "--out", filepath.Join(dir, "none", "x.html")}, 2, "its folder is not there"},
		{[]string{t.TempDir(), "--out", out}, 3, "has no manifest.json"},
		{[]string{filepath.Join(dir, "none"), "--out", out}, 3, "is not there"},
		{[]string{changed, "--out", out}, 4, "tables/flow.csv has changed"},
		{nil, 2, "`evaluate report` needs RUN"},
	} {
		stdout, stderr, status := runCLI(t, append([]string{"report"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stderr %q", c.args, status, stderr)
		}
		if _, err := os.Stat(out); err == nil {
			t.Fatalf("%v left a file", c.args)
		}
	}
}

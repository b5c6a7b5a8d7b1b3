package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is promised and not there yet is refused by its name, whatever follows it, and marked in the help.
func TestNotServedYet(t *testing.T) {
	help, _, _ := runCLI(t, "--help")
	var refused [][]string
	for _, c := range unservedCommands() {
		refused = append(refused, []string{c.Name(), "a", "b", "--by", "x"})
		if !strings.Contains(help, c.Name()) {
			t.Errorf("%s is not in the help", c.Name())
		}
		if stdout, _, status := runCLI(t, c.Name(), "--help"); status != 0 || !strings.Contains(stdout, "Not served yet") {
			t.Errorf("status %d, %q", status, stdout)
		}
		if _, stderr, status := runCLI(t, c.Name(), "a", "b", "--format", "json"); status != 2 || !strings.HasPrefix(stderr, `{"error":{"code":"not_served"`) {
			t.Errorf("status %d, stderr %q", status, stderr)
		}
	}
	for _, args := range refused {
		stdout, stderr, status := runCLI(t, args...)
		name := "`evaluate " + args[0] + "` is not served yet; "
		if status != 2 || stdout != "" || !strings.Contains(stderr, name) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stderr %q", args, status, stderr)
		}
	}
	if n := strings.Count(help, "Not served yet: "); n != len(unservedCommands()) {
		t.Errorf("%d commands are marked in the help", n)
	}
}

func TestClean(t *testing.T) {
	dir := t.TempDir()
	work, kept := filepath.Join(dir, "studie", ".0123456789abcdef.work"), filepath.Join(dir, "studie", "fedcba9876543210")
	for _, path := range []string{filepath.Join(work, "out"), kept} {
		if err := os.MkdirAll(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, status := runCLI(t, "clean", dir, "--format", "json")
	var d struct{ Removed, Warnings []string }
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || stderr != "" || len(d.Removed) != 1 || d.Removed[0] != work || d.Warnings == nil {
		t.Errorf("status %d, stderr %q, %v %s", status, stderr, err, stdout)
	}
	if _, err := os.Stat(work); !os.IsNotExist(err) {
		t.Error("the work folder is still there")
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error("a run is gone")
	}
	if stdout, _, status := runCLI(t, "clean", dir); status != 0 || stdout != "0 work folders removed\n" {
		t.Errorf("status %d, %q", status, stdout)
	}
	if _, stderr, status := runCLI(t, "clean", filepath.Join(dir, "none")); status != 2 || !strings.Contains(stderr, "is not a folder") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

// --level of run is inference.level of the study: another question, and another run.
func TestRunLevel(t *testing.T) {
	once(t)
	study := writeStudy(t, levelStudy)
	out := t.TempDir()
	level := func(args ...string) (run string, level float64) {
		stdout, stderr, status := runCLI(t, append([]string{"run", study, "--out", out, "--format", "json", "--quiet"}, args...)...)
		var d struct {
			RunID string `json:"run_id"`
			Level float64
		}
		if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 {
			t.Fatalf("status %d, %v, %s", status, err, stderr)
		}
		return d.RunID, d.Level
	}
	a, x := level()
	b, y := level("--level", "0.9")
	if a == b || x != 0.95 || y != 0.9 {
		t.Errorf("runs %s %s at levels %v %v", a, b, x, y)
	}
	if _, stderr, status := runCLI(t, "run", study, "--level", "95"); status != 2 || !strings.Contains(stderr, "`--level` must lie between 0.5 and 1") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

const levelStudy = `study: niva
data: {register: REGISTER}
population: {from: 2019-01, to: 2019-12}
tiltak: [ARBEIDSTRENING]
horizon: 3
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
inference: {family: {outcome: arbeid, month: 3, method: ebal, over: [tiltak, group]}}
`

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The pipeline of docs/pipeline goes from nothing to reports and a comparison, does nothing the second time, and after a
// change of one of its two studies runs that one alone.
func TestPipeline(t *testing.T) {
	tool, err := exec.LookPath("make")
	if err != nil {
		t.Skip("there is no make on this machine: the pipeline of docs/pipeline was NOT run")
	}
	if testing.Short() {
		t.Skip("runs two studies in processes of their own")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pipeline")
	if err := os.CopyFS(dir, os.DirFS("../../../../docs/pipeline")); err != nil {
		t.Fatal(err)
	}
	run := func(target ...string) string {
		t.Helper()
		c := exec.Command(tool, append([]string{"-C", dir, "EVALUATE=" + self}, target...)...)
		c.Env = append(os.Environ(), "EVALUATE_TEST_MAIN=1", "MAKEFLAGS=")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("make %v: %v\n%s", target, err, out)
		}
		return string(out)
	}
	count := func(out string) (simulated, ran, compared int) {
		return strings.Count(out, " simulate --out"), strings.Count(out, " run ") - strings.Count(out, "(run "), strings.Count(out, " compare ")
	}
	read := func(name string) string {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if s, r, c := count(run()); s != 1 || r != 2 || c != 1 {
		t.Errorf("the first time: %d registers, %d runs, %d comparisons", s, r, c)
	}
	all, young, comparison := read("all.run"), read("young.run"), read("comparison.txt")
	if strings.Contains(comparison, "data.inputs") {
		t.Errorf("the comparison takes the plans of the runs for data:\n%s", comparison)
	}
	if s, r, c := count(run()); s+r+c != 0 {
		t.Errorf("nothing changed: %d registers, %d runs, %d comparisons", s, r, c)
	}
	study := filepath.Join(dir, "young.yaml")
	later := time.Now().Add(time.Minute) // the clocks of files are coarse
	change := func(old, new string) {
		t.Helper()
		if err := os.WriteFile(study, []byte(strings.Replace(read("young.yaml"), old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		later = later.Add(time.Minute)
		if err := os.Chtimes(study, later, later); err != nil {
			t.Fatal(err)
		}
	}
	change("[18, 29]", "[18, 34]")
	if s, r, c := count(run()); s != 0 || r != 1 || c != 1 {
		t.Errorf("one study changed: %d registers, %d runs, %d comparisons", s, r, c)
	}
	if read("all.run") != all || read("young.run") == young || read("comparison.txt") == comparison {
		t.Error("the run of the study that changed is not another, or that of the other one is")
	}
	if !strings.Contains(read("young.nb.html"), "population") {
		t.Error("the report does not list the departure from the plan")
	}
}

package results

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	study := filepath.Join(dir, "aft")
	run := filepath.Join(study, "0123456789abcdef")
	for _, d := range []string{run, filepath.Join(study, ".0123456789abcdee.work"), filepath.Join(study, "fedcba9876543210")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	finish := func(d string) {
		if err := os.WriteFile(filepath.Join(d, manifestName), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Find(study); err != nil || got != study {
		t.Errorf("nothing finished: %s, %v", got, err)
	}
	finish(run)
	for _, path := range []string{run, study} {
		if got, err := Find(path); err != nil || got != run {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	finish(filepath.Join(study, "fedcba9876543210"))
	if _, err := Find(study); err == nil || !strings.Contains(err.Error(), "holds 2 runs") {
		t.Errorf("two runs: %v", err)
	}
	if _, err := Find(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "is not a run folder") {
		t.Errorf("no folder: %v", err)
	}
}

package oracle

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNearFailsWhereItShould(t *testing.T) {
	for _, c := range []struct {
		got, want, tol float64
		fails          bool
	}{{1, 1, 0, false}, {1 + 1e-7, 1, 1e-6, false}, {1 + 1e-5, 1, 1e-6, true}, {0, 1e-3, 1e-6, true}} {
		probe := &recorder{TB: t}
		Node{probe, "probe", c.want}.Near(c.got, c.tol)
		if probe.failed != c.fails {
			t.Errorf("Near(%v, %v, %v) failed: %v, want %v", c.got, c.want, c.tol, probe.failed, c.fails)
		}
	}
}

type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Helper()               {}

func TestSharedIsFoundUpwards(t *testing.T) {
	t.Setenv("EVALUATE_SHARED", "")
	dir := t.TempDir()
	deep := filepath.Join(dir, "project", "a", "b")
	for _, d := range []string{deep, filepath.Join(dir, "shared", "oracles")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(deep)
	want, err := filepath.EvalSymlinks(filepath.Join(dir, "shared"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := filepath.EvalSymlinks(Shared(t)); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

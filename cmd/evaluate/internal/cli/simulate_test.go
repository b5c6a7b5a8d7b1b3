package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSimulate(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	stdout, stderr, status := runCLI(t, "simulate", "--out", a, "--persons", "300", "--workers", "1", "--format", "json")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	var document struct {
		Schema  int
		Command string
		Starts  int
		Tables  []struct {
			Table string
			Rows  int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil || document.Schema != 1 || document.Command != "simulate" ||
		document.Starts == 0 || len(document.Tables) != 5 || document.Tables[0].Rows != 300 {
		t.Errorf("%v\n%s", err, stdout)
	}
	if _, stderr, status = runCLI(t, "simulate", "--out", b, "--persons", "300", "--workers", "2"); status != 0 {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, name := range []string{"person", "deltakelse", "arbeidssoker", "maaned", "counterfactual"} {
		x, err := os.ReadFile(filepath.Join(a, name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Errorf("%s.parquet depends on the number of workers", name)
		}
	}
	// Without the paths the file of an earlier register goes: it would be the truth of another one.
	if _, stderr, status = runCLI(t, "simulate", "--out", b, "--persons", "100", "--no-counterfactual"); status != 0 {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(b, "counterfactual.parquet")); !os.IsNotExist(err) {
		t.Errorf("the paths of the earlier register are still there: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("work folders left: %v %v", entries, err)
	}
}

func TestSimulateRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--persons 10", "`--out` is needed"},
		{"--out x --persons 0", "`--persons` must be between"},
		{"--out x --months 12", "`--months` must be between"},
		{"--out x --scenario defalt", "did you mean `default`"},
		{"--out x --first 2016-13", "`--first`"},
		{"--persons 10 --out " + full, "`notes.txt`"},
	} {
		stdout, stderr, status := runCLI(t, append([]string{"simulate"}, strings.Fields(c.args)...)...)
		if status != 2 || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%s: status %d, stderr %q", c.args, status, stderr)
		}
	}
}

// A register of real data has files of the same names: nothing of it may be replaced.
func TestSimulateLeavesRealRegistersAlone(t *testing.T) {
	base := t.TempDir()
	put := func(path, text string) string {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	check := func(what, want, path string, args ...string) {
		t.Helper()
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		stdout, stderr, status := runCLI(t, args...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "choose an empty folder") {
			t.Errorf("%s: status %d, stderr %q", what, status, stderr)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: %s was replaced", what, filepath.Base(path))
		}
	}
	real := filepath.Join(base, "real")
	for _, table := range []string{"person", "deltakelse", "arbeidssoker", "maaned"} {
		put(filepath.Join(real, table+".parquet"), "real "+table)
	}
	check("simulate into a register", "`arbeidssoker.parquet`", filepath.Join(real, "person.parquet"), "simulate", "--out", real, "--persons", "50")
	put(filepath.Join(real, "simulated.txt"), "what anybody may have written\n")
	check("a marker that is none", "nothing that says it was simulated", filepath.Join(real, "person.parquet"), "simulate", "--out", real, "--persons", "50")

	demo := filepath.Join(base, "demo")
	person := put(filepath.Join(demo, "register", "person.parquet"), "real persons")
	check("demo over a register", "`person.parquet`", person, "demo", "--out", demo, "--persons", "1000")
	own := filepath.Join(base, "own")
	check("demo over a study", "`demo.yaml`", put(filepath.Join(own, "demo.yaml"), "study: mine\n"), "demo", "--out", own, "--persons", "1000")
	if _, err := os.Stat(filepath.Join(own, "register")); !os.IsNotExist(err) {
		t.Error("a refused demo left a register")
	}

	// A simulated folder in which one table has been replaced by a real one is a real register again.
	mixed := filepath.Join(base, "mixed")
	for range 2 { // and one that is as it was simulated may be written again
		if _, stderr, status := runCLI(t, "simulate", "--out", mixed, "--persons", "60"); status != 0 {
			t.Fatalf("status %d, stderr %q", status, stderr)
		}
	}
	check("a table replaced", "not as it was simulated", put(filepath.Join(mixed, "maaned.parquet"), "real months"), "simulate", "--out", mixed, "--persons", "50")
}

func TestSimulateEffects(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "effects.csv")
	if err := os.WriteFile(file, []byte("tiltak,lock_in\nJOBBKLUBB,0.5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := runCLI(t, "simulate", "--out", filepath.Join(dir, "a"), "--persons", "100", "--effects", file); status != 0 {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if err := os.WriteFile(file, []byte("tiltak,lock_in\nJOBBKLUBB,2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := runCLI(t, "simulate", "--out", filepath.Join(dir, "b"), "--persons", "100", "--effects", file)
	if status != 3 || !strings.Contains(stderr, "lock_in of JOBBKLUBB") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "b")); !os.IsNotExist(err) {
		t.Error("a refused simulation left a folder")
	}
}

func TestSimulateQuirks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	stdout, stderr, status := runCLI(t, "simulate", "--out", dir, "--persons", "2000", "--quirks", "--format", "json")
	if status != 0 {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	var document struct {
		Quirks []struct {
			Quirk    int
			Rule     string
			Injected int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, q := range document.Quirks {
		if q.Injected > 0 {
			seen[q.Quirk] = true
		}
	}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16} { // 9 and 15 change no row
		if !seen[n] {
			t.Errorf("nothing was injected for quirk %d", n)
		}
	}
	for _, name := range []string{"quirks.csv", "person_kobling.parquet", "deltakelsesmengde.parquet"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// verified runs verify with JSON and returns the differences as "what name".
func verified(t *testing.T, wantStatus int, args ...string) (differences []string, rerun bool) {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"verify", "--format", "json", "--quiet"}, args...)...)
	if status != wantStatus {
		t.Fatalf("verify %v: status %d, want %d: %s%s", args, status, wantStatus, stdout, stderr)
	}
	var d struct {
		OK          bool
		Rerun       bool
		Files       int
		Differences []struct{ What, Name, Detail string }
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	for _, x := range d.Differences {
		differences = append(differences, x.What+" "+x.Name)
	}
	if d.OK != (len(differences) == 0) {
		t.Errorf("ok is %v with %d differences", d.OK, len(differences))
	}
	if d.OK && d.Files < 30 {
		t.Errorf("only %d files were compared", d.Files)
	}
	return differences, d.Rerun
}

const verifiedStudy = `study: liten-prove
data: {register: ./register}
population: {from: 2018-06, to: 2019-12}
tiltak: [ARBEIDSTRENING]
horizon: 4
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
inference: {family: {outcome: arbeid, month: 4, method: ebal, over: [tiltak, group]}}
`

// A run verifies where nothing has changed, with flags that the study file does not have, and says what changed where
// something did: a file of the run, an input, the study.
func TestVerify(t *testing.T) {
	register, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "register"), os.DirFS(register)); err != nil {
		t.Fatal(err)
	}
	study := filepath.Join(dir, "studie.yaml")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(study, verifiedStudy)
	stdout, stderr, status := runCLI(t, "run", study, "--out", filepath.Join(dir, "runs"), "--quiet", "--seed", "7", "--level", "0.9")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	run := folderOf(t, stdout)
	if got, rerun := verified(t, 0, run, "--workers", "2"); len(got) != 0 || !rerun {
		t.Errorf("an untouched run differs: %v, run again %v", got, rerun)
	}

	// Received elsewhere, without the files beside it: the study has to be named.
	moved := filepath.Join(t.TempDir(), filepath.Base(run))
	if err := os.CopyFS(moved, os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := runCLI(t, "verify", moved); status != 2 || !strings.Contains(stderr, "`--study`") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if got, _ := verified(t, 0, moved, "--study", study); len(got) != 0 {
		t.Errorf("the moved run differs: %v", got)
	}

	// A file that was changed after the run.
	write(filepath.Join(moved, "tables", "estimates.csv"), "typed by hand\n")
	if got, rerun := verified(t, 4, moved, "--study", study); !slices.Equal(got, []string{"manifest " + filepath.Base(run)}) || rerun {
		t.Errorf("a changed table: %v, run again %v", got, rerun)
	}

	// Another study.
	write(study, strings.Replace(verifiedStudy, "horizon: 4", "horizon: 5", 1))
	if got, _ := verified(t, 4, run, "--study", study); !slices.Equal(got, []string{"study horizon"}) {
		t.Errorf("another horizon: %v", got)
	}
	write(study, verifiedStudy)

	// An input that has changed.
	person := filepath.Join(dir, "register", "person.parquet")
	b, err := os.ReadFile(person)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	write(person, string(b))
	if got, rerun := verified(t, 4, run); !slices.Equal(got, []string{"input person.parquet"}) || rerun {
		t.Errorf("a changed input: %v, run again %v", got, rerun)
	}

	if _, stderr, status := runCLI(t, "verify", filepath.Join(dir, "none")); status != 3 || !strings.Contains(stderr, "is not a run folder") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// A folder that is no run is data refused, also where --study would be the next thing to ask for.
func TestVerifyOfNoRun(t *testing.T) {
	if _, stderr, status := runCLI(t, "verify", t.TempDir()); status != 3 || !strings.Contains(stderr, "is no finished run") {
		t.Errorf("%d %s", status, stderr)
	}
}

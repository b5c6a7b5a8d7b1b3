package cli

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A plan is written before there is a register, the run that is given it marks its estimates, the bytes of the run hold no
// time, and verify takes the plan beside the run and sees when it is another.
func TestPlannedRun(t *testing.T) {
	once(t)
	register, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	study, plan := filepath.Join(dir, "studie.yaml"), filepath.Join(dir, "plan æ.json")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(study, verifiedStudy)
	stdout, stderr, status := runCLI(t, "plan", study, "--out", plan)
	hash, _, _ := strings.Cut(stdout, " ")
	if status != 0 || len(hash) != 64 {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	if log, err := os.ReadFile(plan + ".log"); err != nil || !strings.Contains(string(log), hash) {
		t.Errorf("the log beside the plan: %q, %v", log, err)
	}
	if again, _, status := runCLI(t, "plan", study, "--out", plan); status != 0 || again != stdout {
		t.Errorf("the same plan again: status %d, %q", status, again)
	}
	if _, stderr, status := runCLI(t, "plan", study, "--out", plan, "--seed", "5"); status != 2 || !strings.Contains(stderr, "not overwritten") {
		t.Errorf("another plan over it: status %d, %s", status, stderr)
	}

	if err := os.CopyFS(filepath.Join(dir, "register"), os.DirFS(register)); err != nil {
		t.Fatal(err)
	}
	write(study, strings.Replace(verifiedStudy, "methods: [ebal]", "methods: [ebal, none]\nplan: plan æ.json", 1))
	stdout, stderr, status = runCLI(t, "run", study, "--out", filepath.Join(dir, "runs"))
	if status != 0 || !strings.Contains(stderr, "departs from its plan in methods.none; 4 of 8 estimates are marked exploratory") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	run := folderOf(t, stdout)
	f, err := os.Open(filepath.Join(run, "tables", "estimates.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	method, column := slices.Index(rows[0], "method"), slices.Index(rows[0], "plan")
	for _, row := range rows[1:] {
		if want := map[string]string{"ebal": "planned", "none": "exploratory"}[row[method]]; row[column] != want {
			t.Errorf("%s is marked %q", row[method], row[column])
		}
	}
	b, err := os.ReadFile(filepath.Join(run, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Plan struct {
			SHA256               string
			Planned, Exploratory int
		}
		Inputs []struct{ Name, SHA256 string }
	}
	if err := json.Unmarshal(b, &described); err != nil {
		t.Fatal(err)
	}
	if p := described.Plan; p.SHA256 != hash || p.Planned != 4 || p.Exploratory != 4 || described.Inputs[len(described.Inputs)-1].SHA256 != hash {
		t.Errorf("run.json says %+v", described)
	}
	if got, rerun := verified(t, 0, run); len(got) != 0 || !rerun {
		t.Errorf("an untouched run with a plan differs: %v, run again %v", got, rerun)
	}
	changed, err := os.ReadFile(run + planExtension)
	if err != nil {
		t.Fatal(err)
	}
	write(run+planExtension, strings.Replace(string(changed), `"seed": 1`, `"seed": 2`, 1))
	if got, rerun := verified(t, 4, run); !slices.Equal(got, []string{"input plan"}) || rerun {
		t.Errorf("with another plan beside it: %v, run again %v", got, rerun)
	}
	if got, _ := verified(t, 0, run, "--plan", plan); len(got) != 0 {
		t.Errorf("with the plan named: %v", got)
	}
	if _, stderr, status := runCLI(t, "run", study, "--plan", filepath.Join(dir, "none.json"), "--quiet"); status != 2 || !strings.Contains(stderr, "there is no plan") {
		t.Errorf("a plan that is not there: status %d, %s", status, stderr)
	}
}

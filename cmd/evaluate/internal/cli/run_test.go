package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tiltakseffekt/results"
)

// testRegister writes a small simulated register, once for the whole test binary.
var testRegister = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "evaluate-test-register-")
	if err != nil {
		return "", err
	}
	var out, errs strings.Builder
	path := filepath.Join(dir, "register")
	if status := Main([]string{"simulate", "--out", path, "--persons", "2500", "--quiet"}, strings.NewReader(""), &out, &errs); status != 0 {
		return "", &os.PathError{Op: "simulate", Path: path, Err: os.ErrInvalid}
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if os.Getenv("EVALUATE_TEST_MAIN") == "1" { // the program itself, for tests that kill it
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	status := m.Run()
	if path, err := testRegister(); err == nil && path != "" {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

const testStudy = `study: liten-prøve
data: {register: REGISTER}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]
groups: [alle, unge]
horizon: 8
outcomes: [{id: arbeid, kind: work}, {id: stabilt, kind: stable_work, months: 3, of: 3, position: 50}, {id: lonn, kind: earnings}]
inference: {family: {outcome: arbeid, month: 8, method: ebal, over: [tiltak, group]}}
`

// writeStudy writes a study on the test register and returns its path.
func writeStudy(t *testing.T, text string) string {
	t.Helper()
	register, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "studie æøå.yaml")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "REGISTER", register), "liten-prøve", "liten-prove")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// folderOf is the last line that a run prints.
func folderOf(t *testing.T, stdout string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	path := lines[len(lines)-1]
	if _, err := os.Stat(filepath.Join(path, "manifest.json")); err != nil {
		t.Fatalf("the last line is no finished run: %q", path)
	}
	return path
}

// files reads every file of a folder by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRunIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	study := writeStudy(t, testStudy)
	var folders [2]string
	var contents [2]map[string]string
	for i, workers := range []string{"1", "2"} {
		out := filepath.Join(t.TempDir(), "kjøringer")
		stdout, stderr, status := runCLI(t, "run", study, "--out", out, "--workers", workers, "--quiet")
		if status != 0 {
			t.Fatalf("status %d: %s", status, stderr)
		}
		folders[i] = folderOf(t, stdout)
		contents[i] = files(t, folders[i])
	}
	if filepath.Base(folders[0]) != filepath.Base(folders[1]) {
		t.Errorf("run ids differ: %s, %s", folders[0], folders[1])
	}
	if len(contents[0]) < 30 || len(contents[0]) != len(contents[1]) {
		t.Errorf("%d and %d files", len(contents[0]), len(contents[1]))
	}
	for name, b := range contents[0] {
		if contents[1][name] != b {
			t.Errorf("%s differs between 1 and 2 workers", name)
		}
	}
	for _, name := range []string{"run.json", "manifest.json", "report.nb.html", "report.en.html", "tables/estimates.parquet", "tables/estimates.csv", "tables/flow.csv", "tables/durations.csv", "tables/costs.csv"} {
		if contents[0][name] == "" {
			t.Errorf("%s is missing or empty", name)
		}
	}
	for _, beside := range []string{".yaml", ".log"} {
		if _, err := os.Stat(folders[0] + beside); err != nil {
			t.Errorf("beside the run: %v", err)
		}
	}

	// The same question again: nothing is run, the manifest is checked, and a change is found.
	stdout, _, status := runCLI(t, "run", study, "--out", filepath.Dir(filepath.Dir(folders[0])), "--quiet")
	if status != 0 || !strings.Contains(stdout, "has been run") || folderOf(t, stdout) != folders[0] {
		t.Errorf("again: status %d, %q", status, stdout)
	}
	if _, stderr, status := runCLI(t, "validate", folders[0]); status != 0 {
		t.Errorf("validate: status %d, %s", status, stderr)
	}
	if err := os.WriteFile(filepath.Join(folders[0], "tables", "flow.csv"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"validate", folders[0]}, {"run", study, "--out", filepath.Dir(filepath.Dir(folders[0]))}} {
		if _, stderr, status := runCLI(t, command...); status != 4 || !strings.Contains(stderr, "flow.csv") {
			t.Errorf("%s on a changed run: status %d, %s", command[0], status, stderr)
		}
	}
}

// The estimates table holds one row for every tiltak × group × outcome × method × month, estimated or with a reason.
func TestEveryCellIsARow(t *testing.T) {
	stdout, stderr, status := runCLI(t, "run", writeStudy(t, testStudy), "--out", t.TempDir(), "--quiet")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	run, tables, err := results.Load(folderOf(t, stdout))
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 2 * 3 * 3 * 8; len(tables.Estimates) != want {
		t.Errorf("%d rows, want %d", len(tables.Estimates), want)
	}
	seen := map[string]bool{}
	estimated := 0
	for _, e := range tables.Estimates {
		key := strings.Join([]string{e.Tiltak, e.Group, e.Outcome, e.Method}, "|") + string(rune('0'+*e.Month))
		if seen[key] {
			t.Errorf("two rows for %s", key)
		}
		seen[key] = true
		switch {
		case e.Reason != "" && e.Estimate == e.Estimate:
			t.Errorf("%s has an estimate and the reason %s", key, e.Reason)
		case e.Reason == "" && e.Estimate != e.Estimate:
			t.Errorf("%s has neither estimate nor reason", key)
		case e.Reason == "":
			estimated++
			if !(e.StdError > 0 && e.ConfLow < e.Estimate && e.Estimate < e.ConfHigh) {
				t.Errorf("%s: %v (%v) [%v, %v]", key, e.Estimate, e.StdError, e.ConfLow, e.ConfHigh)
			}
		}
		if e.Outcome == "stabilt" && *e.Month < 3 && e.Reason != "not_defined" && e.Reason != "too_few_treated" {
			t.Errorf("%s: stable work of three months is %q at month %d", key, e.Reason, *e.Month)
		}
	}
	if estimated < 100 {
		t.Errorf("only %d cells are estimated", estimated)
	}
	var resolved map[string]any
	if err := json.Unmarshal(run.Resolved, &resolved); err != nil || resolved["horizon"] != 8. {
		t.Errorf("run.json holds no resolved study: %v, %v", err, resolved)
	}
	if len(run.Inputs) < 4 {
		t.Errorf("inputs: %v", run.Inputs)
	}
}

func TestRunRefusesBadInput(t *testing.T) {
	register, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no study", []string{"run", filepath.Join(empty, "none.yaml")}, 2, "there is no study file"},
		{"no argument", []string{"run"}, 2, "`evaluate run` needs STUDY.yaml (see `evaluate run --help`)"},
		{"unknown key", []string{"run", writeStudy(t, testStudy+"horizont: 3\n")}, 2, "line 9: `horizont` is no key of a study (did you mean `horizon`?)"},
		{"no register", []string{"run", writeStudy(t, strings.Replace(testStudy, "REGISTER", "/no/such/folder", 1))}, 3, "there is no such folder"},
		{"empty register", []string{"run", writeStudy(t, strings.Replace(testStudy, "REGISTER", empty, 1))}, 3, "person"},
		{"unknown tiltak", []string{"run", writeStudy(t, strings.Replace(testStudy, "[ARBEIDSTRENING,", "[ARBEIDSTRENIN,", 1))}, 2, ".yaml: line 4: `tiltak` names `ARBEIDSTRENIN`, which nobody in the register takes part in (did you mean `ARBEIDSTRENING`?)"},
		{"unknown tiltak in validate", []string{"validate", writeStudy(t, strings.Replace(testStudy, "[ARBEIDSTRENING,", "[ARBEIDSTRENIN,", 1))}, 2, ".yaml: line 4: `tiltak` names"},
		{"no folder for runs", []string{"run", writeStudy(t, testStudy), "--out", filepath.Join(register, "person.parquet")}, 1, "`" + filepath.Join(register, "person.parquet") + "` cannot be written"},
		{"a folder for a study", []string{"run", empty}, 2, "is a folder, and a study is a YAML file"},
		{"window", []string{"run", writeStudy(t, strings.Replace(testStudy, "from: 2018-06", "from: 1999-01", 1))}, 2, "line 3: `population` asks for starts in 1999-01 to 2020-12, but the register holds 2016-01 to 2023-12"},
		{"price year", []string{"run", writeStudy(t, testStudy+"cost: {price_year: 2090}\n")}, 2, "outside the consumer price index"},
		{"file for folder", []string{"validate", filepath.Join(register, "person.parquet")}, 2, "person.parquet"},
		{"init over a file", []string{"init", filepath.Join(register, "person.parquet")}, 2, "exists"},
		{"demo too small", []string{"demo", "--persons", "10", "--out", empty}, 2, "`--persons`"},
	} {
		stdout, stderr, status := runCLI(t, append(c.args, "--quiet")...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(strings.TrimSpace(stderr), "\n") != 0 || stdout != "" {
			t.Errorf("%s: status %d, want %d; stderr %q", c.name, status, c.status, stderr)
		}
	}
}

func TestInitWritesAStudyThatParses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ny.yaml")
	if _, stderr, status := runCLI(t, "init", path); status != 0 {
		t.Fatal(stderr)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	study := writeStudy(t, strings.Replace(string(b), "./register", "REGISTER", 1))
	if _, stderr, status := runCLI(t, "validate", study, "--quiet"); status != 0 {
		t.Errorf("validate: status %d, %s", status, stderr)
	}
}

// Killed at 20 moments one after the other, by a signal that nobody can catch or by Ctrl-C, a run leaves nothing that looks
// finished; taken up again it goes on with the tasks that were finished, and ends in the same bytes as an unbroken one.
func TestKilledRunGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not under -short")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	study := writeStudy(t, testStudy+"robustness: {samples: [{id: voksne, population: {age: [30, 66]}}], months: [4]}\n")
	out := t.TempDir()
	start := func(args ...string) *exec.Cmd {
		c := exec.Command(self, args...)
		c.Env = append(os.Environ(), "EVALUATE_TEST_MAIN=1")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	begin := time.Now()
	unbroken := t.TempDir()
	whole := start("run", study, "--out", unbroken, "--quiet")
	if err := whole.Wait(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	const kills = 20
	killed, tasks := 0, 0
	for k := range kills {
		c := start("run", study, "--out", out, "--quiet")
		time.Sleep(took * time.Duration(k+1) / (kills + 1))
		signal := os.Signal(os.Kill)
		if k%4 == 3 {
			signal = os.Interrupt
		}
		if c.Process.Signal(signal) == nil {
			killed++
		}
		_ = c.Wait()
		found, err := filepath.Glob(filepath.Join(out, "*", ".*.work", "tasks", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if finished, _ := filepath.Glob(filepath.Join(out, "*", "*", "manifest.json")); len(finished) == 0 && len(found) < tasks {
			t.Errorf("%d finished tasks before kill %d and %d after it", tasks, k+1, len(found))
		}
		tasks = max(tasks, len(found))
		finished, err := filepath.Glob(filepath.Join(out, "*", "*", "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range finished {
			if err := results.Check(filepath.Dir(m)); err != nil {
				t.Errorf("after kill %d a folder looks finished and is not: %v", k+1, err)
			}
		}
	}
	if killed == 0 || tasks == 0 {
		t.Errorf("%d runs were killed, with at most %d finished tasks", killed, tasks)
	}
	last := start("run", study, "--out", out, "--quiet")
	if err := last.Wait(); err != nil {
		t.Fatal(err)
	}
	runs := func(dir string) string {
		found, err := filepath.Glob(filepath.Join(dir, "*", "*", "manifest.json"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%v, %v", found, err)
		}
		return filepath.Dir(found[0])
	}
	want, got := files(t, runs(unbroken)), files(t, runs(out))
	if len(want) < 30 || len(want) != len(got) {
		t.Errorf("%d files unbroken, %d after the kills", len(want), len(got))
	}
	for name, b := range want {
		if got[name] != b {
			t.Errorf("%s differs from that of an unbroken run", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*", ".*.work")); len(left) != 0 {
		t.Errorf("a finished run leaves %v", left)
	}
}

// Ctrl-C ends a run within a second with status 130, and leaves neither a folder that looks finished nor a work folder.
func TestInterruptEndsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not under -short")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	study := writeStudy(t, strings.Replace(testStudy, "tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]", "tiltak: all", 1))
	c := exec.Command(self, "run", study, "--out", out)
	c.Env = append(os.Environ(), "EVALUATE_TEST_MAIN=1")
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond)
	begin := time.Now()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if took := time.Since(begin); took > 3*time.Second { // a second, and what a busy machine adds
		t.Errorf("the program took %v to end", took)
	}
	if status := c.ProcessState.ExitCode(); status != 130 {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
	left, err := filepath.Glob(filepath.Join(out, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	left = slices.DeleteFunc(left, func(s string) bool { return strings.HasPrefix(filepath.Base(s), ".") })
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

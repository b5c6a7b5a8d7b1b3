package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

const testID = "0123456789abcdef"

func testRun() *Run {
	r := &Run{Schema: 1, RunID: testID, Version: "devel", Platform: "linux/amd64 go1.26", Study: "aft-unge", Title: Text{NB: "AFT for unge", EN: "AFT for young people"}, Seed: math.MaxUint64, Level: 0.95, MinCell: 5, Horizon: 36}
	r.Resolved = []byte(`{"b":1,"a":{"y":[1.50,2.0],"x":"<æ>"}}`)
	r.Inputs = []datasets.Fingerprint{{Name: "person.parquet", SHA256: "ab", Bytes: 10, Rows: 2}}
	return r
}

func testTables() *Tables {
	month, year := 24, 2020
	return &Tables{
		Estimates: []Estimate{
			{Tiltak: "AFT", Group: "unge", Outcome: "arbeid", Method: "ebal", Month: &month, Estimate: 0.1, StdError: math.Nextafter(0.02, 1), BandLow: math.NaN(), BandHigh: math.NaN(), NStarts: 50},
			{Tiltak: "AFT, \"ny\"\nog æøå", Window: "1-12", Estimate: math.NaN(), NStarts: -1, Reason: estimate.Suppressed},
		},
		Costs: []Cost{{Tiltak: "AFT", Year: &year, Value: 1e21, Priced: true}},
		Flow:  []Flow{{Table: "person", Rows: 3, Persons: -1}},
	}
}

func TestWriteAndLoad(t *testing.T) {
	dir := t.TempDir()
	want, tables := testRun(), testTables()
	path, err := Write(dir, want, tables, map[string][]byte{"figures/a.svg": []byte("<svg/>"), "report.nb.html": []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	if path != filepath.Join(dir, "aft-unge", testID) {
		t.Errorf("the run lies in %s", path)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the run lies %v (%v)", left, err)
	}
	run, got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if run.Seed != want.Seed || run.Title != want.Title {
		t.Errorf("run.json came back as %+v", run)
	}
	if a, b := fmt.Sprintf("%+v", dereference(got)), fmt.Sprintf("%+v", dereference(tables)); a != b {
		t.Errorf("tables came back as\n%s, want\n%s", a, b)
	}
	again, err := Write(t.TempDir(), testRun(), testTables(), map[string][]byte{"report.nb.html": []byte("x"), "figures/a.svg": []byte("<svg/>")})
	if err != nil {
		t.Fatal(err)
	}
	a, b := readFile(t, path, "manifest.json"), readFile(t, again, "manifest.json")
	if a != b {
		t.Errorf("the same run twice:\n%s\n%s", a, b)
	}
	if _, err := Begin(dir, "aft-unge", testID); !errors.Is(err, ErrFinished) {
		t.Errorf("Begin of a finished run: %v", err)
	}
}

// A process that dies between the rename that finishes a run and the removal of its work folder leaves both: whoever makes the
// run next finds it finished and takes the rest away, but keeps it where the run does not hold what its manifest says.
func TestBeginTidiesAFinishedRun(t *testing.T) {
	dir := t.TempDir()
	path, err := Write(dir, testRun(), testTables(), nil)
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "aft-unge", "."+testID+".work")
	task := filepath.Join(work, "tasks", "finished")
	died := func() {
		if err := os.MkdirAll(filepath.Dir(task), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(task, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	died()
	if _, err := Begin(dir, "aft-unge", testID); !errors.Is(err, ErrFinished) {
		t.Errorf("Begin of a finished run: %v", err)
	}
	if _, err := os.Stat(work); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the work folder of a finished run is left: %v", err)
	}
	died()
	if err := os.Remove(filepath.Join(path, "run.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(dir, "aft-unge", testID); fault.StatusOf(err) != fault.Differs {
		t.Errorf("Begin of a damaged run: %v", err)
	}
	if _, err := os.Stat(task); err != nil {
		t.Errorf("the finished tasks of a damaged run are gone: %v", err)
	}
}

// dereference replaces pointers so that rows can be compared as text (NaN equals NaN there).
func dereference(t *Tables) []string {
	var rows []string
	for _, e := range t.each() {
		v := reflect.ValueOf(e.rows)
		for i := range v.Len() {
			for _, f := range fieldsOf(v.Type().Elem()) {
				x := v.Index(i).Field(f.index)
				if x.Kind() == reflect.Pointer && !x.IsNil() {
					x = x.Elem()
				}
				rows = append(rows, fmt.Sprint(f.name, x))
			}
		}
	}
	return rows
}

func readFile(t *testing.T, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNullsInCSV(t *testing.T) {
	path, err := Write(t.TempDir(), testRun(), testTables(), nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(readFile(t, path, "tables", "estimates.csv"), "\n", 3)
	head := "tiltak,group,outcome,method,month,window,estimand,comparison,later_entry,sample,definition,covariate_set,subset_var,subset_value,role," +
		"estimate,std_error,std_error_type,conf_low,conf_high,band_low,band_high,p_value,p_adjusted,family,mean_treated,mean_comparison," +
		"n_starts,n_starts_eligible,n_persons_treated,n_persons_comparison,ess,reason"
	if lines[0] != head && !strings.HasPrefix(lines[0], head+",") { // the columns that CONTRACT.md promises, in its order, and others after them
		t.Errorf("header %s", lines[0])
	}
	if !strings.HasPrefix(lines[1], "AFT,unge,arbeid,ebal,24,,") || strings.Contains(lines[1], "NaN") {
		t.Errorf("row %s", lines[1])
	}
}

func TestCheckNamesWhatDiffers(t *testing.T) {
	path, err := Write(t.TempDir(), testRun(), testTables(), map[string][]byte{"figures/a.svg": []byte("<svg/>")})
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(path); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("run.json", "{}")
	write("extra.txt", "")
	if err := os.Remove(filepath.Join(path, "figures", "a.svg")); err != nil {
		t.Fatal(err)
	}
	err = Check(path)
	if fault.StatusOf(err) != fault.Differs {
		t.Fatalf("Check: %v", err)
	}
	for _, want := range []string{"run.json has changed", "extra.txt is not in the manifest", "figures/a.svg is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if _, _, err := Load(path); fault.StatusOf(err) != fault.Differs {
		t.Errorf("Load of a changed run: %v", err)
	}
	if err := os.Remove(filepath.Join(path, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	if err := Check(path); fault.StatusOf(err) != fault.Data || fault.CodeOf(err) != "not_a_run" {
		t.Errorf("Check without a manifest: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	if _, err := Begin(dir, "AFT unge", testID); fault.StatusOf(err) != fault.Usage {
		t.Errorf("bad study name: %v", err)
	}
	f, err := Begin(dir, "a", testID)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	for _, name := range []string{"../x", "/x", "manifest.json", `a\b`, ""} {
		if err := f.WriteFile(name, nil); err == nil {
			t.Errorf("WriteFile(%q) is let through", name)
		}
	}
	if err := f.Finish(); fault.CodeOf(err) != "no_run_json" {
		t.Errorf("Finish without run.json: %v", err)
	}
	if err := f.WriteFile("a", nil); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteFile("a", nil); fault.CodeOf(err) != "written_twice" {
		t.Errorf("the same file twice: %v", err)
	}
}

func TestTwoAtOnce(t *testing.T) {
	dir := t.TempDir()
	first, err := Begin(dir, "a", testID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Begin(dir, "a", testID); !errors.Is(err, ErrBusy) {
		t.Fatalf("second Begin: %v", err)
	}
	if gone, err := Clean(dir); err != nil || len(gone) != 0 {
		t.Errorf("Clean took the work of a living run: %v %v", gone, err)
	}
	done := make(chan error)
	go func() {
		_, err := Wait(t.Context(), dir, "a", testID)
		done <- err
	}()
	r := testRun()
	r.Study = "a"
	if err := errors.Join(first.WriteRun(r), first.WriteTables(testTables())); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if err := first.Finish(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrFinished) {
		t.Errorf("Wait: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other, err := Begin(dir, "a", "aaaaaaaaaaaaaaaa")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Wait(ctx, dir, "a", "aaaaaaaaaaaaaaaa"); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait when cancelled: %v", err)
	}
	tasks, err := other.Tasks()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tasks, "finished"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	other.Pause() // keeps what was finished; without it nothing would be left to clean
	if gone, err := Clean(dir); err != nil || len(gone) != 1 {
		t.Errorf("Clean: %v %v", gone, err)
	}
}

// TestKilled kills a process that makes runs without end, at 12 moments, and looks whether anything that has a manifest
// is less than whole; the next attempt must go through.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("RESULTS_TEST_KILL"); dir != "" {
		for i := os.Getpid() << 20; ; i++ {
			r := testRun()
			r.RunID = fmt.Sprintf("%016x", i)
			if _, err := Write(dir, r, testTables(), nil); err != nil && !errors.Is(err, ErrFinished) {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	dir := t.TempDir()
	count := func() int {
		runs, _ := filepath.Glob(filepath.Join(dir, "aft-unge", "[0-9]*"))
		return len(runs)
	}
	made := 0
	for k := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "RESULTS_TEST_KILL="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for count() <= made { // on a busy machine the first run takes its time
			time.Sleep(time.Millisecond)
		}
		made = count()
		time.Sleep(time.Duration(7*k) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	runs, err := filepath.Glob(filepath.Join(dir, "aft-unge", "[0-9]*"))
	if err != nil || len(runs) == 0 {
		t.Fatalf("no runs were made: %v", err)
	}
	for _, run := range runs {
		if err := Check(run); err != nil {
			t.Error(err)
		}
	}
	if _, err := Clean(dir); err != nil {
		t.Error(err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "aft-unge", ".*.work"))
	if len(left) > 0 {
		t.Errorf("Clean left %v", left)
	}
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{"b": 1.0, "a": [1e2, 1.5e-9, -0, true, null, "<é\u2028"]}`: `{"a":[100,1.5e-9,0,true,null,"<é\u2028"],"b":1}`,
		`18446744073709551615`:      `18446744073709551615`,
		`{"aa":1,"a":2,"B":3,"":4}`: `{"":4,"B":3,"a":2,"aa":1}`,
		`0.1`:                       `0.1`,
		`1e300`:                     `1e+300`,
	} {
		got, err := Canonical(json.RawMessage(in))
		if err != nil || string(got) != want {
			t.Errorf("Canonical(%s) = %s, %v; want %s", in, got, err, want)
		}
	}
	for _, bad := range []any{json.RawMessage("{"), json.RawMessage("1 2"), math.NaN()} {
		if _, err := Canonical(bad); err == nil {
			t.Errorf("Canonical(%v) is let through", bad)
		}
	}
}

func TestRunID(t *testing.T) {
	a, b := datasets.Fingerprint{Name: "a", SHA256: "1", Rows: 5}, datasets.Fingerprint{Name: "b", SHA256: "2"}
	id := RunID([]byte(`{"x":1,"y":2}`), []datasets.Fingerprint{a, b}, "v1")
	if !runName.MatchString(id) {
		t.Errorf("run id %s", id)
	}
	if same := RunID([]byte(`{"y": 2.0, "x": 1}`), []datasets.Fingerprint{b, a}, "v1"); same != id {
		t.Errorf("the same question has ids %s and %s", id, same)
	}
	seen := map[string]bool{id: true}
	for _, other := range []string{
		RunID([]byte(`{"x":1,"y":3}`), []datasets.Fingerprint{a, b}, "v1"),
		RunID([]byte(`{"x":1,"y":2}`), []datasets.Fingerprint{a}, "v1"),
		RunID([]byte(`{"x":1,"y":2}`), []datasets.Fingerprint{a, b}, "v2"),
		RunID([]byte(`{"x":1,"y":2}`), []datasets.Fingerprint{{Name: "a", SHA256: "2"}, b}, "v1"),
	} {
		if seen[other] {
			t.Errorf("another question has the id %s again", other)
		}
		seen[other] = true
	}
}

// TestParquetHoldsTheSameTables reads the tables back through datasets, as any other reader of Parquet would.
func TestParquetHoldsTheSameTables(t *testing.T) {
	path, err := Write(t.TempDir(), testRun(), testTables(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"estimates", "costs", "flow"} {
		var got [2]string
		for i, ext := range []string{".csv", ".parquet"} {
			table, err := datasets.Read(t.Context(), filepath.Join(path, "tables", name+ext), datasets.ReadOptions{Unchecked: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range table.Columns {
				if c.Nulls() == table.Rows {
					continue // a CSV column without a value has no type
				}
				got[i] += c.Name + ":"
				for r := range table.Rows {
					switch {
					case c.Missing(r):
						got[i] += "–"
					case c.Kind == datasets.Float64:
						got[i] += fmt.Sprint(c.Floats[r])
					case c.Kind == datasets.Int64:
						got[i] += fmt.Sprint(float64(c.Ints[r])) // 1e21 is a number, 24 an integer in either
					case c.Kind == datasets.Bool:
						got[i] += fmt.Sprint(c.Bools[r])
					case c.Kind == datasets.String:
						got[i] += c.Text(r)
					}
					got[i] += ";"
				}
			}
		}
		if got[0] != got[1] {
			t.Errorf("%s as CSV\n%s\nand as Parquet\n%s", name, got[0], got[1])
		}
	}
}

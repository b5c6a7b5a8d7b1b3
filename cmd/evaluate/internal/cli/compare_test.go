package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two runs and a published figure: the choices that differ are found and only those, each with its factor; the same
// question is told from another; runs of one register are pooled only with a correlation, and then as by hand.
func TestCompare(t *testing.T) {
	out := t.TempDir()
	study := strings.NewReplacer("study: niva", "study: ene", "from: 2019-01, to: 2019-12", "from: 2018-06, to: 2020-12", "horizon: 3", "horizon: 8", "month: 3", "month: 6").Replace(levelStudy)
	var runs []string
	for _, text := range []string{study + "title: {nb: En norsk tittel, en: An English title}\n", strings.NewReplacer("study: ene", "study: andre", "kind: work", "kind: work, position: 80", "methods: [ebal]", "methods: [ebal, did]").Replace(study)} {
		stdout, stderr, status := runCLI(t, "run", writeStudy(t, text), "--out", out, "--quiet")
		if status != 0 {
			t.Fatal(stderr)
		}
		runs = append(runs, folderOf(t, stdout))
	}
	published := filepath.Join(t.TempDir(), "rapport-æ.yaml")
	if err := os.WriteFile(published, []byte("evaluation: Rapport\nsource: side 3\nsample: alle\nestimates:\n  - {tiltak: ARBEIDSTRENING, outcome: arbeid, month: 6, estimate: 0.04, std_error: 0.02}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	type document struct {
		Month       int
		Differences []struct {
			Key, Factor string
			Values      []string
		}
		Estimates []struct {
			Evaluation, Method, Outcome, Differs string
			SameEstimand                         string `json:"same_estimand"`
			Primary                              bool
			Estimate, StdError                   *float64
			SE                                   *float64 `json:"std_error"`
		}
		Pooled []struct {
			K        int
			Estimate *float64
			SE       *float64 `json:"std_error"`
			Reason   string
		}
		Split []struct {
			Factor                string
			Estimate, Correlation *float64
		}
		Combinations []struct{ Sample, Definition, Method string }
		Warnings     []struct{ Code string }
	}
	compare := func(args ...string) (d document) {
		t.Helper()
		stdout, stderr, status := runCLI(t, append([]string{"compare", "--format", "json", "--quiet"}, args...)...)
		if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 {
			t.Fatalf("status %d, %v, %s", status, err, stderr)
		}
		return d
	}
	d := compare(filepath.Join(out, "ene"), runs[1], published) // a study's folder stands for its only run
	var keys []string
	for _, x := range d.Differences {
		keys = append(keys, x.Factor+" "+x.Key)
	}
	want := "definition outcomes.arbeid.position, method methods.did.id, method methods.did.method, method methods.did.name"
	if got := strings.Join(keys, ", "); got != want {
		t.Errorf("differences\n%s\nwant\n%s", got, want)
	}
	same := map[string]string{}
	for _, e := range d.Estimates {
		same[e.Evaluation+" "+e.Method] = e.SameEstimand + " " + e.Differs
		if e.Primary != (e.Method != "did") {
			t.Errorf("%s %s: primary is %v", e.Evaluation, e.Method, e.Primary)
		}
	}
	for key, want := range map[string]string{"A ebal": "yes ", "B ebal": "no definition", "B did": "no definition, method", "C published": "unknown "} {
		if same[key] != want {
			t.Errorf("%s: %q, want %q", key, same[key], want)
		}
	}
	if d.Month != 6 || len(d.Pooled) != 1 || d.Pooled[0].Reason != "shared_persons" || d.Pooled[0].Estimate != nil {
		t.Errorf("%d, %+v", d.Month, d.Pooled)
	}

	// Two runs of one register: split, and pooled with the correlation that the split measures.
	both := compare(runs[0], runs[1])
	if len(both.Split) != 4 || len(both.Combinations) != 8 || both.Pooled[0].Estimate == nil {
		t.Fatalf("%+v", both)
	}
	if s := both.Split; math.Abs(*s[0].Estimate) > 1e-12 || math.Abs(*s[2].Estimate) > 1e-12 || math.Abs(*s[1].Estimate-*s[3].Estimate) > 1e-12 || !(*s[0].Correlation > 0.5) {
		t.Errorf("the definition alone differs, and the split is %v %v %v of %v", *s[0].Estimate, *s[1].Estimate, *s[2].Estimate, *s[3].Estimate)
	}
	if never := compare(runs[0], runs[1], "--split", "never"); len(never.Split) != 0 || never.Pooled[0].Reason != "shared_persons" {
		t.Errorf("%+v", never.Pooled)
	}

	// With a correlation of 0 and of 0.9, two figures: generalised least squares by hand.
	for _, rho := range []float64{0, 0.5} {
		d := compare(runs[0], runs[1], "--correlation", map[float64]string{0: "0", 0.5: "0.5"}[rho])
		var y, s []float64
		for _, e := range d.Estimates {
			if e.Primary {
				y, s = append(y, *e.Estimate), append(s, *e.SE)
			}
		}
		c := rho * s[0] * s[1]
		// Of two figures, τ² of the restricted likelihood is what makes the variance of their difference what it was.
		v0, v1 := s[0]*s[0], s[1]*s[1]
		tau2 := max(0, ((y[0]-y[1])*(y[0]-y[1])-(v0+v1-2*c))/2)
		v0, v1 = v0+tau2, v1+tau2
		det := v0*v1 - c*c
		w0, w1 := (v1-c)/det, (v0-c)/det
		if got, want := *d.Pooled[0].Estimate, (w0*y[0]+w1*y[1])/(w0+w1); math.Abs(got-want) > 1e-10 {
			t.Errorf("correlation %v: pooled %v, by hand %v", rho, got, want)
		}
		if got, want := *d.Pooled[0].SE, math.Sqrt(1/(w0+w1)); math.Abs(got-want) > 1e-10 { // Hartung–Knapp never shortens
			t.Errorf("correlation %v: error %v, by hand %v", rho, got, want)
		}
	}

	folder := filepath.Join(t.TempDir(), "sammenlikning")
	stdout, stderr, status := runCLI(t, "compare", runs[0], runs[1], published, "--out", folder, "--quiet")
	if status != 0 || !strings.Contains(stdout, "B*") || !strings.Contains(stdout, "published: side 3") || !strings.Contains(stdout, "A  An English title (") || strings.Contains(stdout, "norsk") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	for _, name := range []string{"estimates.parquet", "evaluations.parquet", "differences.parquet", "pooled.parquet", "forest-ARBEIDSTRENING.svg"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
	for args, want := range map[string]string{
		runs[0]:                                "RUN",
		runs[0] + " " + runs[0]:                "are the same run",
		runs[0] + " " + out + "/none":          "is not a run folder",
		runs[0] + " " + out + "/none.yaml":     "there is no file",
		runs[0] + " " + runs[1] + " --month 9": "no evaluation has a figure at month 9",
		// Said before the split, whose studies are not there.
		runs[0] + " " + runs[1] + " --month 99 --split always --study none.yaml,none.yaml": "no evaluation has a figure at month 99",
		runs[0] + " " + runs[1] + " --correlation 1.5":                                     "`--correlation`",
		runs[0] + " " + published + " --split always":                                      "between two runs",
		runs[0] + " " + runs[1] + " --split perhaps":                                       "`--split`",
		runs[0] + " " + runs[1] + " --level 95":                                            "`--level`",
	} {
		if _, stderr, status := runCLI(t, append([]string{"compare"}, strings.Split(args, " ")...)...); status == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
}

// A split explains the difference between the runs as they stand: the choices that are the method's move its part alone, and what
// has changed since the runs is said, as are runs of two registers.
func TestCompareSplitsWhatTheRunsSay(t *testing.T) {
	if testing.Short() {
		t.Skip("runs four studies: not under -short")
	}
	out := t.TempDir()
	study := strings.NewReplacer("from: 2019-01, to: 2019-12", "from: 2018-06, to: 2020-12", "horizon: 3", "horizon: 8", "month: 3", "month: 6").Replace(levelStudy)
	other := filepath.Join(t.TempDir(), "register")
	if _, stderr, status := runCLI(t, "simulate", "--out", other, "--persons", "3000", "--seed", "77", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	var runs, studies []string
	for _, text := range []string{
		study,
		strings.Replace(study, "study: niva", "study: kort\ncovariates: [alder, kvinne, varighet]\nscore: tiltak", 1),
		strings.NewReplacer("study: niva", "study: annet", "REGISTER", other).Replace(study),
	} {
		studies = append(studies, writeStudy(t, text))
		stdout, stderr, status := runCLI(t, "run", studies[len(studies)-1], "--out", out, "--quiet")
		if status != 0 {
			t.Fatal(stderr)
		}
		runs = append(runs, folderOf(t, stdout))
	}
	stdout, stderr, status := runCLI(t, "compare", runs[0], runs[1], "--split", "always", "--format", "json", "--quiet")
	var d struct {
		Estimates []struct {
			Evaluation string
			Estimate   float64
		}
		Split []struct {
			Factor   string
			Estimate float64
		}
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || len(d.Split) != 4 || len(d.Estimates) != 2 {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	moved := d.Estimates[1].Estimate - d.Estimates[0].Estimate
	for i, want := range []float64{0, 0, moved, moved} {
		if got := d.Split[i].Estimate; math.Abs(got-want) > 1e-9 || moved == 0 {
			t.Errorf("%s: %v, and only the method moves the figure, by %v", d.Split[i].Factor, got, moved)
		}
	}
	edited := writeStudy(t, strings.Replace(study, "to: 2020-12", "to: 2020-06", 1))
	for want, args := range map[string][]string{
		"read different registers":                   {runs[0], runs[2]},
		"its study (`population.to`), the register,": {runs[0], runs[1], "--study", edited + "," + studies[1]},
	} {
		stdout, stderr, status := runCLI(t, append([]string{"compare", "--split", "always", "--quiet"}, args...)...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(strings.TrimSpace(stderr), "\n") != 0 {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
}

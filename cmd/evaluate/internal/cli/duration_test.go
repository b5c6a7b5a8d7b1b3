package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/oracle"
)

// durationJSON runs the command with --format json and reads its document.
func durationJSON(t *testing.T, args ...string) (map[string]any, string) {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"duration", "--format", "json"}, args...)...)
	if status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, stderr)
	}
	var d map[string]any
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatal(err)
	}
	return d, stderr
}

// rows are the rows of a list of the document; figure reads one of their numbers, null as NaN.
func durationRows(d map[string]any, list string) []map[string]any {
	var rows []map[string]any
	for _, r := range d[list].([]any) {
		rows = append(rows, r.(map[string]any))
	}
	return rows
}

func durationFigure(r map[string]any, name string) float64 {
	if v, ok := r[name].(float64); ok {
		return v
	}
	return math.NaN()
}

func TestDurationOnLung(t *testing.T) {
	lung := oracle.Path(t, "survival_core", "lung.csv")
	d, stderr := durationJSON(t, "--data", lung, "--time", "time", "--event", "status", "--at", "365,2000", "--rmst", "365")
	if !strings.Contains(stderr, "1 was read as censored and 2 as the event") || !strings.Contains(stderr, "follow-up ends at 1022") {
		t.Errorf("warnings: %s", stderr)
	}
	if d["schema"] != 1. || d["command"] != "duration" || d["level"] != .95 || d["version"] == "" || len(d["warnings"].([]any)) != 2 {
		t.Errorf("header: %v", d)
	}
	curve := durationRows(d, "curves")
	for name, want := range map[string]float64{"n_risk": 65, "estimate": .4092416244600644, "std_error": .03582363817, "conf_low": .3447215818, "conf_high": .4858376035} {
		oracle.Known(t, "methods/durations.md §4 lung "+name, durationFigure(curve[0], name), want, 1e-9)
	}
	if len(curve) != 2 || curve[1]["estimate"] != nil || curve[1]["reason"] != "no_follow_up" || curve[0]["by"] != nil || curve[0]["state"] != nil {
		t.Errorf("curves: %v", curve)
	}
	s := durationRows(d, "summaries")[0]
	for name, want := range map[string]float64{"n": 228, "events": 165, "median": 310, "median_low": 285, "median_high": 363, "rmst": 263.22186648, "rmst_std_error": 7.7988590863} {
		oracle.Known(t, "methods/durations.md §4 lung "+name, durationFigure(s, name), want, 1e-9)
	}

	reference := oracle.JSON(t, "survival_core/result.json")
	d, stderr = durationJSON(t, "--data", lung, "--time", "time", "--event", "status", "--censored", "1", "--by", "sex", "--conf", "log-log", "--test", "logrank", "--rmst", "700", "--rmst-diff")
	if stderr != "" {
		t.Errorf("warnings: %s", stderr)
	}
	want := reference.At("km_lung_sex", "log-log", "strata")
	var low []float64
	for _, r := range durationRows(d, "curves") {
		if r["by"] == "2" {
			low = append(low, durationFigure(r, "conf_low"))
		}
	}
	want.At("sex=2", "lower").NearAll(low, 1e-9)
	test := durationRows(d, "tests")[0]
	reference.At("logrank", "lung_sex", "chisq").Near(durationFigure(test, "statistic"), 1e-9)
	reference.At("logrank", "lung_sex", "p").Near(durationFigure(test, "p_value"), 1e-9)
	diff := durationRows(d, "rmst_diff")
	for k := range diff {
		reference.At("survRM2_lung_sex_tau700", "unadjusted", "Est.").List()[k].Near(durationFigure(diff[k], "estimate"), 1e-9)
	}

	d, stderr = durationJSON(t, "--data", lung, "--time", "time", "--event", "status", "--censored", "1", "--cox", "age,sex,ph.ecog")
	if !strings.Contains(stderr, "`ph.ecog` is missing in 1 rows") {
		t.Errorf("warnings: %s", stderr)
	}
	for k, want := range []float64{.01106676456, -.5526123957, .46372847537} {
		oracle.Known(t, "methods/durations.md §4 lung Cox", durationFigure(durationRows(d, "cox")[k], "estimate"), want, 1e-6)
	}
	oracle.Known(t, "methods/durations.md §4 lung zph global", durationFigure(durationRows(d, "tests")[6], "statistic"), 4.463657589, 1e-6)

	d, _ = durationJSON(t, "--data", lung, "--time", "time", "--event", "status", "--censored", "1", "--cox", "age,sex,ph.ecog", "--cluster", "inst")
	for k, want := range []float64{.00688872706, .11228667993, .11761595325} { // those without inst are left out: 226 rows
		oracle.Known(t, "methods/durations.md §4 lung cluster(inst)", durationFigure(durationRows(d, "cox")[k], "robust_std_error"), want, 1e-6)
	}
	if m := d["model"].(map[string]any); m["n"] != 226. || m["ties"] != "efron" || m["clusters"] == nil {
		t.Errorf("model: %v", m)
	}
}

func TestDurationCompeting(t *testing.T) {
	data := oracle.Path(t, "survival_core", "mgus2_competing.csv")
	d, stderr := durationJSON(t, "--data", data, "--time", "etime", "--event", "event", "--curve", "cif", "--at", "120", "--rmst", "240", "--fine-gray", "age,sex", "--state", "pcm")
	if !strings.Contains(stderr, "`censor` in column `event` was read as censored") {
		t.Errorf("warnings: %s", stderr)
	}
	curves := durationRows(d, "curves")
	if curves[0]["state"] != "death" || curves[1]["state"] != "pcm" {
		t.Errorf("curves: %v", curves)
	}
	for _, c := range []struct {
		name      string
		got, want float64
		tol       float64
	}{
		{"pcm at 120", durationFigure(curves[1], "estimate"), .0637221680, 1e-8}, // printed to ten digits
		{"its error", durationFigure(curves[1], "std_error"), .00679684842, 1e-8},
		{"Fine–Gray age", durationFigure(durationRows(d, "cox")[0], "estimate"), -.0173381535, 1e-6},
		{"its error", durationFigure(durationRows(d, "cox")[0], "std_error"), .0057371032, 1e-6},
		{"Fine–Gray sex=M", durationFigure(durationRows(d, "cox")[1], "estimate"), -.2600382379, 1e-6},
	} {
		oracle.Known(t, "methods/durations.md §4 mgus2 "+c.name, c.got, c.want, c.tol)
	}
	d, _ = durationJSON(t, "--data", data, "--time", "etime", "--event", "event", "--censored", "censor", "--by", "sex", "--test", "gray", "--curve", "cif", "--variance", "gray", "--at", "60")
	variance := oracle.JSON(t, "survival_core/result.json").At("cmprsk", "var").List()[0].List()[1] // F death at 60
	se := durationFigure(durationRows(d, "curves")[0], "std_error")
	variance.Near(se*se, 1e-9)
	tests := durationRows(d, "tests")
	if len(tests) != 2 || tests[1]["state"] != "pcm" || math.Abs(durationFigure(tests[1], "statistic")-1.1945) > .001 {
		t.Errorf("tests: %v", tests)
	}
}

func writeText(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spells.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// Integers, text states, missing events (censored), missing times (left out), a text group, late entry and weights.
func TestDurationReadsColumns(t *testing.T) {
	path := writeText(t, "from,to,exit,tiltak,w,person\n0,5,work,B,1,p1\n1,4,,A,2,p2\n0,3,0,A,1,p1\n2,6,education,B,1.5,p3\n0,,work,A,1,p4\n0,2,work,A,1,p5\n")
	d, stderr := durationJSON(t, "--data", path, "--start", "from", "--stop", "to", "--event", "exit", "--by", "tiltak", "--weights", "w", "--curve", "cif", "--cluster", "person")
	if !strings.Contains(stderr, "`to` is missing in 1 rows; they were left out") {
		t.Errorf("warnings: %s", stderr)
	}
	if d["variance"] != "jackknife" {
		t.Errorf("variance %v", d["variance"])
	}
	var seen []string
	for _, s := range durationRows(d, "summaries") {
		seen = append(seen, fmt.Sprintf("%v/%v n=%v events=%v", s["by"], s["state"], s["n"], s["events"]))
	}
	if got, want := strings.Join(seen, "; "), "A/education n=3 events=0; A/work n=3 events=1; B/education n=2 events=1; B/work n=2 events=1"; got != want {
		t.Errorf("summaries %s, want %s", got, want)
	}
	out := filepath.Join(t.TempDir(), "out")
	_, _, status := runCLI(t, "duration", "--data", path, "--start", "from", "--stop", "to", "--event", "exit", "--by", "tiltak", "--out", out, "--quiet")
	if status != 0 {
		t.Fatal(status)
	}
	table, err := datasets.Read(t.Context(), filepath.Join(out, "curves.parquet"), datasets.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows != 5 || table.Column("estimate") == nil || table.Column("by").Text(0) != "A" {
		t.Errorf("%d rows: %v", table.Rows, table.Columns)
	}
	if b, err := os.ReadFile(filepath.Join(out, "curves.svg")); err != nil || !strings.Contains(string(b), "<svg") {
		t.Errorf("curves.svg: %v", err)
	}
}

func TestDurationText(t *testing.T) {
	path := writeText(t, "m,e,g,x\n1,1,a,1\n2,0,b,2\n3,1,a,1\n4,1,b,3\n5,1,b,2\n6,0,a,1\n")
	stdout, stderr, status := runCLI(t, "duration", "--data", path, "--time", "m", "--event", "e", "--by", "g", "--rmst", "4", "--rmst-diff", "--test", "logrank", "--cox", "x")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	for _, want := range []string{"Kaplan–Meier", "g = a", "g = b", "Summary", "Restricted means to 4", "Cox regression, efron ties: 6 spells, 4 ended", "logrank", "proportional hazards"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "NaN") {
		t.Errorf("NaN in\n%s", stdout)
	}
}

func TestDurationRefusals(t *testing.T) {
	path := writeText(t, "m,e,g,text,bad,w\n1,1,a,x,-1,1\n2,0,b,y,2,1\n3,1,a,z,3,-1\n")
	base := "--data " + path + " --time m --event e "
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "`--data` is needed"},
		{"--data x.csv --event e", 2, "`--time` is needed"},
		{"--data x.csv --time m", 2, "`--event` is needed"},
		{"--data x.csv --time m --start s --event e", 2, "exclude one another"},
		{"--data x.csv --start s --event e", 2, "come together"},
		{"--data no-such-file.csv --time m --event e", 3, "no-such-file.csv"},
		{"--data " + path + " --time months --event e", 3, "months"},
		{"--data " + path + " --time text --event e", 3, "`text` is text; a number is needed"},
		{"--data " + path + " --time bad --event e", 3, "1 rows have a time that is missing, infinite or negative"},
		{base + "--weights w", 3, "1 rows have a weight"},
		{base + "--cox g,m", 2, "`--cox` names `m`, which is what it explains"},
		{base + "--fine-gray e:factor --state 1", 2, "`--fine-gray` names `e`, which is what it explains"},
		{base + "--curve survival", 2, "`--curve` is km or cif"},
		{base + "--conf loglog", 2, "did you mean `log-log`"},
		{base + "--variance gray", 2, "`--variance gray` is for `--curve cif`"},
		{base + "--variance delta", 2, "greenwood, jackknife or gray"},
		{base + "--ties exact --cox g", 2, "efron or breslow"},
		{base + "--level 95", 2, "`--level`"},
		{base + "--at 1,x", 2, "`--at` is a list of times"},
		{base + "--rmst -1", 2, "`--rmst` is a positive number"},
		{base + "--rmst-diff", 2, "needs `--rmst`"},
		{base + "--test logrank", 2, "needs `--by`"},
		{base + "--test wilcoxon --by g", 2, "`--test` is logrank or gray"},
		{base + "--test gray --by g --weights w", 2, "not served"},
		{base + "--test gray --by g --cluster g", 2, "not served"},
		{base + "--by g --rmst 4 --rmst-diff --cluster g --variance greenwood", 2, "jackknife"},
		{base + "--cox g --fine-gray g", 2, "exclude one another"},
		{base + "--fine-gray g --strata g", 2, "not served"},
		{base + "--fine-gray g --ties efron", 2, "not served"},
		{base + "--cox g --state job", 2, "the states are event"},
		{base + "--strata g", 2, "`--strata` belongs to"},
		{base + "--rho 1", 2, "`--rho` belongs to"},
		{base + "--encoding utf-16", 2, "`--encoding`"},
		{base + "--cox nothing", 3, "nothing"},
	} {
		stdout, stderr, status := runCLI(t, append([]string{"duration"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stderr %q, want %d %q", c.args, status, stderr, c.status, c.want)
		}
	}
	// The row of the file is named, not that of the rows that were kept.
	path = writeText(t, "m,e\n,1\n2,0\n-3,1\n")
	_, stderr, status := runCLI(t, "duration", "--format", "json", "--quiet", "--data", path, "--time", "m", "--event", "e")
	if status != 3 || !strings.Contains(stderr, `"column":"m","row":3`) {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// Spells of persons who stand in both groups: the test is robust and says so, and the difference of restricted means has
// the covariance of the persons in it: with every spell twice, once in each group, it is none and is known to be.
func TestDurationOfDependentSpells(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,m,e,g,w\n")
	for i := range 40 {
		for _, g := range []string{"a", "b"} {
			fmt.Fprintf(&b, "p%d,%d,%d,%s,%g\n", i, 1+i*7%13, i%3, g, 1+float64(i%4)/4)
		}
	}
	path := filepath.Join(t.TempDir(), "spells.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d, _ := durationJSON(t, "--data", path, "--time", "m", "--event", "e", "--by", "g", "--cluster", "id", "--weights", "w", "--rmst", "10", "--rmst-diff", "--test", "logrank")
	if tests := d["tests"].([]any); len(tests) != 1 || tests[0].(map[string]any)["variance"] != "robust" {
		t.Errorf("%+v", tests)
	}
	if c := d["rmst_diff"].([]any)[0].(map[string]any); c["measure"] != "rmst_difference" || math.Abs(c["estimate"].(float64)) > 1e-12 || !(c["std_error"].(float64) < 1e-9) {
		t.Errorf("%+v", c)
	}
	stdout, _, status := runCLI(t, "duration", "--data", path, "--time", "m", "--event", "e", "--by", "g", "--weights", "w", "--test", "logrank")
	if status != 0 || !strings.Contains(stdout, "logrank, robust") {
		t.Errorf("status %d: %s", status, stdout)
	}
	// Gray's test has strata and ρ, one test an exit.
	one, _ := durationJSON(t, "--data", path, "--time", "m", "--event", "e", "--by", "id", "--curve", "cif", "--test", "gray", "--strata", "g", "--rho", "1")
	if tests := one["tests"].([]any); len(tests) != 2 {
		t.Errorf("%+v", tests)
	}
}

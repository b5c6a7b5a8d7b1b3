package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

type didJSON struct {
	Schema  int
	Command string
	N       struct {
		Units, Periods, Groups, Never int
		Dropped                       []struct {
			Reason string
			Units  int
		}
	}
	GroupTime []struct {
		By        *string
		Group     int64
		Time      int64
		EventTime int64   `json:"event_time"`
		Estimate  float64 `json:"estimate"`
		StdError  float64 `json:"std_error"`
		Reason    *string
	} `json:"group_time"`
	Aggregates []struct {
		By       *string
		Tiltak   *string
		Type     string
		Key      *int64
		Estimate float64
		StdError float64  `json:"std_error"`
		BandLow  *float64 `json:"band_low"`
		ConfLow  float64  `json:"conf_low"`
	}
	PreTest  struct{ Statistic, DF, PValue float64 }
	Equality []struct {
		Tiltak    *string
		Type      string
		Statistic float64
		DF        int
		PValue    float64 `json:"p_value"`
	}
	Regression []struct {
		Term     string
		Estimate float64
		StdError float64 `json:"std_error"`
	}
	Bacon []struct {
		Type             string
		Estimate, Weight float64
	}
	Honest []struct {
		Target, Restriction string
		Bound               float64
		ConfLow             float64 `json:"conf_low"`
		ConfHigh            float64 `json:"conf_high"`
	}
	Warnings []struct{ Code, Message string }
}

func runDid(t *testing.T, args ...string) didJSON {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"did", "--format", "json"}, args...)...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var d didJSON
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if d.Schema != 1 || d.Command != "did" {
		t.Fatalf("header %+v", d)
	}
	return d
}

func mpdtaArgs(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{"--data", oracle.Path(t, "mpdta_did", "data.csv"), "--id", "countyreal", "--time", "year", "--start", "first.treat", "--outcome", "lemp"}, more...)
}

func TestDidMpdta(t *testing.T) {
	ref := oracle.JSON(t, "mpdta_did/result.json").At("att_gt")
	for name, args := range map[string][]string{
		"dr|nevertreated|varying|nox|antic0":    {"--like", "did"},
		"dr|nevertreated|varying|x|antic0":      {"--like", "did", "--covariates", "lpop"},
		"ipw|notyettreated|universal|x|antic1":  {"--method", "ipw", "--controls", "not-yet", "--covariates", "lpop", "--anticipation", "1"},
		"reg|nevertreated|universal|nox|antic0": {"--method", "reg"},
	} {
		d := runDid(t, mpdtaArgs(t, args...)...)
		r := ref.At(name)
		for i, n := range r.At("att").List() {
			n.NearAbs(d.GroupTime[i].Estimate, 1e-10)
			if d.GroupTime[i].Reason == nil {
				r.At("se").List()[i].Near(d.GroupTime[i].StdError, 1e-8)
			}
		}
		for _, a := range d.Aggregates {
			if a.Key == nil {
				r.At("agg_"+a.Type, "overall_att").Near(a.Estimate, 1e-8)
				r.At("agg_"+a.Type, "overall_se").Near(a.StdError, 1e-8)
			}
		}
		r.At("wald_pre").Near(d.PreTest.Statistic, 1e-6)
	}
	// the figures of the issue, to the digits it gives
	d := runDid(t, mpdtaArgs(t, "--like", "did")...)
	oracle.Known(t, "issue 2 simple", d.Aggregates[0].Estimate, -0.0399513, 1e-6)
	oracle.Known(t, "issue 2 simple se", d.Aggregates[0].StdError, 0.0120340, 3e-6)
}

func TestDidDefaultsAndRegressions(t *testing.T) {
	d := runDid(t, mpdtaArgs(t)...)
	if len(d.GroupTime) != 15 || d.GroupTime[0].Reason == nil || *d.GroupTime[0].Reason != "base_period" {
		t.Errorf("a universal base has 15 cells and starts with one: %d, %+v", len(d.GroupTime), d.GroupTime[0])
	}
	bands := 0
	for _, a := range d.Aggregates {
		if a.BandLow != nil {
			bands++
		}
	}
	if bands == 0 {
		t.Error("no simultaneous bands by default")
	}
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	r := runDid(t, mpdtaArgs(t, "--estimator", "twfe", "--like", "fixest")...)
	ref.At("mpdta_twfe_static", "coef").Near(r.Regression[0].Estimate, 1e-9)
	ref.At("mpdta_twfe_static", "se", "cluster_county").Near(r.Regression[0].StdError, 1e-9)
	r = runDid(t, mpdtaArgs(t, "--estimator", "twfe", "--cluster", "countyreal,year")...)
	ref.At("mpdta_twfe_static", "se", "twoway_county_year").Near(r.Regression[0].StdError, 1e-9)
	r = runDid(t, mpdtaArgs(t, "--estimator", "sunab", "--cluster", "state")...)
	ref.At("mpdta_sunab_att", "cluster_state", "coef").Near(r.Aggregates[0].Estimate, 1e-8)
	ref.At("mpdta_sunab_att", "cluster_state", "se").Near(r.Aggregates[0].StdError, 1e-8)
}

func TestDidBaconAndImputation(t *testing.T) {
	ref := oracle.JSON(t, "bacon_imputation/result.json")
	b := runDid(t, mpdtaArgs(t, "--estimator", "bacon")...)
	sum := 0.
	for _, c := range b.Bacon {
		sum += c.Weight * c.Estimate
	}
	oracle.JSON(t, "fixest_twfe/result.json").At("mpdta_twfe_static", "coef").Near(sum, 1e-9)
	i := runDid(t, mpdtaArgs(t, "--estimator", "imputation")...)
	ref.At("did_imputation_mpdta", "static", "estimate").Near(i.Aggregates[0].Estimate, 1e-5) // fixest iterates to 1e-6
	ref.At("did_imputation_mpdta", "static", "std.error").Near(i.Aggregates[0].StdError, 1e-5)
}

// With no step at all the first period's interval under relative magnitude 0 is the plain one, but for the conditional test.
func TestDidHonest(t *testing.T) {
	for _, estimator := range []string{"group-time", "event-study", "sunab"} {
		d := runDid(t, mpdtaArgs(t, "--estimator", estimator, "--honest", "relative-magnitude=0,1")...)
		if len(d.Honest) != 4 || d.Honest[0].Target != "first" || d.Honest[2].Target != "overall" {
			t.Fatalf("%+v", d.Honest)
		}
		for _, a := range d.Aggregates {
			if a.Type == "dynamic" && a.Key != nil && *a.Key == 0 {
				center := (d.Honest[0].ConfLow + d.Honest[0].ConfHigh) / 2
				if width := d.Honest[0].ConfHigh - d.Honest[0].ConfLow; math.Abs(center-a.Estimate) > 0.1*a.StdError || math.Abs(width/a.StdError-3.92) > 0.2 {
					t.Errorf("%s: %+v beside %+v", estimator, d.Honest[0], a)
				}
			}
		}
		if d.Honest[1].ConfHigh-d.Honest[1].ConfLow < d.Honest[0].ConfHigh-d.Honest[0].ConfLow {
			t.Error("a wider bound gives a narrower interval")
		}
	}
	_, stderr, status := runCLI(t, append([]string{"did"}, mpdtaArgs(t, "--like", "did", "--honest", "smoothness=0")...)...)
	if status != 2 || !strings.Contains(stderr, "`--base universal`") {
		t.Errorf("%d %s", status, stderr)
	}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "panel.csv")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const smallPanel = `id,month,start,y,group
a,202311,202401,1,x
a,202312,202401,1,x
a,202401,202401,3,x
b,202311,202401,2,x
b,202312,202401,2,x
b,202401,202401,5,x
c,202311,0,1,x
c,202312,0,1.5,x
c,202401,0,2,x
d,202311,,0,x
d,202312,,0,x
d,202401,,1,x
`

// Months: 202401 is one period after 202312, and is shown as 202401.
func TestDidMonths(t *testing.T) {
	d := runDid(t, "--data", writeFile(t, smallPanel), "--id", "id", "--time", "month", "--start", "start", "--outcome", "y")
	last := d.GroupTime[len(d.GroupTime)-1]
	// (2 + 3)/2 − (0.5 + 1)/2 by hand
	if last.Group != 202401 || last.Time != 202401 || last.EventTime != 0 || last.Estimate != 1.75 {
		t.Errorf("%+v", last)
	}
	if first := d.GroupTime[0]; first.EventTime != -2 {
		t.Errorf("%+v", first)
	}
}

// Unit d is not at risk before 202401 and leaves the comparison.
func TestDidRiskSet(t *testing.T) {
	panel := strings.NewReplacer("group\n", "risk\n", "202311,0,1,x", "202311,0,1,1", "202312,0,1.5,x", "202312,0,1.5,1", ",x\n", ",1\n").Replace(smallPanel)
	panel = strings.Replace(panel, "d,202312,,0,1", "d,202312,,0,0", 1)
	d := runDid(t, "--data", writeFile(t, panel), "--id", "id", "--time", "month", "--start", "start", "--outcome", "y", "--controls", "risk-set", "--at-risk", "risk")
	last := d.GroupTime[len(d.GroupTime)-1]
	if last.Estimate != 2 { // (2 + 3)/2 − 0.5
		t.Errorf("%+v", last)
	}
}

// The dip probe is the dynamic average with each anticipation; windows of event time are those of did's min_e and max_e.
func TestDidProbeAndWindow(t *testing.T) {
	ref := oracle.JSON(t, "mpdta_did/result.json").At("att_gt")
	stdout, stderr, status := runCLI(t, append([]string{"did", "--format", "json"}, mpdtaArgs(t, "--like", "did", "--dip-probe", "1")...)...)
	if status != 0 {
		t.Fatal(stderr)
	}
	var d struct {
		Probe []struct {
			Anticipation       int
			Estimate, StdError float64
		} `json:"dip_probe"`
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || len(d.Probe) != 2 {
		t.Fatalf("%v %+v", err, d)
	}
	ref.At("dr|nevertreated|varying|nox|antic0", "agg_dynamic", "overall_att").Near(d.Probe[0].Estimate, 1e-10)
	ref.At("dr|nevertreated|varying|nox|antic1", "agg_dynamic", "overall_att").Near(d.Probe[1].Estimate, 1e-10)
	w := runDid(t, mpdtaArgs(t, "--like", "did", "--aggregate", "dynamic", "--min-e", "-1", "--max-e", "1")...)
	ref.At("dr|nevertreated|varying|nox|antic0", "agg_dynamic_min_e_m1_max_e_1", "overall_att").Near(w.Aggregates[0].Estimate, 1e-10)
	ref.At("dr|nevertreated|varying|nox|antic0", "agg_dynamic_min_e_m1_max_e_1", "overall_se").Near(w.Aggregates[0].StdError, 1e-10)
	two := runDid(t, mpdtaArgs(t, "--like", "did", "--aggregate", "simple", "--windows", "0:1,2:3")...)
	if len(two.Aggregates) != 3 || two.Aggregates[1].Type != "window" || *two.Aggregates[2].Key != 2 {
		t.Errorf("%+v", two.Aggregates)
	}
	if len(w.Aggregates) != 4 {
		t.Errorf("%+v", w.Aggregates)
	}
}

func TestDidRefusals(t *testing.T) {
	base := func(content string, more ...string) []string {
		return append([]string{"did", "--data", writeFile(t, content), "--id", "id", "--time", "month", "--start", "start", "--outcome", "y"}, more...)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"did"}, 2, "`--data` is needed"},
		{base(smallPanel, "--controls", "nobody"), 2, "`--controls` is never, not-yet, later-start or risk-set"},
		{base(smallPanel, "--controls", "risk-set"), 2, "`--controls risk-set` needs `--at-risk`"},
		{base(smallPanel, "--at-risk", "y"), 2, "`--at-risk` goes with"},
		{base(smallPanel, "--bootstrap", "10"), 2, "`--bootstrap` takes 100 draws or more"},
		{base(smallPanel, "--honest", "smooth"), 2, "`--honest`"},
		{base(smallPanel, "--estimator", "bacon", "--covariates", "y"), 2, "`--covariates` has no place in `--estimator bacon`"},
		{base(smallPanel, "--estimator", "sunab", "--controls", "never"), 2, "`--controls` goes with the estimator group-time"},
		{base(smallPanel, "--windows", "5:0"), 2, "`--windows` is ranges"},
		{base(smallPanel, "--min-e", "3", "--max-e", "1"), 2, "no event time lies between them"},
		{base(smallPanel, "--covariates", "y"), 2, "`--covariates` names `y`, which is the column of `--outcome`"},
		{base(smallPanel, "--covariates", "start:factor"), 2, "`--covariates` names `start`, which is the column of `--start`"},
		{base(smallPanel, "--outcome", "month"), 2, "`--outcome` names `month`"},
		{base(smallPanel, "--anticipation", "40"), 3, "and the 40 periods of anticipation"},
		{base("id,month,start,y\na,202401,202402,1\nb,202401,,2\n"), 3, "the panel has one period, and a difference needs two or more"},
		{base(strings.ReplaceAll(smallPanel, ",202401,", ",January,")), 3, "must hold whole numbers or months"},
		{base(smallPanel, "--se", "iid"), 2, "`--se` goes with the regressions"},
		{base(smallPanel, "--level", "95"), 2, "`--level`"},
		{base(smallPanel, "--like", "fixest"), 2, "`--like fixest`"},
		{base(smallPanel, "--like", "honestdid"), 2, "`--like honestdid` goes with `--honest`"},
		{base(smallPanel, "--covariates", "nothing"), 3, "nothing"},
		{base(smallPanel + "d,202401,,1,x\n"), 3, "repeat a `id` and `month`"},
		{base(strings.Replace(smallPanel, "a,202312,202401", "a,202312,202312", 1)), 3, "`start` changes within a unit (row 2)"},
		{base(strings.ReplaceAll(smallPanel, ",202401,202401", ",202401,0"), "--controls", "never"), 3, "changes within"},
		{base(strings.ReplaceAll(strings.ReplaceAll(smallPanel, ",202401,", ",0,"), "\n", "\n")), 3, ""},
		{base(smallPanel, "--by", "y"), 3, "`y` changes within a unit"},
	} {
		stdout, stderr, status := runCLI(t, c.args...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%v: status %d, stderr %q, stdout %q", c.args[1:], status, stderr, stdout)
		}
	}
}

func TestDidOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	stdout, stderr, status := runCLI(t, append([]string{"did"}, mpdtaArgs(t, "--out", dir)...)...)
	if status != 0 {
		t.Fatal(stderr)
	}
	for _, want := range []string{"500 units, 5 periods, 3 groups, 309 never treated", "event time", "pre-test"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in %s", want, stdout)
		}
	}
	for _, name := range []string{"group_time.parquet", "group_time.csv", "aggregates.parquet", "aggregates.csv"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// Two groups side by side are the two alone.
func TestDidBy(t *testing.T) {
	file := oracle.Path(t, "did_public", "sim", "tp4_const.csv")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	head, odd, even := lines[0]+",side\n", lines[0]+",side\n", lines[0]+",side\n"
	all := head
	for _, l := range lines[1:] {
		var id int
		for _, c := range strings.SplitN(l, ",", 2)[0] {
			id = 10*id + int(c-'0')
		}
		if id%2 == 1 {
			odd += l + ",odd\n"
			all += l + ",odd\n"
		} else {
			even += l + ",even\n"
			all += l + ",even\n"
		}
	}
	args := func(content string, more ...string) []string {
		return append([]string{"--data", writeFile(t, content), "--id", "id", "--time", "period", "--start", "G", "--outcome", "Y", "--covariates", "X"}, more...)
	}
	both := runDid(t, args(all, "--by", "side")...)
	alone := map[string]didJSON{"odd": runDid(t, args(odd)...), "even": runDid(t, args(even)...)}
	seen := map[string]int{}
	for _, a := range both.Aggregates {
		x := alone[*a.By].Aggregates[seen[*a.By]]
		seen[*a.By]++
		if a.Type != x.Type || a.Estimate != x.Estimate || a.StdError != x.StdError {
			t.Errorf("%s: %+v, alone %+v", *a.By, a, x)
		}
	}
	if len(both.Equality) != 4 || both.Equality[0].Type != "simple" || both.Equality[0].DF != 1 || !(both.Equality[0].PValue > 0) {
		t.Errorf("%+v", both.Equality)
	}
	if seen["odd"] != len(alone["odd"].Aggregates) || seen["even"] == 0 {
		t.Errorf("%v", seen)
	}
}

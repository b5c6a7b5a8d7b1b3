package cli

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// documentOf runs did and reads its JSON into v.
func documentOf(t *testing.T, v any, args ...string) {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"did", "--format", "json"}, args...)...)
	if status != 0 {
		t.Fatalf("%v: status %d: %s", args, status, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), v); err != nil {
		t.Fatal(err)
	}
}

// fixest's small-sample rules by name: those of the oracle.
func TestDidSmallSample(t *testing.T) {
	ref := oracle.JSON(t, "fixest_twfe/result.json").At("mpdta_ssc_variants_cluster_county")
	for name, ssc := range map[string]string{"default": "K.adj=TRUE", "noK": "K.adj=FALSE", "noG": "G.adj=FALSE", "none": "K.adj=FALSE,G.adj=FALSE", "full": "K.fixef=full", "no_fixef": "K.fixef=none"} {
		r := runDid(t, mpdtaArgs(t, "--estimator", "twfe", "--ssc", ssc)...)
		ref.At(name).Near(r.Regression[0].StdError, 1e-9)
	}
	for _, c := range [][2]string{{"twfe", "K.adj=perhaps"}, {"group-time", "K.adj=FALSE"}, {"two-stage", "K.adj=FALSE"}} {
		_, stderr, status := runCLI(t, append([]string{"did"}, mpdtaArgs(t, "--estimator", c[0], "--ssc", c[1])...)...)
		if status != 2 || !strings.Contains(stderr, "`--ssc`") {
			t.Errorf("%v: %d %s", c, status, stderr)
		}
	}
}

// Two stages have the averages of imputation, errors of their own, and the periods before the start.
func TestDidTwoStage(t *testing.T) {
	one, two := runDid(t, mpdtaArgs(t, "--estimator", "imputation")...), runDid(t, mpdtaArgs(t, "--estimator", "two-stage")...)
	before, after, at := 0, one.Aggregates[:0:0], 0
	for _, a := range one.Aggregates {
		if a.Key == nil || *a.Key >= 0 {
			after = append(after, a)
		}
	}
	for _, a := range two.Aggregates {
		if a.Key != nil && *a.Key < 0 {
			before++
			continue
		}
		b := after[at]
		at++
		if a.Type != b.Type || math.Abs(a.Estimate-b.Estimate) > 1e-12 || a.Type == "simple" && a.StdError == b.StdError {
			t.Errorf("%+v, imputation %+v", a, b)
		}
	}
	if before != 4 {
		t.Errorf("%d periods before the start", before)
	}
}

// Groups of --by have a pre-test each, which is that of the group alone; without --by there is one. Cells have a band over all
// of them, wider than the interval.
func TestDidPreTestsAndCellBands(t *testing.T) {
	type document struct {
		PreTest  *struct{ Statistic, DF float64 }
		PreTests []struct {
			By            string
			Statistic, DF float64
			Slope         float64 `json:"detectable_slope"`
		}
		GroupTime []struct {
			ConfLow  *float64 `json:"conf_low"`
			BandLow  *float64 `json:"band_low"`
			BandHigh *float64 `json:"band_high"`
		} `json:"group_time"`
	}
	var all, one, pointwise document
	args := func(keep func(unge, lav bool, tiltak string) bool, more ...string) []string {
		return append([]string{"--data", writeFile(t, overlapping(keep)), "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--aggregate", "simple"}, more...)
	}
	everybody := func(bool, bool, string) bool { return true }
	documentOf(t, &all, args(everybody, "--by", "unge,lav")...)
	documentOf(t, &one, args(func(unge, _ bool, _ string) bool { return unge })...)
	documentOf(t, &pointwise, args(everybody, "--bands", "pointwise")...)
	if all.PreTest != nil || len(all.PreTests) != 2 || all.PreTests[0].By != "unge" || one.PreTest == nil || one.PreTests != nil {
		t.Fatalf("%+v %+v", all, one)
	}
	if p := all.PreTests[0]; p.Statistic != one.PreTest.Statistic || p.DF != one.PreTest.DF || !(p.Slope > 0) {
		t.Errorf("%+v, alone %+v", p, one.PreTest)
	}
	bands := 0
	for i, c := range one.GroupTime {
		if c.ConfLow == nil { // the base
			continue
		}
		if bands++; c.BandLow == nil || !(*c.BandLow < *c.ConfLow) {
			t.Errorf("cell %d: %+v", i, c)
		}
		if pointwise.GroupTime[i].BandLow != nil {
			t.Errorf("cell %d has a band with --bands pointwise", i)
		}
	}
	if bands == 0 {
		t.Error("no cells")
	}
}

// The period of weights that change, by R's fix_weights.
func TestDidFixWeights(t *testing.T) {
	ref := oracle.CSV(t, "did_public/ref_fixweights.csv")
	file := oracle.Path(t, "did_public", "mpdta_tvw.csv")
	for name, args := range map[string][]string{"none": nil, "base_period": {"--fix-weights", "base"}, "first_period": {"--fix-weights", "first"}, "varying": {"--panel", "rows"}} {
		d := runDid(t, append([]string{"--data", file, "--id", "countyreal", "--time", "year", "--start", "first.treat", "--outcome", "lemp", "--weights", "wt", "--like", "did"}, args...)...)
		at := 0
		for i, which := range ref["fix_weights"] {
			if which != name {
				continue
			}
			oracle.Known(t, name, d.GroupTime[at].Estimate, oracle.Floats(t, ref["att"][i:i+1])[0], 1e-10)
			oracle.Known(t, name+" se", d.GroupTime[at].StdError, oracle.Floats(t, ref["se"][i:i+1])[0], 1e-10)
			at++
		}
		if at != len(d.GroupTime) {
			t.Errorf("%s: %d of %d cells", name, at, len(d.GroupTime))
		}
	}
}

// One row a unit: the improved doubly robust comparison is the one of the panel.
func TestDidWideImproved(t *testing.T) {
	file := oracle.Path(t, "did_public", "sim", "tp2_const.csv")
	c := oracle.CSV(t, "did_public/sim/tp2_const.csv")
	panel := runDid(t, "--data", file, "--id", "id", "--time", "period", "--start", "G", "--outcome", "Y", "--covariates", "X", "--method", "imp")
	var b strings.Builder
	b.WriteString("treated,before,after,x\n")
	first := map[string]int{}
	for i, id := range c["id"] {
		k, seen := first[id]
		if !seen {
			first[id] = i
			continue
		}
		if c["period"][k] > c["period"][i] {
			k, i = i, k
		}
		treated := "1"
		if c["G"][i] == "0" {
			treated = "0"
		}
		b.WriteString(strings.Join([]string{treated, c["Y"][k], c["Y"][i], c["X"][i]}, ",") + "\n")
	}
	var wide struct {
		Estimates []struct {
			Estimate float64
			StdError float64 `json:"std_error"`
		}
	}
	documentOf(t, &wide, "--data", writeFile(t, b.String()), "--treatment", "treated", "--before", "before", "--outcome", "after", "--covariates", "x", "--method", "imp")
	cell := panel.GroupTime[len(panel.GroupTime)-1]
	if w := wide.Estimates[0]; math.Abs(w.Estimate-cell.Estimate) > 1e-12 || math.Abs(w.StdError-cell.StdError) > 1e-12 || !(w.StdError > 0) {
		t.Errorf("%+v, panel %+v", w, cell)
	}
}

package duration

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// closedForm is the tolerance of the issue for figures in closed form; R and we add up in different orders.
const closedForm = 1e-9

// floats reads a column of a reference data set.
func floats(t testing.TB, columns map[string][]string, name string) []float64 {
	t.Helper()
	c, ok := columns[name]
	if !ok {
		t.Fatalf("no column %s", name)
	}
	return oracle.Floats(t, c)
}

// factor numbers the values of a column in byte order; groups are named label=value.
func factor(texts []string, label string) (numbers []int32, names []string) {
	levels := slices.Compact(slices.Sorted(slices.Values(texts)))
	numbers = make([]int32, len(texts))
	for i, s := range texts {
		k, _ := slices.BinarySearch(levels, s)
		numbers[i] = int32(k)
	}
	for _, l := range levels {
		names = append(names, label+"="+l)
	}
	return numbers, names
}

// events is 1 where the value is over base, 0 otherwise.
func events(values []float64, base float64) []int32 {
	out := make([]int32, len(values))
	for i, v := range values {
		if v > base {
			out[i] = 1
		}
	}
	return out
}

func lung(t testing.TB) (Input, map[string][]string) {
	c := oracle.CSV(t, "survival_core/lung.csv")
	return Input{Time: floats(t, c, "time"), Event: events(floats(t, c, "status"), 1)}, c
}

func lungBySex(t testing.TB) Input {
	in, c := lung(t)
	in.Group, in.Groups = factor(c["sex"], "sex")
	return in
}

func aml(t testing.TB) Input {
	c := oracle.CSV(t, "survival_core/aml.csv")
	in := Input{Time: floats(t, c, "time"), Event: events(floats(t, c, "status"), 0)}
	in.Group, in.Groups = factor(c["x"], "x")
	return in
}

func weighted(t testing.TB) Input {
	in := lungBySex(t)
	in.Weight = make([]float64, len(in.Time))
	for i := range in.Weight {
		in.Weight[i] = .5 + float64((i+1)%5)/4
	}
	return in
}

// checkCurves compares curves with an export of R's survfit.
func checkCurves(t *testing.T, want oracle.Node, curves []*Curve) {
	t.Helper()
	strata := want.At("strata")
	var quantiles, quantilesLow, quantilesHigh []oracle.Node
	q := want.At("quantiles")
	quantiles, quantilesLow, quantilesHigh = q.At("quantile").List(), q.At("lower").List(), q.At("upper").List()
	row := 0
	for k, c := range curves {
		name := c.Group
		if name == "" {
			name = "all"
		}
		w := strata.At(name)
		w.At("time").NearAll(c.Time, closedForm)
		w.At("n_risk").NearAll(c.NRisk, closedForm)
		w.At("n_event").NearAll(c.NEvent, closedForm)
		w.At("n_censor").NearAll(c.NCensor, closedForm)
		w.At("surv").NearAll(c.Estimate, closedForm)
		// survfit's std.err is that of log S, but that of S itself where it is robust: the export multiplied both by S.
		se := "std_err_survscale"
		if c.Variance == Jackknife {
			se = "std_err_log"
		}
		w.At(se).NearAll(c.StdError, closedForm)
		w.At("lower").NearAll(c.ConfLow, closedForm)
		w.At("upper").NearAll(c.ConfHigh, closedForm)
		w.At("cumhaz").NearAll(c.CumHazard, closedForm)
		w.At("std_err_cumhaz").NearAll(c.CumHazardStdError, closedForm)
		for j, p := range q.At("probs").Floats() {
			v, low, high := c.Quantile(p)
			if len(curves) > 1 {
				quantiles[k].List()[j].Near(v, closedForm)
				quantilesLow[k].List()[j].Near(low, closedForm)
				quantilesHigh[k].List()[j].Near(high, closedForm)
			} else {
				quantiles[j].Near(v, closedForm)
				quantilesLow[j].Near(low, closedForm)
				quantilesHigh[j].Near(high, closedForm)
			}
		}
		if !want.Has("at_times") {
			continue
		}
		at := want.At("at_times")
		all := at.At("time").Floats()
		times := all[:len(all)/len(curves)]
		for i, p := range c.At(times) {
			if p.Reason == "" { // R was asked to extend the curve beyond its end; we do not
				at.At("surv").List()[row].Near(p.Estimate, closedForm)
				at.At("se").List()[row].Near(p.StdError, closedForm)
				at.At("lower").List()[row].Near(p.ConfLow, closedForm)
				at.At("upper").List()[row].Near(p.ConfHigh, closedForm)
			} else if times[i] <= c.End() {
				t.Errorf("%s at %v: %s", c.Group, times[i], p.Reason)
			}
			// R gives the risk set of the curve's next time, with those who enter in between; ours is that of the time itself.
			next, found := slices.BinarySearch(c.Time, times[i])
			if found || c.table.rows == int(c.table.atRisk[0]) {
				at.At("n_risk").List()[row].Near(p.NRisk, closedForm)
			} else if next < len(c.Time) {
				at.At("n_risk").List()[row].Near(c.NRisk[next], closedForm)
			}
			row++
		}
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestKaplanMeierAgainstSurvfit(t *testing.T) {
	curves := must[[]*Curve](t)
	reference := oracle.JSON(t, "survival_core/result.json")
	for k, name := range intervalNames {
		opt := Options{Interval: Interval(k)}
		all, _ := lung(t)
		checkCurves(t, reference.At("km_lung_all", name), curves(KaplanMeierByGroup(all, opt)))
		checkCurves(t, reference.At("km_lung_sex", name), curves(KaplanMeierByGroup(lungBySex(t), opt)))
		checkCurves(t, reference.At("km_aml", name), curves(KaplanMeierByGroup(aml(t), opt)))
	}
	checkCurves(t, reference.At("fh_aml"), curves(KaplanMeierByGroup(aml(t), Options{Hazard: FlemingHarringtonHazard, Survival: ExponentialHazard})))
	checkCurves(t, reference.At("na_breslow_aml"), curves(KaplanMeierByGroup(aml(t), Options{Survival: ExponentialHazard})))
	checkCurves(t, reference.At("km_lung_weighted"), curves(KaplanMeierByGroup(weighted(t), Options{})))
	checkCurves(t, reference.At("km_lung_weighted_robustFALSE"), curves(KaplanMeierByGroup(weighted(t), Options{Variance: Greenwood})))

	c := oracle.CSV(t, "survival_core/lung_lefttrunc.csv")
	in := Input{Start: floats(t, c, "entry"), Time: floats(t, c, "exit"), Event: events(floats(t, c, "status"), 1)}
	in.Group, in.Groups = factor(c["sex"], "sex")
	checkCurves(t, reference.At("km_left_trunc_lung_age"), curves(KaplanMeierByGroup(in, Options{})))

	checkCurves(t, reference.At("km_left_trunc_mgus2_age"), curves(KaplanMeierByGroup(mgus2Age(t), Options{From: 65 * 12})))
}

// mgus2Age is mgus2 on the scale of age in months, entering at diagnosis; those without follow-up are left out.
func mgus2Age(t testing.TB) Input {
	c := oracle.CSV(t, "survival_core/mgus2.csv")
	age, follow, death := floats(t, c, "age"), floats(t, c, "futime"), floats(t, c, "death")
	var in Input
	var sex []string
	for i := range age {
		if follow[i] > 0 {
			in.Start, in.Time = append(in.Start, age[i]*12), append(in.Time, age[i]*12+follow[i])
			in.Event = append(in.Event, int32(death[i]))
			sex = append(sex, c["sex"][i])
		}
	}
	in.Group, in.Groups = factor(sex, "sex")
	return in
}

// The figures that the issue names.
func TestLungAt365(t *testing.T) {
	in, _ := lung(t)
	c, err := KaplanMeier(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := c.At([]float64{365})[0]
	for _, f := range []struct {
		name      string
		got, want float64
	}{
		{"S", p.Estimate, .4092416244600644}, {"se", p.StdError, .03582363817}, {"n.risk", p.NRisk, 65}, {"low", p.ConfLow, .3447215818}, {"high", p.ConfHigh, .4858376035},
		{"RMST", c.RestrictedMean(365).Estimate, 263.22186648}, {"RMST se", c.RestrictedMean(365).StdError, 7.7988590863},
	} {
		oracle.Known(t, "methods/durations.md §4 lung "+f.name, f.got, f.want, closedForm)
	}
}

func TestRestrictedMeansAgainstSurvfit(t *testing.T) {
	reference := oracle.JSON(t, "survival_core/result.json").At("rmst")
	all, _ := lung(t)
	for name, in := range map[string]Input{"lung_sex_tau365": lungBySex(t), "lung_sex_tau700": lungBySex(t), "lung_all_tau365": all, "aml_tau30": aml(t)} {
		curves, err := KaplanMeierByGroup(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := reference.At(name)
		tau := want.At("tau").Float()
		for k, c := range curves {
			s := c.Summary(tau)
			want.At("rmst").List()[k].Near(s.Restricted.Estimate, closedForm)
			want.At("se").List()[k].Near(s.Restricted.StdError, closedForm)
			want.At("median").List()[k].Near(s.Median, closedForm)
			want.At("lcl95").List()[k].Near(s.MedianLow, closedForm)
			want.At("ucl95").List()[k].Near(s.MedianHigh, closedForm)
			want.At("events").List()[k].Equal(fmt.Sprint(s.Events))
		}
	}
}

func TestRestrictedContrastAgainstSurvRM2(t *testing.T) {
	curves, err := KaplanMeierByGroup(lungBySex(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := RestrictedContrast(curves[1], curves[0], 700)
	want := oracle.JSON(t, "survival_core/result.json").At("survRM2_lung_sex_tau700")
	want.At("arm1", "Est.").Near(curves[1].RestrictedMean(700).Estimate, closedForm)
	want.At("arm0", "se").Near(curves[0].RestrictedMean(700).StdError, closedForm)
	table := want.At("unadjusted")
	for k, e := range []struct{ est, low, high, p float64 }{
		{c.Difference.Estimate, c.Difference.ConfLow, c.Difference.ConfHigh, c.Difference.PValue},
		{c.Ratio.Estimate, c.Ratio.ConfLow, c.Ratio.ConfHigh, c.Ratio.PValue},
		{c.LostRatio.Estimate, c.LostRatio.ConfLow, c.LostRatio.ConfHigh, c.LostRatio.PValue},
	} {
		table.At("Est.").List()[k].Near(e.est, closedForm)
		table.At("lower .95").List()[k].Near(e.low, closedForm)
		table.At("upper .95").List()[k].Near(e.high, closedForm)
		// R's 1 − pnorm loses about eps/p ≈ 1e-12 of these p-values.
		table.At("p").List()[k].Near(e.p, closedForm)
	}
	if math.IsNaN(c.Difference.StdError) {
		t.Error("no error of the difference")
	}
}

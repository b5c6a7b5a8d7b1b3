package duration

import (
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

func mgus2(t testing.TB) (Input, map[string][]string) {
	c := oracle.CSV(t, "survival_core/mgus2_competing.csv")
	in := Input{Time: floats(t, c, "etime"), Event: make([]int32, len(c["event"])), States: []string{"pcm", "death"}}
	for i, e := range c["event"] {
		switch e {
		case "pcm":
			in.Event[i] = 1
		case "death":
			in.Event[i] = 2
		}
	}
	return in, c
}

func mgus2BySex(t testing.TB) Input {
	in, c := mgus2(t)
	in.Group, in.Groups = factor(c["sex"], "sex")
	return in
}

func TestAalenJohansenAgainstSurvfit(t *testing.T) {
	reference := oracle.JSON(t, "survival_core/result.json").At("aalen_johansen")
	all, _ := mgus2(t)
	for _, variance := range []Variance{Greenwood, Jackknife} { // equal where nobody enters late
		full, err := AalenJohansen(all, Options{Variance: variance})
		if err != nil {
			t.Fatal(err)
		}
		survival, err := KaplanMeier(all, Options{Variance: variance})
		if err != nil {
			t.Fatal(err)
		}
		want := reference.At("mgus2_all_full")
		want.At("time").NearAll(full[0].Time, closedForm)
		for j := range full[0].Time {
			want.At("n_risk").List()[j].List()[0].Near(full[0].NRisk[j], closedForm)
			for s, c := range append([]*Curve{survival}, full...) {
				want.At("pstate").List()[j].List()[s].Near(c.Estimate[j], closedForm)
				// Where the reference is 0 up to rounding it has 1e-18.
				if c.Estimate[j] > 0 || s > 0 { // of S = 0 we give no error
					want.At("se").List()[j].List()[s].NearAbs(c.StdError[j], 1e-12)
				}
				if s > 0 {
					want.At("n_event").List()[j].List()[s].Near(c.NEvent[j], closedForm)
				}
			}
		}
		for name, in := range map[string]Input{"mgus2_all": all, "mgus2_sex": mgus2BySex(t)} {
			curves, err := AalenJohansen(in, Options{Variance: variance})
			if err != nil {
				t.Fatal(err)
			}
			want := reference.At(name)
			all := want.At("time").Floats()
			times := all[:9]
			for k := range len(curves) / 2 {
				for s := range 2 {
					c := curves[2*k+s]
					for i, p := range c.At(times) {
						row := 9*k + i
						want.At("n_risk").List()[row].List()[0].Near(p.NRisk, closedForm)
						want.At("pstate").List()[row].List()[s+1].Near(p.Estimate, closedForm)
						want.At("se").List()[row].List()[s+1].Near(p.StdError, closedForm)
						want.At("lower").List()[row].List()[s+1].Near(p.ConfLow, closedForm)
						want.At("upper").List()[row].List()[s+1].Near(p.ConfHigh, closedForm)
					}
					// R's mean goes to the last time of all groups and keeps the curve flat beyond its own.
					if name == "mgus2_all" {
						m := c.RestrictedMean(c.End())
						want.At("rmean_default", "rmean").List()[s+1].Near(m.Estimate, closedForm)
					}
				}
			}
		}
		m := [3]float64{survival.RestrictedMean(240).Estimate, full[0].RestrictedMean(240).Estimate, full[1].RestrictedMean(240).Estimate}
		for s, w := range []float64{110.588899, 14.190548, 115.220552} {
			oracle.Known(t, "methods/durations.md §4 mgus2 RMTS240", m[s], w, 1e-7) // printed to that many digits
		}
	}
}

func TestGrayVarianceAgainstCmprsk(t *testing.T) {
	reference := oracle.JSON(t, "survival_core/result.json").At("cmprsk")
	curves, err := AalenJohansen(mgus2BySex(t), Options{Variance: GrayTies})
	if err != nil {
		t.Fatal(err)
	}
	times := reference.At("times").Floats()
	for row, name := range reference.At("curves").Texts() {
		for _, c := range curves {
			if c.Group[len("sex="):]+" "+c.State != name {
				continue
			}
			for k, p := range c.At(times) {
				reference.At("est").List()[row].List()[k].Near(p.Estimate, closedForm)
				reference.At("var").List()[row].List()[k].Near(p.StdError*p.StdError, closedForm)
			}
		}
	}
	if _, err := KaplanMeier(Input{Time: []float64{1}, Event: []int32{1}}, Options{Variance: GrayTies}); fault.CodeOf(err) != "bad_variance" {
		t.Errorf("a survival curve with Gray's variance: %v", err)
	}
}

func TestAalenJohansenAgainstDefinition(t *testing.T) {
	for _, tr := range []int{0, withStarts, withWeights, withStarts | withWeights | withFractions | withZeroWeights | withClusters} {
		problems(t, 1500, tr|withStates, func(t *testing.T, r *rand.Rand, in Input) {
			robust, err := AalenJohansen(in, Options{Variance: Jackknife})
			if err != nil {
				t.Fatal(err)
			}
			multinomial, err := AalenJohansen(in, Options{Variance: Greenwood})
			if err != nil {
				t.Fatal(err)
			}
			p, err := prepare(in, Options{Variance: Greenwood})
			if err != nil {
				t.Fatal(err)
			}
			for s := 1; s <= in.states(); s++ {
				c, m := robust[s-1], multinomial[s-1]
				for k, u := range c.Time {
					survival, _, incidence := naiveCurves(in, u)
					v := naiveJackknife(in, func(in Input) float64 { _, _, f := naiveCurves(in, u); return f[s] })
					equal(t, "F, its jackknife variance", []float64{c.Estimate[k], c.StdError[k] * c.StdError[k]}, []float64{incidence[s], v}, 1e-5)
					equal(t, "F", []float64{c.Estimate[k], m.Estimate[k]}, []float64{incidence[s], incidence[s]}, 1e-12)
					total := survival
					for _, x := range multinomial {
						total += x.Estimate[k]
					}
					equal(t, "S + ΣF", []float64{total}, []float64{1}, 1e-12)
					// The recursion against the sum over times of the multinomial variance of the derivatives.
					equal(t, "recursion", []float64{m.StdError[k] * m.StdError[k]}, []float64{p.tables[0].greenwood(incidenceDerivatives(p.tables[0], s, u))}, 1e-12)
					if in.Start == nil && in.Cluster == nil && in.Weight == nil {
						equal(t, "recursion and jackknife", []float64{m.StdError[k]}, []float64{c.StdError[k]}, 1e-7) // of a difference: 1e-15 under a root
					}
				}
				tau := c.End() * (.2 + .8*r.Float64())
				if a := c.RestrictedMean(tau); tau > 0 && a.Reason == "" {
					v := naiveJackknife(in, func(in Input) float64 { return naiveArea(in, tau, s) })
					equal(t, "area and its variance", []float64{a.Estimate, a.StdError * a.StdError}, []float64{naiveArea(in, tau, s), v}, 1e-5)
				}
			}
		})
	}
}

// incidenceDerivatives are ∂F_s(t)/∂h_r(u), directly.
func incidenceDerivatives(t *table, s int, at float64) [][]float64 {
	g := make([][]float64, len(t.event))
	for r := range g {
		g[r] = make([]float64, len(t.time))
	}
	S := t.survival()
	F := make([]float64, len(t.time))
	f, before := 0., 1.
	for k := range t.time {
		if t.exits[k] > 0 {
			f += before * t.event[s][k] / t.risk[k]
		}
		F[k], before = f, S[k]
	}
	end := 0.
	for k, u := range t.time {
		if u <= at {
			end = F[k]
		}
	}
	for k, u := range t.time {
		if u > at || t.exits[k] == 0 {
			continue
		}
		before := 1.
		if k > 0 {
			before = S[k-1]
		}
		for r := 1; r < len(g); r++ {
			if t.exits[k] < t.atRisk[k] {
				g[r][k] = -(end - F[k]) / (1 - t.anyExit[k]/t.risk[k])
			}
			if r == s {
				g[r][k] += before
			}
		}
	}
	return g
}

package duration

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Six rows, out of order: 2, 3+, 3, 5, 5, 8+. By hand: S(2) = 5/6, S(3) = 5/6·4/5 = 2/3, S(5) = 2/3·1/3 = 2/9.
func TestKaplanMeierByHand(t *testing.T) {
	in := Input{Time: []float64{5, 2, 8, 3, 5, 3}, Event: []int32{1, 1, 0, 0, 1, 1}}
	c, err := KaplanMeier(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "time", c.Time, []float64{2, 3, 5, 8}, 0)
	equal(t, "n at risk", c.NRisk, []float64{6, 5, 3, 1}, 0)
	equal(t, "n event", c.NEvent, []float64{1, 1, 2, 0}, 0)
	equal(t, "n censor", c.NCensor, []float64{0, 1, 0, 1}, 0)
	equal(t, "S", c.Estimate, []float64{5. / 6, 2. / 3, 2. / 9, 2. / 9}, 1e-15)
	v := 1./(6*5) + 1./(5*4) + 2./(3*1)
	equal(t, "se", c.StdError[2:3], []float64{2. / 9 * math.Sqrt(v)}, 1e-15)
	equal(t, "hazard", c.CumHazard, []float64{1. / 6, 1./6 + 1./5, 1./6 + 1./5 + 2./3, 1./6 + 1./5 + 2./3}, 1e-15)
	if m, _, _ := c.Quantile(.5); m != 5 {
		t.Errorf("median %v", m)
	}
	// Area to 6: 2 + 5/6 + 2·2/3 + 2/9.
	if m := c.RestrictedMean(6); !near(m.Estimate, 2+5./6+4./3+2./9, 1e-15) {
		t.Errorf("restricted mean %v", m.Estimate)
	}
	if m := c.RestrictedMean(9); m.Reason != estimate.NoFollowUp || !math.IsNaN(m.Estimate) {
		t.Errorf("beyond the end: %+v", m)
	}
	p := c.At([]float64{0, 4, 8, 8.5})
	if p[0].Estimate != 1 || p[0].NRisk != 6 || p[1].NRisk != 3 || p[1].NEvent != 2 || p[2].NRisk != 1 || p[3].Reason != estimate.NoFollowUp {
		t.Errorf("points %+v", p)
	}
	if c.Events != 4 || c.Rows != 6 {
		t.Errorf("%d rows, %d events", c.Rows, c.Events)
	}
}

// A curve that rests on ½ exactly has its median in the middle of the step.
func TestMedianInTheMiddle(t *testing.T) {
	in := Input{Time: []float64{1, 2, 3, 4}, Event: []int32{1, 1, 1, 1}}
	c, err := KaplanMeier(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m, _, _ := c.Quantile(.5); m != 2.5 {
		t.Errorf("median %v", m)
	}
	// Everybody has ended: the curve is known for ever.
	if p := c.At([]float64{10})[0]; p.Estimate != 0 || p.Reason != "" {
		t.Errorf("after the end: %+v", p)
	}
	if m := c.RestrictedMean(10); !near(m.Estimate, 2.5, 1e-15) {
		t.Errorf("restricted mean %v", m.Estimate)
	}
}

func TestKaplanMeierAgainstDefinition(t *testing.T) {
	traits := []int{0, withStarts, withWeights | withFractions, withStarts | withWeights | withFractions | withStates | withZeroWeights, withStates}
	for _, tr := range traits {
		problems(t, 4000, tr, func(t *testing.T, _ *rand.Rand, in Input) {
			c, err := KaplanMeier(in, Options{Variance: Greenwood})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "time", c.Time, naiveTimes(in), 0)
			greenwood, risks := 0., true
			for k, u := range c.Time {
				s, h, _ := naiveCurves(in, u)
				n := naiveRisk(in, u)
				d := n
				if risks {
					d = 0
					for e := 1; e <= in.states(); e++ {
						d += naiveEnds(in, u, int32(e))
					}
				}
				if d > n*(1-1e-12) {
					greenwood, risks = math.NaN(), false
				} else {
					greenwood += d / (n * (n - d))
				}
				equal(t, "n, S, Λ, se", []float64{c.NRisk[k], c.Estimate[k], c.CumHazard[k], c.StdError[k]}, []float64{n, s, h, s * math.Sqrt(greenwood)}, 1e-12)
				if p := c.At([]float64{u})[0]; p.NRisk != c.NRisk[k] || p.Estimate != c.Estimate[k] {
					t.Errorf("At(%v): %+v", u, p)
				}
				mid := u - .1
				if p := c.At([]float64{mid})[0]; !near(p.NRisk, naiveRisk(in, mid), 1e-12) {
					t.Errorf("at risk at %v: %v, want %v", mid, p.NRisk, naiveRisk(in, mid))
				}
			}
		})
	}
}

// The jackknife in one pass against derivatives taken row by row.
func TestJackknifeAgainstDifferences(t *testing.T) {
	for _, tr := range []int{0, withStarts, withClusters, withStarts | withWeights | withFractions | withClusters | withZeroWeights} {
		problems(t, 1500, tr, func(t *testing.T, r *rand.Rand, in Input) {
			hazard := Hazard(r.IntN(2))
			c, err := KaplanMeier(in, Options{Variance: Jackknife, Hazard: hazard})
			if err != nil {
				t.Fatal(err)
			}
			tau := c.End() * (.3 + .7*r.Float64())
			for k, u := range c.Time {
				if c.Estimate[k] > 0 {
					v := naiveJackknife(in, func(in Input) float64 { s, _, _ := naiveCurves(in, u); return s })
					equal(t, "se of S", []float64{c.StdError[k] * c.StdError[k]}, []float64{v}, 1e-5)
				}
				if hazard == NelsonAalenHazard {
					v := naiveJackknife(in, func(in Input) float64 { _, h, _ := naiveCurves(in, u); return h })
					equal(t, "se of Λ", []float64{c.CumHazardStdError[k] * c.CumHazardStdError[k]}, []float64{v}, 1e-5)
				}
			}
			if m := c.RestrictedMean(tau); m.Reason == "" && tau > 0 {
				v := naiveJackknife(in, func(in Input) float64 { return naiveArea(in, tau, 0) })
				equal(t, "se of the restricted mean", []float64{m.Estimate, m.StdError * m.StdError}, []float64{naiveArea(in, tau, 0), v}, 1e-5)
			}
		})
	}
}

// naiveArea is the area up to tau under S, or under the cumulative incidence of state s > 0.
func naiveArea(in Input, tau float64, s int) float64 {
	area, at := 0., 0.
	value := 1.
	if s > 0 {
		value = 0
	}
	for _, u := range naiveTimes(in) {
		if u >= tau {
			break
		}
		area += value * (u - at)
		surv, _, inc := naiveCurves(in, u)
		at, value = u, surv
		if s > 0 {
			value = inc[s]
		}
	}
	return area + value*(tau-at)
}

func sameCurves(t *testing.T, a, b []*Curve, tol float64) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d curves, %d", len(a), len(b))
	}
	for k := range a {
		x, y := a[k], b[k]
		for _, c := range []struct {
			what string
			a, b []float64
		}{
			{"time", x.Time, y.Time}, {"n at risk", x.NRisk, y.NRisk}, {"n event", x.NEvent, y.NEvent}, {"n censor", x.NCensor, y.NCensor}, {"estimate", x.Estimate, y.Estimate},
			{"se", x.StdError, y.StdError}, {"low", x.ConfLow, y.ConfLow}, {"high", x.ConfHigh, y.ConfHigh}, {"hazard", x.CumHazard, y.CumHazard}, {"se of the hazard", x.CumHazardStdError, y.CumHazardStdError},
		} {
			equal(t, c.what, c.a, c.b, tol)
		}
	}
}

func TestKaplanMeierInvariances(t *testing.T) {
	all := withStarts | withWeights | withStates | withGroups
	problems(t, 2000, all, func(t *testing.T, r *rand.Rand, in Input) {
		opt := Options{Interval: Interval(r.IntN(5)), Workers: 1}
		a, err := KaplanMeierByGroup(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		// The order of rows.
		b, err := KaplanMeierByGroup(take(in, r.Perm(len(in.Time))), opt)
		if err != nil {
			t.Fatal(err)
		}
		sameCurves(t, a, b, 1e-13)
		// A whole weight is that many copies.
		if b, err = KaplanMeierByGroup(copies(in), opt); err != nil {
			t.Fatal(err)
		}
		sameCurves(t, a, b, 1e-13)
		// Counted and sorted give the same.
		p, err := prepare(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		if p.grid, err = sortedGrid(&in); err != nil {
			t.Fatal(err)
		}
		p.tables = tables(p.grid, 1, in.groups(), in.groupOf)
		for k := range a {
			sameCurves(t, a[k:k+1], []*Curve{p.kaplanMeier(k)}, 1e-13)
		}
		// A group alone is the group among others.
		for g := range in.groups() {
			var rows []int
			for i := range in.Time {
				if in.Group[i] == int32(g) {
					rows = append(rows, i)
				}
			}
			if len(rows) == 0 {
				if len(a[g].Time) != 0 || a[g].At([]float64{1})[0].Reason != estimate.NoFollowUp {
					t.Errorf("an empty group has a curve")
				}
				continue
			}
			alone := take(in, rows)
			alone.Group, alone.Groups = nil, nil
			c, err := KaplanMeier(alone, opt)
			if err != nil {
				t.Fatal(err)
			}
			sameCurves(t, a[g:g+1], []*Curve{c}, 1e-13)
		}
		// A row cut in two at an inner time is the same person, but for an extra censoring.
		if in.Start != nil && in.Time[0]-in.Start[0] > 1.5 {
			split := take(in, append(seq(len(in.Time)), 0))
			split.Time[0] = in.Start[0] + 1
			split.Event[0] = 0
			split.Start[len(in.Time)] = in.Start[0] + 1
			b, err := KaplanMeierByGroup(split, opt)
			if err != nil {
				t.Fatal(err)
			}
			for k := range a {
				for i, u := range a[k].Time {
					p := b[k].At([]float64{u})[0]
					equal(t, "split row", []float64{p.NRisk, p.Estimate, p.StdError}, []float64{a[k].NRisk[i], a[k].Estimate[i], a[k].StdError[i]}, 1e-13)
				}
			}
		}
	})
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// More rows than a block, with fractions in the weights: the same bits whatever the number of workers.
func TestWorkersGiveTheSameBits(t *testing.T) {
	in := spells(3*blockRows/2, 4, 3)
	in.Weight = make([]float64, len(in.Time))
	r := rand.New(rand.NewPCG(1, 1))
	for i := range in.Weight {
		in.Weight[i] = r.Float64()
	}
	a, err := KaplanMeierByGroup(in, Options{Variance: Greenwood, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := KaplanMeierByGroup(in, Options{Variance: Greenwood, Workers: 7})
	if err != nil {
		t.Fatal(err)
	}
	sameCurves(t, a, b, 0)
}

// spells draws monthly spells that end in one of the states or are censored.
func spells(n, groups, states int) Input {
	r := rand.New(rand.NewPCG(7, 7))
	in := Input{Time: make([]float64, n), Event: make([]int32, n), Group: make([]int32, n)}
	for s := range states {
		in.States = append(in.States, string(rune('a'+s)))
	}
	for g := range groups {
		in.Groups = append(in.Groups, string(rune('A'+g%26))+string(rune('0'+g/26)))
	}
	for i := range n {
		x := r.Uint64()
		in.Time[i] = float64(1 + min(x%120, (x>>8)%200))
		in.Event[i] = int32((x >> 20) % uint64(states+1))
		in.Group[i] = int32((x >> 32) % uint64(groups))
	}
	return in
}

func TestRefusals(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	good := Input{Time: []float64{1, 2}, Event: []int32{0, 1}}
	for name, c := range map[string]struct {
		in   Input
		opt  Options
		code string
		row  int64
	}{
		"no rows":        {Input{}, Options{}, "no_rows", 0},
		"no event":       {Input{Time: []float64{1}}, Options{}, "bad_length", 0},
		"short start":    {Input{Time: []float64{1, 2}, Event: []int32{0, 1}, Start: []float64{}}, Options{}, "bad_length", 0},
		"missing time":   {Input{Time: []float64{1, nan}, Event: []int32{0, 1}}, Options{}, "bad_time", 2},
		"negative time":  {Input{Time: []float64{-1, 1}, Event: []int32{0, 1}}, Options{}, "bad_time", 1},
		"infinite time":  {Input{Time: []float64{1, inf}, Event: []int32{0, 1}}, Options{}, "bad_time", 2},
		"missing start":  {Input{Time: []float64{1, 2}, Start: []float64{0, nan}, Event: []int32{0, 1}}, Options{}, "bad_time", 2},
		"empty spell":    {Input{Time: []float64{1, 2}, Start: []float64{0, 2}, Event: []int32{0, 1}}, Options{}, "empty_spell", 2},
		"tied spell":     {Input{Time: []float64{1.5, 2.5}, Start: []float64{0, 2.5 - 1e-12}, Event: []int32{0, 1}}, Options{}, "empty_spell", 2},
		"unknown state":  {Input{Time: []float64{1, 2}, Event: []int32{0, 2}}, Options{}, "bad_event", 2},
		"weight":         {Input{Time: []float64{1, 2}, Event: []int32{0, 1}, Weight: []float64{1, -1}}, Options{}, "bad_weight", 2},
		"group":          {Input{Time: []float64{1, 2}, Event: []int32{0, 1}, Group: []int32{0, 1}, Groups: []string{"a"}}, Options{}, "bad_group", 2},
		"cluster":        {Input{Time: []float64{1, 2}, Event: []int32{0, 1}, Cluster: []int32{0, -1}, Clusters: 1}, Options{}, "bad_cluster", 2},
		"level":          {good, Options{Level: 95}, "bad_level", 0},
		"nobody reaches": {good, Options{From: 3}, "no_rows", 0},
	} {
		_, err := KaplanMeierByGroup(c.in, c.opt)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != c.code || f.Row != c.row {
			t.Errorf("%s: %v", name, err)
		}
	}
	grouped := good
	grouped.Group, grouped.Groups = []int32{0, 0}, []string{"a"}
	if _, err := KaplanMeier(grouped, Options{}); fault.CodeOf(err) != "has_groups" {
		t.Errorf("groups: %v", err)
	}
	var i Interval
	if err := i.UnmarshalText([]byte("log-log")); err != nil || i != LogLogInterval {
		t.Errorf("%v, %v", i, err)
	}
	if err := i.UnmarshalText([]byte("loglog")); fault.CodeOf(err) != "bad_interval" {
		t.Errorf("%v", err)
	}
}

// From conditions on lasting until then: S_from(t) = S(t)/S(from−), at every t from there on.
func TestFromConditions(t *testing.T) {
	problems(t, 2000, withStarts|withWeights|withStates, func(t *testing.T, r *rand.Rand, in Input) {
		c, err := KaplanMeier(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		from := c.Time[r.IntN(len(c.Time))]
		before := 1.
		for k, u := range c.Time {
			if u < from {
				before = c.Estimate[k]
			}
		}
		if before == 0 || from == 0 {
			return
		}
		d, err := KaplanMeier(in, Options{From: from})
		if err != nil {
			t.Fatal(err)
		}
		for k, u := range d.Time {
			p := c.At([]float64{u})[0]
			equal(t, "S given survival", []float64{d.Estimate[k], d.NRisk[k]}, []float64{p.Estimate / before, p.NRisk}, 1e-12)
		}
	})
}

// A whole weight is that many copies, also for incidence with Greenwood's and cmprsk's errors.
func TestIncidenceOfCopies(t *testing.T) {
	problems(t, 1500, withStarts|withWeights|withStates, func(t *testing.T, r *rand.Rand, in Input) {
		for _, v := range []Variance{Greenwood, GrayTies} {
			a, err := AalenJohansen(in, Options{Variance: v})
			if err != nil {
				t.Fatal(err)
			}
			b, err := AalenJohansen(take(copies(in), r.Perm(len(copies(in).Time))), Options{Variance: v})
			if err != nil {
				t.Fatal(err)
			}
			// An error is the root of a difference: 1e-15 under the root.
			sameCurves(t, a, b, 1e-7)
		}
	})
}

package did

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// rollout is persons in offices that begin at different times, or never: an office has its own level, its own walk through time and its
// own effect around the truth.
type rollout struct {
	name    string
	offices int
	size    func(k int) int
	start   func(k int) int64
	spread  float64 // of the effect between offices
}

const rolloutPeriods = 8

func (d rollout) draw(rng *rand.Rand) *Panel {
	p := &Panel{Clusters: [][]int32{nil}}
	for t := range rolloutPeriods {
		p.Times = append(p.Times, int64(t))
		p.Outcome = append(p.Outcome, nil)
	}
	for k := range d.offices {
		walk := make([]float64, rolloutPeriods)
		for t := range walk {
			walk[t] = .2 * rng.NormFloat64()
			if t > 0 {
				walk[t] += walk[t-1]
			}
		}
		own := 1 + d.spread*rng.NormFloat64()
		for range d.size(k) {
			level := rng.NormFloat64()
			p.Start, p.Clusters[0] = append(p.Start, d.start(k)), append(p.Clusters[0], int32(k))
			for t := range rolloutPeriods {
				y := level + walk[t] + rng.NormFloat64()
				if int64(t) >= d.start(k) {
					y += own
				}
				p.Outcome[t] = append(p.Outcome[t], y)
			}
		}
	}
	return p
}

func inTurn(starts ...int64) func(k int) int64 {
	return func(k int) int64 { return starts[k%len(starts)] }
}

var rollouts = []rollout{
	{"12 offices, two dates", 12, func(k int) int { return 10 + 8*k }, inTurn(3, Never, 5, Never), .2},
	{"20 offices, three dates", 20, func(k int) int { return 10 + 5*k }, inTurn(3, 5, Never, 4, Never), .2},
	{"30 offices, all begin", 30, func(k int) int { return 10 + 3*(k*7%30) }, inTurn(3, 5, 7), 0},
	{"24 offices, four treated", 24, func(k int) int { return 10 + 4*k }, inTurn(4, Never, Never, Never, Never, Never), 0},
	{"60 offices, four treated", 60, func(k int) int { return 5 + k }, func(k int) int64 {
		if k%15 == 7 {
			return 4
		}
		return Never
	}, 0},
}

// Weights that differ between offices: the degrees of freedom of independent rows rest on the squares of each office, by both engines. The
// statistics spread the squares of a cohort over its offices by weight, and had 19.8 for 2.2 where a few heavy persons are two offices.
func TestFewClustersOfUnequalWeights(t *testing.T) {
	p := rollout{"", 22, func(int) int { return 40 }, inTurn(Never, 3), 0}.draw(rand.New(rand.NewPCG(9, 2)))
	p.Weights = [][]float64{make([]float64, len(p.Start))}
	for i, c := range p.Clusters[0] {
		p.Weights[0][i] = 1
		switch {
		case c < 2 && i%40 < 2: // two persons of each of two offices
			p.Weights[0][i] = 60
		case c < 2:
			p.Weights[0][i] = 0
		}
	}
	one := estimated(t, p, Options{Draws: 500})
	s, err := p.statistics(1)
	if err != nil {
		t.Fatal(err)
	}
	two, err := FromStatistics(s, Options{Draws: 500})
	if err != nil {
		t.Fatal(err)
	}
	for a, x := range one.Aggregates {
		if y := two.Aggregates[a]; math.Abs(x.DF-y.DF) > 1e-9 || math.Abs(x.StdError-y.StdError) > 1e-10 {
			t.Errorf("%s %d: %v degrees of freedom, from statistics %v", x.Type, x.Key, x.DF, y.DF)
		}
	}
	if df := one.Aggregates[0].DF; !(df < 5) {
		t.Errorf("%v degrees of freedom, of which most of the weight has two", df)
	}
}

// The two engines give one answer, whatever the offices are called and however many workers there are.
func TestFewClustersByEitherEngine(t *testing.T) {
	for _, d := range rollouts {
		p := d.draw(rand.New(rand.NewPCG(2, 2)))
		one, err := GroupTime(p, Options{Draws: 500, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.statistics(2)
		if err != nil {
			t.Fatal(err)
		}
		two, err := FromStatistics(s, Options{Draws: 500, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		renamed := *p
		renamed.Clusters = [][]int32{make([]int32, len(p.Start))}
		for i, c := range p.Clusters[0] {
			renamed.Clusters[0][i] = int32(d.offices) - 1 - c
		}
		three, err := GroupTime(&renamed, Options{Draws: 500, Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := GroupTime(p, Options{Draws: 500, NormalClusters: true})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for a, x := range one.Aggregates {
			for _, y := range []Aggregate{two.Aggregates[a], three.Aggregates[a]} {
				if math.Abs(x.Estimate.Estimate-y.Estimate.Estimate) > 1e-10 || math.Abs(x.StdError-y.StdError) > 1e-10 || math.Abs(x.DF-y.DF) > 1e-9 || math.Abs(x.BandLow-y.BandLow) > 1e-8 {
					t.Errorf("%s, %s %d: %+v and %+v", d.name, x.Type, x.Key, x, y)
				}
			}
			if x.Estimate.Estimate != plain.Aggregates[a].Estimate.Estimate {
				t.Errorf("%s: estimates move", d.name)
			}
			if x.DF > 0 {
				seen++
			}
		}
		if seen == 0 {
			t.Errorf("%s: nothing is corrected", d.name)
		}
		for i, x := range one.Cells {
			if y := two.Cells[i]; math.Abs(x.StdError-y.StdError) > 1e-10 || math.Abs(x.DF-y.DF) > 1e-9 || math.IsNaN(x.StdError) != math.IsNaN(y.StdError) {
				t.Errorf("%s, cell %d %d: %+v and %+v", d.name, x.Group, x.Time, x, y)
			}
		}
	}
}

// One date, two periods: the cell is the difference of mean changes of offices, whose CR2 is estimate.ArmClusters' of the changes.
func TestFewClustersOfOneCell(t *testing.T) {
	d := rollout{"", 9, func(k int) int { return 5 + 3*k }, inTurn(4, Never, Never), .2}
	p := d.draw(rand.New(rand.NewPCG(3, 2)))
	p.Times, p.Outcome = p.Times[3:5], p.Outcome[3:5]
	r, err := GroupTime(p, Options{Draws: 500})
	if err != nil {
		t.Fatal(err)
	}
	n := len(p.Start)
	treated, weight, change := make([]bool, n), make([]float64, n), make([]float64, n)
	var sum, total [2]float64
	for i := range n {
		treated[i], weight[i], change[i] = p.Start[i] == 4, 1, p.Outcome[1][i]-p.Outcome[0][i]
		k := 0
		if treated[i] {
			k = 1
		}
		sum[k] += change[i]
		total[k]++
	}
	split := make([]float64, 18)
	for i := range n {
		k, sign := 0, -1.
		if treated[i] {
			k, sign = 1, 1
		}
		split[2*int(p.Clusters[0][i])+k] += sign * (change[i] - sum[k]/total[k]) / total[k]
	}
	arms := estimate.NewArmClusters(weight, treated, p.Clusters[0], 9)
	by := make([]float64, 9)
	arms.BiasReduced(split, by)
	want := math.Sqrt(estimate.ClusterVariance(by, nil, 0))
	found := 0
	for _, c := range r.Cells {
		if c.Time == 4 && c.Group == 4 {
			found++
			if math.Abs(c.StdError-want) > 1e-12 || math.Abs(c.DF-arms.Degrees()) > 1e-9 {
				t.Errorf("error %v (%v), by hand %v (%v)", c.StdError, c.DF, want, arms.Degrees())
			}
		}
	}
	for _, a := range r.Aggregates {
		if a.Type == Simple && (math.Abs(a.StdError-want) > 1e-12 || math.Abs(a.DF-arms.Degrees()) > 1e-9) {
			t.Errorf("simple average: error %v (%v), the cell's is %v (%v)", a.StdError, a.DF, want, arms.Degrees())
		}
	}
	if found != 1 {
		t.Error("no cell")
	}
}

// A cohort in one office: its cells have no error, with a reason.
func TestFewClustersOneOffice(t *testing.T) {
	d := rollout{"", 8, func(int) int { return 12 }, func(k int) int64 {
		switch k {
		case 0:
			return 4
		case 1, 2:
			return 5
		}
		return Never
	}, 0}
	r, err := GroupTime(d.draw(rand.New(rand.NewPCG(3, 2))), Options{Draws: 500})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cells {
		if c.Time < c.Group {
			continue
		}
		if alone := c.Group == 4; alone != (c.Reason == estimate.TooFewClusters) || alone != math.IsNaN(c.StdError) || math.IsNaN(c.Estimate.Estimate) {
			t.Errorf("start %d, period %d: %+v", c.Group, c.Time, c.Estimate)
		}
	}
}

// With few offices normal intervals hold the truth too seldom, and those of CR2 with t at least 93 %. 400 draws have a Monte Carlo
// error of 1.1 points; -v prints the table.
func TestFewClustersCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates panels: not under -short")
	}
	const draws = 400
	t.Log("| roll-out | df | simple, normal | simple, t | event times, normal | event times, t | band, t |")
	for _, d := range rollouts {
		rng := rand.New(rand.NewPCG(5, 5))
		var held [2]float64
		var events, all [2]float64
		band, df := 0., 0.
		for range draws {
			p := d.draw(rng)
			for k, normal := range []bool{true, false} {
				r, err := GroupTime(p, Options{Draws: 500, NormalClusters: normal, Workers: 1})
				if err != nil {
					t.Fatal(err)
				}
				whole := true
				for _, a := range r.Aggregates {
					truth := 1.
					if a.Type == Dynamic && !a.Overall && a.Key < 0 {
						truth = 0
					}
					in := a.ConfLow <= truth && truth <= a.ConfHigh
					switch {
					case a.Type == Simple && in:
						held[k] += 1. / draws
					case a.Type == Dynamic && !a.Overall && a.StdError > 0:
						all[k]++
						if in {
							events[k]++
						}
						whole = whole && a.BandLow <= truth && truth <= a.BandHigh
					}
					if a.Type == Simple {
						df = a.DF
					}
				}
				if !normal && whole {
					band += 1. / draws
				}
			}
		}
		t.Logf("| %s | %.1f | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |", d.name, df, 100*held[0], 100*held[1], 100*events[0]/all[0], 100*events[1]/all[1], 100*band)
		if held[1] < .93 || events[1]/all[1] < .93 || band < .93 {
			t.Errorf("%s: covers %.3f, event times %.3f, band %.3f", d.name, held[1], events[1]/all[1], band)
		}
		if held[0] > held[1]-.03 {
			t.Errorf("%s: normal intervals cover %.3f, hardly less than %.3f", d.name, held[0], held[1])
		}
	}
}

// The test before the start rejects a truth no more often than it says, which χ² of plain errors and F of the number of clusters do not. With one cell
// it is the t test of that cell with its degrees of freedom rounded down. 400 draws have a Monte Carlo error of 1.1 points; -v prints the table.
func TestFewClustersBeforeStart(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates panels: not under -short")
	}
	const draws = 400
	t.Log("| roll-out | test | χ², plain | F, number of clusters, plain | F |")
	for _, c := range []struct {
		of    rollout
		times []int
	}{{rollouts[0], []int{1, 2, 3}}, {rollouts[2], []int{1, 2, 3, 4, 5}}, {rollouts[3], []int{2, 3, 4}}, {rollouts[4], []int{2, 3, 4}}} {
		rng := rand.New(rand.NewPCG(5, 6))
		var rejected [3]float64
		last := &Wald{}
		for range draws {
			p := c.of.draw(rng)
			q := &Panel{Start: p.Start, Clusters: p.Clusters}
			for _, k := range c.times {
				q.Times, q.Outcome = append(q.Times, p.Times[k]), append(q.Outcome, p.Outcome[k])
			}
			plain := estimated(t, q, Options{Draws: 500, Pointwise: true, NormalClusters: true}).PreTest
			r := estimated(t, q, Options{Draws: 500, Pointwise: true})
			last = r.PreTest
			if last == nil || plain == nil {
				t.Fatalf("%s: no test: %v", c.of.name, r.Warnings)
			}
			for k, p := range []float64{plain.PValue, estimate.HotellingP(plain.Statistic, plain.DF, c.of.offices), last.PValue} {
				if p < .05 {
					rejected[k] += 1. / draws
				}
			}
			for _, x := range r.Cells {
				if x.Time < x.Group && x.StdError > 0 && last.DF == 1 {
					if want := estimate.Student(x.Estimate.Estimate, x.StdError, .95, math.Floor(x.DF)).PValue; math.Abs(last.PValue-want) > 1e-10 {
						t.Errorf("%s: p-value %v, t has %v", c.of.name, last.PValue, want)
					}
				}
			}
			if !(last.DetectableSlope > plain.DetectableSlope) {
				t.Errorf("%s: finds a slope of %v, χ² one of %v", c.of.name, last.DetectableSlope, plain.DetectableSlope)
			}
		}
		t.Logf("| %s | F(%d, %d) | %.1f %% | %.1f %% | %.1f %% |", c.of.name, last.DF, last.Units-last.DF, 100*rejected[0], 100*rejected[1], 100*rejected[2])
		if rejected[2] > .075 {
			t.Errorf("%s: rejects %.3f", c.of.name, rejected[2])
		}
	}
}

// Rows, a bootstrap, two dimensions of clusters and the other estimators are not corrected, and say so; with the normal distribution asked for,
// or without clusters, nothing is said.
func TestFewClustersNotServed(t *testing.T) {
	p := rollouts[0].draw(rand.New(rand.NewPCG(2, 2)))
	other := make([]int32, len(p.Start))
	for i := range other {
		other[i] = int32(i % 7)
	}
	two, alone := *p, *p
	two.Clusters, alone.Clusters = append(slices.Clone(p.Clusters), other), nil
	groupTime := func(p *Panel, o Options) []fault.Warning {
		o.Draws = 500
		r := estimated(t, p, o)
		if o.Unbalanced == Rows || len(p.Clusters) == 2 {
			normal := o
			normal.NormalClusters = true
			if plain := estimated(t, p, normal); r.Aggregates[0].Estimate != plain.Aggregates[0].Estimate || r.Aggregates[0].DF != 0 {
				t.Errorf("%+v: %+v, plain %+v", o, r.Aggregates[0], plain.Aggregates[0])
			}
		}
		return r.Warnings
	}
	regress := func(p *Panel, o RegressionOptions) []fault.Warning {
		r, err := Regress(p, Static, o)
		if err != nil {
			t.Fatal(err)
		}
		return r.Warnings
	}
	impute := func(p *Panel) []fault.Warning {
		r, err := Imputation(p, ImputationOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Warnings
	}
	for name, c := range map[string]struct {
		of   []fault.Warning
		want string
	}{
		"rows":               {groupTime(p, Options{Unbalanced: Rows}), "few_clusters_normal"},
		"bootstrap":          {groupTime(p, Options{Bootstrap: 50}), "few_clusters_normal"},
		"two dimensions":     {groupTime(&two, Options{}), "few_clusters_normal"},
		"regression":         {regress(p, RegressionOptions{}), "few_clusters_normal"},
		"imputation":         {impute(p), "few_clusters_normal"},
		"corrected":          {groupTime(p, Options{}), "few_clusters"},
		"normal":             {groupTime(p, Options{NormalClusters: true}), ""},
		"no clusters":        {groupTime(&alone, Options{}), ""},
		"regression, hetero": {regress(p, RegressionOptions{Kind: Hetero}), ""},
		"regression by unit": {regress(&alone, RegressionOptions{}), ""},
		"imputation by unit": {impute(&alone), ""},
	} {
		said := ""
		for _, w := range c.of {
			if strings.HasPrefix(w.Code, "few_clusters") {
				said += w.Code
			}
		}
		if said != c.want {
			t.Errorf("%s: warning %q, want %q", name, said, c.want)
		}
	}
}

// Where all that begins lies in one office nothing has an error, and then neither a band nor a covariance.
func TestFewClustersNothingToTell(t *testing.T) {
	d := rollout{"", 8, func(int) int { return 12 }, func(k int) int64 {
		if k == 0 {
			return 4
		}
		return Never
	}, 0}
	r, err := GroupTime(d.draw(rand.New(rand.NewPCG(3, 2))), Options{Draws: 500})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Events) > 0 || len(r.EventATT) > 0 || len(r.EventCov) > 0 || len(r.CriticalOf) > 0 || r.PreTest != nil {
		t.Errorf("events %v with %v, critical values %v, test %+v", r.Events, r.EventCov, r.CriticalOf, r.PreTest)
	}
	for _, c := range r.Cells {
		if c.StdError > 0 || !math.IsNaN(c.BandLow) || !math.IsNaN(c.BandHigh) || c.DF != 0 {
			t.Errorf("cell %d: %+v", c.Time, c)
		}
	}
	for _, a := range r.Aggregates {
		if a.StdError > 0 || !math.IsNaN(a.BandLow) || !math.IsNaN(a.BandHigh) || a.DF != 0 || math.IsNaN(a.Estimate.Estimate) {
			t.Errorf("%s %d: %+v", a.Type, a.Key, a)
		}
	}
}

// Sensitivity analysis takes the errors that stand, widened to t, with simultaneous bands and without.
func TestFewClustersOfEventTimes(t *testing.T) {
	p := rollouts[1].draw(rand.New(rand.NewPCG(2, 2)))
	for _, pointwise := range []bool{false, true} {
		r, err := GroupTime(p, Options{Draws: 500, Pointwise: pointwise})
		if err != nil {
			t.Fatal(err)
		}
		errors, least := map[int64]float64{}, math.Inf(1)
		for _, a := range r.Aggregates {
			if a.Type == Dynamic && !a.Overall && a.StdError > 0 {
				errors[a.Key], least = a.StdError, min(least, a.DF)
			}
		}
		if len(r.Events) == 0 || len(r.Events) != len(errors) {
			t.Fatalf("%d event times, %d with an error", len(r.Events), len(errors))
		}
		wide := estimate.StudentQuantile(.95, least) / 1.959963984540054
		for i, e := range r.Events {
			if v, want := math.Sqrt(r.EventCov[i*len(r.Events)+i]), wide*errors[e]; math.Abs(v/want-1) > 1e-10 {
				t.Errorf("pointwise %v, event time %d: %v, want %v", pointwise, e, v, want)
			}
		}
	}
}

// Of many clusters the figures with few in an arm are corrected, and the others stay.
func TestFewEffectiveClusters(t *testing.T) {
	d := rollout{"", 150, func(int) int { return 4 }, func(k int) int64 {
		switch {
		case k < 5:
			return 5
		case k < 75:
			return 3
		}
		return Never
	}, 0}
	p := d.draw(rand.New(rand.NewPCG(2, 2)))
	few, err := GroupTime(p, Options{Draws: 500})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := GroupTime(p, Options{Draws: 500, NormalClusters: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range few.Cells {
		y := plain.Cells[i]
		if x.Group == 3 && (x.DF != 0 || x.StdError != y.StdError && y.StdError > 0) || x.Group == 5 && y.StdError > 0 && !(x.DF > 0 && x.StdError > y.StdError) {
			t.Errorf("cell %d %d: %+v, plain %+v", x.Group, x.Time, x, y)
		}
	}
	for i, x := range few.Aggregates {
		if y := plain.Aggregates[i]; x.Type == Simple && (x.DF != 0 || x.StdError != y.StdError) {
			t.Errorf("simple average of 75 offices: %+v, plain %+v", x, y)
		}
	}
}

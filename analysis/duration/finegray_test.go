package duration

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

func TestFineGrayAgainstCrr(t *testing.T) {
	in, columns := mgus2(t)
	x := Covariates{Names: []string{"age", "sexM"}, Columns: [][]float64{floats(t, columns, "age"), male(columns["sex"])}}
	f, err := FineGray(in, x, CoxOptions{State: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := oracle.JSON(t, "survival_core/result.json").At("fine_gray_pcm")
	for j, c := range f.Coefficients {
		want.At("term").List()[j].Equal(c.Term)
		want.At("coef").List()[j].Near(c.Estimate.Estimate, fitted)
		want.At("se").List()[j].Near(c.StdError, fitted)
	}
	want.At("loglik").Near(f.LogLikelihood, closedForm)
	want.At("loglik_null").Near(f.NullLogLikelihood, closedForm)
}

// naiveFineGray is the log-likelihood by its definition, each row with its weight at each time.
func naiveFineGray(in Input, x [][]float64, state int32, beta []float64) float64 {
	G := func(t float64) float64 { // G(t−), of the weight at risk
		g := 1.
		for _, u := range naiveTimes(in) {
			if u < t {
				g *= 1 - naiveEnds(in, u, 0)/naiveRisk(in, u)
			}
		}
		return g
	}
	eta := func(i int) float64 {
		s := 0.
		for j, b := range beta {
			s += b * x[j][i]
		}
		return s
	}
	ll := 0.
	for _, t := range naiveTimes(in) {
		s0, d, e := 0., 0., 0.
		for i := range in.Time {
			w := in.weight(i)
			switch {
			case in.Time[i] >= t:
			case in.Event[i] == 0 || in.Event[i] == state:
				continue
			default:
				w *= G(t) / G(in.Time[i])
			}
			s0 += w * math.Exp(eta(i))
			if in.Time[i] == t && in.Event[i] == state {
				d += w
				e += w * eta(i)
			}
		}
		if d > 0 {
			ll += e - d*math.Log(s0)
		}
	}
	return ll
}

// naiveFineGrayScore is η_i + ψ_i by the integrals of the paper, every row at every time.
func naiveFineGrayScore(in Input, x [][]float64, state int32, beta []float64, i int) []float64 {
	p := len(x)
	times := naiveTimes(in)
	G := func(t float64) float64 {
		g := 1.
		for _, u := range times {
			if u < t {
				g *= 1 - naiveEnds(in, u, 0)/naiveRisk(in, u)
			}
		}
		return g
	}
	other := func(k int) bool { return in.Event[k] != 0 && in.Event[k] != state }
	risk := func(k int, t float64) float64 { // r times the weight of time
		s := 0.
		for j, b := range beta {
			s += b * x[j][k]
		}
		switch {
		case in.Time[k] >= t:
			return math.Exp(s)
		case other(k):
			return math.Exp(s) * G(t) / G(in.Time[k])
		}
		return 0
	}
	mean, dL := map[float64][]float64{}, map[float64]float64{}
	for _, t := range times {
		s0, s1 := 0., make([]float64, p)
		for k := range in.Time {
			s0 += in.weight(k) * risk(k, t)
			for j := range p {
				s1[j] += in.weight(k) * risk(k, t) * x[j][k]
			}
		}
		for j := range p {
			s1[j] /= s0
		}
		mean[t], dL[t] = s1, naiveEnds(in, t, state)/s0
	}
	// −∫ over s ≥ from of (x − E) w dM for a row, without its own event
	drift := func(k int, from float64, j int) float64 {
		v := 0.
		for _, t := range times {
			if t >= from && dL[t] > 0 {
				v += (x[j][k] - mean[t][j]) * risk(k, t) * dL[t]
			}
		}
		return v
	}
	u := make([]float64, p)
	for j := range p {
		u[j] = -drift(i, math.Inf(-1), j)
		if in.Event[i] == state {
			u[j] += x[j][i] - mean[in.Time[i]][j]
		}
		for _, c := range times {
			if c > in.Time[i] {
				break
			}
			q := 0.
			for k := range in.Time {
				if other(k) && in.Time[k] < c {
					q += in.weight(k) * drift(k, c, j)
				}
			}
			n := naiveRisk(in, c)
			if in.Event[i] == 0 && in.Time[i] == c {
				u[j] += q / n
			}
			u[j] -= q / n * naiveEnds(in, c, 0) / n
		}
	}
	return u
}

func TestFineGrayAgainstDefinition(t *testing.T) {
	definition := func(t *testing.T, r *rand.Rand, in Input) {
		x := randomCovariates(r, len(in.Time), 1+r.IntN(2))
		facts, err := in.check(1)
		if err != nil {
			t.Fatal(err)
		}
		g, err := newGrid(&in, facts, 1)
		if err != nil {
			t.Fatal(err)
		}
		d := &fineGray{coxData: newCoxData(&in, g, x, 1, nil, 0)}
		d.censoring(&in)
		beta := make([]float64, d.p)
		standard := make([][]float64, d.p)
		for j := range beta {
			beta[j] = r.NormFloat64()
			standard[j] = make([]float64, len(in.Time))
			for i := range standard[j] {
				standard[j][i] = (x.Columns[j][i] - d.mean[j]) / d.scale[j]
			}
		}
		e := d.evaluate(beta)
		equal(t, "likelihood", []float64{e.value}, []float64{naiveFineGray(in, standard, 1, beta)}, 1e-11)
		d.scores(beta, func(a int, u []float64) {
			equal(t, "η+ψ", u, naiveFineGrayScore(in, standard, 1, beta, int(d.row[a])), 1e-9)
		})
		const step = 1e-5
		for j := range beta {
			up, down := append([]float64(nil), beta...), append([]float64(nil), beta...)
			up[j] += step
			down[j] -= step
			u, v := d.evaluate(up), d.evaluate(down)
			equal(t, "score", []float64{e.score[j]}, []float64{(u.value - v.value) / (2 * step)}, 1e-6)
			for k := range beta {
				equal(t, "information", []float64{e.info[j*d.p+k]}, []float64{-(u.score[k] - v.score[k]) / (2 * step)}, 1e-5)
			}
		}
	}
	problems(t, 2500, withStates, definition)
	problems(t, 1500, withStates|withWeights|withFractions, definition)
}

// A row of weight 3 is three rows of one cluster.
func TestFineGrayWeightsAreCopies(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	in := Input{States: []string{"work", "death"}, Clusters: 150}
	var copies Input
	x, y := Covariates{Names: []string{"x", "z"}, Columns: make([][]float64, 2)}, Covariates{Names: []string{"x", "z"}, Columns: make([][]float64, 2)}
	for i := range 150 {
		end, cut, event := math.Ceil(10*r.ExpFloat64()), float64(1+r.IntN(20)), int32(1+r.IntN(2))
		if cut < end {
			event = 0
		}
		w := 1 + r.IntN(3)
		v := []float64{r.NormFloat64(), float64(r.IntN(2))}
		in.Time, in.Event, in.Cluster, in.Weight = append(in.Time, min(end, cut)), append(in.Event, event), append(in.Cluster, int32(i)), append(in.Weight, float64(w))
		for range w {
			copies.Time, copies.Event, copies.Cluster = append(copies.Time, min(end, cut)), append(copies.Event, event), append(copies.Cluster, int32(i))
			for j := range v {
				y.Columns[j] = append(y.Columns[j], v[j])
			}
		}
		for j := range v {
			x.Columns[j] = append(x.Columns[j], v[j])
		}
	}
	copies.States, copies.Clusters = in.States, in.Clusters
	a, err := FineGray(in, x, CoxOptions{State: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := FineGray(copies, y, CoxOptions{State: 1})
	if err != nil {
		t.Fatal(err)
	}
	for j := range a.Coefficients {
		p, q := a.Coefficients[j], b.Coefficients[j]
		equal(t, "coefficient and error", []float64{p.Estimate.Estimate, p.StdError, p.ConfHigh}, []float64{q.Estimate.Estimate, q.StdError, q.ConfHigh}, 1e-8)
	}
}

// Without other states Fine and Gray's model is Cox's with Breslow ties, and its sandwich Lin and Wei's.
func TestFineGrayWithoutCompetition(t *testing.T) {
	in, x, columns := lungCox(t, "age", "sex", "ph.ecog")
	in.Cluster, _ = factor(columns["inst"], "inst")
	in.Clusters = 40
	a, err := FineGray(in, x, CoxOptions{State: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Cox(in, x, CoxOptions{Ties: Breslow})
	if err != nil {
		t.Fatal(err)
	}
	for j := range a.Coefficients {
		p, q := a.Coefficients[j], b.Coefficients[j]
		equal(t, "coefficient and error", []float64{p.Estimate.Estimate, p.RobustStdError, p.ConfLow}, []float64{q.Estimate.Estimate, q.RobustStdError, q.ConfLow}, 1e-9)
	}
	if a.Clusters != b.Clusters || a.Clusters == 0 {
		t.Errorf("%d clusters, %d", a.Clusters, b.Clusters)
	}
}

func TestFineGrayRefusals(t *testing.T) {
	in := Input{Time: []float64{1, 2, 3}, Event: []int32{1, 2, 0}, States: []string{"a", "b"}}
	x := Covariates{Names: []string{"x"}, Columns: [][]float64{{1, 2, 3}}}
	late := in
	late.Start = []float64{0, 0, 0}
	for _, c := range []struct {
		in   Input
		opt  CoxOptions
		code string
	}{
		{late, CoxOptions{State: 1}, "not_served"}, {in, CoxOptions{State: 1, Stratum: []int32{0, 0, 0}, Strata: 1}, "not_served"},
		{in, CoxOptions{}, "bad_state"}, {in, CoxOptions{State: 3}, "bad_state"},
	} {
		if _, err := FineGray(c.in, x, c.opt); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.code, err)
		}
	}
}

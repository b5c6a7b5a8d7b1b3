package did

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/oracle"
)

// With a fixed covariate the imputation is the extended regression with the covariate in every effect and period
// (Wooldridge 2021): R's etwfe on mpdta.
func TestImputationWithCovariateIsEtwfe(t *testing.T) {
	d := mpdta(t)
	p, _ := panelOf(d, [][]float64{d.column("lpop")}, nil)
	r, err := Imputation(p, ImputationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	oracle.Known(t, "did.md §5.1 etwfe simple", r.Aggregates[0].Estimate.Estimate, -0.0506270331228907, 1e-8) // fixest iterates
	for _, a := range r.Aggregates {
		if a.Type == Dynamic { // four digits
			want := []float64{-.0332, -.0573, -.1379, -.1095}[a.Key]
			oracle.Known(t, "did.md §5.1 etwfe event", 1+a.Estimate.Estimate, 1+want, 6e-5)
		}
	}
}

// By brute force: dummies for every unit and period and the covariates, least squares on the untreated, v = −Z₀(Z₀'WZ₀)⁺Z₁'w,
// for a covariate that is fixed, one that changes, weights, gaps and missing covariates.
func TestImputationWithCovariatesByHand(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	for round := range 12 {
		s := small{n: 40, T: 5, cohorts: []int64{102, 103}, never: true}
		p := s.panel(rng)
		n := len(p.Start)
		fixed := make([]float64, n)
		changing := make([][]float64, s.T)
		for i := range fixed {
			fixed[i] = rng.NormFloat64()
		}
		for q := range changing {
			changing[q] = make([]float64, n)
			for i := range n {
				changing[q][i] = rng.NormFloat64()
				p.Outcome[q][i] += .5*changing[q][i] + .2*float64(q)*fixed[i]
				if round > 6 && rng.IntN(20) == 0 {
					p.Outcome[q][i] = math.NaN()
				}
			}
		}
		switch round % 3 {
		case 0:
			p.Covariates = [][][]float64{{fixed}}
		case 1:
			p.Covariates = [][][]float64{changing}
		case 2:
			p.Covariates = [][][]float64{{fixed}, changing}
			if round > 6 {
				changing[2][3] = math.NaN()
			}
		}
		if round > 3 {
			w := make([]float64, n)
			for i := range w {
				w[i] = .5 + rng.Float64()
			}
			p.Weights = [][]float64{w}
		}
		r, err := Imputation(p, ImputationOptions{})
		if err != nil {
			t.Fatal(err)
		}
		type row struct {
			unit, time int
			z          []float64
			y, w       float64
			treated    bool
		}
		var rows []row
		before := make([]int, n)
		for i, g := range p.Start {
			for q, v := range p.Times {
				z := make([]float64, n+s.T)
				z[i], z[n+q] = 1, 1
				known := !math.IsNaN(p.Outcome[q][i])
				for _, c := range p.Covariates {
					if len(c) == 1 {
						more := make([]float64, s.T)
						more[q] = c[0][i]
						z = append(z, more...)
					} else {
						z = append(z, c[q][i])
						known = known && !math.IsNaN(c[q][i])
					}
				}
				w := 1.
				if p.Weights != nil {
					w = p.Weights[0][i]
				}
				if known {
					rows = append(rows, row{i, q, z, p.Outcome[q][i], w, v >= g})
					if v < g {
						before[i]++
					}
				}
			}
		}
		kept := rows[:0]
		total := 0.
		for _, x := range rows {
			if before[x.unit] > 0 {
				kept = append(kept, x)
				if x.treated {
					total += x.w
				}
			}
		}
		k := len(kept[0].z)
		gram, right, target := mat.NewDense(k, k, nil), mat.NewVecDense(k, nil), mat.NewVecDense(k, nil)
		for _, x := range kept {
			z := mat.NewVecDense(k, x.z)
			if x.treated {
				target.AddScaledVec(target, x.w/total, z)
			} else {
				gram.RankOne(gram, x.w, z, z)
				right.AddScaledVec(right, x.w*x.y, z)
			}
		}
		var svd mat.SVD
		if !svd.Factorize(gram, mat.SVDThin) {
			t.Fatal("svd")
		}
		rank := svd.Rank(1e-10)
		var beta, lambda mat.VecDense
		svd.SolveVecTo(&beta, right, rank)
		svd.SolveVecTo(&lambda, target, rank)
		value, byUnit := 0., make([]float64, n)
		sum, weight := map[[2]int64]float64{}, map[[2]int64]float64{}
		residual := func(x row) float64 { return x.y - mat.Dot(mat.NewVecDense(k, x.z), &beta) }
		for _, x := range kept {
			if !x.treated {
				byUnit[x.unit] -= x.w * mat.Dot(mat.NewVecDense(k, x.z), &lambda) * residual(x)
				continue
			}
			v := x.w / total
			value += v * residual(x)
			at := [2]int64{p.Start[x.unit], int64(x.time)}
			sum[at] += v * v * residual(x)
			weight[at] += v * v
		}
		for _, x := range kept {
			if x.treated {
				at := [2]int64{p.Start[x.unit], int64(x.time)}
				byUnit[x.unit] += x.w / total * (residual(x) - sum[at]/weight[at])
			}
		}
		se := 0.
		for _, v := range byUnit {
			se += v * v
		}
		se = math.Sqrt(se)
		got := r.Aggregates[0]
		if math.Abs(got.Estimate.Estimate-value) > 1e-9*(1+math.Abs(value)) || math.Abs(got.StdError-se) > 1e-9*se {
			t.Errorf("round %d: %v (%v), by hand %v (%v)", round, got.Estimate.Estimate, got.StdError, value, se)
		}
	}
}

// A slope that the untreated do not identify is no estimate.
func TestImputationUnidentifiedSlope(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 3))
	s := small{n: 60, T: 4, cohorts: []int64{102}, never: true}
	p := s.panel(rng)
	x := make([][]float64, s.T)
	for q := range x {
		x[q] = make([]float64, len(p.Start))
		for i, g := range p.Start {
			if p.Times[q] >= g { // varies among the treated alone
				x[q][i] = rng.NormFloat64()
			}
		}
	}
	p.Covariates = [][][]float64{x}
	r, err := Imputation(p, ImputationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.Aggregates[0]; a.Reason != "singular" || !math.IsNaN(a.Estimate.Estimate) {
		t.Errorf("%+v", a)
	}
}

package duration

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// naiveDifference is Σ L(u) (d_k − d n_k/n) of group k over the times and strata, with weights.
func naiveDifference(in Input, opt TestOptions, k int32) float64 {
	sum := 0.
	for s := range int32(opt.Strata) {
		S := 1.
		for _, u := range naiveTimes(in) {
			var n, d, nk, dk float64
			for i := range in.Time {
				if opt.Stratum[i] != s || in.Time[i] < u || in.Start != nil && in.Start[i] >= u {
					continue
				}
				w := in.weight(i)
				n += w
				ends := in.Time[i] == u && in.Event[i] > 0 && (opt.State == 0 || int(in.Event[i]) == opt.State)
				if ends {
					d += w
				}
				if in.Group[i] == k {
					nk += w
					if ends {
						dk += w
					}
				}
			}
			if n > 0 {
				sum += math.Pow(S, opt.Rho) * (dk - d*nk/n)
				S *= 1 - d/n
			}
		}
	}
	return sum
}

// The robust variance is the infinitesimal jackknife of the differences: the sum over clusters of their squared derivatives
// to the weights of their rows.
func TestRobustLogRankAgainstDifferences(t *testing.T) {
	for _, tr := range []int{withClusters, withStarts | withClusters, withStarts | withWeights | withFractions | withZeroWeights, withWeights | withClusters} {
		problems(t, 800, tr|withGroups|withStates, func(t *testing.T, r *rand.Rand, in Input) {
			if len(in.Groups) < 2 {
				return
			}
			opt := TestOptions{State: r.IntN(len(in.States) + 1), Stratum: make([]int32, len(in.Time)), Strata: 1 + r.IntN(2)}
			for i := range opt.Stratum {
				opt.Stratum[i] = int32(r.IntN(opt.Strata))
			}
			got, err := LogRank(in, opt)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Robust {
				t.Fatal("not robust")
			}
			for k := range in.Groups {
				equal(t, "difference", []float64{got.Observed[k] - got.Expected[k]}, []float64{naiveDifference(in, opt, int32(k))}, 1e-10)
				v := naiveJackknife(in, func(in Input) float64 { return naiveDifference(in, opt, int32(k)) })
				equal(t, "variance", []float64{got.Variance[k][k]}, []float64{v}, 1e-5)
				if l := (k + 1) % len(in.Groups); l != k {
					v := naiveJackknife(in, func(in Input) float64 {
						return naiveDifference(in, opt, int32(k)) + naiveDifference(in, opt, int32(l))
					})
					equal(t, "covariance", []float64{got.Variance[k][k] + got.Variance[l][l] + 2*got.Variance[k][l]}, []float64{v}, 1e-5)
				}
			}
		})
	}
}

// It is also D′D of the score residuals of a Cox regression on the groups at β = 0, with Breslow's ties: with ρ = 0 the
// statistic is R's robust score test.
func TestRobustLogRankIsTheRobustScoreTest(t *testing.T) {
	in := lungBySex(t)
	in.Cluster, in.Clusters = make([]int32, len(in.Time)), 40
	in.Weight = make([]float64, len(in.Time))
	female := make([]float64, len(in.Time))
	for i := range in.Time {
		in.Cluster[i], in.Weight[i] = int32(i%40), 1+float64(i%5)/4
		female[i] = float64(in.Group[i])
	}
	got, err := LogRank(in, TestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plain := in
	plain.Group, plain.Groups = nil, nil
	fit, err := Cox(plain, Covariates{Names: []string{"female"}, Columns: [][]float64{female}}, CoxOptions{Ties: Breslow})
	if err != nil {
		t.Fatal(err)
	}
	zero := []float64{0}
	sums, score := make([]float64, in.Clusters), 0.
	fit.data.residuals(zero, fit.data.hazards(zero, Breslow), func(a int, u []float64, _ float64) {
		i := fit.data.row[a]
		sums[in.Cluster[i]] += in.Weight[i] * u[0]
		score += in.Weight[i] * u[0]
	})
	v := 0.
	for _, s := range sums {
		v += s * s
	}
	equal(t, "statistic", []float64{got.Statistic}, []float64{score * score / v}, 1e-9)
}

// Without weights and clusters of one row each the robust variance estimates the same as the plain one.
func TestRobustLogRankOfIndependentRows(t *testing.T) {
	in := lungBySex(t)
	plain, err := LogRank(in, TestOptions{Rho: 1})
	if err != nil {
		t.Fatal(err)
	}
	in.Clusters = len(in.Time)
	for i := range in.Time {
		in.Cluster = append(in.Cluster, int32(i))
	}
	robust, err := LogRank(in, TestOptions{Rho: 1})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "observed", robust.Observed, plain.Observed, 1e-12)
	if q := robust.Variance[1][1] / plain.Variance[1][1]; math.Abs(q-1) > .1 {
		t.Errorf("variances %v and %v", robust.Variance[1][1], plain.Variance[1][1])
	}
}

// Where whole persons are in one group and their spells are alike, the plain test rejects too often and the robust one does
// not; the difference of restricted means of persons who are in both groups has the error that it has.
func TestClusteredGroupsHaveTheirSize(t *testing.T) {
	replicates, persons := 300, 200
	if os.Getenv("EVALUATE_SLOW") == "1" {
		replicates = 10000
	}
	var robust, plain int
	var differences, errors []float64
	for k := range replicates {
		r := rand.New(rand.NewPCG(uint64(k), 17))
		in := Input{Groups: []string{"x", "y"}, Clusters: persons}
		both := Input{Groups: in.Groups, Clusters: persons}
		for p := range persons {
			frailty, g := math.Exp(.9*r.NormFloat64()), int32(r.IntN(2))
			for s := range 4 {
				end, cut := math.Ceil(8*r.ExpFloat64()/frailty), float64(12+r.IntN(12))
				event := int32(0)
				if end <= cut {
					event = 1
				}
				in.Time, in.Event, in.Group, in.Cluster = append(in.Time, min(end, cut)), append(in.Event, event), append(in.Group, g), append(in.Cluster, int32(p))
				both.Group = append(both.Group, int32(s%2))
			}
		}
		both.Time, both.Event, both.Cluster = in.Time, in.Event, in.Cluster
		a, err := LogRank(in, TestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		free := in
		free.Cluster = nil
		b, err := LogRank(free, TestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if a.PValue < .05 {
			robust++
		}
		if b.PValue < .05 {
			plain++
		}
		curves, err := KaplanMeierByGroup(both, Options{})
		if err != nil {
			t.Fatal(err)
		}
		d := RestrictedContrast(curves[1], curves[0], 12).Difference
		differences, errors = append(differences, d.Estimate), append(errors, d.StdError*d.StdError)
	}
	n := float64(replicates)
	share, slack := float64(robust)/n, 4*math.Sqrt(.05*.95/n)
	if math.Abs(share-.05) > slack || float64(plain)/n < .05+slack {
		t.Errorf("the robust test rejects in %.3f, the plain one in %.3f", share, float64(plain)/n)
	}
	mean, square, claimed := 0., 0., 0.
	for i := range differences {
		mean += differences[i] / n
		square += differences[i] * differences[i] / n
		claimed += errors[i] / n
	}
	// Four Monte Carlo errors of a variance, √(2/n) of it.
	if q := claimed / (square - mean*mean); math.Abs(q-1) > 4*math.Sqrt(2/n) {
		t.Errorf("the claimed variance is %.3f of what it is", q)
	}
}

func TestContrastWithinClustersAgainstDifferences(t *testing.T) {
	problems(t, 1500, withGroups|withClusters|withStarts, func(t *testing.T, r *rand.Rand, in Input) {
		if len(in.Groups) < 2 {
			return
		}
		curves, err := KaplanMeierByGroup(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		tau := math.Min(curves[0].End(), curves[1].End()) * (.4 + .6*r.Float64())
		c := RestrictedContrast(curves[1], curves[0], tau)
		if c.Difference.Reason != "" {
			return
		}
		area := func(in Input, g int32) float64 {
			var rows []int
			for i, v := range in.Group {
				if v == g {
					rows = append(rows, i)
				}
			}
			return naiveArea(take(in, rows), tau, 0)
		}
		v := naiveJackknife(in, func(in Input) float64 { return area(in, 1) - area(in, 0) })
		equal(t, "difference", []float64{c.Difference.Estimate, c.Difference.StdError * c.Difference.StdError}, []float64{area(in, 1) - area(in, 0), v}, 1e-5)
		if c.Ratio.Reason == "" {
			v := naiveJackknife(in, func(in Input) float64 { return math.Log(area(in, 1) / area(in, 0)) })
			equal(t, "ratio", []float64{c.Ratio.StdError * c.Ratio.StdError}, []float64{v * c.Ratio.Estimate * c.Ratio.Estimate}, 1e-5)
		}
	})
}

package duration

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// Truth by simulation: 95 % intervals hold the truth in 95 % of samples, for figures whose truth is known. Two exits with
// hazards a and b a month from continuous time, censoring at random, 400 rows; clusters of copies for the jackknife.
func TestIntervalsHoldTheTruth(t *testing.T) {
	replicates := 150
	if os.Getenv("EVALUATE_SLOW") == "1" {
		replicates = 4000
	}
	const a, b, n, tau = .06, .04, 400, 12.
	total := a + b
	survival := math.Exp(-total * tau)
	truths := map[string]float64{
		"S": survival, "S, robust": survival, "S, late entry": survival, "F": a / total * (1 - survival), "F, robust": a / total * (1 - survival),
		"restricted mean": (1 - survival) / total, "time lost to a": a / total * (tau - (1-survival)/total), "hazard": total * tau,
		"Cox": .5, "Cox, clusters": .5, "Fine–Gray": .5,
	}
	held, made := map[string]int{}, map[string]int{}
	note := func(name string, low, high float64) {
		made[name]++
		if low <= truths[name] && truths[name] <= high {
			held[name]++
		}
	}
	for k := range replicates {
		r := rand.New(rand.NewPCG(uint64(k), 2026))
		in := Input{Time: make([]float64, n), Event: make([]int32, n), States: []string{"a", "b"}}
		for i := range n {
			end, cut := r.ExpFloat64()/total, 10+20*r.Float64()
			in.Time[i] = min(end, cut)
			if end <= cut {
				in.Event[i] = 1
				if r.Float64() > a/total {
					in.Event[i] = 2
				}
			}
		}
		curve := func(in Input, opt Options) *Curve { return must[*Curve](t)(KaplanMeier(in, opt)) }
		km := curve(in, Options{})
		p := km.At([]float64{tau})[0]
		note("S", p.ConfLow, p.ConfHigh)
		m := km.RestrictedMean(tau)
		note("restricted mean", m.ConfLow, m.ConfHigh)
		h := must[[]*Curve](t)(NelsonAalen(in, Options{}))[0].At([]float64{tau})[0]
		note("hazard", h.ConfLow, h.ConfHigh)
		f := must[[]*Curve](t)(AalenJohansen(in, Options{}))[0]
		p = f.At([]float64{tau})[0]
		note("F", p.ConfLow, p.ConfHigh)
		m = f.RestrictedMean(tau)
		note("time lost to a", m.ConfLow, m.ConfHigh)

		// Each row twice, as one cluster: twice the rows know no more.
		twice := take(in, append(seq(n), seq(n)...))
		twice.Cluster, twice.Clusters = make([]int32, 2*n), n
		for i := range twice.Cluster {
			twice.Cluster[i] = int32(i % n)
		}
		p = curve(twice, Options{}).At([]float64{tau})[0]
		note("S, robust", p.ConfLow, p.ConfHigh)
		p = must[[]*Curve](t)(AalenJohansen(twice, Options{}))[0].At([]float64{tau})[0]
		note("F, robust", p.ConfLow, p.ConfHigh)

		// Late entry: those who ended before they came into sight are not there.
		var late []int
		start := make([]float64, 0, n)
		for i, u := range in.Time {
			if s := max(0, 8*r.Float64()-4); u > s {
				late, start = append(late, i), append(start, s)
			}
		}
		truncated := take(in, late)
		truncated.Start = start
		p = curve(truncated, Options{}).At([]float64{tau})[0]
		note("S, late entry", p.ConfLow, p.ConfHigh)

		// Cox with a log ratio of ½ on one of two covariates.
		x := Covariates{Names: []string{"x", "z"}, Columns: [][]float64{make([]float64, n), make([]float64, n)}}
		c := Input{Time: make([]float64, n), Event: make([]int32, n)}
		fg := Input{Time: make([]float64, n), Event: make([]int32, n), States: []string{"a", "b"}}
		for i := range n {
			x.Columns[0][i], x.Columns[1][i] = float64(r.IntN(2)), r.NormFloat64()
			e := math.Exp(.5*x.Columns[0][i] - .3*x.Columns[1][i])
			end, cut := r.ExpFloat64()/(total*e), 10+20*r.Float64()
			c.Time[i] = min(end, cut)
			if end <= cut {
				c.Event[i] = 1
			}
			// Fine and Gray's section 5: F_1(t | x) = 1 − (1 − p(1 − e^−t))^exp(x′β), the other exit exponential.
			const p = .4
			first := 1 - math.Pow(1-p, e)
			fg.Event[i] = 2
			end = r.ExpFloat64()
			if r.Float64() < first {
				fg.Event[i] = 1
				v := 1 - r.Float64()*first
				end = -math.Log(1 - (1-math.Pow(v, 1/e))/p)
			}
			if cut = 3 * r.Float64(); cut < end {
				end, fg.Event[i] = cut, 0
			}
			fg.Time[i] = end
		}
		fit := must[*CoxFit](t)(Cox(c, x, CoxOptions{}))
		note("Cox", fit.Coefficients[0].ConfLow, fit.Coefficients[0].ConfHigh)
		twice = take(c, append(seq(n), seq(n)...))
		twice.Cluster, twice.Clusters = make([]int32, 2*n), n
		for i := range twice.Cluster {
			twice.Cluster[i] = int32(i % n)
		}
		xx := Covariates{Names: x.Names, Columns: [][]float64{append(x.Columns[0], x.Columns[0]...), append(x.Columns[1], x.Columns[1]...)}}
		fit = must[*CoxFit](t)(Cox(twice, xx, CoxOptions{Ties: Breslow}))
		note("Cox, clusters", fit.Coefficients[0].ConfLow, fit.Coefficients[0].ConfHigh)
		fit = must[*CoxFit](t)(FineGray(fg, x, CoxOptions{State: 1}))
		note("Fine–Gray", fit.Coefficients[0].ConfLow, fit.Coefficients[0].ConfHigh)
	}
	for name := range truths {
		share := float64(held[name]) / float64(made[name])
		slack := .01 + 4*math.Sqrt(.05*.95/float64(made[name])) // the approximation at 400 rows, and four Monte Carlo errors
		if math.Abs(share-.95) > slack {
			t.Errorf("%s: %.1f %% of the intervals hold the truth, 95 ± %.1f %% allowed", name, 100*share, 100*slack)
		}
		t.Logf("%-18s %.2f %%", name, 100*share)
	}
}

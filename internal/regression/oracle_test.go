package regression

import (
	"math"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// lalonde is the design treat ~ age + educ + race + married + nodegree + re74 + re75 of the oracle.
func lalonde(t testing.TB) (x [][]float64, treat, re78 []float64) {
	c := oracle.CSV(t, "lalonde_psm/data.csv")
	level := func(want string) []float64 {
		out := make([]float64, len(c["race"]))
		for i, r := range c["race"] {
			if r == want {
				out[i] = 1
			}
		}
		return out
	}
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	return [][]float64{f("age"), f("educ"), level("hispan"), level("white"), f("married"), f("nodegree"), f("re74"), f("re75")}, f("treat"), f("re78")
}

// cps is the design of nsw_cps_psm.
func cps(t testing.TB) (x [][]float64, treat, re78 []float64) {
	c := oracle.CSV(t, "nsw_cps_psm/data.csv")
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	apply := func(v []float64, g func(float64) float64) []float64 {
		out := make([]float64, len(v))
		for i := range v {
			out[i] = g(v[i])
		}
		return out
	}
	zero := func(v float64) float64 {
		if v == 0 {
			return 1
		}
		return 0
	}
	age, re74, re75 := f("age"), f("re74"), f("re75")
	return [][]float64{age, apply(age, func(v float64) float64 { return v * v }), f("education"), f("black"), f("hispanic"),
		f("married"), f("nodegree"), re74, re75, apply(re74, zero), apply(re75, zero)}, f("treat"), f("re78")
}

// R's path ends within 1e-8 of the deviance's optimum, so that only the same path gives the same digits: 1e-9 holds for
// coefficients that differ by rounding alone.
func TestLogitLikeR(t *testing.T) {
	for _, c := range []struct {
		folder string
		data   func(testing.TB) ([][]float64, []float64, []float64)
	}{{"lalonde_psm", lalonde}, {"nsw_cps_psm", cps}} {
		x, treat, _ := c.data(t)
		fit, err := Logit(x, treat, nil, LogitOptions{LikeR: true})
		if err != nil {
			t.Fatal(err)
		}
		ref := oracle.JSON(t, c.folder+"/result.json").At("logit")
		ref.At("coef").NearAll(fit.Coef, 1e-9)
		ref.At("se").NearAll(fit.StdError(), 1e-9)
		ref.At("deviance").Near(fit.Deviance, 1e-12)
		ref.At("iter").Equal(fit.Iterations)
		for i, row := range ref.At("vcov").List() {
			row.NearAll(fit.Cov[i], 1e-8)
		}
		worst := 0.
		for i, p := range ref.At("score", "ps").Floats() {
			worst = math.Max(worst, math.Abs(fit.Fitted[i]/p-1))
		}
		if worst > 1e-9 {
			t.Errorf("%s: scores differ by up to %g", c.folder, worst)
		}
		t.Logf("%s: largest relative difference of a score %.2g", c.folder, worst)
	}
}

// The default goes to the optimum; R stops short of it by at most 1e-8 of the deviance.
func TestLogitOptimum(t *testing.T) {
	for _, c := range []struct {
		folder string
		data   func(testing.TB) ([][]float64, []float64, []float64)
	}{{"lalonde_psm", lalonde}, {"nsw_cps_psm", cps}} {
		x, treat, _ := c.data(t)
		ref := oracle.JSON(t, c.folder+"/result.json")
		for _, link := range []Link{LogitLink, ProbitLink} {
			fit, err := Logit(x, treat, nil, LogitOptions{Link: link})
			if err != nil {
				t.Fatal(err)
			}
			ref.At(link.String(), "deviance").Near(fit.Deviance, 1e-8)
			if !fit.Converged || fit.Deviance > ref.At(link.String(), "deviance").Float()*(1+1e-13) {
				t.Errorf("%s %v: converged %v, deviance %.12g", c.folder, link, fit.Converged, fit.Deviance)
			}
			likeR, err := Logit(x, treat, nil, LogitOptions{Link: link, LikeR: true})
			if err != nil {
				t.Fatal(err)
			}
			r := ref.At(link.String())
			r.At("coef").NearAll(likeR.Coef, 1e-7)
			r.At("se").NearAll(likeR.StdError(), 1e-7)
		}
	}
}

func TestLinearOracle(t *testing.T) {
	for _, c := range []struct {
		folder string
		data   func(testing.TB) ([][]float64, []float64, []float64)
	}{{"lalonde_psm", lalonde}, {"nsw_cps_psm", cps}} {
		x, treat, y := c.data(t)
		ref := oracle.JSON(t, c.folder+"/result.json").At("ols")
		for name, design := range map[string][][]float64{"unadjusted": {treat}, "adjusted": append([][]float64{treat}, x...)} {
			fit, err := OLS(design, y)
			if err != nil {
				t.Fatal(err)
			}
			ref.At(name, "estimate").Near(fit.Coef[1], 1e-10) // no iteration: rounding only
			ref.At(name, "se").Near(math.Sqrt(fit.Cov()[1][1]), 1e-10)
			ref.At(name, "se_HC1").Near(math.Sqrt(fit.CovRobust(HC1)[1][1]), 1e-10)
		}
	}
}

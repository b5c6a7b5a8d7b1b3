package did

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/oracle"
)

// pyfixest are the figures of testdata/pyfixest.
func pyfixest(t *testing.T, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/pyfixest/reference.json")
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// without is the rows whose start is not the given one.
func (d longData) without(start int64) longData {
	e := longData{column: d.column}
	for i, g := range d.start {
		if g != start {
			e.id, e.time, e.start, e.y = append(e.id, d.id[i]), append(e.time, d.time[i]), append(e.start, g), append(e.y, d.y[i])
		}
	}
	return e
}

// The two stages are those of did2s, static, by event time before and after the start, weighted, and clustered.
func TestTwoStageReference(t *testing.T) {
	ref := map[string]struct {
		Term     []string
		Coef, SE []float64
	}{}
	var all map[string]json.RawMessage
	pyfixest(t, &all)
	for k, v := range all {
		x := ref[k]
		if strings.HasPrefix(k, "mpdta") || strings.HasPrefix(k, "het") {
			if err := json.Unmarshal(v, &x); err != nil {
				t.Fatal(err)
			}
			ref[k] = x
		}
	}
	if len(ref) != 6 {
		t.Fatalf("%d references", len(ref))
	}
	m := mpdta(t)
	kept := m.without(2004)
	var state, weight []float64
	for i, g := range m.start {
		if g != 2004 {
			state, weight = append(state, m.column("state")[i]), append(weight, 0.5+float64(m.id[i]%7)/7)
		}
	}
	whole := func(v []float64) (out []int64) {
		for _, x := range v {
			out = append(out, int64(x))
		}
		return out
	}
	plain, _ := panelOf(kept, nil, nil)
	byState, _ := panelOf(kept, nil, nil, whole(state))
	weighted, _ := panelOf(kept, nil, weight)
	h := readLong(t, "bacon_imputation/df_het_fifth.csv", "unit", "year", "g", "dep_var")
	het, _ := panelOf(h, nil, nil)
	hetState, _ := panelOf(h, nil, nil, whole(h.column("state")))
	for name, p := range map[string]*Panel{"mpdta_static": plain, "mpdta_event": plain, "mpdta_static_state": byState, "mpdta_static_weighted": weighted, "het_static": hetState, "het_event": het} {
		r, err := Imputation(p, ImputationOptions{TwoStage: true, Leads: -1})
		if err != nil {
			t.Fatal(err)
		}
		for i, term := range ref[name].Term {
			found := false
			for _, a := range r.Aggregates {
				if term == "D" && a.Type == Simple || a.Type == Dynamic && term == "rel::"+strconv.FormatInt(a.Key, 10) {
					found = true
					se := ref[name].SE[i]
					// pyfixest takes means out iteratively, to 1e-6 of their size
					oracle.Known(t, name+" "+term, a.Estimate.Estimate/se, ref[name].Coef[i]/se, 1e-6*max(1, se/math.Abs(ref[name].Coef[i])))
					oracle.Known(t, name+" "+term+" se", a.StdError, se, 1e-6)
				}
			}
			if !found {
				t.Errorf("%s: no %s", name, term)
			}
		}
	}
}

// By brute force: both stages stacked as one method of moments with dummies for every unit and period,
//
//	V = A⁻¹ (Σ_i s_i s_i') A⁻¹', s = (Z₀'(y − Zγ), X'(y − Zγ − Xβ)), A = [Z₀'WZ₀ 0; X'WZ X'WX],
//
// with weights, gaps and a covariate by period, for the event times before and after the start.
func TestTwoStageByMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	for round := range 4 {
		s := small{n: 30, T: 5, cohorts: []int64{102, 103}, never: true, weighted: round%2 == 1}
		if round > 1 {
			s.missing = 0.05
		}
		p := s.panel(rng)
		n := len(p.Start)
		x := make([][]float64, s.T)
		for q := range x {
			x[q] = make([]float64, n)
			for i := range n {
				x[q][i] = rng.NormFloat64()
				p.Outcome[q][i] += .7 * x[q][i]
			}
		}
		p.Covariates = [][][]float64{x}
		r, err := Imputation(p, ImputationOptions{TwoStage: true, Leads: -1})
		if err != nil {
			t.Fatal(err)
		}
		before := make([]int, n)
		events := map[int64]int{}
		for i, g := range p.Start {
			for q, v := range p.Times {
				if !math.IsNaN(p.Outcome[q][i]) && v < g {
					before[i]++
				}
			}
		}
		for i, g := range p.Start {
			for q, v := range p.Times {
				if _, ok := events[v-g]; !ok && g != Never && before[i] > 0 && !math.IsNaN(p.Outcome[q][i]) {
					events[v-g] = len(events)
				}
			}
		}
		k, e := n+s.T+1, len(events)
		gram, right := mat.NewDense(k+e, k+e, nil), mat.NewVecDense(k, nil)
		visit := func(do func(i int, z, d []float64, y, w float64, treated bool)) {
			for i, g := range p.Start {
				for q, v := range p.Times {
					if before[i] == 0 || math.IsNaN(p.Outcome[q][i]) {
						continue
					}
					z, d := make([]float64, k), make([]float64, e)
					z[i], z[n+q], z[k-1] = 1, 1, x[q][i]
					if g != Never {
						d[events[v-g]] = 1
					}
					w := 1.
					if p.Weights != nil {
						w = p.Weights[0][i]
					}
					do(i, z, d, p.Outcome[q][i], w, v >= g)
				}
			}
		}
		visit(func(i int, z, d []float64, y, w float64, treated bool) {
			for a, u := range z {
				for b, v := range z {
					if !treated {
						gram.Set(a, b, gram.At(a, b)+w*u*v)
					}
				}
				if !treated {
					right.SetVec(a, right.AtVec(a)+w*u*y)
				}
				for b, v := range d {
					gram.Set(k+b, a, gram.At(k+b, a)+w*u*v)
				}
			}
			for a, u := range d {
				gram.Set(k+a, k+a, gram.At(k+a, k+a)+w*u)
			}
		})
		var svd mat.SVD
		if !svd.Factorize(gram.Slice(0, k, 0, k), mat.SVDThin) {
			t.Fatal("svd")
		}
		var gamma mat.VecDense
		svd.SolveVecTo(&gamma, right, svd.Rank(1e-10))
		beta := make([]float64, e)
		residual := func(z []float64, y float64) float64 { return y - mat.Dot(mat.NewVecDense(k, z), &gamma) }
		visit(func(i int, z, d []float64, y, w float64, treated bool) {
			for a, u := range d {
				beta[a] += w * u * residual(z, y) / gram.At(k+a, k+a)
			}
		})
		score := mat.NewDense(n, k+e, nil)
		visit(func(i int, z, d []float64, y, w float64, treated bool) {
			u := residual(z, y)
			for a, v := range z {
				if !treated {
					score.Set(i, a, score.At(i, a)+w*v*u)
				}
			}
			for a, v := range d {
				score.Set(i, k+a, score.At(i, k+a)+w*v*(u-beta[a]))
			}
		})
		// Influence on β: (X'WX)⁻¹ (s₂ − X'WZ (Z₀'WZ₀)⁺ s₁).
		for event, a := range events {
			var l mat.VecDense
			svd.SolveVecTo(&l, mat.NewVecDense(k, mat.Row(nil, k+a, gram)[:k]), svd.Rank(1e-10))
			v := 0.
			for i := range n {
				own := mat.Row(nil, i, score)
				psi := (own[k+a] - mat.Dot(&l, mat.NewVecDense(k, own[:k]))) / gram.At(k+a, k+a)
				v += psi * psi
			}
			for _, got := range r.Aggregates {
				if got.Type == Dynamic && got.Key == event && (math.Abs(got.Estimate.Estimate-beta[a]) > 1e-9 || math.Abs(got.StdError-math.Sqrt(v)) > 1e-9) {
					t.Errorf("%s", fmt.Sprintf("round %d, event %d: %v (%v), by moments %v (%v)", round, event, got.Estimate.Estimate, got.StdError, beta[a], math.Sqrt(v)))
				}
			}
		}
	}
}

// The rules of fixest, by the names of its ssc(), on the static regression with clusters in one and two dimensions: errors,
// and with their degrees of freedom intervals and p-values.
func TestSmallSampleNames(t *testing.T) {
	var ref map[string]json.RawMessage
	pyfixest(t, &ref)
	m := mpdta(t)
	state := make([]int64, len(m.id))
	for i, s := range m.column("state") {
		state[i] = int64(s)
	}
	plain, _ := panelOf(m, nil, nil)
	byState, _ := panelOf(m, nil, nil, state)
	statePeriod := withPeriods(plain)
	statePeriod.Clusters = byState.Clusters
	panels := map[string]*Panel{"countyreal": plain, "state": byState, "countyreal+year": withPeriods(plain), "state+year": statePeriod}
	checked := 0
	for name, b := range ref {
		part := strings.Split(name, "|")
		if part[0] != "ssc" {
			continue
		}
		var want struct{ SE, Low, P []float64 }
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		var rule SmallSample
		if part[1] != "default" {
			if err := rule.UnmarshalText([]byte(part[1])); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Regress(panels[part[2]], Static, RegressionOptions{Rule: rule})
		if err != nil {
			t.Fatal(err)
		}
		got := r.Terms[0]
		oracle.Known(t, name+" se", got.StdError, want.SE[0], 1e-8)
		oracle.Known(t, name+" low", got.ConfLow, want.Low[0], 1e-7)
		oracle.Known(t, name+" p", got.PValue, want.P[0], 1e-6)
		checked++
	}
	if checked != 24 {
		t.Errorf("%d references", checked)
	}
	// t.df by its definition: the interval is of the t distribution with that many degrees.
	for text, df := range map[string]float64{"t.df=min": 499, "t.df=conventional": 2500 - 6, "t.df=12": 12, "t.df=conventional,K.fixef=full": 2500 - 505} {
		var rule SmallSample
		if err := rule.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		r, err := Regress(plain, Static, RegressionOptions{Rule: rule})
		if err != nil {
			t.Fatal(err)
		}
		if r.DF != df {
			t.Errorf("%s: %v degrees, want %v", text, r.DF, df)
		}
	}
	for text, want := range map[string]string{"K.adj=maybe": "TRUE or FALSE", "K.fixef=some": "none, nonnested or full", "G.df=max": "min or conventional", "t.df=0": "from 1 up", "k.adj=TRUE": "K.adj", "K.exact=TRUE": "leave it out", "": "name=value"} {
		var rule SmallSample
		if err := rule.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

package matching

import (
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// matchedRows are rows matched to rows, with the errors that go with them:
//
//   - without replacement, or with a limit of uses: by pair (and person), Matched.ATT;
//   - with replacement: Abadie and Imbens, for the fitted score where that is what was matched on and nothing else (2016),
//     2011 with the bias adjustment and 2006 otherwise; with clusters or weights, which these do not know, the linear form of
//     Otsu and Rai.
type matchedRows struct {
	*Matched
	points     [][]float64
	biasAdjust bool
	score      *regression.Fit // the fitted score where it alone was matched on; nil otherwise
	tied       *Tied
	reuse      *Reuse
}

func (m *matchedRows) weights() []float64  { return m.Weight }
func (m *matchedRows) subclasses() []int32 { return m.Subclass }

func (m *matchedRows) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	replaced := m.Options.Replace && m.Subclass == nil
	linear := stdError == "bootstrap" || (stdError == "auto" && replaced || m.biasAdjust) && (d.Cluster != nil || d.Base != nil)
	abadieImbens := stdError == "abadie-imbens" || m.biasAdjust || stdError == "auto" && replaced && obs == nil
	switch {
	case stdError == "abadie-imbens" && (d.Cluster != nil || d.Base != nil):
		return Effect{}, fault.Usagef("bad_flag", "`--se abadie-imbens` knows neither weights nor rows that depend on each other; leave `--se` out: the error is then that of Otsu and Rai, which sums by person")
	case m.Subclass != nil && (stdError == "abadie-imbens" || linear):
		return Effect{}, fault.Usagef("bad_flag", "`--se %s` is for matching with replacement; without it pairs are the error (`--se pair`)", stdError)
	case m.biasAdjust && (stdError == "pair" || stdError == "robust"):
		return Effect{}, wrongError(stdError, "`--bias-adjust`", "auto, abadie-imbens and bootstrap")
	case obs != nil && (m.biasAdjust || stdError == "abadie-imbens" || stdError == "bootstrap"):
		return Effect{}, fault.Dataf("missing_outcome", "", "", "the error of matching with replacement needs outcomes without missing values; drop the rows or use `--se pair`")
	case linear && obs == nil:
		return m.linearForm(y, d)
	case abadieImbens:
		if m.tied == nil {
			m.tied = m.Tied(m.points, d.X, TiedOptions{BiasAdjust: m.biasAdjust})
		}
		if stdError == "auto" && m.score != nil && !m.biasAdjust {
			return m.tied.EstimatedScore(y, m.score, d.X)
		}
		return m.tied.Effect(y)
	case stdError == "auto" || stdError == "pair":
		return m.ATT(y, obs, d.Cluster, d.Clusters), nil
	case stdError == "robust":
		return WeightedDifference(m.Weight, m.Treated, y, obs, d.Cluster, d.Clusters), nil
	}
	return Effect{}, wrongError(stdError, "matching", "auto, pair, abadie-imbens, bootstrap and robust")
}

// linearForm is the effect with the error of Otsu and Rai, from the weights alone.
func (m *matchedRows) linearForm(y []float64, d *Data) (Effect, error) {
	if m.reuse == nil {
		weight := m.Weight
		if d.Base == nil {
			weight = m.shares()
		}
		x := d.X
		if !m.biasAdjust {
			if x = m.points; len(x) == 1 {
				x = MatchedOn(x[0])
			}
		}
		var err error
		if m.reuse, err = NewReuse(weight, m.Treated, x, ReuseOptions{Estimand: m.Options.Estimand, BiasAdjust: m.biasAdjust}); err != nil {
			return Effect{}, err
		}
	}
	return m.reuse.Effect(y, d.Cluster, d.Clusters), nil
}

// shares are the weights of both groups on one scale: 1 for a row that chose and was matched, and for its matches together.
func (m *Matched) shares() []float64 {
	w := make([]float64, len(m.Treated))
	for lo := 0; lo < len(m.Pairs); {
		f := m.Pairs[lo].Treated
		if m.Options.Estimand == ATC {
			f = m.Pairs[lo].Comparison
		}
		hi := lo
		for hi < len(m.Pairs) && (m.Pairs[hi].Treated == f || m.Pairs[hi].Comparison == f) {
			hi++
		}
		w[f] = 1
		for _, p := range m.Pairs[lo:hi] {
			w[p.Treated+p.Comparison-f] += 1 / float64(hi-lo)
		}
		lo = hi
	}
	return w
}

// tiedRows are rows compared with the mean of neighbourhoods: all ties, all within a radius, or matches both ways for the ATE.
type tiedRows struct {
	*Tied
	weight []float64
	score  *regression.Fit // as in matchedRows
}

func (t *tiedRows) weights() []float64  { return t.weight }
func (t *tiedRows) subclasses() []int32 { return nil }
func (t *tiedRows) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch {
	case stdError != "auto" && stdError != "abadie-imbens" && stdError != "bootstrap":
		return Effect{}, wrongError(stdError, "matching with all ties, within a radius or for the ate", "auto, abadie-imbens and bootstrap")
	case d.Cluster != nil && stdError == "abadie-imbens":
		return Effect{}, fault.Usagef("bad_flag", "`--se abadie-imbens` knows no rows that depend on each other; leave `--se` out: the error is then that of Otsu and Rai, which sums by person")
	case obs != nil:
		return Effect{}, fault.Dataf("missing_outcome", "", "", "the error of matching with replacement needs outcomes without missing values; drop the rows")
	}
	if stdError == "bootstrap" || d.Cluster != nil {
		return t.Multiplier(y, d.Cluster, d.Clusters)
	}
	if stdError == "auto" && t.score != nil && !t.opt.BiasAdjust {
		return t.EstimatedScore(y, t.score, d.X)
	}
	return t.Tied.Effect(y)
}

// reuseRows are rows weighted by matching in which they serve several, with the error of Otsu and Rai.
type reuseRows struct {
	*Reuse
	weight []float64
}

func (r *reuseRows) weights() []float64  { return r.weight }
func (r *reuseRows) subclasses() []int32 { return nil }
func (r *reuseRows) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch {
	case stdError != "auto" && stdError != "bootstrap":
		return Effect{}, wrongError(stdError, "matching within a radius with weights or repeated ids", "auto and bootstrap")
	case obs != nil:
		return Effect{}, fault.Dataf("missing_outcome", "", "", "the error of matching with replacement needs outcomes without missing values; drop the rows")
	}
	return r.Effect(y, d.Cluster, d.Clusters), nil
}

// bothWays matches each row of both groups with replacement, for the ATE.
func (r *Report) bothWays(in NearestInput, opt NearestOptions, d *Data, points [][]float64) (adjusted, error) {
	if d.Base != nil {
		return nil, fault.Usagef("bad_flag", "nearest-neighbour matching for the ate takes no weights; use `--method ipw`, `full` or `ebal`")
	}
	var t *Tied
	for _, e := range []Estimand{ATT, ATC} {
		opt.Estimand = e
		m, err := Nearest(in, opt)
		if err != nil {
			return nil, err
		}
		part := m.Tied(points, d.X, TiedOptions{BiasAdjust: r.Spec.BiasAdjust})
		if t == nil {
			t = part
			continue
		}
		t.arms[0], t.k[1], t.k2[1] = part.arms[0], part.k[1], part.k2[1]
		t.Pairs += part.Pairs
	}
	t.opt.Estimand = ATE
	if t.Pairs == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no row found a match; widen the caliper or match exactly on fewer columns")
	}
	for i := range in.Treated {
		if in.Leave == nil || !in.Leave[i] {
			t.Dropped++
		}
	}
	t.Dropped -= len(t.arms[0].rows) + len(t.arms[1].rows)
	return &tiedRows{t, t.Weight(), r.scoreAlone(d)}, nil
}

// scoreAlone is the fitted score where rows are matched on it and on nothing else, which the error of Abadie and Imbens
// (2016) is for; otherwise nil.
func (r *Report) scoreAlone(d *Data) *regression.Fit {
	switch s := r.Spec; {
	case s.Distance != "logit" && s.Distance != "linear-logit" && s.Distance != "probit",
		r.leave != nil, d.Stratum != nil, d.Calipers != nil, d.AntiExact != nil:
		return nil
	}
	return r.Score
}

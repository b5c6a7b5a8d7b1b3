package results

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
)

// fewOf tells whether a share of so many persons, or the rest of them, is a small cell. None and all are not: a covariate
// that a group is defined by is one or the other, and singles nobody out.
func (s *suppressor) fewOf(share float64, persons int) bool {
	ones := share * float64(persons)
	few := func(n float64) bool { return n > 1e-9 && n < float64(s.min)-0.5 }
	return persons > 0 && (few(ones) || few(float64(persons)-ones))
}

// binary tells whether a covariate looks like 0/1: a factor level, or shares whose variances stand in the ratio of
// p(1 − p). A continuous share that looks like it is treated like it.
func binary(b *Balance) bool {
	p, q := b.MeanTreated, b.MeanComparison
	if math.IsNaN(p) || math.IsNaN(q) || p < 0 || p > 1 || q < 0 || q > 1 {
		return false
	}
	if strings.Contains(b.Variable, "=") || p == 0 || p == 1 || q == 0 || q == 1 {
		return true
	}
	ratio := p * (1 - p) / (q * (1 - q))
	return math.IsNaN(b.VarianceRatio) || math.Abs(b.VarianceRatio-ratio) <= 0.05*ratio
}

// placebo hides the rows of small arms, of groups that are nearly another and of outcomes that few persons have, and the joint
// tests that rest on them.
//
// It comes after estimates: a cell all of whose figures are hidden shows no placebo either.
func (s *suppressor) placebo() {
	shown, hidden := map[cellKey]bool{}, map[cellKey]bool{}
	for i := range s.t.Estimates {
		e := &s.t.Estimates[i]
		if k := (cellKey{e.Tiltak, e.Group}); e.Reason == suppressed {
			hidden[k] = true
		} else {
			shown[k] = true
		}
	}
	type test struct{ group, method, by, outcome, window string }
	gone := map[test]int{} // tiltak of a group that are hidden: one alone can be taken from a mean over all
	hide := func(p *Placebo, rule string) {
		if p.Tiltak != "" {
			gone[test{p.Group, p.Method, p.Conditioning, p.Outcome, p.Window}]++
		}
		nan := math.NaN()
		p.Estimate, p.StdError, p.ConfLow, p.ConfHigh, p.PValue, p.Statistic, p.DF, p.Reason = nan, nan, nan, nan, nan, nan, -1, suppressed
		s.note("placebo", rule)
	}
	for _, pooled := range []bool{false, true} { // means over tiltak after all that they are of
		var nobody []bool
		var at []int
		for i := range s.t.Placebo {
			p := &s.t.Placebo[i]
			if (p.Tiltak == "") != pooled {
				continue
			}
			at, nobody = append(at, i), append(nobody, p.Reason == estimate.ConstantOutcome)
			switch {
			case s.few(p.PersonsTreated) || s.few(p.PersonsComparison):
				hide(p, "few persons")
			case s.near[cellKey{p.Tiltak, p.Group}]:
				hide(p, "nearly the same as a larger group")
			case p.FewAmounts:
				hide(p, "few persons with the outcome")
			case hidden[cellKey{p.Tiltak, p.Group}] && !shown[cellKey{p.Tiltak, p.Group}]:
				hide(p, "every estimate of the cell is hidden")
			case pooled && gone[test{p.Group, p.Method, p.Conditioning, p.Outcome, p.Window}] == 1:
				hide(p, "one of the tiltak is hidden")
			}
		}
		rows := about(at, func(i *int) divided { return s.t.Placebo[*i].divided() })
		for k := range rows {
			rows[k].nobody = nobody[k]
		}
		dividedRows(s.t.Divisions, rows, func(k int) { hide(&s.t.Placebo[at[k]], partOfOutcome) })
	}
}

// diagnostics empties those of small cells, and counts and shares that stand for few persons.
func (s *suppressor) diagnostics() {
	persons := map[cellKey]int{}
	for i := range s.t.Estimates {
		e := &s.t.Estimates[i]
		k := cellKey{e.Tiltak, e.Group}
		persons[k] = max(persons[k], e.NPersonsTreated)
	}
	// A cluster has one person at least: few clusters may be few persons, and what is said of them beside the number goes with it.
	fewClusters := map[string]bool{}
	of := func(d *Diagnostic) string { return join(d.Tiltak, d.Group, d.Method, d.Outcome) }
	for i := range s.t.Diagnostics {
		if d := &s.t.Diagnostics[i]; (d.Name == "clusters_treated" || d.Name == "clusters_comparison") && d.Value > 0 && d.Value < float64(s.min) {
			fewClusters[of(d)] = true
		}
	}
	s.t.Diagnostics = slices.DeleteFunc(s.t.Diagnostics, func(d Diagnostic) bool {
		gone := d.Name == "cluster_over_half" && fewClusters[of(&d)] // its name says it
		if gone {
			s.note("diagnostics", "few persons")
		}
		return gone
	})
	for i := range s.t.Diagnostics {
		d := &s.t.Diagnostics[i]
		k := cellKey{d.Tiltak, d.Group}
		n, v := float64(persons[k]), d.Value
		hide := s.near[k]
		switch {
		case strings.HasPrefix(d.Name, "n_") || d.Name == "treated_alone_in_stratum" || d.Name == "no_counterpart" || d.Name == "trimmed":
			hide = hide || v > 0 && v < float64(s.min)
		case (strings.HasPrefix(d.Name, "share_") || d.Name == "base_known") && v > 0 && v < 1:
			hide = hide || n*v < float64(s.min) || n*(1-v) < float64(s.min)
		case strings.HasPrefix(d.Name, "clusters_"):
			hide = hide || fewClusters[of(d)]
		}
		if hide && d.Tiltak != "" && !math.IsNaN(v) {
			d.Value, d.Text = math.NaN(), ""
			s.note("diagnostics", "few persons")
		}
	}
}

package results

import (
	"math"
	"slices"
)

// descriptive hides the shares among those in work that rest on few: with or without the outcome, or where those out of work
// are few, whom the outcome over all starts would tell. Then months are thinned, the round ones kept first, until between two
// that are shown none or enough persons have found work; a group goes where what it leaves of a larger one, or two groups
// and their intersection leave, is small. What is left is rounded, to three decimals from 300 persons in work on and to two
// below, so that no count can be solved for.
func (s *suppressor) descriptive() {
	rows := s.t.Descriptive
	hidden := make([]bool, len(rows))
	hide := func(i int, rule string) {
		if hidden[i] {
			return
		}
		hidden[i] = true
		if r := &rows[i]; r.Reason == "" {
			r.ShareTreated, r.ShareComparison, r.Difference, r.Reason = math.NaN(), math.NaN(), math.NaN(), suppressed
			s.note("descriptive", rule)
		}
	}
	small := func(a Among) bool { return s.rare(a.With) || s.rare(a.Without) || s.few(a.Outside) }
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Reason != "":
			hidden[i] = true
		case s.near[cellKey{r.Tiltak, r.Group}]:
			hide(i, "nearly the same as a larger group")
		case small(r.Treated) || small(r.Comparison):
			hide(i, "few persons")
		}
	}
	sides := []func(*Descriptive) Among{func(r *Descriptive) Among { return r.Treated }, func(r *Descriptive) Among { return r.Comparison }}
	minus := func(a, b Among) Among { return Among{a.With - b.With, a.Without - b.Without, a.Outside - b.Outside} }
	apart := func(d Among) bool {
		return d != (Among{}) && (d.With < s.min || d.Without < s.min || s.few(d.Outside)) && d.known() != 0 || s.few(d.Outside)
	}
	for _, cell := range grouped(rows, func(r *Descriptive) string { return join(r.Tiltak, r.Outcome, r.Method, r.Month) }) {
		at := map[string]int{}
		for _, i := range cell {
			at[rows[i].Group] = i
		}
		for _, i := range cell {
			for _, j := range cell {
				if hidden[i] || hidden[j] || !s.nest[rows[i].Group][rows[j].Group] {
					continue
				}
				if apart(minus(rows[j].Treated, rows[i].Treated)) {
					hide(i, "nearly the same as a larger group")
				}
			}
		}
		for _, q := range s.four {
			p, a, b, h, ok := four(at, q)
			if !ok || hidden[p] || hidden[a] || hidden[b] || hidden[h] {
				continue
			}
			d := minus(minus(rows[h].Treated, rows[a].Treated), minus(rows[b].Treated, rows[p].Treated))
			if apart(d) {
				hide(p, leftByTwo)
			}
		}
	}
	for _, series := range grouped(rows, func(r *Descriptive) string { return join(r.Tiltak, r.Group, r.Outcome, r.Method) }) {
		order := slices.Clone(series)
		rank := func(i int) int {
			switch m := rows[i].Month; {
			case m%12 == 0:
				return 0
			case m%6 == 0:
				return 1
			}
			return 2
		}
		slices.SortStableFunc(order, func(i, j int) int { return rank(i) - rank(j) })
		step := func(i, j int) bool {
			for _, side := range sides {
				if a, b := side(&rows[i]), side(&rows[j]); s.few(b.known()-a.known()) || s.few(a.Outside-b.Outside) {
					return false
				}
			}
			return true
		}
		var kept []int
		for _, i := range order {
			if hidden[i] {
				continue
			}
			at, _ := slices.BinarySearchFunc(kept, i, func(a, b int) int { return rows[a].Month - rows[b].Month })
			if at > 0 && !step(kept[at-1], i) || at < len(kept) && !step(i, kept[at]) {
				hide(i, "too few between two months")
				continue
			}
			kept = slices.Insert(kept, at, i)
		}
	}
	for i := range rows {
		r := &rows[i]
		if hidden[i] {
			continue
		}
		unit := 1000.
		if r.Treated.known() < 300 || r.Comparison.known() < 300 {
			unit = 100
		}
		r.ShareTreated, r.ShareComparison = math.Round(r.ShareTreated*unit)/unit, math.Round(r.ShareComparison*unit)/unit
		r.Difference = math.Round((r.ShareTreated-r.ShareComparison)*unit) / unit
	}
}

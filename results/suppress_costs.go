package results

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// costCell is one year (or all years) of a tiltak in a group, for the measures that are about the same persons: every
// statistic of it stands and falls together.
type costCell struct {
	tiltak, group string
	year          int // −1: all
	class         int // of measures
	rows          []int
	persons       int
	most          map[string]int // observations by measure
	hidden, small bool
}

// costClasses puts measures that have the same persons in every cell into one class: cost per participant and per
// participant and month are, cost per completed participation is another.
func costClasses(rows []Cost) map[string]int {
	signature := map[string][]string{}
	var measures []string
	for i := range rows {
		c := &rows[i]
		if c.Statistic != "n" && c.Statistic != "mean" {
			continue
		}
		if signature[c.Measure] == nil {
			measures = append(measures, c.Measure)
		}
		signature[c.Measure] = append(signature[c.Measure], join(c.Tiltak, c.Group, yearOf(c), c.Statistic, c.Persons))
	}
	class, seen := map[string]int{}, map[string]int{}
	for _, m := range measures {
		slices.Sort(signature[m])
		k := strings.Join(signature[m], "")
		if strings.HasPrefix(m, "per_complet") { // fewer participations, even where they are of the same persons
			k = m + k
		}
		if _, ok := seen[k]; !ok {
			seen[k] = len(seen)
		}
		class[m] = seen[k]
	}
	return class
}

// costs hides small years, a further year where one is hidden, groups that are nearly the same as a larger one, parts of
// sums, measures over nearly the same persons as another, and quantiles with fewer than the limit on either side of them;
// small bins are merged.
func (s *suppressor) costs() {
	rows := s.t.Costs
	classes := costClasses(rows)
	var cells []*costCell
	for _, at := range grouped(rows, func(c *Cost) string { return join(c.Tiltak, c.Group, yearOf(c), classes[c.Measure]) }) {
		first := &rows[at[0]]
		c := &costCell{tiltak: first.Tiltak, group: first.Group, year: yearOf(first), class: classes[first.Measure], rows: at, most: map[string]int{}}
		for _, i := range at {
			if rows[i].Statistic != "share_in_bin" {
				c.persons = max(c.persons, rows[i].Persons)
			}
			if rows[i].Statistic == "n" && rows[i].Value > 0 {
				c.most[rows[i].Measure] = int(rows[i].Value)
			}
			c.hidden = c.hidden || rows[i].Reason == suppressed && rows[i].Statistic == "mean"
		}
		if s.few(c.persons) {
			s.hideCost(c, "few persons")
			c.small = true
		} else if s.near[cellKey{c.tiltak, c.group}] {
			s.hideCost(c, "nearly the same as a larger group")
			c.small = true
		}
		cells = append(cells, c)
	}
	for changed := true; changed; {
		changed = s.costYears(cells)
		changed = s.costGroups(cells) || changed
		changed = s.costMeasures(cells) || changed
		changed = changed || s.costAudit(cells)
	}
	for i := range rows {
		if q, ok := quantile(rows[i].Statistic); ok && !math.IsNaN(rows[i].Value) && float64(rows[i].Persons)*min(q, 1-q) < float64(s.min) {
			rows[i].Value, rows[i].Reason = math.NaN(), suppressed
			s.note("costs", "quantile with few beyond it")
		}
	}
	s.costBins()
	s.costCounts()
	s.whatIfs(cells)
}

// whatIfs hides what a changed rule would cost where few persons are behind the change (what it is for them could be had
// from the mean), or all but few, and where the cost of the same participations is hidden.
func (s *suppressor) whatIfs(cells []*costCell) {
	hidden := map[cellKey]bool{}
	for _, c := range cells {
		if c.year < 0 && c.hidden {
			hidden[cellKey{c.tiltak, c.group}] = true
		}
	}
	for i := range s.t.Costs {
		c := &s.t.Costs[i]
		if !strings.HasPrefix(c.Measure, "what_if:") || math.IsNaN(c.Value) {
			continue
		}
		if s.few(c.Changed) || s.few(c.Persons-c.Changed) || hidden[cellKey{c.Tiltak, c.Group}] {
			c.Value, c.Reason = math.NaN(), suppressed
			s.note("costs", "few persons concerned by a changed rule")
		}
	}
}

// costCounts takes counts and sums away in cells whose number of starts is hidden in the flow, or where a few have no
// price, and rounds what they could be computed from: means and quantiles to three figures, shares to whole per cent.
func (s *suppressor) costCounts() {
	rows := s.t.Costs
	few := map[cellKey]bool{}
	for i := range rows {
		if c := &rows[i]; c.Statistic == "unpriced" && c.Value > 0 && c.Value < float64(s.min) {
			few[cellKey{c.Tiltak, c.Group}] = true
		}
	}
	for i := range rows {
		c := &rows[i]
		k := cellKey{c.Tiltak, c.Group}
		if math.IsNaN(c.Value) || c.Value == 0 || !s.starts[k] && !few[k] {
			continue
		}
		switch c.Statistic {
		case "n", "unpriced", "sum":
			c.Value, c.Reason = math.NaN(), suppressed
			s.note("costs", "number of starts")
		case "share_in_bin":
			c.Value = math.Round(c.Value*100) / 100
		default:
			unit := math.Pow(10, math.Floor(math.Log10(math.Abs(c.Value)))-2)
			c.Value = math.Round(c.Value/unit) * unit
		}
	}
}

// costAudit solves groups × years of a tiltak and class with both margins.
func (s *suppressor) costAudit(cells []*costCell) (changed bool) {
	for _, at := range grouped(cells, func(c **costCell) string { return join((*c).tiltak, (*c).class) }) {
		var members []member
		place := map[string]map[int]int{} // group, year
		for m, k := range at {
			c := cells[k]
			members = append(members, member{c.persons, c.hidden, c.small, func() { s.hideCost(c, "part of a sum") }})
			if place[c.group] == nil {
				place[c.group] = map[int]int{}
			}
			place[c.group][c.year] = m
		}
		var sums []sum
		for _, k := range at {
			c := cells[k]
			if c.year < 0 {
				years := sum{total: place[c.group][-1]}
				for _, j := range at {
					if o := cells[j]; o.group == c.group && o.year >= 0 {
						years.parts = append(years.parts, place[o.group][o.year])
					}
				}
				sums = append(sums, years)
			}
			for _, p := range s.parts[c.tiltak] {
				if p.total != c.group {
					continue
				}
				groups := sum{total: place[c.group][c.year]}
				for _, g := range p.parts {
					if m, ok := place[g][c.year]; ok {
						groups.parts = append(groups.parts, m)
					}
				}
				sums = append(sums, groups)
			}
		}
		changed = audit(members, sums) || changed
	}
	return changed
}

// costMeasures hides the smaller of two classes of measures that differ by a small cell: those who completed less all.
func (s *suppressor) costMeasures(cells []*costCell) (changed bool) {
	for _, at := range grouped(cells, func(c **costCell) string { return join((*c).tiltak, (*c).group, (*c).year) }) {
		for _, i := range at {
			for _, j := range at {
				a, b := cells[i], cells[j]
				// Completed are a part of all: a person may have one of each kind, so both are counted.
				few := s.few(b.persons-a.persons) || b.most["per_participation"] > 0 && s.few(b.most["per_participation"]-a.most["per_completed"]) && a.most["per_completed"] > 0
				if few && !a.hidden && !b.hidden && i != j {
					s.hideCost(a, "nearly the same persons as another measure")
					a.small = true
					changed = true
				}
			}
		}
	}
	return changed
}

func yearOf(c *Cost) int {
	if c.Year == nil {
		return -1
	}
	return *c.Year
}

// quantile reads p10 as 0.1.
func quantile(statistic string) (float64, bool) {
	digits, ok := strings.CutPrefix(statistic, "p")
	n, err := strconv.Atoi(digits)
	return float64(n) / 100, ok && err == nil
}

func (s *suppressor) hideCost(c *costCell, rule string) {
	c.hidden = true
	for _, i := range c.rows {
		r := &s.t.Costs[i]
		if math.IsNaN(r.Value) {
			if r.Reason == "" {
				r.Reason = suppressed
			}
			continue // what is missing keeps its own reason
		}
		s.note("costs", rule)
		r.Value, r.Reason = math.NaN(), suppressed
	}
}

// costYears completes the years of a tiltak, group and class, each class for itself: what is hidden in one covers nothing
// in another. All years together are known where they are shown, and where the flow shows the number of starts.
func (s *suppressor) costYears(cells []*costCell) (changed bool) {
	for _, at := range grouped(cells, func(c **costCell) string { return join((*c).tiltak, (*c).group, (*c).class) }) {
		var years []member
		shown := s.known[cellKey{cells[at[0]].tiltak, cells[at[0]].group}]
		for _, k := range at {
			c := cells[k]
			if c.year < 0 {
				shown = shown || !c.hidden
				continue
			}
			years = append(years, member{c.persons, c.hidden, c.small, func() { s.hideCost(c, "part of a sum") }})
		}
		if shown {
			changed = complete(years) || changed
		}
	}
	return changed
}

// apartCosts tells whether two cells differ by few persons, or by few observations of a measure.
func (s *suppressor) apartCosts(inner, outer *costCell) bool {
	few := s.few(outer.persons - inner.persons)
	for m, n := range inner.most {
		few = few || s.few(outer.most[m]-n)
	}
	return few
}

func (s *suppressor) costGroups(cells []*costCell) (changed bool) {
	for _, at := range grouped(cells, func(c **costCell) string { return join((*c).tiltak, (*c).year, (*c).class) }) {
		byGroup := map[string]*costCell{}
		for _, k := range at {
			byGroup[cells[k].group] = cells[k]
		}
		for _, i := range at {
			for _, j := range at {
				inner, outer := cells[i], cells[j]
				if s.nest[inner.group][outer.group] && !inner.hidden && !outer.hidden && s.apartCosts(inner, outer) {
					s.hideCost(inner, "nearly the same as a larger group")
					inner.small = true
					changed = true
				}
			}
		}
		changed = s.costQuads(byGroup) || changed
		for _, p := range s.parts[cells[at[0]].tiltak] {
			if total := byGroup[p.total]; total == nil || total.hidden {
				continue
			}
			var ms []member
			for _, g := range p.parts {
				if c := byGroup[g]; c != nil {
					ms = append(ms, member{c.persons, c.hidden, c.small, func() { s.hideCost(c, "part of a sum") }})
				}
			}
			changed = complete(ms) || changed
		}
	}
	return changed
}

// costBins merges the bins of histograms of cost.
func (s *suppressor) costBins() {
	rows := s.t.Costs
	drop := map[int]bool{}
	for _, cell := range grouped(rows, func(c *Cost) string {
		return join(c.Tiltak, c.Group, yearOf(c), c.Measure, c.Statistic == "share_in_bin")
	}) {
		if rows[cell[0]].Statistic != "share_in_bin" {
			continue
		}
		slices.SortStableFunc(cell, func(i, j int) int { return cmpFloat(rows[i].BinLow, rows[j].BinLow) })
		var bins []bin
		hidden := false
		for _, i := range cell {
			hidden = hidden || rows[i].Reason == suppressed
			bins = append(bins, bin{i, rows[i].Persons})
		}
		merged := s.merge(bins)
		if hidden || merged == nil {
			for _, i := range cell {
				if math.IsNaN(rows[i].Value) {
					continue
				}
				rows[i].Value, rows[i].Reason = math.NaN(), suppressed
			}
			continue
		}
		for _, run := range merged {
			into := &rows[run[0].row]
			for _, b := range run[1:] {
				r := &rows[b.row]
				into.BinHigh, into.Value, into.Persons = r.BinHigh, into.Value+r.Value, into.Persons+r.Persons
				drop[b.row] = true
				s.note("costs", "bins merged")
			}
		}
	}
	s.t.Costs = without(rows, drop)
}

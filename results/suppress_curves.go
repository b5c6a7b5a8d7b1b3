package results

import (
	"math"
	"slices"
)

// durations pools the steps of survival curves. Going forward in time, a point is kept where the events since the last kept
// one are none or at least the limit, at least the limit were at risk, and the same holds for the difference in events to
// every curve of a larger group that is kept at this point. Its events are then those since the last kept point; other
// points lose all figures. Where a person may stand in the curve with several spells, one of the steps that are pooled
// must have enough persons, or all together twice as many, since they may be the same. The number at risk stands where the censorings since it last stood are none or enough, and is
// that at the beginning of the pooled step. A curve where something was pooled is rounded, to three decimals from 300 at
// risk on and to two below: unrounded, it could be solved for the parts of a step and for those at risk. Where the number
// of those who begin is hidden in the flow, the curve is rounded and has no counts.
func (s *suppressor) durations() {
	rows := s.t.Durations
	orig := slices.Clone(rows)
	curves := grouped(rows, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) })
	size := func(c []int) int { return orig[c[0]].NRisk }
	for _, c := range curves {
		slices.SortStableFunc(c, func(i, j int) int { return cmpFloat(orig[i].Time, orig[j].Time) })
	}
	slices.SortStableFunc(curves, func(a, b []int) int { return size(b) - size(a) })
	kept := make([]bool, len(rows)) // of curves done
	for place, curve := range curves {
		first := &orig[curve[0]]
		if roundedMeasure(first.Measure) {
			continue
		}
		var outer [][]int
		for _, o := range curves[:place] {
			f := &orig[o[0]]
			if f.Tiltak == first.Tiltak && f.Measure == first.Measure && s.nest[first.Group][f.Group] {
				outer = append(outer, o)
			}
		}
		k := cellKey{first.Tiltak, first.Group}
		uncounted := s.starts[k] && first.Measure == "time_in_tiltak" || s.analysed[k] && first.Measure != "time_in_tiltak"
		s.pool(rows, orig, curve, outer, s.quadCurves(first, curves, orig), s.partCurves(first, curves[:place], orig), kept, s.near[k], uncounted)
	}
	s.wholeCurves()
	s.roundedCurves()
	s.durationShares()
}

// wholeCurves hides the smallest curve of what still leaves few events of everybody: pool goes forward in time and cannot take back a point
// that one of another curve, further on, makes tell.
func (s *suppressor) wholeCurves() {
	rows := s.t.Durations
	for found := curvesLeft(rows, s.few); len(found) > 0; found = curvesLeft(rows, s.few) {
		smallest := slices.MinFunc(found[0].parts, func(a, b []int) int { return s.shownEvents(a) - s.shownEvents(b) })
		for _, i := range smallest {
			if d := &rows[i]; d.Reason == "" {
				d.NRisk, d.NEvent, d.NCensor = -1, -1, -1
				d.Estimate, d.StdError, d.ConfLow, d.ConfHigh, d.Reason = math.NaN(), math.NaN(), math.NaN(), math.NaN(), suppressed
				s.note("durations", "few events or few at risk")
			}
		}
	}
}

func (s *suppressor) shownEvents(curve []int) (events int) {
	for _, i := range curve {
		events += max(s.t.Durations[i].NEvent, 0)
	}
	return events
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *suppressor) pool(rows, orig []Duration, curve []int, outer [][]int, quads [][3][]int, parts [][][]int, kept []bool, all, uncounted bool) {
	least := s.min // of censorings
	if orig[curve[0]].Repeated {
		least *= 2
	}
	enough := func(n int) bool { return n <= 0 || n >= least }
	censored, left := 0, 0                    // since the last number at risk
	risk, atRisk := -1, 0                     // at the beginning of the step: spells, persons
	var events pooledSpells                   // since the last kept point
	gap := make([]pooledSpells, len(outer))   // events of a larger group less ours
	left2 := make([]pooledSpells, len(quads)) // events of those in neither of two groups
	left3 := make([]pooledSpells, len(parts)) // events of what parts leave of a larger group, since all of them were last kept
	pooled := false
	hide := func(d *Duration) {
		d.NRisk, d.NEvent, d.NCensor = -1, -1, -1
		d.Estimate, d.StdError, d.ConfLow, d.ConfHigh, d.Reason = math.NaN(), math.NaN(), math.NaN(), math.NaN(), suppressed
		s.note("durations", "few events or few at risk")
		pooled = true
	}
	for _, time := range timesOf(orig, curve, outer, quads, parts) {
		i, o := at(orig, curve, time), &Duration{Repeated: orig[curve[0]].Repeated} // nothing happens at a time without a row
		if i >= 0 && orig[i].Reason != "" {
			pooled = pooled || orig[i].Reason == suppressed
			i = -1
		}
		if i >= 0 {
			o = &orig[i]
			if risk < 0 {
				risk, atRisk, left = o.NRisk, o.riskPersons(), censored // those censored before this step began
			}
			events.add(max(o.NEvent, 0), o.eventPersons())
			censored += max(o.NCensor, 0)
		}
		for k, out := range outer {
			n, persons := eventsAt(orig, out, time)
			gap[k].add(n-max(o.NEvent, 0), persons-o.eventPersons())
		}
		for k, q := range quads {
			var n [3]int
			for place, c := range q {
				n[place], _ = eventsAt(orig, c, time)
			}
			here := neither(n[0], n[1], n[2], max(o.NEvent, 0))
			left2[k].add(here, here)
		}
		for k, set := range parts {
			sum, of := -max(o.NEvent, 0), -o.eventPersons()
			for place, c := range set {
				if n, persons := eventsAt(orig, c, time); place == 0 {
					sum, of = sum+n, of+persons
				} else {
					sum, of = sum-n, of-persons
				}
			}
			left3[k].add(sum, of)
		}
		if i < 0 {
			continue
		}
		good, count := !all && o.riskPersons() >= s.min && events.enough(s.min, o.Repeated), enough(left)
		for k, out := range outer {
			j := at(orig, out, time)
			if j < 0 {
				continue
			}
			good = good && gap[k].enough(s.min, o.Repeated || orig[j].Repeated) && kept[j]
			if orig[j].NRisk > risk {
				count = count && orig[j].riskPersons()-atRisk >= s.min
			}
		}
		for k, q := range quads {
			h, a, b := at(orig, q[0], time), at(orig, q[1], time), at(orig, q[2], time)
			good = good && left2[k].enough(s.min, false)
			if h < 0 || a < 0 || b < 0 {
				continue
			}
			if d := neither(orig[h].NRisk, orig[a].NRisk, orig[b].NRisk, risk); d != 0 {
				count = count && enough(d)
			}
		}
		var common []int // sets that are all known here
		for k, set := range parts {
			all, others := true, 0
			for place, c := range set {
				j := latest(orig, c, time)
				if j < 0 {
					all = false
					continue
				}
				sign := -1
				if place == 0 {
					sign = 1
				}
				all = all && kept[j]
				if orig[j].Time != time || rows[j].NRisk < 0 {
					others = math.MinInt / 2 // not known
				}
				others += sign * rows[j].NRisk
			}
			if all {
				good = good && left3[k].enough(s.min, o.Repeated)
				count = count && !s.few(others-risk)
				common = append(common, k)
			}
		}
		if !good {
			hide(&rows[i])
			continue
		}
		for _, k := range common {
			left3[k] = pooledSpells{}
		}
		d := &rows[i]
		d.NEvent, d.NRisk, d.NCensor = events.spells, -1, -1
		if count {
			d.NRisk = risk
			if censored -= left; enough(censored) { // those before this step are accounted for
				d.NCensor = censored
			}
		}
		kept[i] = true
		events, risk = pooledSpells{}, -1
		clear(gap)
		clear(left2)
	}
	if !pooled && !uncounted {
		return
	}
	for _, i := range curve {
		d, unit := &rows[i], 1000.
		if uncounted {
			d.NRisk, d.NEvent, d.NCensor = -1, -1, -1
		}
		if orig[i].NRisk < 300 {
			unit = 100
		}
		for _, f := range []*float64{&d.Estimate, &d.StdError, &d.ConfLow, &d.ConfHigh} {
			*f = math.Round(*f*unit) / unit
		}
	}
}

// pooledSpells adds up the spells of pooled steps and the persons they are of.
type pooledSpells struct{ spells, persons, most int }

func (c *pooledSpells) add(spells, persons int) {
	c.spells, c.persons, c.most = c.spells+spells, c.persons+persons, max(c.most, persons)
}

// enough tells whether the spells are nobody's or of enough persons, who may be the same in several steps.
func (c *pooledSpells) enough(limit int, repeated bool) bool {
	switch {
	case c.spells <= 0:
		return true
	case repeated:
		return c.most >= limit || c.persons >= 2*limit
	}
	return c.persons >= limit
}

func (d *Duration) riskPersons() int {
	if d.Repeated {
		return d.RiskPersons
	}
	return d.NRisk
}

func (d *Duration) eventPersons() int {
	if d.Repeated {
		return d.EventPersons
	}
	return max(d.NEvent, 0)
}

// at is the row of a curve at a time, −1 where it has none.
func at(rows []Duration, curve []int, time float64) int {
	for _, j := range curve {
		if rows[j].Time == time {
			return j
		}
	}
	return -1
}

// latest is the last row of a curve up to a time, −1 where it has none: between rows nothing happens.
func latest(rows []Duration, curve []int, time float64) int {
	last := -1
	for _, j := range curve {
		if rows[j].Time <= time {
			last = j
		}
	}
	return last
}

// eventsAt are the events of a curve at a time and the persons they are of.
func eventsAt(rows []Duration, curve []int, time float64) (events, persons int) {
	if j := at(rows, curve, time); j >= 0 {
		return max(rows[j].NEvent, 0), rows[j].eventPersons()
	}
	return 0, 0
}

// timesOf are the times at which any of some curves has a row.
func timesOf(rows []Duration, curve []int, outer [][]int, quads [][3][]int, parts [][][]int) []float64 {
	all := append([][]int{curve}, outer...)
	for _, q := range quads {
		all = append(all, q[:]...)
	}
	for _, set := range parts {
		all = append(all, set...)
	}
	var times []float64
	for _, c := range all {
		for _, j := range c {
			times = append(times, rows[j].Time)
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// bin is a row of a histogram as merge sees it.
type bin struct {
	row     int
	persons int
}

// merge cuts bins, in their order, into runs that may be shown as one bin each: one bin of the run holds enough persons,
// or together they hold twice as many as needed, because one person may stand in two bins. The last run takes what is left
// over. Nil where even all bins together do not reach it. Empty bins are none of anybody's.
func (s *suppressor) merge(bins []bin) [][]bin {
	var out [][]bin
	var run []bin
	most, sum := 0, 0
	for _, b := range bins {
		run = append(run, b)
		most, sum = max(most, b.persons), sum+b.persons
		if most >= s.min || sum >= 2*s.min || sum == 0 {
			out = append(out, run)
			run, most, sum = nil, 0, 0
		}
	}
	if sum > 0 { // left over: goes to the last run that holds persons, over empty ones
		for len(out) > 0 {
			last := out[len(out)-1]
			run = append(slices.Clone(last), run...)
			out = out[:len(out)-1]
			held := 0
			for _, b := range last {
				held += b.persons
			}
			if held > 0 {
				return append(out, run)
			}
		}
		return nil
	}
	return out
}

// overlap merges small bins of each arm.
func (s *suppressor) overlap() {
	drop := map[int]bool{}
	rows := s.t.Overlap
	for _, cell := range grouped(rows, func(o *Overlap) string { return join(o.Tiltak, o.Group, o.Method, o.Arm) }) {
		slices.SortStableFunc(cell, func(i, j int) int { return cmpFloat(rows[i].BinLow, rows[j].BinLow) })
		var bins []bin
		for _, i := range cell {
			bins = append(bins, bin{i, rows[i].Persons})
		}
		first := &rows[cell[0]]
		merged := s.merge(bins)
		if merged == nil || s.near[cellKey{first.Tiltak, first.Group}] {
			for _, i := range cell {
				rows[i].Share, rows[i].Reason = math.NaN(), suppressed
				s.note("overlap", "few persons")
			}
			continue
		}
		for _, run := range merged {
			into := &rows[run[0].row]
			for _, b := range run[1:] {
				r := &rows[b.row]
				into.BinHigh, into.Share, into.Persons = r.BinHigh, into.Share+r.Share, into.Persons+r.Persons
				drop[b.row] = true
				s.note("overlap", "bins merged")
			}
		}
	}
	s.t.Overlap = without(rows, drop)
}

func without[R any](rows []R, drop map[int]bool) []R {
	if len(drop) == 0 {
		return rows
	}
	var left []R
	for i := range rows {
		if !drop[i] {
			left = append(left, rows[i])
		}
	}
	return left
}

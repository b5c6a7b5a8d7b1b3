package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// The corrections for looking at many figures. Holm (1979) bounds the probability of one false finding whatever the
// dependence; simultaneous does so with the estimated dependence (the single step of the maximal statistic), which is
// sharper where groups overlap and months follow each other; Benjamini and Hochberg (1995) bound the expected share of
// false findings among the findings.
const (
	benjaminiHochberg = "bh"
	simultaneous      = "simultaneous"
)

// familyKeys are what a family can run over, in the order of its name.
var familyKeys = []string{"tiltak", "group", "outcome", "month", "method"}

// largestFamily bounds the joint covariance of a simultaneous family.
const largestFamily = 2000

// resolveFamily fills in the family and refuses one that is not.
func (s *Study) resolveFamily() error {
	in := &s.Inference
	if in.Family == nil {
		in.Family = &Family{}
	}
	f := in.Family
	if f.Over == nil {
		f.Over = []string{"tiltak", "group"}
	}
	if len(f.Over) == 0 {
		return fault.Usagef("bad_study", "`inference.family.over` is empty; name what the family runs over, of %s", strings.Join(familyKeys, ", "))
	}
	for i, key := range f.Over {
		if !slices.Contains(familyKeys, key) {
			return fault.Usagef("bad_study", "`inference.family.over` names `%s`; it is of %s%s", key, strings.Join(familyKeys, ", "), fault.Suggest(key, familyKeys))
		}
		if slices.Contains(f.Over[:i], key) {
			return fault.Usagef("bad_study", "`inference.family.over` names `%s` twice", key)
		}
	}
	slices.SortStableFunc(f.Over, func(a, b string) int { return slices.Index(familyKeys, a) - slices.Index(familyKeys, b) })
	for _, fixed := range []struct {
		key   string
		given bool
	}{{"outcome", f.Outcome != ""}, {"month", f.Month != 0}, {"method", f.Method != ""}} {
		if fixed.given && f.runsOver(fixed.key) {
			return fault.Usagef("bad_study", "`inference.family` fixes its %s and runs over it; leave out one of them", fixed.key)
		}
	}
	if f.Outcome == "" && !f.runsOver("outcome") {
		f.Outcome = s.Outcomes[0].ID
	}
	if f.Month == 0 && !f.runsOver("month") {
		f.Month = min(24, s.Horizon)
	}
	if f.Method == "" && !f.runsOver("method") {
		f.Method = s.Methods[0].ID
	}
	if f.Outcome != "" && !slices.ContainsFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == f.Outcome }) {
		return fault.Usagef("bad_study", "`inference.family.outcome: %s` is no outcome of the study", f.Outcome)
	}
	if f.Method != "" && !slices.ContainsFunc(s.Methods, func(m Method) bool { return m.ID == f.Method }) {
		return fault.Usagef("bad_study", "`inference.family.method: %s` is no method of the study", f.Method)
	}
	if f.Month < 0 || f.Month > s.Horizon {
		return fault.Usagef("bad_study", "`inference.family.month: %d` must lie between 1 and the horizon %d", f.Month, s.Horizon)
	}
	return nil
}

// tooLarge refuses a simultaneous family whose joint covariance would not fit.
func (s *Study) tooLarge(t *cohort.Trials) error {
	f := s.Inference.Family
	if s.Inference.Multiplicity != simultaneous {
		return nil
	}
	n := 1
	for key, values := range map[string]int{"tiltak": len(t.Tiltak), "group": len(t.Groups), "outcome": len(s.Outcomes), "month": s.Horizon, "method": len(s.Methods)} {
		if f.runsOver(key) {
			n *= values
		}
	}
	if n > largestFamily {
		return fault.Usagef("bad_study", "`inference.family` has %d figures, and `multiplicity: simultaneous` serves up to %d; run over less, or use holm or bh", n, largestFamily)
	}
	return nil
}

// runsOver tells whether the members of the family differ in a key. Nil is [tiltak, group].
func (f *Family) runsOver(key string) bool {
	if f.Over == nil {
		return key == "tiltak" || key == "group"
	}
	return slices.Contains(f.Over, key)
}

// has tells whether a figure belongs to a family of the study: a primary figure at a month, on the main sample.
func (f *Family) has(e *results.Estimate) bool {
	own := func(s string) bool { return s == "" || s == "main" }
	return e.Role == "primary" && e.Month != nil && e.SubsetVar == "" && own(e.Sample) && own(e.Definition) &&
		(f.runsOver("outcome") || e.Outcome == f.Outcome) && (f.runsOver("method") || e.Method == f.Method) && (f.runsOver("month") || *e.Month == f.Month)
}

// name says what the members of the family of a figure have in common, and what they run over.
func (f *Family) name(e *results.Estimate) string {
	var same, over []string
	for _, key := range familyKeys {
		if f.runsOver(key) {
			over = append(over, key)
			continue
		}
		switch key {
		case "tiltak":
			same = append(same, e.Tiltak)
		case "group":
			same = append(same, e.Group)
		case "outcome":
			same = append(same, f.Outcome)
		case "month":
			same = append(same, fmt.Sprintf("month %d", f.Month))
		case "method":
			same = append(same, f.Method)
		}
	}
	last := len(over) - 1
	list := strings.Join(over[:last], ", ")
	if last > 0 {
		list += " and "
	}
	return strings.Join(append(same, "over "+list+over[last]), ", ")
}

// influence is what the persons of the register contribute to one figure, in units of its standard error.
type influence struct {
	Row    int     // of the estimates
	Person []int32 // number in the register
	Psi    []float32
}

type influences []influence

// add appends those of another table that begins at row `from` of this one.
func (to influences) add(more influences, from int) influences {
	for _, m := range more {
		m.Row += from
		to = append(to, m)
	}
	return to
}

// influences are those of the rows (of one series) that belong to the family, where the correction of the study asks for
// them. Persons without influence are left out.
func (in *Inference) influences(rows []results.Estimate, s *series) influences {
	if in.Multiplicity != simultaneous || s == nil || s.all == nil {
		return nil
	}
	var out influences
	var who []int32 // register number of the persons of the cell, or of what errors are summed by
	for i := range rows {
		e := &rows[i]
		if !in.Family.has(e) || !(e.StdError > 0) {
			continue
		}
		if who == nil {
			who = s.c.numbers
		}
		f := influence{Row: i}
		for p := range s.c.clusters {
			if v := s.all[*e.Month-1][p]; v != 0 {
				f.Person, f.Psi = append(f.Person, who[p]), append(f.Psi, v)
			}
		}
		out = append(out, f)
	}
	return out
}

// adjust fills p_adjusted, family and, for simultaneous ones, the family's intervals. Figures without a p-value are no
// members. Holm and bh are those of synthesis; the adjusted value of a simultaneous family is P(max |Z| ≥ |t|), Z normal with the
// correlations of the members.
//
// The correlations of a simultaneous family are those of the influence summed by person of the register over all members, so
// that a person who stands in several groups, tiltak and months counts once. A member without a known influence has no
// adjusted value.
func adjust(rows []results.Estimate, in Inference, joint influences, seed uint64) {
	if in.Multiplicity == noCorrection {
		return
	}
	f := in.Family
	members := map[string][]int{}
	var names []string
	for i := range rows {
		e := &rows[i]
		if !f.has(e) || math.IsNaN(e.PValue) {
			continue
		}
		name := f.name(e)
		if members[name] == nil {
			names = append(names, name)
		}
		members[name] = append(members[name], i)
	}
	for _, name := range names {
		of := members[name]
		for _, i := range of {
			rows[i].Family = name
		}
		correct(rows, of, name, in.Multiplicity, joint, in.Level, seed)
	}
}

// correct fills the adjusted values of one family.
func correct(rows []results.Estimate, of []int, name, correction string, joint influences, level float64, seed uint64) {
	p := make([]float64, len(of))
	for k, i := range of {
		p[k] = rows[i].PValue
	}
	switch correction {
	case simultaneous:
		jointly(rows, of, joint, level, seed, name)
		return
	case holm:
		p = synthesis.Holm(p)
	case benjaminiHochberg:
		p = synthesis.BenjaminiHochberg(p)
	default:
		panic("analysis: multiplicity " + correction)
	}
	for k, i := range of {
		rows[i].PAdjusted = p[k]
	}
}

// jointly fills what a simultaneous family says of its members.
func jointly(rows []results.Estimate, of []int, joint influences, level float64, seed uint64, name string) {
	at := map[int]int{} // row → place in joint
	for k := range joint {
		at[joint[k].Row] = k
	}
	var known []int
	for _, i := range of {
		if _, ok := at[i]; ok {
			known = append(known, i)
		}
	}
	m := len(known)
	if m == 0 {
		return
	}
	v := make([]float64, m*m)
	parts := make(influences, m)
	for a, i := range known {
		parts[a] = joint[at[i]]
	}
	crossProducts(parts, v)
	draws := estimate.Draw(v, m, bandDraws, random.New(seed, "study-family "+name))
	critical := draws.Critical(level)
	for _, i := range known {
		e := &rows[i]
		z, c := e.Estimate/e.StdError, estimate.FromNormal(critical, e.DF)
		if e.DF > 0 {
			z = estimate.ToNormal(e.PValue)
		}
		e.PAdjusted = draws.PValue(z)
		e.FamilyLow, e.FamilyHigh = e.Estimate-c*e.StdError, e.Estimate+c*e.StdError
	}
}

// crossProducts fills v (m×m, row-major, both triangles) with Σ over persons of ψ of one member times ψ of another.
func crossProducts(parts influences, v []float64) {
	m := len(parts)
	top := int32(-1)
	for _, p := range parts {
		for _, q := range p.Person {
			top = max(top, q)
		}
	}
	// The members of each person, one person after the other.
	start := make([]int, top+2)
	for _, p := range parts {
		for _, q := range p.Person {
			start[q+1]++
		}
	}
	for q := range start[1:] {
		start[q+1] += start[q]
	}
	next := slices.Clone(start)
	member, value := make([]int32, start[top+1]), make([]float32, start[top+1])
	for a, p := range parts {
		for k, q := range p.Person {
			member[next[q]], value[next[q]] = int32(a), p.Psi[k]
			next[q]++
		}
	}
	for q := range int(top) + 1 {
		for i := start[q]; i < start[q+1]; i++ {
			row := v[int(member[i])*m:]
			for j := start[q]; j <= i; j++ { // members of a person stand in their order
				row[member[j]] += float64(value[i]) * float64(value[j])
			}
		}
	}
	for a := range m {
		for b := range a {
			v[b*m+a] = v[a*m+b]
		}
	}
}

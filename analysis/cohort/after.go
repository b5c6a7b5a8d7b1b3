package cohort

import (
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// AfterLink restricts a design to persons with a first link: the effect of a second one.
//
// Whoever gets a second link had not found work until then. Comparing all who ever got one with all who did not gives the
// link the credit, or the blame, for that wait (immortal time). Here both arms are looked at on the day on which the
// second link begins: everybody has had a first link of the named tiltak, and on that day it has been over for as many
// months (State Ended), or has gone on for as many (State In). Calendar month × those months are the strata, in the place
// of the months elapsed in the episode, which stay covariates. The treated start in m, the comparison is registered on
// the same day and starts nothing in m.
//
// In month m the link is known from the participations that began before m: the one that ends last, if it is of the
// tiltak, otherwise the one of the tiltak that ends last among those that overlap it (beside which the other was bought).
// It is first where no participation ended in the Within months before it began.
type AfterLink struct {
	Tiltak []string // codes
	Within int      // Ended: most months from the month of the last day to m
	State  string   // Ended or In
	Any    bool     // later links of a chain count too
}

// The states of a first link on the day.
const (
	Ended = "ended"
	In    = "in"
)

// sinceBands are the strata of months since the link ended, 0 in the month of its last day: the first month of each; for In
// Bands are, by months since it began. There are as many.
var sinceBands = []int{0, 1, 2, 3, 4, 7, 13}

func (a *AfterLink) validate(d *Design) error {
	switch {
	case len(a.Tiltak) == 0:
		return fault.Usagef("bad_study", "`population.chain.after` is empty; name the tiltak of the first link")
	case a.State != Ended && a.State != In:
		return fault.Usagef("bad_study", "`population.chain.state: %s` is not known%s; it is ended or in", a.State, fault.Suggest(a.State, []string{Ended, In}))
	case a.Within < 0 || a.Within > 36:
		return fault.Usagef("bad_study", "`population.chain.within` is a number of months from 0 to 36, not %d", a.Within)
	case d.WashoutAny > 0:
		return fault.Usagef("bad_study", "`population.washout.any: %d` takes out those who lately began the very link that `population.chain` asks for; set it to 0", d.WashoutAny)
	case d.Against == Never:
		return fault.Usagef("bad_study", "`comparison.against: never` and `population.chain` exclude each other: whoever has had a first link has been in tiltak")
	case d.Against == Either || len(d.Combinations) > 0:
		return fault.Usagef("bad_study", "`population.chain` is about what begins after a link, and combinations are about what runs beside it; make two studies")
	}
	return nil
}

// link is the first link of a person before m: the participation, and the last day of it or of what overlapped it.
type link struct {
	part *register.Participation
	end  calendar.Date
}

// linkBefore is the link of a person before m; ok is false where there is none.
func linkBefore(reg *register.Register, person int32, m calendar.Month, codes []int16, a *AfterLink) (l link, ok bool) {
	parts := reg.Participations[reg.FirstPart[person]:reg.FirstPart[person+1]]
	var last *register.Participation
	for i := range parts {
		if p := &parts[i]; p.Start < m.First() && (last == nil || p.End >= last.End) {
			last = p
		}
	}
	if last == nil {
		return link{}, false
	}
	l.end = last.End
	for i := range parts {
		p := &parts[i]
		if p.Start < m.First() && p.End >= last.Start && slices.Contains(codes, p.Tiltak) && (l.part == nil || p.End >= l.part.End) {
			l.part = p
		}
	}
	if l.part == nil {
		return link{}, false
	}
	if !a.Any {
		for i := range parts {
			if q := &parts[i]; q.End < l.part.Start && q.End.Month() >= l.part.Start.Month()-calendar.Month(a.Within) {
				return link{}, false // itself a later link
			}
		}
	}
	return l, true
}

// months is how long ago the link ended, or began, in months before m; −1 where it is not in the state of the design, or too
// long ago, whatever the day in m.
func (l *link) months(m calendar.Month, a *AfterLink) int {
	if a.State == In {
		if l.end < m.First() {
			return -1
		}
		return int(m - l.part.Start.Month())
	}
	if l.end == calendar.Open {
		return -1
	}
	since := int(m - l.end.Month())
	if since < 0 || since > a.Within {
		return -1
	}
	return since
}

// on tells whether the link is in the state of the design on a day.
func (l *link) on(day calendar.Date, a *AfterLink) bool { return (l.end < day) == (a.State == Ended) }

// afterLink tells whether the person has the first link of the design before m and in its state on the day; without one
// in the design everybody has.
func (b *builder) afterLink(person int32, m calendar.Month, day calendar.Date) bool {
	if b.d.After == nil {
		return true
	}
	l, ok := linkBefore(b.reg, person, m, b.afterCodes, b.d.After)
	return ok && l.months(m, b.d.After) >= 0 && l.on(day, b.d.After)
}

// band is the second part of the stratum of a person in m: months elapsed in the episode, or with a first link in the design
// months since it ended or began; −1 where there is none.
func (b *builder) band(person int32, m calendar.Month, e *Episode) int {
	if b.d.After == nil {
		return Band(e.Elapsed(m))
	}
	l, ok := linkBefore(b.reg, person, m, b.afterCodes, b.d.After)
	if !ok {
		return -1
	}
	n := l.months(m, b.d.After)
	if n < 0 {
		return -1
	}
	if b.d.After.State == In {
		return Band(max(1, n))
	}
	k := len(sinceBands) - 1
	for n < sinceBands[k] {
		k--
	}
	return k
}

// numbers are the register's numbers of tiltak codes; codes that nobody takes part in are refused.
func (a *AfterLink) numbers(reg *register.Register) ([]int16, error) {
	var out []int16
	for _, code := range a.Tiltak {
		i, ok := slices.BinarySearch(reg.Tiltak, code)
		if !ok {
			return nil, fault.Usagef("unknown_tiltak", "`population.chain.after` names `%s`, which nobody in the register takes part in%s", code, fault.Suggest(code, reg.Tiltak))
		}
		out = append(out, int16(i))
	}
	return out, nil
}

// linkCovariates describe the first link, for designs that have one: which it was, how long, how long ago, and whether it
// was completed.
func linkCovariates(reg *register.Register, d *Design) []Covariate {
	a := d.After
	if a == nil {
		return nil
	}
	codes, _ := a.numbers(reg) // Build refuses what the register does not have; names are known before it is read
	var out []Covariate
	add := func(name, nb, en string, value func(link, *moment) float64) {
		out = append(out, Covariate{Name: name, NB: nb, EN: en, Latest: Fixed, value: func(x *moment) float64 {
			l, ok := linkBefore(x.reg, x.person, x.m, codes, a)
			if !ok {
				return 0
			}
			return value(l, x)
		}})
	}
	flag := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	if a.State == Ended {
		add("ledd_maaneder_siden", "Måneder siden første ledd sluttet", "Months since the first link ended", func(l link, x *moment) float64 { return float64(x.m - l.end.Month()) })
		add("ledd_siste_maaned", "Første ledd sluttet i startmåneden", "The first link ended in the month of the start", func(l link, x *moment) float64 { return flag(l.end.Month() == x.m) })
		add("ledd_varighet", "Varighet av første ledd (måneder)", "Length of the first link (months)", func(l link, _ *moment) float64 { return float64(l.end-l.part.Start+1) / 30.436875 })
		add("ledd_fullfort", "Første ledd fullført", "First link completed", func(l link, _ *moment) float64 { return flag(l.part.Completed) })
	} else {
		add("ledd_maaneder_i", "Måneder i første ledd", "Months in the first link", func(l link, x *moment) float64 { return float64(x.m - l.part.Start.Month()) })
	}
	for _, k := range codes[min(1, len(codes)):] { // the first is the reference
		add("ledd="+reg.Tiltak[k], "Første ledd: "+reg.Tiltak[k], "First link: "+reg.Tiltak[k], func(l link, _ *moment) float64 { return flag(l.part.Tiltak == k) })
	}
	return out
}

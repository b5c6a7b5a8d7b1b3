package outcome

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// life reads docs/outcomes.md one month at a time; it shares no code with Follow.
type life struct {
	s     Spec
	env   Env
	h     register.History
	start calendar.Month
	jobs  *register.Jobs
}

// state is what a month is: 'x' not known, '0' an exit that counts as nothing, '.' a month like others.
func (l *life) state(m calendar.Month) byte {
	k := int(m - l.h.First)
	if k < 0 || k >= len(l.h.State) || l.env.Cut != 0 && m > l.env.Cut {
		return 'x'
	}
	exit := func(how, otherwise Exit) byte {
		if how == Censor || how == "" && otherwise == Censor {
			return 'x'
		}
		return '0'
	}
	switch s := l.h.State[k]; {
	case s&register.Gone != 0: // whoever has emigrated is followed no further, dead or not
		return exit(l.env.Emigration, Censor)
	case s&register.Dead != 0:
		return exit(l.env.Death, Zero)
	}
	return '.'
}

func (l *life) wage(k int) float64 {
	switch l.s.Terms {
	case AllTerms:
		return float64(l.h.Wage[k]) / 100
	case TiltakTerms:
		return float64(l.h.Wage[k]-l.h.OrdinaryWage[k]) / 100
	}
	return float64(l.h.OrdinaryWage[k]) / 100
}

func (l *life) position(k int) bool {
	all, ordinary := float64(l.h.Position[k])/100 >= l.s.Position, float64(l.h.Ordinary[k])/100 >= l.s.Position
	switch l.s.Terms {
	case AllTerms:
		return all
	case TiltakTerms:
		return all && !ordinary
	}
	return ordinary
}

// work tells whether a month counts as work of the kind asked for.
func (l *life) work(m calendar.Month) bool {
	k := int(m - l.h.First)
	if l.state(m) != '.' || !l.position(k) {
		return false
	}
	value := func(names []string, number int) string {
		if number == 0 {
			return ""
		}
		return names[number-1]
	}
	listed := func(wanted []string, v string, match func(v, w string) bool) bool {
		if len(wanted) == 0 {
			return true
		}
		for _, w := range wanted {
			if strings.HasPrefix(w, "-") {
				if v == "" || match(v, w[1:]) {
					return false
				}
				continue
			}
			if v == "" && w == "ukjent" || v != "" && match(v, w) {
				return true
			}
		}
		return strings.HasPrefix(wanted[0], "-")
	}
	j := l.h.Jobs
	if !listed(l.s.Sector, value(l.jobs.Sectors, int(j.Sector[k])), strings.EqualFold) || !listed(l.s.Contract, value(l.jobs.Contracts, int(j.Contract[k])), strings.EqualFold) ||
		!listed(l.s.Industry, value(l.jobs.Industries, int(j.Industry[k])), strings.HasPrefix) {
		return false
	}
	if len(l.s.Employer) == 0 {
		return true
	}
	now, kind := value(l.jobs.Employers, int(j.Employer[k])), "annen"
	for b := int(l.start-l.h.First) - 1; b >= 0; b-- {
		if b < len(l.h.State) && l.position(b) {
			switch before := value(l.jobs.Employers, int(j.Employer[b])); before {
			case "":
				kind = "ukjent"
			case now:
				kind = "samme"
			}
			break
		}
	}
	if now == "" {
		kind = "ukjent"
	}
	return slices.Contains(l.s.Employer, kind)
}

func (l *life) has(m calendar.Month, bits register.State) bool {
	return l.state(m) == '.' && l.h.State[m-l.h.First]&bits != 0
}

func (l *life) benefits() (bits register.State) {
	for _, b := range l.s.Benefits {
		bits |= map[string]register.State{"dagpenger": register.Dagpenger, "aap": register.AAP, "ufore": register.Ufore, "sosialhjelp": register.Sosialhjelp, "tiltakspenger": register.Tiltakspenger}[b]
	}
	return bits
}

// at is the outcome h months after the start.
func (l *life) at(h int) float64 {
	from, to := h, h // the months, after the start, that must be known
	switch l.s.Kind {
	case StableWork:
		if l.s.Mode == Entered {
			from, to = 1, h+l.s.Of-1
		} else {
			from = h - l.s.Of + 1
		}
	case TwoG:
		from = h - 11
	case JobHeld, Retention:
		from, to = 1, h+l.s.After
	case ExitToWork:
		from = 0
	}
	if from < 1 && l.s.Kind != ExitToWork || l.s.Kind == ExitToWork && h < l.s.After {
		return math.NaN()
	}
	for i := from; i <= to; i++ {
		if l.state(l.start+calendar.Month(i)) == 'x' {
			return math.NaN()
		}
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	month := func(i int) calendar.Month { return l.start + calendar.Month(i) }
	k := func(i int) int { return int(month(i) - l.h.First) }
	run := func(first int) bool {
		n, gap := 0, 0
		for i := first; i < first+l.s.Of; i++ {
			if l.work(month(i)) {
				n, gap = n+1, 0
			} else if gap++; gap > *l.s.Gap {
				return false
			}
		}
		return n >= l.s.Months
	}
	first := 0
	for i := 1; i <= h && first == 0 && l.s.Kind != ExitToWork; i++ {
		if l.work(month(i)) {
			first = i
		}
	}
	switch l.s.Kind {
	case Work:
		return truth(l.work(month(h)))
	case StableWork:
		if l.s.Mode == Status {
			return truth(run(h-l.s.Of+1) && l.state(month(h)) == '.')
		}
		for i := 1; i <= h; i++ {
			if l.work(month(i)) && run(i) {
				return 1
			}
		}
		return 0
	case Earnings:
		if l.state(month(h)) != '.' {
			return 0
		}
		return l.wage(k(h)) * deflateBy7(month(h))
	case EmployedAndPaid:
		return truth(l.work(month(h)) && l.wage(k(h)) > 0)
	case WageOver:
		return truth(l.state(month(h)) == '.' && l.wage(k(h)) > l.s.TimesG*stepG(month(h))/12)
	case TwoG:
		wage, g := 0., 0.
		for i := h - 11; i <= h; i++ {
			g += stepG(month(i)) / 12
			if l.state(month(i)) == '.' {
				wage += l.wage(k(i))
			}
		}
		return truth(l.state(month(h)) == '.' && wage > l.s.TimesG*g)
	case NoBenefit:
		return truth(l.work(month(h)) && !l.has(month(h), l.benefits()))
	case Benefit:
		return truth(l.has(month(h), l.benefits()))
	case Disability:
		return truth(l.has(month(h), register.Ufore))
	case Education:
		return truth(l.has(month(h), register.Studying))
	case ExitToWork:
		for e := 0; e+2 <= h; e++ {
			registered := func(i int) bool { return l.h.State[k(i)]&register.Registered != 0 }
			if registered(e) && !registered(e+1) && !registered(e+2) {
				return truth(e+l.s.After <= h && l.work(month(e+l.s.After)) && l.wage(k(e+l.s.After)) > 0)
			}
		}
		return 0
	case JobHeld:
		return truth(first > 0 && l.work(month(h+l.s.After)))
	}
	if first == 0 && l.s.Conditional {
		return math.NaN()
	}
	if first == 0 || !l.work(month(first+l.s.After)) {
		return 0
	}
	a, b := l.h.Jobs.Employer[k(first)], l.h.Jobs.Employer[k(first+l.s.After)]
	return truth(!l.s.SameEmployer || a != 0 && a == b)
}

// event is the time to the outcome: the first month in which it is 1, in which an exit or a competing state comes, or the last before the end of what is known.
func (l *life) event(horizon, ahead int, competing register.State) (int, Ended) {
	for h := 1; h <= horizon; h++ {
		m := l.start + calendar.Month(h)
		if l.at(h) == 1 {
			return h, Reached
		}
		k := int(m - l.h.First)
		inside := func(m calendar.Month) bool {
			k := int(m - l.h.First)
			return k >= 0 && k < len(l.h.State) && (l.env.Cut == 0 || m <= l.env.Cut)
		}
		if !inside(m) {
			return h - 1, Censored
		}
		switch s := l.h.State[k]; {
		case s&register.Gone != 0:
			return h, Emigrated
		case s&register.Dead != 0:
			return h, Died
		case s&competing&register.Ufore != 0:
			return h, OnUfore
		case s&competing&register.Studying != 0:
			return h, InEducation
		}
		// What looks ahead beyond the data is not known to be not yet reached. An exit ahead comes in its own month.
		if !inside(m + calendar.Month(ahead)) {
			return h - 1, Censored
		}
	}
	return horizon, Censored
}

func deflateBy7(m calendar.Month) float64 { return 1 + float64(int(m)%7)/10 }
func stepG(m calendar.Month) float64      { return 900 + 100*float64(int(m)%5) }

// Every kind with every option, exits and cuts at random, values and times to event, on made-up lives.
func TestFollowAgainstLives(t *testing.T) {
	r := rand.New(rand.NewPCG(20261130, 2))
	jobs := &register.Jobs{Employers: []string{"A", "B"}, Sectors: []string{"kommune", "privat", "stat"}, Contracts: []string{"fast", "midlertidig"}, Industries: []string{"47.110", "84.110", "84.300"}}
	values := map[Kind][3]int{}
	ends := map[Ended]int{}
	for range 20000 {
		n := 1 + r.IntN(45)
		h := register.History{First: january, Jobs: &register.JobHistory{}}
		var exit register.State
		for i := range n {
			total := uint16([]int{0, 0, 1, 4999, 5000, 10000, 10000}[r.IntN(7)])
			ordinary := total
			var state register.State
			if total > 0 && r.IntN(4) == 0 {
				ordinary, state = uint16(r.IntN(int(total)+1)), register.TiltakWage
			}
			wage := int32(total) * int32(r.IntN(3))
			own := int32(float64(wage) * float64(ordinary) / float64(max(total, 1)))
			for _, bit := range []register.State{register.Registered, register.Dagpenger, register.AAP, register.Ufore, register.Sosialhjelp, register.Tiltakspenger, register.Studying} {
				if r.IntN(7) == 0 {
					state |= bit
				}
			}
			if i > 0 && r.IntN(2) == 0 { // stretches
				total, ordinary, wage, own = h.Position[i-1], h.Ordinary[i-1], h.Wage[i-1], h.OrdinaryWage[i-1]
			}
			if r.IntN(50) == 0 {
				exit |= []register.State{register.Dead, register.Gone}[r.IntN(2)]
			}
			if exit != 0 {
				total, ordinary, wage, own, state = 0, 0, 0, 0, exit
			}
			h.Position, h.Ordinary, h.Wage, h.OrdinaryWage, h.State = append(h.Position, total), append(h.Ordinary, ordinary), append(h.Wage, wage), append(h.OrdinaryWage, own), append(h.State, state)
			j := h.Jobs
			employer, sector, contract, industry := r.Int32N(3), uint8(r.IntN(4)), uint8(r.IntN(3)), uint16(r.IntN(4))
			if total == 0 {
				employer, sector, contract, industry = 0, 0, 0, 0
			}
			j.Employer, j.Sector, j.Contract, j.Industry = append(j.Employer, employer), append(j.Sector, sector), append(j.Contract, contract), append(j.Industry, industry)
		}
		kind := Kind(Kinds()[r.IntN(len(Kinds()))])
		u, _ := useOf(kind)
		s := Spec{Kind: kind}
		maybe := func() bool { return r.IntN(2) == 0 }
		if u.position != 0 && maybe() {
			s.Position = []float64{1, 49.99, 50, 100}[r.IntN(4)]
		}
		if u.terms != "" && maybe() {
			s.Terms = []Terms{Ordinary, AllTerms, TiltakTerms}[r.IntN(3)]
			if s.Terms == TiltakTerms && !u.jobs && !u.price {
				s.Terms = AllTerms
			}
		}
		if u.window {
			s.Of = 1 + r.IntN(7)
			s.Months, s.Mode = 1+r.IntN(s.Of), []Mode{Status, Entered}[r.IntN(2)]
			if g := r.IntN(3); maybe() && (g > 0 || s.Months == s.Of) {
				s.Gap = &g
			}
		}
		if u.timesG != 0 {
			s.TimesG = []float64{0.5, 1, 2}[r.IntN(3)]
		}
		if u.after != 0 {
			s.After = 2 + r.IntN(7)
		}
		if u.benefits && maybe() {
			s.Benefits = [][]string{{"aap"}, {"dagpenger", "tiltakspenger"}, {"ufore"}}[r.IntN(3)]
		}
		if u.cond {
			s.Conditional, s.SameEmployer = maybe(), maybe()
		}
		if u.jobs {
			if r.IntN(4) == 0 {
				s.Sector = [][]string{{"Privat"}, {"ukjent"}, {"-stat"}, {"kommune", "ukjent"}}[r.IntN(4)]
			}
			if r.IntN(4) == 0 {
				s.Contract = [][]string{{"fast"}, {"-fast", "-vikar"}}[r.IntN(2)]
			}
			if r.IntN(4) == 0 {
				s.Industry = [][]string{{"84"}, {"-84.1"}, {"47.1", "84.3"}}[r.IntN(3)]
			}
			if r.IntN(3) == 0 {
				s.Employer = [][]string{{"samme"}, {"annen"}, {"ukjent"}, {"samme", "ukjent"}}[r.IntN(4)]
			}
		}
		env := Env{Jobs: jobs, G: stepG, Deflate: func(int) (func(calendar.Month) float64, error) { return deflateBy7, nil },
			Death: []Exit{"", Zero, Censor}[r.IntN(3)], Emigration: []Exit{"", Zero, Censor}[r.IntN(3)]}
		if maybe() {
			env.Cut = january + calendar.Month(r.IntN(n))
		}
		d := compile(t, s, env)
		l := &life{d.Spec, env, h, january + calendar.Month(r.IntN(n)), jobs}
		horizon := 1 + r.IntN(30)
		for i, got := range d.Follow(h, l.start, horizon, nil) {
			want := l.at(i + 1)
			if got != want && (got == got || want == want) && math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Fatalf("%+v, death %s, emigration %s, from %v, cut %v: h = %d is %v, want %v\nstates %v\nordinary %v", d.Spec, env.Death, env.Emigration, l.start, env.Cut, i+1, got, want, h.State, h.Ordinary)
			}
			c := values[kind]
			switch {
			case got != got:
				c[2]++
			case got == 0:
				c[0]++
			default:
				c[1]++
			}
			values[kind] = c
		}
		if !d.Binary() || s.Conditional {
			continue
		}
		competing := []register.State{0, register.Ufore, register.Ufore | register.Studying}[r.IntN(3)]
		month, how := d.Event(h, l.start, horizon, competing)
		if m, e := l.event(horizon, d.MinFollowUp(0), competing); m != month || e != how {
			t.Fatalf("%+v, death %s, emigration %s, from %v, cut %v, horizon %d, competing %v: ends at %d (%v), want %d (%v)\nstates %v\nordinary %v", d.Spec, env.Death, env.Emigration, l.start, env.Cut, horizon, competing, month, how, m, e, h.State, h.Ordinary)
		}
		ends[how]++
	}
	for _, kind := range Kinds() {
		if c := values[Kind(kind)]; c[0] < 100 || c[1] < 50 || c[2] < 100 {
			t.Errorf("%s: %d zeros, %d others, %d missing: little is tested", kind, c[0], c[1], c[2])
		}
	}
	if len(ends) != 6 {
		t.Errorf("ends: %v", ends)
	}
}

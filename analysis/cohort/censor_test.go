package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

func censored(t *testing.T, reg *register.Register, workers int) *Trials {
	t.Helper()
	d := tinyDesign()
	d.Censor, d.Workers = true, workers
	trials, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

// Months at risk and weights straight from the words of Censoring, day by day, with no shared code but the logit's prediction.
func TestCensoringAgainstBruteForce(t *testing.T) {
	for round := range 4 {
		reg := tiny(rand.New(rand.NewPCG(3, uint64(round))), 150, 40)
		trials := censored(t, reg, 2)
		c := trials.Censoring
		d := trials.Design
		last := min(reg.Cut, d.To+calendar.Month(d.FollowUp))
		// Share of the start days of a month: every start of the register; months under 50 take all months' days.
		perMonth := map[calendar.Month][]int{}
		var all []int
		for _, p := range reg.Participations {
			if m := p.Start.Month(); m >= d.From && m <= last {
				perMonth[m] = append(perMonth[m], p.Start.Day())
				all = append(all, p.Start.Day())
			}
		}
		dayShare := func(m calendar.Month, day int) float64 {
			pool := perMonth[m]
			if len(pool) < 50 {
				pool = all
			}
			n := 0
			for _, x := range pool {
				if min(x, m.Days()) == day {
					n++
				}
			}
			return float64(n) / float64(len(pool))
		}
		// Which days of the register belong to an episode.
		inside := func(person int32, day calendar.Date) bool {
			for _, r := range reg.Registrations {
				if r.Person == person && r.From <= day && day <= r.To {
					return true
				}
			}
			return false
		}
		comparison := map[[2]int]bool{}
		for _, trial := range trials.Tiltak {
			for i, row := range trial.Row {
				if !trial.Treated[i] {
					comparison[[2]int{int(trials.Rows.Person[row]), int(trials.Rows.Month[row])}] = true
				}
			}
		}
		startIn := func(person int32, from, to calendar.Month) bool {
			for _, p := range reg.Participations {
				if p.Person == person && p.Start.Month() >= from && p.Start.Month() <= to {
					return true
				}
			}
			return false
		}
		starts, outsideStarts := 0, 0
		outside := map[int]float64{}
		share := map[[2]int]float64{} // of the months at risk without a start
		for person := range int32(reg.Persons.N) {
			for u := d.From + 1; u <= last; u++ {
				at := false
				for m := max(d.From, u-calendar.Month(d.FollowUp)); m < u; m++ {
					at = at || comparison[[2]int{int(person), int(m)}] && !startIn(person, m+1, u-1)
				}
				gone := func(x calendar.Date) bool { return x != register.NoDate && x <= u.First() }
				if !at || gone(reg.Persons.Died[person]) || gone(reg.Persons.Emigrated[person]) {
					continue
				}
				if startIn(person, u, u) {
					covered := false
					for _, p := range reg.Participations {
						if p.Person == person && p.Start.Month() == u {
							covered = inside(person, p.Start)
							break
						}
					}
					if covered {
						starts++
					} else {
						outsideStarts++
						outside[u.Year()]++
					}
					continue
				}
				f := 0.
				for day := 1; day <= u.Days(); day++ {
					if inside(person, u.First()+calendar.Date(day)-1) {
						f += dayShare(u, day)
					}
				}
				share[[2]int{int(person), int(u)}] = f
				if f < 1-1e-12 {
					outside[u.Year()] += 1 - f
				}
			}
		}
		if c.Starts != starts {
			t.Fatalf("round %d: %d starts at risk, want %d", round, c.Starts, starts)
		}
		gotStarts := 0.
		for _, o := range c.Outside {
			gotStarts += o.Starts
			if math.Abs(o.Months-outside[o.Year]) > 1e-9 {
				t.Errorf("%d: %v months outside, want %v", o.Year, o.Months, outside[o.Year])
			}
		}
		if gotStarts != float64(outsideStarts) || starts < 20 {
			t.Errorf("round %d: %v starts outside, want %d; %d inside", round, gotStarts, outsideStarts, starts)
		}
		// Weights of a few rows: the product of 1/(1 − p·F)/(1 − q·(1 − F)) over the months since.
		b := builder{reg: reg, d: d}
		terms := riskTerms(defaultCovariates(reg, &Design{From: d.From, To: last}))
		if len(c.Names) < len(terms) {
			terms = fixedTerms(terms)
		}
		checked := 0
		for row := 0; row < trials.Rows.Len() && checked < 60; row += 7 {
			person, m := trials.Rows.Person[row], trials.Rows.Month[row]
			if !comparison[[2]int{int(person), int(m)}] {
				continue
			}
			w, ok := c.Weight(person, m, d.Horizon)
			if ok == startIn(person, m+1, m+calendar.Month(d.Horizon)) {
				t.Fatalf("person %d in %s: there %v", person, m, ok)
			}
			if !ok {
				continue
			}
			checked++
			want := 1.
			var s scratch
			b.load(&s, person)
			for u := m + 1; u <= m+calendar.Month(d.Horizon); u++ {
				f, known := share[[2]int{int(person), int(u)}]
				if !known {
					continue // dead or gone
				}
				byEpisode := 0.
				for e := range s.episodes {
					if !s.episodes[e].Meets(u) {
						continue
					}
					own := 0.
					for day := 1; day <= u.Days(); day++ {
						if s.episodes[e].Covers(u.First() + calendar.Date(day) - 1) {
							own += dayShare(u, day)
						}
					}
					x := moment{reg: reg, persons: &reg.Persons, person: person, m: u, history: &s.history, episode: &s.episodes[e]}
					want /= 1 - c.chance(terms, &x)*own
					byEpisode += own
				}
				if math.Abs(byEpisode-f) > 1e-9 {
					t.Fatalf("episodes overlap: %v and %v", byEpisode, f)
				}
				for _, o := range c.Outside {
					if o.Year == u.Year() {
						want /= 1 - o.Starts/o.Months*(1-f)
					}
				}
			}
			if math.Abs(w-want) > 1e-9*want {
				t.Fatalf("round %d, person %d in %s: weight %v, want %v", round, person, m, w, want)
			}
		}
		if checked < 20 {
			t.Errorf("round %d: only %d weights checked", round, checked)
		}
	}
}

func TestCensoringDoesNotDependOnWorkers(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(5, 5)), 2200, 30)
	one, two := censored(t, reg, 1).Censoring, censored(t, reg, 2).Censoring
	if !reflect.DeepEqual(one.stay, two.stay) || !reflect.DeepEqual(one.Outside, two.Outside) {
		t.Error("one worker and two give different weights")
	}
}

// Over all rows, those that left counted 0, the weights have mean 1: the check that the diagnostics of a run print.
func TestWeightsOfStayingHaveMeanOne(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(6, 1)), 2500, 40) // starts of tiny depend on nothing
	trials := censored(t, reg, 2)
	sum, n := 0., 0.
	for k := range trials.Tiltak {
		trial := &trials.Tiltak[k]
		for i, row := range trial.Row {
			if trial.Treated[i] {
				continue
			}
			w, _ := trials.Censoring.Weight(trials.Rows.Person[row], trials.Rows.Month[row], 6)
			sum += w
			n++
		}
	}
	if mean := sum / n; math.Abs(mean-1) > 0.03 { // six months, 2,500 persons: an error of about 0.008
		t.Errorf("mean weight %v", mean)
	}
}

// A person of weight 3 in the extract is three persons of weight 1: in the chances of staying and of starting late, inside and outside episodes.
func TestCensoringKnowsTheExtract(t *testing.T) {
	copies := func(n int) int { return 1 + n%3 }
	weighted := tiny(rand.New(rand.NewPCG(5, 1)), 2500, 40)
	p := &weighted.Persons
	for i := range p.N {
		p.Died[i], p.Emigrated[i] = register.NoDate, register.NoDate // what a row is does then not depend on the draw of its day
		p.Weight = append(p.Weight, float64(copies(i)))
	}
	for i := range weighted.Participations { // starts on the 1st of whoever counts three times, on the 25th of others
		q := &weighted.Participations[i]
		day := 25
		if copies(int(q.Person)) == 3 {
			day = 1
		}
		q.Start = q.Start.Month().First() + calendar.Date(day) - 1
		q.End = max(q.End, q.Start)
	}
	w := weighted.Panel
	many := &register.Register{Tiltak: weighted.Tiltak, Cut: weighted.Cut, FirstPart: []int32{0}, FirstReg: []int32{0}, Panel: &register.Panel{First: w.First, Months: w.Months}}
	of := make([]int32, p.N) // the first copy of each
	for i := range int32(p.N) {
		of[i] = int32(many.Persons.N)
		for range copies(int(i)) {
			q := &many.Persons
			number := int32(q.N)
			q.N++
			q.IntID, q.Born, q.Sex, q.Origin = append(q.IntID, int64(number)), append(q.Born, p.Born[i]), append(q.Sex, p.Sex[i]), append(q.Origin, p.Origin[i])
			q.Education, q.County, q.Counties = append(q.Education, p.Education[i]), append(q.County, p.County[i]), p.Counties
			q.Died, q.Emigrated = append(q.Died, p.Died[i]), append(q.Emigrated, p.Emigrated[i])
			for _, x := range weighted.Participations[weighted.FirstPart[i]:weighted.FirstPart[i+1]] {
				x.Person = number
				many.Participations = append(many.Participations, x)
			}
			for _, x := range weighted.Registrations[weighted.FirstReg[i]:weighted.FirstReg[i+1]] {
				x.Person = number
				many.Registrations = append(many.Registrations, x)
			}
			many.FirstPart, many.FirstReg = append(many.FirstPart, int32(len(many.Participations))), append(many.FirstReg, int32(len(many.Registrations)))
			h, to := w.History(i), many.Panel
			to.N++
			to.Position, to.Ordinary, to.Wage, to.OrdinaryWage, to.State = append(to.Position, h.Position...), append(to.Ordinary, h.Ordinary...), append(to.Wage, h.Wage...), append(to.OrdinaryWage, h.OrdinaryWage...), append(to.State, h.State...)
		}
	}
	for _, startBy := range []int{0, 9} {
		d := tinyDesign()
		d.Censor, d.IgnoreStartDay, d.FollowUp = true, true, d.Horizon
		if startBy > 0 {
			d.Elapsed, d.WaitUntil, d.StartBy = [2]int{1, 3}, 5, startBy
		}
		a, b := build(t, weighted, d), build(t, many, d)
		if len(a.Censoring.Names) != len(b.Censoring.Names) || len(a.Censoring.Outside) == 0 {
			t.Fatalf("%d and %d terms, %d years outside", len(a.Censoring.Names), len(b.Censoring.Names), len(a.Censoring.Outside))
		}
		rows := map[string]int32{}
		for row := range b.Rows.Person {
			rows[fmt.Sprint(b.Rows.Person[row], b.Rows.Month[row], b.Rows.EpisodeStart[row])] = int32(row)
		}
		checked := 0
		for i, row := range a.Tiltak[0].Row {
			if a.Tiltak[0].Treated[i] {
				continue
			}
			other, ok := rows[fmt.Sprint(of[a.Rows.Person[row]], a.Rows.Month[row], a.Rows.EpisodeStart[row])]
			if !ok {
				t.Fatalf("person %d has no row in %v", of[a.Rows.Person[row]], a.Rows.Month[row])
			}
			x, lateX, okX := a.Stay(&a.Tiltak[0], row, d.Horizon)
			y, lateY, okY := b.Stay(&b.Tiltak[0], other, d.Horizon)
			if okX != okY || lateX != lateY || math.Abs(x-y) > 1e-6*y {
				t.Fatalf("start_by %d, person %d in %v: weight %v (%v, %v), of copies %v (%v, %v)", startBy, a.Rows.Person[row], a.Rows.Month[row], x, lateX, okX, y, lateY, okY)
			}
			checked++
		}
		if checked < 100 {
			t.Errorf("only %d rows", checked)
		}
	}
}

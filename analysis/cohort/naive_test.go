package cohort

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
)

// naive says, day by day and by the words of docs/designs.md alone, who the rows of a design are: no code is shared with it but the
// draws and the age.
type naive struct {
	reg     *register.Register
	d       Design
	covered [][]bool // person, day since the first of the panel: in the risk set
}

func newNaive(reg *register.Register, d Design) *naive {
	n := &naive{reg: reg, d: d, covered: make([][]bool, reg.Persons.N)}
	first, last := reg.Panel.First.First(), (reg.Cut + 24).Last()
	for person := range n.covered {
		days := make([]bool, last-first+1)
		fill := func(from, to calendar.Date) {
			for day := from; day <= min(to, last); day++ {
				days[day-first] = true
			}
		}
		for _, r := range reg.Registrations {
			if int(r.Person) == person && d.Eligible != ByBenefit {
				fill(r.From, r.To)
			}
		}
		h := reg.Panel.History(int32(person))
		for k, state := range h.State {
			if d.Eligible == ByRegistration || state&(register.Dagpenger|register.AAP|register.Ufore|register.Sosialhjelp) == 0 {
				continue
			}
			m := h.First + calendar.Month(k)
			fill(m.First(), m.Last())
			if k == len(h.State)-1 {
				fill(m.First(), last)
			}
		}
		n.covered[person] = days
	}
	return n
}

// episode is the first day of the stretch that a day is in; ok is false outside.
func (n *naive) episode(person int32, day calendar.Date) (from calendar.Date, ok bool) {
	first := n.reg.Panel.First.First()
	at := int(day - first)
	if at < 0 || !n.covered[person][at] {
		return 0, false
	}
	for at > 0 && n.covered[person][at-1] {
		at--
	}
	return first + calendar.Date(at), true
}

// event is a start or, where time zero is the referral, a referral.
type naiveEvent struct {
	day    calendar.Date
	tiltak string
}

func (n *naive) events(person int32) (out []naiveEvent) {
	for _, p := range n.reg.Participations {
		if p.Person != person {
			continue
		}
		day := p.Start
		if n.d.Referral && p.Referred != register.NoDate && p.Referred <= p.Start {
			day = p.Referred
		}
		out = append(out, naiveEvent{day, n.reg.Tiltak[p.Tiltak]})
	}
	if n.d.Referral {
		for _, p := range n.reg.Referrals {
			if p.Person == person && p.Referred != register.NoDate {
				out = append(out, naiveEvent{p.Referred, n.reg.Tiltak[p.Tiltak]})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b naiveEvent) int { return int(a.day - b.day) })
	return out
}

// starts tells whether somebody starts (or is referred to) one of the codes in m; nil is any.
func (n *naive) starts(person int32, m calendar.Month, codes []string) bool {
	return slices.ContainsFunc(n.events(person), func(e naiveEvent) bool {
		return e.day.Month() == m && (codes == nil || slices.Contains(codes, e.tiltak))
	})
}

// fits tells whether a person can be a row of m on a day, and in which stratum: calendar month × months elapsed or, with a first link, months
// since it. same are the codes whose washout counts: what the row itself starts, and what it is compared with.
func (n *naive) fits(person int32, day calendar.Date, same []string) (stratum string, from calendar.Date, ok bool) {
	d, p, m := &n.d, &n.reg.Persons, day.Month()
	if from, ok = n.episode(person, day); !ok || p.Died[person] != register.NoDate && p.Died[person] <= day || p.Emigrated[person] != register.NoDate && p.Emigrated[person] <= day {
		return "", 0, false
	}
	age := p.AgeAt(person, m)
	if age < d.AgeMin || age > d.AgeMax || p.AgeAt(person, m+calendar.Month(d.Horizon)) >= 67 || m < d.From || m > d.To || m+calendar.Month(max(d.Horizon, d.FollowUp)) > n.reg.Cut {
		return "", 0, false
	}
	lately := func(began calendar.Month, code string) bool {
		gap := int(m - began)
		return gap > 0 && (gap <= d.WashoutAny || slices.Contains(same, code) && gap <= d.WashoutSame)
	}
	for _, q := range n.reg.Participations {
		code := n.reg.Tiltak[q.Tiltak]
		if q.Person == person && (lately(q.Start.Month(), code) || slices.Contains(same, code) && q.Start.Month() < m && q.End >= m.First()) {
			return "", 0, false
		}
	}
	for _, e := range n.events(person) {
		if lately(e.day.Month(), e.tiltak) {
			return "", 0, false
		}
	}
	elapsed := int(m-from.Month()) + 1
	if w := d.Elapsed; w != [2]int{} && (elapsed < w[0] || elapsed > w[1]) {
		return "", 0, false
	}
	band := func(x int, limits ...int) (b int) {
		for b < len(limits) && x >= limits[b] {
			b++
		}
		return b
	}
	if d.After == nil {
		return fmt.Sprint(m, " ", band(elapsed, 1, 2, 3, 4, 7, 13, 25)), from, true
	}
	since, has := inLink(n.reg, person, m, day, d.After)
	if d.After.State == Ended {
		return fmt.Sprint(m, " ", band(since, 0, 1, 2, 3, 4, 7, 13)), from, has && since >= 0
	}
	return fmt.Sprint(m, " ", band(max(since, 1), 1, 2, 3, 4, 7, 13, 25)), from, has
}

type naiveRow struct {
	key, stratum string
	person       int32
	m            calendar.Month
	from         calendar.Date
	treated      bool
}

// rows are those of one tiltak of the design.
func (n *naive) rows(code string) (out []naiveRow) {
	d := &n.d
	same := append([]string{code}, d.Others...)
	days := map[string][]uint8{}
	row := func(person int32, day calendar.Date, treated bool, stratum string, from calendar.Date) {
		out = append(out, naiveRow{fmt.Sprint(person, " ", day.Month(), " ", from, " ", treated, " ", day.Day()), stratum, person, day.Month(), from, treated})
	}
	persons := int32(n.reg.Persons.N)
	for person := range persons {
		taken := map[calendar.Month]bool{}
		for _, e := range n.events(person) {
			m := e.day.Month()
			if e.tiltak != code || taken[m] || len(d.Others) > 0 && n.starts(person, m, d.Others) {
				continue
			}
			if stratum, from, ok := n.fits(person, e.day, same); ok {
				taken[m] = true
				row(person, e.day, true, stratum, from)
				days[stratum] = append(days[stratum], uint8(e.day.Day()))
			}
		}
	}
	draw := random.NewKeyed(d.Seed, "cohort start day "+code)
	for person := range persons {
		if d.Against == Other {
			taken := map[calendar.Month]bool{}
			for _, e := range n.events(person) {
				m := e.day.Month()
				if !slices.Contains(d.Others, e.tiltak) || taken[m] || n.starts(person, m, []string{code}) {
					continue
				}
				if stratum, from, ok := n.fits(person, e.day, same); ok && len(days[stratum]) > 0 {
					taken[m] = true
					row(person, e.day, false, stratum, from)
				}
			}
			continue
		}
		if d.Against == Never && slices.ContainsFunc(n.reg.Participations, func(p register.Participation) bool { return p.Person == person }) {
			continue
		}
		for m := d.From; m <= d.To; m++ {
			if n.starts(person, m, nil) {
				continue
			}
			// Each stratum of the month has its days; a row takes the day drawn for the stratum it stands in on that day.
			for _, stratum := range slices.Sorted(maps.Keys(days)) {
				pool := days[stratum]
				day := m.First() + calendar.Date(pool[int(draw.Uniform(uint64(person), uint64(m))*float64(len(pool)))]) - 1
				if own, from, ok := n.fits(person, day, same); ok && own == stratum && day.Month() == m {
					row(person, day, false, stratum, from)
				}
			}
		}
	}
	return out
}

// tinyOf is tiny with three tiltak, referrals that lead to a start or nowhere, and sampling weights.
func tinyOf(rng *rand.Rand, n, months int) *register.Register {
	reg := tiny(rng, n, months)
	reg.Tiltak = []string{"A", "B", "C"}
	for i := range reg.Participations {
		p := &reg.Participations[i]
		p.Tiltak = int16(rng.IntN(3))
		if i > 0 && reg.Participations[i-1].Person == p.Person && rng.IntN(4) == 0 { // two in a month
			p.Start = min(p.Start, reg.Participations[i-1].Start+calendar.Date(rng.IntN(6)))
			p.End = max(p.End, p.Start)
		}
		p.Referred = register.NoDate
		if rng.IntN(4) > 0 {
			p.Referred = p.Start - calendar.Date(rng.IntN(100)-5) // now and then after the start
		}
		switch rng.IntN(5) {
		case 0:
			p.End = p.Start // one day
		case 1:
			p.End = calendar.Open
		}
	}
	reg.FirstRef = []int32{0}
	for i := range n {
		for range rng.IntN(2) {
			reg.Referrals = append(reg.Referrals, register.Participation{Person: int32(i), Tiltak: int16(rng.IntN(3)), Start: register.NoDate, End: register.NoDate,
				Referred: firstMonth.First() + calendar.Date(rng.IntN(months*30))})
		}
		reg.FirstRef = append(reg.FirstRef, int32(len(reg.Referrals)))
		reg.Persons.Weight = append(reg.Persons.Weight, 0.5+rng.Float64())
	}
	return reg
}

// Designs drawn at random from what can be combined: risk set × comparison × referral × washouts × elapsed months × first link × follow-up ×
// sampling. Every row, its day, its arm and stratum, and its weight in a large and in a small cell are those of the naive reading.
func TestDesignsAgainstNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(20261130, 1))
	seen := map[string]int{}
	for round := range 120 {
		reg := tinyOf(rng, 60+60*(round%2), 40)
		d := tinyDesign()
		d.Eligible = []Eligible{ByRegistration, ByRegistration, ByBenefit, ByEither}[rng.IntN(4)]
		d.WashoutSame, d.WashoutAny = rng.IntN(5), rng.IntN(2)*rng.IntN(3)
		d.Against = []Against{NotNow, NotNow, Never, Other}[rng.IntN(4)]
		d.To = firstMonth + calendar.Month(18+rng.IntN(15)) // beyond what can be followed too
		d.FollowUp = d.Horizon + rng.IntN(3)
		name := fmt.Sprint(d.Eligible, " ", d.Against)
		switch {
		case d.Against == Other:
			d.Tiltak, d.Others = []string{"A"}, []string{"B"}
			switch rng.IntN(3) {
			case 0:
				d.Tiltak = []string{"A", "C"}
			case 1:
				d.Others = []string{"B", "C"}
			}
		case rng.IntN(2) == 0:
			d.Tiltak = []string{"B"}
		}
		if rng.IntN(3) == 0 && d.Against == NotNow {
			d.Referral = true
			name += " referral"
		}
		if rng.IntN(3) == 0 {
			d.Elapsed = [2]int{1 + rng.IntN(3), 3 + rng.IntN(6)}
			name += " elapsed"
		}
		if rng.IntN(3) == 0 && d.Against != Never {
			d.WashoutAny = 0
			d.After = &AfterLink{Tiltak: []string{"A", "C"}, Within: 3 + rng.IntN(8), State: []string{Ended, In}[rng.IntN(2)], Any: rng.IntN(2) == 0}
			if d.After.State == In {
				d.After.Within = 0
			}
			name += " " + d.After.State
		}
		if rng.IntN(2) == 0 {
			d.PerTreated, d.KeepAllUnder = 1, 1+rng.IntN(40)
		}
		trials, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatalf("round %d, %s: %v", round, name, err)
		}
		n := newNaive(reg, d)
		r := &trials.Rows
		for k := range trials.Tiltak {
			trial := &trials.Tiltak[k]
			want := n.rows(trial.Tiltak)
			inGroup := func(w naiveRow, g int) bool {
				for row := range r.Person {
					if r.Person[row] == w.person && r.Month[row] == w.m && r.EpisodeStart[row] == w.from {
						return r.Groups[row]&(1<<g) != 0
					}
				}
				return false
			}
			for g, group := range trials.Groups {
				// Counts by stratum before sampling, and whether the cell is large.
				treated, rate := 0, map[string]float64{}
				counts := map[string][2]int{}
				for _, w := range want {
					c := counts[w.stratum]
					if w.treated {
						c[0]++
						if inGroup(w, g) {
							treated++
						}
					} else {
						c[1]++
					}
					counts[w.stratum] = c
				}
				large := d.PerTreated > 0 && treated >= d.KeepAllUnder
				for s, c := range counts {
					rate[s] = 1
					if large && c[1] > 0 {
						rate[s] = min(1, float64(d.PerTreated*c[0])/float64(c[1]))
					}
				}
				sampling := random.NewKeyed(d.Seed, "cohort sampling")
				var expected, got []string
				for _, w := range want {
					if !inGroup(w, g) {
						continue
					}
					weight := reg.Persons.Weight[w.person]
					if !w.treated && rate[w.stratum] < 1 {
						if sampling.Uniform(uint64(w.person), uint64(w.m)) >= rate[w.stratum] {
							continue
						}
						weight /= rate[w.stratum]
					}
					expected = append(expected, fmt.Sprintf("%s %.9f", w.key, weight))
				}
				at, weight := trial.Weights(r, g)
				strata := map[int32]string{}
				for j, i := range at {
					row := trial.Row[i]
					got = append(got, fmt.Sprintf("%s %.9f", bruteKey(r.Person[row], r.Month[row], r.EpisodeStart[row], trial.Treated[i], trial.Day[i]), weight[j]))
					for _, w := range want { // rows of a stratum stand in one of the naive reading
						if w.person == r.Person[row] && w.m == r.Month[row] && w.treated == trial.Treated[i] && w.key == bruteKey(r.Person[row], r.Month[row], r.EpisodeStart[row], trial.Treated[i], trial.Day[i]) {
							if other, ok := strata[trial.Stratum[i]]; ok && other != w.stratum {
								t.Fatalf("round %d, %s: stratum %d is both %s and %s", round, name, trial.Stratum[i], other, w.stratum)
							}
							strata[trial.Stratum[i]] = w.stratum
						}
					}
				}
				slices.Sort(expected)
				slices.Sort(got)
				if !slices.Equal(got, expected) {
					t.Logf("%+v large %v treated %d", trials.Design, large, treated)
					t.Fatalf("round %d, %s, tiltak %v, others %v, %s × %s: %d rows, want %d\nmore %v\nless %v", round, name, d.Tiltak, d.Others, trial.Tiltak, group.ID, len(got), len(expected), diff(got, expected), diff(expected, got))
				}
				if g == 0 {
					seen[name] += len(got)
				}
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("%d kinds of designs: %v", len(seen), seen)
	}
	for name, rows := range seen {
		if rows == 0 {
			t.Logf("no row of %s", name)
		}
	}
}

package simulate

import (
	"math"
	"testing"
)

// contrast compares the treated on their reference path with a comparison: outcomes at month 24 of each, summed by
// person, since a person stands in many months and on both sides.
type contrast struct {
	treated, comparison     float64 // sums of weights
	yTreated, yComparison   float64
	byPerson                [][4]float64 // weights and weighted outcomes of a person: treated, comparison
	wTreated, wyTreated     float64
	wComparison, wyCompared float64
}

func (c *contrast) add(treated bool, weight, y float64) {
	if treated {
		c.wTreated, c.wyTreated = c.wTreated+weight, c.wyTreated+weight*y
	} else {
		c.wComparison, c.wyCompared = c.wComparison+weight, c.wyCompared+weight*y
	}
}

func (c *contrast) endPerson() {
	if c.wTreated+c.wComparison > 0 {
		c.byPerson = append(c.byPerson, [4]float64{c.wTreated, c.wyTreated, c.wComparison, c.wyCompared})
		c.treated, c.yTreated = c.treated+c.wTreated, c.yTreated+c.wyTreated
		c.comparison, c.yComparison = c.comparison+c.wComparison, c.yComparison+c.wyCompared
	}
	c.wTreated, c.wyTreated, c.wComparison, c.wyCompared = 0, 0, 0, 0
}

// bias is the difference of the weighted means and its standard error, influence summed by person.
func (c *contrast) bias() (difference, se float64) {
	m1, m0 := c.yTreated/c.treated, c.yComparison/c.comparison
	for _, p := range c.byPerson {
		i := (p[1]-m1*p[0])/c.treated - (p[3]-m0*p[2])/c.comparison
		se += i * i
	}
	return m1 - m0, math.Sqrt(se)
}

// TestSelectionIsOnWhatIsObserved is the claim of the package documentation, put to the simulation itself. The outcome is
// what would have been without the start: ordinary work at month 24 (100 if any) and ordinary wage then. The
// comparison are person-months without a start, registered on a day drawn for them.
//
//   - Unweighted, the treated differ: selection is real.
//   - Weighted by the true odds of a start in the tiltak, λ_k/Σλ · (e^Σλ − 1), they do not. Where the odds leave the
//     unobserved trait out (scenario unobserved), they do.
//   - With the true odds but without the start-day rule the comparison does too well.
func TestSelectionIsOnWhatIsObserved(t *testing.T) {
	const n, h = 30_000, 24
	for _, scenario := range []string{"default", "unobserved"} {
		opt := Options{Persons: n, Seed: 5, Scenario: scenario}
		if err := opt.resolve(); err != nil {
			t.Fatal(err)
		}
		w := newWorld(opt)
		var naive, weighted, without [numTiltak][2]contrast
		all := [3]*[numTiltak][2]contrast{&naive, &weighted, &without}
		for i := range n {
			p := w.newPerson(int64(i) + 1)
			if p.gone <= w.months {
				continue // the same on both sides: it depends on traits alone, and the register shows them
			}
			w.follow(&p, func(m *moment) {
				if m.t < 24 || m.t+h >= w.months {
					return
				}
				if m.started >= 0 {
					y := outcomes(m.reference[h])
					for o := range y {
						for _, c := range all {
							c[m.started][o].add(true, 1, y[o])
						}
					}
					return
				}
				y := outcomes(m.factual[m.t+h])
				sum := 0.0
				for _, l := range m.each {
					sum += l
				}
				day := 1 + int(math.Pow(w.trait.Uniform(uint64(p.id), uint64(5000+m.t)), .5)*float64(w.days[m.t]))
				there := day >= m.first && (m.exit == 0 || day <= m.exit)
				for k, l := range m.each {
					if l == 0 {
						continue
					}
					odds := (math.Exp(sum) - 1) * l / sum * math.Exp(-w.rules.selection*p.unobserved)
					for o := range y {
						if there {
							naive[k][o].add(false, 1, y[o])
							weighted[k][o].add(false, odds, y[o])
						}
						if day >= m.first {
							without[k][o].add(false, odds, y[o])
						}
					}
				}
			})
			for _, c := range all {
				for k := range c {
					for o := range c[k] {
						c[k][o].endPerson()
					}
				}
			}
		}
		selected := 0
		for k := range programmes {
			for o, outcome := range []string{"work", "wage"} {
				raw, rawSE := naive[k][o].bias()
				b, se := weighted[k][o].bias()
				off, offSE := without[k][o].bias()
				t.Logf("%s %s %s: unweighted %.2f (%.2f), true odds %.2f (%.2f), no start-day rule %.2f (%.2f)", scenario, programmes[k].code, outcome, raw, rawSE, b, se, off, offSE)
				if math.Abs(raw) > 5*rawSE {
					selected++
				}
				switch {
				case scenario == "default" && math.Abs(b) > 4*se: // 12 cells: chance 0.0008
					t.Errorf("%s %s: bias %.2f with the true odds, standard error %.2f", programmes[k].code, outcome, b, se)
				case scenario == "default" && off > b-.3*se:
					t.Errorf("%s %s: bias %.2f without the start-day rule, %.2f with it", programmes[k].code, outcome, off, b)
				case scenario == "unobserved" && b < 5*se:
					t.Errorf("%s %s: bias %.2f with odds that leave the trait out, standard error %.2f", programmes[k].code, outcome, b, se)
				}
			}
		}
		if scenario == "default" && selected < 4 {
			t.Errorf("the treated differ from the rest in %d of 12 cells only", selected)
		}
	}
}

// outcomes are ordinary work (100 where there is any) and ordinary wage in thousands.
func outcomes(c cell) [2]float64 {
	return [2]float64{100 * flag(c.ordinary > 0), float64(c.ordinaryWage) / 1e5}
}

// moment is a registered person-month as the test sees it.
type moment struct {
	t, first, exit int
	each           [numTiltak]float64
	started        int // tiltak started in the month, −1 none
	factual        []cell
	reference      []cell // path follow of the start, from its month
}

// follow lives a person's life and shows each month in which a start could have come.
func (w *world) follow(p *person, show func(*moment)) {
	var b block
	var rec recorder
	var moments []moment
	rec.trace = func(t, elapsed int, s *state, each [numTiltak]float64, exit int) {
		first := 1
		if elapsed == 0 {
			first = s.regDay
		}
		moments = append(moments, moment{t: t, first: first, exit: exit, each: each, started: -1})
	}
	w.live(p, &rec, &b, true)
	at := 0
	paths := map[int][]cell{}
	starts := map[int]int{}
	for i, part := range rec.parts {
		starts[part.month] = part.tiltak
		paths[part.month] = b.refs[at : at+int(b.refN[i])]
		at += 2 * int(b.refN[i])
	}
	for i := range moments {
		m := &moments[i]
		m.factual = b.cells
		if k, ok := starts[m.t]; ok {
			m.started, m.reference = k, paths[m.t]
		}
		show(m)
	}
}

// TestOverlap: nobody at risk is sure to start or sure not to, in any scenario that selects on what is observed.
func TestOverlap(t *testing.T) {
	opt := Options{Persons: 3000, Seed: 6}
	if err := opt.resolve(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(opt)
	for i := range opt.Persons {
		p := w.newPerson(int64(i) + 1)
		w.follow(&p, func(m *moment) {
			sum := 0.0
			for _, l := range m.each {
				sum += l
			}
			if chance := 1 - math.Exp(-sum); !(chance > .001 && chance < .4) {
				t.Fatalf("person %d month %d: chance of a start %.4f", p.id, m.t, chance)
			}
		})
	}
}

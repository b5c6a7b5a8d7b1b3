package simulate

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"tiltakseffekt/datasets/register"
)

// Lives that wait for the first month of the spell are those with starts as they come, lives that wait for ever those without
// any; between them nothing begins before the month waited for.
func TestWaited(t *testing.T) {
	generate := func(from, to int) *Register {
		sim, err := Generate(t.Context(), Options{Persons: 1500, Months: 72, Seed: 11, Counterfactual: true, Wait: [2]int{from, to}})
		if err != nil {
			t.Fatal(err)
		}
		return sim
	}
	none, at, never := generate(0, 0), generate(1, 1), generate(1000, 1000)
	if none.Waited != nil || !reflect.DeepEqual(none.cells, at.cells) || !reflect.DeepEqual(none.Paths, at.Paths) {
		t.Fatal("lives that wait change the register")
	}
	for i := range none.Paths.Starts {
		if !reflect.DeepEqual(at.Waited.Path(i, Follow), none.Paths.Path(i, Follow)) {
			t.Fatalf("start %d: to wait for the first month is another life", i)
		}
		if !reflect.DeepEqual(never.Waited.Path(i, Follow), none.Paths.Path(i, None)) || !reflect.DeepEqual(never.Waited.Path(i, None), none.Paths.Path(i, None)) {
			t.Fatalf("start %d: to wait for ever is another life than one without a start", i)
		}
	}

	const from, to = 5, 8
	sim := generate(from, to)
	reached, unlike := 0, 0
	for i, s := range sim.Paths.Starts {
		factual := sim.Factual(s.PersonID)
		m := int(s.Date.Month() - factual.First)
		spell := m // the register shows a spell as months without a gap; the day of a change of spell is not seen
		for spell > 0 && factual.State[spell-1]&register.Registered != 0 {
			spell--
		}
		if m-spell > 2 || factual.State[m]&register.InTiltak == 0 || spell > 0 && factual.State[spell]&register.Registered == 0 {
			continue
		}
		wait, within, no := sim.Waited.Path(i, Follow), sim.Waited.Path(i, None), sim.Paths.Path(i, None)
		for h := range wait.State {
			if h+m-spell+1 < from && (wait.State[h] != no.State[h] || within.State[h] != no.State[h]) {
				t.Fatalf("start %d: something begins %d months after a start that was left out", i, h)
			}
			if wait.State[h] != within.State[h] {
				unlike++
			}
		}
		// In the spell at the end of the window whoever waits for the window has begun, where none from before goes on.
		first := -1
		for h := range within.State {
			el := h + m - spell + 1
			if within.State[h]&register.Registered == 0 || el > to {
				break
			}
			if el >= from && first < 0 && within.State[h]&register.InTiltak != 0 {
				first = el
			}
			if el < from && no.State[h]&register.InTiltak != 0 {
				first = 0 // one from before goes on
			}
			if el == to && h+1 < len(within.State) && within.State[h+1]&register.Registered != 0 && first != 0 {
				if first < 0 {
					t.Fatalf("start %d: nothing is begun by month %d of a spell that goes on", i, to)
				}
				reached++
			}
		}
	}
	if reached < 80 || unlike < 200 {
		t.Fatalf("%d lives reach the end of the window, %d months differ: the test tests little", reached, unlike)
	}
}

// Of lives that wait for a window of months each month gets as many: here of one person with 20,000 fates, who finds no work. What else
// ends a spell is drawn apart from the wait, so that those whom nothing ends it for are spread evenly.
func TestWaitIsSpreadEvenly(t *testing.T) {
	const from, to, spell, fates = 5, 8, 20, 20000
	opt := Options{Persons: 1, Months: 72, Seed: 12, Wait: [2]int{from, to}}
	if err := opt.resolve(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(opt)
	p := w.newPerson(1)
	p.find, p.gone = -1000, w.months+1
	var began [to + 1]int
	reached := 0
	for i := range int64(fates) {
		p.id = i + 1
		stays := true // exits to other things than work are under 0.05 a month, at the upper end of their draw
		for u := spell + 1; u < spell+to; u++ {
			stays = stays && w.uniform(&p, u, drawExit) < .95
		}
		if !stays {
			continue
		}
		s := w.begin(&p)
		w.enter(&p, &s, spell, 1, nil)
		cells := w.wait(nil, &p, s, spell+1, spell+to-1, spell, 0, true)
		first := slices.IndexFunc(cells, func(c cell) bool { return c.state&register.InTiltak != 0 })
		if el := first + 2; first < 0 || el < from { // the first cell is of month 2
			t.Fatalf("fate %d begins in month %d of the spell (1: in none), outside %d to %d", i, el, from, to)
		}
		began[first+2]++
		reached++
	}
	if reached < fates/2 {
		t.Fatalf("%d of %d fates stay registered", reached, fates)
	}
	t.Logf("%v of %d", began[from:], reached)
	for el := from; el <= to; el++ {
		share, want := float64(began[el])/float64(reached), 1./(to-from+1)
		if math.Abs(share-want) > 3.5*math.Sqrt(want*(1-want)/float64(reached)) {
			t.Errorf("month %d: %.4f of %d begin in it, want %.4f", el, share, reached, want)
		}
	}
}

package cohort

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/regression"
)

// TestStartBy holds the rows of `start_by` against its words: who leaves, by the participations and registrations themselves; the factor
// of a month waited through, which is (1 − q) times that of `censor` where the person is in the episode on all its days; and that the rows
// stand for as many as they are, which the chances of a start of this tiltak must be right for.
func TestStartBy(t *testing.T) {
	const from, by = 5, 7
	reg := tiny(rand.New(rand.NewPCG(5, 9)), 4000, 40)
	d := tinyDesign()
	d.Censor, d.Elapsed, d.WaitUntil, d.StartBy, d.Horizon = true, [2]int{1, 3}, from, by, 9
	trials, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	d.StartBy = 0
	waiting, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	inside := map[int32]map[calendar.Date]bool{}
	for _, r := range reg.Registrations {
		if inside[r.Person] == nil {
			inside[r.Person] = map[calendar.Date]bool{}
		}
		for day := r.From; day <= min(r.To, reg.Cut.Last()); day++ {
			inside[r.Person][day] = true
		}
	}
	became := map[string]int{}
	for k := range trials.Tiltak {
		trial := &trials.Tiltak[k]
		sum, squares, rows := 0., 0., 0.
		for i, row := range trial.Row {
			if trial.Treated[i] {
				continue
			}
			person, m := trials.Rows.Person[row], trials.Rows.Month[row]
			if d := reg.Persons.Died[person]; d >= 0 && d.Month() <= m+9 {
				continue
			}
			if e := reg.Persons.Emigrated[person]; e >= 0 && e.Month() <= m+9 {
				continue
			}
			spell := trials.Rows.EpisodeStart[row]
			end := spell
			for inside[person][end+1] {
				end++
			}
			// What the words say of the row, month by month of its episode.
			what := "left the episode"
			factor, exact := 1., true
			for el := from; el <= by && what == "left the episode"; el++ {
				u := spell.Month() + calendar.Month(el) - 1
				q := 1 / float64(by-el+1)
				if end < u.First() {
					break
				}
				started := int16(-1)
				for _, p := range reg.Participations[reg.FirstPart[person]:reg.FirstPart[person+1]] {
					if p.Start.Month() == u && started < 0 && p.Start <= end {
						started = p.Tiltak
					}
				}
				switch {
				case started >= 0 && reg.Tiltak[started] == trial.Tiltak:
					what, exact = "started it", false
				case started >= 0:
					what = "started another"
				case end < u.Last():
					exact = false
				case el == by:
					what = "did not start"
				default:
					before, _ := trials.Censoring.Weight(person, m, int(u-m)-1)
					after, _ := trials.Censoring.Weight(person, m, int(u-m))
					factor *= (1 - q) * after / before
				}
			}
			wait, _, kept := waiting.Stay(&waiting.Tiltak[k], row, 9)
			weight, late, here := trials.Stay(trial, row, 9)
			rows++
			sum += weight
			squares += weight * weight
			if !kept {
				if here || weight != 0 {
					t.Fatal("who started before the month waited for is there")
				}
				continue
			}
			became[what]++
			leaves := what == "started another" || what == "did not start"
			if here == leaves || late != (what == "started it") {
				t.Fatalf("person %d, %s, episode %s to %s: %s, there %t, late %t", person, m, spell, end, what, here, late)
			}
			if here && exact && math.Abs(weight-wait*factor) > 1e-9*weight {
				t.Fatalf("person %d, %s: %s, weight %v, want %v", person, m, what, weight, wait*factor)
			}
			if late && !(weight > wait/(by-from+1)) {
				t.Fatalf("a start has a chance above 1: weight %v after %v", weight, wait)
			}
			early, _, okE := trials.Stay(trial, row, from-4)
			if b, _, okB := waiting.Stay(&waiting.Tiltak[k], row, from-4); early != b || okE != okB {
				t.Fatal("before the month waited for the rows are others than with wait_until")
			}
		}
		// Every row's weight has mean 1: four errors of the mean.
		mean := sum / rows
		tol := 4 * math.Sqrt((squares/rows-mean*mean)/rows)
		t.Logf("%s: mean weight %.3f ± %.3f of %.0f rows", trial.Tiltak, mean, tol, rows)
		if math.Abs(mean-1) > tol {
			t.Errorf("%s: mean weight %.3f of %.0f rows, further from 1 than %.3f", trial.Tiltak, mean, rows, tol)
		}
	}
	for _, what := range []string{"left the episode", "started it", "started another", "did not start"} {
		if became[what] < 30 {
			t.Errorf("%d rows %s: the test tests little", became[what], what)
		}
	}
}

// A month's chance of a start is cut at the same place for who starts and for who does not: the two factors stand for chances that add up to 1,
//
//	p̂ = q/f(start),  1 − p̂ = (1 − q)/f(no start).
func TestLateChanceIsCut(t *testing.T) {
	spell := &Episode{From: calendar.Month(600).First()}
	l := &lateStarts{from: 2, by: 5, choice: make([]*regression.Fit, 1), terms: make([][]Covariate, 1), spell: make([]calendar.Date, 2), factor: make([]float64, 2)}
	const q = 1. / 3 // month 3 of 2 … 5
	for p, want := range map[float64]float64{.2: .2, .949: .949, .99: maxChance, 1: maxChance} {
		x := &moment{episode: spell}
		l.add(0, p, x, exposure{m: 602, share: 1, start: true})
		l.add(1, p, x, exposure{m: 602, share: 1, tiltak: -1})
		start, none := q/l.factor[0], (1-q)/l.factor[1]
		if math.Abs(start-want) > 1e-12 || math.Abs(start+none-1) > 1e-12 {
			t.Errorf("chance %g: %g of a start and %g of none", p, start, none)
		}
	}
}

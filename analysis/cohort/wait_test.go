package cohort

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/calendar"
)

// TestWaitUntil: a row is there as long as its person starts nothing before the month waited for, by the participations
// themselves; its weight is that of `censor` up to then and stays. Once everybody has to wait past the time followed it is `censor`.
func TestWaitUntil(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(3, 9)), 300, 40)
	build := func(wait int) *Trials {
		d := tinyDesign()
		d.Censor, d.Elapsed, d.WaitUntil = true, [2]int{1, 3}, wait
		trials, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatal(err)
		}
		return trials
	}
	const k = 5
	trials, always, never := build(k), build(3+tinyDesign().Horizon+1), build(0)
	left, waited, seen := 0, 0, map[int32]bool{}
	for _, trial := range trials.Tiltak {
		for i, row := range trial.Row {
			if trial.Treated[i] || seen[row] {
				continue
			}
			seen[row] = true
			person, m := trials.Rows.Person[row], trials.Rows.Month[row]
			spell := trials.Rows.EpisodeStart[row].Month()
			for ahead := range trials.Design.Horizon + 1 {
				early, late := false, false
				for _, p := range reg.Participations[reg.FirstPart[person]:reg.FirstPart[person+1]] {
					if u := p.Start.Month(); u > m && u <= m+calendar.Month(ahead) {
						early = early || int(u-spell)+1 < k
						late = late || int(u-spell)+1 >= k
					}
				}
				weight, _, here := trials.Stay(&trial, row, ahead)
				full, stays := trials.Censoring.Weight(person, m, ahead)
				if here == early {
					t.Fatalf("row %d, %d months ahead: there %t, started before month %d %t", row, ahead, here, k, early)
				}
				switch {
				case early:
					left++
				case late:
					waited++
					if stays {
						t.Fatal("censor keeps who has started")
					}
				}
				if last := int(spell) + k - 2 - int(m); here && ahead > last {
					if then, _ := trials.Censoring.Weight(person, m, max(0, last)); math.Abs(weight-then) > 1e-12 {
						t.Fatalf("row %d: the weight goes on after the month waited for: %v, %v", row, weight, then)
					}
				} else if here && weight != full {
					t.Fatalf("row %d: %v, and %v by censor", row, weight, full)
				}
				a, _, ok := always.Stay(&trial, row, ahead)
				b, _, also := never.Stay(&trial, row, ahead)
				if ok != also || a != b {
					t.Fatalf("row %d: waiting throughout is not censor: %v %t, %v %t", row, a, ok, b, also)
				}
			}
		}
	}
	if left == 0 || waited == 0 {
		t.Errorf("%d row-months left, %d start after waiting", left, waited)
	}
}

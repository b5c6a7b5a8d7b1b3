package cohort

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// rowsOf writes the rows of a trial as words: person, month, arm and, for the treated, the day.
func rowsOf(t *Trials, k int) (treated, comparison []string) {
	trial := &t.Tiltak[k]
	for i, row := range trial.Row {
		key := fmt.Sprint(t.Rows.Person[row], " ", t.Rows.Month[row], " ", trial.Day[i])
		if trial.Treated[i] {
			treated = append(treated, key)
		} else {
			comparison = append(comparison, key)
		}
	}
	slices.Sort(treated)
	slices.Sort(comparison)
	return treated, comparison
}

func build(t *testing.T, reg *register.Register, d Design) *Trials {
	t.Helper()
	trials, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

// The never-treated are the comparison rows of not-now of those without a participation.
func TestNeverAgainstBruteForce(t *testing.T) {
	total := 0
	for round := range 20 {
		reg := tiny(rand.New(rand.NewPCG(8, uint64(round))), 60, 40)
		d := tinyDesign()
		notNow := build(t, reg, d)
		d.Against = Never
		never := build(t, reg, d)
		for k := range never.Tiltak {
			treated, all := rowsOf(notNow, k)
			gotTreated, got := rowsOf(never, k)
			var want []string
			for _, row := range all {
				var person int32
				fmt.Sscan(row, &person)
				if !slices.ContainsFunc(reg.Participations, func(p register.Participation) bool { return p.Person == person }) {
					want = append(want, row)
				}
			}
			if !slices.Equal(treated, gotTreated) || !slices.Equal(got, want) {
				t.Fatalf("round %d: %v, want %v", round, got, want)
			}
			total += len(want)
		}
	}
	if total < 200 {
		t.Errorf("only %d rows", total)
	}
}

// Against another tiltak the comparison of A are the starts that a study of B would analyse, in the strata of A's; who starts both in
// a month is in neither arm, and nobody is who started or was in either lately.
func TestOtherAgainstBruteForce(t *testing.T) {
	total := 0
	for round := range 30 {
		reg := tiny(rand.New(rand.NewPCG(9, uint64(round))), 200, 40)
		d := tinyDesign()
		d.WashoutSame = round % 4
		both := build(t, reg, d)
		d.Tiltak, d.Against, d.Others = []string{"A"}, Other, []string{"B"}
		trials := build(t, reg, d)
		fits := func(person int32, m calendar.Month) bool {
			months := map[int16]bool{}
			for _, p := range reg.Participations {
				if p.Person != person {
					continue
				}
				began := p.Start.Month()
				if began == m {
					months[p.Tiltak] = true
				}
				if began < m && (int(m-began) <= d.WashoutSame || p.End >= m.First()) {
					return false
				}
			}
			return len(months) < 2
		}
		stratum := func(t *Trials, row int32) string {
			return fmt.Sprint(t.Rows.Month[row], " ", t.Rows.Band[row])
		}
		occupied := map[string]bool{}
		var want [2][]string
		for k := range 2 {
			trial := &both.Tiltak[k]
			for i, row := range trial.Row {
				person, m := both.Rows.Person[row], both.Rows.Month[row]
				if !trial.Treated[i] || !fits(person, m) || k == 1 && !occupied[stratum(both, row)] {
					continue
				}
				if k == 0 {
					occupied[stratum(both, row)] = true
				}
				want[k] = append(want[k], fmt.Sprint(person, " ", m, " ", trial.Day[i]))
			}
			slices.Sort(want[k])
		}
		treated, comparison := rowsOf(trials, 0)
		if !slices.Equal(treated, want[0]) || !slices.Equal(comparison, want[1]) {
			t.Fatalf("round %d\ntreated    %v\nwant       %v\ncomparison %v\nwant       %v", round, treated, want[0], comparison, want[1])
		}
		total += len(comparison)
		for _, f := range trials.Flow {
			if f.Tiltak != "A" {
				t.Fatalf("flow of %s", f.Tiltak)
			}
		}
	}
	if total < 100 {
		t.Errorf("only %d comparison rows", total)
	}
}

// A combination begins on the day that the last part begins while the other goes on, worked out by hand on four lives.
func TestCombinationByHand(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(1, 1)), 4, 40)
	at := func(month, day int) calendar.Date { return calendar.NewDate(2016, month, day) }
	A, B := int16(0), int16(1)
	lives := [][]register.Participation{
		{{Tiltak: A, Start: at(2, 1), End: at(9, 1)}, {Tiltak: B, Start: at(4, 10), End: at(5, 1)}},  // both from 10 April
		{{Tiltak: A, Start: at(2, 1), End: at(4, 9)}, {Tiltak: B, Start: at(4, 10), End: at(5, 1)}},  // A has ended
		{{Tiltak: B, Start: at(2, 20), End: at(9, 1)}, {Tiltak: A, Start: at(2, 20), End: at(9, 1)}}, // the same day
		{{Tiltak: A, Start: at(2, 1), End: at(9, 1)}, {Tiltak: B, Start: at(8, 10), End: at(9, 1)}},  // too late: six months
	}
	reg.Participations, reg.FirstPart, reg.Registrations, reg.FirstReg = nil, []int32{0}, nil, []int32{0}
	p := &reg.Persons
	for i, life := range lives {
		for _, q := range life {
			q.Person = int32(i)
			reg.Participations = append(reg.Participations, q)
		}
		reg.FirstPart = append(reg.FirstPart, int32(len(reg.Participations)))
		reg.Registrations = append(reg.Registrations, register.Registration{Person: int32(i), From: at(1, 1), To: calendar.Open, Status: 1})
		reg.FirstReg = append(reg.FirstReg, int32(len(reg.Registrations)))
		p.Born[i], p.Died[i], p.Emigrated[i] = 1980, register.NoDate, register.NoDate
	}
	d := Design{AgeMin: 18, AgeMax: 66, From: calendar.NewMonth(2016, 2), To: calendar.NewMonth(2016, 8), Eligible: ByRegistration, Groups: []string{"alle"}, Horizon: 6,
		Seed: 1, Workers: 1, Tiltak: []string{"AB"}, Combinations: []Combination{{"AB", []string{"A", "B"}, 4}}, Against: Either}
	trials := build(t, reg, d)
	treated, comparison := rowsOf(trials, 0)
	if want := []string{"0 2016-04 10", "2 2016-02 20"}; !slices.Equal(treated, want) {
		t.Errorf("treated %v, want %v", treated, want)
	}
	// In April, on the 10th: person 3 has been in A since February (two months before), in the same elapsed months. Person 1
	// left A on the 9th. In February, on the 20th: persons 0, 1 and 3 began A in that month.
	if want := []string{"0 2016-02 20", "1 2016-02 20", "3 2016-02 20", "3 2016-04 10"}; !slices.Equal(comparison, want) {
		t.Errorf("comparison %v, want %v", comparison, want)
	}
	if i := slices.Index(trials.Tiltak[0].Treated, true); reg.Participations[trials.Tiltak[0].Start[i]].Start != at(4, 10) {
		t.Error("the participation of a combination is not the part that begins last")
	}
}

// On made-up lives: nobody of the comparison completes the combination in the month; on the day everybody is in one part and
// not in both; and what is held is what the treated of the stratum held.
func TestHoldersHoldOnePart(t *testing.T) {
	total := 0
	for round := range 20 {
		reg := tiny(rand.New(rand.NewPCG(10, uint64(round))), 400, 40)
		d := tinyDesign()
		d.Tiltak, d.Combinations, d.Against, d.Workers = []string{"AB"}, []Combination{{"AB", []string{"A", "B"}, 6}}, Either, 2
		trials := build(t, reg, d)
		trial := &trials.Tiltak[0]
		strata := map[int32]string{}
		for _, arm := range []bool{true, false} {
			for i, row := range trial.Row {
				if trial.Treated[i] != arm {
					continue
				}
				person, m := trials.Rows.Person[row], trials.Rows.Month[row]
				date := m.First() + calendar.Date(trial.Day[i]) - 1
				var held [2]calendar.Date // start of the part held, 0 none
				for _, p := range reg.Participations {
					if p.Person == person && p.Start <= date && date <= p.End && int(m-p.Start.Month()) <= 6 && held[p.Tiltak] == 0 {
						held[p.Tiltak] = p.Start
					}
				}
				if both := held[0] > 0 && held[1] > 0; both != arm || held[0]+held[1] == 0 {
					t.Fatalf("person %d on %s, treated %v: holds %v", person, date, arm, held)
				}
				which, since := 0, held[0]
				if held[0] == 0 || arm && held[1] < held[0] {
					which, since = 1, held[1]
				}
				band := 2
				switch months := m - since.Month(); {
				case months == 0:
					band = 0
				case months <= 2:
					band = 1
				}
				what := fmt.Sprint(which, band, m, trials.Rows.Band[row])
				if was, ok := strata[trial.Stratum[i]]; ok && was != what && !(arm && held[0] == held[1]) {
					t.Fatalf("stratum %d holds %s and %s", trial.Stratum[i], was, what)
				} else if !ok {
					strata[trial.Stratum[i]] = what
				}
				if !arm {
					total++
				}
			}
		}
	}
	if total < 30 {
		t.Errorf("only %d comparison rows", total)
	}
}

func TestComparisonsThatContradict(t *testing.T) {
	for _, c := range []struct {
		change  func(*Design)
		message string
	}{
		{func(d *Design) { d.Against, d.Censor = Never, true }, "`comparison.later_entry: censor` belongs to"},
		{func(d *Design) { d.Against, d.Others, d.Tiltak = Other, []string{"A"}, []string{"A"} }, "compared with itself"},
		{func(d *Design) { d.Against = Either }, "every entry of `tiltak`"},
		{func(d *Design) { d.Tiltak, d.Combinations = []string{"X"}, []Combination{{"X", []string{"A", "B"}, 2}} }, "must be either"},
		{func(d *Design) { d.Tiltak, d.Combinations = []string{"X"}, []Combination{{"X", []string{"A"}, 0}} }, "two or more"},
		{func(d *Design) {
			d.Tiltak, d.Combinations = []string{"X"}, []Combination{{"X", []string{"A", "B"}, 0}}
			d.Against, d.Others = Other, []string{"B"}
		}, "a part of the combination `X`"},
		{func(d *Design) { d.Against, d.Others = Other, []string{"C"} }, "nobody in the register"},
		{func(d *Design) { d.Tiltak, d.Combinations = []string{"A"}, []Combination{{"A", []string{"A", "B"}, 0}} }, "which is the code"},
	} {
		d := tinyDesign()
		c.change(&d)
		if _, err := Build(t.Context(), tiny(rand.New(rand.NewPCG(1, 1)), 20, 40), d); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%q: %v", c.message, err)
		}
	}
}

// A window of elapsed months keeps the treated in it, and draws the comparison from their strata alone.
func TestElapsedWindow(t *testing.T) {
	kept, out := 0, 0
	for round := range 10 {
		reg := tiny(rand.New(rand.NewPCG(12, uint64(round))), 300, 40)
		d := tinyDesign()
		all := build(t, reg, d)
		d.Elapsed = [2]int{2, 5}
		window := build(t, reg, d)
		elapsed := func(t *Trials, row int32) int {
			return int(t.Rows.Month[row]-t.Rows.EpisodeStart[row].Month()) + 1
		}
		for k := range all.Tiltak {
			var want []string
			for i, row := range all.Tiltak[k].Row {
				if e := elapsed(all, row); all.Tiltak[k].Treated[i] && e >= 2 && e <= 5 {
					want = append(want, fmt.Sprint(all.Rows.Person[row], " ", all.Rows.Month[row], " ", all.Tiltak[k].Day[i]))
				}
			}
			slices.Sort(want)
			treated, comparison := rowsOf(window, k)
			if !slices.Equal(treated, want) {
				t.Fatalf("round %d: treated %v, want %v", round, treated, want)
			}
			for _, row := range window.Tiltak[k].Row {
				if e := elapsed(window, row); e < 2 || e > 5 {
					t.Fatalf("a row stands in month %d of its episode", e)
				}
			}
			kept += len(treated) * min(1, len(comparison))
		}
		for _, f := range window.Flow {
			if f.Rule == "outside_elapsed" && f.Group == "alle" {
				out += f.Starts
			}
		}
		for _, f := range all.Flow {
			if f.Rule == "outside_elapsed" {
				t.Fatal("a rule that the design does not have stands in flow")
			}
		}
	}
	if kept < 50 || out < 50 {
		t.Errorf("%d kept, %d out", kept, out)
	}
}

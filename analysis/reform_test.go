package analysis

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/results"
)

func reformRunner(t *testing.T, persons int, seed uint64, study string) *runner {
	t.Helper()
	return reformRunnerOf(t, simulate.Options{Persons: persons, Seed: seed, Scenario: "no-effect"}, study)
}

func reformRunnerOf(t *testing.T, opt simulate.Options, study string) *runner {
	t.Helper()
	sim, err := simulate.Generate(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse([]byte(study))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{study: s, reg: reg, cat: catalog.Default()}
	if _, err := r.compile(); err != nil {
		t.Fatal(err)
	}
	return r
}

const reformStudy = `
study: regler
data: {register: memory}
population: {from: 2018-01, to: 2021-12}
outcomes: [{id: arbeid, kind: work, position: 1}, {id: lonn, kind: earnings}]
horizon: 6
cost: {price_year: 2023}
`

// With one 0/1 covariate the weights are those of two strata, so that each cell's mean can be worked out by hand: the estimate is the
// difference of the differences of post-stratified means, for starts to the strata of the eligible after the date, for
// months in the risk set to those of each side after it. The rows are gone through once more, by their definition.
func TestReformByHand(t *testing.T) {
	for _, c := range []struct{ name, entry string }{
		{"starts", "{id: praksis, from: 2020-01, tiltak: [ARBEIDSTRENING], against: [OPPFOLGING, JOBBKLUBB]}"},
		{"months", `{id: unge, from: 2020-01, months: 6, eligible: "age < 30"}`},
	} {
		r := reformRunner(t, 4000, 3, reformStudy+"covariates: [kvinne]\nreforms: ["+c.entry+"]\n")
		var out Result
		if err := r.reforms(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		f, _, err := r.named(r.study.Reforms[0])
		if err != nil {
			t.Fatal(err)
		}
		d := r.study.design()
		d.Horizon = 6
		rows, err := cohort.BuildReform(t.Context(), r.reg, d, f)
		if err != nil {
			t.Fatal(err)
		}
		if c.name == "months" {
			checkReformMonths(t, r.reg, rows, f)
		}
		def := r.outcomes[0]
		share := map[bool]float64{} // of women in the cells after, by eligibility
		n := map[bool]float64{}
		for i, p := range rows.Person {
			if rows.After[i] {
				n[rows.Eligible[i]]++
				if r.reg.Persons.Sex[p] == register.Woman {
					share[rows.Eligible[i]]++
				}
			}
		}
		for k := range share {
			share[k] /= n[k]
		}
		for _, h := range []int{1, 6} {
			var sum, count [2][2][2]float64 // eligible, after, woman
			for i, p := range rows.Person {
				v := def.Follow(r.reg.Panel.History(p), rows.Month[i], 6, nil)[h-1]
				if v != v {
					continue // weights are then those of all rows, and the mean that of the known: see the tolerance
				}
				e, a, w := bit(rows.Eligible[i]), bit(rows.After[i]), bit(r.reg.Persons.Sex[p] == register.Woman)
				sum[e][a][w] += v
				count[e][a][w]++
			}
			mean := func(e, a int) float64 {
				s := share[true]
				if c.name == "months" {
					s = share[e == 1]
				}
				return s*sum[e][a][1]/count[e][a][1] + (1-s)*sum[e][a][0]/count[e][a][0]
			}
			want := mean(1, 1) - mean(1, 0) - mean(0, 1) + mean(0, 0)
			row := findReform(out.Tables.Reforms, "primary", "arbeid", h)
			// Emigration hides one outcome in some hundreds: the cells' own weights then differ by as much.
			if row == nil || math.Abs(row.Estimate-want) > 2e-3 || !(row.StdError > 0) {
				t.Errorf("%s, month %d: %+v, by hand %v", c.name, h, row, want)
			}
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func findReform(rows []results.Reform, role, outcome string, month int) *results.Reform {
	for i := range rows {
		if r := &rows[i]; r.Role == role && r.Outcome == outcome && *r.Month == month {
			return r
		}
	}
	return nil
}

// checkReformMonths counts the months in the risk set by their definition: registered on the first day, alive and in the
// country, of age.
func checkReformMonths(t *testing.T, reg *register.Register, rows *cohort.ReformRows, f cohort.Reform) {
	t.Helper()
	want, young := 0, 0
	for p := range reg.Persons.N {
		person := int32(p)
		for m := f.From - calendar.Month(f.Months); m < f.From+calendar.Month(f.Months); m++ {
			registered := false
			for _, s := range reg.Registrations[reg.FirstReg[p]:reg.FirstReg[p+1]] {
				registered = registered || s.From <= m.First() && m.First() <= s.To
			}
			age := reg.Persons.AgeAt(person, m)
			gone := func(days []calendar.Date) bool {
				return days != nil && days[p] != register.NoDate && days[p] <= m.First()
			}
			if registered && age >= 18 && age <= 66 && reg.Persons.AgeAt(person, m+6) < 67 && !gone(reg.Persons.Died) && !gone(reg.Persons.Emigrated) {
				want++
				young += bit(age < 30)
			}
		}
	}
	eligible := 0
	for _, e := range rows.Eligible {
		eligible += bit(e)
	}
	if len(rows.Person) != want || eligible != young || rows.Rate != 1 {
		t.Errorf("%d months of which %d eligible, by definition %d and %d", len(rows.Person), eligible, want, young)
	}
}

// Where no rules changed, the interval covers 0 about as often as it says: on a dozen covariates, and with a placebo at
// an earlier date beside.
func TestReformOfNothing(t *testing.T) {
	registers := 3
	if os.Getenv("EVALUATE_SLOW") == "1" {
		registers = 100
	}
	covered, all := 0, 0
	for seed := range uint64(registers) {
		r := reformRunner(t, 2500, 500+seed, reformStudy+`covariates: [alder, utdanning, landgruppe, "arbeid_*", dagpenger_1_3, aap_1_3]
reforms: [{id: kvinner, from: 2022-01, eligible: 'sex == "kvinne"'}]`+"\n")
		var out Result
		if err := r.reforms(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"primary", "placebo"} {
			row := findReform(out.Tables.Reforms, role, "arbeid", 6)
			if row == nil || row.Reason != "" {
				t.Fatalf("%s: %+v", role, row)
			}
			all++
			covered += bit(row.ConfLow <= 0 && 0 <= row.ConfHigh)
		}
	}
	t.Logf("0 is covered %d of %d times", covered, all)
	// By the binomial with 0.95: under 4 of 6 in one of 500 trials, under 180 of 200 in one of 400.
	if covered < 4 || registers == 100 && covered < 180 {
		t.Errorf("0 is covered %d of %d times", covered, all)
	}
}

// The same with the default covariates, of which cells of this size take a few, for the rules of AFT and for starts of two tiltak against
// the others, in the middle of a long register: a simulated one begins with nobody registered, so that before a date in its first years
// there are no long spells and nothing is alike.
func TestReformOfNothingByDefault(t *testing.T) {
	registers := 2
	if os.Getenv("EVALUATE_SLOW") == "1" {
		registers = 100
	}
	covered, all := map[string]int{}, map[string]int{}
	placebos, near, mean := map[string]int{}, map[string]int{}, map[string]float64{} // for the log alone: in years in which a register fills
	for seed := range uint64(registers) {
		r := reformRunnerOf(t, simulate.Options{Persons: 5000, Months: 240, Seed: 7500 + seed}, reformStudy+`reforms: [{id: aft_2026, from: 2027-01}, {id: praksis, from: 2027-01, tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]}]`+"\n")
		var out Result
		if err := r.reforms(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		said := map[bool]int{} // of the reform, and of its placebo in the years in which the register fills
		for _, w := range r.reformWarnings {
			said[strings.Contains(w.Message, " at the earlier date, 2025-01: only ")] += bit(w.Code == "reform_covariates")
		}
		if said[false] != 2 || said[true] < 1 || said[true] > 2 {
			t.Errorf("%v warnings of covariates left out: %v", said, r.reformWarnings)
		}
		for _, row := range out.Tables.Reforms {
			if row.Outcome != "arbeid" || *row.Month != 6 {
				continue
			}
			if row.Role == "placebo" && row.Reason == "" {
				placebos[row.Reform]++
				near[row.Reform] += bit(row.ConfLow <= 0 && 0 <= row.ConfHigh)
				mean[row.Reform] += row.Estimate / float64(registers)
			}
			if row.Role != "primary" {
				continue
			}
			if row.Reason != "" {
				t.Fatalf("%+v", row)
			}
			if !(math.Abs(row.Estimate) < 4*row.StdError) {
				t.Errorf("seed %d, %s: %.3f (%.3f)", seed, row.Reform, row.Estimate, row.StdError)
			}
			all[row.Reform]++
			covered[row.Reform] += bit(row.ConfLow <= 0 && 0 <= row.ConfHigh)
		}
	}
	t.Logf("0 is covered %v of %v times; by placebos %v of %v, mean %v", covered, all, near, placebos, mean)
	if all["aft_2026"] != registers || all["praksis"] != registers {
		t.Errorf("rows at month 6 %v of %d registers", all, registers)
	}
	for id, n := range all {
		if n == 100 && covered[id] < 88 { // under 88 of 100 in one of 300 trials
			t.Errorf("%s: 0 is covered %d of %d times", id, covered[id], n)
		}
	}
}

// The reforms of the catalogue have a figure on a register of the size of the demo, which is long enough.
func TestReformsOfTheCatalogueByDefault(t *testing.T) {
	r := reformRunnerOf(t, simulate.Options{Persons: 5000, Months: 144, Seed: 3}, reformStudy+"reforms: [avtaler_2022, aft_2026]\n")
	var out Result
	if err := r.reforms(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	primary := map[string]int{}
	for _, row := range out.Tables.Reforms {
		if row.Role != "primary" {
			continue
		}
		primary[row.Reform]++
		if row.Reason != "" || !(row.StdError > 0) {
			t.Errorf("%s %s, month %d: %+v", row.Reform, row.Outcome, *row.Month, row)
		}
	}
	for _, id := range []string{"avtaler_2022", "aft_2026"} {
		if primary[id] != 12 || len(primary) != 2 { // two outcomes, six months
			t.Errorf("%v rows", primary)
		}
	}
}

// What a reform balances first is among the default covariates, each once, and comes first; its placebo takes columns from the reform's.
func TestColumnsOfAReform(t *testing.T) {
	r := reformRunner(t, 2500, 3, reformStudy)
	d := r.study.design()
	d.Catalog, d.Horizon = r.cat, 6
	rows, err := cohort.BuildReform(t.Context(), r.reg, d, cohort.Reform{ID: "unge", From: calendar.NewMonth(2020, 1), Months: 12, Eligible: "age < 30"})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range firstOfReform {
		if !slices.Contains(rows.Names, name) || slices.Contains(firstOfReform[:i], name) {
			t.Errorf("%s is twice in the list, or no default covariate: %v", name, rows.Names)
		}
	}
	person, _ := dense(rows.Person)
	columns, room := r.reformColumns(rows, person, contrastsOfEligible, nil)
	if len(columns) != min(room, len(rows.Names)) || !slices.Equal(columnNames(rows, columns)[:min(room, len(firstOfReform))], firstOfReform[:min(room, len(firstOfReform))]) {
		t.Errorf("room for %d: %v", room, columnNames(rows, columns))
	}
	from := []string{"kvinne", "alder", "not had"}
	columns, _ = r.reformColumns(rows, person, contrastsOfEligible, from)
	if got := columnNames(rows, columns); !slices.Equal(got, from[:2]) {
		t.Errorf("the placebo takes %v", got)
	}
	for _, c := range []struct {
		columns     []int
		room, tried int
		from        []string
		want        string
	}{
		{[]int{0, 1, 2, 3}, 4, 0, nil, "reform a: only 4 of the default covariates are balanced, since the smallest cell has under 50 persons, and a column takes 10: "},
		{[]int{0, 1, 2, 3}, 9, 9, nil, "since no weights make the cells alike in the first 9: "},
		{columns, 30, 0, from, "only 2 of the covariates of the reform itself are balanced, since the others are not had at its date: kvinne, alder;"},
		{columns, 30, 0, from[:2], ""},
	} {
		w, ok := columnsWarning(rows, "a", c.columns, c.room, c.tried, c.from)
		if ok != (c.want != "") || !strings.Contains(w.Message, c.want) {
			t.Errorf("%v: %v, want %q", c, w, c.want)
		}
	}
}

func TestReformsAreChecked(t *testing.T) {
	for entry, want := range map[string]string{
		"{id: Bad}":                            "needs an `id`",
		"avtaler_2022, avtaler_2022":           "twice",
		"{id: a, months: 2}":                   "`months` is 3 to 60",
		"{id: a, eligible: alle, tiltak: [X]}": "keep one",
		"{id: a, tiltak: [X], against: [X]}":   "both sides",
		"{id: a, form: 2020-01}":               "form",
	} {
		if _, err := Parse([]byte(reformStudy + "reforms: [" + entry + "]\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", entry, err)
		}
	}
	r := reformRunner(t, 300, 1, reformStudy)
	// What the catalogue decides is known before the first estimate: validate says it too.
	for _, c := range []struct {
		change func(*Study)
		want   string
	}{
		{func(s *Study) { s.Reforms = []Reform{{ID: "ukjent", Months: 12}} }, "no reform of the catalogue"},
		{func(s *Study) { s.Cost.PriceYear = 1990 }, "`cost.price_year: 1990` is outside the consumer price index"},
	} {
		s := *r.study
		c.change(&s)
		other := &runner{study: &s, reg: r.reg, cat: r.cat}
		if _, err := other.compile(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, id := range []string{"avtaler_2022", "aft_2026"} {
		f, name, err := r.named(Reform{ID: id, Months: 12})
		if err != nil || f.From == 0 || name.NB == id || (f.Eligible == "") == (len(f.Tiltak) == 0) {
			t.Errorf("%s: %+v %v", id, f, err)
		}
	}
}

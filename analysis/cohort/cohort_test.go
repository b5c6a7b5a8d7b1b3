package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

var firstMonth = calendar.NewMonth(2015, 1)

// tiny is a made-up register of n persons over months, with random episodes, starts and states: no sense in it, but
// every border case.
func tiny(rng *rand.Rand, n, months int) *register.Register {
	reg := &register.Register{Tiltak: []string{"A", "B"}, Cut: firstMonth + calendar.Month(months) - 1}
	p := &reg.Persons
	p.N = n
	p.Counties = []string{"03", "46"}
	panel := &register.Panel{First: firstMonth, Months: months, N: n}
	panel.Position = make([]uint16, n*months)
	panel.Ordinary = make([]uint16, n*months)
	panel.Wage = make([]int32, n*months)
	panel.OrdinaryWage = make([]int32, n*months)
	panel.State = make([]register.State, n*months)
	reg.Panel = panel
	day := func() calendar.Date { return firstMonth.First() + calendar.Date(rng.IntN(months*30)) }
	reg.FirstPart, reg.FirstReg = []int32{0}, []int32{0}
	for i := range n {
		p.IntID = append(p.IntID, int64(i))
		p.Born = append(p.Born, int16(1950+rng.IntN(50)))
		p.Sex = append(p.Sex, register.Woman)
		p.Origin = append(p.Origin, register.Origin(rng.IntN(4)))
		p.Education = append(p.Education, int8(rng.IntN(11)-1))
		p.County = append(p.County, int16(rng.IntN(2)))
		died, left := register.NoDate, register.NoDate
		if rng.IntN(10) == 0 {
			died = day()
		}
		if rng.IntN(10) == 0 {
			left = day()
		}
		p.Died, p.Emigrated = append(p.Died, died), append(p.Emigrated, left)
		at := firstMonth.First() + calendar.Date(rng.IntN(200))
		for at < reg.Cut.First() {
			end := at + calendar.Date(rng.IntN(300))
			if rng.IntN(8) == 0 {
				end = calendar.Open
			}
			reg.Registrations = append(reg.Registrations, register.Registration{Person: int32(i), From: at, To: end, Status: register.Status(rng.IntN(4)), Effort: uint8(rng.IntN(6))})
			if end == calendar.Open {
				break
			}
			at = end + 1 + calendar.Date(rng.IntN(3)*rng.IntN(60)) // adjoining in a third of the cases
		}
		var parts []register.Participation
		for range rng.IntN(4) {
			d := day()
			parts = append(parts, register.Participation{Person: int32(i), Tiltak: int16(rng.IntN(2)), Start: d, End: d + 50})
		}
		slices.SortStableFunc(parts, func(a, b register.Participation) int { return int(a.Start - b.Start) })
		for j := range parts {
			parts[j].End = parts[j].Start + calendar.Date(rng.IntN(300))
		}
		reg.Participations = append(reg.Participations, parts...)
		reg.FirstPart = append(reg.FirstPart, int32(len(reg.Participations)))
		reg.FirstReg = append(reg.FirstReg, int32(len(reg.Registrations)))
		for k := range months {
			c := i*months + k
			if rng.IntN(2) == 0 {
				panel.Ordinary[c] = uint16(rng.IntN(12000))
				panel.OrdinaryWage[c] = int32(rng.IntN(4_000_000))
			}
			panel.State[c] = register.State(rng.IntN(1 << 12))
		}
	}
	return reg
}

func tinyDesign() Design {
	return Design{AgeMin: 18, AgeMax: 66, From: firstMonth + 6, To: firstMonth + 20, Eligible: ByRegistration, WashoutSame: 3,
		Groups: []string{"alle", "unge", "langtidsledige"}, Horizon: 6, Seed: 7, Workers: 1}
}

// bruteKey is an analysis row in words.
func bruteKey(person int32, m calendar.Month, from calendar.Date, treated bool, day uint8) string {
	return fmt.Sprint(person, " ", m, " ", from, " ", treated, " ", day)
}

// brute says which rows a tiltak has, straight from the words of the package doc, with no shared code but the draw.
func brute(reg *register.Register, d Design, tiltak int16) []string {
	type spell struct{ from, to calendar.Date }
	stretch := func(person int32) (out []spell) {
		for _, r := range reg.Registrations {
			if r.Person != person {
				continue
			}
			if n := len(out); n > 0 && r.From <= out[n-1].to+1 {
				out[n-1].to = r.To
			} else {
				out = append(out, spell{r.From, r.To})
			}
		}
		return out
	}
	partsOf := func(person int32) (out []register.Participation) {
		for _, p := range reg.Participations {
			if p.Person == person {
				out = append(out, p)
			}
		}
		return out
	}
	ok := func(person int32, m calendar.Month, on calendar.Date) bool {
		p := &reg.Persons
		age := p.AgeAt(person, m)
		if age < d.AgeMin || age > d.AgeMax || p.AgeAt(person, m+calendar.Month(d.Horizon)) >= 67 || m+calendar.Month(d.Horizon) > reg.Cut {
			return false
		}
		if p.Died[person] != register.NoDate && p.Died[person] <= on || p.Emigrated[person] != register.NoDate && p.Emigrated[person] <= on {
			return false
		}
		for _, q := range partsOf(person) {
			gap := int(m - q.Start.Month())
			if gap > 0 && (gap <= d.WashoutAny || q.Tiltak == tiltak && (gap <= d.WashoutSame || q.End >= m.First())) {
				return false
			}
		}
		return true
	}
	elapsedBand := func(m calendar.Month, from calendar.Date) int {
		e := int(m-from.Month()) + 1
		for b, limits := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 6}, {7, 12}, {13, 24}, {25, 1 << 30}} {
			if e >= limits[0] && e <= limits[1] {
				return b
			}
		}
		panic("no band")
	}
	var rows []string
	days := map[[2]int][]uint8{}
	for person := range int32(reg.Persons.N) {
		seen := map[calendar.Month]bool{}
		for _, q := range partsOf(person) {
			m := q.Start.Month()
			if q.Tiltak != tiltak {
				continue
			}
			if m < d.From || m > d.To || seen[m] || !ok(person, m, q.Start) {
				continue
			}
			for _, s := range stretch(person) {
				if s.from <= q.Start && q.Start <= s.to {
					seen[m] = true
					rows = append(rows, bruteKey(person, m, s.from, true, uint8(q.Start.Day())))
					key := [2]int{int(m), elapsedBand(m, s.from)}
					days[key] = append(days[key], uint8(q.Start.Day()))
				}
			}
		}
	}
	draw := random.NewKeyed(d.Seed, "cohort start day "+reg.Tiltak[tiltak])
	for person := range int32(reg.Persons.N) {
		for _, s := range stretch(person) {
			for m := d.From; m <= d.To; m++ {
				if m < s.from.Month() {
					continue
				}
				starts := false
				for _, q := range partsOf(person) {
					starts = starts || q.Start.Month() == m
				}
				pool := days[[2]int{int(m), elapsedBand(m, s.from)}]
				if starts || len(pool) == 0 {
					continue
				}
				day := pool[int(draw.Uniform(uint64(person), uint64(m))*float64(len(pool)))]
				on := m.First() + calendar.Date(day) - 1
				if (d.IgnoreStartDay && s.from <= m.Last() && s.to >= m.First() || s.from <= on && on <= s.to) && ok(person, m, on) {
					rows = append(rows, bruteKey(person, m, s.from, false, day))
				}
			}
		}
	}
	slices.Sort(rows)
	return rows
}

func TestRowsAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	total := 0
	for round := range 60 {
		reg := tiny(rng, 40, 40)
		d := tinyDesign()
		d.WashoutAny = rng.IntN(2) * 2
		d.IgnoreStartDay = round%10 == 9
		trials, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatal(err)
		}
		for k, trial := range trials.Tiltak {
			var got []string
			for i, row := range trial.Row {
				r := &trials.Rows
				got = append(got, bruteKey(r.Person[row], r.Month[row], r.EpisodeStart[row], trial.Treated[i], trial.Day[i]))
				if trial.Treated[i] != (trial.Start[i] >= 0) || trial.Weight[i] != 1 || trial.Rate[i] != 1 || !trial.Sampled[i] {
					t.Fatalf("row %d: treated %v, start %d, weight %v", i, trial.Treated[i], trial.Start[i], trial.Weight[i])
				}
			}
			slices.Sort(got)
			if want := brute(reg, d, int16(k)); !slices.Equal(got, want) {
				t.Fatalf("round %d, tiltak %s: %d rows, want %d\ngot  %v\nwant %v", round, trial.Tiltak, len(got), len(want), diff(got, want), diff(want, got))
			}
			total += len(got)
		}
	}
	if total < 1000 {
		t.Errorf("only %d rows in all: the test tests little", total)
	}
}

func diff(a, b []string) (out []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

func TestFlowAddsUp(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(2, 1)), 300, 40)
	trials, err := Build(t.Context(), reg, tinyDesign())
	if err != nil {
		t.Fatal(err)
	}
	type cell struct{ tiltak, group string }
	starts, rest, analysed := map[cell]int{}, map[cell]int{}, map[cell]int{}
	for _, f := range trials.Flow {
		c := cell{f.Tiltak, f.Group}
		switch f.Rule {
		case "starts":
			starts[c] = f.Starts
		case "analysed":
			analysed[c] = f.Starts
			fallthrough
		default:
			rest[c] += f.Starts
		}
	}
	if !reflect.DeepEqual(starts, rest) {
		t.Errorf("starts %v, rules add to %v", starts, rest)
	}
	for k, trial := range trials.Tiltak {
		for g, group := range trials.Groups {
			n := 0
			for i, row := range trial.Row {
				if trial.Treated[i] && trials.Rows.Groups[row]&(1<<g) != 0 {
					n++
				}
			}
			if want := analysed[cell{trials.Tiltak[k].Tiltak, group.ID}]; n != want {
				t.Errorf("%s, %s: %d treated rows, flow says %d", trial.Tiltak, group.ID, n, want)
			}
		}
		if analysed[cell{trial.Tiltak, "alle"}] == 0 {
			t.Errorf("%s: nobody is analysed", trial.Tiltak)
		}
	}
}

func TestWorkersDoNotMatter(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(3, 1)), 5000, 36)
	d := tinyDesign()
	d.PerTreated, d.KeepAllUnder = 2, 1
	one, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	d.Workers = 3
	three, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one.Tiltak, three.Tiltak) || !reflect.DeepEqual(one.Rows.X, three.Rows.X) || !reflect.DeepEqual(one.Flow, three.Flow) {
		t.Error("one worker and three give different trials")
	}
}

// In a cell with many treated a stratum keeps about PerTreated rows a treated one, with weights that add up to its size; a
// cell under the limit keeps everything; and what a cell keeps does not depend on which other groups are named.
func TestSampling(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(4, 1)), 6000, 36)
	build := func(d Design) *Trials {
		trials, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatal(err)
		}
		return trials
	}
	d := tinyDesign()
	all := build(d)
	counts := map[string]int{}
	for _, f := range all.Flow {
		if f.Rule == "analysed" && f.Tiltak == "A" {
			counts[f.Group] = f.Starts
		}
	}
	limit := (counts["alle"] + counts["unge"]) / 2
	d.PerTreated, d.KeepAllUnder = 2, limit // alle is large, unge is not
	sampled := build(d)
	cell := func(trials *Trials, k int, group string) (keys []string, weights []float64) {
		g := slices.IndexFunc(trials.Groups, func(g Group) bool { return g.ID == group })
		trial := &trials.Tiltak[k]
		at, w := trial.Weights(&trials.Rows, g)
		for j, i := range at {
			row := trial.Row[i]
			keys = append(keys, bruteKey(trials.Rows.Person[row], trials.Rows.Month[row], trials.Rows.EpisodeStart[row], trial.Treated[i], trial.Day[i]))
			if !trial.Treated[i] {
				weights = append(weights, w[j])
			}
		}
		return keys, weights
	}
	large, small := 0, 0
	for k := range all.Tiltak {
		for g, group := range all.Groups {
			keysAll, weightsAll := cell(all, k, group.ID)
			keys, weights := cell(sampled, k, group.ID)
			if sampled.Tiltak[k].Small&(1<<g) != 0 {
				small++
				if !slices.Equal(keys, keysAll) || !slices.Equal(weights, weightsAll) {
					t.Errorf("%s: a cell under the limit was sampled", group.ID)
				}
				continue
			}
			large++
			total, variance := 0., 0.
			for _, w := range weights {
				total += w
				variance += w * (w - 1) // of the sum of weights of a Poisson sample: Σ (1 − π)/π² over the sample
			}
			if population := float64(len(weightsAll)); math.Abs(total-population) > 5*math.Sqrt(variance) {
				t.Errorf("%s: weights add to %v, the population is %v (sd %v)", group.ID, total, population, math.Sqrt(variance))
			}
			treated := float64(len(keys) - len(weights))
			if rows := float64(len(weights)); rows > 2.3*treated || rows < 1.2*treated {
				t.Errorf("%s: %v comparison rows for %v treated", group.ID, rows, treated)
			}
		}
	}
	if large == 0 || small == 0 {
		t.Fatalf("%d large cells and %d small ones: the test needs both", large, small)
	}
	d.Groups = []string{"alle"}
	alone := build(d)
	for k := range alone.Tiltak {
		keys, weights := cell(sampled, k, "alle")
		keysAlone, weightsAlone := cell(alone, k, "alle")
		if !slices.Equal(keys, keysAlone) || !slices.Equal(weights, weightsAlone) {
			t.Errorf("what the cell keeps depends on the groups that are named")
		}
	}
}

func TestStatusIsNotReadFromTheFuture(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(9, 1)), 1, 24)
	reg.Registrations, reg.FirstReg = []register.Registration{{From: (firstMonth + 12).First(), To: calendar.Open, Status: register.ReducedWorkCapacity, Effort: 3}}, []int32{0, 1}
	for k := range 24 {
		reg.Panel.State[k] = register.Sosialhjelp
	}
	es := episodes(reg, 0, ByEither, nil)
	if len(es) != 1 {
		t.Fatalf("%d episodes", len(es))
	}
	if s, effort := es[0].statusAt(firstMonth + 8); s != register.StatusUnknown || effort != 0 {
		t.Errorf("before the registration the status is %v, %v", s, effort)
	}
	if s, _ := es[0].statusAt(firstMonth + 13); s != register.ReducedWorkCapacity {
		t.Errorf("after it the status is %v", s)
	}
	for k := range 24 {
		reg.Panel.State[k] = register.Tiltakspenger
	}
	if es := episodes(reg, 0, ByBenefit, nil); len(es) != 0 {
		t.Errorf("tiltakspenger make an episode: %v", es)
	}
}

// Covariates of month m do not move when anything in month m or later does.
func TestCovariatesLookBackOnly(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(5, 1)), 200, 40)
	d := tinyDesign()
	before, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	m := d.From + 5
	for person := range int32(reg.Persons.N) {
		for k := m; k <= reg.Panel.Last(); k++ {
			c := reg.Panel.Index(person, k)
			reg.Panel.Ordinary[c], reg.Panel.OrdinaryWage[c] = 4321, 99
			reg.Panel.State[c] ^= register.AAP | register.InTiltak | register.Sosialhjelp | register.Ufore
		}
	}
	after, err := Build(t.Context(), reg, d)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for i, month := range before.Rows.Month {
		if month > m {
			continue
		}
		checked++
		if before.Rows.Groups[i] != after.Rows.Groups[i] {
			t.Fatalf("row %d: groups moved", i)
		}
		for j, c := range before.Rows.Covariates {
			if before.Rows.X[j].At(int32(i)) != after.Rows.X[j].At(int32(i)) {
				t.Fatalf("row %d: covariate %s moved", i, c.Name)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d rows checked", checked)
	}
}

func TestCovariateNamesAreUniqueAndDated(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(6, 1)), 20, 40)
	d := tinyDesign()
	seen := map[string]bool{}
	for _, c := range defaultCovariates(reg, &d) {
		if seen[c.Name] || c.NB == "" || c.EN == "" || c.Latest > -1 {
			t.Errorf("covariate %+v", c)
		}
		seen[c.Name] = true
	}
}

// What a study can name has a name and a definition in the catalogue.
func TestGroupsAreInTheCatalogue(t *testing.T) {
	for _, id := range GroupIDs(catalog.Default()) {
		if g, ok := catalog.Default().Group(id); !ok || g.NameNB == "" || g.DefinitionEN == "" || !g.Measured {
			t.Errorf("%s: %+v", id, g)
		}
	}
}

func TestBadDesigns(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(8, 1)), 20, 40)
	for name, change := range map[string]func(*Design){
		"age":            func(d *Design) { d.AgeMin = 70 },
		"old":            func(d *Design) { d.AgeMax = 70 },
		"window":         func(d *Design) { d.To = d.From - 1 },
		"washout":        func(d *Design) { d.WashoutAny = -1 },
		"horizon":        func(d *Design) { d.Horizon = 0 },
		"no group":       func(d *Design) { d.Groups = nil },
		"unknown group":  func(d *Design) { d.Groups = []string{"ungdom"} },
		"group twice":    func(d *Design) { d.Groups = []string{"unge", "unge"} },
		"eligible":       func(d *Design) { d.Eligible = "all" },
		"per treated":    func(d *Design) { d.PerTreated = -1 },
		"unknown tiltak": func(d *Design) { d.Tiltak = []string{"C"} },
		"tiltak twice":   func(d *Design) { d.Tiltak = []string{"A", "A"} },
		"before panel":   func(d *Design) { d.From = firstMonth },
		"after cut":      func(d *Design) { d.To = reg.Cut + 1 },
	} {
		d := tinyDesign()
		change(&d)
		if _, err := Build(t.Context(), reg, d); fault.StatusOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBenefitEpisodes(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(9, 1)), 1, 12)
	reg.Registrations, reg.FirstReg = []register.Registration{{From: firstMonth.First() + 40, To: (firstMonth + 2).First() - 1}}, []int32{0, 1}
	for k := range 12 {
		reg.Panel.State[k] = 0
		if k == 2 || k == 3 || k == 11 {
			reg.Panel.State[k] = register.Dagpenger
		}
	}
	show := func(by Eligible) (out []string) {
		for _, e := range episodes(reg, 0, by, nil) {
			out = append(out, e.From.String()+"/"+e.To.String())
		}
		return out
	}
	for by, want := range map[Eligible][]string{
		ByRegistration: {"2015-02-10/2015-02-28"},
		ByBenefit:      {"2015-03-01/2015-04-30", "2015-12-01/9999-12-31"},
		ByEither:       {"2015-02-10/2015-04-30", "2015-12-01/9999-12-31"},
	} {
		if got := show(by); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", by, got, want)
		}
	}
}

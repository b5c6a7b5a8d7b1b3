package validity

import (
	"math"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/calendar"
)

// The competing exits, the wait, retention and the shares of a study, worked out again from the panel month by month.
func TestDurationsOfAStudyAgainstThePanel(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 4000, Seed: 31})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const aft = "ARBEIDSFORBEREDENDE_TRENING"
	s, err := analysis.Parse([]byte("study: d\ndata: {register: m}\npopulation: {from: 2018-01, to: 2020-12}\ntiltak: [" + aft + "]\noutcomes: [{id: arbeid, kind: work}]\nhorizon: 12\nmethods: [ebal]\n"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	// By hand: month by month, the number still followed and how many leave each way.
	states := []string{"death_or_emigration", "disability", "work", "education"}
	var risk [61]float64
	var left [4][61]float64
	var waits []int
	over, of := map[string]float64{}, 0.
	type job struct {
		months int
		lost   bool
	}
	var jobs []job
	for _, st := range out.Trials.Starts {
		p := &reg.Participations[st.Participation]
		h, m := reg.Panel.History(p.Person), p.Start.Month()
		last := min(60, int(reg.Cut-m))
		k := int(m - h.First)
		gone, way := last+1, -1
		for x := last; x >= 1; x-- {
			state := h.State[k+x]
			found := -1
			if state&register.Studying != 0 {
				found = 3
			}
			if h.Ordinary[k+x] >= 100 && state&(register.Dead|register.Gone) == 0 {
				found = 2
			}
			if state&register.Ufore != 0 && h.State[k]&register.Ufore == 0 {
				found = 1
			}
			if state&(register.Dead|register.Gone) != 0 {
				found = 0
			}
			if found >= 0 {
				gone, way = x, found
			}
		}
		for x := 1; x <= min(last, gone); x++ {
			risk[x]++
		}
		if way >= 0 {
			left[way][gone]++
		}
		works := func(x int) bool { return h.Ordinary[k+x] >= 100 }
		for x := 1; st.Analysed && x <= s.Horizon; x++ {
			if !works(x) {
				continue
			}
			j := job{}
			for x+j.months <= int(reg.Cut-m) && works(x+j.months) {
				j.months++
			}
			j.lost = x+j.months <= int(reg.Cut-m) && h.State[k+x+j.months]&register.Gone == 0
			jobs = append(jobs, j)
			break
		}
		first := p.Start
		for day := p.Start; ; day-- { // back to the first day without a registration
			registered := false
			for i := reg.FirstReg[p.Person]; i < reg.FirstReg[p.Person+1]; i++ {
				registered = registered || reg.Registrations[i].From <= day && day <= reg.Registrations[i].To
			}
			if !registered {
				break
			}
			first = day
		}
		waits = append(waits, int(math.Ceil(float64(p.Start-first+1)/(365.2425/12))))
		if p.End > reg.Cut.Last() {
			continue
		}
		of++
		for variant, years := range map[string]int{"hovedregel": 1, "forlenget": 2, "formell_kompetanse": 3} {
			same := p.Start.Month() + calendar.Month(12*years)
			if p.End >= same.First()+calendar.Date(min(p.Start.Day(), same.Days())-1) {
				over[variant]++
			}
		}
	}
	cumulative, stay := [4]float64{}, 1.
	at := map[string]map[float64]float64{}
	for _, d := range out.Tables.Durations {
		if at[d.Measure] == nil {
			at[d.Measure] = map[float64]float64{}
		}
		at[d.Measure][d.Time] = d.Estimate
	}
	points := 0
	for x := 1; x <= 60; x++ {
		if risk[x] == 0 {
			break
		}
		all := 0.
		for k, name := range states {
			cumulative[k] += stay * left[k][x] / risk[x]
			all += left[k][x]
			if got, ok := at["exit:"+name][float64(x)]; ok {
				points++
				if math.Abs(got-cumulative[k]) > 1e-12 {
					t.Fatalf("%s by month %d: %v, want %v", name, x, got, cumulative[k])
				}
			}
		}
		stay *= 1 - all/risk[x]
	}
	if points < 100 {
		t.Errorf("%d points of exits", points)
	}
	for x := 1; x < 30; x++ {
		n := 0.
		for _, w := range waits {
			if w > x {
				n++
			}
		}
		if got, ok := at["time_to_start"][float64(x)]; ok && math.Abs(got-n/float64(len(waits))) > 1e-12 {
			t.Errorf("waiting over %d months: %v, want %v", x, got, n/float64(len(waits)))
		}
	}
	stay = 1
	for x := 1; x < 30; x++ {
		followed, lost := 0., 0.
		for _, j := range jobs {
			if j.months >= x {
				followed++
			}
			if j.months == x && j.lost {
				lost++
			}
		}
		if followed > 0 {
			stay *= 1 - lost/followed
		}
		if got, ok := at["retention"][float64(x)]; ok && math.Abs(got-stay) > 1e-12 {
			t.Errorf("kept over %d months: %v, want %v", x, got, stay)
		}
	}
	if len(jobs) < 15 || len(at["retention"]) < 10 {
		t.Errorf("%d jobs, %d points", len(jobs), len(at["retention"]))
	}
	shares := map[string]float64{}
	for _, d := range out.Tables.DurationShares {
		shares[d.Measure+d.Variant] = d.Estimate
		if d.Measure == "beyond_maximum" && of > 100 {
			// Participations that go on at the cut are censored: a few per cent of 2018–2020 in a register that ends in 2023.
			if want := over[d.Variant] / of; math.Abs(d.Estimate-want) > .02 {
				t.Errorf("beyond %s: %v, want about %v of %v", d.Variant, d.Estimate, want, of)
			}
		}
	}
	// Seed 003, 4.4: just over a tenth end within two months, about a fifth last over a year, most of those under 18 months.
	if v := shares["ended_within"]; !(v > .07 && v < .16) {
		t.Errorf("ended within two months: %v", v)
	}
	if a, b := shares["longer_than"], shares["beyond_maximumhovedregel"]; !(b > .12 && b < .28) || !(a < b/2) {
		t.Errorf("longer than 18 months %v, beyond a year %v", a, b)
	}
}

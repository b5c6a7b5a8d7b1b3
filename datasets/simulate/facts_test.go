package simulate

import (
	"math"
	"slices"
	"sync"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// big is the register of 20,000 persons and 8 years that the facts are about.
var big = sync.OnceValues(func() (*Register, error) {
	return Generate(ctx(), Options{Persons: 20000, Seed: 1, Counterfactual: true})
})

func bigRegister(t *testing.T) *Register {
	t.Helper()
	r, err := big()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func within(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	if !(got >= low && got <= high) {
		t.Errorf("%s is %.4g, not in [%g, %g]", what, got, low, high)
	}
}

// rows of deltakelse that are participation.
func participations(r *Register) (codes *datasets.Column, from, to *datasets.Column, rows []int) {
	d := r.Tables["deltakelse"]
	status := d.Column("status")
	for i := range d.Rows {
		if !slices.Contains(refusedStatuses, status.Text(i)) {
			rows = append(rows, i)
		}
	}
	return d.Column("tiltakskode"), d.Column("start_dato"), d.Column("slutt_dato"), rows
}

// TestDurationsOfAFT holds the spells against S003 §4.4 (Proba/Frisch 2023): "drøye 10 %" end before two months, about
// 20 % last over a year, and of these most end within a year and a half. Starts of the last two years are left out, so
// that none is cut short by the end of the data.
func TestDurationsOfAFT(t *testing.T) {
	r := bigRegister(t)
	codes, from, to, rows := participations(r)
	last := r.Options.First + calendar.Month(r.Options.Months) - 1
	var n, short, year, yearAndHalf float64
	for _, i := range rows {
		if codes.Text(i) != "ARBEIDSFORBEREDENDE_TRENING" || from.Dates[i] > (last-24).Last() {
			continue
		}
		days := math.MaxInt32
		if !to.Missing(i) {
			days = int(to.Dates[i]-from.Dates[i]) + 1
		}
		n++
		short += flag(days < 61)
		year += flag(days > 365)
		yearAndHalf += flag(days > 548)
	}
	within(t, "share of AFT under two months", short/n, .10, .15)
	within(t, "share of AFT over a year", year/n, .17, .24)
	within(t, "share of these within a year and a half", 1-yearAndHalf/year, .70, .95)
}

// TestDurationsUnderCeilings: no participation outlasts its ceiling (domain.md §1.2), and means are those of short
// courses, months of practice and half-years of follow-up.
func TestDurationsUnderCeilings(t *testing.T) {
	r := bigRegister(t)
	codes, from, to, rows := participations(r)
	days, n := map[string]float64{}, map[string]float64{}
	for _, i := range rows {
		if to.Missing(i) {
			continue
		}
		d := float64(to.Dates[i]-from.Dates[i]) + 1
		days[codes.Text(i)] += d
		n[codes.Text(i)]++
		for k := range programmes {
			if programmes[k].code == codes.Text(i) && d > float64(programmes[k].maxDays) {
				t.Errorf("a spell of %s lasts %g days", codes.Text(i), d)
			}
		}
	}
	for code, want := range map[string][2]float64{"ARBEIDSFORBEREDENDE_TRENING": {6, 11}, "ARBEIDSTRENING": {2, 5}, "MIDLERTIDIG_LONNSTILSKUDD": {3, 8},
		"OPPFOLGING": {3, 8}, "ARBEIDSMARKEDSOPPLAERING": {2, 6}, "JOBBKLUBB": {.5, 2}} {
		within(t, "mean months in "+code, days[code]/n[code]/30.44, want[0], want[1])
	}
}

// TestShares: starts enough for an evaluation of each tiltak, rows that are not participation, spells a person, and
// exits of every kind.
func TestShares(t *testing.T) {
	r := bigRegister(t)
	codes, _, to, rows := participations(r)
	n, open := map[string]float64{}, 0.
	for _, i := range rows {
		n[codes.Text(i)]++
		open += flag(to.Missing(i))
	}
	for _, code := range Tiltak()[:numTiltak] { // without MENTOR, which the default does not have
		within(t, "starts of "+code, n[code], 1500, 3300)
	}
	if open == 0 {
		t.Error("no participation goes on at the end of the data")
	}
	d := r.Tables["deltakelse"]
	within(t, "share of rows that are not participation", float64(d.Rows-len(rows))/float64(d.Rows), .02, .04)
	within(t, "registrations a person", float64(r.Tables["arbeidssoker"].Rows)/20000, 1, 2)
	if r.Tables["arbeidssoker"].Column("til").Nulls() == 0 {
		t.Error("no registration goes on at the end of the data")
	}
	p := r.Tables["person"]
	within(t, "deaths", float64(20000-p.Column("dod_dato").Nulls()), 50, 1000)
	within(t, "emigrations", float64(20000-p.Column("utvandret_dato").Nulls()), 100, 1500)
	within(t, "schooling unknown", float64(p.Column("utdanning").Nulls())/20000, .02, .10)
	var study, ufore float64
	for i := range r.cells {
		study += flag(r.cells[i].state&register.Studying != 0)
		ufore += flag(r.cells[i].state&register.Ufore != 0)
	}
	within(t, "months in education a person", study/20000, .3, 5)
	within(t, "months on disability pension a person", ufore/20000, .1, 5)
}

// TestWorkAroundRegistration: jobseekers worked before as people with weak ties to work do (about three in four), less
// and for fewer hours in the last months, and come back slowly. Those with reduced work capacity work less at any time.
func TestWorkAroundRegistration(t *testing.T) {
	r := bigRegister(t)
	w := newWorld(r.Options)
	share := func(months int, reduced bool) (work, position float64) {
		var n float64
		for id := range 20000 {
			p := w.newPerson(int64(id) + 1)
			k := p.entry + months
			if p.reduced != reduced || k < 0 || k >= r.Options.Months {
				continue
			}
			c := r.cells[id*r.Options.Months+k]
			n++
			work += flag(c.ordinary > 0)
			position += float64(c.ordinary) / 1e4
		}
		return work / n, position / work
	}
	before, hours := share(-12, false)
	dip, fewer := share(-1, false)
	just, _ := share(1, false)
	later, _ := share(24, false)
	within(t, "work a year before", before, .70, .90)
	within(t, "fall in work before registration", before-dip, .05, .2)
	within(t, "fall in hours of those at work", hours-fewer, .05, .3)
	within(t, "work a month after", just, .2, .5)
	within(t, "work two years after", later, .65, .85)
	weak, _ := share(-12, true)
	weakLater, _ := share(24, true)
	within(t, "work a year before, reduced capacity", weak, .3, .6)
	within(t, "work two years after, reduced capacity", weakLater, .2, .45)
}

// TestWages: the median of a full position in 2019 lies near that of low-paid work in Norway, and pay rises with
// schooling and over the years.
func TestWages(t *testing.T) {
	r := bigRegister(t)
	w := newWorld(r.Options)
	median := func(month int, low bool) float64 {
		var wages []float64
		for id := range 20000 {
			p := w.newPerson(int64(id) + 1)
			c := r.cells[id*r.Options.Months+month]
			if c.ordinary == 10000 && p.lowEdu() == low && c.ordinaryWage > 1000000 {
				wages = append(wages, float64(c.ordinaryWage)/100)
			}
		}
		slices.Sort(wages)
		return wages[len(wages)/2]
	}
	within(t, "median wage with little schooling in January 2019", median(36, true), 28000, 42000)
	within(t, "difference that schooling makes", median(36, false)/median(36, true), 1.02, 1.3)
	within(t, "growth over five years", median(84, false)/median(24, false), 1.08, 1.35)
}

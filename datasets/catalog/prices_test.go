package catalog

import (
	"math"
	"strconv"
	"testing"

	"tiltakseffekt/internal/calendar"
)

const aft = "ARBEIDSFORBEREDENDE_TRENING"

// The rates as domain.md §4.1 has them, and what happens around them.
func TestRates(t *testing.T) {
	c := Default()
	for _, w := range []struct {
		tiltak     string
		year, want int
		fit        Fit
	}{
		{aft, 2018, 16470, Exact}, {aft, 2022, 18520, Exact}, {aft, 2023, 19500, Exact}, {aft, 2024, 20205, Exact}, {aft, 2025, 20975, Exact}, {aft, 2026, 21730, Exact},
		{aft, 2021, 16470, Carried}, {aft, 2027, 21730, Carried}, {aft, 2016, 16037, Ahead},
		{"VARIG_TILRETTELAGT_ARBEID_SKJERMET", 2024, 16231, Exact}, {"VTAO", 2025, 7067, Exact}, {"VTAO", 2017, 5550, Ahead},
	} {
		day := calendar.NewDate(w.year, 6, 15)
		r, fit, ok := c.Rate(w.tiltak, day)
		if !ok || r.Kroner != float64(w.want) || fit != w.fit || r.Unit != PerMonth {
			t.Errorf("%s %d: %v kr, fit %d, found %v; want %d, fit %d", w.tiltak, w.year, r.Kroner, fit, ok, w.want, w.fit)
		}
		if outside := len(RateWarning(r, fit, day)) > 0; outside != (fit != Exact || !r.Confirmed) {
			t.Errorf("%s %d: warned %v", w.tiltak, w.year, outside)
		}
	}
	for _, tiltak := range []string{"AVKLARING", "INKLUDERINGSTILSKUDD", "UKJENT"} { // a ceiling is no price
		if r, _, ok := c.Rate(tiltak, calendar.NewDate(2024, 1, 1)); ok {
			t.Errorf("%s has the rate %v", tiltak, r)
		}
	}
	if m, fit, ok := c.Maximum("INKLUDERINGSTILSKUDD", calendar.NewDate(2025, 3, 1)); !ok || m.Kroner != 154800 || fit != Exact {
		t.Errorf("ceiling of inkluderingstilskudd: %v", m)
	}
}

// The 50 % boundary, domain.md §4.2: until 31 December 2025 exactly 50 % is full, from 1 January 2026 it is half for
// AFT alone.
func TestPartTimeBoundary(t *testing.T) {
	c := Default()
	old, new := calendar.NewDate(2025, 12, 31), calendar.NewDate(2026, 1, 1)
	vta := "VARIG_TILRETTELAGT_ARBEID_SKJERMET"
	for _, w := range []struct {
		tiltak  string
		day     calendar.Date
		percent float64
		want    float64
	}{
		{aft, old, 49.9, 0.5}, {aft, old, 50, 1}, {aft, old, 50.1, 1}, {aft, old, 100, 1}, {aft, old, 0, 0.5},
		{aft, new, 49.9, 0.5}, {aft, new, 50, 0.5}, {aft, new, 50.1, 1}, {aft, new, 100, 1},
		{vta, old, 49.9, 0.5}, {vta, old, 50, 1}, {vta, new, 49.9, 0.5}, {vta, new, 50, 1},
	} {
		if got, ok := PaidShare(c.PartTime(w.tiltak, w.day), w.percent); !ok || got != w.want {
			t.Errorf("%s on %s at %g %%: %v, want %v", w.tiltak, w.day, w.percent, got, w.want)
		}
	}
	if steps := c.PartTime("AVKLARING", new); steps != nil {
		t.Errorf("avklaring has a part-time rule: %v", steps)
	}
}

func TestProrationBoundary(t *testing.T) {
	c := Default()
	if p := c.Proration(aft, calendar.NewDate(2025, 7, 31)); p.Weekdays || p.Decimals != 5 {
		t.Errorf("31 July 2025: %+v", p)
	}
	if p := c.Proration(aft, calendar.NewDate(2025, 8, 1)); !p.Weekdays || p.Decimals != 5 {
		t.Errorf("1 August 2025: %+v", p)
	}
}

// The average of G is 4/12 of the old and 8/12 of the new amount, rounded to whole kroner: the table agrees with itself
// within that rounding.
func TestGAveragesAgree(t *testing.T) {
	c := Default()
	for i := 1; i < len(c.g); i++ {
		if want := c.g[i-1].Kroner/3 + c.g[i].Kroner*2/3; math.Abs(c.g[i].Average-want) > 0.5 {
			t.Errorf("%s: average %v, of the amounts %v", c.g[i].From, c.g[i].Average, want)
		}
	}
	for _, w := range []struct {
		day   calendar.Date
		want  float64
		exact bool
	}{
		{calendar.NewDate(2024, 4, 30), 118620, true}, {calendar.NewDate(2024, 5, 1), 124028, true},
		{calendar.NewDate(2027, 4, 30), 136549, true}, {calendar.NewDate(2027, 5, 1), 136549, false}, {calendar.NewDate(2000, 1, 1), 58778, false},
	} {
		if g, exact := c.G(w.day); g.Kroner != w.want || exact != w.exact {
			t.Errorf("G on %s: %v, %v; want %v, %v", w.day, g.Kroner, exact, w.want, w.exact)
		}
	}
	if kr, exact := c.GAverage(2024); kr != 122225 || !exact {
		t.Errorf("average of G in 2024: %v, %v", kr, exact)
	}
	if kr, exact := c.GAverage(2030); kr != 134419 || exact {
		t.Errorf("average of G in 2030: %v, %v", kr, exact)
	}
}

// The index has one decimal, so that a growth of one decimal agrees with it within 0.05 + 100 · 0.1/82 < 0.18 points.
func TestKPIGrowthAgrees(t *testing.T) {
	c := Default()
	table, _ := c.Table("kpi")
	for i := 1; i < len(c.kpi); i++ {
		if table.Rows[i][2] == "" {
			continue
		}
		growth, err := strconv.ParseFloat(table.Rows[i][2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := 100 * (c.kpi[i].Value/c.kpi[i-1].Value - 1); math.Abs(got-growth) > 0.18 {
			t.Errorf("%d: the index grows by %.2f %%, the table says %.1f %%", c.kpi[i].Year, got, growth)
		}
	}
	for _, k := range c.kpi { // every index figure is marked M in domain.md §4.5
		if k.Sure("indeks") {
			t.Errorf("the index of %d is marked as confirmed", k.Year)
		}
	}
	if k, exact := c.KPI(2026); exact || k.Year != 2024 {
		t.Errorf("KPI of 2026: %+v, %v", k, exact)
	}
}

func TestSubsidySteps(t *testing.T) {
	c, day := Default(), calendar.NewDate(2024, 1, 1)
	percent := func(tiltak, variant string, month int) (p float64) {
		for _, s := range c.Subsidy(tiltak, variant, day) {
			if month >= s.FromMonth {
				p = s.Percent
			}
		}
		return p
	}
	for _, w := range []struct {
		tiltak, variant string
		month           int
		want            float64
	}{
		{"MIDLERTIDIG_LONNSTILSKUDD", "situasjonsbestemt", 6, 40}, {"MIDLERTIDIG_LONNSTILSKUDD", "situasjonsbestemt", 7, 30},
		{"MIDLERTIDIG_LONNSTILSKUDD", "nedsatt_arbeidsevne", 12, 60}, {"MIDLERTIDIG_LONNSTILSKUDD", "", 13, 50},
		{"VARIG_LONNSTILSKUDD", "", 12, 75}, {"VARIG_LONNSTILSKUDD", "", 13, 67}, {"FIREARIG_LONNSTILSKUDD", "", 40, 35}, {"AVKLARING", "", 1, 0},
	} {
		if got := percent(w.tiltak, w.variant, w.month); got != w.want {
			t.Errorf("%s %s month %d: %g %%, want %g %%", w.tiltak, w.variant, w.month, got, w.want)
		}
	}
	// 100 kr of wage: 12 feriepenger, 2 % of 112 OTP = 2.24, 14.1 % of 114.24 arbeidsgiveravgift = 16.10784
	factor, sure := c.WageCost("", calendar.NewDate(2026, 3, 1))
	if want := 1.3034784; sure || math.Abs(factor-want) > 1e-12 {
		t.Errorf("wage cost of a kroner: %v (sure %v), want %v", factor, sure, want)
	}
	if w := c.WageCostWarnings("", day); len(w) != 3 { // feriepenger and OTP unconfirmed, arbeidsgiveravgift of 2026 in 2024
		t.Errorf("doubts about the wage cost of 2024: %v", w)
	}
	if c.Zone("VI") || !c.Zone("") || !c.Zone("IVa") {
		t.Error("zones of arbeidsgiveravgift")
	}
}

func TestMaxMonths(t *testing.T) {
	c := Default()
	day := calendar.NewDate(2024, 1, 1)
	for tiltak, want := range map[string]float64{aft: 36, "ARBEIDSTRENING": 18, "MIDLERTIDIG_LONNSTILSKUDD": 24, "HOYERE_UTDANNING": 48} {
		if got := c.MaxMonths(tiltak, day); got != want {
			t.Errorf("%s: at most %v months, want %v", tiltak, got, want)
		}
	}
	// 12 weeks are 84 days, a mean month 365.2425/12 days
	if got, want := c.MaxMonths("AVKLARING", day), 84/(365.2425/12); math.Abs(got-want) > 1e-12 {
		t.Errorf("avklaring: %v months, want %v", got, want)
	}
	if got := c.MaxMonths("VTAO", day); !math.IsNaN(got) {
		t.Errorf("VTA-O ends after %v months", got)
	}
}

// Tiltakspenger are paid per weekday: 285 kr in 2024, and February 2024 has 21 weekdays.
func TestMonthlyBenefit(t *testing.T) {
	c := Default()
	if kr, fit, ok := c.MonthlyBenefit("tiltakspenger", "full", calendar.NewMonth(2024, 2)); kr != 21*285 || fit != Exact || !ok {
		t.Errorf("tiltakspenger of February 2024: %v, %v, %v", kr, fit, ok)
	}
	if kr, fit, _ := c.MonthlyBenefit("tiltakspenger", "full", calendar.NewMonth(2020, 2)); kr != 20*268 || fit != Ahead {
		t.Errorf("tiltakspenger of February 2020: %v, %v", kr, fit)
	}
	if _, _, ok := c.MonthlyBenefit("aap", "full", calendar.NewMonth(2024, 2)); ok {
		t.Error("AAP has a rate")
	}
}

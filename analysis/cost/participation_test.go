package cost

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

const (
	aft   = "ARBEIDSFORBEREDENDE_TRENING"
	vtas  = "VARIG_TILRETTELAGT_ARBEID_SKJERMET"
	midl  = "MIDLERTIDIG_LONNSTILSKUDD"
	varig = "VARIG_LONNSTILSKUDD"
)

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func at(tiltak, from, to string, percent float64) ParticipationInput {
	in := NewInput(tiltak, date(from), date(to))
	in.PartTime = percent
	return in
}

func bill(t *testing.T, in ParticipationInput) Bill {
	t.Helper()
	b, err := Participation(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// By hand. AFT costs 20 205 kr a month in 2024, 20 975 in 2025 and 21 730 in 2026; VTA-S 16 848 and 17 455.
func TestByHand(t *testing.T) {
	for name, c := range map[string]struct {
		in   ParticipationInput
		want []float64 // kroner of each line
	}{
		// July: 15–31 is 17 of 31 calendar days, 0.548387 → 0.54839; 20 975 · 0.54839 = 11 502.48.
		// August: the 1st is a Friday; 1, 4–8, 11–15 are 11 of 21 weekdays, 0.523810 → 0.52381; 20 975 · 0.52381 = 10 986.91.
		"across 1 August 2025": {at(aft, "2025-07-15", "2025-08-15", 100), []float64{11502, 10987}},
		// Exactly 50 %: all of 20 975 until 31 December 2025, half of 21 730 from 1 January 2026.
		"across 1 January 2026 at 50 %": {at(aft, "2025-12-01", "2026-01-31", 50), []float64{20975, 10865}},
		// Just over: full on both sides.
		"across 1 January 2026 over 50 %": {at(aft, "2025-12-01", "2026-01-31", 50.1), []float64{20975, 21730}},
		// Just under: half on both sides; 20 975 / 2 = 10 487.5, rounded half up.
		"across 1 January 2026 under 50 %": {at(aft, "2025-12-01", "2026-01-31", 49.9), []float64{10488, 10865}},
		// VTA-S kept its rule: exactly 50 % is full.
		"VTA-S across 1 January 2026 at 50 %": {at(vtas, "2025-12-01", "2026-01-31", 50), []float64{16848, 17455}},
		// 10–29 February of a leap year is 20 of 29 days, 0.689655 → 0.68966; 20 205 · 0.68966 = 13 934.58.
		"February of a leap year": {at(aft, "2024-02-10", "2024-02-29", 100), []float64{13935}},
		// 1–14 February 2025 is 14 of 28 days; 20 975 · 0.5 = 10 487.5.
		"half of February": {at(aft, "2025-02-01", "2025-02-14", 100), []float64{10488}},
		// February 2026 begins on a Sunday: 2–6 and 9–13 are 10 of 20 weekdays; 21 730 · 0.5 = 10 865.
		"half of February by weekdays": {at(aft, "2026-02-01", "2026-02-15", 100), []float64{10865}},
		// 1 of 29 days, 0.034483 → 0.03448; 20 205 · 0.03448 = 696.67.
		"one day": {at(aft, "2024-02-29", "2024-02-29", 100), []float64{697}},
		// 1 of 21 weekdays, 0.047619 → 0.04762; 20 975 · 0.04762 = 998.83.
		"one Friday": {at(aft, "2025-08-01", "2025-08-01", 100), []float64{999}},
		// A Saturday is no weekday: nothing is paid for it after 1 August 2025.
		"one Saturday": {at(aft, "2025-08-02", "2025-08-02", 100), []float64{0}},
		// The last of July is paid by calendar days (1/31 = 0.03226; 676.65), the first of August by weekdays (999, as above).
		"31 July to 1 August 2025": {at(aft, "2025-07-31", "2025-08-01", 100), []float64{677, 999}},
		// The new year's rate: 20 205 · 1/31 = 0.03226 → 651.81, and 20 975 · 0.03226 = 676.65.
		"over New Year": {at(aft, "2024-12-31", "2025-01-01", 100), []float64{652, 677}},
		// At half rate: 20 205 · 0.5 · 0.5 = 5 051.25 for 15 of 30 days of April.
		"half rate, half a month": {at(aft, "2024-04-01", "2024-04-15", 40), []float64{5051}},
	} {
		b := bill(t, c.in)
		if len(b.Lines) != len(c.want) {
			t.Errorf("%s: %d lines, want %d", name, len(b.Lines), len(c.want))
			continue
		}
		sum := 0.
		for i, l := range b.Lines {
			if l.Kroner != c.want[i] {
				t.Errorf("%s: line %d (%s) costs %v kr, want %v (%s, fraction %v)", name, i+1, l.Month, l.Kroner, c.want[i], l.Rule, l.Fraction)
			}
			sum += c.want[i]
		}
		if b.Kroner != sum || b.Basis != FromRate || b.Unpriced != "" {
			t.Errorf("%s: sum %v, want %v", name, b.Kroner, sum)
		}
	}
}

// 7 600 participants · 12 months · 20 205 kr = 1 842 696 000 kr: the "about 1.8 bn" of the hearing note on AFT, which its
// own 18 520 kr (the rate of 2022) cannot give.
func TestAFTOf2024(t *testing.T) {
	b := bill(t, at(aft, "2024-01-01", "2024-12-31", 100))
	if got := 7600 * b.Kroner; got != 1_842_696_000 || len(b.Lines) != 12 || b.Months != 12 {
		t.Errorf("7 600 participants in AFT in 2024 cost %.0f kr (%d lines, %v months)", got, len(b.Lines), b.Months)
	}
	if len(b.Warnings) != 0 {
		t.Errorf("warnings of a plain bill: %v", b.Warnings)
	}
}

func TestPartTimeChanges(t *testing.T) {
	in := at(aft, "2024-04-01", "2024-04-30", 30)
	in.Changes = []Change{{date("2024-04-11"), 80}, {date("2024-04-21"), 100}}
	b := bill(t, in)
	// 10 of 30 days, 0.33333, at half: 20 205 · 0.5 · 0.33333 = 3 367.47; twice 10 days at full: 6 734.93.
	want := []float64{3367, 6735, 6735}
	for i, l := range b.Lines {
		if l.Kroner != want[i] {
			t.Errorf("line %d: %v kr, want %v", i+1, l.Kroner, want[i])
		}
	}
	if b.Kroner != 16837 {
		t.Errorf("sum %v", b.Kroner)
	}
}

func TestClosedDaysAreNotPaid(t *testing.T) {
	in := at(aft, "2025-07-01", "2025-07-31", 100)
	in.Closed = []catalog.Period{{From: date("2025-07-14"), To: date("2025-07-27")}, {From: date("2025-07-20"), To: date("2025-07-31")}}
	// Open on 1–13 July: 13 of 31 days, 0.41935; 20 975 · 0.41935 = 8 795.87.
	if b := bill(t, in); b.Kroner != 8796 {
		t.Errorf("%v kr, want 8796", b.Kroner)
	}
}

func TestMissingPercentIsFullAndCounted(t *testing.T) {
	b := bill(t, NewInput(aft, date("2024-01-01"), date("2024-01-31")))
	if b.Kroner != 20205 || !has(b.Warnings, "part_time_missing") {
		t.Errorf("%v kr, warnings %v", b.Kroner, b.Warnings)
	}
}

// The rate of 2018 in 2021: used, and said.
func TestRateOutsideItsPeriodWarns(t *testing.T) {
	b := bill(t, at(aft, "2020-12-01", "2021-02-28", 100))
	if b.Kroner != 3*16470 || !has(b.Warnings, "rate_outside_period") || len(b.Warnings) != 1 {
		t.Errorf("%v kr, warnings %v", b.Kroner, b.Warnings)
	}
	if b := bill(t, at(aft, "2022-01-01", "2022-01-31", 100)); b.Kroner != 18520 || !has(b.Warnings, "rate_unconfirmed") {
		t.Errorf("2022: %v kr, warnings %v", b.Kroner, b.Warnings)
	}
}

func TestNotPriced(t *testing.T) {
	for tiltak, says := range map[string]string{
		"AVKLARING": "contract prices", "HOYERE_UTDANNING": "actual cost", "ARBEID_MED_STOTTE": "own staff", "MENTOR": "hours",
		"INKLUDERINGSTILSKUDD": "refunds", "ARBEIDSTRENING": "no payment", "PRAKSKJERM": "no rate", "NYTT": "not in the catalogue", midl: "wage",
	} {
		b := bill(t, at(tiltak, "2024-01-01", "2024-03-31", 100))
		if !math.IsNaN(b.Kroner) || !math.IsNaN(b.Real) || b.Unpriced == "" || !strings.Contains(b.Why, says) || !has(b.Warnings, "not_priced") {
			t.Errorf("%s: %v kr, %q: %s", tiltak, b.Kroner, b.Unpriced, b.Why)
		}
		if b.Months != 3 {
			t.Errorf("%s: %v months", tiltak, b.Months)
		}
	}
}

func TestActualAmount(t *testing.T) {
	in := at("AVKLARING", "2024-01-22", "2024-03-10", 100)
	in.Amount = 49_999.5
	b := bill(t, in)
	// 49 days: 10 of January, 29 of February, 10 of March. After 10 days 10 203.98 → 10 204; after 39 days 39 795.52 → 39 796,
	// less 10 204 is 29 592; the last line takes the rest, 10 203.5.
	want := []float64{10204, 29592, 10203.5}
	for i, l := range b.Lines {
		if l.Kroner != want[i] {
			t.Errorf("line %d: %v kr, want %v", i+1, l.Kroner, want[i])
		}
	}
	if b.Kroner != in.Amount || b.Basis != FromAmount {
		t.Errorf("%v kr by %s", b.Kroner, b.Basis)
	}
	in = at(aft, "2024-01-01", "2024-01-31", 100)
	in.Amount = 1000
	if b := bill(t, in); b.Kroner != 1000 {
		t.Errorf("the actual amount did not win over the rate: %v", b.Kroner)
	}
	in = at("INKLUDERINGSTILSKUDD", "2024-01-01", "2024-01-31", 100)
	in.Amount = 149_101 // 1 kr over the ceiling of 2024
	if b := bill(t, in); !has(b.Warnings, "over_ceiling") {
		t.Errorf("no warning over the ceiling: %v", b.Warnings)
	}
}

// A kroner of wage costs 1.12 · 1.02 · 1.141 = 1.3034784 in zone I in 2026.
func TestWageSubsidy(t *testing.T) {
	in := at(midl, "2026-01-16", "2027-01-31", 100)
	in.Wage, in.Percent = 30_000, 60
	b := bill(t, in)
	// A full month: 30 000 · 1.3034784 = 39 104.352; 60 % is 23 462.61. The 13th month begins on 16 January 2027, where the
	// month is two lines: 1–15 January at 60 % are 11 of 21 weekdays, 0.52381 (12 290.00), 16–31 January at 50 % are 10 of 21,
	// 0.47619 (19 552.176 · 0.47619 = 9 310.55). 16–31 January 2026 (a Friday on) is 11 of 22 weekdays: 11 731.31.
	if len(b.Lines) != 14 {
		t.Fatalf("%d lines: %+v", len(b.Lines), b.Lines)
	}
	for i, want := range map[int]float64{0: 11731, 1: 23463, 11: 23463, 12: 12290, 13: 9311} {
		if got := b.Lines[i].Kroner; got != want {
			t.Errorf("line %d (%s): %v kr, want %v (%s)", i+1, b.Lines[i].Month, got, want, b.Lines[i].Rule)
		}
	}
	in.Percent = 40 // situasjonsbestemt: 40 % for 6 months, then 30 %
	b = bill(t, in)
	for i, want := range map[int]float64{1: 40, 5: 40, 6: 40, 7: 30, 8: 30} {
		if got := b.Lines[i].Percent; got != want {
			t.Errorf("situasjonsbestemt, line %d (%s to %s): %v %%, want %v", i+1, b.Lines[i].From, b.Lines[i].To, got, want)
		}
	}
	in.Percent = 45 // as no variant begins: throughout
	if b = bill(t, in); b.Lines[len(b.Lines)-1].Percent != 45 {
		t.Errorf("an agreed percent did not stay: %+v", b.Lines)
	}
	in.Percent = math.NaN()
	if b = bill(t, in); b.Lines[0].Percent != 60 || !has(b.Warnings, "subsidy_variant_assumed") {
		t.Errorf("nothing known: %v %%, %v", b.Lines[0].Percent, b.Warnings)
	}
}

// 5 G a year is the ceiling of the wage cost in varig lønnstilskudd. G is 130 160 until 30 April 2026 and 136 549 from
// 1 May: 54 233.33 and 56 895.42 a month; 75 % is 40 675.00 and 42 671.56. 60 000 kr of wage costs 78 208.70.
func TestCapOfFiveG(t *testing.T) {
	in := at(varig, "2026-04-01", "2026-05-31", 100)
	in.Wage = 60_000
	b := bill(t, in)
	if b.Lines[0].Kroner != 40675 || b.Lines[1].Kroner != 42672 || !has(b.Warnings, "wage_cost_capped") {
		t.Errorf("%v and %v kr, warnings %v", b.Lines[0].Kroner, b.Lines[1].Kroner, b.Warnings)
	}
	// 41 000 · 1.3034784 = 53 442.6144 is under the ceiling: 75 % is 40 081.96.
	in.Wage = 41_000
	if b = bill(t, in); b.Lines[0].Kroner != 40082 || has(b.Warnings, "wage_cost_capped") {
		t.Errorf("%v kr, warnings %v", b.Lines[0].Kroner, b.Warnings)
	}
}

// A wage paid in the month is not cut by days: 10 000 kr in a month of which one half is in the tiltak.
func TestWagePaidInTheMonth(t *testing.T) {
	in := at(midl, "2026-01-16", "2026-02-28", 100)
	in.Percent = 60
	in.WagePaid = func(m calendar.Month) float64 {
		if m == calendar.NewMonth(2026, 1) {
			return 10_000
		}
		return 30_000
	}
	b := bill(t, in)
	// 10 000 · 1.3034784 · 0.6 = 7 820.87
	if b.Lines[0].Kroner != 7821 || b.Lines[1].Kroner != 23463 {
		t.Errorf("%v and %v kr", b.Lines[0].Kroner, b.Lines[1].Kroner)
	}
	in.WagePaid = func(calendar.Month) float64 { return math.NaN() }
	if b = bill(t, in); b.Unpriced != NoWage {
		t.Errorf("an unknown wage was priced: %v", b.Kroner)
	}
}

func TestPriceYear(t *testing.T) {
	in := at(aft, "2023-12-01", "2024-01-31", 100)
	in.PriceYear = 2024
	b := bill(t, in)
	// KPI 129.6 in 2023 and 133.6 in 2024: 19 500 · 133.6/129.6 + 20 205.
	if want := 19500*133.6/129.6 + 20205; math.Abs(b.Real-want) > 1e-9 || b.Kroner != 39705 {
		t.Errorf("%v kr at the prices of 2024, want %v", b.Real, want)
	}
	if !has(b.Warnings, "kpi_unconfirmed") {
		t.Errorf("warnings %v", b.Warnings)
	}
	in.Deflator = ByG
	b = bill(t, in)
	// average G 116 239 in 2023 and 122 225 in 2024
	if want := 19500*122225/116239. + 20205; math.Abs(b.Real-want) > 1e-9 {
		t.Errorf("%v kr by G, want %v", b.Real, want)
	}
	if want := 19500/116239. + 20205/122225.; math.Abs(b.InG-want) > 1e-15 {
		t.Errorf("%v G, want %v", b.InG, want)
	}
	in.Deflator, in.PriceYear = ByKPI, 2026
	if _, err := Participation(nil, in); fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), "2005–2024") {
		t.Errorf("price year 2026: %v", err)
	}
}

func TestRefused(t *testing.T) {
	inf := at(aft, "2024-01-01", "2024-01-31", math.Inf(1))
	negative := at(aft, "2024-01-01", "2024-01-31", -1)
	over := at(midl, "2024-01-01", "2024-01-31", 100)
	over.Wage, over.Percent = 1, 101
	changes := at(aft, "2024-01-01", "2024-01-31", 100)
	changes.Changes = []Change{{date("2024-01-05"), 50}, {date("2024-01-05"), 60}}
	zone := at(midl, "2024-01-01", "2024-01-31", 100)
	zone.Zone = "VI"
	for name, in := range map[string]ParticipationInput{
		"open": at(aft, "2024-01-01", "9999-12-31", 100), "backwards": at(aft, "2024-01-02", "2024-01-01", 100),
		"infinite": inf, "negative": negative, "over 100 percent": over, "unsorted changes": changes, "zone": zone,
	} {
		if b, err := Participation(nil, in); err == nil || fault.StatusOf(err) == fault.Internal {
			t.Errorf("%s: %v kr, %v", name, b.Kroner, err)
		}
	}
}

func has(warnings []fault.Warning, code string) bool {
	for _, w := range warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

package cost

import (
	"testing"

	"tiltakseffekt/internal/calendar"
)

// Two participations of one person: AFT over New Year and a wage subsidy later; the months before the path, after it and
// of a tiltak without a price stay out.
func TestAddTo(t *testing.T) {
	p, _ := NewPricer(nil, 0, ByKPI)
	x := NewPath(4, false)
	first := calendar.NewMonth(2025, 12)
	if _, err := p.AddTo(&x, first, at(aft, "2025-11-01", "2026-01-31", 100)); err != nil {
		t.Fatal(err)
	}
	subsidy := at(midl, "2026-03-01", "2026-04-30", 100)
	subsidy.Wage, subsidy.Percent = 30_000, 60
	if _, err := p.AddTo(&x, first, subsidy); err != nil {
		t.Fatal(err)
	}
	unpriced, err := p.AddTo(&x, first, at("AVKLARING", "2026-01-01", "2026-02-28", 100))
	if err != nil || unpriced.Unpriced != NoRate {
		t.Errorf("%+v, %v", unpriced, err)
	}
	for k, want := range []float64{20975, 21730, 0, 0} {
		if x.Tiltak[k] != want {
			t.Errorf("payments in month %d: %v, want %v", k, x.Tiltak[k], want)
		}
	}
	if x.Subsidy[2] != 0 || x.Subsidy[3] != 23463 { // 60 % of 39 104.35
		t.Errorf("subsidies %v", x.Subsidy)
	}
	if x.Benefits != nil {
		t.Error("benefits are known")
	}
	if x.Wage[0] != 0 || len(x.Wage) != 4 {
		t.Errorf("wages %v", x.Wage)
	}
}

package results

import (
	"math"
	"strings"
	"testing"
)

// The curves of competing exits go out so that no number behind them is known closer than the limit: every share of every
// curve is met by at least twice the limit of different counts, and by the counts of a rest group as widely.
func TestRoundedCurvesTellNoCount(t *testing.T) {
	curve := func(group string, n int, share float64) []Duration {
		var rows []Duration
		for m := 1; m <= 24; m++ {
			rows = append(rows, Duration{Tiltak: "AFT", Group: group, Measure: "exit:work", Unit: "months", Time: float64(m), NRisk: n - m*n/30, NEvent: n / 40, NCensor: 1,
				Estimate: share * float64(m) / 24, StdError: .0213, ConfLow: .123456, ConfHigh: .654321})
		}
		return rows
	}
	tables := &Tables{}
	for _, c := range []struct {
		group string
		n     int
	}{{"alle", 2000}, {"unge", 150}, {"faa", 39}} {
		tables.Durations = append(tables.Durations, curve(c.group, c.n, .437)...)
	}
	if found := strings.Join(Attack(tables, 5), "\n"); !strings.Contains(found, "exact counts") || !strings.Contains(found, "a share of") {
		t.Errorf("the attack does not see exact curves:\n%s", found)
	}
	Suppress(tables, 5)
	shown := map[string]int{}
	for _, d := range tables.Durations {
		if d.Reason == suppressed {
			if !math.IsNaN(d.Estimate) || d.NRisk >= 0 {
				t.Errorf("hidden with figures: %+v", d)
			}
			continue
		}
		shown[d.Group]++
		n := map[string]int{"alle": 2000, "unge": 150}[d.Group]
		counts := 0
		for k := range n + 1 { // numbers that would be shown as this share
			unit := roundingUnit(5, n)
			if math.Abs(math.Round(float64(k)/float64(n)/unit)*unit-d.Estimate) < 1e-9 {
				counts++
			}
		}
		if counts < 10 && d.Estimate > 0 || d.NEvent >= 0 || d.NCensor >= 0 || d.NRisk%10 != 0 {
			t.Errorf("%s at %v: %v could be %d counts; %d at risk, %d events", d.Group, d.Time, d.Estimate, counts, d.NRisk, d.NEvent)
		}
	}
	if shown["alle"] != 24 || shown["unge"] < 20 || shown["faa"] != 0 {
		t.Errorf("points that are shown: %v", shown)
	}
	if found := Attack(tables, 5); len(found) > 0 {
		t.Errorf("found after suppression: %d, %s", len(found), found[0])
	}
}

// Whatever number begins, what Suppress rounds holds against Attack, which knows that number to tens alone.
func TestRoundingOfAnyNumber(t *testing.T) {
	for n := 40; n <= 1200; n++ {
		tables := &Tables{}
		for m := 1; m <= 8; m++ {
			share := 1 - float64(m*m)/100
			tables.Durations = append(tables.Durations, Duration{Tiltak: "AFT", Group: "alle", Measure: "retention", Time: float64(m), NRisk: n - 3*m + 3, NEvent: 3, Estimate: share, StdError: .02, ConfLow: share - .04, ConfHigh: min(1, share+.04)})
		}
		tables.DurationShares = []DurationShare{{Tiltak: "AFT", Group: "alle", Measure: "ended_within", Months: 2, NStarts: n, Estimate: .977, ConfLow: .9, ConfHigh: 1, With: n - 20, Without: 20}}
		Suppress(tables, 5)
		if found := Attack(tables, 5); len(found) > 0 {
			t.Fatalf("%d: %s", n, found[0])
		}
		for _, d := range tables.Durations {
			if d.Estimate > 1 || d.ConfHigh > 1 || d.ConfLow < 0 {
				t.Fatalf("%d: %+v", n, d)
			}
		}
	}
}

func TestDurationSharesOfFew(t *testing.T) {
	share := func(group string, n, with, without int) DurationShare {
		return DurationShare{Tiltak: "AFT", Group: group, Measure: "longer_than", Months: 12, NStarts: n, Estimate: float64(with) / float64(n), StdError: .0123, ConfLow: .1234, ConfHigh: .4321, With: with, Without: without}
	}
	tables := &Tables{DurationShares: []DurationShare{share("a", 400, 77, 323), share("b", 400, 3, 397), share("c", 400, 397, 3), share("d", 30, 15, 15), share("e", 400, 0, 400)}}
	if found := Attack(tables, 5); len(found) == 0 {
		t.Error("the attack sees nothing in exact shares")
	}
	Suppress(tables, 5)
	for i, hidden := range []bool{false, true, true, true, false} {
		if d := tables.DurationShares[i]; math.IsNaN(d.Estimate) != hidden {
			t.Errorf("%s: %+v, hidden %v", d.Group, d, hidden)
		}
	}
	if d := tables.DurationShares[0]; math.Abs(d.Estimate-.18) > 1e-12 && math.Abs(d.Estimate-.21) > 1e-12 { // unit: 10 of 400 are 2.5 %, so 3 %
		t.Errorf("%+v", d)
	}
	if found := Attack(tables, 5); len(found) > 0 {
		t.Errorf("found after suppression: %d, %s", len(found), found[0])
	}
}

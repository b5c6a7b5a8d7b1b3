package analysis

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Tests of this room must not reach the simulator (docs/rooms.md): the register of these tests is written by the command
// in cmd/evaluate's tests. Here the parts that need no register are tested.

func TestHolmAgainstDefinition(t *testing.T) {
	month := 24
	row := func(group string, p float64) results.Estimate {
		return results.Estimate{Tiltak: "A", Group: group, Outcome: "o", Method: "m", Month: &month, PValue: p, PAdjusted: math.NaN(), Role: "primary"}
	}
	rows := []results.Estimate{row("a", 0.01), row("b", 0.04), row("c", 0.03), row("d", 0.005), row("e", math.NaN())}
	other := row("a", 0.001)
	other.Outcome = "p"
	rows = append(rows, other)
	adjust(rows, Inference{Multiplicity: holm, Family: &Family{Outcome: "o", Month: 24, Method: "m"}}, nil, 1)
	// By hand, m = 4: 0.005·4 = 0.02; 0.01·3 = 0.03; 0.03·2 = 0.06; 0.04·1 = 0.04 → 0.06 (no smaller than the one before).
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02, math.NaN(), math.NaN()} {
		if got := rows[i].PAdjusted; math.Abs(got-want) > 1e-15 || math.IsNaN(got) != math.IsNaN(want) {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
	if rows[4].Family != "" || rows[0].Family == "" {
		t.Error("a row without a p-value is in the family")
	}
	rows[0].PAdjusted = math.NaN()
	adjust(rows[:1], Inference{Multiplicity: noCorrection}, nil, 1)
	if !math.IsNaN(rows[0].PAdjusted) {
		t.Error("multiplicity none adjusts")
	}
}

func TestAStudyOfNobodyIsRefused(t *testing.T) {
	flow := []cohort.Flow{{Rule: "starts", Starts: 5}, {Rule: "outside_age", Starts: 3}, {Rule: "washout_any", Starts: 2}, {Rule: "analysed"}}
	if err := somebody(flow); fault.StatusOf(err) != fault.Data || !strings.Contains(err.Error(), "outside_age") {
		t.Errorf("%v", err)
	}
	flow[3].Starts, flow[1].Starts = 1, 2
	if err := somebody(flow); err != nil {
		t.Error(err)
	}
	if err := somebody([]cohort.Flow{{Rule: "starts"}, {Rule: "analysed"}}); fault.StatusOf(err) != fault.Data {
		t.Errorf("%v", err)
	}
}

func TestMissingFigureIsNeverZero(t *testing.T) {
	e := missing(estimate.NoOverlap)
	for name, v := range map[string]float64{"estimate": e.Estimate, "std_error": e.StdError, "conf_low": e.ConfLow, "conf_high": e.ConfHigh, "p_value": e.PValue,
		"mean_treated": e.MeanTreated, "mean_comparison": e.MeanComparison, "ess": e.ESS, "p_adjusted": e.PAdjusted, "band_low": e.BandLow, "band_high": e.BandHigh,
		"p_permutation": e.PPermutation, "family_low": e.FamilyLow, "family_high": e.FamilyHigh} {
		if !math.IsNaN(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
}

func TestUntilComesBackAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	begin := time.Now()
	cancel()
	_, err := until(ctx, func() (int, error) { <-release; return 1, nil })
	if !errors.Is(err, context.Canceled) || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	if v, err := until(t.Context(), func() (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}

// spells: a participation from 1 January to 31 January 2020 is 31 days = 1.02 mean months and ends in month 2 by days; one
// of 30 days ends in month 1. (365.2425/12 = 30.436875.)
func TestMonthsOf(t *testing.T) {
	start := date("2020-01-01")
	cut := date("2020-12-15").Month()
	for _, c := range []struct {
		end   string
		time  float64
		ended bool
	}{{"2020-01-01", 1, true}, {"2020-01-30", 1, true}, {"2020-01-31", 2, true}, {"2020-03-01", 3, true}, {"2020-02-29", 2, true}, {"2020-12-31", 13, true}, {"2021-01-01", 12, false}, {"9999-12-31", 12, false}} {
		time, ended := monthsOf(start, date(c.end), cut)
		if time != c.time || ended != c.ended {
			t.Errorf("to %s: %v, %v; want %v, %v", c.end, time, ended, c.time, c.ended)
		}
	}
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

package report

import (
	"html"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

// An experiment is shown by outcome and month with its interval, or with the reason, in both languages; a run without has no such part.
func TestExperimentIsShown(t *testing.T) {
	run, tables := madeup.Make(1, 1)
	if strings.Contains(render(t, run, tables, "en"), `id="experiment"`) {
		t.Error("a run without an experiment has the part")
	}
	row := func(estimand string, value float64) results.Experiment {
		e := results.Experiment{Randomised: "office", Outcome: "arbeid", Month: 12, Estimand: estimand, Adjustment: "lin"}
		e.Blank()
		e.Estimate, e.ConfLow, e.ConfHigh = value, value-.02, value+.02
		return e
	}
	itt, late := row("itt", .0412), row("late", math.NaN())
	itt.PRandomisation, late.Reason = .0315, "suppressed"
	tables.Experiment = []results.Experiment{itt, late, row("first_stage", .7)}
	for lang, want := range map[string][]string{"en": {"Where chance decided", "+4.1", "+6.1", "Offices were drawn", "0.03"}, "nb": {"Der tilfeldighet bestemte", "+4,1", "Det var kontorer", "skjult"}} {
		page := html.UnescapeString(render(t, run, tables, lang))
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the report lacks %q", lang, w)
			}
		}
		if strings.Contains(page, "+70") {
			t.Errorf("%s: the first stage is shown as an effect", lang)
		}
	}
}

// Where the offer moved hardly anybody, the effect of taking part is a ratio of nothing: it is not shown, and the report says why.
func TestWeakOfferIsSaid(t *testing.T) {
	run, tables := madeup.Make(1, 1)
	for _, c := range []struct {
		f    float64
		weak bool
	}{{9.9, true}, {10, false}, {math.NaN(), false}} {
		var rows []results.Experiment
		for _, estimand := range []string{"itt", "late", "first_stage"} {
			e := results.Experiment{Randomised: "person", Outcome: "arbeid", Month: 12, Estimand: estimand, Adjustment: "lin"}
			e.Blank()
			e.Estimate, e.ConfLow, e.ConfHigh = .0412, .02, .06
			if estimand == "late" {
				e.Estimate, e.ConfLow, e.ConfHigh = 6.0767, -60, 72
			}
			if estimand == "first_stage" {
				e.FirstStageF = c.f
			}
			rows = append(rows, e)
		}
		tables.Experiment = rows
		for lang, want := range map[string][2]string{"en": {"too few more took part", "+607.7"}, "nb": {"for få flere deltok", "+607,7"}} {
			page := html.UnescapeString(render(t, run, tables, lang))
			if said, shown := strings.Contains(page, want[0]), strings.Contains(page, want[1]); said != c.weak || shown == c.weak {
				t.Errorf("%s, F = %g: said %v, shown %v", lang, c.f, said, shown)
			}
		}
	}
}

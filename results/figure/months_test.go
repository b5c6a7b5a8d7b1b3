package figure

import (
	"testing"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// One month is written as one: the quartiles of a short tiltak often are.
func TestDurationOverviewWritesOneMonth(t *testing.T) {
	run := &results.Run{Level: .95, Tiltak: []results.Label{{ID: "A", Text: results.Text{NB: "A", EN: "A"}}}}
	var rows []results.Duration
	for k, share := range []float64{0.7, 0.5, 0.2} {
		rows = append(rows, results.Duration{Tiltak: "A", Group: "alle", Measure: "time_in_tiltak", Unit: "months", Time: float64(k + 1), Estimate: share})
	}
	s := NewSet(run, &results.Tables{Durations: rows})
	for lang, want := range map[number.Lang][3]string{number.EN: {"2 months", "1 month", "3 months"}, number.NB: {"2 mnd.", "1 mnd.", "3 mnd."}} {
		f := s.DurationOverview("alle", Options{Lang: lang})
		for k, w := range want {
			if got := f.Data.Rows[0][k+1].Text; got != w {
				t.Errorf("%s: %q, want %q", lang, got, w)
			}
		}
	}
}

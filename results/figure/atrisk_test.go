package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// Where numbers at risk are hidden the table of a curve is made from what is shown, and says so.
func TestAtRiskFromWhatIsShown(t *testing.T) {
	row := func(time float64, risk, events int, left float64) results.Duration {
		d := results.Duration{Tiltak: "AFT", Group: "alle", Measure: "time_in_tiltak", Time: time, NRisk: risk, NEvent: events, NCensor: -1, Estimate: left}
		if math.IsNaN(left) {
			d.Reason = "suppressed"
		}
		return d
	}
	nan := math.NaN()
	for name, c := range map[string]struct {
		rows  []results.Duration
		flow  []results.Flow
		risk  []int
		about []bool
	}{
		"events since":      {[]results.Duration{row(1, 833, 119, .86), row(2, -1, 44, .8), row(3, -1, -1, nan), row(4, -1, 40, .75), row(5, 620, 7, .74)}, nil, []int{833, 710, -1, 670, 620}, []bool{false, true, false, true, false}},
		"hidden throughout": {[]results.Duration{row(1, -1, -1, .95), row(2, -1, -1, .90), row(13, -1, -1, .5)}, []results.Flow{{Tiltak: "AFT", Group: "alle", Action: "start", Rows: -1, Reason: "suppressed"}, {Tiltak: "AFT", Group: "alle", Action: "analysed", Rows: 451}}, []int{450, 430, -1}, []bool{true, true, false}},
		"nothing shown":     {[]results.Duration{row(1, -1, -1, .95)}, nil, []int{-1}, []bool{false}},
	} {
		s := NewSet(&results.Run{Horizon: 12, Level: .95}, &results.Tables{Durations: c.rows, Flow: c.flow})
		risk, about := s.atRisk("AFT", "alle", "time_in_tiltak", s.Durations("AFT", "alle", "time_in_tiltak"))
		if !slices.Equal(risk, c.risk) || !slices.Equal(about, c.about) {
			t.Errorf("%s: %v %v", name, risk, about)
		}
		svg, err := s.Duration("AFT", "alle", "time_in_tiltak", Options{Lang: number.EN}).SVG()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(svg), "~: about") != slices.Contains(c.about, true) {
			t.Errorf("%s: the caption does not fit", name)
		}
	}
}

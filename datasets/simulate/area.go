package simulate

import (
	"math"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// areaTable is the file of the local markets, in scenarios that have it (scenario.areas).
const areaTable = "omrade_maaned"

// unemployment is what a county would publish of a month: 3 per cent where the market adds nothing to job finding, less where it is
// tight, with two decimals.
func unemployment(tight float64) float64 { return math.Round(300*math.Exp(-1.5*tight)) / 100 }

// areas is omrade_maaned: fylke, maaned, ledighet (per cent); nil where the scenario has none.
func (w *world) areas() *datasets.Table {
	if !w.rules.areas {
		return nil
	}
	county := newText("fylke", w.counties...)
	var months []calendar.Date
	var values []float64
	for c := range w.counties {
		for t := range w.months {
			county.add(c)
			months = append(months, w.first[t])
			values = append(values, unemployment(w.tight[c][t]))
		}
	}
	return datasets.NewTable(county.column(), datasets.DateColumn("maaned", months, nil), datasets.FloatColumn("ledighet", values))
}

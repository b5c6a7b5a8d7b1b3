package figure

import (
	"math"

	"tiltakseffekt/results"
)

// atRisk are the numbers at risk of a curve's rows for its table, and which of them are about. Where disclosure control hides
// the number, what is shown elsewhere tells about how many there are: the last number at risk less the events since (few
// are censored in between, otherwise the number would be there), or, where a curve has none at all, the starts that the
// flow shows times the share left, as long as all are followed. Nothing that is not in the tables comes in.
func (s *Set) atRisk(tiltak, group, measure string, rows []*results.Duration) (risk []int, about []bool) {
	risk, about = make([]int, len(rows)), make([]bool, len(rows))
	last, some := -1, false
	for i, d := range rows {
		risk[i] = -1
		shown := d.Reason == "" && !math.IsNaN(d.Estimate)
		switch {
		case !shown: // its events are in the next row that is shown
			continue
		case d.NRisk >= 0:
			risk[i], last, some = d.NRisk, d.NRisk, true
		case last >= 0:
			risk[i], about[i] = tens(last), true
		}
		if last >= 0 {
			if last -= d.NEvent; d.NEvent < 0 {
				last = -1
			}
		}
	}
	if some {
		return risk, about
	}
	starts := s.starts(tiltak, group, measure)
	left := 1.
	for i, d := range rows {
		if d.Reason != "" || math.IsNaN(d.Estimate) {
			continue
		}
		if starts > 0 && d.Time <= float64(s.Run.Horizon) {
			risk[i], about[i] = tens(int(math.Round(float64(starts)*left))), true
		}
		left = d.Estimate
	}
	return risk, about
}

// starts is a number of starts that the flow shows and that a curve without numbers begins with, or nearly; 0 for none.
func (s *Set) starts(tiltak, group, measure string) int {
	if measure != "time_in_tiltak" && measure != "time_to_work" && measure != "time_to_stable_work" {
		return 0
	}
	for _, action := range []string{"analysed", "start"} {
		for i := range s.Tables.Flow {
			if f := &s.Tables.Flow[i]; f.Tiltak == tiltak && f.Group == group && f.Action == action && f.Reason == "" {
				return f.Rows
			}
		}
	}
	return 0
}

func tens(n int) int { return 10 * int(math.Round(float64(n)/10)) }

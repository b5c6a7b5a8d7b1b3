package analysis

import (
	"testing"
)

// A weight is of the estimate alone: n_risk and its like are the spells that were seen, and behind them the persons, since
// disclosure control would otherwise take one person of weight 20 for twenty.
func TestDurationRowsCountWhatWasSeen(t *testing.T) {
	var s spells
	for _, x := range []struct {
		person int32
		weight float64
		time   float64
		ended  bool
	}{{7, 20, 1, true}, {7, 20, 1, true}, {7, 20, 3, true}, {9, 20, 1, false}, {12, 40, 3, true}, {13, 0, 2, true}, {14, 20, 4, false}} {
		s.add(x.person, x.weight, x.time, x.ended)
	}
	rows, err := s.curve(.95)
	if err != nil {
		t.Fatal(err)
	}
	// At 1 six spells of four persons; at 3 three of three; the weight at risk falls 140, 80, 20.
	for i, want := range []struct {
		time, estimate                       float64
		risk, event, censor, persons, eventP int
	}{{1, 1 - 40./140, 6, 2, 1, 4, 1}, {3, (1 - 40./140) * (1 - 60./80), 3, 2, 0, 3, 2}, {4, (1 - 40./140) * (1 - 60./80), 1, 0, 1, 1, 0}} {
		d := rows[i]
		if d.Time != want.time || d.NRisk != want.risk || d.NEvent != want.event || d.NCensor != want.censor || d.RiskPersons != want.persons || d.EventPersons != want.eventP || !d.Repeated {
			t.Errorf("%+v, want %+v", d, want)
		}
		if e := d.Estimate - want.estimate; e > 1e-12 || e < -1e-12 {
			t.Errorf("at %v: %v, want %v", d.Time, d.Estimate, want.estimate)
		}
	}
	if len(rows) != 3 {
		t.Errorf("%d rows", len(rows))
	}
}

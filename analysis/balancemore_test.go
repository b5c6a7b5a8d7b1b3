package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/matching"
)

// The monthly history in one pass is matching.ProductBalance of each month's column, made one at a time, in both weightings. The
// tolerance is rounding of sums in another order.
func TestMonthlyBalanceIsProductBalance(t *testing.T) {
	trials, _, _ := madeTrials(8, 300, false, false)
	c := newCell(trials, &trials.Tiltak[0], 0, 1, nil)
	rng := rand.New(rand.NewPCG(8, 8))
	const months = 60
	panel := &register.Panel{First: trials.Rows.Month[0] - 45, Months: months} // some months before m lie before the panel
	cells := 300 * months
	panel.Position, panel.Ordinary = make([]uint16, cells), make([]uint16, cells)
	panel.Wage, panel.OrdinaryWage, panel.State = make([]int32, cells), make([]int32, cells), make([]register.State, cells)
	for k := range cells {
		if rng.IntN(3) == 0 && k%months != 40 { // nobody works in one of the months
			panel.Ordinary[k], panel.OrdinaryWage[k] = 100, int32(20_000+rng.IntN(30_000))
		}
	}
	reg := &register.Register{Panel: panel}
	weights := [][]float64{make([]float64, len(c.row)), c.weight}
	for i := range c.row {
		if rng.IntN(4) > 0 {
			weights[0][i] = rng.Float64()
		}
	}
	got := c.monthlyBalance(weights, reg, trials.Rows.Person, trials.Rows.Month)
	one := make([]float64, len(c.row))
	for i := range one {
		one[i] = 1
	}
	for g, weight := range weights {
		var want []matching.ProductRow
		for k := 1; k <= monthsOfHistory; k++ {
			work, wage := make([]float64, len(c.row)), make([]float64, len(c.row))
			for i, row := range c.row {
				if at := panel.Index(trials.Rows.Person[row], trials.Rows.Month[row]-calendar.Month(k)); at >= 0 && panel.Ordinary[at] > 0 {
					work[i], wage[i] = 1, float64(panel.OrdinaryWage[at])/1e6
				}
			}
			for name, x := range map[string][]float64{"arbeid": work, "lonn": wage} {
				for _, r := range matching.ProductBalance([][]float64{one, x}, nil, c.treated, weight, c.weight, false, true) {
					want = append(want, matching.ProductRow{Variable: fmt.Sprintf("%s_maaned_%d", name, k), SMD: r.SMD})
				}
			}
		}
		if len(want) != len(got[g]) || len(want) < 60 {
			t.Fatalf("%d rows, want %d", len(got[g]), len(want))
		}
		of := map[string]float64{}
		for _, r := range want {
			of[r.Variable] = r.SMD
		}
		for _, r := range got[g] {
			if w, ok := of[r.Variable]; !ok || !(math.Abs(r.SMD-w) < 1e-10) {
				t.Errorf("%s: %g, want %g", r.Variable, r.SMD, w)
			}
		}
	}
}

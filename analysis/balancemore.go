package analysis

import (
	"fmt"
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// balanceBound is the standardised difference over which a covariate is said to be out of balance.
const balanceBound = 0.1

// monthsOfHistory is how many months before m the balance of the monthly history looks at.
const monthsOfHistory = 36

// balanceDiagnostics are what the balance table does not hold: the joint tests before and after (matching.JointBalance, by
// person), and the largest differences of squares, of products of pairs, and of work and wage month by month before the start.
func (c *cell) balanceDiagnostics(weight []float64, reg *register.Register, person []int32, month []calendar.Month) []results.Diagnostic {
	var out []results.Diagnostic
	before := matching.JointBalance(c.x, c.treated, c.weight, c.person, c.persons)
	after := matching.JointBalance(c.x, c.treated, weight, c.person, c.persons)
	out = append(out, results.Diagnostic{Name: "joint_balance_p_before", Value: before.PValue, Text: fmt.Sprintf("F test of all covariates together on %d columns, by person, before", before.DF)},
		results.Diagnostic{Name: "joint_balance_p", Value: after.PValue, Text: fmt.Sprintf("the same after, on %d columns, weights taken as known", after.DF)})
	worst := func(name, what string, rows []matching.ProductRow) {
		most, at, over, of := 0., "", 0, 0
		for _, r := range rows {
			if math.IsNaN(r.SMD) {
				continue
			}
			of++
			if d := math.Abs(r.SMD); d > most {
				most, at = d, r.Variable
			}
			if math.Abs(r.SMD) > balanceBound {
				over++
			}
		}
		if of == 0 {
			return
		}
		out = append(out, results.Diagnostic{Name: name, Value: most, Text: fmt.Sprintf("%s after: %d of %d over %.1f standard deviations, most in %s", what, over, of, balanceBound, at)})
	}
	worst("max_abs_smd_squares", "squares", matching.ProductBalance(c.x, c.names, c.treated, weight, c.weight, true, false))
	worst("max_abs_smd_products", "products of two covariates", matching.ProductBalance(c.x, c.names, c.treated, weight, c.weight, false, true))
	worst("max_abs_smd_months", "work and wage month by month", c.monthlyBalance(weight, reg, person, month))
	return out
}

// monthlyBalance is the standardised difference, after, of work and of the ordinary wage in each of the 36 months before m; a month
// outside the panel counts as one without, in both arms alike.
func (c *cell) monthlyBalance(weight []float64, reg *register.Register, person []int32, month []calendar.Month) []matching.ProductRow {
	work, wage := make([]float64, len(c.row)), make([]float64, len(c.row))
	one := make([]float64, len(c.row))
	for i := range one {
		one[i] = 1
	}
	var out []matching.ProductRow
	for k := 1; k <= monthsOfHistory; k++ {
		for i, row := range c.row {
			work[i], wage[i] = 0, 0
			if at := reg.Panel.Index(person[row], month[row]-calendar.Month(k)); at >= 0 && reg.Panel.Ordinary[at] > 0 {
				work[i], wage[i] = 1, float64(reg.Panel.OrdinaryWage[at])/1e6
			}
		}
		for _, s := range []struct {
			name string
			x    []float64
		}{{"arbeid", work}, {"lonn", wage}} {
			// A column is its product with ones.
			for _, r := range matching.ProductBalance([][]float64{one, s.x}, []string{"", ""}, c.treated, weight, c.weight, false, true) {
				out = append(out, matching.ProductRow{Variable: fmt.Sprintf("%s_maaned_%d", s.name, k), SMD: r.SMD})
			}
		}
	}
	return out
}

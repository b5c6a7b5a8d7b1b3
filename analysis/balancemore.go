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

// balanceDiagnostics are what the balance table does not hold, for each of several weightings of the rows: the joint tests before and
// after (matching.JointBalance, by person), and the largest differences of squares, of products of pairs, and of work and wage
// month by month before the start.
func (c *cell) balanceDiagnostics(weights [][]float64, reg *register.Register, person []int32, month []calendar.Month) [][]results.Diagnostic {
	if len(weights) == 0 {
		return nil
	}
	before := matching.JointBalance(c.x, c.treated, c.weight, c.person, c.persons)
	products := matching.ProductBalanceOfEach(c.x, c.names, c.treated, weights, c.weight, true, true)
	months := c.monthlyBalance(weights, reg, person, month)
	all := make([][]results.Diagnostic, len(weights))
	for g, weight := range weights {
		after := matching.JointBalance(c.x, c.treated, weight, c.person, c.persons)
		out := []results.Diagnostic{{Name: "joint_balance_p_before", Value: before.PValue, Text: fmt.Sprintf("F test of all covariates together on %d columns, by person, before", before.DF)},
			{Name: "joint_balance_p", Value: after.PValue, Text: fmt.Sprintf("the same after, on %d columns, weights taken as known", after.DF)}}
		worst := func(name, what string, rows []matching.ProductRow, square bool) {
			most, at, over, of := 0., "", 0, 0
			for _, r := range rows {
				if math.IsNaN(r.SMD) || r.Square != square {
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
		worst("max_abs_smd_squares", "squares", products[g], true)
		worst("max_abs_smd_products", "products of two covariates", products[g], false)
		worst("max_abs_smd_months", "work and wage month by month", months[g], false)
		all[g] = out
	}
	return all
}

// monthSums are the sums over the rows of a cell of one month's value: Σ base·x and Σ base·x² of the treated, and for each
// weighting Σ w·x by arm.
type monthSums struct {
	s1, s2 float64
	after  [][2]float64
}

// monthlyBalance is the standardised difference, after each weighting, of work and of the ordinary wage in each of the 36 months
// before m, by the definition of matching.ProductBalance; a month outside the panel counts as one without, in both arms alike. One
// pass over the rows serves all: the months of a person lie together.
func (c *cell) monthlyBalance(weights [][]float64, reg *register.Register, person []int32, month []calendar.Month) [][]matching.ProductRow {
	var work, wage [monthsOfHistory]monthSums
	for k := range work {
		work[k].after, wage[k].after = make([][2]float64, len(weights)), make([][2]float64, len(weights))
	}
	s0, v2, total := 0., 0., make([][2]float64, len(weights))
	w := make([]float64, len(weights))
	for i, row := range c.row {
		arm, base := 0, 0.
		if c.treated[i] {
			arm, base = 1, c.weight[i]
			s0 += base
			v2 += base * base
		}
		some := arm == 1
		for g := range weights {
			w[g] = max(weights[g][i], 0)
			total[g][arm] += w[g]
			some = some || w[g] > 0
		}
		if !some {
			continue
		}
		h := reg.Panel.History(person[row])
		last := int(month[row]-h.First) - 1 // of month m − 1
		for k := range monthsOfHistory {
			at := last - k
			if at < 0 || at >= len(h.Ordinary) || h.Ordinary[at] == 0 {
				continue
			}
			amount := float64(h.OrdinaryWage[at]) / 1e6
			one, kroner := &work[k], &wage[k]
			one.s1 += base
			one.s2 += base
			kroner.s1 += base * amount
			kroner.s2 += base * amount * amount
			for g, v := range w {
				one.after[g][arm] += v
				kroner.after[g][arm] += v * amount
			}
		}
	}
	out := make([][]matching.ProductRow, len(weights))
	add := func(name string, s *monthSums, correct float64) {
		m := s.s1 / s0
		sd := math.Sqrt(max(s.s2/s0-m*m, 0) / correct)
		if !(sd > 1e-9*math.Abs(m)) {
			return
		}
		for g := range weights {
			d := s.after[g][1]/total[g][1] - s.after[g][0]/total[g][0]
			if math.Abs(d) > 1.5e-8 {
				d /= sd
			}
			out[g] = append(out[g], matching.ProductRow{Variable: name, SMD: d})
		}
	}
	for k := range monthsOfHistory {
		add(fmt.Sprintf("arbeid_maaned_%d", k+1), &work[k], 1) // a share: no correction
		add(fmt.Sprintf("lonn_maaned_%d", k+1), &wage[k], 1-v2/(s0*s0))
	}
	return out
}

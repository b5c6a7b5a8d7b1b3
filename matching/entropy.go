package matching

import (
	"fmt"
	"math"
	"strings"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// EntropyOptions are the choices of EntropyBalance; the zero value is the default.
type EntropyOptions struct {
	Estimand      Estimand // ATT (default), ATC or ATE
	MaxIterations int      // 0: 200
	FixedTarget   bool     // errors take the target means as known numbers, as WeightIt does for entropy balancing; not the default, since they are estimated
	Names         []string // names of the columns, for messages
	Workers       int      // 0: one a processor; the result does not depend on it
}

// Balanced is the result of entropy balancing.
type Balanced struct {
	Treated []bool
	Weight  []float64 // by row: base weight of the rows of the target group, solved weight of the others; groups have equal sums for the ATT and the ATC

	// Dual holds, for the comparison rows (index 0) and the treated (1), the constant and the multipliers of the columns as
	// given: weight = base · exp(Dual[0] + Σ Dual[j+1]·x[j]). It is nil for a group whose weights are not solved.
	Dual [2][]float64

	Iterations int
	Converged  bool
	Imbalance  float64 // largest |weighted mean − target| over the columns, in standard deviations of the column
	Dropped    []int   // columns that are combinations of others in a group whose weights are solved; they balance all the same

	Options EntropyOptions

	x      [][]float64
	base   []float64
	std    regression.Standard
	factor [2]*regression.Factor // of Σ w z z' around the target, by group solved
	total  float64               // sum of the weights of a solved group
}

// InfeasibleError says that no positive weights can reach the target: it lies outside what the rows of the other group
// span (Hainmueller 2012, section 3.2). It unwraps to a *fault.Error with the code "infeasible_balance" (status 3).
type InfeasibleError struct {
	Columns []int    // columns that cannot be balanced, ascending
	Names   []string // their names
	Alone   bool     // whether each of them is out of reach by itself
}

// Error names the columns and a remedy.
func (e *InfeasibleError) Error() string { return e.fault().Error() }

// Unwrap is the same message as a fault.
func (e *InfeasibleError) Unwrap() error { return e.fault() }

func (e *InfeasibleError) fault() *fault.Error {
	const most = 5 // named; a factor of many levels would fill the screen, and Names has them all
	quoted := make([]string, 0, most+1)
	for i, n := range e.Names {
		if i == most && len(e.Names) > most+1 {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(e.Names)-most))
			break
		}
		quoted = append(quoted, "`"+n+"`")
	}
	what := "no weighting of the comparison rows reaches the mean of " + strings.Join(quoted, ", ")
	if !e.Alone {
		what = "no weighting of the comparison rows reaches the means of " + strings.Join(quoted, ", ") + " together"
	}
	column := ""
	if len(e.Names) == 1 {
		column = e.Names[0]
	}
	return fault.Dataf("infeasible_balance", "", column, "%s; drop or merge columns, or restrict the rows to common support", what)
}

// EntropyBalance finds the weights of the comparison rows that come closest to their base weights in relative entropy,
//
//	min Σ_C w·log(w/base)   subject to   Σ_C w·x = Σ_T base·x,  Σ_C w = Σ_T base,
//
// (Hainmueller 2012, Political Analysis 20:25), by Newton's method on the dual, whose value is log Σ_C base·exp(λ'(x − m))
// with m the means of the target, on standardised columns with step halving. x is column-major; base (nil: all 1) are
// sampling weights times design weights of all rows. The ATC weights the treated to the comparison rows; the ATE weights
// each group to all rows.
//
// Balance is exact when Converged: Imbalance is then about 1e-12 or less. Where the target cannot be reached, the error is
// an *InfeasibleError naming the columns. Columns that are combinations of others among the rows weighted are left out and
// checked: they balance too, or the target is infeasible.
func EntropyBalance(x [][]float64, treated []bool, base []float64, opt EntropyOptions) (*Balanced, error) {
	n := len(treated)
	for j := range x {
		sameLength(nameOf(opt.Names, j), len(x[j]), n)
	}
	if base != nil {
		sameLength("base", len(base), n)
	}
	if err := checkDesign(x, treated, base, opt.Names); err != nil {
		return nil, err
	}
	b := &Balanced{Treated: treated, Weight: make([]float64, n), Options: opt, x: x, base: base, Converged: true}
	target := func(i int) bool { return true }
	solve := []int{0, 1}
	switch opt.Estimand {
	case ATT:
		target, solve = func(i int) bool { return treated[i] }, []int{0}
	case ATC:
		target, solve = func(i int) bool { return !treated[i] }, []int{1}
	case ATE:
	default:
		return nil, fault.Usagef("bad_flag", "entropy balancing estimates the att, atc or ate, not the %s", opt.Estimand)
	}
	weights := make([]float64, n)
	for i := range weights {
		if target(i) {
			weights[i] = b.baseOf(i)
			b.total += weights[i]
		}
	}
	mean := regression.Standardise(x, weights, opt.Workers).Mean
	b.std = regression.Standardise(x, base, opt.Workers)
	copy(b.std.Mean, mean) // columns are centred at the target and scaled by the spread over all rows
	for i := range n {
		if opt.Estimand != ATE && target(i) {
			b.Weight[i] = b.baseOf(i)
		}
	}
	for _, g := range solve {
		if err := b.solve(g); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *Balanced) baseOf(i int) float64 {
	if b.base == nil {
		return 1
	}
	return b.base[i]
}

func nameOf(names []string, j int) string {
	if j < len(names) {
		return names[j]
	}
	return fmt.Sprintf("column %d", j+1)
}

// checkDesign refuses values that are not finite and groups without rows.
func checkDesign(x [][]float64, treated []bool, base []float64, names []string) error {
	for j, col := range x {
		for i, v := range col {
			if v-v != 0 {
				return fault.Dataf("not_finite", "", nameOf(names, j), "`%s` has a value that is missing or not finite in row %d; fill it or drop the row", nameOf(names, j), i+1).At(int64(i + 1))
			}
		}
	}
	var rows [2]int
	for i, d := range treated {
		w := 1.
		if base != nil {
			w = base[i]
		}
		if !(w >= 0) || math.IsInf(w, 0) {
			return fault.Dataf("bad_weight", "", "", "the base weight of row %d is %g; weights must be finite and not negative", i+1, w).At(int64(i + 1))
		}
		if w > 0 {
			rows[group(d)]++
		}
	}
	if rows[0] == 0 || rows[1] == 0 {
		return fault.Dataf("too_few_rows", "", "", "weighting needs rows of both groups with positive weight; %d are treated and %d are not", rows[1], rows[0])
	}
	return nil
}

// solve finds the weights of one group.
func (b *Balanced) solve(g int) error {
	p := len(b.x)
	k := p + 1
	if columns := b.outside(g); columns != nil {
		return b.infeasible(columns, true)
	}
	limit := b.Options.MaxIterations
	if limit == 0 {
		limit = 200
	}
	lambda, next, step := make([]float64, k), make([]float64, k), make([]float64, k)
	now := b.evaluate(g, lambda, nil)
	h0 := b.hessian(now)
	start := regression.NewFactor(h0, p, 0)
	factor := start
	value := math.Log(now.Value)
	for it := 1; ; it++ {
		for j := range p {
			step[j+1] = -now.Grad[j+1] / now.Value
		}
		gradient := append([]float64(nil), step[1:]...)
		factor.Solve(step[1:])
		decrement := 0.
		for j, v := range gradient {
			decrement += v * step[j+1]
		}
		b.Iterations = max(b.Iterations, it)
		last := decrement <= 1e-18
		scale := 1.
		for {
			for j := range next {
				next[j] = lambda[j] + scale*step[j]
			}
			trial := b.evaluate(g, next, nil)
			v := math.Log(trial.Value)
			if v <= value+1e-13*math.Abs(value) || scale < 1e-7 {
				now, value = trial, v
				break
			}
			scale /= 2
		}
		copy(lambda, next)
		if last {
			break
		}
		if it == limit || value < -600 {
			return b.giveUp(g, step)
		}
		if it >= 8 && b.certificate(g, step) {
			return b.giveUp(g, step)
		}
		factor = regression.NewFactor(b.hessian(now), p, 1e-14)
		copyDropped(factor, start)
	}
	// The constant makes the weights sum to the total of the target.
	lambda[0] = math.Log(b.total) - value
	final := b.evaluate(g, lambda, b.Weight)
	hessian := make([]float64, p*p)
	for j := range p {
		copy(hessian[j*p:j*p+j+1], final.Gram[(j+1)*k+1:(j+1)*k+j+2])
		if d := math.Abs(final.Grad[j+1] / final.Value); d > b.Imbalance {
			b.Imbalance = d
		}
	}
	for j, kept := range start.Keep {
		if !kept {
			if math.Abs(final.Grad[j+1]/final.Value) > 1e-6 {
				return b.infeasible(dependent(h0, start, j), false)
			}
			if b.std.Scale[j] != 0 && !contains(b.Dropped, j) {
				b.Dropped = append(b.Dropped, j)
			}
		}
	}
	b.factor[g] = regression.NewFactor(hessian, p, 1e-14)
	copyDropped(b.factor[g], start)
	b.Dual[g] = b.std.Raw(lambda)
	b.Converged = b.Converged && b.Imbalance < 1e-8
	return nil
}

func contains(list []int, j int) bool {
	for _, v := range list {
		if v == j {
			return true
		}
	}
	return false
}

// dependent are column j, which was dropped, and the columns that it is a combination of.
func dependent(h []float64, f *regression.Factor, j int) []int {
	p := f.K
	coef := make([]float64, p)
	for c := range p {
		coef[c] = h[max(j, c)*p+min(j, c)]
	}
	f.Solve(coef)
	var columns []int
	for c, v := range coef {
		if c == j || math.Abs(v) > 1e-6 {
			columns = append(columns, c)
		}
	}
	return columns
}

// copyDropped drops from f what was dropped at the start, so that rounding later on cannot bring a column back.
func copyDropped(f, start *regression.Factor) {
	for j, k := range start.Keep {
		f.Keep[j] = f.Keep[j] && k
	}
}

// evaluate passes over the rows of group g at λ: Value = Σ base·e^η, Grad[j] = Σ base·e^η·z and Gram its second moments.
// Where out is not nil the weights are written to it.
func (b *Balanced) evaluate(g int, lambda, out []float64) regression.Sums {
	return regression.Pass(b.x, len(b.Treated), b.std, lambda, true, b.Options.Workers, func(from int, eta, wt, res []float64) float64 {
		sum := 0.
		for i, e := range eta {
			w := 0.
			if group(b.Treated[from+i]) == g {
				if q := b.baseOf(from + i); q > 0 {
					w = q * math.Exp(e)
				}
				if out != nil {
					out[from+i] = w
				}
			}
			wt[i], res[i] = w, w
			sum += w
		}
		return sum
	})
}

// hessian is the weighted covariance of z, the second derivative of log Σ.
func (b *Balanced) hessian(s regression.Sums) []float64 {
	p := len(b.x)
	k := p + 1
	h := make([]float64, p*p)
	for r := range p {
		for c := range r + 1 {
			h[r*p+c] = s.Gram[(r+1)*k+c+1]/s.Value - s.Grad[r+1]/s.Value*(s.Grad[c+1]/s.Value)
		}
	}
	return h
}

// outside finds the columns whose target lies at or beyond the range of the group's rows.
func (b *Balanced) outside(g int) []int {
	var columns []int
	for j, col := range b.x {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, v := range col {
			if group(b.Treated[i]) == g && b.baseOf(i) > 0 {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		m := b.std.Mean[j]
		slack := 1e-12 * math.Max(math.Abs(lo), math.Abs(hi))
		if lo == hi { // constant in this group: fine where the target is that constant
			if math.Abs(m-lo) > slack {
				columns = append(columns, j)
			}
			continue
		}
		if m <= lo+slack || m >= hi-slack {
			columns = append(columns, j)
		}
	}
	return columns
}

// certificate tells whether the step is a direction along which every row's weight falls: then the dual has no minimum.
func (b *Balanced) certificate(g int, step []float64) bool {
	lowest, highest := 0., math.Inf(-1)
	direction := append([]float64{0}, step[1:]...)
	regression.Pass(b.x, len(b.Treated), b.std, direction, false, 1, func(from int, eta, _, res []float64) float64 {
		for i, e := range eta {
			res[i] = 0
			if group(b.Treated[from+i]) == g && b.baseOf(from+i) > 0 {
				lowest, highest = min(lowest, e), max(highest, e)
			}
		}
		return 0
	})
	return lowest < 0 && highest <= 1e-6*lowest*-1 && highest <= 1e-6
}

func (b *Balanced) giveUp(g int, step []float64) error {
	top := 0.
	for _, v := range step[1:] {
		top = math.Max(top, math.Abs(v))
	}
	var columns []int
	for j, v := range step[1:] {
		if math.Abs(v) >= 0.05*top {
			columns = append(columns, j)
		}
	}
	return b.infeasible(columns, false)
}

func (b *Balanced) infeasible(columns []int, alone bool) error {
	e := &InfeasibleError{Columns: columns, Alone: alone}
	for _, j := range columns {
		e.Names = append(e.Names, nameOf(b.Options.Names, j))
	}
	return e
}

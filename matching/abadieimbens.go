package matching

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// TiedInput is the data of MatchTied; the arrays have one element a row and are not changed.
type TiedInput struct {
	Points  [][]float64 // coordinates, column-major: a standardised score, or Whiten's
	Treated []bool
	Z       [][]float64 // covariates of the bias adjustment; nil: none
}

// TiedOptions are the choices of MatchTied; the zero value matches one to one with exact ties, for the ATT, with
// conditional variances from the 4 nearest rows of the same group.
type TiedOptions struct {
	Estimand Estimand // ATT, ATC or ATE
	Matches  int      // M, nearest matches of a row; 0: 1
	// Slack keeps as tied all matches within this much of the M-th squared distance. Matching::Match has 1e-5.
	Slack float64
	// Reach is the largest difference allowed in each coordinate; nil: none.
	Reach []float64
	// Neighbours within the group for conditional variances; 0: 4, −1: one variance for all (half the mean square of the
	// matched differences, as Var.calc = 0).
	Neighbours int
	// Sample gives the error of the effect on the rows at hand, their covariates held fixed, instead of the population's.
	Sample bool
	// BiasAdjust takes out what a linear regression on Z says matches still differ in (Abadie and Imbens 2011).
	BiasAdjust bool
}

// Tied is matching with replacement in which all tied matches count equally.
type Tied struct {
	in      TiedInput
	opt     TiedOptions
	arms    [2]tiedArm // of the rows of group g, where their effect is estimated
	k, k2   [2][]float64
	Dropped int // rows whose effect is wanted and that have no match
	Pairs   int // matches, ties counted
	n       int
	near    [2]neighbourhoods // within group, for conditional variances
}

// tiedArm are the rows of one group that look for matches in the other.
type tiedArm struct {
	rows []int32
	near neighbourhoods
}

// MatchTied matches each row of the target group to its M nearest rows of the other, with replacement and all ties.
func MatchTied(in TiedInput, opt TiedOptions) (*Tied, error) {
	n := len(in.Treated)
	if opt.Estimand > ATE {
		return nil, fault.Usagef("bad_flag", "matching with replacement estimates the att, atc or ate, not the %s", opt.Estimand)
	}
	for j := range in.Points {
		sameLength(fmt.Sprintf("point column %d", j+1), len(in.Points[j]), n)
	}
	if err := checkDesign(in.Points, in.Treated, nil, nil); err != nil {
		return nil, err
	}
	opt.Matches = max(opt.Matches, 1)
	if opt.Neighbours == 0 {
		opt.Neighbours = 4
	}
	t := &Tied{in: in, opt: opt, n: n}
	var groups [2][]int32
	for i, d := range in.Treated {
		groups[group(d)] = append(groups[group(d)], int32(i))
	}
	for g := range 2 {
		if opt.Estimand == ATT && g == 0 || opt.Estimand == ATC && g == 1 {
			continue
		}
		near := nearestSets(in.Points, groups[g], groups[1-g], n, opt.Matches, opt.Slack, opt.Reach)
		arm := tiedArm{near: near}
		for _, r := range groups[g] {
			if near.size(r) == 0 {
				t.Dropped++
				continue
			}
			arm.rows = append(arm.rows, r)
			t.Pairs += near.size(r)
		}
		t.arms[g] = arm
		t.k[1-g], t.k2[1-g] = near.uses(arm.rows, n)
	}
	if len(t.arms[0].rows)+len(t.arms[1].rows) == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no row found a match; widen the caliper")
	}
	if opt.Neighbours > 0 {
		for g := range 2 {
			t.near[g] = nearestSets(in.Points, groups[g], groups[g], n, opt.Neighbours+1, opt.Slack, nil)
		}
	}
	return t, nil
}

// Weight is the weight of each row in the estimate: 1 for rows whose effect is estimated, plus the number of times a row
// stands as a match, each use shared among ties.
func (t *Tied) Weight() []float64 {
	w := make([]float64, t.n)
	for g := range 2 {
		for _, r := range t.arms[g].rows {
			w[r]++
		}
		for i, v := range t.k[g] {
			w[i] += v
		}
	}
	return w
}

// Effect is the mean of τᵢ = Yᵢ − mean of Y over the matches of i (sign by group) over the N rows of the target, with the
// error of Abadie and Imbens (2006, Econometrica 74:235): with K_j = Σᵢ 1{j∈J(i)}/|J(i)|, K'_j the same with |J(i)|²,
//
//	ATT   [Σ_T (τᵢ − τ)² + Σ_C s_j²(K_j² − K'_j)]/N₁²
//	ATE   [Σ (τᵢ − τ)² + Σ s_i²(K_i² + 2K_i − K'_i)]/N²
//	of the sample at hand   Σ s²(T + (1 − T)K)²/N₁²,  Σ s²(1 + K)²/N²
//
// s² is the conditional variance of the outcome: the variance among a row and its nearest rows of the same group, ties
// included, or one for all; with BiasAdjust, of what the adjustment's regression leaves (matching on a score leaves
// neighbours that differ in Z, which is no noise then).
//
// With BiasAdjust (Abadie and Imbens 2011, JBES 29:1) τᵢ becomes τᵢ − (Zᵢ − mean Z over the matches)'b, b from the
// regression of Y on Z among the matches with weights K. Outcomes must not be missing. The score is taken as known.
func (t *Tied) Effect(y []float64) (Effect, error) {
	sameLength("outcome", len(y), t.n)
	for _, v := range y {
		if v != v {
			return missingEffect(estimate.NotDefined), nil
		}
	}
	// Centred, so that running sums lose nothing.
	centred := make([]float64, t.n)
	mean := 0.
	for _, v := range y {
		mean += v / float64(t.n)
	}
	for i, v := range y {
		centred[i] = v - mean
	}
	var taus [2][]float64
	slopes := [2][]float64{}
	sum, count := 0., 0
	for g, arm := range t.arms {
		sign := 1.
		if g == 0 {
			sign = -1
		}
		tau := make([]float64, len(arm.rows))
		running := arm.near.runningSums(centred)
		for i, r := range arm.rows {
			tau[i] = sign * (centred[r] - arm.near.mean(r, centred, running))
		}
		if t.opt.BiasAdjust && len(arm.rows) > 0 {
			b, err := t.adjust(g, centred, tau, sign)
			if err != nil {
				return Effect{}, err
			}
			slopes[g] = b
		}
		taus[g] = tau
		for _, v := range tau {
			sum += v
		}
		count += len(tau)
	}
	n := float64(count)
	e := Effect{Estimate: sum / n, StdErrorType: "abadie-imbens", MeanTreated: math.NaN(), MeanComparison: math.NaN()}
	common := 0.
	if t.opt.Neighbours < 0 {
		common = t.common(centred, slopes, e.Estimate) / n / 2
	}
	squares := 0.
	for g := range taus {
		for _, v := range taus[g] {
			squares += (v - e.Estimate) * (v - e.Estimate)
		}
	}
	variance := squares
	if t.opt.Sample {
		variance = 0
	}
	for g := range 2 {
		residual := centred
		if b := slopes[1-g]; b != nil && t.opt.Neighbours > 0 { // what is left of the outcome around the adjustment
			residual = slices.Clone(centred)
			for j, v := range b {
				for i, z := range t.in.Z[j] {
					residual[i] -= v * z
				}
			}
		}
		focal := make([]float64, t.n) // T of the formulas: 1 for rows of this group whose effect is estimated
		for _, r := range t.arms[g].rows {
			focal[r] = 1
		}
		for i, d := range t.in.Treated {
			if group(d) != g {
				continue
			}
			k, k2 := 0., 0.
			if t.k[g] != nil {
				k, k2 = t.k[g][i], t.k2[g][i]
			}
			factor := k*k - k2
			if t.opt.Estimand == ATE {
				factor += 2 * k
			}
			if t.opt.Sample {
				factor = (focal[i] + k) * (focal[i] + k)
			}
			if factor == 0 {
				continue
			}
			variance += factor * t.conditional(int32(i), residual, common)
		}
	}
	e.StdError = math.Sqrt(variance) / n
	weight := t.Weight()
	var total, weighted [2]float64
	for i, w := range weight {
		g := group(t.in.Treated[i])
		total[g] += w
		weighted[g] += w * y[i]
		if w > 0 {
			if g == 1 {
				e.Treated++
			} else {
				e.Comparison++
			}
		}
	}
	e.MeanTreated, e.MeanComparison = weighted[1]/total[1], weighted[0]/total[0]
	if t.opt.BiasAdjust { // the adjusted comparison is what is left of the mean
		e.StdErrorType = "abadie-imbens-2011"
		if t.opt.Estimand == ATC {
			e.MeanTreated = e.MeanComparison + e.Estimate
		} else {
			e.MeanComparison = e.MeanTreated - e.Estimate
		}
	}
	return e, nil
}

// conditional is s² of a row.
func (t *Tied) conditional(row int32, y []float64, common float64) float64 {
	if t.opt.Neighbours < 0 {
		return common
	}
	near := &t.near[group(t.in.Treated[row])]
	set := near.list[near.from[row]:near.to[row]]
	if len(set) < 2 {
		return 0
	}
	mean := 0.
	for _, r := range set {
		mean += y[r]
	}
	mean /= float64(len(set))
	sum := 0.
	for _, r := range set {
		sum += (y[r] - mean) * (y[r] - mean)
	}
	return sum / float64(len(set)-1)
}

// adjust takes the regression on Z among the matches of group 1−g out of τ.
func (t *Tied) adjust(g int, y, tau []float64, sign float64) (slopes []float64, err error) {
	arm := &t.arms[g]
	d, err := regression.NewNormal(t.in.Z, t.n, t.k[1-g], regression.Options{})
	if err != nil {
		return nil, err
	}
	fit, err := d.Fit(y)
	if err != nil {
		return nil, err
	}
	for j, z := range t.in.Z {
		b := fit.Coef[j+1]
		if b == 0 {
			continue
		}
		running := arm.near.runningSums(z)
		for i, r := range arm.rows {
			tau[i] -= sign * b * (z[r] - arm.near.mean(r, z, running))
		}
	}
	return fit.Coef[1:], nil
}

// common is the sum over the rows whose effect is estimated of the mean of (τᵢⱼ − τ)² over their matches, with
// τᵢⱼ = ±(Yᵢ − Yⱼ − (Zᵢ − Zⱼ)'b).
func (t *Tied) common(y []float64, slopes [2][]float64, estimate float64) float64 {
	total := 0.
	for g := range t.arms {
		arm := &t.arms[g]
		if len(arm.rows) == 0 {
			continue
		}
		sign := 1.
		if g == 0 {
			sign = -1
		}
		v, squares := slices.Clone(y), make([]float64, t.n)
		for j, b := range slopes[g] {
			for i, z := range t.in.Z[j] {
				v[i] -= b * z
			}
		}
		mean := 0.
		for _, x := range v {
			mean += x / float64(t.n)
		}
		for i := range v {
			v[i] -= mean
			squares[i] = v[i] * v[i]
		}
		sums, sums2 := arm.near.runningSums(v), arm.near.runningSums(squares)
		for _, r := range arm.rows {
			own := v[r] - sign*estimate
			total += own*own - 2*own*arm.near.mean(r, v, sums) + arm.near.mean(r, squares, sums2)
		}
	}
	return total
}

// Tied is the same matching as a set of neighbourhoods, for the errors of Abadie and Imbens; points are the coordinates in
// which conditional variances look for neighbours (such as the score), and opt gives Neighbours, Sample and BiasAdjust. It
// is meant for matching with replacement.
func (m *Matched) Tied(points, z [][]float64, opt TiedOptions) *Tied {
	n := len(m.Treated)
	if opt.Neighbours == 0 {
		opt.Neighbours = 4
	}
	opt.Estimand = m.Options.Estimand
	t := &Tied{in: TiedInput{Points: points, Treated: m.Treated, Z: z}, opt: opt, n: n, Pairs: len(m.Pairs)}
	g := group(opt.Estimand == ATT)
	near := neighbourhoods{list: make([]int32, len(m.Pairs)), from: make([]int32, n), to: make([]int32, n)}
	arm := &t.arms[g]
	for i, p := range m.Pairs {
		f, other := p.Treated, p.Comparison
		if g == 0 {
			f, other = other, f
		}
		if near.to[f] == 0 {
			near.from[f] = int32(i)
			arm.rows = append(arm.rows, f)
		}
		near.to[f] = int32(i) + 1
		near.list[i] = other
	}
	arm.near = near
	t.k[1-g], t.k2[1-g] = near.uses(arm.rows, n)
	if opt.Neighbours > 0 {
		var groups [2][]int32
		for i, d := range m.Treated {
			if m.leave == nil || !m.leave[i] {
				groups[group(d)] = append(groups[group(d)], int32(i))
			}
		}
		for g := range 2 {
			t.near[g] = nearestSets(points, groups[g], groups[g], n, opt.Neighbours+1, 0, nil)
		}
	}
	return t
}

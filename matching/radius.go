package matching

import (
	"math"

	"tiltakseffekt/internal/fault"
)

// RadiusInput is the data of Radius; the arrays have one element a row and are not changed.
type RadiusInput struct {
	Score   []float64
	Treated []bool
	Stratum []int32     // rows are compared inside their stratum only; nil: one
	Leave   []bool      // rows outside common support; nil: none
	Unit    []int32     // person of a row, which is not compared with rows of its own; nil: each row is its own
	Z       [][]float64 // covariates of the bias adjustment; nil: none
}

// Kernel is how much a row within the radius counts, by u = difference/radius.
type Kernel uint8

// The kernels: all rows with |u| ≤ 1 alike; 1 − u² for |u| < 1; exp(−u²/2) for |u| ≤ 5, the radius being the bandwidth.
const (
	UniformKernel Kernel = iota
	EpanechnikovKernel
	GaussianKernel
)

// UnmarshalText reads the name of a kernel.
func (k *Kernel) UnmarshalText(text []byte) error {
	switch string(text) {
	case "uniform", "":
		*k = UniformKernel
	case "epanechnikov":
		*k = EpanechnikovKernel
	case "gaussian":
		*k = GaussianKernel
	default:
		return fault.Usagef("bad_flag", "`%s` is no kernel: uniform, epanechnikov, gaussian", text)
	}
	return nil
}

func (k Kernel) at(u float64) float64 {
	switch k {
	case EpanechnikovKernel:
		return max(0, 1-u*u)
	case GaussianKernel:
		return math.Exp(-u * u / 2)
	}
	return 1
}

// mostKernelPairs bounds the memory of kernels other than the uniform one, whose neighbourhoods are written out.
const mostKernelPairs = 200_000_000

// RadiusOptions are the choices of Radius.
type RadiusOptions struct {
	Estimand   Estimand // ATT, ATC or ATE
	Radius     float64  // largest difference of the score, inclusive
	Unit       CaliperUnit
	Kernel     Kernel
	BiasAdjust bool // as TiedOptions has it
	Neighbours int  // as TiedOptions has it
}

// Radius compares each row of the target group with the mean of all rows of the other group whose score is within the
// radius (Dehejia and Wahba 2002, REStat 84:151), each comparison row serving as often as it is within reach. It is matching
// with replacement to neighbourhoods instead of a number of matches: estimate, bias adjustment by regression (as Lechner,
// Miquel and Wunsch 2011, JEEA 9:742, do to remove what differs within the radius) and error are those of Tied.Effect. Rows
// with nobody in reach are dropped and counted. The cost is that of sorting: neighbourhoods are intervals of the sorted
// scores, however many rows they hold. With another Kernel than the uniform one (Heckman, Ichimura and Todd 1998, REStud
// 65:261) nearer rows count more; neighbourhoods are then written out and may hold 200 million rows in all, and so they are
// where rows have a Unit.
func Radius(in RadiusInput, opt RadiusOptions) (*Tied, error) {
	n := len(in.Treated)
	check := NearestInput{Score: in.Score, Treated: in.Treated, Stratum: in.Stratum, Leave: in.Leave, Unit: in.Unit}
	if err := check.check(n); err != nil {
		return nil, err
	}
	if opt.Estimand > ATE {
		return nil, fault.Usagef("bad_flag", "radius matching estimates the att, atc or ate, not the %s", opt.Estimand)
	}
	reach := opt.Radius
	if opt.Unit == CaliperSD {
		reach *= pooledSD(in.Score, in.Leave)
	}
	if !(reach > 0) {
		return nil, fault.Usagef("bad_flag", "radius matching needs a radius above 0")
	}
	if opt.Neighbours == 0 {
		opt.Neighbours = 4
	}
	t := &Tied{in: TiedInput{Points: [][]float64{in.Score}, Treated: in.Treated, Z: in.Z}, n: n,
		opt: TiedOptions{Estimand: opt.Estimand, Neighbours: opt.Neighbours, BiasAdjust: opt.BiasAdjust}}
	groups := groupRows(n, in.Stratum, in.Leave)
	wide := reach
	if opt.Kernel == GaussianKernel {
		wide = 5 * reach
	}
	for g := range 2 {
		if opt.Estimand == ATT && g == 0 || opt.Estimand == ATC && g == 1 {
			continue
		}
		arm := &t.arms[g]
		arm.near = neighbourhoods{from: make([]int32, n), to: make([]int32, n)}
		for s := range groups.count() {
			t.reach(arm, groups.rows(s), g, in.Score, wide)
		}
		if opt.Kernel != UniformKernel || in.Unit != nil {
			if t.Pairs > mostKernelPairs {
				return nil, fault.Usagef("bad_flag", "this radius would compare %d pairs of rows one by one, as repeated ids and kernels other than the uniform one need; narrow it", t.Pairs)
			}
			t.writeOut(arm, in, reach, opt.Kernel)
		}
		t.k[1-g], t.k2[1-g] = arm.near.uses(arm.rows, n)
	}
	if len(t.arms[0].rows)+len(t.arms[1].rows) == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no row has another within the radius of %g; widen it", reach)
	}
	if opt.Neighbours > 0 {
		var all [2][]int32
		for i, d := range in.Treated {
			if in.Leave == nil || !in.Leave[i] {
				all[group(d)] = append(all[group(d)], int32(i))
			}
		}
		for g := range 2 {
			t.near[g] = nearestSets(t.in.Points, all[g], all[g], n, opt.Neighbours+1, 0, nil)
		}
	}
	return t, nil
}

// reach adds the neighbourhoods of the rows of group g of one stratum.
func (t *Tied) reach(arm *tiedArm, rows []int32, g int, score []float64, reach float64) {
	var sides [2][]int32
	for _, r := range rows {
		sides[group(t.in.Treated[r])] = append(sides[group(t.in.Treated[r])], r)
	}
	base := int32(len(arm.near.list))
	pool := sortedByValue(score, sides[1-g])
	for _, e := range pool {
		arm.near.list = append(arm.near.list, e.row)
	}
	lo, hi := 0, 0
	for _, f := range sortedByValue(score, sides[g]) {
		at := f.score()
		for lo < len(pool) && at-pool[lo].score() > reach {
			lo++
		}
		for hi < len(pool) && pool[hi].score()-at <= reach {
			hi++
		}
		if lo == hi {
			t.Dropped++
			continue
		}
		arm.near.from[f.row], arm.near.to[f.row] = base+int32(lo), base+int32(hi)
		arm.rows = append(arm.rows, f.row)
		t.Pairs += hi - lo
	}
}

// writeOut turns intervals into lists with the shares of the kernel, without rows of the same person; rows whose neighbours
// all count nothing are dropped.
func (t *Tied) writeOut(arm *tiedArm, in RadiusInput, width float64, kernel Kernel) {
	old := arm.near
	near := neighbourhoods{from: make([]int32, t.n), to: make([]int32, t.n)}
	kept := arm.rows[:0]
	for _, f := range arm.rows {
		start := len(near.list)
		total := 0.
		for _, r := range old.list[old.from[f]:old.to[f]] {
			if w := kernel.at((in.Score[r] - in.Score[f]) / width); w > 0 && !(in.Unit != nil && in.Unit[r] == in.Unit[f]) {
				near.list, near.share = append(near.list, r), append(near.share, w)
				total += w
			}
		}
		t.Pairs -= int(old.to[f]-old.from[f]) - (len(near.list) - start)
		if total == 0 {
			t.Dropped++
			continue
		}
		for p := start; p < len(near.list); p++ {
			near.share[p] /= total
		}
		near.from[f], near.to[f] = int32(start), int32(len(near.list))
		kept = append(kept, f)
	}
	arm.rows, arm.near = kept, near
	if near.share == nil {
		arm.near.share = []float64{}
	}
}

// MeanMatches is the mean number of matches of the rows that have any.
func (t *Tied) MeanMatches() float64 {
	rows := len(t.arms[0].rows) + len(t.arms[1].rows)
	if rows == 0 {
		return math.NaN()
	}
	return float64(t.Pairs) / float64(rows)
}

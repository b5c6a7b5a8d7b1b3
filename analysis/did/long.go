package did

import (
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// Long is a panel as rows, one a unit and period, in any order. Columns hold one value a row. Names are used in messages.
type Long struct {
	Unit  []int32 // units numbered from 0
	Units int
	Time  []int64
	Start []int64 // first treated period of the unit, Never where there is none; the same in all rows of a unit

	Outcome    []float64 // NaN: not observed
	Covariates [][]float64
	Weights    []float64
	AtRisk     []bool    // could start in the next period; nil: not given
	Clusters   [][]int32 // numbers from 0, by dimension; the same in all rows of a unit, but with VaryingClusters

	VaryingClusters bool // a dimension that changes within a unit becomes one of Panel.RowClusters, not an error

	File                          string
	UnitName, TimeName, StartName string
	WeightName                    string
	ClusterNames                  []string
}

// Panel arranges the rows by period. A unit without a row in some period has no outcome there. Covariates that are the
// same in all rows of every unit are kept as fixed, and so are weights.
//
// Errors (exit status 3): the same unit and period twice, a start or a cluster that changes within a unit, a negative
// weight.
func (l *Long) Panel() (*Panel, error) {
	n := len(l.Time)
	times := distinct(l.Time)
	T := len(times)
	if n == 0 {
		return &Panel{Times: times, Start: make([]int64, l.Units)}, nil
	}
	period := indexOf(times)
	p := &Panel{Times: times, Start: make([]int64, l.Units), Outcome: columns(T, l.Units)}
	row := make([][]int32, T) // row of unit i in period t, from 1
	for t := range row {
		row[t] = make([]int32, l.Units)
	}
	first := make([]int32, l.Units) // first row of a unit, from 1
	duplicates, example := 0, 0
	for r := range n {
		i, t := l.Unit[r], period.at(l.Time[r])
		if row[t][i] != 0 {
			if duplicates == 0 {
				example = r
			}
			duplicates++
			continue
		}
		row[t][i] = int32(r + 1)
		p.Outcome[t][i] = l.Outcome[r]
		if first[i] == 0 {
			first[i] = int32(r + 1)
			p.Start[i] = l.Start[r]
		} else if p.Start[i] != l.Start[r] {
			return nil, fault.Dataf("start_varies", l.File, l.StartName, "`%s` changes within a unit (row %d): the first treated period is one number for each `%s`; start again after a pause is a unit of its own", l.StartName, r+1, l.UnitName).At(int64(r + 1))
		}
	}
	if duplicates > 0 {
		return nil, fault.Dataf("duplicates", l.File, l.UnitName, "%d rows repeat a `%s` and `%s` that came before (first in row %d): keep one row a unit and period", duplicates, l.UnitName, l.TimeName, example+1).At(int64(example + 1))
	}
	spread := func(c []float64) [][]float64 {
		fixed := true
		for r, v := range c {
			if f := c[first[l.Unit[r]]-1]; v != f && !(math.IsNaN(v) && math.IsNaN(f)) {
				fixed = false
				break
			}
		}
		if fixed {
			d := make([]float64, l.Units)
			for i := range d {
				d[i] = math.NaN()
				if first[i] > 0 {
					d[i] = c[first[i]-1]
				}
			}
			return [][]float64{d}
		}
		w := columns(T, l.Units)
		for t := range w {
			for i, r := range row[t] {
				if r > 0 {
					w[t][i] = c[r-1]
				}
			}
		}
		return w
	}
	for _, c := range l.Covariates {
		p.Covariates = append(p.Covariates, spread(c))
	}
	if l.Weights != nil {
		for r, w := range l.Weights {
			if w < 0 || math.IsInf(w, 0) {
				return nil, fault.Dataf("bad_weight", l.File, l.WeightName, "`%s` is %g in row %d: weights are numbers from 0 up", l.WeightName, w, r+1).At(int64(r + 1))
			}
		}
		p.Weights = spread(l.Weights)
	}
	if l.AtRisk != nil {
		p.AtRisk = make([][]bool, T)
		for t := range row {
			p.AtRisk[t] = make([]bool, l.Units)
			for i, r := range row[t] {
				p.AtRisk[t][i] = r > 0 && l.AtRisk[r-1]
			}
		}
	}
	for d, c := range l.Clusters {
		by := make([]int32, l.Units)
		for i := range by {
			if first[i] > 0 {
				by[i] = c[first[i]-1]
			}
		}
		varies := -1
		for r, v := range c {
			if by[l.Unit[r]] != v {
				varies = r
				break
			}
		}
		if varies >= 0 {
			if !l.VaryingClusters {
				return nil, fault.Dataf("cluster_varies", l.File, l.ClusterNames[d], "`%s` changes within a unit (row %d): a cluster of this estimator holds whole units; take the first value of each `%s`", l.ClusterNames[d], varies+1, l.UnitName).At(int64(varies + 1))
			}
			wide := make([][]int32, T)
			for t := range wide {
				wide[t] = make([]int32, l.Units)
				for i, r := range row[t] {
					if r > 0 {
						wide[t][i] = c[r-1]
					}
				}
			}
			p.RowClusters = append(p.RowClusters, wide)
			continue
		}
		p.Clusters = append(p.Clusters, by)
	}
	return p, nil
}

// columns are T columns of n missing values.
func columns(T, n int) [][]float64 {
	w := make([][]float64, T)
	for t := range w {
		w[t] = make([]float64, n)
		for i := range w[t] {
			w[t][i] = math.NaN()
		}
	}
	return w
}

// distinct are the different values, ascending.
func distinct(v []int64) []int64 {
	seen := map[int64]bool{}
	var last int64
	for i, x := range v {
		if i == 0 || x != last {
			seen[x] = true
			last = x
		}
	}
	out := make([]int64, 0, len(seen))
	for x := range seen {
		out = append(out, x)
	}
	slices.Sort(out)
	return out
}

package did

import (
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
)

// critical is the number c with P(maxⱼ |Zⱼ| ≤ c) = level for Z normal with mean 0 and the correlations of the covariance v
// (k×k, row-major): the sup-t value of simultaneous bands (estimate.Maxima), drawn from the stream (seed, purpose), so that
// it depends on the seed alone, and never under the pointwise value.
func critical(v []float64, k int, level float64, draws int, seed uint64, purpose string) float64 {
	return estimate.Draw(v, k, draws, random.New(seed, purpose)).Critical(level)
}

// mostBandCells is the number of cells whose joint covariance is made for bands: it grows with its square.
const mostBandCells = 200

// cellBands fills the simultaneous bands over all cells.
func (r *Result) cellBands(o *Options, fit []fitted) error {
	if o.Pointwise || o.Bootstrap > 0 {
		return nil
	}
	var columns []column
	for i := range fit {
		if fit[i].reason == "" && fit[i].variance > leastVariance {
			columns = append(columns, column{cells: []int{i}, weight: []float64{1}})
		}
	}
	if len(columns) == 0 || len(columns) > mostBandCells {
		return nil
	}
	v, err := r.engine.covariance(columns)
	if err != nil {
		return err
	}
	r.banded(critical(v, len(columns), o.Level, o.Draws, o.Seed, "did-band-group_time"))
	return nil
}

// banded gives every cell with an error the band of a critical value.
func (r *Result) banded(c float64) {
	r.CriticalOf[GroupTimeCells] = c
	for i := range r.Cells {
		if x := &r.Cells[i]; x.StdError > 0 {
			x.BandLow, x.BandHigh = x.Estimate.Estimate-c*x.StdError, x.Estimate.Estimate+c*x.StdError
		}
	}
}

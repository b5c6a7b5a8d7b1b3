package analysis

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// bandDraws is the number of draws behind a critical value: its Monte Carlo error is about 0.01.
const bandDraws = 10_000

// series is the influence by person on the estimates of one series of months.
type series struct {
	c       *cell
	per     outcomeFit
	horizon int
	psi     [][]float64 // of the months that are estimated together
	all     [][]float32 // by month, an element a person; single precision is enough for a correlation
	some    []bool      // persons with influence on a month
}

func newSeries(c *cell, per outcomeFit, horizon int) *series {
	s := &series{c: c, per: per, horizon: horizon}
	if _, ok := per.(jointFit); ok {
		s.all, s.some = make([][]float32, horizon), make([]bool, c.clusters)
		for h := range s.all {
			s.all[h] = make([]float32, c.clusters)
		}
	}
	return s
}

// effects are the estimates of some months, numbered from 0, whose outcome is y.
func (s *series) effects(months []int, y [][]float64) []results.Estimate {
	var out []results.Estimate
	if s.all == nil {
		for _, v := range y {
			out = append(out, s.per.effect(v))
		}
		return out
	}
	many, ok := s.per.(manyFit)
	if !ok {
		for k, v := range y {
			psi := s.room(1)
			e := s.per.(jointFit).joint(v, psi[0])
			s.keep(months[k:k+1], psi, []results.Estimate{e})
			out = append(out, e)
		}
		return out
	}
	psi := s.room(len(y))
	out = many.joints(y, psi)
	s.keep(months, psi, out)
	return out
}

// room is the influence of n months, to be overwritten.
func (s *series) room(n int) [][]float64 {
	for len(s.psi) < n {
		s.psi = append(s.psi, make([]float64, s.c.clusters))
	}
	return s.psi[:n]
}

// keep puts by the influence on some months in units of their errors.
func (s *series) keep(months []int, psi [][]float64, found []results.Estimate) {
	for k, e := range found {
		scale := e.StdError
		if !(scale > 0) { // no figure, or one without an error: no part of a band
			continue
		}
		to := s.all[months[k]]
		for p, v := range psi[k] {
			if v != 0 {
				to[p], s.some[p] = float32(v/scale), true // kroner and shares alike are far from the ends of a float32
			}
		}
	}
}

// band fills the band of a series: the intervals at a common critical value under which all months hold jointly with the
// level of the study. The critical value is that of normal variables with the correlations of the influence by person.
func (s *series) band(rows []results.Estimate, study *Study) {
	s.psi = nil
	if s.all == nil {
		return
	}
	H := s.horizon
	v := s.products()
	critical := estimate.Draw(v, H, bandDraws, random.New(*study.Seed, "study-band")).Critical(study.Inference.Level)
	for h := range rows {
		if e := &rows[h]; e.Reason == "" && e.StdError > 0 && v[h*H+h] > 0 {
			c := estimate.FromNormal(critical, e.DF)
			e.BandLow, e.BandHigh = e.Estimate-c*e.StdError, e.Estimate+c*e.StdError
		}
	}
}

// bandPersons is how many persons are taken at a time, so that those of all months stay in the cache.
const bandPersons = 256

// products are Σ ψψ' over the persons, months × months, in the lower triangle.
func (s *series) products() []float64 {
	H := s.horizon
	v := blas64.Symmetric{N: H, Stride: H, Data: make([]float64, H*H), Uplo: blas.Lower}
	block := blas64.General{Rows: H, Stride: bandPersons, Data: make([]float64, H*bandPersons)}
	var of []int
	for p, some := range s.some {
		if some {
			of = append(of, p)
		}
		if len(of) == 0 || p < len(s.some)-1 && len(of) < bandPersons {
			continue
		}
		for h, all := range s.all {
			row := block.Data[h*bandPersons:]
			for k, p := range of {
				row[k] = float64(all[p])
			}
		}
		block.Cols = len(of)
		blas64.Syrk(blas.NoTrans, 1, block, 1, v)
		of = of[:0]
	}
	return v.Data
}

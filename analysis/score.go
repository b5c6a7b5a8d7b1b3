package analysis

import (
	"errors"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
	"tiltakseffekt/matching"
)

// The scopes of the propensity score.
const (
	scorePerCell   = "tiltak-group"
	scorePerTiltak = "tiltak"
)

// stratumOdds is the column that the score of weighting has besides the covariates: the log odds of the treated in the
// stratum. Matching compares inside strata and needs none.
const stratumOdds = "stratum"

// logit fits a score, penalised where the groups separate; separated names the columns that do.
func logit(x [][]float64, names []string, treated []bool, weight []float64, link regression.Link) (fit *regression.Fit, separated []string, err error) {
	y := make([]float64, len(treated))
	for i, t := range treated {
		if t {
			y[i] = 1
		}
	}
	opt := regression.LogitOptions{Names: names, Workers: 1, Link: link}
	fit, err = regression.Logit(x, y, weight, opt)
	var separation *regression.SeparationError
	if errors.As(err, &separation) && link == regression.LogitLink {
		separated = separation.Names
		opt.Penalised = true
		fit, err = regression.Logit(x, y, weight, opt)
	}
	return fit, separated, err
}

// score fits the propensity score of a cell: a logit with the sampling weights, penalised where the groups separate; with
// `score: tiltak` it is that of the tiltak, at the rows of the cell.
func (c *cell) score() (*regression.Fit, error) {
	if c.propensity == nil && c.propensityErr == nil {
		if c.pooled != nil {
			c.propensity, c.propensityErr = c.pooled.at(c)
			c.separated = c.pooled.separated
		} else {
			c.propensity, c.separated, c.propensityErr = logit(c.x, c.names, c.treated, c.weight, regression.LogitLink)
		}
	}
	return c.propensity, c.propensityErr
}

// scoreFor is the score of a method: the cell's, or one with the columns and the link of the method.
func (c *cell) scoreFor(m Method) (*regression.Fit, error) {
	if len(m.Covariates) == 0 && m.Distance != "probit" {
		return c.score()
	}
	link := regression.LogitLink
	if m.Distance == "probit" {
		link = regression.ProbitLink
	}
	x, names := c.design(m)
	fit, _, err := logit(x, names, c.treated, c.weight, link)
	return fit, err
}

// odds are, by row, log(treated/comparison) of the weights in the row's stratum. A stratum with one arm alone takes those of
// the cell.
func (c *cell) odds() []float64 {
	of := stratumLogOdds(c)
	out := make([]float64, len(c.treated))
	for i, s := range c.stratum {
		out[i] = of(s)
	}
	return out
}

func stratumLogOdds(c *cell) func(stratum int32) float64 {
	var total [2]float64
	sums := map[int32][2]float64{}
	for i, s := range c.stratum {
		g := 0
		if c.treated[i] {
			g = 1
		}
		v := sums[s]
		v[g] += c.weight[i]
		sums[s] = v
		total[g] += c.weight[i]
	}
	return func(s int32) float64 {
		if v := sums[s]; v[0] > 0 && v[1] > 0 {
			return math.Log(v[1] / v[0])
		}
		return math.Log(total[1] / total[0])
	}
}

// weighing is the score of weighting in a cell, with what its estimation adds to errors.
type weighing struct {
	fit       *regression.Fit
	separated []string
	sums      *matching.ScoreSums
	x         [][]float64 // columns of the fit at the rows of the cell
	person    []int32     // as the sums number them
}

// weighing fits the score of weighting: the covariates of the method and the log odds of the stratum, so that weights also
// bring the calendar and the duration into line. One fit serves all methods with the same covariates.
func (c *cell) weighing(m Method) (*weighing, error) {
	if len(m.Covariates) == 0 && c.weights != nil {
		return c.weights, nil
	}
	if c.pooled != nil {
		w, err := c.pooled.weighing(c)
		c.weights = w
		return w, err
	}
	x, names := c.design(m)
	w := &weighing{x: append(append([][]float64(nil), x...), c.odds()), person: c.unit}
	var err error
	if w.fit, w.separated, err = logit(w.x, append(append([]string(nil), names...), stratumOdds), c.treated, c.weight, regression.LogitLink); err != nil {
		return nil, err
	}
	if w.sums, err = matching.NewScoreSums(w.fit, w.x, c.treated, c.weight, c.unit, c.units); err != nil {
		return nil, err
	}
	if len(m.Covariates) == 0 {
		c.weights = w
	}
	return w, nil
}

// tiltakScore is the score of a tiltak over all its rows, whatever their group; it is made when the first cell asks.
type tiltakScore struct {
	r     *runner
	trial *cohort.Trial
	of    *cell // whose rows the score is fitted to; nil: those of the tiltak

	once       sync.Once
	covariates []int // index into Rows.Covariates of each, −1 for the start day
	fit        *regression.Fit
	separated  []string
	err        error

	weighingOnce sync.Once
	weigh        *weighing
	byArm        *matching.ScoreSums // of weigh, by place and arm; nil where errors are by person
	weighErr     error
	odds         func(int32) float64
	number       map[int32]int32 // person of the register → number in the sums
}

// fitAll fits the score. The rows of the tiltak are not kept: they are as large as all its cells.
func (t *tiltakScore) fitAll() error {
	t.once.Do(func() {
		all := t.everybody()
		t.fit, t.separated, t.err = logit(all.x, all.names, all.treated, all.weight, regression.LogitLink)
		t.take(all)
	})
	return t.err
}

func (t *tiltakScore) everybody() *cell {
	if t.of != nil {
		return t.of
	}
	at, weight := t.trial.AllWeights()
	return newCellOf(t.r.trials, t.trial, at, weight, *t.r.study.Seed, t.r.places)
}

// take keeps of a fit to the rows of a cell what other rows need.
func (t *tiltakScore) take(all *cell) {
	t.covariates = all.covariates
	if t.fit != nil {
		fit := *t.fit
		fit.Linear, fit.Fitted = nil, nil
		t.fit = &fit
	}
}

// column writes column j of the fit at the rows of a cell.
func (t *tiltakScore) column(c *cell, j int, x []float64) {
	k := t.covariates[j]
	if k < 0 {
		for i, day := range c.day {
			x[i] = float64(day) / 31
		}
		return
	}
	t.r.trials.Rows.X[k].Gather(c.row, x)
}

// at is the fit with its values at the rows of a cell.
func (t *tiltakScore) at(c *cell) (*regression.Fit, error) {
	if err := t.fitAll(); err != nil {
		return nil, err
	}
	fit := *t.fit
	fit.Linear, fit.Fitted = make([]float64, len(c.row)), make([]float64, len(c.row))
	for i := range fit.Linear {
		fit.Linear[i] = fit.Coef[0]
	}
	x := make([]float64, len(c.row))
	for j := range t.covariates {
		t.column(c, j, x)
		floats.AddScaled(fit.Linear, fit.Coef[j+1], x)
	}
	for i, eta := range fit.Linear {
		fit.Fitted[i] = 1 / (1 + math.Exp(-eta))
	}
	return &fit, nil
}

func (t *tiltakScore) weighing(c *cell) (*weighing, error) {
	if err := t.fitAll(); err != nil {
		return nil, err
	}
	t.weighingOnce.Do(func() {
		all := t.everybody()
		t.odds = stratumLogOdds(all)
		t.number = map[int32]int32{}
		for _, row := range t.trial.Row { // every person of the tiltak, also those whose rows are not in the fit
			if p := t.r.trials.Rows.Person[row]; t.number[p] == 0 {
				t.number[p] = int32(len(t.number)) + 1
			}
		}
		x := append(append([][]float64(nil), all.x...), all.odds())
		w := &weighing{}
		if w.fit, w.separated, t.weighErr = logit(x, append(append([]string(nil), all.names...), stratumOdds), all.treated, all.weight, regression.LogitLink); t.weighErr != nil {
			return
		}
		w.sums, t.weighErr = t.sumsBy(w.fit, x, all, false)
		if t.weighErr == nil && all.by != nil { // some cells have few places and others many
			t.byArm, t.weighErr = t.sumsBy(w.fit, x, all, true)
		}
		t.weigh = w
	})
	if t.weighErr != nil {
		return nil, t.weighErr
	}
	odds := make([]float64, len(c.stratum))
	for i, s := range c.stratum {
		odds[i] = t.odds(s)
	}
	x := make([][]float64, len(t.covariates), len(t.covariates)+1)
	for j := range x {
		x[j] = make([]float64, len(c.row))
		t.column(c, j, x[j])
	}
	sums := t.weigh.sums
	if c.few {
		sums = t.byArm
	}
	return &weighing{fit: t.weigh.fit, separated: t.weigh.separated, sums: sums, x: append(x, odds), person: t.units(c, c.few)}, nil
}

// sumsBy sums what the estimation of the score adds by person or place, or by place and arm.
func (t *tiltakScore) sumsBy(fit *regression.Fit, x [][]float64, all *cell, byArm bool) (*matching.ScoreSums, error) {
	n := len(t.number) + 1
	if all.by != nil {
		n = all.by.count
	}
	if byArm {
		n *= 2
	}
	return matching.NewScoreSums(fit, x, all.treated, all.weight, t.units(all, byArm), n)
}

// units are, by row of a cell, the persons or places as the sums number them.
func (t *tiltakScore) units(c *cell, byArm bool) []int32 {
	out := make([]int32, len(c.row))
	for i, row := range c.row {
		person := t.r.trials.Rows.Person[row]
		if c.by == nil {
			out[i] = t.number[person]
			continue
		}
		if out[i] = c.by.of[person]; byArm {
			out[i] *= 2
			if c.treated[i] {
				out[i]++
			}
		}
	}
	return out
}

// usable turns a score's error, or its failure to converge, into a reason.
func usable(fit *regression.Fit, err error) (estimate.Reason, error) {
	if err != nil {
		return refused(err, estimate.NotConverged)
	}
	if !fit.Converged {
		return estimate.NotConverged, nil
	}
	return "", nil
}

package validity

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/matching"
)

// ErrorsOptions of the table of errors; the zero value of a field is its default.
type ErrorsOptions struct {
	Draws    int      // default 1,000
	Rows     int      // in each; default 1,000
	Designs  []string // of ErrorsDesigns; default all
	Seed     uint64   // draw i has seed Seed + i; default 1
	Workers  int
	Progress func(done, total float64, what string)
}

// ErrorsRow is how an estimator and its standard error did over the draws of a design.
type ErrorsRow struct {
	Estimator     string
	StdErrorType  string  // of the last draw
	Draws         int     // with an estimate and an error
	Missing       int     // without
	Refused       string  // why the estimator does not take the design at all; "" where it does
	Kept          float64 // mean share of the treated kept
	Bias          float64 // mean of estimate − truth, over the standard deviation of estimate − truth
	BiasError     float64 // its Monte Carlo error, 1/√draws
	Ratio         float64 // mean standard error over that standard deviation
	RatioError    float64 // its Monte Carlo error
	Coverage      float64 // share of 95 % intervals with the truth
	CoverageError float64 // its Monte Carlo error, √(c(1−c)/draws)
	Warned        float64 // share of draws with a warning
	least, most   float64 // coverage that is asked for under good overlap
	promised      bool
}

// Promised tells the range of coverage that is asked of the estimator under good overlap, if there is one.
func (r *ErrorsRow) Promised() (least, most float64, ok bool) { return r.least, r.most, r.promised }

// ErrorsTable is the rows of one design at one strength of selection.
type ErrorsTable struct {
	Design, About, Overlap string
	Rows                   []ErrorsRow
}

// estimators are the lines of the table with their automatic errors and, where there is a choice, a second one.
var estimators = []struct {
	name        string
	spec        matching.Spec
	least, most float64 // coverage asked for under good overlap; 0: none
}{
	{"nearest 1:1, caliper 0.2 sd", matching.Spec{Nearest: matching.NearestOptions{Caliper: 0.2}}, 0.93, 1},
	{"the same, then regression", matching.Spec{Nearest: matching.NearestOptions{Caliper: 0.2}, Adjust: "regression"}, 0, 0},
	{"optimal 1:1", matching.Spec{Method: "optimal"}, 0, 0},
	{"optimal 1:1, caliper 0.2 sd", matching.Spec{Method: "optimal", Nearest: matching.NearestOptions{Caliper: 0.2}}, 0, 0},
	{"nearest with replacement", matching.Spec{Nearest: matching.NearestOptions{Replace: true}}, 0.93, 1},
	{"with replacement, score taken as known", matching.Spec{Nearest: matching.NearestOptions{Replace: true}, StdError: "abadie-imbens"}, 0, 0},
	{"nearest with replacement, bias-adjusted", matching.Spec{Nearest: matching.NearestOptions{Replace: true}, BiasAdjust: true}, 0.93, 0.97},
	{"nearest with replacement, ate", matching.Spec{Estimand: matching.ATE, Nearest: matching.NearestOptions{Replace: true}}, 0.93, 1},
	{"with replacement, multiplier bootstrap", matching.Spec{Nearest: matching.NearestOptions{Replace: true}, StdError: "bootstrap"}, 0, 0},
	{"bias-adjusted, multiplier bootstrap", matching.Spec{Nearest: matching.NearestOptions{Replace: true}, BiasAdjust: true, StdError: "bootstrap"}, 0, 0},
	{"nearest 1:1, each used at most 3 times", matching.Spec{Nearest: matching.NearestOptions{ReuseMax: 3}}, 0, 0},
	{"radius 0.1 sd", matching.Spec{Method: "radius", Radius: 0.1}, 0, 0},
	{"radius 0.1 sd, bias-adjusted", matching.Spec{Method: "radius", Radius: 0.1, BiasAdjust: true}, 0, 0},
	{"full", matching.Spec{Method: "full"}, 0, 0},
	{"full, caliper 0.2 sd", matching.Spec{Method: "full", Nearest: matching.NearestOptions{Caliper: 0.2}}, 0, 0},
	{"5 subclasses", matching.Spec{Method: "subclass", Subclasses: 5}, 0.93, 1},
	{"10 subclasses", matching.Spec{Method: "subclass", Subclasses: 10}, 0.93, 1},
	{"coarsened exact, 5 bins", matching.Spec{Method: "cem"}, 0.93, 1},
	{"inverse probability", matching.Spec{Method: "ipw"}, 0.93, 0.97},
	{"inverse probability, ate", matching.Spec{Method: "ipw", Estimand: matching.ATE}, 0.93, 0.97},
	{"overlap weights", matching.Spec{Method: "overlap", Estimand: matching.ATO}, 0.93, 0.97},
	{"entropy balancing", matching.Spec{Method: "ebal"}, 0.93, 0.97},
	{"covariate-balancing score", matching.Spec{Method: "cbps"}, 0, 0},
	{"covariate-balancing score, ate", matching.Spec{Method: "cbps", Estimand: matching.ATE}, 0, 0},
	{"augmented, cross-fitted", matching.Spec{Method: "aipw"}, 0.93, 0.97},
}

// attempt is one estimator on one draw.
type attempt struct {
	off, stdError, kept float64 // off: estimate − truth; NaN: none
	kind, refused       string
	warned              bool
}

// Errors runs the experiment: for each design and strength of selection, each estimator with its standard error over many
// draws, beside the truth on the rows that it keeps. The result does not depend on the number of workers.
func Errors(ctx context.Context, opt ErrorsOptions) ([]ErrorsTable, error) {
	if opt.Draws == 0 {
		opt.Draws = 1000
	}
	if opt.Rows == 0 {
		opt.Rows = 1000
	}
	if opt.Seed == 0 {
		opt.Seed = 1
	}
	if opt.Draws < 2 || opt.Rows < 200 {
		return nil, fault.Usagef("bad_flag", "`--draws` must be at least 2 and `--rows` at least 200")
	}
	var designs []*ErrorsDesign
	for i := range ErrorsDesigns {
		if d := &ErrorsDesigns[i]; opt.Designs == nil || slices.Contains(opt.Designs, d.Name) {
			designs = append(designs, d)
		}
	}
	for _, name := range opt.Designs {
		if !slices.ContainsFunc(ErrorsDesigns, func(d ErrorsDesign) bool { return d.Name == name }) {
			return nil, fault.Usagef("bad_flag", "`--design %s` is not known; the designs are linear, curved and persons", name)
		}
	}
	var out []ErrorsTable
	var mu sync.Mutex
	done, total := 0., float64(len(designs)*len(Overlaps)*opt.Draws)
	for _, d := range designs {
		for _, o := range Overlaps {
			tries := make([][]attempt, opt.Draws)
			if err := parallel.For(ctx, opt.Workers, opt.Draws, func(i int) error {
				t := d.draw(d.stream(opt.Seed, o.Selection, i), opt.Rows, o.Selection)
				tries[i] = make([]attempt, len(estimators))
				for k := range estimators {
					if err := ctx.Err(); err != nil {
						return err
					}
					tries[i][k] = try(&t, estimators[k].spec)
				}
				if opt.Progress != nil {
					mu.Lock()
					done++
					opt.Progress(done, total, d.Name+", "+o.Name)
					mu.Unlock()
				}
				return nil
			}); err != nil {
				return nil, err
			}
			table := ErrorsTable{Design: d.Name, About: d.About, Overlap: o.Name}
			for k, e := range estimators {
				row := errorsRow(e.name, tries, k)
				row.least, row.most, row.promised = e.least, e.most, e.least > 0 && o.Selection == 1
				table.Rows = append(table.Rows, row)
			}
			out = append(out, table)
		}
	}
	return out, nil
}

// try runs one estimator on a draw. What it refuses for the kind of data it is, such as rows that share a person, is a
// refusal; what fails on this draw alone is a missing estimate.
func try(t *drawn, spec matching.Spec) attempt {
	spec.Workers = 1
	data := t.data
	if spec.Method == "cem" {
		for _, x := range data.X {
			data.Cells = append(data.Cells, matching.Coarsen(x, 5))
		}
	}
	none := attempt{off: math.NaN()}
	r, err := matching.Run(&data, spec)
	if err != nil {
		var f *fault.Error
		if errors.As(err, &f) && f.Status == fault.Usage {
			none.refused = f.Message
		}
		return none
	}
	e := r.Effects[len(r.Effects)-1]
	if math.IsNaN(e.Estimate) || math.IsNaN(e.StdError) {
		return none
	}
	return attempt{off: e.Estimate - t.truth(r), stdError: e.StdError, kind: e.StdErrorType, warned: len(r.Warnings) > 0,
		kept: float64(r.Counts.MatchedTreated) / float64(r.Counts.Treated)}
}

// errorsRow sums up the attempts of estimator k. The Monte Carlo error of the ratio a/b, a the mean error and b the standard
// deviation of n differences, is by the delta method with the variance (m₄ − b⁴)/(4nb²) of b, m₄ the fourth central moment.
func errorsRow(name string, tries [][]attempt, k int) ErrorsRow {
	row := ErrorsRow{Estimator: name}
	mean, errs, kept, covered, warned := 0., 0., 0., 0., 0.
	for i := range tries {
		a := &tries[i][k]
		switch {
		case a.refused != "":
			row.Refused = a.refused
			continue
		case math.IsNaN(a.off):
			row.Missing++
			continue
		}
		row.Draws++
		row.StdErrorType = a.kind
		mean += a.off
		errs += a.stdError
		kept += a.kept
		if math.Abs(a.off) <= 1.959963984540054*a.stdError {
			covered++
		}
		if a.warned {
			warned++
		}
	}
	n := float64(row.Draws)
	mean, errs = mean/n, errs/n
	m2, m4, errs2 := 0., 0., 0.
	for i := range tries {
		a := &tries[i][k]
		if a.refused != "" || math.IsNaN(a.off) {
			continue
		}
		d := a.off - mean
		m2 += d * d
		m4 += d * d * d * d
		errs2 += (a.stdError - errs) * (a.stdError - errs)
	}
	sd := math.Sqrt(m2 / (n - 1))
	row.Bias, row.BiasError = mean/sd, 1/math.Sqrt(n)
	row.Ratio = errs / sd
	vb := (m4/n - sd*sd*sd*sd) / (4 * n * sd * sd)
	row.RatioError = row.Ratio * math.Sqrt(errs2/(n-1)/n/(errs*errs)+max(vb, 0)/(sd*sd))
	row.Coverage, row.Kept, row.Warned = covered/n, kept/n, warned/n
	row.CoverageError = math.Sqrt(row.Coverage * (1 - row.Coverage) / n)
	return row
}

// Broken are the estimators whose coverage under good overlap lies outside what is asked of it by more than two Monte Carlo
// errors.
func Broken(tables []ErrorsTable) []string {
	var out []string
	for _, t := range tables {
		for _, r := range t.Rows {
			if least, most, ok := r.Promised(); ok && r.Refused == "" && (r.Coverage < least-2*r.CoverageError || r.Coverage > most+2*r.CoverageError) {
				out = append(out, t.Design+": "+r.Estimator)
			}
		}
	}
	return out
}

package analysis

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/pace"
)

// Forecast is what a run would do: its tasks with their rows, and what they are expected to take. Counts are rounded to two
// digits, which is all that a plan needs and tells nobody's cell; time and memory are estimates (Rates).
type Forecast struct {
	Persons, Months int // of the panel
	Workers         int
	Tasks           []PlannedTask
	Rows            int     // analysis rows of all tiltak: a comparison row once for each tiltak
	Columns         int     // covariate columns, the start day among them
	Estimates       int     // rows of the table estimates, the registry of `robustness` among them
	ReadSeconds     float64 // measured: reading the register and drawing the trials
	Seconds         float64 // expected of the whole run: reading, estimating, tables, figures and report
	Bytes           int64   // expected peak of memory
}

// PlannedTask is one tiltak × group, which a run estimates and stores as a whole.
type PlannedTask struct {
	Tiltak, Group       string
	Treated, Comparison int // rows, two digits
	Estimates           int // rows of the table estimates
	Seconds             float64
	Reason              estimate.Reason // why nothing will be estimated; "" where something will
}

// The rates of a plan, in nanoseconds of one processor: a fit passes some dozen times over rows × columns², and each month,
// outcome and method once over rows × columns. Measured on two cores of a 2023 Xeon over docs/bench/national.yaml with
// 20,000 and 100,000 persons (docs/bench/README.md); another machine may take half or twice that. A cell of few treated
// takes longer by smallCell rows: its groups separate and its fits go slowly.
const (
	nsFit, nsMonth  = 5.5, 30.0
	fitPlacebo      = 4.0 // fits of a method again for placebos: windows × conditionings, fewer columns
	fitSensitivity  = 1.2 // and for the sensitivity
	smallCell       = 400
	nsWriteEstimate = 3.5e5

	bytesOfPersonMonth          = 14     // of the panel
	bytesOfRow, bytesOfTrialRow = 21, 31 // of cohort.Rows and cohort.Trial
)

// NewForecast reads the register of a study and draws its trials, and looks at no outcome.
func NewForecast(ctx context.Context, s *Study, opt Options) (*Forecast, error) {
	p, err := forecast(ctx, s, opt)
	return p, s.given.locate(err)
}

func forecast(ctx context.Context, s *Study, opt Options) (*Forecast, error) {
	begin := time.Now()
	reg, cat, err := s.Register(ctx, opt)
	if err != nil {
		return nil, err
	}
	r := &runner{study: s, reg: reg, cat: withRates(reg, cat), opt: opt}
	if err := r.draw(ctx); err != nil {
		return nil, err
	}
	p := &Forecast{Persons: reg.Persons.N, Months: reg.Panel.Months, Workers: opt.Workers, Columns: 1, ReadSeconds: time.Since(begin).Seconds()}
	if p.Workers == 0 {
		p.Workers = runtime.GOMAXPROCS(0)
	}
	for _, c := range r.trials.Rows.Covariates {
		if !c.BeforeEpisode {
			p.Columns++
		}
	}
	rows, largest, seconds := 0, 0, 0.
	for k := range r.trials.Tiltak {
		trial := &r.trials.Tiltak[k]
		rows += len(trial.Row)
		for g := range r.trials.Groups {
			at, _ := trial.Weights(&r.trials.Rows, g)
			treated := 0
			for _, i := range at {
				if trial.Treated[i] {
					treated++
				}
			}
			t := r.task(p.Columns, treated, len(at)-treated)
			t.Tiltak, t.Group = trial.Tiltak, r.trials.Groups[g].ID
			if t.Reason == "" && s.Comparison.StartBy > 0 {
				if t.Reason = r.tooFew(newCell(r.trials, trial, g, *s.Seed, r.places)); t.Reason != "" {
					t.Seconds = 0
				}
			}
			t.Estimates += r.apartRows(trial, g, at)
			if t.Reason == "" {
				t.Estimates += r.probeRows()
			}
			largest = max(largest, len(at))
			seconds += t.Seconds
			p.Estimates += t.Estimates
			p.Tasks = append(p.Tasks, t)
		}
	}
	p.Rows = twoDigits(rows)
	p.Seconds = p.ReadSeconds + seconds/float64(min(p.Workers, len(p.Tasks))) + float64(p.Estimates)*nsWriteEstimate/1e9
	perCell := int64(largest) * int64(8*(3*p.Columns+2*s.Horizon))
	p.Bytes = int64(p.Persons)*int64(p.Months)*bytesOfPersonMonth + int64(r.trials.Rows.Len())*bytesOfRow + int64(rows)*bytesOfTrialRow + int64(min(p.Workers, len(p.Tasks)))*perCell
	for j := range r.trials.Rows.X {
		p.Bytes += r.trials.Rows.X[j].Bytes()
	}
	p.Bytes += pace.Garbage(p.Bytes)
	return p, nil
}

// task is what a cell of some rows is expected to take.
func (r *runner) task(columns, treated, comparison int) PlannedTask {
	s := r.study
	t := PlannedTask{Treated: twoDigits(treated), Comparison: twoDigits(comparison), Estimates: len(s.Methods) * len(r.outcomes) * (s.Horizon + len(s.Windows))}
	switch {
	case treated < minTreated:
		t.Reason = estimate.TooFewTreated
	case comparison == 0:
		t.Reason = estimate.NoComparison
	case comparison < minComparison:
		t.Reason = estimate.TooFewComparison
	}
	times := 1.
	if rob := s.Robustness; rob != nil {
		// Each rival sample and set of columns draws and fits again, each definition, month and method is a figure more.
		times += float64((1+len(rob.Samples))*(1+len(rob.Covariates))) * float64(len(s.Methods)+len(rob.Methods)) / float64(len(s.Methods))
		t.Estimates += (1+len(rob.Samples))*(1+len(rob.Outcomes))*(1+len(rob.Covariates))*(1+len(rob.Months))*(len(s.Methods)+len(rob.Methods)) - (1+len(rob.Months))*len(s.Methods)
	}
	if t.Reason != "" {
		return t
	}
	n, k := float64(treated+comparison+smallCell), float64(columns)
	fits := times
	if !s.Placebo.Off {
		fits += fitPlacebo
	}
	if s.Sensitivity == sensitivityFull {
		fits += fitSensitivity
	}
	passes := 12 * float64(len(s.Methods)) * fits
	months := float64(len(s.Methods) * len(r.outcomes) * s.Horizon)
	t.Seconds = (passes*n*k*k/2*nsFit/10 + months*n*k*nsMonth/10) / 1e9
	return t
}

// probeRows are the rows of the nearer bases (`dip_probe`) of a cell that is estimated.
func (r *runner) probeRows() (n int) {
	for _, m := range r.study.Methods {
		for _, def := range r.outcomes {
			if _, ok := r.before[def]; ok && m.Name == didMethod && m.DipProbe {
				n += baseTo - 1
			}
		}
	}
	return n
}

// apartRows are the rows of `heterogeneity` of a cell, whose rows are at: as many values as somebody starts with.
func (r *runner) apartRows(trial *cohort.Trial, g int, at []int32) (n int) {
	h := r.study.Heterogeneity
	if h == nil || !slices.Contains(h.Groups, r.trials.Groups[g].ID) {
		return 0
	}
	for _, name := range h.By {
		v := subsetVariables[name]
		if v.values == nil {
			continue
		}
		value, seen := v.values(r, trial), map[string]bool{}
		for _, i := range at {
			if trial.Treated[i] {
				seen[value(i)] = true
			}
		}
		each := len(h.Outcomes) * len(h.Methods) * len(h.Months)
		if v.variant { // against the comparison, and against the other variants
			each *= 2
		}
		n += len(seen) * each
	}
	return n
}

// twoDigits rounds a count; under 10 it is 0: a plan tells of no few.
func twoDigits(n int) int {
	if n < 10 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(float64(n)))-1)
	return int(math.Round(float64(n)/unit) * unit)
}

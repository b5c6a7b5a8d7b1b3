package analysis

import (
<<<<<<< HEAD
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Plan is a study written down before its outcomes are read (docs/reproducible.md). It holds nothing that varies: no time,
// no path, no version of the program, so that the same study makes the same bytes, whose SHA-256 is what one registers.
type Plan struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"` // planKind
	// Study is the resolved study: every default is filled in.
	Study json.RawMessage `json:"study"`
	// FollowUp is the number of months that a start must be followed. It decides who is analysed, and follows from the
	// horizon and from the outcome that looks furthest ahead.
	FollowUp int `json:"follow_up"`
	// Definitions are the mapping and the user's catalogue files: they say what the study's words mean.
	Definitions []PlanFile `json:"definitions"`

	sha   string // of the file
	bytes int64
}

// PlanFile is a file that a plan depends on.
type PlanFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

const planKind = "evaluate-plan"

// planInput is what a plan is called among the inputs of a run.
const planInput = "plan"

// NewPlan makes the plan of a study. It reads the mapping and the user's catalogue and nothing of the register, which need
// not even be there.
func NewPlan(ctx context.Context, s *Study) (*Plan, error) {
	resolved, err := s.canonical()
	if err != nil {
		return nil, err
	}
	p := &Plan{Schema: 1, Kind: planKind, Study: resolved, Definitions: []PlanFile{}}
	if p.FollowUp, err = s.followUp(); err != nil {
		return nil, err
	}
	cat, err := catalog.Load(s.Data.Catalog)
	if err != nil {
		return nil, err
	}
	files, err := s.definitions(ctx, cat)
	for _, f := range files {
		p.Definitions = append(p.Definitions, PlanFile{f.Name, f.SHA256})
	}
	return p, err
}

// Bytes are the file of a plan: JSON for people to read.
func (p *Plan) Bytes() ([]byte, error) {
	text, err := results.Canonical(p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", " "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// SHA256 is that of a plan's file.
func (p *Plan) SHA256() string { return p.sha }

// LoadPlan reads the file of a plan. A file that is none is a fault of usage.
func LoadPlan(path string) (*Plan, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.Usagef("no_plan", "there is no plan `%s`; `evaluate plan STUDY --out %s` writes one", path, path)
	}
	if err != nil {
		return nil, fault.Usagef("no_plan", "plan `%s` cannot be read: %v", path, err)
	}
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil || p.Kind != planKind || p.Schema != 1 || len(p.Study) == 0 {
		return nil, fault.Usagef("bad_plan", "`%s` is no plan; `evaluate plan STUDY --out FILE` writes one", path)
	}
	sum := sha256.Sum256(b)
	p.sha, p.bytes = hex.EncodeToString(sum[:]), int64(len(b))
	return &p, nil
}

// fingerprint is the plan as an input of a run. Its name is no path: the same plan in another file is the same run.
func (p *Plan) fingerprint() datasets.Fingerprint {
	return datasets.Fingerprint{Name: planInput, SHA256: p.sha, Bytes: p.bytes, Rows: -1}
}

// followUp is the number of months that every start of the study must be followed.
func (s *Study) followUp() (int, error) {
	months := s.Horizon
	need := func(specs []outcome.Spec, horizon int) error {
		for _, spec := range specs {
			spec.PriceYear = 0 // prices do not matter here, and their index is not at hand
			def, err := spec.Compile(outcome.Env{})
			if err != nil {
				return err
			}
			months = max(months, def.MinFollowUp(horizon))
		}
		return nil
	}
	if err := need(s.Outcomes, s.Horizon); err != nil {
		return 0, err
	}
	return months, need(s.Placebo.Controls, s.Placebo.Month)
}

// plan is the plan that a study names; nil where it names none.
func (s *Study) plan() (*Plan, error) {
	if s.Plan == "" {
		return nil, nil
	}
	return LoadPlan(s.Plan)
=======
	"context"
	"math"
	"runtime"
	"time"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
)

// Plan is what a run would do: its tasks with their rows, and what they are expected to take. Counts are rounded to two
// digits, which is all that a plan needs and tells nobody's cell; time and memory are estimates (Rates).
type Plan struct {
	Persons, Months int // of the panel
	Workers         int
	Tasks           []PlannedTask
	Rows            int     // analysis rows of all tiltak, each once
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
	nsFit, nsMonth   = 5.5, 2.8
	fitPlacebo       = 4.0 // fits of a method again for placebos: windows × conditionings, fewer columns
	fitSensitivity   = 1.2 // and for the sensitivity
	smallCell        = 400
	nsWriteEstimate  = 4e5
	bytesOfPersonDay = 14 // a person-month of the panel
)

// NewPlan reads the register of a study and draws its trials, and looks at no outcome.
func NewPlan(ctx context.Context, s *Study, opt Options) (*Plan, error) {
	begin := time.Now()
	reg, cat, err := s.Register(ctx, opt)
	if err != nil {
		return nil, err
	}
	r := &runner{study: s, reg: reg, cat: cat, opt: opt}
	d, err := r.compile()
	if err != nil {
		return nil, err
	}
	d.Workers = opt.Workers
	opt.progress(0, 1, "cohort")
	if r.trials, err = cohort.Build(ctx, reg, d); err != nil {
		return nil, err
	}
	if err := somebody(r.trials.Flow); err != nil {
		return nil, err
	}
	if err := s.tooLarge(r.trials); err != nil {
		return nil, err
	}
	if err := r.checkMethods(); err != nil {
		return nil, err
	}
	p := &Plan{Persons: reg.Persons.N, Months: reg.Panel.Months, Workers: opt.Workers, Columns: 1, ReadSeconds: time.Since(begin).Seconds()}
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
			largest = max(largest, len(at))
			seconds += t.Seconds
			p.Estimates += t.Estimates
			p.Tasks = append(p.Tasks, t)
		}
	}
	p.Rows = twoDigits(rows)
	p.Seconds = p.ReadSeconds + seconds/float64(min(p.Workers, len(p.Tasks))) + float64(p.Estimates)*nsWriteEstimate/1e9
	perCell := int64(largest) * int64(8*(3*p.Columns+2*s.Horizon))
	p.Bytes = int64(p.Persons)*int64(p.Months)*bytesOfPersonDay + int64(len(r.trials.Rows.Person))*int64(8*len(r.trials.Rows.Covariates)+32) + int64(rows)*40 +
		int64(min(p.Workers, len(p.Tasks)))*perCell
	p.Bytes += p.Bytes / 4 // what waits for the collector
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

// twoDigits rounds a count; under 10 it is 0: a plan tells of no few.
func twoDigits(n int) int {
	if n < 10 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(float64(n)))-1)
	return int(math.Round(float64(n)/unit) * unit)
>>>>>>> 900c57c (analysis, cmd: a JSON Schema of studies made from what reads them; run --dry-run prints the plan; exits of death and emigration either way)
}

package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// Options are what a run takes besides its study: nothing here changes a figure.
type Options struct {
	Workers  int
	Memory   int64                                  // largest size of the panel in bytes; 0: no limit
	Progress func(done, total float64, what string) // may be nil; may be called from several goroutines

	tasks string // folder for the results of finished tasks; "": none are kept
}

func (o Options) progress(done, total float64, what string) {
	if o.Progress != nil {
		o.Progress(done, total, what)
	}
}

// Result is what a study found: the tables and what the report needs to name things, and, for whoever holds the truth
// of a simulated register, which starts each figure is about.
type Result struct {
	Run      results.Run
	Tables   results.Tables
	Trials   *cohort.Trials
	Outcomes []*outcome.Definition // in the order of the study
	Cells    []CellStarts

	joint  influences   // of the figures of the family, by row of Tables.Estimates; nil where it is not asked for
	groups []apartGroup // of the groups that are tested against each other
}

// CellStarts are the starts behind the figures of a cell, as indices into Register.Participations. They never enter a
// run folder.
type CellStarts struct {
	Tiltak, Group, Method, Outcome string
	Analysed                       []int32   // every treated row of the cell
	Used                           []int32   // those the method kept (matched, or with a base)
	Weight                         []float64 // of Used, where the estimand weights the starts; nil: they count alike
	// Referred are, with `time_zero: referral`, the treated rows that never became a start, as indices into Register.Referrals.
	Referred []int32
}

// keptShare is the share of the treated under which an estimate is no longer called the ATT: it is the effect on those kept.
const keptShare = 0.95

// minTreated and minComparison are the rows under which a cell is not estimated: a propensity model with dozens of
// covariates means nothing on fewer.
const minTreated, minComparison = 20, 40

// runner is one run in progress.
type runner struct {
	study       *Study
	reg         *register.Register
	cat         *catalog.Catalog
	opt         Options
	trials      *cohort.Trials
	outcomes    []*outcome.Definition
	descriptive []*outcome.Definition // of Study.Descriptive
	controls    []*outcome.Definition // negative controls, in the order of the study
	env         outcome.Env
	// before is what measures the level of an outcome before the registration: the outcome itself, for an entered one the
	// status of the same window, which looks back only. Outcomes that are not defined month by month have none.
	before map[*outcome.Definition]*outcome.Definition

	messages []results.Message // about prices
	// figuresOnly leaves out what stands beside the estimates, such as balance and placebos: of the rivals of a registry, and
	// of the combinations of a split, the study's own run has shown what a reader can take in.
	figuresOnly bool
	tasks       taskStore
	places      *places    // what errors are summed by; nil: persons
	prices      *priceList // nil where cost against effect is not asked for
	experiment  *assigned  // of `design`

	pooled map[*cohort.Trial]*tiltakScore // of `score: tiltak`

	reformWarnings []fault.Warning
}

// Estimate runs a resolved study on a register that has been read. It reads no file and writes none.
func Estimate(ctx context.Context, s *Study, reg *register.Register, cat *catalog.Catalog, opt Options) (*Result, error) {
	r := &runner{study: s, reg: reg, cat: withRates(reg, cat), opt: opt, tasks: taskStore{opt.tasks}, figuresOnly: s.FiguresOnly}
	if err := r.draw(ctx); err != nil {
		return nil, err
	}
	out := &Result{Trials: r.trials, Outcomes: r.outcomes}
	out.Tables.Divisions = s.divisions()
	var priceWarnings []fault.Warning
	var err error
	if s.costEffectAsked() && !s.FiguresOnly {
		if r.prices, priceWarnings, err = r.newPriceList(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.estimates(ctx, out); err != nil {
		return nil, err
	}
	adjust(out.Tables.Estimates, s.Inference, out.joint, *s.Seed)
	if err := r.adjustHeterogeneity(out); err != nil {
		return nil, err
	}
	if s.FiguresOnly {
		return out, nil
	}
	if err := r.registry(ctx, out); err != nil {
		return nil, err
	}
	if err := r.reforms(ctx, out); err != nil {
		return nil, err
	}
	chanceWarnings, err := r.randomised(ctx, out)
	if err != nil {
		return nil, err
	}
	costWarnings, chainRule, err := r.withoutEffects(ctx, &out.Tables)
	if err != nil {
		return nil, err
	}
	if err := r.portfolio(ctx, &out.Tables); err != nil {
		return nil, err
	}
	out.Run = r.describe()
	out.Run.Chains = chainRule
	for _, f := range s.Reforms {
		out.Run.Reforms = append(out.Run.Reforms, r.reformText(f))
	}
	out.Run.Warnings = withoutSmall(append(slices.Clone(reg.Warnings), append(append(append(append(append(r.warnings(out), clusterWarnings(out.Tables.Diagnostics, out.Run.MinCell)...), chanceWarnings...), r.reformWarnings...), costWarnings...), r.costEffectWarnings(priceWarnings)...)...), out.Run.MinCell)
	out.Run.Messages = r.localise(out.Run.Warnings)
	return out, nil
}

// draw compiles the outcomes, draws the trials, and refuses what cannot be estimated on them: what a run and its forecast share.
func (r *runner) draw(ctx context.Context) error {
	d, err := r.compile()
	if err != nil {
		return err
	}
	d.Workers = r.opt.Workers
	r.opt.progress(0, 1, "cohort")
	if r.trials, err = cohort.Build(ctx, r.reg, d); err != nil {
		return err
	}
	if err := somebody(r.trials.Flow); err != nil {
		return err
	}
	if err := r.study.tooLarge(r.trials); err != nil {
		return err
	}
	return r.checkDrawn()
}

// checkDrawn refuses what the register or its trials do not hold, before anything is estimated.
func (r *runner) checkDrawn() error {
	for _, check := range []func() error{r.findPlaces, r.checkDesign, r.checkAssigned, r.checkMethods, r.checkHeterogeneity} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// somebody refuses a study that nobody is left in, and names the rule that took most: a report of blanks answers nothing.
func somebody(flow []cohort.Flow) error {
	starts, analysed := 0, 0
	lost := map[string]int{}
	worst := ""
	for _, f := range flow {
		switch f.Rule {
		case "starts":
			starts += f.Starts
		case "analysed":
			analysed += f.Starts
		default:
			lost[f.Rule] += f.Starts
			if worst == "" || lost[f.Rule] > lost[worst] {
				worst = f.Rule
			}
		}
	}
	switch {
	case analysed > 0:
		return nil
	case starts == 0:
		return fault.Dataf("no_starts", "deltakelse", "", "nobody in the groups of the study starts one of its tiltak in its window; `evaluate validate` shows what the register holds, and which statuses and dates were refused")
	}
	return fault.Dataf("no_starts", "deltakelse", "", "no start is left to analyse: of %d, most (%d) are lost to the rule %s; `evaluate validate` shows all rules", starts, lost[worst], worst)
}

// defaultPriceYear is the year of the cut, or where the price index does not reach it the last year that it has: a study that
// names no year is not refused for data that are newer than the index.
func (r *runner) defaultPriceYear() int {
	year := r.reg.Cut.Year()
	for y := year; y > year-10; y-- {
		if _, ok := r.cat.KPI(y); ok {
			return y
		}
	}
	return year
}

// compile makes the outcome definitions and the design with the follow-up that they need.
func (r *runner) compile() (cohort.Design, error) {
	s := r.study
	if s.Cost.PriceYear == 0 {
		s.Cost.PriceYear = r.defaultPriceYear()
	}
	if err := r.inCatalogue(); err != nil {
		return cohort.Design{}, err
	}
	for i := range s.Outcomes {
		if s.Outcomes[i].Kind == outcome.Earnings && s.Outcomes[i].PriceYear == 0 {
			s.Outcomes[i].PriceYear = s.Cost.PriceYear
		}
	}
	r.env = outcome.Env{Cut: r.reg.Cut, Death: outcome.Exit(s.Exits.Death), Emigration: outcome.Exit(s.Exits.Emigration), PriceYear: s.Cost.PriceYear, Deflate: deflator(r.cat),
		G: func(m calendar.Month) float64 { g, _ := r.cat.G(m.First()); return g.Kroner }, Jobs: r.reg.Panel.Jobs}
	r.before = map[*outcome.Definition]*outcome.Definition{}
	d := s.design()
	r.firstLinks(d.After)
	d.Catalog, d.LaterGroups = r.cat, false
	for _, spec := range s.Outcomes {
		def, err := spec.Compile(r.env)
		if err != nil {
			return d, err
		}
		r.outcomes = append(r.outcomes, def)
		d.FollowUp = max(d.FollowUp, def.MinFollowUp(s.Horizon))
		if err := r.compileBefore(spec, def); err != nil {
			return d, err
		}
	}
	for _, spec := range s.Placebo.Controls {
		def, err := spec.Compile(r.env)
		if err != nil {
			return d, err
		}
		if def.Descriptive() {
			return d, fault.Usagef("not_served", "`placebo.negative_controls`: `%s` is defined for those in work only, which a start may change; name an outcome that is defined for everybody", spec.ID)
		}
		r.controls = append(r.controls, def)
		d.FollowUp = max(d.FollowUp, def.MinFollowUp(s.Placebo.Month))
		if err := r.compileBefore(spec, def); err != nil {
			return d, err
		}
	}
	for _, o := range s.Descriptive {
		def, err := o.Spec.Compile(r.env)
		if err != nil {
			return d, err
		}
		r.descriptive = append(r.descriptive, def)
	}
	return d, nil
}

// compileBefore finds what measures the level of an outcome before the registration.
func (r *runner) compileBefore(spec outcome.Spec, def *outcome.Definition) error {
	switch {
	case spec.Kind == outcome.StableWork && spec.Mode == outcome.Entered:
		spec.Mode = outcome.Status
		if status, err := spec.Compile(r.env); err != nil {
			return err
		} else if status.HasSeries() {
			r.before[def] = status
		}
	case def.HasSeries():
		r.before[def] = def
	}
	return nil
}

// pool readies the scores of `score: tiltak`.
func (r *runner) pool() {
	if r.study.Score != scorePerTiltak {
		return
	}
	r.pooled = map[*cohort.Trial]*tiltakScore{}
	for i := range r.trials.Tiltak {
		trial := &r.trials.Tiltak[i]
		r.pooled[trial] = &tiltakScore{r: r, trial: trial}
	}
}

// estimates fills the estimates and what belongs to them, cell by cell: tiltak × group. Cells are independent tasks; their
// tables are joined in the order of the study.
func (r *runner) estimates(ctx context.Context, out *Result) error {
	if err := r.findPlaces(); err != nil {
		return err
	}
	groups := len(r.trials.Groups)
	n := len(r.trials.Tiltak) * groups
	r.pool()
	parts := make([]cellResult, n)
	done := make(chan int, n)
	finished := 0
	total := float64(n)
	r.opt.progress(0, total, "estimates")
	stop := make(chan struct{})
	go func() { // progress is counted in one place
		defer close(stop)
		for i := range done {
			finished++
			r.opt.progress(float64(finished), total, fmt.Sprintf("%s × %s", r.trials.Tiltak[i/groups].Tiltak, r.trials.Groups[i%groups].ID))
		}
	}()
	err := parallel.For(ctx, r.opt.Workers, n, func(i int) error {
		var err error
		trial, g := &r.trials.Tiltak[i/groups], i%groups
		parts[i], err = resumed(r.tasks, "cell "+trial.Tiltak+" "+r.trials.Groups[g].ID, func() (cellResult, error) { return r.cell(ctx, trial, g) })
		if err == nil {
			done <- i
		}
		return err
	})
	close(done)
	<-stop
	if err != nil {
		return err
	}
	var pooled []pooledTest
	for _, p := range parts {
		t := &out.Tables
		out.joint = out.joint.add(p.Joint, len(t.Estimates))
		out.groups = append(out.groups, p.Apart.Groups...)
		t.Heterogeneity = append(t.Heterogeneity, p.Apart.Tests...)
		t.Estimates = append(t.Estimates, p.Estimates...)
		t.Balance = append(t.Balance, p.Balance...)
		t.Overlap = append(t.Overlap, p.Overlap...)
		t.PreEffects = append(t.PreEffects, p.PreEffects...)
		t.Diagnostics = append(t.Diagnostics, p.Diagnostics...)
		t.CostEffect = append(t.CostEffect, p.CostEffect...)
		t.Descriptive = append(t.Descriptive, p.Descriptive...)
		t.Placebo = append(t.Placebo, p.Placebo...)
		t.Sensitivity = append(t.Sensitivity, p.Sensitivity...)
		out.Cells = append(out.Cells, p.Starts...)
		pooled = append(pooled, p.PlaceboTests...)
	}
	out.Tables.Placebo = append(out.Tables.Placebo, poolPlacebos(pooled, *r.study.Disclosure.MinCell, r.study.Inference.Level)...)
	return nil
}

// cellResult is what one tiltak × group gives.
type cellResult struct {
	Estimates    []results.Estimate
	Balance      []results.Balance
	Overlap      []results.Overlap
	Diagnostics  []results.Diagnostic
	CostEffect   []results.CostEffect
	PreEffects   []results.PreEffect
	Descriptive  []results.Descriptive
	Placebo      []results.Placebo
	Sensitivity  []results.Sensitivity
	PlaceboTests []pooledTest
	Starts       []CellStarts
	Joint        influences // by row of estimates
	Apart        apart
}

// tooFew is why a cell is not estimated by any method, "" where it may be.
func (r *runner) tooFew(c *cell) estimate.Reason {
	switch {
	case c.nTreated < minTreated:
		return estimate.TooFewTreated
	case c.nComparison == 0:
		return estimate.NoComparison
	case c.nComparison < minComparison:
		return estimate.TooFewComparison
	case r.study.Comparison.StartBy > 0 && !c.bothStart && c.lateStarters(r) < minTreated:
		return estimate.TooFewLateStarts
	}
	return ""
}

func (r *runner) cell(ctx context.Context, trial *cohort.Trial, g int) (cellResult, error) {
	var out cellResult
	c := newCell(r.trials, trial, g, *r.study.Seed, r.places)
	c.pooled = r.pooled[trial]
	group := r.trials.Groups[g].ID
	reason := r.tooFew(c)
	var fits []fitted
	for _, m := range r.study.Methods {
		why := reason
		var f fitted
		if why == "" {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			var err error
			if f, why, err = r.fit(c, m); err != nil {
				return out, fmt.Errorf("%s × %s, %s: %w", trial.Tiltak, group, m.ID, err)
			}
		}
		if why != "" {
			f = failed{why}
		}
		fits = append(fits, f)
	}
	if !r.figuresOnly {
		var more func([][]float64) [][]results.Diagnostic
		if r.study.OnlyMonths == nil {
			more = func(w [][]float64) [][]results.Diagnostic {
				return c.balanceDiagnostics(w, r.reg, r.trials.Rows.Person, r.trials.Rows.Month)
			}
		}
		out.addBalance(c, trial.Tiltak, group, r.study.Methods, fits, more)
		out.addOverlap(c, trial.Tiltak, group, r.study.Methods, fits)
	}
	for o, def := range r.outcomes {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		var y [][]float64
		if reason == "" {
			y = c.follow(def, r.reg, &r.trials.Rows, r.study.Horizon)
		}
		if r.prices != nil && o == max(0, r.study.effectOutcome()) { // once a cell
			var err error
			if out.CostEffect, err = r.costEffect(ctx, c, g, fits, reason, y); err != nil {
				return out, err
			}
		}
		var focus []results.Estimate // by method, at the month of sensitivity
		place, month := r.study.focus()
		found := r.figures(c, def, fits, y, reason)
		for i, m := range r.study.Methods {
			rows, used, s := found[i].rows, found[i].used, found[i].s
			out.PreEffects = append(out.PreEffects, r.preEffects(c, def, s, trial.Tiltak, group, r.study.Outcomes[o].ID, m.ID)...)
			for h := range rows {
				row := &rows[h]
				r.keys(row, c, fits[i], m, group, r.study.Outcomes[o].ID)
			}
			if err := r.permute(c, def, fits[i], s, m, y, &rows[month-1]); err != nil {
				return out, err
			}
			focus = append(focus, rows[month-1])
			out.Joint = out.Joint.add(r.study.Inference.influences(rows, s), len(out.Estimates))
			r.keepGroup(&out, rows, s)
			out.Estimates = append(out.Estimates, rows...)
			starts := c.starts(trial.Tiltak, group, m.ID, r.study.Outcomes[o].ID, used)
			if f, ok := fits[i].(*designFit); ok {
				starts.Weight = f.startWeights()
			}
			out.Starts = append(out.Starts, starts)
		}
		if r.study.Sensitivity != sensitivityNone && o == place && reason == "" && month >= def.FirstMonth() {
			of := r.sensitivity(c, def, fits, y[month-1], focus)
			for k := range of {
				of[k].Tiltak, of[k].Group = trial.Tiltak, group
			}
			out.Sensitivity = append(out.Sensitivity, of...)
		}
	}
	if r.figuresOnly {
		return out, nil
	}
	if err := r.heterogeneity(ctx, c, g, fits, &out); err != nil {
		return out, err
	}
	r.describeAmong(&out, c, fits, reason, trial.Tiltak, group)
	if err := r.placebo(ctx, c, &out, trial.Tiltak, group, fits, reason); err != nil {
		return out, err
	}
	for i, m := range r.study.Methods {
		out.diagnose(trial.Tiltak, group, m.ID, fits[i].diagnostics())
	}
	if c.by != nil && reason == "" && c.personsTreated >= *r.study.Disclosure.MinCell {
		out.diagnose(trial.Tiltak, group, "", c.clusterDiagnostics())
	}
	if r.study.TimeZero == timeZeroReferral && reason == "" {
		out.diagnose(trial.Tiltak, group, "", r.exitRates(c))
	}
	if r.trials.Censoring != nil && reason == "" {
		out.diagnose(trial.Tiltak, group, "", c.stayDiagnostics(r))
	}
	return out, nil
}

// starts lists the participations behind a figure; used nil means all.
func (c *cell) starts(tiltak, group, method, outcome string, used []bool) CellStarts {
	s := CellStarts{Tiltak: tiltak, Group: group, Method: method, Outcome: outcome}
	for i, start := range c.start {
		if i, ok := cohort.Referral(start); ok {
			s.Referred = append(s.Referred, i)
		}
		if start < 0 {
			continue
		}
		s.Analysed = append(s.Analysed, start)
		if used == nil || used[i] {
			s.Used = append(s.Used, start)
		}
	}
	return s
}

// missing is a row of figures that could not be made.
func missing(why estimate.Reason) results.Estimate {
	nan := math.NaN()
	return results.Estimate{Estimate: nan, StdError: nan, ConfLow: nan, ConfHigh: nan, BandLow: nan, BandHigh: nan, PValue: nan, PAdjusted: nan, PPermutation: nan, FamilyLow: nan, FamilyHigh: nan,
		MeanTreated: nan, MeanComparison: nan, ESS: nan, Reason: why, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
}

// figure is a row of figures from an estimate.
func figure(e estimate.Estimate) results.Estimate {
	row := missing(e.Reason)
	row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue
	return row
}

// warnings are what the run itself has to say.
func (r *runner) warnings(out *Result) []fault.Warning {
	w := append(r.againstWarnings(), r.trials.Warnings...)
	w = append(w, r.places.warnings(*r.study.Disclosure.MinCell)...)
	if last := lastKPI(r.cat); r.reg.Cut.Year() > last && slices.ContainsFunc(r.study.Outcomes, func(o outcome.Spec) bool { return o.Kind == outcome.Earnings }) {
		w = append(w, fault.Warnf("kpi_ends", "the consumer price index ends in %d: wages of later months are deflated with its last value; give a newer kpi.csv in `data.catalog`", last))
	}
	for _, m := range r.study.Methods {
		if m.Name == exact || m.Name == cem || m.Name == none {
			w = append(w, fault.Warnf("adjusts_for_little", "%s makes the arms alike in a few columns only, and the rest of what sets them apart is in its estimates: on simulated registers its intervals miss the truth far too often (docs/coverage.md); read it beside other methods", m.ID))
		}
	}
	for _, o := range r.study.Outcomes {
		for _, sentence := range o.Absent(r.reg.Panel.Jobs) {
			w = append(w, fault.Warnf("outcome_value_absent", "%s", sentence))
		}
	}
	if r.reg.Dated == nil {
		w = append(w, fault.Warnf("undated_covariates", "utdanning and fylke of `person` carry no date and are used as if they held before every start; give them with dates in `person_historikk`"))
	}
	for _, trial := range r.trials.Tiltak {
		for _, g := range r.trials.Groups {
			starts, analysed := 0, 0
			for _, f := range r.trials.Flow {
				if f.Tiltak == trial.Tiltak && f.Group == g.ID {
					switch f.Rule {
					case "starts":
						starts = f.Starts
					case "analysed":
						analysed = f.Starts
					}
				}
			}
			if starts > 0 && 2*analysed < starts {
				w = append(w, fault.Warnf("under_half_analysed", "%s × %s: under half of the starts are analysed; `flow` says which rule took the others", trial.Tiltak, g.ID))
			}
		}
	}
	return w
}

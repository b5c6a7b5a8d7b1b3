package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// TrialRows are the analysis rows of one tiltak × group, one row a person, month and episode, with everything that an
// estimate of the study rests on: what a table-level command, or another program, needs to make it again.
//
// Columns: row (0-based), person_id, trial (yyyymm, month m), tiltak, group, start (day of the start; null for a comparison
// row), treated, day (of the month: of the start, or drawn from the stratum's starts), stratum, elapsed (band) and
// elapsed_months, sample_weight, tie (what breaks ties), group_<id> for each group of the study, the covariates, score (linear
// predictor of the propensity), the columns of the methods (weight_<id>, pair_<id>, base_weight_<id>), and for each outcome
// <id>_base (mean over months 7–18 before the episode), <id>_m<h> (h months after m, as the estimates take it), where
// emigration hides it from some or comparison rows leave <id>_m<h>_seen (as it is known), with `later_entry: censor` <id>_m<h>_stay (the weight
// of staying), and with inference.cluster cluster; for an outcome of 0 and 1 also <id>_time and <id>_event.
type TrialRows struct {
	Tiltak, Group string
	Reason        estimate.Reason // why the cell has no estimates; its rows are there
	Table         *datasets.Table // nil where nobody is in the cell
	Treated       int
	Recipes       []Recipe
	Columns       []TrialColumn
}

// Recipe is a table-level command that makes estimates of the study again from the rows, without --data and --outcome.
type Recipe struct {
	Method   string   `json:"method"`   // id in the study
	Outcomes []string `json:"outcomes"` // columns, one a month
	Command  string   `json:"command"`  // match or did
	Args     []string `json:"args"`
	How      string   `json:"how"` // again: the method runs again on the rows; given: the weights it found are taken
	// Errors are same: those of the study; known_weights: they take the weights as known; many_clusters: they are summed by the
	// study's places, few of which call for CR2 with t in the study (inference.cluster).
	Errors string `json:"errors"`
}

// What the errors of a recipe are to those of the study.
const (
	sameErrors   = "same"
	knownWeights = "known_weights"
	manyClusters = "many_clusters"
)

// clusterColumn is the column of the rows that errors are summed by.
func (r *runner) clusterColumn() string {
	if r.places != nil {
		return "cluster"
	}
	return "person_id"
}

// TrialColumn is what a column of the rows is, for people.
type TrialColumn struct{ Name, NB, EN string }

// exporter is a fit whose weights, and the command that makes them again, can be written down.
type exporter interface {
	export(c *cell, r *runner, m Method) exported
}

// exported is what a fit adds to the rows.
type exported struct {
	columns []*datasets.Column
	recipes []Recipe // the same for every outcome
}

// TrialOptions are which rows and columns are wanted; the zero value is all.
type TrialOptions struct {
	Tiltak, Groups []string
	Months         []int
}

// Trials draws the trials of a study and gives the rows of each tiltak × group to emit, which is called from several
// goroutines, once a cell.
func Trials(ctx context.Context, s *Study, o Options, t TrialOptions, emit func(*TrialRows) error) error {
	reg, cat, err := s.Register(ctx, o)
	if err != nil {
		return s.given.locate(err)
	}
	r := &runner{study: s, reg: reg, cat: cat, opt: o}
	d, err := r.compile()
	if err != nil {
		return s.given.locate(err)
	}
	d.Workers = o.Workers
	o.progress(0, 1, "cohort")
	if r.trials, err = cohort.Build(ctx, reg, d); err != nil {
		return s.given.locate(err)
	}
	if err := somebody(r.trials.Flow); err != nil {
		return err
	}
	if err := r.checkDrawn(); err != nil {
		return s.given.locate(err)
	}
	r.pool()
	cells, err := r.wanted(t)
	if err != nil {
		return err
	}
	return r.eachCell(ctx, cells, func(k, g int) error {
		rows, err := r.trialRows(ctx, k, g, t.Months)
		if err != nil {
			return err
		}
		return emit(rows)
	})
}

// wanted are the cells (tiltak, group) of the options, in the order of the study.
func (r *runner) wanted(t TrialOptions) ([][2]int, error) {
	var tiltak, groups []string
	for _, trial := range r.trials.Tiltak {
		tiltak = append(tiltak, trial.Tiltak)
	}
	for _, g := range r.trials.Groups {
		groups = append(groups, g.ID)
	}
	for _, c := range []struct {
		flag         string
		asked, study []string
	}{{"tiltak", t.Tiltak, tiltak}, {"groups", t.Groups, groups}} {
		for _, a := range c.asked {
			if !slices.Contains(c.study, a) {
				return nil, fault.Usagef("bad_flag", "`--%s` names `%s`, which is not in the study%s", c.flag, a, fault.Suggest(a, c.study))
			}
		}
	}
	for _, h := range t.Months {
		if h < 1 || h > r.study.Horizon {
			return nil, fault.Usagef("bad_flag", "`--months` names %d, which is not between 1 and the horizon %d", h, r.study.Horizon)
		}
	}
	var out [][2]int
	for k := range tiltak {
		for g := range groups {
			if (t.Tiltak == nil || slices.Contains(t.Tiltak, tiltak[k])) && (t.Groups == nil || slices.Contains(t.Groups, groups[g])) {
				out = append(out, [2]int{k, g})
			}
		}
	}
	return out, nil
}

// trialRows are the rows of a cell. months are those to write, nil for 1…horizon.
func (r *runner) trialRows(ctx context.Context, k, g int, months []int) (*TrialRows, error) {
	trial := &r.trials.Tiltak[k]
	out := &TrialRows{Tiltak: trial.Tiltak, Group: r.trials.Groups[g].ID}
	c := newCell(r.trials, trial, g, *r.study.Seed, r.places)
	c.pooled = r.pooled[trial]
	out.Treated = c.nTreated
	if len(c.row) == 0 {
		out.Reason = estimate.TooFewTreated
		return out, nil
	}
	out.Reason = r.tooFew(c)
	w := &rowWriter{r: r, c: c, out: out}
	w.keys()
	w.covariates()
	var fits []fitted
	for _, m := range r.study.Methods {
		f := fitted(failed{out.Reason})
		if out.Reason == "" {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			fit, why, err := r.fit(c, m)
			if err != nil {
				return nil, fmt.Errorf("%s × %s, %s: %w", out.Tiltak, out.Group, m.ID, err)
			}
			if f = fit; why != "" {
				f = failed{why}
			}
		}
		fits = append(fits, f)
	}
	if out.Reason == "" {
		if fit, err := c.score(); err == nil {
			w.float("score", "Tilbøyelighet, lineær prediktor", "Propensity, linear predictor", fit.Linear)
		}
	}
	shared, perOutcome := make([][]Recipe, len(fits)), make([][]Recipe, len(fits))
	for i, f := range fits {
		shared[i] = w.method(r.study.Methods[i], f)
	}
	for o, def := range r.outcomes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		columns := w.outcome(r.study.Outcomes[o].ID, def, months)
		w.times(r.study.Outcomes[o], def)
		if len(columns) == 0 {
			continue
		}
		for i, f := range fits {
			for k := range shared[i] {
				shared[i][k].Outcomes = append(shared[i][k].Outcomes, columns...)
			}
			if d, ok := f.(*didFit); ok { // the outcome before is another for each outcome
				x := d.exportOutcome(c, r, def, r.study.Methods[i])
				w.fromMethod(r.study.Methods[i], x.columns)
				for _, one := range x.recipes {
					one.Outcomes = columns
					perOutcome[i] = append(perOutcome[i], one)
				}
			}
		}
	}
	for i := range fits {
		for _, one := range append(shared[i], perOutcome[i]...) {
			if len(one.Outcomes) > 0 {
				if c.few && one.Errors == sameErrors {
					one.Errors = manyClusters
				}
				out.Recipes = append(out.Recipes, one)
			}
		}
	}
	out.Table = datasets.NewTable(w.columns...)
	return out, w.err
}

// rowWriter collects the columns of a cell.
type rowWriter struct {
	r       *runner
	c       *cell
	out     *TrialRows
	columns []*datasets.Column
	err     error
}

func (w *rowWriter) add(nb, en string, c *datasets.Column) {
	if slices.ContainsFunc(w.columns, func(o *datasets.Column) bool { return o.Name == c.Name }) {
		w.err = fault.Usagef("bad_study", "the rows would have two columns `%s`; give the outcome or method another `id`", c.Name)
		return
	}
	w.columns = append(w.columns, c)
	w.out.Columns = append(w.out.Columns, TrialColumn{c.Name, nb, en})
}

func (w *rowWriter) float(name, nb, en string, v []float64) {
	w.add(nb, en, datasets.FloatColumn(name, v))
}

// unknownPlace is the cluster of those whose place is not known.
const unknownPlace = "ukjent"

// keys are the columns that say which row it is.
func (w *rowWriter) keys() {
	c, rows, reg := w.c, &w.r.trials.Rows, w.r.reg
	n := len(c.row)
	number, month, day, stratum, elapsed, tie := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	start, none := make([]calendar.Date, n), make([]bool, n)
	band, tiltak, group := make([]string, n), make([]string, n), make([]string, n)
	for i, row := range c.row {
		m := rows.Month[row]
		number[i], month[i], day[i], stratum[i] = int64(i), int64(m.Year()*100+m.Number()), int64(c.day[i]), int64(c.stratum[i])
		elapsed[i] = int64(m-rows.EpisodeStart[row].Month()) + 1
		band[i] = cohort.BandNames[rows.Band[row]]
		tie[i] = int64(c.key[i]) // the same 64 bits
		tiltak[i], group[i] = w.out.Tiltak, w.out.Group
		if none[i] = c.start[i] < 0; !none[i] {
			start[i] = reg.Participations[c.start[i]].Start
		}
	}
	w.add("Radnummer, fra 0", "Row number, from 0", datasets.IntColumn("row", number))
	if ids := reg.Persons.IntID; ids != nil {
		v := make([]int64, n)
		for i, row := range c.row {
			v[i] = ids[rows.Person[row]]
		}
		w.add("Personnøkkelen i registeret", "Key of the person in the register", datasets.IntColumn("person_id", v))
	} else {
		v := make([]string, n)
		for i, row := range c.row {
			v[i] = reg.Persons.TextID[rows.Person[row]]
		}
		w.add("Personnøkkelen i registeret", "Key of the person in the register", datasets.TextColumn("person_id", v, nil))
	}
	w.add("Måned m (åååådd → åååå·100 + måned)", "Month m as yyyymm", datasets.IntColumn("trial", month))
	w.add("Tiltak", "Tiltak", datasets.TextColumn("tiltak", tiltak, nil))
	w.add("Målgruppen filen gjelder", "The target group of the file", datasets.TextColumn("group", group, nil))
	w.add("Startdato; tom for sammenligningsrader", "Day of the start; empty for comparison rows", datasets.DateColumn("start", start, none))
	w.add("1 for dem som starter i m", "1 for those who start in m", datasets.BoolColumn("treated", c.treated))
	w.add("Startdag i måneden; trukket for sammenligningsrader", "Day of the month of the start; drawn for comparison rows", datasets.IntColumn("day", day))
	w.add("Stratum: måned × varighet", "Stratum: month × elapsed duration", datasets.IntColumn("stratum", stratum))
	w.add("Måneder i forløpet, gruppert", "Months in the episode, in bands", datasets.TextColumn("elapsed", band, nil))
	w.add("Måneder i forløpet", "Months in the episode", datasets.IntColumn("elapsed_months", elapsed))
	w.float("sample_weight", "Utvalgsvekt", "Sampling weight", c.weight)
	w.add("Bryter likheter ved matching", "Breaks ties in matching", datasets.IntColumn("tie", tie))
	if p := w.r.places; p != nil {
		names := reg.Persons.Offices
		if p.key == byCounties {
			names = reg.Persons.Counties
		}
		v := make([]string, n)
		for i, row := range c.row {
			if v[i] = unknownPlace; int(p.of[rows.Person[row]]) < len(names) {
				v[i] = names[p.of[rows.Person[row]]]
			}
		}
		w.add("Det feilene summeres etter: "+p.key+" i personens første rad", "What errors are summed by: "+p.key+" at the person's first row", datasets.TextColumn("cluster", v, nil))
	}
	for g, group := range w.r.trials.Groups {
		v := make([]bool, n)
		for i, row := range c.row {
			v[i] = rows.Groups[row]&(1<<g) != 0
		}
		w.add("I målgruppen "+group.ID, "In the target group "+group.ID, datasets.BoolColumn("group_"+group.ID, v))
	}
}

// covariates are the columns of the score and the histories that end before the episode.
func (w *rowWriter) covariates() {
	c := w.c
	for j, name := range c.names {
		nb, en := "Startdag i måneden / 31", "Day of the month of the start / 31"
		if k := c.covariates[j]; k >= 0 {
			nb, en = w.r.trials.Rows.Covariates[k].NB, w.r.trials.Rows.Covariates[k].EN
		}
		w.float(name, nb, en, c.x[j])
	}
	for j, k := range c.beforeCovariates {
		from := w.r.trials.Rows.Covariates[k]
		w.float(from.Name, from.NB, from.EN, c.before[j])
	}
}

// method adds the columns of a method and returns what makes its estimates again. A fit that has weights but no command
// is written with the weights, whose plain comparison gives the estimate.
func (w *rowWriter) method(m Method, f fitted) []Recipe {
	if f.reason() != "" {
		return nil
	}
	if e, ok := f.(exporter); ok {
		x := e.export(w.c, w.r, m)
		w.fromMethod(m, x.columns)
		return x.recipes
	}
	weight := f.balanceWeights()
	if weight == nil {
		return nil
	}
	name := "weight_" + m.ID
	w.float(name, "Vekt fra metoden "+m.ID, "Weight of the method "+m.ID, weight)
	return []Recipe{{Method: m.ID, Command: "match", How: "given", Errors: knownWeights,
		Args: []string{"--treatment", "treated", "--method", "none", "--weights", name, "--cluster", w.r.clusterColumn(), "--level", number(w.r.study.Inference.Level)}}}
}

func (w *rowWriter) fromMethod(m Method, columns []*datasets.Column) {
	for _, c := range columns {
		w.add("Fra metoden "+m.ID, "Of the method "+m.ID, c)
	}
}

// outcome adds the base and the months of an outcome, and returns the columns that estimates rest on.
func (w *rowWriter) outcome(id string, def *outcome.Definition, months []int) []string {
	c, reg, rows := w.c, w.r.reg, &w.r.trials.Rows
	if before, ok := w.r.before[def]; ok {
		w.float(id+"_base", id+": gjennomsnitt 7–18 måneder før forløpet", id+": mean over months 7–18 before the episode", c.base(before, reg, rows, baseTo))
	}
	y := c.follow(def, reg, rows, w.r.study.Horizon)
	var names []string
	for h := 1; h <= w.r.study.Horizon; h++ {
		if months != nil && !slices.Contains(months, h) || h < def.FirstMonth() {
			continue
		}
		name := fmt.Sprintf("%s_m%d", id, h)
		seen := slices.Clone(y[h-1])
		hidden := c.complete(y[h-1], reg, rows)
		var stay []float64
		if w.r.trials.Censoring != nil && hidden < 1 && w.out.Reason == "" {
			stay = c.stay(w.r, def.MinFollowUp(h))
			leave(y[h-1], stay, c.treated, c.weight)
		}
		w.float(name, fmt.Sprintf("%s %d måneder etter m", id, h), fmt.Sprintf("%s %d months after m", id, h), y[h-1])
		if hidden > 0 && hidden < 1 || stay != nil {
			w.float(name+"_seen", fmt.Sprintf("%s %d måneder etter m, tom der utvandring skjuler det", id, h), fmt.Sprintf("%s %d months after m, empty where emigration hides it", id, h), seen)
		}
		if stay != nil {
			w.float(name+"_stay", fmt.Sprintf("Vekt for %s: 0 for dem som har gått ut ved en senere start", name), fmt.Sprintf("Weight of %s: 0 for those who have left by a later start", name), stay)
		}
		if hidden < 1 && !slices.ContainsFunc(y[h-1], math.IsNaN) {
			names = append(names, name)
		}
	}
	return names
}

// eachCell calls f for each cell (tiltak, group), shared among the workers.
func (r *runner) eachCell(ctx context.Context, cells [][2]int, f func(k, g int) error) error {
	var done atomic.Int64
	total := float64(len(cells))
	return parallel.For(ctx, r.opt.Workers, len(cells), func(i int) error {
		k, g := cells[i][0], cells[i][1]
		if err := f(k, g); err != nil {
			return err
		}
		r.opt.progress(float64(done.Add(1)), total, r.trials.Tiltak[k].Tiltak+" × "+r.trials.Groups[g].ID)
		return nil
	})
}

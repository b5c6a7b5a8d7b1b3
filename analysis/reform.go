package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// Reform is an entry of `reforms`: an id of the catalogue, or a change of rules of the study's own.
type Reform struct {
	ID       string          `yaml:"id" json:"id"`
	From     *calendar.Month `yaml:"from" json:"from,omitempty"`         // first month under the new rules; default: the catalogue's
	Months   int             `yaml:"months" json:"months"`               // on either side; default 12
	Tiltak   []string        `yaml:"tiltak" json:"tiltak,omitempty"`     // whose rules changed: rows are starts
	Against  []string        `yaml:"against" json:"against,omitempty"`   // the other starts; default: all other tiltak
	Eligible string          `yaml:"eligible" json:"eligible,omitempty"` // a group or an expression: rows are months in the risk set
}

// UnmarshalYAML reads an id, or a mapping.
func (f *Reform) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		f.ID = n.Value
		return nil
	}
	if err := knownKeys(n, "reforms", "id", "from", "months", "tiltak", "against", "eligible"); err != nil {
		return err
	}
	type plain Reform
	return n.Decode((*plain)(f))
}

// resolveReforms checks `reforms` as far as no catalogue is needed.
func (s *Study) resolveReforms() error {
	seen := map[string]bool{}
	for i := range s.Reforms {
		f := &s.Reforms[i]
		if f.Months == 0 {
			f.Months = 12
		}
		switch {
		case !rivalName.MatchString(f.ID):
			return fault.Usagef("bad_study", "`reforms`: each needs an `id` of 1 to 40 of a-z, 0-9 and _, not `%s`; `evaluate catalog reforms` lists those that are known", f.ID)
		case seen[f.ID]:
			return fault.Usagef("bad_study", "`reforms` names `%s` twice", f.ID)
		case f.Months < 3 || f.Months > 60:
			return fault.Usagef("bad_study", "`reforms`: `%s` looks at %d months on either side; `months` is 3 to 60", f.ID, f.Months)
		case f.Eligible != "" && len(f.Tiltak)+len(f.Against) > 0:
			return fault.Usagef("bad_study", "`reforms`: `%s` names `eligible`, which is about everybody in the risk set, and tiltak, which are about starts; keep one", f.ID)
		}
		for _, code := range f.Against {
			if slices.Contains(f.Tiltak, code) {
				return fault.Usagef("bad_study", "`reforms`: `%s` has `%s` on both sides", f.ID, code)
			}
		}
		seen[f.ID] = true
	}
	return nil
}

// named is the reform with what the catalogue says of it.
func (r *runner) named(f Reform) (cohort.Reform, results.Text, error) {
	out := cohort.Reform{ID: f.ID, Months: f.Months, Eligible: f.Eligible, Tiltak: f.Tiltak, Against: f.Against}
	name := results.Text{NB: f.ID, EN: f.ID}
	known, ok := r.cat.Reform(f.ID)
	if ok {
		name, out.From = results.Text{NB: known.NameNB, EN: known.NameEN}, known.From
		if f.Eligible == "" && f.Tiltak == nil {
			if known.Group != "" && f.Against == nil {
				out.Eligible = known.Group
			} else {
				out.Tiltak = known.Tiltak
			}
		}
	}
	if f.From != nil {
		out.From = *f.From
	} else if !ok {
		return out, name, fault.Usagef("unknown_reform", "`reforms` names `%s`, which is no reform of the catalogue%s; give `from`, the first month under the new rules", f.ID, fault.Suggest(f.ID, r.cat.Reforms()))
	}
	if out.Eligible == "" && len(out.Tiltak) == 0 {
		return out, name, fault.Usagef("bad_study", "`reforms`: `%s` says for whom neither by `tiltak` nor by `eligible`", f.ID)
	}
	for _, code := range out.Against {
		if slices.Contains(out.Tiltak, code) {
			return out, name, fault.Usagef("bad_study", "`reforms`: `%s` has `%s` on both sides", f.ID, code)
		}
	}
	return out, name, nil
}

// reforms estimates each reform of the study, and where the panel reaches far enough back the same at an earlier date on which
// nothing changed (role placebo), all of whose outcomes lie before the reform.
func (r *runner) reforms(ctx context.Context, out *Result) error {
	d := r.study.design()
	d.Catalog, d.LaterGroups, d.Workers = r.cat, false, r.opt.Workers
	for _, entry := range r.study.Reforms {
		f, _, err := r.named(entry)
		if err != nil {
			return err
		}
		last := f.From + calendar.Month(f.Months) - 1
		horizon := r.study.Horizon
		for horizon > 0 && r.followUp(horizon) > int(r.reg.Cut-last) {
			horizon--
		}
		if horizon == 0 {
			return fault.Usagef("bad_study", "`reforms`: `%s` needs rows to %s and outcomes after them, but the data end in %s; choose fewer `months`, or wait for data", f.ID, last, r.reg.Cut)
		}
		rows, balanced, warnings, err := r.reform(ctx, d, f, horizon, "primary", nil)
		if err != nil {
			return err
		}
		out.Tables.Reforms = append(out.Tables.Reforms, rows...)
		r.reformWarnings = append(r.reformWarnings, warnings...)
		if horizon < r.study.Horizon {
			r.reformWarnings = append(r.reformWarnings, fault.Warnf("reform_horizon", "reform %s: %d months after its rows are seen, of the study's %d", f.ID, horizon, r.study.Horizon))
		}
		back := f
		back.ID, back.From = f.ID, f.From-calendar.Month((f.Months+r.followUp(horizon)+11)/12*12)
		if back.From-calendar.Month(back.Months) < r.reg.Panel.First+1 {
			r.reformWarnings = append(r.reformWarnings, fault.Warnf("reform_no_placebo", "reform %s: the data begin too late for the same comparison at an earlier date, so that nothing shows whether those whom the rules are about and the others developed alike before", f.ID))
			continue
		}
		if rows, _, warnings, err = r.reform(ctx, d, back, horizon, "placebo", balanced); err != nil {
			return err
		}
		r.reformWarnings = append(r.reformWarnings, warnings...)
		out.Tables.Reforms = append(out.Tables.Reforms, rows...)
	}
	return nil
}

// followUp is how many months after m the outcomes of the study need for a horizon.
func (r *runner) followUp(horizon int) int {
	most := horizon
	for _, def := range r.outcomes {
		most = max(most, def.MinFollowUp(horizon))
	}
	return most
}

// quarter is one of the four cells of a reform.
type quarter struct{ eligible, after bool }

// reformContrast is one difference of weighted means: of the rows of to, and of those of from weighted to look like them.
type reformContrast struct {
	to, from quarter
	sign     float64
}

// The contrasts add up to (eligible after − eligible before) − (others after − others before). Starts are all weighted to
// those whom the rules are about after the date (Stuart et al. 2014), so that both changes are those of alike persons. Where
// eligibility is itself a matter of covariates nobody among the others is like them, and each side is weighted to its own
// composition after the date.
var (
	contrastsOfStarts   = []reformContrast{{quarter{true, true}, quarter{true, false}, 1}, {quarter{true, true}, quarter{false, true}, 1}, {quarter{true, true}, quarter{false, false}, -1}}
	contrastsOfEligible = []reformContrast{{quarter{true, true}, quarter{true, false}, 1}, {quarter{false, true}, quarter{false, false}, -1}}
)

// minReform is the rows under which a cell of a reform is not compared.
const minReform = minComparison

// reform is the rows of table `reforms` of one reform at one date: eligible × after by entropy balancing, with influence summed
// by person over the contrasts. balanced are the columns, nil where there is no estimate: a placebo begins with those of its reform, from.
func (r *runner) reform(ctx context.Context, d cohort.Design, f cohort.Reform, horizon int, role string, from []string) (table []results.Reform, balanced []string, warnings []fault.Warning, err error) {
	d.Horizon = horizon
	rows, err := cohort.BuildReform(ctx, r.reg, d, f)
	if err != nil {
		return nil, nil, nil, err
	}
	kind, contrasts := "starts", contrastsOfStarts
	if f.Eligible != "" {
		kind, contrasts = "person_months", contrastsOfEligible
	}
	person, persons := dense(rows.Person)
	count := map[quarter]int{}
	for i := range rows.Person {
		count[quarter{rows.Eligible[i], rows.After[i]}]++
	}
	why := estimate.Reason("")
	for _, q := range []quarter{{true, true}, {true, false}} {
		if count[q] < minTreated {
			why = estimate.TooFewTreated
		}
	}
	for _, q := range []quarter{{false, true}, {false, false}} {
		if count[q] < minReform && why == "" {
			why = estimate.TooFewComparison
		}
	}
	var fits []*reformFit
	var dropped []string
	columns, room := r.reformColumns(rows, person, contrasts, from)
	tried := 0
	for why == "" {
		if fits, dropped, why, err = fitReform(ctx, rows, contrasts, columns); err != nil {
			return nil, nil, nil, err
		}
		if why != estimate.NoOverlap && why != estimate.NotConverged || r.study.Covariates != nil || len(columns) < 2*fewestReformColumns {
			break
		}
		tried = len(columns)
		columns, why = columns[:tried/2], ""
	}
	name := f.ID
	if role == "primary" {
		warnings = rows.Warnings
	} else {
		name += fmt.Sprintf(" at the earlier date, %s", f.From)
	}
	if why == "" {
		balanced = columnNames(rows, columns)
		if w, ok := columnsWarning(rows, name, columns, room, tried, from); ok && r.study.Covariates == nil {
			warnings = append(warnings, w)
		}
	}
	if len(dropped) > 0 {
		warnings = append(warnings, fault.Warnf("reform_unbalanced", "reform %s: no weighting makes the cells alike in %s: they are left out of the balancing", name, strings.Join(dropped, ", ")))
	}
	if role == "primary" && rows.Rate < 1 {
		warnings = append(warnings, fault.Warnf("reform_sampled", "reform %s: one in %.3g months in the risk set was drawn", f.ID, 1/rows.Rate))
	}
	y := make([][]float64, horizon)
	var buffer []float64
	for _, def := range r.outcomes {
		for h := range y {
			y[h] = make([]float64, len(rows.Person))
		}
		for i, p := range rows.Person {
			buffer = def.Follow(r.reg.Panel.History(p), rows.Month[i], horizon, buffer)
			for h := range y {
				y[h][i] = buffer[h]
			}
		}
		for h := range y {
			month := h + 1
			row := results.Reform{Reform: f.ID, Rows: kind, From: f.From.String(), Window: f.Months, Outcome: def.Spec.ID, Month: &month, Role: role, Reason: why}
			e := estimate.Missing(why)
			if why == "" && month >= def.FirstMonth() {
				e = reformEffect(fits, y[h], person, persons, r.study.Inference.Level)
				row.Reason = e.Reason
			} else if why == "" {
				row.Reason = estimate.NotDefined
			}
			row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue
			r.reformCounts(&row, rows, person, y[h], def)
			table = append(table, row)
		}
	}
	return table, balanced, warnings, nil
}

// dense numbers the persons of rows from 0, in the order in which they come.
func dense(rows []int32) (person []int32, persons int) {
	last := int32(-1)
	for _, p := range rows {
		if p != last {
			persons++
			last = p
		}
		person = append(person, int32(persons-1))
	}
	return person, persons
}

// reformCounts puts in what disclosure control needs: distinct persons of each cell, and those with the outcome and without.
func (r *runner) reformCounts(row *results.Reform, rows *cohort.ReformRows, person []int32, y []float64, def *outcome.Definition) {
	type tally struct{ all, ones, zeros, last, lastOne, lastZero int32 }
	cells := [4]tally{}
	for k := range cells {
		cells[k].last, cells[k].lastOne, cells[k].lastZero = -1, -1, -1
	}
	at := func(eligible, after bool) int {
		k := 0
		if !eligible {
			k += 2
		}
		if !after {
			k++
		}
		return k
	}
	for i, p := range person {
		c := &cells[at(rows.Eligible[i], rows.After[i])]
		if c.last != p {
			c.all, c.last = c.all+1, p
		}
		switch v := y[i]; {
		case math.IsNaN(v):
		case v != 0 && c.lastOne != p:
			c.ones, c.lastOne = c.ones+1, p
		case v == 0 && c.lastZero != p:
			c.zeros, c.lastZero = c.zeros+1, p
		}
	}
	row.PersonsEligibleAfter, row.PersonsEligibleBefore = int(cells[0].all), int(cells[1].all)
	row.PersonsOthersAfter, row.PersonsOthersBefore = int(cells[2].all), int(cells[3].all)
	for k, c := range cells {
		row.With[k], row.Without[k] = int(c.ones), -1
		if def.Binary() {
			row.Without[k] = int(c.zeros)
		}
	}
}

// reformFit is one contrast, balanced.
type reformFit struct {
	sign     float64
	at       []int32 // rows
	balanced *matching.Balanced
}

// newReformFit balances a contrast. Up to a third of the columns may be left out, and are named in a warning: years differ in who
// registers, and a level that hardly anybody had before the date has no counterpart.
func newReformFit(rows *cohort.ReformRows, c reformContrast, columns []int) (*reformFit, []string, estimate.Reason, error) {
	f := &reformFit{sign: c.sign}
	var treated []bool
	var base []float64
	for i := range rows.Person {
		q := quarter{rows.Eligible[i], rows.After[i]}
		if q != c.to && q != c.from {
			continue
		}
		f.at = append(f.at, int32(i))
		treated = append(treated, q == c.to)
		base = append(base, rows.Weight[i])
	}
	var x [][]float64
	var names []string
	for _, j := range columns {
		column := make([]float64, len(f.at))
		rows.X[j].Gather(f.at, column)
		if slices.ContainsFunc(column, func(v float64) bool { return v != column[0] }) {
			x, names = append(x, column), append(names, rows.Names[j])
		}
	}
	b, dropped, why, err := balanceAllBut(len(x)/3, x, names, treated, base, matching.ATT)
	if why != "" || err != nil {
		return f, nil, why, err
	}
	f.balanced = b
	return f, dropped, "", nil
}

// reformEffect adds the contrasts of an outcome and their influence by person. Rows whose outcome emigration hides count
// through the others of their cell.
func reformEffect(fits []*reformFit, y []float64, person []int32, persons int, level float64) estimate.Estimate {
	value := 0.
	psi := make([]float64, persons)
	for _, f := range fits {
		own, obs := make([]float64, len(f.at)), make([]float64, len(f.at))
		seen := 0
		for k, i := range f.at {
			if v := y[i]; v == v {
				own[k], obs[k] = v, 1
				seen++
			}
		}
		if seen == len(obs) {
			obs = nil
		}
		e := f.balanced.ATT(own, obs, nil, 0)
		influence := f.balanced.Influence(own, obs)
		if influence == nil || math.IsNaN(e.Estimate) {
			return estimate.Missing(estimate.NotDefined)
		}
		value += f.sign * e.Estimate
		for k, i := range f.at {
			psi[person[i]] += f.sign * influence[k]
		}
	}
	v := estimate.ClusterVariance(psi, nil, 0) * float64(persons) / float64(max(1, persons-1))
	e := estimate.Normal(value, math.Sqrt(v), level)
	if !(v > 0) {
		e.Reason = estimate.ConstantOutcome
	}
	return e
}

// reformText is what run.json says of a reform.
func (r *runner) reformText(entry Reform) results.ReformRule {
	f, name, _ := r.named(entry)
	rule := results.ReformRule{ID: f.ID, Text: name, From: f.From.String(), Months: f.Months, Eligible: f.Eligible, Tiltak: f.Tiltak, Against: f.Against}
	if f.Eligible != "" {
		rule.Rows = "person_months"
		return rule
	}
	rule.Rows = "starts"
	return rule
}

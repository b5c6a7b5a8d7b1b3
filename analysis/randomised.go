package analysis

import (
	"context"
	"maps"
	"math"
	"slices"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/experiment"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// Randomised is `design` of a study: chance decided who was offered, as table tildeling of the register says.
type Randomised struct {
	Randomised string `yaml:"randomised" json:"randomised"` // person or office
	Within     int    `yaml:"within" json:"within"`         // months from the assignment in which a start is taking it up; default 6
}

// The units that chance can choose.
const (
	randomPersons = "person"
	randomOffices = "office"
)

// UnmarshalYAML reads {randomised: person, within: 6}. No month at all is a mistake, and not the default.
func (d *Randomised) UnmarshalYAML(n *yaml.Node) error {
	if err := knownKeys(n, "design", "randomised", "within"); err != nil {
		return err
	}
	type plain Randomised
	if err := n.Decode((*plain)(d)); err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Value == "within" && d.Within == 0 && n.Content[i+1].Tag != "!!null" {
			return fault.Usagef("bad_study", "line %d: `design.within: 0` leaves no month in which a start is taking it up; it is 1 or more, or leave it out (6)", k.Line).At(int64(k.Line))
		}
	}
	return nil
}

// resolveDesign fills in `design`.
func (s *Study) resolveDesign() error {
	d := s.Design
	if d == nil {
		return nil
	}
	if words := []string{randomPersons, randomOffices}; !slices.Contains(words, d.Randomised) {
		if d.Randomised == "" {
			return fault.Usagef("bad_study", "`design.randomised` is missing; it is person or office, what chance chose among")
		}
		return fault.Usagef("bad_study", "`design.randomised: %s` is not known%s; it is person or office", d.Randomised, fault.Suggest(d.Randomised, words))
	}
	if d.Within == 0 {
		d.Within = min(6, s.Horizon)
	}
	if d.Within < 1 || d.Within > s.Horizon {
		return fault.Usagef("bad_study", "`design.within: %d` is the months from the assignment in which a start is taking it up; it lies between 1 and the horizon %d", d.Within, s.Horizon)
	}
	return nil
}

// checkDesign refuses a design that the register does not hold.
func (r *runner) checkDesign() error {
	d := r.study.Design
	if d == nil {
		return nil
	}
	a := r.reg.Assigned
	switch {
	case a == nil:
		return fault.Dataf("no_assignments", "tildeling", "", "`design` asks for table tildeling, which the register does not have: person_id (or nav_enhet), arm, dato, and stratum where chance differed")
	case a.Offices != (d.Randomised == randomOffices):
		return fault.Dataf("other_units", "tildeling", "", "`design.randomised: %s` does not go with tildeling, whose rows are %s", d.Randomised, map[bool]string{true: "offices (nav_enhet)", false: "persons (person_id)"}[a.Offices])
	}
	return nil
}

// checkAssigned finds the persons of the experiment, and refuses a table that compares nobody with nobody.
func (r *runner) checkAssigned() error {
	if r.study.Design == nil || r.figuresOnly {
		return nil
	}
	const file = "tildeling"
	rows := r.reg.Assigned.Rows
	if len(rows) == 0 {
		return fault.Dataf("no_assigned", file, "", "the table has no row of a person or office of the register; export it again, or leave `design` out of the study")
	}
	if !slices.ContainsFunc(rows, func(x register.Assignment) bool { return x.Offered != rows[0].Offered }) {
		return fault.Dataf("one_group", file, "arm", "`arm` is %.0f in all of the %d rows that can be used, and an effect compares two; give the rows of those who were offered it (1) and of those who were not (0)", flagOf(rows[0].Offered), len(rows))
	}
	a := r.assignedPersons()
	if len(a.person) == 0 && a.late > 0 {
		return fault.Dataf("no_assigned", file, "dato", "nobody in the table can be followed for the horizon: each of %d persons was assigned too late for %d months, or before the data begin; shorten `horizon`", a.late, r.study.Horizon)
	}
	if len(a.person) == 0 {
		return fault.Dataf("no_assigned", file, "nav_enhet", "nobody is registered and lives under an office of the table on its `dato`; correct the days, or the offices of the persons")
	}
	if !slices.Contains(a.trial.Assigned, !a.trial.Assigned[0]) {
		return fault.Dataf("one_group", file, "arm", "`arm` is %.0f for everybody who can be followed for the horizon, and an effect compares two; shorten `horizon`, or give the rows of the others", flagOf(a.trial.Assigned[0]))
	}
	if err := a.trial.Check(); err != nil {
		return err
	}
	r.experiment = a
	return nil
}

// assigned are the persons of an experiment.
type assigned struct {
	trial  experiment.Trial
	person []int32
	month  []calendar.Month // of the assignment
	late   int              // persons whose follow-up the data do not hold
}

// assignedPersons are those whom chance was about and who can be followed for the horizon. Of persons all in the table; of offices those who are
// registered on the day and live there (person_historikk, otherwise person). They took it up where they began a tiltak of the
// study from the day of the assignment to the end of month `within`, its own month the first.
func (r *runner) assignedPersons() *assigned {
	a := &assigned{}
	design, table := r.study.Design, r.reg.Assigned
	follow := 0
	for _, def := range r.outcomes {
		follow = max(follow, def.MinFollowUp(r.study.Horizon))
	}
	tiltak := map[string]bool{}
	for _, t := range r.trials.Tiltak {
		tiltak[t.Tiltak] = true
	}
	var age, woman, work []float64
	add := func(person int32, x *register.Assignment) {
		m := x.Day.Month()
		if m+calendar.Month(follow) > r.reg.Cut || m < r.reg.Panel.First {
			a.late++
			return
		}
		took := false
		last := (m + calendar.Month(design.Within)).First() - 1
		for _, p := range r.reg.Participations[r.reg.FirstPart[person]:r.reg.FirstPart[person+1]] {
			took = took || p.Start >= x.Day && p.Start <= last && tiltak[r.reg.Tiltak[p.Tiltak]]
		}
		t := &a.trial
		t.Assigned, t.Taken, t.Stratum = append(t.Assigned, x.Offered), append(t.Taken, took), append(t.Stratum, x.Stratum)
		if table.Offices {
			t.Cluster = append(t.Cluster, x.Office)
		}
		a.person, a.month = append(a.person, person), append(a.month, m)
		persons := &r.reg.Persons
		years := math.NaN()
		if persons.Born[person] != 0 { // 0: not known
			years = float64(persons.AgeAt(person, m))
		}
		age = append(age, years)
		woman = append(woman, flagOf(persons.Sex[person] == register.Woman))
		h := r.reg.Panel.History(person)
		months, worked := 0., 0.
		for k := max(0, int(m-h.First)-12); k < int(m-h.First); k++ {
			months++
			worked += flagOf(h.Ordinary[k] > 0)
		}
		work = append(work, worked/max(1, months))
	}
	if !table.Offices {
		for i := range table.Rows {
			add(table.Rows[i].Person, &table.Rows[i])
		}
	} else {
		of := map[int32]*register.Assignment{}
		for i := range table.Rows {
			of[table.Rows[i].Office] = &table.Rows[i]
		}
		at := map[calendar.Date]bool{}
		for _, x := range table.Rows {
			at[x.Day] = true
		}
		days := slices.Sorted(maps.Keys(at))
		for p := range int32(r.reg.Persons.N) {
			for _, day := range days {
				d, _ := r.reg.PersonOn(p, day)
				if x := of[d.Office]; d.Office >= 0 && x != nil && x.Day == day && r.registeredOn(p, day) {
					add(p, x)
					break
				}
			}
		}
	}
	meanForUnknown(age)
	for k, x := range [][]float64{age, woman, work} {
		if varies(x) {
			a.trial.Covariates, a.trial.Names = append(a.trial.Covariates, x), append(a.trial.Names, []string{"alder", "kvinne", "arbeid_1_12"}[k])
		}
	}
	return a
}

func flagOf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// meanForUnknown puts the mean of the known in the place of NaN, 0 where none is known: by chance as many are unknown in each arm.
func meanForUnknown(x []float64) {
	sum, n := 0., 0.
	for _, v := range x {
		if v == v {
			sum += v
			n++
		}
	}
	for i, v := range x {
		if v != v {
			x[i] = sum / max(1, n)
		}
	}
}

func varies(x []float64) bool {
	return slices.ContainsFunc(x, func(v float64) bool { return v != x[0] })
}

func (r *runner) registeredOn(person int32, day calendar.Date) bool {
	for _, x := range r.reg.Registrations[r.reg.FirstReg[person]:r.reg.FirstReg[person+1]] {
		if x.From <= day && day <= x.To {
			return true
		}
	}
	return false
}

// randomised makes table experiment: the effect of the assignment on each outcome and month, and on those who took it up because
// of it, by analysis/experiment; at the month of the family also what the assignment did to taking up, the set of Anderson and Rubin and
// the tests that rest on chance alone. Only figures adjusted for age, sex and work before leave: with a known number of persons a plain difference of
// shares of whole persons could be solved for them.
func (r *runner) randomised(ctx context.Context, out *Result) ([]fault.Warning, error) {
	if r.study.Design == nil {
		return nil, nil
	}
	a := r.experiment
	var warnings []fault.Warning
	if a.late > 0 {
		warnings = append(warnings, fault.Warnf("assigned_late", "tildeling: %d persons were assigned too late, or too early, to be followed for the horizon, and are left out", a.late))
	}
	focus := r.study.Inference.Family.Month
	if focus == 0 {
		focus = min(24, r.study.Horizon)
	}
	said := map[string]bool{}
	for _, def := range r.outcomes {
		y := make([][]float64, r.study.Horizon)
		for h := range y {
			y[h] = make([]float64, len(a.person))
		}
		var buffer []float64
		for i, p := range a.person {
			buffer = def.Follow(r.reg.Panel.History(p), a.month[i], r.study.Horizon, buffer)
			for h := range y {
				y[h][i] = buffer[h]
			}
		}
		for month := 1; month <= r.study.Horizon; month++ {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			rows, more, err := r.experimentMonth(a, def, y[month-1], month, month == focus)
			if err != nil {
				return nil, err
			}
			out.Tables.Experiment = append(out.Tables.Experiment, rows...)
			for _, w := range more {
				if !said[w.Code] {
					said[w.Code] = true
					warnings = append(warnings, w)
				}
			}
		}
	}
	return warnings, nil
}

// experimentMonth are the rows of an outcome and month.
func (r *runner) experimentMonth(a *assigned, def *outcome.Definition, y []float64, month int, focus bool) ([]results.Experiment, []fault.Warning, error) {
	var keep []int
	for i, v := range y {
		if v == v {
			keep = append(keep, i)
		}
	}
	t, v := a.trial.At(keep), experiment.Pick(y, keep)
	t.Names = a.trial.Names
	base := results.Experiment{Outcome: def.Spec.ID, Month: month, Randomised: r.study.Design.Randomised, OnesOffered: -1, ZerosOffered: -1, OnesOthers: -1, ZerosOthers: -1}
	base.Blank()
	offices := map[int32]bool{}
	for i, offered := range t.Assigned {
		n, took := &base.PersonsOthers, &base.TookOthers
		if offered {
			n, took = &base.PersonsOffered, &base.TookOffered
		}
		*n++
		if t.Taken[i] {
			*took++
		}
		if t.Cluster != nil {
			offices[t.Cluster[i]] = true
		}
	}
	base.Offices = len(offices)
	few := func(offered bool, other float64) int { // persons whose outcome is not `other`
		n := 0
		for i, x := range v {
			if t.Assigned[i] == offered && x != other {
				n++
			}
		}
		return n
	}
	base.OnesOffered, base.OnesOthers = few(true, 0), few(false, 0)
	if def.Binary() {
		base.ZerosOffered, base.ZerosOthers = few(true, 1), few(false, 1)
	}
	missing := func(why estimate.Reason, said ...fault.Warning) ([]results.Experiment, []fault.Warning, error) {
		var out []results.Experiment
		for _, estimand := range []string{"itt", "late"} {
			row := base
			row.Estimand, row.Reason = estimand, why
			out = append(out, row)
		}
		return out, said, nil
	}
	switch {
	case month < def.FirstMonth():
		return missing(estimate.NotDefined)
	case len(keep) == 0:
		return missing(estimate.NoFollowUp)
	}
	found, err := experiment.Analyse(t, v, experiment.Options{Level: r.study.Inference.Level, Seed: random.New(*r.study.Seed, "experiment "+def.Spec.ID).Uint64(), NoChance: !focus})
	if err != nil {
		if fault.StatusOf(err) == fault.Data {
			return missing(whyNoExperiment(err))
		}
		return nil, nil, err
	}
	if found.TooMany > 0 { // what is left is a plain difference, which disclosure control hides
		return missing(estimate.TooFewClusters, fault.Warnf("too_many_covariates", "tildeling: %d columns of covariates, strata and assignment for %d offices: too many for an error; make `stratum` coarser, or add offices", found.TooMany, found.Clusters))
	}
	var out []results.Experiment
	for _, x := range found.Rows {
		if x.Adjustment == "none" && len(t.Covariates) > 0 || !focus && (x.Estimand == "first_stage" || x.StdErrorType == "anderson-rubin") {
			continue
		}
		row := base
		row.Estimand, row.Adjustment, row.StdErrorType, row.Set = x.Estimand, x.Adjustment, x.StdErrorType, x.Set
		row.Estimate, row.StdError, row.DF, row.ConfLow, row.ConfHigh, row.PValue = x.Estimate, x.StdError, coarse(x.DF), finite(x.Low), finite(x.High), x.PValue
		if math.IsNaN(x.Estimate) {
			row.Reason = estimate.NotDefined
		}
		for _, test := range found.Tests {
			switch {
			case x.Estimand == "itt" && test.Name == "randomisation":
				row.PRandomisation = test.PValue
			case x.Estimand == "itt" && test.Name == "wild_cluster_bootstrap":
				row.PWild = test.PValue
			case x.Estimand == "first_stage" && test.Name == "first_stage_f":
				row.FirstStageF = test.Statistic
			}
		}
		out = append(out, row)
	}
	return out, found.Warnings, nil
}

// whyNoExperiment is the reason for a fault of the data that experiment.Analyse has found.
func whyNoExperiment(err error) estimate.Reason {
	switch fault.CodeOf(err) {
	case "too_few_clusters":
		return estimate.TooFewClusters
	case "one_group", "no_stratum":
		return estimate.NoComparison
	case "too_few_rows":
		return estimate.TooFewTreated
	}
	return estimate.Singular
}

// coarse is a number of degrees of freedom as it is told: exact ones are nearly the number of persons with a known outcome.
func coarse(df float64) float64 {
	switch {
	case df < 30:
		return math.Round(10*df) / 10
	case df < 200:
		return math.Round(df/10) * 10
	}
	return math.Round(df/100) * 100
}

// finite is a limit, missing where it is infinite: `set` says so.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

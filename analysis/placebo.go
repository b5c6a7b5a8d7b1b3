package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Placebo is the part of a study that asks for effects on what the tiltak cannot have changed (docs/placebo.md): outcomes in
// windows before the registration, each method refitted without what looks at the window, and outcomes after the start that
// the researcher knows to be out of reach of the tiltak.
type Placebo struct {
	Off      bool           `yaml:"-" json:"off,omitempty"`
	Windows  []monthsBefore `yaml:"windows" json:"windows"`   // months before the registration, such as [-12, -7]; default [-12, -7] and [-6, -1]
	DID      []monthsBefore `yaml:"did" json:"did"`           // the same for did, before its base of months 7–18; default [-30, -25] and [-24, -19]
	Outcomes []string       `yaml:"outcomes" json:"outcomes"` // ids of the study's outcomes; default: those of kind work and earnings
	Controls []outcome.Spec `yaml:"negative_controls" json:"negative_controls,omitempty"`
	Month    int            `yaml:"month" json:"month,omitempty"` // after the start, for negative_controls; default that of inference.family
}

// monthsBefore is a window: first and last month relative to the registration, both negative.
type monthsBefore []int

func (w monthsBefore) String() string { return fmt.Sprintf("%d-%d", w[0], w[1]) }

func (w monthsBefore) window() cohort.Window { return cohort.Window{From: -w[0], To: -w[1]} }

// maxWindow is how far before the registration a window may begin.
const maxWindow = 120

// UnmarshalYAML reads the mapping, or the word off.
func (p *Placebo) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		if n.Value != "off" {
			return fault.Usagef("bad_study", "line %d: `placebo` is a mapping with windows, did, outcomes, negative_controls and month, or off", n.Line).At(int64(n.Line))
		}
		p.Off = true
		return nil
	}
	if err := knownKeys(n, "placebo", "windows", "did", "outcomes", "negative_controls", "month"); err != nil {
		return err
	}
	type plain Placebo
	return n.Decode((*plain)(p))
}

func (s *Study) resolvePlacebo() error {
	p := &s.Placebo
	if p.Off {
		*p = Placebo{Off: true}
		return nil
	}
	if p.Windows == nil {
		p.Windows = []monthsBefore{{-12, -7}, {-6, -1}}
	}
	if p.DID == nil {
		p.DID = []monthsBefore{{-30, -25}, {-24, -19}}
	}
	for _, k := range []struct {
		key     string
		windows []monthsBefore
		last    int
	}{{"windows", p.Windows, -1}, {"did", p.DID, -baseFrom - 1}} {
		for i, w := range k.windows {
			if len(w) != 2 || w[0] > w[1] || w[1] > k.last || w[0] < -maxWindow {
				return fault.Usagef("bad_study", "`placebo.%s` holds windows [first, last] in months before the registration, such as [%d, %d]; the last month is at most %d and the first at least %d",
					k.key, k.last-11, k.last-6, k.last, -maxWindow)
			}
			if slices.ContainsFunc(k.windows[:i], func(o monthsBefore) bool { return o[0] <= w[1] && w[0] <= o[1] }) {
				return fault.Usagef("bad_study", "`placebo.%s` has two windows with a month in common; let them be apart", k.key)
			}
		}
	}
	if p.Outcomes == nil {
		p.Outcomes = []string{}
		for _, o := range s.Outcomes {
			if o.Kind == outcome.Work || o.Kind == outcome.Earnings {
				p.Outcomes = append(p.Outcomes, o.ID)
			}
		}
	}
	for i, id := range p.Outcomes {
		at := slices.IndexFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == id })
		switch {
		case at < 0:
			return fault.Usagef("bad_study", "`placebo.outcomes` names `%s`, which is no outcome of the study%s", id, fault.Suggest(id, s.outcomeIDs()))
		case slices.Contains(p.Outcomes[:i], id):
			return fault.Usagef("bad_study", "`placebo.outcomes` names `%s` twice", id)
		case monthsLookedAt(s.Outcomes[at]) == 0:
			return fault.Usagef("bad_study", "`placebo.outcomes` names `%s`, which begins with a start and has no value before one; name an outcome such as work or earnings", id)
		}
	}
	ids := s.outcomeIDs()
	for i := range p.Controls {
		if err := p.Controls[i].ValidateAlone(); err != nil {
			return err
		}
		p.Controls[i] = p.Controls[i].Resolved()
		if slices.Contains(ids, p.Controls[i].ID) {
			return fault.Usagef("bad_study", "`placebo.negative_controls` has the id `%s`, which another outcome has; give it its own", p.Controls[i].ID)
		}
		ids = append(ids, p.Controls[i].ID)
	}
	if p.Month != 0 && len(p.Controls) == 0 {
		return fault.Usagef("bad_study", "`placebo.month` goes with `placebo.negative_controls`; leave it out")
	}
	if len(p.Controls) > 0 && p.Month == 0 {
		p.Month = s.Inference.Family.Month
	}
	if p.Month < 0 || p.Month > s.Horizon {
		return fault.Usagef("bad_study", "`placebo.month: %d` must lie between 1 and the horizon %d", p.Month, s.Horizon)
	}
	return nil
}

func (s *Study) outcomeIDs() []string {
	ids := make([]string, len(s.Outcomes))
	for i, o := range s.Outcomes {
		ids[i] = o.ID
	}
	return ids
}

// monthsLookedAt is how many months, the last of them its own, an outcome of a calendar month looks at; 0 where it has no
// value without a start.
func monthsLookedAt(o outcome.Spec) int {
	o = o.Resolved()
	switch o.Kind {
	case outcome.ExitToWork, outcome.JobHeld, outcome.Retention:
		return 0
	case outcome.StableWork:
		if o.Mode == outcome.Entered {
			return 0
		}
		return o.Of
	case outcome.TwoG:
		return 12
	}
	return 1
}

// The kinds of rows of `placebo`.
const (
	placeboWindow  = "window"
	placeboControl = "negative_control"
	placeboJoint   = "joint"
)

// placebo adds the placebos of a cell: for each method and conditioning each outcome in each window with its own fit, then
// the joint test; and the negative controls with the fit of the study.
func (r *runner) placebo(ctx context.Context, c *cell, out *cellResult, tiltak, group string, fits []fitted, reason estimate.Reason) error {
	p := &r.study.Placebo
	if p.Off || r.study.OnlyMonths != nil && !r.study.WithPlacebos {
		return nil
	}
	for k, m := range r.study.Methods {
		row := func(kind string, by conditioning, outcome, window string, e results.Estimate) results.Placebo {
			return results.Placebo{Tiltak: tiltak, Group: group, Method: m.ID, Kind: kind, Conditioning: string(by), Outcome: outcome, Window: window,
				Estimate: e.Estimate, StdError: e.StdError, ConfLow: e.ConfLow, ConfHigh: e.ConfHigh, PValue: e.PValue, Statistic: math.NaN(), DF: -1, Reason: e.Reason,
				PersonsTreated: e.NPersonsTreated, PersonsComparison: e.NPersonsComparison, FewAmounts: e.FewAmounts}
		}
		windows := p.Windows
		if m.Name == didMethod {
			windows = p.DID
		}
		for _, by := range []conditioning{earlier, around} {
			var tests []contrast
			first := len(out.Placebo)
			for _, w := range windows {
				// Outcomes that look at as many months and are known in the same rows share a fit.
				var fit *placeboFit
				for _, id := range p.Outcomes {
					if err := ctx.Err(); err != nil {
						return err
					}
					e := missing(reason)
					var t contrast
					if reason == "" {
						var err error
						def := r.outcomes[slices.Index(r.study.outcomeIDs(), id)]
						if e, t, fit, err = r.placeboWindow(c, m, w.window(), by, def, fit); err != nil {
							return fmt.Errorf("%s × %s, %s, placebo %s: %w", tiltak, group, m.ID, w, err)
						}
						if e.Reason == "" {
							tests = append(tests, t)
						}
					}
					p := row(placeboWindow, by, id, w.String(), e)
					out.Placebo = append(out.Placebo, p)
					if t.person != nil {
						out.PlaceboTests = append(out.PlaceboTests, newPooledTest(p, t, c))
					}
				}
			}
			if len(p.Outcomes)*len(windows) > 1 {
				out.Placebo = append(out.Placebo, joint(row(placeboJoint, by, "", "", missing(reason)), tests, out.Placebo[first:]))
			}
		}
		for i, o := range p.Controls {
			e := missing(reason)
			if reason == "" {
				e = r.negativeControl(c, r.controls[i], fits[k])
			}
			out.Placebo = append(out.Placebo, row(placeboControl, "", o.ID, fmt.Sprint(p.Month), e))
		}
	}
	return nil
}

// negativeControl is the effect on an outcome after the start, with the fit of the study.
func (r *runner) negativeControl(c *cell, def *outcome.Definition, f fitted) results.Estimate {
	if why := f.reason(); why != "" {
		return missing(why)
	}
	month := r.study.Placebo.Month
	if month < def.FirstMonth() {
		return missing(estimate.NotDefined)
	}
	y := c.follow(def, r.reg, &r.trials.Rows, month)[month-1]
	seen := slices.Clone(y)
	if c.complete(y, r.reg, &r.trials.Rows) == 1 {
		return missing(estimate.NoFollowUp)
	}
	per := f.outcome(c, r, def)
	weight := per.weights()
	if r.trials.Censoring != nil { // who has left is not compared here either
		stay := c.stay(r, def.MinFollowUp(month))
		leave(y, stay, c.treated, c.weight)
		weight = times(weight, stay)
	}
	e := per.effect(y)
	e.FewAmounts = r.few(c, def, seen, weight)
	return e
}

// few tells whether too few persons of an arm have an outcome other than 0 or, for a 0/1 outcome, other than 1.
func (r *runner) few(c *cell, def *outcome.Definition, y, weight []float64) bool {
	limit := *r.study.Disclosure.MinCell
	if c.fewAmounts(y, carrying(weight), limit) {
		return true
	}
	if !def.Binary() {
		return false
	}
	rest := make([]float64, len(y))
	for i, v := range y {
		rest[i] = 1 - v
	}
	return c.fewAmounts(rest, carrying(weight), limit)
}

// placeboFit is a method fitted for a window, and the rows that it was fitted on.
type placeboFit struct {
	span   int
	known  []bool
	cell   *cell
	at     []int32
	fitted fitted
	why    estimate.Reason
}

// placeboWindow is the effect of a start on the mean of the outcome over a window before the registration.
func (r *runner) placeboWindow(c *cell, m Method, w cohort.Window, by conditioning, def *outcome.Definition, last *placeboFit) (results.Estimate, contrast, *placeboFit, error) {
	y := c.meanBefore(def, r.reg, &r.trials.Rows, w)
	known := make([]bool, len(y))
	for i, v := range y {
		known[i] = !math.IsNaN(v)
	}
	f := last
	if span := monthsLookedAt(def.Spec); f == nil || f.span != span || !slices.Equal(f.known, known) {
		f = &placeboFit{span: span, known: known}
		f.cell, f.at = c.placeboCell(&r.trials.Rows, w, by, span, known)
		switch {
		case f.cell.nTreated < minTreated:
			f.why = estimate.TooFewTreated
		case f.cell.nComparison < minComparison:
			f.why = estimate.TooFewComparison
		default:
			var err error
			if f.fitted, f.why, err = r.fit(f.cell, m); err != nil {
				return results.Estimate{}, contrast{}, nil, err
			}
		}
	}
	if f.why != "" {
		return missing(f.why), contrast{}, f, nil
	}
	of := make([]float64, len(f.at))
	for j, i := range f.at {
		of[j] = y[i]
	}
	per := f.fitted.outcome(f.cell, r, def)
	e := per.effect(of)
	e.FewAmounts = r.few(f.cell, def, of, per.weights())
	if e.Reason != "" {
		return e, contrast{}, f, nil
	}
	return e, contrast{value: e.Estimate, stdError: e.StdError, df: e.DF, person: f.influence(per, of, c)}, f, nil
}

// meanBefore is the mean of the outcome over a window, NaN where the panel does not hold all of it.
func (c *cell) meanBefore(def *outcome.Definition, reg *register.Register, rows *cohort.Rows, w cohort.Window) []float64 {
	out := make([]float64, len(c.row))
	var series []float64
	loaded := int32(-1)
	for i, row := range c.row {
		person := rows.Person[row]
		history := reg.Panel.History(person)
		if person != loaded {
			series = def.Series(history, series)
			loaded = person
		}
		from := rows.EpisodeStart[row].Month()
		sum := 0.
		for m := from - calendar.Month(w.From); m <= from-calendar.Month(w.To); m++ {
			k := int(m - history.First)
			if k < 0 || k >= len(series) {
				sum = math.NaN()
				break
			}
			sum += series[k]
		}
		out[i] = sum / float64(w.From-w.To+1)
	}
	return out
}

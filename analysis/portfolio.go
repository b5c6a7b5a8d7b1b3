package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Portfolio asks which tiltak do the same for the same people at another price.
type Portfolio struct {
	Margin  float64  `yaml:"margin" json:"margin"`   // difference of no consequence, in units of the outcome (0.03: three percentage points); it has no default
	Outcome string   `yaml:"outcome" json:"outcome"` // default: that of the family
	Month   int      `yaml:"month" json:"month"`     // default: that of the family
	Groups  []string `yaml:"groups" json:"groups"`   // default: all
}

// resolvePortfolio fills in the defaults.
func (s *Study) resolvePortfolio() error {
	p := s.Portfolio
	if p == nil {
		return nil
	}
	f := s.Inference.Family
	if p.Outcome == "" {
		p.Outcome = s.Outcomes[max(0, slices.IndexFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == f.Outcome }))].ID
	}
	if p.Month == 0 {
		if p.Month = f.Month; p.Month == 0 {
			p.Month = min(24, s.Horizon)
		}
	}
	if p.Groups == nil {
		p.Groups = slices.Clone(s.Groups)
	}
	switch {
	case !(p.Margin > 0):
		return fault.Usagef("bad_study", "`portfolio.margin` is the difference that is of no consequence, in units of the outcome, such as 0.03 for three percentage points; it has no default: it is a judgement, and has to be made before the figures are seen")
	case !slices.ContainsFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == p.Outcome }):
		return fault.Usagef("bad_study", "`portfolio.outcome: %s` is no outcome of the study", p.Outcome)
	case p.Margin >= 1 && slices.ContainsFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == p.Outcome && o.Kind != outcome.Earnings }):
		return fault.Usagef("bad_study", "`portfolio.margin: %v` is larger than any effect on `%s`, which is a share; if percentage points are meant, write %v", p.Margin, p.Outcome, math.Round(p.Margin*1e6)/1e8)
	case p.Month < 1 || p.Month > s.Horizon:
		return fault.Usagef("bad_study", "`portfolio.month: %d` must lie between 1 and the horizon %d", p.Month, s.Horizon)
	}
	for _, g := range p.Groups {
		if !slices.Contains(s.Groups, g) {
			return fault.Usagef("bad_study", "`portfolio.groups` names `%s`, which is no group of the study%s", g, fault.Suggest(g, s.Groups))
		}
	}
	return nil
}

// rowsAColumn is how many starts of each tiltak a pair needs for each column of the score: with fewer the score explains chance,
// and errors from influence are too small (54 against 47 starts and 45 columns found a difference of three errors where there is none).
const rowsAColumn = 3

// portfolio makes the table: a row a tiltak × group, repeating effect, cost and use, and a row a pair of tiltak and group.
func (r *runner) portfolio(ctx context.Context, t *results.Tables) error {
	p := r.study.Portfolio
	if p == nil || r.figuresOnly {
		return nil
	}
	method := r.study.Inference.Family.Method
	if method == "" {
		method = r.study.Methods[0].ID
	}
	o := slices.IndexFunc(r.study.Outcomes, func(o outcome.Spec) bool { return o.ID == p.Outcome })
	price := map[[2]string]float64{}
	var groups []string
	for _, g := range r.trials.Groups {
		if r.study.chooses(p.Groups, g.ID) {
			groups = append(groups, g.ID)
		}
	}
	base := func(tiltak, group string) results.Portfolio {
		row := results.Portfolio{Tiltak: tiltak, Group: group, Outcome: p.Outcome, Method: method, Month: p.Month, Starts: -1, Margin: math.NaN(), CostPerParticipation: math.NaN(), CostTotal: math.NaN(), PriceYear: r.study.Cost.PriceYear}
		row.Blank()
		return row
	}
	for _, trial := range r.trials.Tiltak {
		for _, group := range groups {
			row := base(trial.Tiltak, group)
			for i := range t.Estimates {
				if e := &t.Estimates[i]; e.Tiltak == trial.Tiltak && e.Group == group && e.Outcome == p.Outcome && e.Method == method && e.Month != nil && *e.Month == p.Month && e.Role == "primary" {
					row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue, row.Reason, row.Starts = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue, e.Reason, e.NStartsEligible
				}
			}
			for i := range t.Costs {
				c := &t.Costs[i]
				if c.Tiltak != trial.Tiltak || c.Group != group || c.Year != nil || c.Measure != "per_participation" {
					continue
				}
				switch c.Statistic {
				case "mean":
					row.CostPerParticipation = c.Value
					price[[2]string{trial.Tiltak, group}] = c.Value
				case "sum":
					row.CostTotal = c.Value
				}
			}
			t.Portfolio = append(t.Portfolio, row)
		}
	}
	from := len(t.Portfolio)
	for a := range r.trials.Tiltak {
		for b := range a {
			for _, group := range groups {
				if err := ctx.Err(); err != nil {
					return err
				}
				row := base(r.trials.Tiltak[b].Tiltak, group)
				row.Other, row.Method, row.Margin = r.trials.Tiltak[a].Tiltak, overlap, p.Margin
				if x, ok := price[[2]string{row.Tiltak, group}]; ok {
					if y, ok := price[[2]string{row.Other, group}]; ok {
						row.CostPerParticipation = x - y
					}
				}
				g := slices.IndexFunc(r.trials.Groups, func(x cohort.Group) bool { return x.ID == group })
				if err := r.pair(&row, &r.trials.Tiltak[b], &r.trials.Tiltak[a], g, o); err != nil {
					return err
				}
				t.Portfolio = append(t.Portfolio, row)
			}
		}
	}
	verdicts(t.Portfolio[from:], 1-r.study.Inference.Level)
	return nil
}

// pair compares the starts of two tiltak in the risk sets where both are begun, with overlap weights: those who could as well have got
// the one as the other count most, so that both are judged on the same people (Li, Morgan and Zaslavsky 2018). Somebody who starts both
// in a month is left out. What either starts later comes as it comes, with `later_entry: censor` too.
func (r *runner) pair(row *results.Portfolio, a, b *cohort.Trial, g, o int) error {
	p := r.study.Portfolio
	type start struct {
		row, part, stratum int32
		day                uint8
		first              bool
		weight             float64
	}
	var all []start
	both, strata := map[int32]int{}, map[int32][2]int{}
	for _, side := range []struct {
		trial *cohort.Trial
		first bool
	}{{a, true}, {b, false}} {
		at, weight := side.trial.Weights(&r.trials.Rows, g)
		for j, i := range at {
			if !side.trial.Treated[i] {
				continue
			}
			all = append(all, start{side.trial.Row[i], side.trial.Start[i], side.trial.Stratum[i], side.trial.Day[i], side.first, weight[j]})
			both[side.trial.Row[i]]++
			n := strata[side.trial.Stratum[i]]
			if side.first {
				n[0]++
			} else {
				n[1]++
			}
			strata[side.trial.Stratum[i]] = n
		}
	}
	total := len(all)
	all = slices.DeleteFunc(all, func(s start) bool { return both[s.row] > 1 || strata[s.stratum][0] == 0 || strata[s.stratum][1] == 0 })
	slices.SortStableFunc(all, func(x, y start) int { return int(x.row) - int(y.row) })
	pseudo := &cohort.Trial{Tiltak: row.Tiltak + " | " + row.Other}
	var at []int32
	var weight []float64
	for k, s := range all {
		at, weight = append(at, int32(k)), append(weight, s.weight)
		pseudo.Row, pseudo.Start, pseudo.Stratum, pseudo.Day, pseudo.Treated = append(pseudo.Row, s.row), append(pseudo.Start, s.part), append(pseudo.Stratum, s.stratum), append(pseudo.Day, s.day), append(pseudo.Treated, s.first)
	}
	c := newCellOf(r.trials, pseudo, at, weight, *r.study.Seed, r.places)
	c.bothStart = true
	row.PersonsTreated, row.PersonsComparison = c.personsTreated, c.personsComparison
	switch {
	case c.nTreated < max(minTreated, rowsAColumn*len(c.x)):
		row.Reason = estimate.TooFewTreated
		return nil
	case c.nComparison < max(minComparison, rowsAColumn*len(c.x)):
		row.Reason = estimate.TooFewComparison
		return nil
	}
	row.CommonSupport = math.Round(100*float64(len(all))/float64(total)) / 100
	m := Method{Name: overlap}
	if err := m.resolve(); err != nil {
		return err
	}
	f, why, err := r.fit(c, m)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", row.Tiltak, row.Other, err)
	}
	if why != "" {
		row.Reason = why
		return nil
	}
	narrow := *r.study
	narrow.Horizon, narrow.OnlyMonths, narrow.Windows = p.Month, []int{p.Month}, nil
	sub := *r
	sub.study = &narrow
	def := r.outcomes[o]
	rows := sub.figures(c, def, []fitted{f}, c.follow(def, r.reg, &r.trials.Rows, p.Month), "")[0].rows
	e := &rows[p.Month-1]
	row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue, row.Reason = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue, e.Reason
	row.PersonsTreated, row.PersonsComparison = e.NPersonsTreated, e.NPersonsComparison
	row.Rare = e.FewAmounts
	for _, n := range []int{e.OnesTreated, e.ZerosTreated, e.OnesComparison, e.ZerosComparison} {
		row.Rare = row.Rare || n >= 0 && n < *r.study.Disclosure.MinCell
	}
	row.PEquivalence = synthesis.TOST(e.Estimate, widened(e, r.study.Inference.Level), p.Margin, 1-r.study.Inference.Level).PValue
	return nil
}

// verdicts corrects the two tests of every pair by Holm over the pairs, and says what they say: equivalent before different, since a
// difference inside the margin is of no consequence by the study's own word.
func verdicts(rows []results.Portfolio, alpha float64) {
	var of []int
	var equal, different []float64
	for i := range rows {
		if !math.IsNaN(rows[i].PEquivalence) && !math.IsNaN(rows[i].PValue) {
			of = append(of, i)
			equal, different = append(equal, rows[i].PEquivalence), append(different, rows[i].PValue)
		}
	}
	equal, different = synthesis.Holm(equal), synthesis.Holm(different)
	for k, i := range of {
		rows[i].PEquivalenceAdjust = equal[k]
		switch {
		case equal[k] < alpha:
			rows[i].Verdict = "equivalent"
		case different[k] < alpha:
			rows[i].Verdict = "different"
		default:
			rows[i].Verdict = "undecided"
		}
	}
}

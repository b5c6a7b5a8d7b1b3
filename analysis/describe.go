package analysis

import (
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

type registerHistory = register.History

// deflator gives, for a price year, what turns kroner of a month into kroner of that year: KPI(price year)/KPI(year of the
// month). Years outside the index are refused rather than carried on.
func deflator(cat *catalog.Catalog) func(int) (func(calendar.Month) float64, error) {
	return func(priceYear int) (func(calendar.Month) float64, error) {
		base, exact := cat.KPI(priceYear)
		if !exact {
			first, last := cat.KPIYears()
			return nil, fault.Usagef("no_kpi", "`price_year: %d` is outside the consumer price index of the catalogue (%d–%d); choose a year inside it or give a newer kpi.csv in `data.catalog`", priceYear, first, last)
		}
		return func(m calendar.Month) float64 {
			k, _ := cat.KPI(m.Year()) // the nearest year outside the index: said by a warning of the run
			return base.Value / k.Value
		}, nil
	}
}

// lastKPI is the last year of the consumer price index.
func lastKPI(cat *catalog.Catalog) int {
	_, last := cat.KPIYears()
	return last
}

// flow fills the table of who was dropped: the register's ledger, then the starts of each cell rule by rule.
func (r *runner) flow(t *results.Tables) {
	for i, e := range r.reg.Ledger {
		t.Flow = append(t.Flow, results.Flow{Table: e.Table, Step: i + 1, Rule: e.Rule, Action: e.Action, Rows: int(e.Rows), Persons: int(e.Persons)})
	}
	for _, f := range r.trials.Flow {
		action := "dropped"
		switch f.Rule {
		case "starts":
			action = "start"
		case "analysed":
			action = "analysed"
		}
		t.Flow = append(t.Flow, results.Flow{Tiltak: f.Tiltak, Group: f.Group, Table: "deltakelse", Step: f.Step, Rule: f.Rule, Action: action, Rows: f.Starts, Persons: f.Persons})
	}
}

// didText names the ways of the conditional difference-in-differences.
var didText = map[string]results.Text{
	"dr":  {NB: "dobbelt robust", EN: "doubly robust"},
	"ipw": {NB: "vekting med tilbøyelighet", EN: "propensity weighting"},
	"reg": {NB: "regresjon blant sammenlignede", EN: "regression among the comparison"},
}

// describe is run.json as far as the study and the register decide it.
func (r *runner) describe() results.Run {
	s := r.study
	run := results.Run{Schema: 1, Study: s.Study, Title: results.Text(s.Title), Seed: *s.Seed, Level: s.Inference.Level, MinCell: *s.Disclosure.MinCell, Round: s.Disclosure.Round,
		Horizon: s.Horizon, From: s.Population.From.String(), To: s.Population.To.String(), Cut: r.reg.Cut.String(), PriceYear: s.Cost.PriceYear,
		Comparison: s.Comparison.Against, LaterEntry: s.Comparison.LaterEntry, WaitUntil: s.Comparison.WaitUntil, StartBy: s.Comparison.StartBy, TimeZero: s.TimeZero, Inputs: r.reg.Inputs}
	for _, trial := range r.trials.Tiltak {
		label := results.Label{ID: trial.Tiltak}
		label.Text = r.nameOf(trial.Tiltak)
		run.Tiltak = append(run.Tiltak, label)
	}
	if _, others := s.Comparison.who(); len(others) > 0 {
		for _, code := range others {
			run.Others = append(run.Others, results.Label{ID: code, Text: r.nameOf(code)})
		}
	}
	for _, g := range r.trials.Groups {
		run.Groups = append(run.Groups, results.Label{ID: g.ID, Text: results.Text{NB: g.NameNB, EN: g.NameEN}, Note: results.Text{NB: g.DefinitionNB, EN: g.DefinitionEN}})
	}
	for _, o := range s.Outcomes {
		run.Outcomes = append(run.Outcomes, outcomeLabel(o))
	}
	for _, o := range s.Descriptive {
		run.Descriptive = append(run.Descriptive, outcomeLabel(o.Spec))
	}
	for i, m := range s.allMethods() {
		label := results.Label{ID: m.ID, Text: m.title(), Note: m.describe()}
		if i < len(s.Methods) {
			run.Methods = append(run.Methods, label)
		} else {
			run.Rivals.Methods = append(run.Rivals.Methods, label)
		}
	}
	if s.Robustness != nil {
		for _, o := range s.Robustness.Outcomes {
			run.Rivals.Definitions = append(run.Rivals.Definitions, outcomeLabel(o))
		}
	}
	for _, c := range r.trials.Rows.Covariates {
		run.Covariates = append(run.Covariates, results.Label{ID: c.Name, Text: covariateText(c.Name, c.NB, c.EN)})
	}
	run.Covariates = append(run.Covariates, results.Label{ID: startDay, Text: results.Text{NB: "Startdag i måneden", EN: "Day of the month of the start"}})
	run.Rules = ruleLabels()
	run.Divisions = s.divisions()
	run.CostEffect = r.costNotes()
	run.Notes.Question, run.Notes.Limitations = results.Text(s.Notes.Question), results.Text(s.Notes.Limitations)
	return run
}

// divisions are the outcomes of a study that are sums of others, for disclosure control.
func (s *Study) divisions() []results.Division {
	var out []results.Division
	for _, d := range outcome.Divisions(s.Outcomes) {
		out = append(out, results.Division(d))
	}
	return out
}

func outcomeLabel(o outcome.Spec) results.Label {
	title, note := o.Label()
	return results.Label{ID: o.ID, Text: results.Text(title), Note: results.Text(note)}
}

// diagnose adds the diagnostics of a method in a cell.
func (out *cellResult) diagnose(tiltak, group, method string, rows []results.Diagnostic) {
	for _, d := range rows {
		d.Tiltak, d.Group, d.Method = tiltak, group, method
		out.Diagnostics = append(out.Diagnostics, d)
	}
}

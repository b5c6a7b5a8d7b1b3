package export

import (
	"math"
	"strconv"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
	"tiltakseffekt/results/checklist"
	"tiltakseffekt/results/figure"
	"tiltakseffekt/results/report"
)

// table is a table of a paper.
type table struct {
	ID, Caption, Note string
	Head              []string
	Numbers           []bool // columns of numbers, set to the right
	Rows              [][]string
	Long              bool // columns of running text
}

type paper struct {
	r *results.Run
	t *results.Tables
	l number.Lang
}

// newPaper takes a language, nb or en.
func newPaper(r *results.Run, t *results.Tables, lang string) *paper {
	if lang == "en" {
		return &paper{r, t, number.EN}
	}
	return &paper{r, t, number.NB}
}

func (p *paper) say(nb, en string) string {
	if p.l == number.EN {
		return en
	}
	return nb
}

func (p *paper) name(labels []results.Label, id string) string {
	return results.Name(labels, id, string(p.l))
}

// tables are the tables of a paper that the run has rows for.
func (p *paper) tables() []table {
	var out []table
	for _, t := range []table{p.effects(), p.flow(), p.balance(), p.costs(), p.items("TARGET"), p.items("STROBE")} {
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// effects has a row a tiltak, group and method: levels, effect, interval and p-values of the outcome and month that the
// report leads with.
func (p *paper) effects() table {
	f := p.r.Focus()
	t := table{ID: "effects",
		Head: []string{p.say("Tiltak", "Tiltak"), p.say("Gruppe", "Group"), p.say("Metode", "Method"), p.say("Deltakere", "Participants"), p.say("Med", "With"), p.say("Uten", "Without"),
			p.say("Virkning", "Effect"), p.say("Nedre", "Lower"), p.say("Øvre", "Upper"), "p", p.say("p, justert", "p, adjusted")},
		Numbers: []bool{false, false, false, true, true, true, true, true, true, true, true},
	}
	unit, effect, level := p.say("prosentpoeng", "percentage points"), func(v float64) string { return p.l.Points(v, 1) }, func(v float64) string { return p.l.Decimal(100*v, 1) }
	if p.r.Money(f.Outcome) {
		unit = p.say("kroner per måned", "NOK a month")
		effect, level = func(v float64) string { return p.l.Signed(v, 0) }, func(v float64) string { return p.l.Decimal(v, 0) }
	}
	t.Caption = p.name(p.r.Outcomes, f.Outcome) + p.say(", ", ", ") + strconv.Itoa(f.Month) + p.say(" måneder etter start, i ", " months after the start, in ") + unit
	t.Note = p.say("Intervaller på ", "Intervals of ") + p.l.Percent(p.r.Level, 0) + ". – : " + p.say("skjult av hensyn til personvern eller ikke beregnet.", "hidden to protect persons or not estimated.")
	for _, k := range p.r.Tiltak {
		for _, g := range p.r.Groups {
			for _, m := range p.r.Methods {
				for i := range p.t.Estimates {
					e := &p.t.Estimates[i]
					if !e.Own() || e.Tiltak != k.ID || e.Group != g.ID || e.Method != m.ID || e.Outcome != f.Outcome || *e.Month != f.Month {
						continue
					}
					persons := e.NPersonsTreated
					if persons == 0 {
						persons = -1
					}
					t.Rows = append(t.Rows, []string{p.name(p.r.Tiltak, k.ID), p.name(p.r.Groups, g.ID), p.name(p.r.Methods, m.ID), p.l.Count(persons), level(e.MeanTreated), level(e.MeanComparison),
						effect(e.Estimate), effect(e.ConfLow), effect(e.ConfHigh), p.pValue(e.PValue), p.pValue(e.PAdjusted)})
				}
			}
		}
	}
	return t
}

// pValue writes a p-value with three digits; what rounds to nought is said to be under the smallest of them.
func (p *paper) pValue(v float64) string {
	if v < 0.0005 {
		return "< " + p.l.Decimal(0.001, 3)
	}
	return p.l.Decimal(v, 3)
}

func (p *paper) flow() table {
	t := table{ID: "flow", Caption: p.say("Fra starter i registeret til analysen", "From starts in the register to the analysis"),
		Head:    []string{p.say("Tiltak", "Tiltak"), p.say("Gruppe", "Group"), p.say("Trinn", "Step"), p.say("Starter", "Starts"), p.say("Personer", "Persons")},
		Numbers: []bool{false, false, false, true, true}}
	for _, f := range p.t.Flow {
		if f.Tiltak == "" || len(p.r.Groups) == 0 || f.Group != p.r.Groups[0].ID {
			continue
		}
		step := report.Rule(f.Rule, p.l)
		if f.Action == "dropped" {
			step = "\u2212 " + step
		}
		t.Rows = append(t.Rows, []string{p.name(p.r.Tiltak, f.Tiltak), p.name(p.r.Groups, f.Group), step, p.l.Count(f.Rows), p.l.Count(f.Persons)})
	}
	return t
}

// balance is of the method that the report leads with, or of the first that has any, in the first group.
func (p *paper) balance() table {
	t := table{ID: "balance", Caption: p.say("Balanse", "Balance"),
		Head:    []string{p.say("Tiltak", "Tiltak"), p.say("Kjennetegn", "Covariate"), p.say("Deltakere", "Participants"), p.say("De andre", "The others"), p.say("SMD før", "SMD before"), p.say("SMD etter", "SMD after")},
		Numbers: []bool{false, false, true, true, true, true}}
	method := p.r.Focus().Method
	has := func(m string) bool {
		for i := range p.t.Balance {
			if p.t.Balance[i].Method == m {
				return true
			}
		}
		return false
	}
	if !has(method) {
		method = ""
		for _, m := range p.r.Methods {
			if has(m.ID) {
				method = m.ID
				break
			}
		}
	}
	if method == "" || len(p.r.Groups) == 0 {
		return t
	}
	t.Caption = p.say("Balanse før og etter, ", "Balance before and after, ") + p.name(p.r.Methods, method)
	set := figure.NewSet(p.r, p.t)
	before := map[string]float64{}
	for _, stage := range []string{"before", "after"} {
		for i := range p.t.Balance {
			b := &p.t.Balance[i]
			if b.Method != method || b.Group != p.r.Groups[0].ID || b.Stage != stage {
				continue
			}
			if stage == "before" {
				before[b.Tiltak+"\x00"+b.Variable] = b.SMD
				continue
			}
			smd, ok := before[b.Tiltak+"\x00"+b.Variable]
			if !ok {
				smd = math.NaN()
			}
			t.Rows = append(t.Rows, []string{p.name(p.r.Tiltak, b.Tiltak), set.CovariateName(b.Variable, p.l), p.l.Decimal(b.MeanTreated, 2), p.l.Decimal(b.MeanComparison, 2), p.l.Signed(smd, 3), p.l.Signed(b.SMD, 3)})
		}
	}
	return t
}

func (p *paper) costs() table {
	t := table{ID: "costs", Caption: p.say("Kostnad per deltaker i ", "Cost per participant in ") + strconv.Itoa(p.r.PriceYear) + p.say("-kroner", " NOK"),
		Head:    []string{p.say("Tiltak", "Tiltak"), p.say("Gruppe", "Group"), p.say("Gjennomsnitt", "Mean"), "P10", p.say("Median", "Median"), "P90"},
		Numbers: []bool{false, false, true, true, true, true}}
	for _, k := range p.r.Tiltak {
		for _, g := range p.r.Groups {
			v := map[string]float64{"mean": math.NaN(), "p10": math.NaN(), "p50": math.NaN(), "p90": math.NaN()}
			any := false
			for _, c := range p.t.Costs {
				if _, ok := v[c.Statistic]; ok && c.Tiltak == k.ID && c.Group == g.ID && c.Measure == "per_participant" && c.Year == nil {
					v[c.Statistic], any = c.Value, true
				}
			}
			if any {
				t.Rows = append(t.Rows, []string{p.name(p.r.Tiltak, k.ID), p.name(p.r.Groups, g.ID), p.l.Decimal(v["mean"], 0), p.l.Decimal(v["p10"], 0), p.l.Decimal(v["p50"], 0), p.l.Decimal(v["p90"], 0)})
			}
		}
	}
	return t
}

func (p *paper) items(guideline string) table {
	t := table{ID: guideline, Caption: checklist.Source(guideline), Long: true, Head: []string{p.say("Punkt", "Item"), p.say("Hva", "What"), p.say("Svar", "Answer")}, Numbers: []bool{false, false, false}}
	for _, i := range checklist.Items(p.r, p.t, p.l) {
		if i.Guideline != guideline {
			continue
		}
		answer := i.Answer
		if answer == "" {
			answer = checklist.Ask(p.l)
		}
		t.Rows = append(t.Rows, []string{i.Number, i.Topic, answer})
	}
	return t
}

package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// Set draws the figures of a run. It sorts the tables once; its methods only read and are safe for concurrent use.
type Set struct {
	Run    *results.Run
	Tables *results.Tables

	estimates map[string][]*results.Estimate // by tiltak, group, outcome
	durations map[string][]*results.Duration
	costs     map[string][]*results.Cost
	balance   map[string][]*results.Balance
	overlap   map[string][]*results.Overlap
	money     map[string]bool

	costEffects map[string][]*results.CostEffect
}

// NewSet makes a Set of tables that Suppress has been through.
func NewSet(r *results.Run, t *results.Tables) *Set {
	s := &Set{Run: r, Tables: t, estimates: map[string][]*results.Estimate{}, durations: map[string][]*results.Duration{},
		costs: map[string][]*results.Cost{}, balance: map[string][]*results.Balance{}, overlap: map[string][]*results.Overlap{}, money: map[string]bool{}}
	for i := range t.Estimates {
		if e := &t.Estimates[i]; e.Own() {
			k := key(e.Tiltak, e.Group, e.Outcome)
			s.estimates[k] = append(s.estimates[k], e)
		}
	}
	for i := range t.Durations {
		d := &t.Durations[i]
		s.durations[key(d.Tiltak, d.Group, d.Measure)] = append(s.durations[key(d.Tiltak, d.Group, d.Measure)], d)
	}
	for i := range t.Costs {
		c := &t.Costs[i]
		s.costs[key(c.Tiltak, c.Group)] = append(s.costs[key(c.Tiltak, c.Group)], c)
	}
	s.costEffects = map[string][]*results.CostEffect{}
	for i := range t.CostEffect {
		c := &t.CostEffect[i]
		k := key(c.Tiltak, c.Group, c.Method)
		s.costEffects[k] = append(s.costEffects[k], c)
	}
	for i := range t.Balance {
		b := &t.Balance[i]
		s.balance[key(b.Tiltak, b.Group)] = append(s.balance[key(b.Tiltak, b.Group)], b)
	}
	for i := range t.Overlap {
		o := &t.Overlap[i]
		s.overlap[key(o.Tiltak, o.Group)] = append(s.overlap[key(o.Tiltak, o.Group)], o)
	}
	for _, o := range r.Outcomes {
		s.money[o.ID] = r.Money(o.ID)
	}
	return s
}

func key(parts ...string) string { return strings.Join(parts, "\x00") }

// Estimates are the main estimates by month of a tiltak, group and outcome, in the order of the table.
func (s *Set) Estimates(tiltak, group, outcome string) []*results.Estimate {
	return s.estimates[key(tiltak, group, outcome)]
}

// Durations are the points of a curve.
func (s *Set) Durations(tiltak, group, measure string) []*results.Duration {
	return s.durations[key(tiltak, group, measure)]
}

// Costs are the cost rows of a tiltak and group.
func (s *Set) Costs(tiltak, group string) []*results.Cost { return s.costs[key(tiltak, group)] }

// Balance are the balance rows of a tiltak and group.
func (s *Set) Balance(tiltak, group string) []*results.Balance { return s.balance[key(tiltak, group)] }

// Overlaps are the bins of a tiltak and group.
func (s *Set) Overlaps(tiltak, group string) []*results.Overlap {
	return s.overlap[key(tiltak, group)]
}

// Money tells whether an outcome is in kroner.
func (s *Set) Money(outcome string) bool { return s.money[outcome] }

// Reason says in words why a figure is missing.
func Reason(r estimate.Reason, l number.Lang, minCell int) string {
	o := Options{Lang: l}
	switch r {
	case "":
		return ""
	case estimate.Suppressed:
		return o.say(fmt.Sprintf("skjult av hensyn til personvern (under %d personer, eller mulig å regne ut)", minCell), fmt.Sprintf("hidden to protect persons (under %d persons, or could be derived)", minCell))
	case estimate.TooFewTreated:
		return o.say("for få deltakere", "too few participants")
	case estimate.NoComparison:
		return o.say("ingen å sammenligne med", "nobody to compare with")
	case estimate.TooFewComparison:
		return o.say("for få å sammenligne med", "too few to compare with")
	case estimate.TooFewLateStarts:
		return o.say("for få starter senere å sammenligne med", "too few start later to compare with")
	case estimate.TooFewClusters:
		return o.say("for få kontorer eller fylker til et mål på usikkerheten", "too few offices or counties for a measure of uncertainty")
	case estimate.NoOverlap:
		return o.say("ingen sammenlignbare utenfor tiltaket", "nobody comparable outside the tiltak")
	case estimate.NotConverged:
		return o.say("metoden fant ingen løsning", "the method found no solution")
	case estimate.Singular:
		return o.say("kjennetegnene lar seg ikke skille fra hverandre", "the covariates cannot be told apart")
	case estimate.ConstantOutcome:
		return o.say("utfallet er likt for alle", "the outcome is the same for everybody")
	case estimate.BasePeriod:
		return o.say("referansemåned", "reference month")
	case estimate.NoFollowUp:
		return o.say("ikke fulgt så lenge", "not followed for so long")
	case estimate.NotDefined:
		return o.say("ikke definert så tidlig", "not defined so early")
	case "not_priced":
		return o.say("noen deltar i tiltak uten kjent pris", "some take part in tiltak without a known price")
	case "benefits_not_priced":
		return o.say("ytelser er ikke kjent i kroner", "benefits are not known in kroner")
	case "income_tax_not_known":
		return o.say("skattesatsene er ikke gitt", "the tax rates are not given")
	case "dominant":
		return o.say("bedre og billigere: trenger ikke noe forholdstall", "better and cheaper: needs no ratio")
	case "dominated":
		return o.say("dårligere og dyrere: har ikke noe forholdstall", "worse and dearer: has no ratio")
	case "effect_not_distinguishable":
		return o.say("virkningen kan ikke skilles fra null: forholdstallet har ingen grenser", "the effect cannot be told from zero: the ratio has no limits")
	}
	return strings.ReplaceAll(string(r), "_", " ")
}

// panel turns the estimates of a cell into series by method, in the order of the run, and a note on what is hidden.
func (s *Set) panel(tiltak, group, outcome string, l number.Lang) EffectPanel {
	p := EffectPanel{Title: results.Name(s.Run.Groups, group, string(l))}
	place := map[string]int{}
	for i, m := range s.Run.Methods {
		place[m.ID] = i
		p.Series = append(p.Series, Series{Name: results.Name(s.Run.Methods, m.ID, string(l))})
	}
	hidden := map[int]bool{}
	reasons := map[estimate.Reason]int{}
	for _, e := range s.Estimates(tiltak, group, outcome) {
		i, ok := place[e.Method]
		if !ok {
			i = len(p.Series)
			place[e.Method] = i
			p.Series = append(p.Series, Series{Name: e.Method})
		}
		c := &p.Series[i]
		c.X, c.Y = append(c.X, float64(*e.Month)), append(c.Y, e.Estimate)
		c.Low, c.High = append(c.Low, e.ConfLow), append(c.High, e.ConfHigh)
		c.BandLow, c.BandHigh = append(c.BandLow, e.BandLow), append(c.BandHigh, e.BandHigh)
		if e.Reason != "" {
			reasons[e.Reason]++
		}
		if e.Reason == estimate.Suppressed {
			hidden[*e.Month] = true
		}
	}
	var kept []Series // a method without a single row is left out, one without a figure is not
	drawn := false
	for _, c := range p.Series {
		if len(c.X) > 0 {
			kept = append(kept, c)
			_, _, ok := span(c.Y)
			drawn = drawn || ok
		}
	}
	p.Series = kept
	o := Options{Lang: l}
	switch {
	case !drawn && len(reasons) > 0:
		var worst estimate.Reason
		for r, n := range reasons {
			if worst == "" || n > reasons[worst] || n == reasons[worst] && r < worst {
				worst = r
			}
		}
		text := []rune(Reason(worst, l, s.Run.MinCell))
		p.Note = strings.ToUpper(string(text[:1])) + string(text[1:])
	case len(hidden) > 0:
		p.Note = fmt.Sprintf(o.say("%d måneder er skjult", "%d months are hidden"), len(hidden))
	}
	return p
}

func (s *Set) unit(outcome string) Unit {
	if s.money[outcome] {
		return Kroner
	}
	return Points
}

func (s *Set) caption(o Options, single bool) string {
	level := o.lang().Percent(s.Run.Level, 0)
	c := fmt.Sprintf(o.say("Linje: beregnet virkning. Felt: %s intervall for hver måned.", "Line: estimated effect. Shaded: %s interval for each month."), level)
	if single {
		c += o.say(" Stiplet: felles bånd for alle måneder.", " Dashed: joint band for all months.")
	}
	return c
}

// Effect is the effect by month of one tiltak in one group on one outcome, all methods.
func (s *Set) Effect(tiltak, group, outcome string, o Options) *Figure {
	l := string(o.lang())
	p := s.panel(tiltak, group, outcome, o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Virkning på «%s»: %s, %s", "Effect on “%s”: %s, %s"), results.Name(s.Run.Outcomes, outcome, l), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	if o.Caption == "" {
		o.Caption = s.caption(o, len(p.Series) == 1 && hasBand(p))
	}
	return Effects([]EffectPanel{p}, s.unit(outcome), o)
}

// EffectGrid is the same for every group of a tiltak, a panel each.
func (s *Set) EffectGrid(tiltak, outcome string, o Options) *Figure {
	l := string(o.lang())
	var panels []EffectPanel
	band := false
	for _, g := range s.Run.Groups {
		p := s.panel(tiltak, g.ID, outcome, o.lang())
		band = band || len(p.Series) == 1 && hasBand(p)
		panels = append(panels, p)
	}
	o.Title = fmt.Sprintf(o.say("Virkning på «%s»: %s", "Effect on “%s”: %s"), results.Name(s.Run.Outcomes, outcome, l), results.Name(s.Run.Tiltak, tiltak, l))
	o.Caption = s.caption(o, band) + o.say(" Loddrett akse: prosentpoeng.", " Vertical axis: percentage points.")
	if s.money[outcome] {
		o.Caption = s.caption(o, band) + o.say(" Loddrett akse: kroner per måned.", " Vertical axis: NOK a month.")
	}
	if len(panels) > 1 {
		o.Width = 24
	} else {
		o.Width = 14
	}
	return Effects(panels, s.unit(outcome), o)
}

func hasBand(p EffectPanel) bool {
	for _, s := range p.Series {
		if _, _, ok := span(s.BandLow); ok {
			return true
		}
	}
	return false
}

// CovariateName is the name of a covariate, and of a level of it, for people.
func (s *Set) CovariateName(variable string, l number.Lang) string {
	if n := results.Name(s.Run.Covariates, variable, string(l)); n != variable {
		return n
	}
	base, level, ok := strings.Cut(variable, "=")
	if !ok {
		return variable
	}
	return results.Name(s.Run.Covariates, base, string(l)) + " = " + level
}

// Love is the balance of a tiltak in a group before and after each method; nil where the table has no row of it.
func (s *Set) Love(tiltak, group string, o Options) *Figure {
	rows := s.Balance(tiltak, group)
	if len(rows) == 0 {
		return nil
	}
	l := string(o.lang())
	place := map[string]int{}
	var methods []string
	for _, b := range rows {
		if _, ok := place[b.Method]; !ok && b.Stage == "after" {
			place[b.Method] = len(methods)
			methods = append(methods, b.Method)
			o.Names = append(o.Names, results.Name(s.Run.Methods, b.Method, l))
		}
	}
	at := map[string]int{}
	var out []LoveRow
	for _, b := range rows {
		i, ok := at[b.Variable]
		if !ok {
			i = len(out)
			at[b.Variable] = i
			row := LoveRow{Label: s.CovariateName(b.Variable, o.lang()), Before: math.NaN()}
			for range methods {
				row.After = append(row.After, math.NaN())
			}
			out = append(out, row)
		}
		if b.Stage == "before" {
			if math.IsNaN(out[i].Before) {
				out[i].Before = b.SMD
			}
		} else {
			out[i].After[place[b.Method]] = b.SMD
		}
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Hvor like gruppene er: %s, %s", "How alike the arms are: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	if n := len(out); o.Most > 0 && n > o.Most {
		size := func(r LoveRow) float64 { // the largest difference of a covariate, before or after
			most := 0.
			for _, v := range append([]float64{r.Before}, r.After...) {
				most = max(most, orValue(math.Abs(v), 0))
			}
			return most
		}
		slices.SortStableFunc(out, func(a, b LoveRow) int { return cmp.Compare(size(b), size(a)) })
		out = out[:o.Most]
		o.Caption = fmt.Sprintf(o.say("De %d av %d kjennetegnene der forskjellen er størst.", "The %d of %d covariates with the largest difference."), o.Most, n)
	}
	return Love(out, o)
}

// Overlap is the distribution of the propensity score before weighting; nil where the table has no row of it.
func (s *Set) Overlap(tiltak, group string, o Options) *Figure {
	rows := s.overlap[key(tiltak, group)]
	if len(rows) == 0 {
		return nil
	}
	method := rows[0].Method // "" (before weighting) where it is there
	for _, r := range rows {
		if r.Method == "" {
			method = ""
		}
	}
	var treated, comparison []Bin
	for _, r := range rows {
		if r.Method != method {
			continue
		}
		b := Bin{r.BinLow, r.BinHigh, r.Share}
		if r.Arm == "treated" {
			treated = append(treated, b)
		} else {
			comparison = append(comparison, b)
		}
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Overlapp: %s, %s", "Overlap: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	return Overlap(treated, comparison, o)
}

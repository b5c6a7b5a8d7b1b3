package figure

import (
	"fmt"
	"math"

	"tiltakseffekt/results"
)

// CostEffects are the rows of cost against effect of a tiltak, group and method.
func (s *Set) CostEffects(tiltak, group, method string) []*results.CostEffect {
	return s.costEffects[key(tiltak, group, method)]
}

// CostMethod is the method whose cost against effect is drawn where only one is: the first of the run that has a figure.
func (s *Set) CostMethod() string {
	for _, m := range s.Run.Methods {
		for i := range s.Tables.CostEffect {
			if c := &s.Tables.CostEffect[i]; c.Method == m.ID && c.Statistic == "cost" && !math.IsNaN(c.Estimate) {
				return m.ID
			}
		}
	}
	return ""
}

// planePoint is the point of a cell in the plane of an effect; ok is false where a coordinate is missing.
func (s *Set) planePoint(tiltak, group, method, effect string) (p PlanePoint, ok bool) {
	p = PlanePoint{X: math.NaN(), Y: math.NaN(), Correlated: math.NaN()}
	for _, c := range s.CostEffects(tiltak, group, method) {
		switch {
		case c.Statistic == "cost":
			p.Y, p.SDY = c.Estimate/1000, c.StdError/1000
		case c.Effect != effect:
		case c.Statistic == "effect":
			p.X, p.SDX = c.Estimate, c.StdError
			if effect == "persons" {
				p.X, p.SDX = 100*p.X, 100*p.SDX
			}
		case c.Statistic == "correlation":
			p.Correlated = c.Estimate
		}
	}
	return p, !math.IsNaN(p.X) && !math.IsNaN(p.Y)
}

func (s *Set) planeLabels(effect, method string, o *Options) {
	l := string(o.lang())
	outcome, horizon := "", 0
	if len(s.Tables.CostEffect) > 0 {
		outcome, horizon = results.Name(s.Run.Outcomes, s.Tables.CostEffect[0].Outcome, l), s.Tables.CostEffect[0].Month
	}
	o.YLabel = fmt.Sprintf(o.say("Merkostnad per start, tusen kroner (%d-kroner)", "Extra cost a start, thousand NOK (%d prices)"), s.Run.PriceYear)
	o.XLabel = fmt.Sprintf(o.say("Ekstra måneder i «%s» over %d måneder", "Extra months in “%s” over %d months"), outcome, horizon)
	if effect == "persons" {
		o.XLabel = fmt.Sprintf(o.say("Ekstra personer i «%s» etter %d måneder, per 100 starter", "Extra persons in “%s” after %d months, per 100 starts"), outcome, horizon)
	}
	if o.Caption == "" {
		o.Caption = fmt.Sprintf(o.say("Ellipse: rommer %s av det tilfeldigheter kunne gitt. Metode: %s.", "Ellipse: holds %s of what chance could give. Method: %s."), o.lang().Percent(s.Run.Level, 0), results.Name(s.Run.Methods, method, l))
	}
}

// Plane is the cost-effectiveness plane of every tiltak in a group, by an effect (persons or months); nil where no tiltak
// has a point.
func (s *Set) Plane(group, effect string, o Options) *Figure {
	method := s.CostMethod()
	var points []PlanePoint
	for _, k := range s.Run.Tiltak {
		if p, ok := s.planePoint(k.ID, group, method, effect); ok {
			p.Name = results.Name(s.Run.Tiltak, k.ID, string(o.lang()))
			points = append(points, p)
		}
	}
	if len(points) == 0 {
		return nil
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Kostnad mot virkning: %s", "Cost against effect: %s"), results.Name(s.Run.Groups, group, string(o.lang())))
	}
	s.planeLabels(effect, method, &o)
	return Plane(points, s.Run.Level, o)
}

// PlaneOf is the plane of one tiltak, a point a group; nil where no group has a point.
func (s *Set) PlaneOf(tiltak, effect string, o Options) *Figure {
	method := s.CostMethod()
	var points []PlanePoint
	for _, g := range s.Run.Groups {
		if p, ok := s.planePoint(tiltak, g.ID, method, effect); ok {
			p.Name = results.Name(s.Run.Groups, g.ID, string(o.lang()))
			points = append(points, p)
		}
	}
	if len(points) == 0 {
		return nil
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Kostnad mot virkning: %s", "Cost against effect: %s"), results.Name(s.Run.Tiltak, tiltak, string(o.lang())))
	}
	s.planeLabels(effect, method, &o)
	return Plane(points, s.Run.Level, o)
}

// Acceptability is the acceptability curve of a tiltak, one panel a group and one line a method; nil where there is none.
func (s *Set) Acceptability(tiltak string, groups []results.Label, effect string, o Options) *Figure {
	l := string(o.lang())
	var panels []EffectPanel
	any := false
	for _, g := range groups {
		p := EffectPanel{Title: g.Text.In(l)}
		for _, m := range s.Run.Methods {
			c := Series{Name: results.Name(s.Run.Methods, m.ID, l)}
			for _, e := range s.CostEffects(tiltak, g.ID, m.ID) {
				if e.Statistic != "net_benefit" || e.Effect != effect || math.IsNaN(e.Value) {
					continue
				}
				c.X, c.Y = append(c.X, e.Value/1000), append(c.Y, e.Share)
				any = any || !math.IsNaN(e.Share)
			}
			if len(c.X) > 0 {
				c.Low, c.High, c.BandLow, c.BandHigh = nothing(c.X), nothing(c.X), nothing(c.X), nothing(c.X)
				p.Series = append(p.Series, c)
			}
		}
		if len(p.Series) == 0 {
			p.Note = o.say("Ikke beregnet, eller skjult av hensyn til personvern", "Not estimated, or hidden to protect persons")
		}
		panels = append(panels, p)
	}
	if !any {
		return nil
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Hvor sannsynlig det er at det lønner seg: %s", "How likely it is to pay: %s"), results.Name(s.Run.Tiltak, tiltak, l))
	}
	o.XLabel = o.say("Hva en ekstra måned er verd, tusen kroner", "What an extra month is worth, thousand NOK")
	if effect == "persons" {
		o.XLabel = o.say("Hva en ekstra person i utfallet er verd, tusen kroner", "What an extra person in the outcome is worth, thousand NOK")
	}
	o.YLabel = o.say("Andel av trekningene der nytten er større enn kostnaden", "Share of draws in which the benefit is over the cost")
	if o.Caption == "" {
		o.Caption = o.say("Loddrett akse: andel av trekningene der nytten er større enn kostnaden.", "Vertical axis: share of draws in which the benefit is over the cost.")
	}
	return Effects(panels, Share, o)
}

// nothing is a column of NaN.
func nothing(x []float64) []float64 {
	out := make([]float64, len(x))
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// CostOverview is what a participant costs, tiltak for tiltak in a group: the mean, and from the cheapest to the dearest
// tenth. Nil where nothing is priced.
func (s *Set) CostOverview(group string, o Options) *Figure {
	l := string(o.lang())
	var rows []ForestRow
	any := false
	for _, k := range s.Run.Tiltak {
		row := ForestRow{Label: k.Text.In(l), Estimate: math.NaN(), Low: math.NaN(), High: math.NaN(), Note: o.say("ingen pris, eller skjult", "no price, or hidden")}
		for _, c := range s.Costs(k.ID, group) {
			if c.Year != nil || c.Measure != "per_participant" {
				continue
			}
			switch c.Statistic {
			case "mean":
				row.Estimate = c.Value
			case "p10":
				row.Low = c.Value
			case "p90":
				row.High = c.Value
			}
		}
		any = any || !math.IsNaN(row.Estimate)
		rows = append(rows, row)
	}
	if !any {
		return nil
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Kostnad per deltaker: %s", "Cost per participant: %s"), results.Name(s.Run.Groups, group, l))
	}
	o.XLabel = fmt.Sprintf(o.say("Kroner per deltaker (%d-kroner)", "NOK per participant (%d prices)"), s.Run.PriceYear)
	o.Value = o.lang().Kroner
	if o.Caption == "" {
		o.Caption = o.say("Punkt: gjennomsnitt. Strek: fra tiendedelen som koster minst, til tiendedelen som koster mest.", "Point: mean. Line: from the tenth that costs least to the tenth that costs most.")
	}
	return Forest(rows, Kroner, o)
}

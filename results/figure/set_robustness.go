package figure

import (
	"slices"
	"strconv"

	"tiltakseffekt/results"
)

// SpecificationCurve draws the registry of a tiltak and group: the study's own figures at the registry's months, and every
// rival. Nil where the run has no registry.
func (s *Set) SpecificationCurve(tiltak, group string, o Options) *Figure {
	row := s.Robustness(tiltak, group)
	if row == nil {
		return nil
	}
	specs := s.Specifications(tiltak, group, o)
	unit := Points
	if s.Money(row.Outcome) {
		unit = Kroner
	}
	if o.Title == "" {
		o.Title = o.say("Alle valg i registeret: ", "Every choice of the registry: ") + results.Name(s.Run.Tiltak, tiltak, string(o.lang())) + ", " + results.Name(s.Run.Groups, group, string(o.lang()))
	}
	if o.Caption == "" {
		o.Caption = o.say("Hvert punkt er én kombinasjon av valg, med sitt intervall; under står hvilke. Ringen er studiens eget valg.",
			"Each point is one combination of choices, with its interval; which ones stands below. The ring is the study's own choice.")
	}
	return SpecificationCurve(Factors(o), specs, unit, o)
}

// Factors names what a registry chooses among.
func Factors(o Options) []string {
	return []string{o.say("Utvalg", "Sample"), o.say("Definisjon", "Definition"), o.say("Kjennetegn", "Covariates"), o.say("Måned", "Month"), o.say("Metode", "Method")}
}

// Robustness is the row of a tiltak and group in table robustness; nil where there is none.
func (s *Set) Robustness(tiltak, group string) *results.Robustness {
	for i := range s.Tables.Robustness {
		if r := &s.Tables.Robustness[i]; r.Tiltak == tiltak && r.Group == group {
			return r
		}
	}
	return nil
}

// Specifications are the figures of the registry of a tiltak and group, in the order of the table.
func (s *Set) Specifications(tiltak, group string, o Options) []Specification {
	row := s.Robustness(tiltak, group)
	if row == nil {
		return nil
	}
	months := map[int]bool{row.Month: true} // of the registry: those at which rivals stand
	for i := range s.Tables.Estimates {
		if e := &s.Tables.Estimates[i]; e.Role == "robustness" && e.Month != nil {
			months[*e.Month] = true
		}
	}
	own := func(x string) string {
		if x == "" || x == "main" || x == "default" || x == "fixed_and_before_registration" {
			return o.say("studiens", "the study's")
		}
		return x
	}
	var specs []Specification
	for i := range s.Tables.Estimates {
		e := &s.Tables.Estimates[i]
		if e.Tiltak != tiltak || e.Group != group || e.Outcome != row.Outcome || e.Month == nil || !months[*e.Month] || e.SubsetVar != "" || e.Role != "primary" && e.Role != "robustness" {
			continue
		}
		method := results.Name(append(slices.Clone(s.Run.Methods), s.Run.Rivals.Methods...), e.Method, string(o.lang()))
		specs = append(specs, Specification{Estimate: e.Estimate, Low: e.ConfLow, High: e.ConfHigh, Main: e.Role == "primary" && *e.Month == row.Month,
			Choice: []string{own(e.Sample), own(e.Definition), own(e.CovariateSet), strconv.Itoa(*e.Month), method}})
	}
	return specs
}

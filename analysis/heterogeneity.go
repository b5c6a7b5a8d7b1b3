package analysis

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
)

// Heterogeneity is by what effects are estimated apart: variables that are known before time zero, or that are variants of
// the treatment itself (docs/heterogeneity.md). Its figures have the role exploratory.
type Heterogeneity struct {
	By       []string `json:"by"`
	Outcomes []string `json:"outcomes"` // default: the outcome of the family
	Methods  []string `json:"methods"`  // default: the method of the family
	Months   []int    `json:"months"`   // default: the month of the family
	Groups   []string `json:"groups"`   // default: all groups of the study
	// Over is what a family of figures runs over besides the values of a variable; default tiltak, group and variable: all of
	// an outcome, method and month.
	Over         []string `json:"over"`
	Multiplicity string   `json:"multiplicity"` // holm, bh, simultaneous or none; default that of the study
	NameOffices  bool     `json:"name_offices"` // write the codes of nav_enhet; otherwise offices are numbered
}

// UnmarshalYAML reads a list of variables, or an object.
func (h *Heterogeneity) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode(&h.By)
	}
	if err := knownKeys(n, "heterogeneity", "by", "outcomes", "methods", "months", "groups", "over", "multiplicity", "name_offices"); err != nil {
		return err
	}
	p := struct {
		By           []string `yaml:"by"`
		Outcomes     []string `yaml:"outcomes"`
		Methods      []string `yaml:"methods"`
		Months       []int    `yaml:"months"`
		Groups       []string `yaml:"groups"`
		Over         []string `yaml:"over"`
		Multiplicity string   `yaml:"multiplicity"`
		NameOffices  bool     `yaml:"name_offices"`
	}{}
	if err := n.Decode(&p); err != nil {
		return err
	}
	*h = Heterogeneity(p)
	return nil
}

// realised are what only the course of a participation decides: a group by it would condition on what the start changes.
var realised = []string{"varighet", "duration", "slutt_dato", "status", "status_aarsak", "fullfort", "fullfoert", "completed", "completion", "avbrutt", "deltakelsesmengde", "lonnstilskudd", "senere_tiltak", "later_tiltak"}

// heterogeneityOver are what a family of figures can run over besides values.
var heterogeneityOver = []string{"tiltak", "group", "variable"}

// resolveHeterogeneity fills in the defaults, and refuses what is not known before the start.
func (s *Study) resolveHeterogeneity() error {
	h := s.Heterogeneity
	if h == nil {
		return nil
	}
	if len(h.By) == 0 {
		return fault.Usagef("bad_study", "`heterogeneity.by` is empty; name what effects are to be estimated apart by: %s", strings.Join(subsetNames(), ", "))
	}
	for i, v := range h.By {
		if slices.Contains(realised, v) {
			return fault.Usagef("bad_study", "`heterogeneity` names `%s`, which is decided after the start: those who stay long or complete are those whom nothing better drew away, and an effect among them is no effect of the tiltak; name what is known before the start (%s)", v, strings.Join(subsetNames(), ", "))
		}
		if !slices.Contains(subsetNames(), v) {
			return fault.Usagef("bad_study", "`heterogeneity` names `%s`; it is of %s%s", v, strings.Join(subsetNames(), ", "), fault.Suggest(v, subsetNames()))
		}
		if slices.Contains(h.By[:i], v) {
			return fault.Usagef("bad_study", "`heterogeneity` names `%s` twice", v)
		}
	}
	f := s.Inference.Family
	if h.Outcomes == nil {
		h.Outcomes = []string{s.Outcomes[max(0, slices.IndexFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == f.Outcome }))].ID}
	}
	if h.Methods == nil {
		h.Methods = []string{s.Methods[max(0, slices.IndexFunc(s.Methods, func(m Method) bool { return m.ID == f.Method }))].ID}
	}
	if h.Months == nil {
		h.Months = []int{min(24, s.Horizon)}
		if f.Month > 0 {
			h.Months[0] = f.Month
		}
	}
	if h.Groups == nil {
		h.Groups = slices.Clone(s.Groups)
	}
	if h.Over == nil {
		h.Over = slices.Clone(heterogeneityOver)
	}
	if h.Multiplicity == "" {
		h.Multiplicity = s.Inference.Multiplicity
	}
	if served := []string{holm, benjaminiHochberg, simultaneous, noCorrection}; !slices.Contains(served, h.Multiplicity) {
		return fault.Usagef("bad_study", "`heterogeneity.multiplicity: %s` is not known; it is holm, bh, simultaneous or none%s", h.Multiplicity, fault.Suggest(h.Multiplicity, served))
	}
	for _, m := range h.Months {
		if m < 1 || m > s.Horizon {
			return fault.Usagef("bad_study", "`heterogeneity.months` names %d, which is not between 1 and the horizon %d", m, s.Horizon)
		}
	}
	outcomes, methods := make([]string, len(s.Outcomes)), make([]string, len(s.Methods))
	for i, o := range s.Outcomes {
		outcomes[i] = o.ID
	}
	for i, m := range s.Methods {
		methods[i] = m.ID
	}
	for _, c := range []struct {
		key           string
		given, served []string
	}{{"outcomes", h.Outcomes, outcomes}, {"methods", h.Methods, methods}, {"groups", h.Groups, s.Groups}, {"over", h.Over, heterogeneityOver}} {
		for i, v := range c.given {
			if !slices.Contains(c.served, v) {
				return fault.Usagef("bad_study", "`heterogeneity.%s` names `%s`; it is of %s%s", c.key, v, strings.Join(c.served, ", "), fault.Suggest(v, c.served))
			}
			if slices.Contains(c.given[:i], v) {
				return fault.Usagef("bad_study", "`heterogeneity.%s` names `%s` twice", c.key, v)
			}
		}
	}
	return nil
}

// checkHeterogeneity refuses variables that the register has no column for.
func (r *runner) checkHeterogeneity() error {
	h := r.study.Heterogeneity
	if h == nil {
		return nil
	}
	for _, name := range h.By {
		v := subsetVariables[name]
		if v.needs == nil {
			continue
		}
		if missing := v.needs(r.reg); missing != "" {
			return fault.Usagef("bad_study", "`heterogeneity` names `%s`, and the register has no %s; add it, or leave `%s` out", name, missing, name)
		}
	}
	return nil
}

package outcome

import (
	"regexp"
	"slices"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Parts divides an outcome by kind of job into outcomes that exclude each other and leave nothing out: in every month that counts for
// the whole exactly one of them counts. Of kind work a value is thus the sum of those of its parts, row by row, and so are means,
// and effects by any method that weights rows by what does not depend on the outcome. Each key divides the whole anew.
type Parts struct {
	// Terms divides work on all terms: ordinary work, and work that is work only with what is paid through a tiltak.
	Terms bool `yaml:"terms,omitempty" json:"terms,omitempty"`
	// Employer: with the employer before the start, with another, not known (Spec.Employer).
	Employer bool `yaml:"employer,omitempty" json:"employer,omitempty"`
	// Lists of values: a part a value, one for all other values, one for jobs without the value.
	Sector   []string `yaml:"sector,omitempty" json:"sector,omitempty"`
	Contract []string `yaml:"contract,omitempty" json:"contract,omitempty"`
	Industry []string `yaml:"industry,omitempty" json:"industry,omitempty"`
}

// The values of Spec.Employer, besides `ukjent`.
const (
	sameAsBefore    = "samme"
	otherThanBefore = "annen"
)

// Employers are the values of `employer`.
var Employers = []string{sameAsBefore, otherThanBefore, unknownJob}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// inID is a value as a part of an id.
func inID(v string) string {
	v = strings.NewReplacer("æ", "ae", "ø", "o", "å", "a").Replace(strings.ToLower(v))
	return strings.Trim(notInID.ReplaceAllString(v, "_"), "_")
}

// Expand is the spec without Parts, and its parts: <id>_ordinaert, _i_tiltak; _samme_arbeidsgiver, _annen_arbeidsgiver, _ukjent_arbeidsgiver;
// and of a list _<value> …, _andre_<column>, _ukjent_<column>. A spec without parts is itself. The error is a usage error that names the outcome.
func (s Spec) Expand() ([]Spec, error) {
	parts := s.Parts
	s.Parts = nil
	if parts == nil {
		return []Spec{s}, nil
	}
	fail := func(why string) ([]Spec, error) {
		return nil, fault.Usagef("outcome_parts", "outcome `%s`: %s", s.ID, why)
	}
	resolved := s.Resolved()
	switch {
	case resolved.Kind != Work:
		return fail("`parts` does not apply to " + string(s.Kind) + ": only of work do the parts add up to the whole (a run of months may lie in two jobs); use work, or write outcomes with `sector`, `employer` or `contract`")
	case parts.Terms && resolved.Terms != AllTerms:
		return fail("`parts: {terms: true}` divides work on all terms into ordinary work and work paid through a tiltak; write `terms: all`, or leave it out")
	case !parts.Terms && !parts.Employer && len(parts.Sector)+len(parts.Contract)+len(parts.Industry) == 0:
		return fail("`parts` is empty; it has `terms: true`, `employer: true`, and lists of values of `sector`, `contract` and `industry`")
	}
	out := []Spec{s}
	add := func(suffix string, change func(*Spec)) {
		p := s
		p.ID += "_" + suffix
		change(&p)
		out = append(out, p)
	}
	if parts.Terms {
		add("ordinaert", func(p *Spec) { p.Terms = Ordinary })
		add("i_tiltak", func(p *Spec) { p.Terms = TiltakTerms })
	}
	if parts.Employer {
		if s.Employer != nil {
			return fail("it has both `employer` and `parts: {employer: true}`")
		}
		for _, v := range Employers {
			add(v+"_arbeidsgiver", func(p *Spec) { p.Employer = []string{v} })
		}
	}
	for _, l := range []struct {
		key, column string
		values      []string
		of          func(*Spec) *[]string
	}{
		{"sector", "sektor", parts.Sector, func(p *Spec) *[]string { return &p.Sector }},
		{"contract", "ansettelsesform", parts.Contract, func(p *Spec) *[]string { return &p.Contract }},
		{"industry", "naring", parts.Industry, func(p *Spec) *[]string { return &p.Industry }},
	} {
		if len(l.values) == 0 {
			continue
		}
		if *l.of(&s) != nil {
			return fail("it has both `" + l.key + "` and `parts` by " + l.key)
		}
		var others []string
		for i, v := range l.values {
			if v == unknownJob || strings.HasPrefix(v, except) || v == "" {
				return fail("`parts` by " + l.key + " names `" + v + "`; name values alone: the other values and the unknown get parts of their own")
			}
			if overlaps := slices.ContainsFunc(l.values[:i], func(w string) bool {
				return strings.EqualFold(v, w) || l.key == "industry" && (strings.HasPrefix(v, w) || strings.HasPrefix(w, v))
			}); overlaps {
				return fail("`parts` by " + l.key + " names `" + v + "` twice, or within another: parts may not overlap")
			}
			suffix := inID(v)
			if l.key == "industry" {
				suffix = l.column + "_" + suffix
			}
			add(suffix, func(p *Spec) { *l.of(p) = []string{v} })
			others = append(others, except+v)
		}
		add("andre_"+l.column, func(p *Spec) { *l.of(p) = others })
		add(unknownJob+"_"+l.column, func(p *Spec) { *l.of(p) = []string{unknownJob} })
	}
	for _, p := range out {
		if !idPattern.MatchString(p.ID) {
			return fail("the part `" + p.ID + "` must be 1 to 40 of a-z, 0-9 and _; give the outcome a shorter id")
		}
	}
	return out, nil
}

package analysis

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/internal/fault"
)

// GroupDefinition is a target group of the study's own: an expression over what is known before the month of start
// (docs/groups.md), and what to call it. A study gives the expression alone, or {when: …, name: {nb: …, en: …}}.
type GroupDefinition struct {
	When string    `json:"when"`
	Name localText `json:"name"`
}

// UnmarshalYAML reads an expression, or an object.
func (g *GroupDefinition) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		g.When = n.Value
		return nil
	}
	if err := knownKeys(n, "group_definitions", "when", "name"); err != nil {
		return err
	}
	p := struct {
		When string    `yaml:"when"`
		Name localText `yaml:"name"`
	}{}
	if err := n.Decode(&p); err != nil {
		return err
	}
	g.When, g.Name = p.When, p.Name
	return nil
}

// groupIDs are the groups of the study as tables call them, in their order: those that it names and, with `pairs: all`, the intersections of every
// two of them (cohort.Design).
func (s *Study) groupIDs() []string {
	var out []string
	for _, name := range s.Groups {
		out = append(out, cohort.GroupID(name))
	}
	if s.Pairs != allPairs {
		return out
	}
	var single []string
	for _, id := range out {
		if len(cohort.GroupParts(id)) == 1 && id != everybody {
			single = append(single, id)
		}
	}
	for i, a := range single {
		for _, b := range single[i+1:] {
			if !slices.Contains(out, cohort.GroupID(a+"*"+b)) && !slices.Contains(out, cohort.GroupID(b+"*"+a)) {
				out = append(out, cohort.GroupID(a+"*"+b))
			}
		}
	}
	return out
}

// chooses tells whether a list of groups, such as `heterogeneity.groups`, has the group that tables call id: it names it, or with `pairs: all`
// both groups of an intersection that the study does not name.
func (s *Study) chooses(list []string, id string) bool {
	named := func(id string) bool {
		return slices.ContainsFunc(list, func(name string) bool { return cohort.GroupID(name) == id })
	}
	if named(id) {
		return true
	}
	parts := cohort.GroupParts(id)
	return s.Pairs == allPairs && len(parts) == 2 && named(parts[0]) && named(parts[1]) &&
		!slices.ContainsFunc(s.Groups, func(name string) bool { return cohort.GroupID(name) == id })
}

// The words of `pairs`.
const (
	noPairs  = "none"
	allPairs = "all"
)

// resolveGroups fills in the defaults of the groups.
func (s *Study) resolveGroups() error {
	if s.Pairs == "" {
		s.Pairs = noPairs
	}
	if s.Pairs != noPairs && s.Pairs != allPairs {
		return fault.Usagef("bad_study", "`pairs: %s` is not known%s; it is all (every two of `groups` together) or none", s.Pairs, fault.Suggest(s.Pairs, []string{allPairs, noPairs}))
	}
	return nil
}

// define is the groups of the study's own.
func (s *Study) define() map[string]cohort.Definition {
	out := map[string]cohort.Definition{}
	for id, g := range s.GroupDefinitions {
		out[id] = cohort.Definition{When: g.When, NB: g.Name.NB, EN: g.Name.EN}
	}
	return out
}

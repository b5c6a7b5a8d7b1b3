package analysis

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// treatments are the entries of `tiltak`: codes, and combinations with an id of their own; IDs nil: all in the register.
type treatments struct {
	IDs          []string
	Combinations []cohort.Combination
}

var combinationID = regexp.MustCompile(`^[A-Z0-9_]{1,40}$`)

// UnmarshalYAML reads a list of codes and of combinations {id, all, within}, or `all`.
func (t *treatments) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		if n.Value != "all" {
			return fault.Usagef("bad_study", "line %d: `tiltak` is a list of codes, or all", n.Line).At(int64(n.Line))
		}
		*t = treatments{}
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return fault.Usagef("bad_study", "line %d: `tiltak` is a list of codes, or all", n.Line).At(int64(n.Line))
	}
	*t = treatments{IDs: []string{}}
	for _, entry := range n.Content {
		if entry.Kind == yaml.ScalarNode {
			t.IDs = append(t.IDs, entry.Value)
			continue
		}
		if err := knownKeys(entry, "tiltak", "id", "all", "within"); err != nil {
			return err
		}
		p := struct {
			ID     string   `yaml:"id"`
			All    []string `yaml:"all"`
			Within *int     `yaml:"within"`
		}{}
		if err := entry.Decode(&p); err != nil {
			return err
		}
		if !combinationID.MatchString(p.ID) {
			return fault.Usagef("bad_study", "line %d: `tiltak` has a combination with the id `%s`; give it 1 to 40 of A-Z, 0-9 and _, which is what tables call it", entry.Line, p.ID).At(int64(entry.Line))
		}
		if p.Within == nil {
			three := defaultWithin
			p.Within = &three
		}
		t.IDs = append(t.IDs, p.ID)
		t.Combinations = append(t.Combinations, cohort.Combination{ID: p.ID, All: p.All, Within: *p.Within})
	}
	return nil
}

// defaultWithin is how many months may lie between the starts of the parts of a combination.
const defaultWithin = 3

// MarshalJSON writes what was read: null for all, codes as text, combinations as objects.
func (t treatments) MarshalJSON() ([]byte, error) {
	if t.IDs == nil {
		return []byte("null"), nil
	}
	list := make([]any, len(t.IDs))
	for i, id := range t.IDs {
		list[i] = id
		if k := slices.IndexFunc(t.Combinations, func(c cohort.Combination) bool { return c.ID == id }); k >= 0 {
			list[i] = t.Combinations[k]
		}
	}
	return json.Marshal(list)
}

// UnmarshalYAML reads the comparison; several codes under `against` are joined by |.
func (c *Comparison) UnmarshalYAML(n *yaml.Node) error {
	if err := knownKeys(n, "comparison", "against", "later_entry", "per_treated", "all_under", "truncate", "wait_until", "start_by"); err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := n.Content[i+1]
		if n.Content[i].Value != "against" || v.Kind == yaml.ScalarNode {
			continue
		}
		var list []string
		if v.Kind != yaml.SequenceNode || v.Decode(&list) != nil || len(list) == 0 {
			return fault.Usagef("bad_study", "line %d: `comparison.against` is not-now, never, either, the code of a tiltak or a list of codes", v.Line).At(int64(v.Line))
		}
		slices.Sort(list)
		for j, code := range list {
			if j > 0 && code == list[j-1] {
				return fault.Usagef("bad_study", "line %d: `comparison.against` names `%s` twice", v.Line, code).At(int64(v.Line))
			}
		}
		joined := *v
		joined.Kind, joined.Tag, joined.Content, joined.Value = yaml.ScalarNode, "!!str", nil, strings.Join(list, "|")
		n.Content[i+1] = &joined
	}
	type plain Comparison
	return n.Decode((*plain)(c))
}

// who is who the comparison is, and of another tiltak its codes.
func (c *Comparison) who() (cohort.Against, []string) {
	switch c.Against {
	case "", againstNotNow:
		return cohort.NotNow, nil
	case "never":
		return cohort.Never, nil
	case "either":
		return cohort.Either, nil
	}
	return cohort.Other, strings.Split(c.Against, "|")
}

var looksLikeCode = regexp.MustCompile(`^[A-ZÆØÅ0-9_]+$`)

// resolveAgainst checks `comparison.against` as far as no register is needed.
func (s *Study) resolveAgainst() error {
	c := &s.Comparison
	if c.Against == "" {
		c.Against = againstNotNow
	}
	_, codes := c.who()
	for _, code := range codes {
		if !looksLikeCode.MatchString(code) {
			return fault.Usagef("bad_study", "`comparison.against: %s` is not known%s; it is not-now, never, either, the code of a tiltak (`evaluate catalog tiltak`) or a list of codes", code,
				fault.Suggest(code, []string{againstNotNow, "never", "either"}))
		}
	}
	return nil
}

// againstWarnings are what a comparison must say of itself.
func (r *runner) againstWarnings() []fault.Warning {
	var w []fault.Warning
	if who, _ := r.study.Comparison.who(); who == cohort.Never {
		w = append(w, fault.Warnf("against_never", "the comparison has never started a tiltak, which is known only afterwards: those who find work quickly never do, so that the figures are too low and are no effects; not-now does not condition on the future"))
	}
	for _, c := range r.study.Tiltak.Combinations {
		w = append(w, fault.Warnf("combination_last_part", "%s: costs and time in tiltak are those of the part that begins last (of %s)", c.ID, strings.Join(c.All, ", ")))
	}
	return w
}

// nameOf names a tiltak, or the parts of a combination, for people.
func (r *runner) nameOf(code string) results.Text {
	for _, c := range r.study.Tiltak.Combinations {
		if c.ID != code {
			continue
		}
		var nb, en []string
		for _, part := range c.All {
			name := r.nameOf(part)
			nb, en = append(nb, name.NB), append(en, name.EN)
		}
		return results.Text{NB: strings.Join(nb, " + "), EN: strings.Join(en, " + ")}
	}
	if t, ok := r.cat.Tiltak(code); ok {
		return results.Text{NB: t.Name("nb"), EN: t.Name("en")}
	}
	return results.Text{NB: code, EN: code}
}

// elapsed are the months of the episode that the study is about, {0, 0} for all.
func (s *Study) elapsed() [2]int {
	if len(s.Population.Elapsed) != 2 {
		return [2]int{}
	}
	return [2]int{s.Population.Elapsed[0], s.Population.Elapsed[1]}
}

// resolveElapsed checks `population.elapsed`; that the months are in order is checked with the design.
func (s *Study) resolveElapsed() error {
	if e := s.Population.Elapsed; e != nil && (len(e) != 2 || e[0] < 1) {
		return fault.Usagef("bad_study", "`population.elapsed` is [first, last] month of the episode, counted from 1 in the month it begins, such as [1, 3]")
	}
	return nil
}

package analysis

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// AfterChain asks for persons with a first link: `population.chain`. With it the tiltak of the study are second links.
type AfterChain struct {
	After    []string `yaml:"after" json:"after"` // codes, or families of the catalogue
	Within   *int     `yaml:"within" json:"within"`
	State    string   `yaml:"state" json:"state"`
	Position string   `yaml:"position" json:"position"`
}

// UnmarshalYAML reads {after: CODE or [CODE, …], within: 6, state: ended, position: first}.
func (a *AfterChain) UnmarshalYAML(n *yaml.Node) error {
	if err := knownKeys(n, "population.chain", "after", "within", "state", "position"); err != nil {
		return err
	}
	var p struct {
		After    yaml.Node `yaml:"after"`
		Within   *int      `yaml:"within"`
		State    string    `yaml:"state"`
		Position string    `yaml:"position"`
	}
	if err := n.Decode(&p); err != nil {
		return err
	}
	a.Within, a.State, a.Position = p.Within, p.State, p.Position
	switch p.After.Kind {
	case 0:
		return nil
	case yaml.ScalarNode:
		a.After = []string{p.After.Value}
		return nil
	}
	return p.After.Decode(&a.After)
}

// The links that count, by their place in a chain.
const (
	positionFirst = "first"
	positionAny   = "any"
)

func (a *AfterChain) resolve() error {
	if a == nil {
		return nil
	}
	if len(a.After) == 0 {
		return fault.Usagef("bad_study", "`population.chain.after` is missing; name the tiltak, or the family of tiltak, of the first link")
	}
	if a.State == "" {
		a.State = cohort.Ended
	}
	if a.Within != nil && a.State == cohort.In {
		return fault.Usagef("bad_study", "`population.chain.within` counts months since the link ended, and `state: in` asks for those who are still in it; leave one of them out")
	}
	if a.Within == nil && a.State != cohort.In {
		six := 6
		a.Within = &six
	}
	if a.Position == "" {
		a.Position = positionFirst
	}
	if a.Position != positionFirst && a.Position != positionAny {
		return fault.Usagef("bad_study", "`population.chain.position: %s` is not known%s; it is first or any", a.Position, fault.Suggest(a.Position, []string{positionFirst, positionAny}))
	}
	return nil
}

func (a *AfterChain) design() *cohort.AfterLink {
	if a == nil {
		return nil
	}
	out := &cohort.AfterLink{Tiltak: slices.Clone(a.After), Within: 6, State: a.State, Any: a.Position == positionAny}
	if a.Within != nil {
		out.Within = *a.Within
	}
	return out
}

// firstLinks puts the codes of the register in the place of families of the catalogue.
func (r *runner) firstLinks(a *cohort.AfterLink) {
	if a == nil {
		return
	}
	var codes []string
	for _, name := range a.Tiltak {
		found := false
		for _, code := range r.reg.Tiltak {
			if r.family(code) == name && code != name {
				codes, found = append(codes, code), true
			}
		}
		if !found {
			codes = append(codes, name)
		}
	}
	slices.Sort(codes)
	a.Tiltak = slices.Compact(codes)
}

// afterText says in words who the study is about, for the report; empty without a first link.
func (r *runner) afterText() results.Text {
	a := r.study.Population.Chain
	if a == nil {
		return results.Text{}
	}
	name := func(lang string) string {
		var out []string
		for _, id := range a.After {
			switch t, ok := r.cat.Tiltak(id); {
			case ok:
				out = append(out, t.Name(lang))
			case familyText[id] != (results.Text{}):
				out = append(out, familyText[id].In(lang))
			default:
				out = append(out, id)
			}
		}
		return strings.Join(out, ", ")
	}
	if a.State == cohort.In {
		return results.Text{
			NB: "Studien gjelder personer som er i et første ledd (" + name("nb") + "): virkningen av å begynne i et tiltak til mens det første varer. De som sammenlignes, har vært like lenge i det første leddet på samme dag.",
			EN: "The study is about persons who are in a first link (" + name("en") + "): the effect of beginning another tiltak while the first goes on. Those compared have been in the first link for as long on the same day.",
		}
	}
	return results.Text{
		NB: "Studien gjelder personer som har hatt et første ledd (" + name("nb") + ") som er avsluttet: virkningen av et ledd til. De som sammenlignes, er registrert på samme dag, og det er like lenge siden deres første ledd sluttet; ingen regnes som sammenligning fordi de fant jobb i stedet.",
		EN: "The study is about persons who have had a first link (" + name("en") + ") that has ended: the effect of another link. Those compared are registered on the same day, and their first link ended as long ago; nobody is in the comparison because they found work instead.",
	}
}

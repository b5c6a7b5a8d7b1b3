package analysis

import (
	"context"
	"math"
	"strconv"

	"tiltakseffekt/analysis/chain"
	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// Chains is the part of a study about tiltak in sequence: the rule that says what a link is and when one follows another,
// and how courses are described. Nothing in it moves an effect.
type Chains struct {
	Gap       *chain.Span `yaml:"gap" json:"gap"`
	Overlap   *chain.Span `yaml:"overlap" json:"overlap"`
	MinLength *chain.Span `yaml:"min_length" json:"min_length"`
	Switch    string      `yaml:"switch" json:"switch"`
	By        string      `yaml:"by" json:"by"`
	Window    *int        `yaml:"window" json:"window"`
	Months    *int        `yaml:"months" json:"months"` // of the sequences of months
	Types     *typeCount  `yaml:"types" json:"types"`
	Costs     string      `yaml:"costs" json:"costs"`
}

// typeCount is a number of types, auto (0) or none (−1).
type typeCount int

// UnmarshalText reads a number from 2 to 20, auto or none.
func (t *typeCount) UnmarshalText(b []byte) error {
	switch s := string(b); s {
	case "auto":
		*t = 0
	case "none", "0":
		*t = -1
	default:
		n, err := strconv.Atoi(s)
		if err != nil || n < 2 || n > 20 {
			return fault.Usagef("bad_study", "`chains.types: %s` is not known; it is auto, none or a number from 2 to 20", s)
		}
		*t = typeCount(n)
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (t typeCount) MarshalText() ([]byte, error) {
	switch t {
	case 0:
		return []byte("auto"), nil
	case -1:
		return []byte("none"), nil
	}
	return strconv.AppendInt(nil, int64(t), 10), nil
}

// resolve fills in the defaults.
func (c *Chains) resolve() error {
	def := chain.DefaultRule()
	for _, s := range []struct {
		to  **chain.Span
		def chain.Span
	}{{&c.Gap, def.Gap}, {&c.Overlap, def.Overlap}, {&c.MinLength, def.MinLength}} {
		if *s.to == nil {
			*s.to = &s.def
		}
	}
	if c.Switch == "" {
		c.Switch = def.Switch
	}
	if c.By == "" {
		c.By = def.By
	}
	if c.Window == nil {
		c.Window = &def.Window
	}
	if c.Months == nil {
		months := 36
		c.Months = &months
	}
	if *c.Months < 2 || *c.Months > 120 {
		return fault.Usagef("bad_study", "`chains.months` is a number of months from 2 to 120, not %d", *c.Months)
	}
	if c.Types == nil {
		c.Types = new(typeCount)
	}
	if c.Costs == "" {
		c.Costs = chain.TransitionRate
	}
	if c.Costs != chain.TransitionRate && c.Costs != chain.Constant {
		return fault.Usagef("bad_study", "`chains.costs: %s` is not known%s; it is transition or constant", c.Costs, fault.Suggest(c.Costs, []string{chain.TransitionRate, chain.Constant}))
	}
	return c.rule().Validate()
}

func (c *Chains) rule() chain.Rule {
	return chain.Rule{Gap: *c.Gap, Overlap: *c.Overlap, MinLength: *c.MinLength, Switch: c.Switch, By: c.By, Window: *c.Window}
}

// family is the family of a tiltak code; a code that the catalogue does not know is one of its own.
func (r *runner) family(code string) string {
	if t, ok := r.cat.Tiltak(code); ok && t.Family != "" {
		return t.Family
	}
	return code
}

// class is opplæring, practice with an employer, or something else.
func (r *runner) class(name string) chain.Class {
	family := name
	if r.study.Chains.By == chain.ByTiltak {
		family = r.family(name)
	}
	switch family {
	case "opplaering":
		return chain.Opplaering
	case "arbeidstrening", "lonnstilskudd":
		return chain.Practice
	}
	return chain.OtherClass
}

// chains fills the tables about the chains whose first link began in the window of the study, whatever the tiltak, per
// target group as it was at that first start, and says in run.json by which rule. Shares and means are weighted by `vekt`;
// numbers are those of the extract.
func (r *runner) chains(ctx context.Context, t *results.Tables) (*results.ChainRule, error) {
	opt := r.study.Chains
	var family func(string) string
	if opt.By == chain.ByFamily {
		family = r.family
	}
	alphabet := chain.NewAlphabet(r.reg.Tiltak, family)
	if n := len(alphabet.States()); n > 255 {
		return nil, fault.Dataf("too_many_tiltak", "deltakelse", "tiltakskode", "%d different tiltak are more than sequences of months hold; set `chains.by: family`", len(alphabet.Names))
	}
	chains, err := chain.Build(ctx, r.reg, alphabet, opt.rule(), r.opt.Workers)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, g := range r.trials.Groups {
		ids = append(ids, g.ID)
	}
	groups := make([]uint64, len(chains.Chains))
	if err := parallel.Blocks(ctx, r.opt.Workers, len(groups), 4096, func(_, from, to int) error {
		members := cohort.NewMembers(r.reg, r.study.Population.Eligible, r.trials.Groups)
		for i := from; i < to; i++ {
			first := chains.Of(i)[0].Start
			if m := first.Month(); m >= *r.study.Population.From && m <= *r.study.Population.To {
				groups[i] = uint64(members.Of(chains.Chains[i].Person, first))
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	d, err := chain.Describe(ctx, r.reg, chain.Input{Chains: chains, Groups: groups, NGroups: len(ids), Weight: r.reg.Persons.Weight, Class: r.class, MinCell: *r.study.Disclosure.MinCell,
		Months: *opt.Months, Types: int(*opt.Types), Costs: opt.Costs, Seed: *r.study.Seed, Workers: r.opt.Workers})
	if err != nil {
		return nil, err
	}
	for _, x := range d.Transitions {
		t.Transitions = append(t.Transitions, results.Transition{Group: ids[x.Group], From: x.From, To: x.To, N: x.N, Persons: x.Persons, Share: x.Share, MeanGap: x.MeanGap, Unfollowed: x.Unfollowed, InOther: x.InOther})
	}
	for _, x := range d.Rows {
		row := results.Chain{Group: ids[x.Group], Kind: x.Kind, Value: x.Value, Links: x.Links, N: x.N, Persons: x.Persons, Share: x.Share, Followed: x.Followed,
			MeanMonths: x.Months, MeanMonthsIn: x.MonthsIn, WorkShare: x.Work, ReentryShare: x.Again, MeanReentryTime: x.AgainAfter,
			InOther: x.InOther, PersonsFollowed: x.FollowedPersons, WithWork: x.WithWork, WithoutWork: x.WithoutWork, WithReentry: x.WithAgain, WithoutReentry: x.WithoutAgain}
		if x.Links == 0 {
			row.Links = -1
		}
		t.Chains = append(t.Chains, row)
	}
	for _, x := range d.Months {
		t.ChainStates = append(t.ChainStates, results.ChainState{Group: ids[x.Group], Month: x.Month, State: x.State, N: x.N, Persons: x.Persons, Share: x.Share})
	}
	for _, x := range d.Measures {
		t.ChainMeasures = append(t.ChainMeasures, results.ChainMeasure{Group: ids[x.Group], Measure: x.Name, N: x.N, Persons: x.Persons, Mean: x.Mean, SD: x.SD, P25: x.P25, P50: x.P50, P75: x.P75})
	}
	for _, x := range d.Types {
		t.ChainTypes = append(t.ChainTypes, results.ChainType{Type: x.Type, State: x.State, N: x.N, Persons: x.Persons, Share: x.Share, Months: x.Months, With: x.With})
	}
	return r.chainRule(d, alphabet), nil
}

// chainRule is the rule in words with the names of everything that the tables name.
func (r *runner) chainRule(d *chain.Description, a chain.Alphabet) *results.ChainRule {
	rule := r.study.Chains.rule()
	out := &results.ChainRule{Text: results.Text{NB: rule.Words("nb"), EN: rule.Words("en")}, After: r.afterText(), Window: rule.Window, Months: *r.study.Chains.Months}
	seen := map[string]bool{}
	add := func(id string, text results.Text) {
		if !seen[id] {
			seen[id] = true
			out.Labels = append(out.Labels, results.Label{ID: id, Text: text})
		}
	}
	for _, name := range a.Names {
		text := results.Text{NB: name, EN: name}
		if t, ok := r.cat.Tiltak(name); ok && rule.By == chain.ByTiltak {
			text = results.Text{NB: t.Name("nb"), EN: t.Name("en")}
		} else if words, ok := familyText[name]; ok {
			text = words
		}
		add(name, text)
	}
	for _, w := range chainWords {
		add(w.ID, w.Text)
	}
	for _, v := range d.Silhouette {
		var p *float64
		if !math.IsNaN(v) {
			p = &v
		}
		out.Silhouette = append(out.Silhouette, p)
	}
	return out
}

// chainWords name what stands beside tiltak in the tables of chains.
var chainWords = []results.Label{
	{ID: chain.Entry, Text: results.Text{NB: "Første start", EN: "First start"}},
	{ID: chain.All, Text: results.Text{NB: "Alle", EN: "All"}},
	{ID: chain.Combination, Text: results.Text{NB: "Flere tiltak samtidig", EN: "Several tiltak at once"}},
	{ID: "work", Text: results.Text{NB: "Arbeid", EN: "Work"}},
	{ID: "education", Text: results.Text{NB: "Utdanning", EN: "Education"}},
	{ID: "ufore", Text: results.Text{NB: "Uføretrygd", EN: "Disability pension"}},
	{ID: "dead_or_emigrated", Text: results.Text{NB: "Død eller utvandret", EN: "Dead or emigrated"}},
	{ID: "reentry", Text: results.Text{NB: "Nytt tiltak senere", EN: "Tiltak again later"}},
	{ID: "registered", Text: results.Text{NB: "Registrert eller på ytelse", EN: "Registered or on a benefit"}},
	{ID: "other", Text: results.Text{NB: "Annet", EN: "Other"}},
	{ID: "other_1", Text: results.Text{NB: "Øvrige med ett ledd", EN: "The rest with one link"}},
	{ID: "other_2", Text: results.Text{NB: "Øvrige med to ledd", EN: "The rest with two links"}},
	{ID: "other_3", Text: results.Text{NB: "Øvrige med tre ledd", EN: "The rest with three links"}},
	{ID: "other_4+", Text: results.Text{NB: "Øvrige med fire ledd eller flere", EN: "The rest with four links or more"}},
	{ID: "end_of_data", Text: results.Text{NB: "Kan ikke følges videre", EN: "Cannot be followed further"}},
	{ID: chain.Pooled, Text: results.Text{NB: "Øvrige, slått sammen", EN: "The rest, pooled"}},
}

// familyText names the families of the catalogue.
var familyText = map[string]results.Text{
	"avklaring":           {NB: "Avklaring", EN: "Assessment"},
	"oppfolging":          {NB: "Oppfølging", EN: "Follow-up"},
	"rehabilitering":      {NB: "Rehabilitering", EN: "Rehabilitation"},
	"arbeidsforberedende": {NB: "Arbeidsforberedende trening", EN: "Work preparation"},
	"arbeidstrening":      {NB: "Arbeidstrening", EN: "Work practice"},
	"opplaering":          {NB: "Opplæring", EN: "Training"},
	"lonnstilskudd":       {NB: "Lønnstilskudd", EN: "Wage subsidy"},
	"mentor":              {NB: "Mentor", EN: "Mentor"},
	"tilrettelegging":     {NB: "Tilrettelegging", EN: "Adaptation"},
	"vta":                 {NB: "Varig tilrettelagt arbeid", EN: "Permanently adapted work"},
}

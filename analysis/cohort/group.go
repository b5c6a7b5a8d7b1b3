package cohort

import (
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// moment is what is known of a person before month m: what groups and covariates are made of.
type moment struct {
	reg     *register.Register
	persons *register.Persons
	person  int32
	m       calendar.Month
	episode *Episode // nil for a start outside any episode
	history *sums
}

// education is the NUS level before m: that of person_historikk on the day before m, otherwise the undated one.
func (x *moment) education() int8 {
	if x.reg.Dated == nil {
		return x.persons.Education[x.person]
	}
	d, _ := x.reg.PersonOn(x.person, x.m.First()-1)
	return d.Education
}

// county is where the person lived before m, likewise; −1 unknown.
func (x *moment) county() int16 {
	if x.reg.Dated == nil {
		if x.persons.County == nil {
			return -1
		}
		return x.persons.County[x.person]
	}
	d, _ := x.reg.PersonOn(x.person, x.m.First()-1)
	return d.County
}

// Group is a target group: an overlapping flag measured before time zero.
type Group struct {
	ID                         string
	NameNB, NameEN             string
	DefinitionNB, DefinitionEN string   // in words, with the expression where it is the user's
	Both                       []string // of an intersection: the ids of its two groups
	rules                      []rule
	both                       []*Group
}

// rule is a definition over a period.
type rule struct {
	valid catalog.Period
	*Expression
}

// member tells whether the person belongs to the group: what makes the expression unknown makes nobody a member.
func (g *Group) member(x *moment) bool {
	if g.both != nil {
		return g.both[0].member(x) && g.both[1].member(x)
	}
	if len(g.rules) == 1 {
		return g.rules[0].truth(x) == yes
	}
	day := x.m.First()
	for i := range g.rules {
		if g.rules[i].valid.Contains(day) {
			return g.rules[i].truth(x) == yes
		}
	}
	return false
}

// each calls f for each expression of the group.
func (g *Group) each(f func(rule)) {
	for _, b := range g.both {
		b.each(f)
	}
	for _, r := range g.rules {
		f(r)
	}
}

// Definition is the definition of a group that a study gives itself, over what the catalogue says.
type Definition struct {
	When   string // an expression
	NB, EN string // names; empty: the id
}

// pairMark joins the ids of an intersection: `unge_x_lav_utdanning`.
const pairMark = "_x_"

// GroupID is what tables call a group that a study names: unge_x_lav_utdanning for "unge*lav_utdanning", otherwise its name.
func GroupID(name string) string {
	a, b, pair := strings.Cut(name, "*")
	if !pair {
		return name
	}
	return strings.TrimSpace(a) + pairMark + strings.TrimSpace(b)
}

// GroupParts are the two groups whose intersection an id of a table is; otherwise the id alone.
func GroupParts(id string) []string { return strings.SplitN(id, pairMark, 2) }

var groupID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// catalogue is the catalogue of a design.
func (d *Design) catalogue() *catalog.Catalog {
	if d.Catalog != nil {
		return d.Catalog
	}
	return catalog.Default()
}

// GroupIDs are the target groups that a study can name without defining them.
func GroupIDs(c *catalog.Catalog) []string {
	return slices.DeleteFunc(c.Groups(), func(id string) bool { g, _ := c.Group(id); return len(g.Rules) == 0 })
}

// compile makes the groups of the design: those that it names, and with Pairs the intersections of each two of them.
func (d *Design) compile() ([]Group, error) {
	for _, id := range slices.Sorted(maps.Keys(d.Define)) {
		if !groupID.MatchString(id) || strings.Contains(id, pairMark) {
			return nil, fault.Usagef("bad_study", "`group_definitions` names `%s`; an id is 1 to 40 of a-z, 0-9 and _, beginning with a letter, without _x_", id)
		}
		if id == everybody {
			return nil, fault.Usagef("bad_study", "`group_definitions` names `alle`, which is everybody in the population and cannot be another; choose another id")
		}
	}
	single := map[string]*Group{}
	one := func(id string) (*Group, error) {
		if single[id] == nil {
			g, err := d.single(id)
			if err != nil {
				return nil, err
			}
			single[id] = g
		}
		return single[id], nil
	}
	var out []Group
	seen := map[string]bool{}
	add := func(g Group) error {
		key := g.ID
		if g.Both != nil {
			key = strings.Join(slices.Sorted(slices.Values(g.Both)), "*")
		}
		if seen[key] {
			return fault.Usagef("bad_study", "`groups` names `%s` twice", strings.ReplaceAll(g.ID, pairMark, "*"))
		}
		seen[key] = true
		out = append(out, g)
		return nil
	}
	for _, name := range d.Groups {
		a, b, isPair := strings.Cut(name, "*")
		if !isPair {
			g, err := one(name)
			if err != nil {
				return nil, err
			}
			if err := add(*g); err != nil {
				return nil, err
			}
			continue
		}
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		switch {
		case a == "" || b == "":
			return nil, fault.Usagef("bad_study", "`groups` names `%s`, which lacks a group beside the star; write \"unge*lav_utdanning\"", name)
		case strings.Contains(b, "*"):
			return nil, fault.Usagef("bad_study", "`groups` names `%s`, of more than two; define a group of your own with `and` in `group_definitions`", name)
		case a == everybody || b == everybody:
			return nil, fault.Usagef("bad_study", "`groups` names `%s`, and alle holds everybody; name the other group alone", name)
		case a == b:
			return nil, fault.Usagef("bad_study", "`groups` names `%s`, a group with itself; name it alone", name)
		}
		x, err := one(a)
		if err != nil {
			return nil, err
		}
		y, err := one(b)
		if err != nil {
			return nil, err
		}
		if err := add(intersection(x, y)); err != nil {
			return nil, err
		}
	}
	if d.Pairs {
		named := slices.Clone(out)
		for i := range named {
			for j := i + 1; j < len(named); j++ {
				a, b := &named[i], &named[j]
				if a.Both != nil || b.Both != nil || a.ID == everybody || b.ID == everybody || seen[strings.Join(slices.Sorted(slices.Values([]string{a.ID, b.ID})), "*")] {
					continue
				}
				if err := add(intersection(single[a.ID], single[b.ID])); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(out) > maxGroups {
		return nil, fault.Usagef("bad_study", "`groups` asks for %d groups, intersections included; at most %d fit in one run: name fewer, or name the pairs you want", len(out), maxGroups)
	}
	return out, nil
}

// everybody is the group that holds the whole population.
const everybody = "alle"

func intersection(a, b *Group) Group {
	lower := func(s string) string {
		if r := []rune(s); len(r) > 1 && strings.ToUpper(string(r[1])) == string(r[1]) && strings.ToLower(string(r[1])) != string(r[1]) {
			return s // an abbreviation
		} else if len(r) > 0 {
			return strings.ToLower(string(r[0])) + string(r[1:])
		}
		return s
	}
	return Group{
		ID: a.ID + pairMark + b.ID, Both: []string{a.ID, b.ID}, both: []*Group{a, b},
		NameNB: a.NameNB + " og " + lower(b.NameNB), NameEN: a.NameEN + " and " + lower(b.NameEN),
		DefinitionNB: a.DefinitionNB + "; og " + b.DefinitionNB, DefinitionEN: a.DefinitionEN + "; and " + b.DefinitionEN,
	}
}

// single is one group by its id: as the study defines it, otherwise as the catalogue does.
func (d *Design) single(id string) (*Group, error) {
	cat := d.catalogue()
	c, inCatalog := cat.Group(id)
	limit := math.NaN()
	if inCatalog && c.HasLimit {
		limit = c.Limit
	}
	g := &Group{ID: id, NameNB: c.NameNB, NameEN: c.NameEN, DefinitionNB: c.DefinitionNB, DefinitionEN: c.DefinitionEN}
	if !inCatalog {
		g.NameNB, g.NameEN = id, id
	}
	if own, ok := d.Define[id]; ok {
		e, err := ParseExpression(own.When, limit)
		if err != nil {
			return nil, within(err, "`group_definitions."+id+"`: ")
		}
		if own.NB != "" {
			g.NameNB = own.NB
		}
		if own.EN != "" {
			g.NameEN = own.EN
		}
		g.DefinitionNB, g.DefinitionEN = "definert i studien: "+own.When, "defined in the study: "+own.When
		g.rules = []rule{{catalog.Always, e}}
		return g, nil
	}
	if !inCatalog {
		return nil, fault.Usagef("unknown_group", "`groups` names `%s`, which is no target group%s (see `evaluate catalog groups`; `group_definitions` takes your own)",
			id, fault.Suggest(id, append(GroupIDs(cat), slices.Sorted(maps.Keys(d.Define))...)))
	}
	standard, _ := catalog.Default().Group(id)
	for _, r := range c.Rules {
		e, err := ParseExpression(r.Expression, limit)
		if err != nil {
			var f *fault.Error
			errors.As(err, &f)
			return nil, fault.Dataf("bad_expression", r.File, "uttrykk", "line %d: the definition of `%s` cannot be read: %s", r.Line, id, f.Message)
		}
		if !slices.ContainsFunc(standard.Rules, func(s catalog.GroupRule) bool { return s.Expression == r.Expression && s.Valid == r.Valid }) {
			g.DefinitionNB += "; " + r.Valid.String() + ": " + r.Expression
			g.DefinitionEN += "; " + r.Valid.String() + ": " + r.Expression
		}
		g.rules = append(g.rules, rule{r.Valid, e})
	}
	if len(c.Rules) > 0 && c.HasLimit && c.Limit != standard.Limit {
		g.DefinitionNB, g.DefinitionEN = g.DefinitionNB+"; grense "+c.LimitText(), g.DefinitionEN+"; limit "+c.LimitText()
	}
	for m := d.From; m <= d.To; m++ {
		if !slices.ContainsFunc(g.rules, func(r rule) bool { return r.valid.Contains(m.First()) }) {
			return nil, fault.Usagef("unknown_group", "`groups` names `%s`, which has no definition for starts in %s (%s); give one in gruppedefinisjoner.csv of `data.catalog`, or in `group_definitions`", id, m, periods(g.rules))
		}
	}
	return g, nil
}

func periods(rules []rule) string {
	if len(rules) == 0 {
		return "it has none at all"
	}
	var out []string
	for _, r := range rules {
		out = append(out, r.valid.String())
	}
	return "it holds " + strings.Join(out, ", ")
}

// within puts where it stands before a complaint.
func within(err error, place string) error {
	var f *fault.Error
	if errors.As(err, &f) {
		f.Message = place + f.Message
	}
	return err
}

// Columns are the columns of the user's own that the groups and covariates of the design read, each with what wants it first.
func (d *Design) Columns() ([]register.ExtraColumn, error) {
	groups, err := d.compile()
	if err != nil {
		return nil, err
	}
	var out []register.ExtraColumn
	for i := range groups {
		groups[i].each(func(r rule) {
			for _, c := range r.Columns {
				if !slices.ContainsFunc(out, func(x register.ExtraColumn) bool { return x.Name == c }) {
					out = append(out, register.ExtraColumn{Name: c, For: "the group `" + groups[i].ID + "`"})
				}
			}
		})
	}
	wanted, err := d.checkCovariates()
	if err != nil {
		return nil, err
	}
	for _, x := range wanted {
		if !slices.ContainsFunc(out, func(y register.ExtraColumn) bool { return y.Name == x.Name }) {
			out = append(out, x)
		}
	}
	return out, nil
}

// available refuses a group whose expression needs what the register does not have, and warns of one that looks back before
// the panel begins.
func available(groups []Group, reg *register.Register, from calendar.Month) ([]fault.Warning, error) {
	var warnings []fault.Warning
	x := &moment{reg: reg, persons: &reg.Persons}
	for i := range groups {
		g := &groups[i]
		if g.both != nil {
			continue
		}
		var err error
		back := 0
		g.each(func(r rule) {
			back = max(back, r.LookBack)
			for _, n := range r.needs {
				if err == nil && !n.there(x) {
					err = fault.Dataf("missing_column", n.name, n.column, "group `%s` is defined by the column `%s` of %s, which the register does not have; add it, or leave the group out", g.ID, n.column, n.name)
				}
			}
			for k, c := range r.Columns {
				if e := reg.Extra[c]; err == nil && e != nil && !r.truths[k] && (e.Codes != nil) != r.texts[k] {
					table, column, _ := strings.Cut(c, ".")
					err = fault.Dataf("column_type", table, column, "group `%s` compares `%s` with %s, and it holds %s; compare it with what it holds", g.ID, c,
						map[bool]string{true: "texts", false: "numbers"}[r.texts[k]], map[bool]string{true: "texts", false: "numbers"}[e.Codes != nil])
				}
			}
		})
		if err != nil {
			return nil, err
		}
		if first := reg.Panel.First; from-calendar.Month(back) < first {
			warnings = append(warnings, fault.Warnf("group_history_short", "group `%s` looks %d months back, and the data begin in %s: of starts before %s it counts fewer months", g.ID, back, first, first+calendar.Month(back)))
		}
	}
	return warnings, nil
}

// mask is the groups, in their order, that the person belongs to: bit i for groups[i].
func mask(groups []Group, x *moment) Mask {
	var bits Mask
	for i := range groups {
		if groups[i].member(x) {
			bits |= 1 << i
		}
	}
	return bits
}

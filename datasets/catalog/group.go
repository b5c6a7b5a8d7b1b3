package catalog

import (
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Group is a target group. Groups overlap: they are flags, each measured before the month of start.
type Group struct {
	ID                         string
	NameNB, NameEN             string
	DefinitionNB, DefinitionEN string
	Limit                      float64 // the limit in the definition (30 years, 6 months, NUS level 2); 0 where it has none
	LimitUnit                  string
	Measured                   bool // the tables of a register can tell who belongs to it
	HasLimit                   bool // Limit is one
	// Rules say who belongs, in order of their periods: of a start in month m the one that holds on the first day of m.
	Rules []GroupRule
	Provenance
}

// GroupRule is the expression that defines a group over a period (docs/groups.md).
type GroupRule struct {
	Expression string
	Valid      Period
	File       string // where it stands, for messages
	Line       int
	Provenance
}

// Name is the name in a language, nb or en.
func (g Group) Name(lang string) string {
	if lang == "en" {
		return g.NameEN
	}
	return g.NameNB
}

// Definition is the definition in a language, nb or en.
func (g Group) Definition(lang string) string {
	if lang == "en" {
		return g.DefinitionEN
	}
	return g.DefinitionNB
}

// LimitText is the limit with its unit, such as 30 år.
func (g Group) LimitText() string {
	return strings.TrimSpace(strconv.FormatFloat(g.Limit, 'g', -1, 64) + " " + g.LimitUnit)
}

// Groups lists the ids of the target groups in the order of the table.
func (c *Catalog) Groups() []string { return slices.Clone(c.groupIDs) }

// Group is the target group of an id; ok is false where there is none.
func (c *Catalog) Group(id string) (g Group, ok bool) { g, ok = c.groups[id]; return g, ok }

func (c *Catalog) readGroups(records map[string][]record) error {
	c.groups = map[string]Group{}
	for _, r := range records["grupper"] {
		g := Group{
			ID: r.text("gruppe"), NameNB: r.text("navn_nb"), NameEN: r.text("navn_en"),
			DefinitionNB: r.text("definisjon_nb"), DefinitionEN: r.text("definisjon_en"),
			Limit: r.amount("grense"), LimitUnit: r.text("enhet"), Measured: r.yes("kan_males"), Provenance: provenance(r),
		}
		_, g.HasLimit = r.number("grense")
		c.groups[g.ID] = g
		c.groupIDs = append(c.groupIDs, g.ID)
	}
	for _, r := range sortedByPeriod(records["gruppedefinisjoner"]) {
		id := r.text("gruppe")
		g, ok := c.groups[id]
		if !ok {
			return r.fail("unknown_group", "gruppe", "`%s` is no group of the table grupper%s; add it there", id, fault.Suggest(id, c.groupIDs))
		}
		g.Rules = append(g.Rules, GroupRule{r.text("uttrykk"), r.period(), r.file, r.line, provenance(r)})
		c.groups[id] = g
	}
	return nil
}

package catalog

import "slices"

// Group is a target group. Groups overlap: they are flags, each measured before the month of start.
type Group struct {
	ID                         string
	NameNB, NameEN             string
	DefinitionNB, DefinitionEN string
	Limit                      float64 // the limit in the definition (30 years, 6 months, NUS level 2); 0 where it has none
	LimitUnit                  string
	Measured                   bool // the tables of a register can tell who belongs to it
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
		c.groups[g.ID] = g
		c.groupIDs = append(c.groupIDs, g.ID)
	}
	return nil
}

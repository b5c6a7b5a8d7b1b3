package catalog

import (
	"slices"
	"strings"

	"tiltakseffekt/internal/calendar"
)

// Reform is a change of rules: from what month on, and for whom.
type Reform struct {
	ID             string
	NameNB, NameEN string
	From           calendar.Month // the first month under the new rules
	Tiltak         []string       // whose rules changed
	Group          string         // the target group that they are about; "": those who start the tiltak
	Provenance
}

// Reforms lists the ids of the reforms in the order of the alphabet.
func (c *Catalog) Reforms() []string {
	var ids []string
	for id := range c.reforms {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Reform is the reform of an id; ok is false where there is none.
func (c *Catalog) Reform(id string) (r Reform, ok bool) { r, ok = c.reforms[id]; return r, ok }

func (c *Catalog) readReforms(records map[string][]record) error {
	c.reforms = map[string]Reform{}
	for _, r := range records["reformer"] {
		day, _ := calendar.ParseDate(r.text("gjelder_fra"))
		x := Reform{ID: r.text("reform"), NameNB: r.text("navn_nb"), NameEN: r.text("navn_en"), From: day.Month(), Group: r.text("gruppe"), Provenance: provenance(r)}
		if day.Day() != 1 {
			return r.fail("bad_value", "gjelder_fra", "column `gjelder_fra` holds %s; months are compared, and a reform begins on the first of one", day)
		}
		if list := r.text("tiltakskoder"); list != "" {
			x.Tiltak = strings.Split(list, "|")
		}
		for _, code := range x.Tiltak {
			if _, ok := c.tiltak[code]; !ok {
				return r.fail("unknown_tiltak", "tiltakskoder", "`%s` is no code of the table tiltak; separate codes by |, and add it there", code)
			}
		}
		if _, ok := c.groups[x.Group]; x.Group != "" && !ok {
			return r.fail("unknown_group", "gruppe", "`%s` is no group of the table grupper; add it there", x.Group)
		}
		if len(x.Tiltak) == 0 && x.Group == "" {
			return r.fail("bad_value", "gruppe", "the row names neither tiltak nor group; say whom the rules are about")
		}
		c.reforms[x.ID] = x
	}
	return nil
}

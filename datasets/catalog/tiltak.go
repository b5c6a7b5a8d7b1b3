package catalog

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Tiltak is a labour-market measure. For a code of older files without a successor only Code, names, Family,
// WagesSubsidised and Provenance are known, and Historical is true.
type Tiltak struct {
	Code            string
	NameNB, NameEN  string
	Family          string // familie
	Steps           string // trinn: letters of A, K, F joined by +
	Arena           string
	Form            string
	Procurement     string // anskaffelse
	Chapter         string // of tiltaksforskriften
	Max             float64
	MaxUnit         string // uker or maneder; "" where there is no ceiling
	WagesSubsidised bool   // lonn_fra_tiltak: its wages are not ordinary work
	Origin          string // opphav
	PriceModel      string
	Valid           Period
	Historical      bool
	Provenance
}

// weekMonths is the length of a week in months: 7 days of a mean Gregorian month of 365.2425 / 12 days.
const weekMonths = 7 * 12 / 365.2425

// MaxMonths is the ceiling on the duration in months, or NaN where there is none or it is unknown.
func (t Tiltak) MaxMonths() float64 {
	switch t.MaxUnit {
	case "maneder":
		return t.Max
	case "uker":
		return t.Max * weekMonths
	}
	return math.NaN()
}

// Name is the name in a language, nb or en.
func (t Tiltak) Name(lang string) string {
	if lang == "en" {
		return t.NameEN
	}
	return t.NameNB
}

// Code is a code of older files and what it stands for.
type Code struct {
	Code            string
	Tiltak          string // the code it becomes; its own where it stands for itself
	Relation        string // en_til_en, delt, forloper, sammenfall, ingen
	Current         bool   // still given out
	NameNB          string
	Family          string
	WagesSubsidised bool
	Provenance
}

// Codes lists the tiltak in the order of the table, those of older files without a successor left out.
func (c *Catalog) Codes() []string { return slices.Clone(c.order) }

// Tiltak is the tiltak of a code as Resolve gives it. ok is false for an unknown code. Every code that Resolve knows has
// a tiltak.
func (c *Catalog) Tiltak(code string) (t Tiltak, ok bool) { t, ok = c.tiltak[code]; return t, ok }

// Code is the row of an older code in the table koder; ok is false where the code is not in it.
func (c *Catalog) Code(code string) (row Code, ok bool) { row, ok = c.codes[code]; return row, ok }

// Resolve is the tiltak that a code in a file stands for.
//
// A new code maps to itself and an Arena code to its new one. Two Arena codes stand for several new ones and cannot be
// told apart in a file of Arena codes: GRUPPEAMO becomes GRUPPE_ARBEIDSMARKEDSOPPLAERING and GRUFAGYRKE becomes
// GRUPPE_FAG_OG_YRKESOPPLAERING. These are the new codes that carry the Arena name and were the only ones before the
// split, so that a series over the change stays one tiltak and no part of it is called something narrower than is known.
// PRAKSORD becomes ARBEIDSTRENING, which it was renamed to in 2016. All other old codes stand for themselves: a
// predecessor (APS and KIA for AFT) is another tiltak until the user's own koder.csv says otherwise.
//
// The new code wins where the letters mean two things (JOBBKLUBB). An unknown code comes back unchanged with known
// false, so that callers can warn and go on. Case and space around the code do not matter.
func (c *Catalog) Resolve(code string) (newCode string, known bool) {
	upper := strings.ToUpper(strings.TrimSpace(code))
	if t, ok := c.tiltak[upper]; ok && !t.Historical {
		return upper, true
	}
	if row, ok := c.codes[upper]; ok {
		return row.Tiltak, true
	}
	if _, ok := c.tiltak[upper]; ok {
		return upper, true
	}
	return code, false
}

// Name is the name of a code in a language (nb or en), the code itself where it is unknown.
func (c *Catalog) Name(code, lang string) string {
	resolved, known := c.Resolve(code)
	if !known {
		return code
	}
	if t := c.tiltak[resolved]; t.Name(lang) != "" {
		return t.Name(lang)
	}
	return code
}

// Known tells whether a code is in the catalogue and warns where it is not.
func (c *Catalog) Known(code string) (fault.Warning, bool) {
	if _, known := c.Resolve(code); known {
		return fault.Warning{}, true
	}
	return fault.Warnf("unknown_tiltak", "tiltak `%s` is not in the catalogue: it keeps its code as its name, has no rate, and its wages count as ordinary work; add it to koder.csv or tiltak.csv", code), false
}

func (c *Catalog) readTiltak(records map[string][]record) error {
	c.tiltak = map[string]Tiltak{}
	for _, r := range records["tiltak"] {
		t := Tiltak{
			Code: r.text("tiltakskode"), NameNB: r.text("navn_nb"), NameEN: r.text("navn_en"),
			Family: r.text("familie"), Steps: r.text("trinn"), Arena: r.text("arena"), Form: r.text("form"),
			Procurement: r.text("anskaffelse"), Chapter: r.text("kapittel"),
			Max: r.amount("maks_varighet"), MaxUnit: r.text("maks_enhet"),
			WagesSubsidised: r.yes("lonn_fra_tiltak"), Origin: r.text("opphav"), PriceModel: r.text("prismodell"),
			Valid: r.period(), Provenance: provenance(r),
		}
		if t.Code != strings.ToUpper(t.Code) || strings.ContainsAny(t.Code, " \t") {
			return r.fail("bad_value", "tiltakskode", "column `tiltakskode` holds `%s`; write codes in capitals without spaces", t.Code)
		}
		if (r.text("maks_varighet") == "") != (t.MaxUnit == "") || t.Max < 0 {
			return r.fail("bad_value", "maks_varighet", "`maks_varighet` and `maks_enhet` belong together and are not negative; fill in both or none")
		}
		c.tiltak[t.Code] = t
		c.order = append(c.order, t.Code)
	}
	return nil
}

func (c *Catalog) readCodes(records map[string][]record) error {
	c.codes = map[string]Code{}
	for _, r := range records["koder"] {
		k := Code{
			Code: r.text("kode"), Tiltak: r.text("tiltakskode"), Relation: r.text("forhold"), Current: r.text("status") == "gjeldende",
			NameNB: r.text("navn_nb"), Family: r.text("familie"), WagesSubsidised: r.yes("lonn_fra_tiltak"), Provenance: provenance(r),
		}
		if k.Code != strings.ToUpper(k.Code) || strings.ContainsAny(k.Code, " \t") {
			return r.fail("bad_value", "kode", "column `kode` holds `%s`; write codes in capitals without spaces", k.Code)
		}
		if k.Tiltak == "" {
			k.Tiltak = k.Code
			if _, ok := c.tiltak[k.Code]; !ok {
				c.tiltak[k.Code] = Tiltak{
					Code: k.Code, NameNB: k.NameNB, NameEN: k.NameNB, Family: k.Family, WagesSubsidised: k.WagesSubsidised,
					Valid: Always, Historical: true, Max: math.NaN(), Provenance: k.Provenance,
				}
			}
		} else if t, ok := c.tiltak[k.Tiltak]; !ok || t.Historical {
			return r.fail("unknown_tiltak", "tiltakskode", "`%s` is not in the table tiltak%s; add it there or leave the cell empty", k.Tiltak, fault.Suggest(k.Tiltak, c.order))
		}
		c.codes[k.Code] = k
	}
	return nil
}

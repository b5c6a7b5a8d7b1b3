package simulate

import (
	"slices"

	"tiltakseffekt/internal/calendar"
)

// impossible is a year that no one meant: a slip of the pen for 2004, before every date that can be.
var impossible = calendar.NewDate(204, 3, 1)

// quirks are all quirks. Init fills it, since the injections look it up.
var quirks []Quirk

func init() {
	quirks = []Quirk{
		{"start_missing", 1, true, "a participation without a start", start("start_missing", nil)},
		{"start_impossible", 1, true, "a participation that starts in the year 204", start("start_impossible", impossible)},
		{"end_before_start", 1, true, "a participation that ends before it starts", endBeforeStart},
		{"end_impossible", 1, true, "a participation that goes on ends in the year 204", end("end_impossible", impossible)},
		{"end_9999", 1, true, "a participation that goes on ends on 9999-12-31", end("", calendar.Open)},
		{"never_closed", 1, false, "a participation that is over has no end", neverClosed},
		{"from_missing", 1, true, "a registration without a first day", registration("from_missing", "fra", nil)},
		{"from_impossible", 1, true, "a registration from the year 204", registration("from_impossible", "fra", impossible)},
		{"to_before_from", 1, true, "a registration that ends in the year 1950", registration("to_before_from", "til", calendar.NewDate(1950, 1, 1))},
		{"month_missing", 1, true, "a row of maaned without a month", month("month_missing", nil)},
		{"month_impossible", 1, true, "a row of maaned from the year 204", month("month_impossible", impossible)},
		{"not_participation", 2, true, "statuses of all three origins that are not participation", notParticipation},
		{"status_unknown", 2, true, "a row with a status that nobody knows", statusUnknown},
		{"duplicate", 3, true, "the same participation under another id, out of another system", duplicate},
		{"overlap_same_tiltak", 4, true, "a second row of the same tiltak inside a participation", overlap},
		{"registration_split", 4, true, "a registration in two rows, the second from the day after the first", splitRegistration},
		{"lawful_overlap", 4, false, "a mentor beside another tiltak", lawfulOverlap},
		{"chain_same_month", 5, true, "a participation in two rows, the second from the day after the first, in one month", chain},
		{"part_time_missing", 6, false, "no part-time percentage", partTime("part_time_missing", nil)},
		{"part_time_impossible", 6, false, "a part-time percentage of 150", partTime("part_time_impossible", int64(150))},
		{"part_time_changes", 6, false, "percentages that change, with a retroactive edit and an impossible value", partTimeChanges},
		{"old_version", 7, true, "an earlier version of a row beside the later one", oldVersion},
		{"wage_correction", 7, true, "a wage paid too much and taken back in the same month", wageCorrection},
		{"arena_code", 8, true, "the tiltak under its Arena code", arenaCode},
		{"tiltak_unknown", 8, false, "a tiltak under a code that nobody knows", tiltakUnknown},
		{"month_before_break", 9, true, "a row of maaned from before January 2015, out of the registers that a-ordningen replaced", monthBeforeBreak},
		{"county_reformed", 10, true, "a county under its code before or after the one of 2020", countyReformed},
		{"split_person", 11, true, "a person with a second id for some rows, and a table that joins them", splitPerson},
		{"tiltak_wage_unmarked", 12, true, "wages paid through a tiltak that are not marked as such", unmarkedWage},
		{"one_day", 13, false, "a participation of one day", oneDay},
		{"end_after_death", 14, true, "a participation that goes on after death", endAfterDeath},
		{"to_after_death", 14, true, "a registration that goes on after death", toAfterDeath},
		{"start_after_death", 14, true, "a participation that begins after death", startAfterDeath},
		{"month_after_death", 14, true, "a wage after death", monthAfterDeath},
		{"emigration_after_death", 14, true, "an emigration after death", emigrationAfterDeath},
		{"within_month", 15, false, "a participation over before the end of the month it began in: snapshots at month ends never see it", withinMonth},
		{"mixed_types", 16, true, "dates as integers and texts, flags as kroner", nil},
	}
}

func anySpell(calendar.Date, calendar.Date, bool, int) bool   { return true }
func openSpell(_, _ calendar.Date, open bool, _ int) bool     { return open }
func closedSpell(_, _ calendar.Date, open bool, _ int) bool   { return !open }
func longSpell(from, to calendar.Date, open bool, _ int) bool { return !open && to-from >= 20 }
func ofTiltak(c *patient, row int, codes ...string) bool {
	return slices.Contains(codes, c.text("deltakelse", row, "tiltakskode"))
}
func (c *patient) deltakelse(row int, column string, value any) {
	c.set("deltakelse", row, column, value)
}
func (c *patient) found1(table, rule string) bool { c.note(table, rule, 1); return true }

func start(rule string, value any) func(*patient) bool {
	return func(c *patient) bool {
		row := c.choose(closedSpell)
		if row < 0 {
			return false
		}
		c.deltakelse(c.ended(row), "start_dato", value)
		return c.found1("deltakelse", rule)
	}
}

// ended is a further row like a participation, with a status that says that it took place whatever the dates.
func (c *patient) ended(row int) int {
	n := c.another(row)
	status := "FULLFORT"
	if c.text("deltakelse", row, "opphav") == "TEAM_TILTAK" {
		status = "AVSLUTTET"
	}
	c.deltakelse(n, "status", status)
	return n
}

func endBeforeStart(c *patient) bool {
	row := c.choose(anySpell)
	if row < 0 {
		return false
	}
	from, _, _ := c.spell(row)
	c.deltakelse(c.ended(row), "slutt_dato", from-10)
	return c.found1("deltakelse", "end_before_start")
}

func end(rule string, value calendar.Date) func(*patient) bool {
	return func(c *patient) bool {
		row := c.choose(openSpell)
		if row < 0 {
			return false
		}
		c.deltakelse(row, "slutt_dato", value)
		return c.found1("deltakelse", rule)
	}
}

// neverClosed takes an arbeidstrening that began two years or more before the end of the data: longer than its ceiling.
func neverClosed(c *patient) bool {
	row := c.choose(func(from, _ calendar.Date, open bool, row int) bool {
		return !open && from < c.lastDay()-760 && ofTiltak(c, row, "ARBEIDSTRENING")
	})
	if _, dead := c.death(); dead || row < 0 {
		return false
	}
	from, to, _ := c.spell(row)
	if from == to {
		return false // it would no longer be one day
	}
	// A later spell of the same tiltak would be joined with one that never ends.
	for other := range c.each("deltakelse") {
		if other != row && c.participation(other) && ofTiltak(c, other, "ARBEIDSTRENING") {
			return false
		}
	}
	c.between(-b2i(c.betweenMonthEnds(row)))
	c.deltakelse(row, "slutt_dato", nil)
	return c.found1("deltakelse", "open_past_maximum")
}

func registration(rule, column string, value any) func(*patient) bool {
	return func(c *patient) bool {
		n := c.tables["arbeidssoker"].again(c.rows["arbeidssoker"][0])
		c.set("arbeidssoker", n, column, value)
		return c.found1("arbeidssoker", rule)
	}
}

func month(rule string, value any) func(*patient) bool {
	return func(c *patient) bool { return c.anotherMonth(rule, value) }
}

// anotherMonth adds a row of maaned for another month, or for none.
func (c *patient) anotherMonth(rule string, value any) bool {
	r := c.rows["maaned"]
	if r[0] == r[1] {
		return false
	}
	n := c.tables["maaned"].again(r[0])
	c.set("maaned", n, "maaned", value)
	if c.column("maaned", "tiltakslonn").Bools[c.at("maaned", r[0])] {
		c.set("maaned", n, "tiltakslonn", false)
	}
	return c.found1("maaned", rule)
}

// monthBeforeBreak adds a row of June 2014, or earlier where the data begin before 2016: more than a year before them, so that
// it is not taken for their beginning. Few persons have it, since one row in a hundred would be.
func monthBeforeBreak(c *patient) bool {
	if c.w.trait.Uniform(uint64(c.p.id), 990) > .25 {
		return false
	}
	m := min(calendar.NewMonth(2014, 6), c.w.opt.First-19)
	return c.anotherMonth("month_before_first", m.First())
}

// withinMonth ends a participation three days after it began, in the same month.
func withinMonth(c *patient) bool {
	row := c.choose(func(from, to calendar.Date, open bool, _ int) bool {
		return !open && to > from+3 && from+3 < from.Month().Last() && to >= from.Month().Last()
	})
	if row < 0 {
		return false
	}
	from, _, _ := c.spell(row)
	c.deltakelse(row, "slutt_dato", from+3)
	return c.found1("deltakelse", "between_month_ends")
}

// noParticipation are statuses that are not participation, by origin.
var noParticipation = map[string][]string{
	"TEAM_KOMET":  {"SOKT_INN", "VURDERES", "VENTELISTE", "VENTER_PA_OPPSTART", "IKKE_AKTUELL", "FEILREGISTRERT", "UTKAST_TIL_PAMELDING"},
	"TEAM_TILTAK": {"PAABEGYNT", "MANGLER_GODKJENNING", "KLAR_FOR_OPPSTART", "ANNULLERT"},
	"ARENA":       {"AKTUELL", "AVSLAG", "GJENN_AVL", "IKKAKTUELL", "IKKEM", "INFOMOETE", "NEITAKK", "TILBUD", "VENTELISTE", "FEILREG"},
}

func notParticipation(c *patient) bool {
	row := c.choose(closedSpell)
	if row < 0 {
		return false
	}
	origin := deltakelseOrigins[int(3*c.w.trait.Uniform(uint64(c.p.id), 902))]
	list := noParticipation[origin]
	n := c.another(row)
	c.deltakelse(n, "opphav", origin)
	c.deltakelse(n, "status", list[int(float64(len(list))*c.w.trait.Uniform(uint64(c.p.id), 903))])
	return c.found1("deltakelse", "not_participation")
}

func statusUnknown(c *patient) bool {
	row := c.choose(closedSpell)
	if row < 0 {
		return false
	}
	c.deltakelse(c.another(row), "status", "UAVKLART")
	c.note("deltakelse", "status_unknown", 1)
	return c.found1("deltakelse", "not_participation")
}

func duplicate(c *patient) bool {
	row := c.choose(longSpell)
	if row < 0 {
		return false
	}
	c.another(row)
	return c.found1("deltakelse", "duplicate")
}

func overlap(c *patient) bool {
	row := c.choose(longSpell)
	if row < 0 {
		return false
	}
	from, to, _ := c.spell(row)
	n := c.another(row)
	c.deltakelse(n, "start_dato", from+5)
	c.deltakelse(n, "slutt_dato", to-5)
	return c.found1("deltakelse", "overlap_same_tiltak")
}

// lawfulOverlap puts a MENTOR row inside a participation.
func lawfulOverlap(c *patient) bool {
	row := c.choose(func(from, to calendar.Date, open bool, row int) bool {
		return longSpell(from, to, open, row) && ofTiltak(c, row, "ARBEIDSTRENING", "MIDLERTIDIG_LONNSTILSKUDD", "ARBEIDSMARKEDSOPPLAERING")
	})
	if row < 0 {
		return false
	}
	from, _, _ := c.spell(row)
	n := c.another(row)
	c.deltakelse(n, "tiltakskode", mentoring.code)
	c.deltakelse(n, "opphav", "TEAM_TILTAK")
	c.deltakelse(n, "status", "AVSLUTTET")
	c.deltakelse(n, "start_dato", from+3)
	_, to, _ := c.spell(row)
	c.between(b2i(to < (from + 3).Month().Last()))
	return c.found1("deltakelse", "")
}

// splitRegistration cuts a registration of 20 days or more in two that adjoin.
func splitRegistration(c *patient) bool {
	for row := range c.each("arbeidssoker") {
		from, _ := c.date("arbeidssoker", row, "fra")
		to, open := c.date("arbeidssoker", row, "til")
		if open || to-from < 20 {
			continue
		}
		n := c.tables["arbeidssoker"].again(row)
		c.set("arbeidssoker", row, "til", from+10)
		c.set("arbeidssoker", n, "fra", from+11)
		return c.found1("arbeidssoker", "joined")
	}
	return false
}

// chain cuts a participation in two that adjoin, in one month where it lasts long enough in it.
func chain(c *patient) bool {
	row := c.choose(longSpell)
	if row < 0 {
		return false
	}
	from, to, _ := c.spell(row)
	cut := from + 9
	if m := to.Month().First(); m+2 < to && m > from+2 {
		cut = m + 1
	}
	n := c.another(row)
	c.deltakelse(row, "slutt_dato", cut)
	c.deltakelse(n, "start_dato", cut+1)
	return c.found1("deltakelse", "adjoining_same_tiltak")
}

func partTime(rule string, value any) func(*patient) bool {
	return func(c *patient) bool {
		row := c.choose(anySpell)
		if row < 0 {
			return false
		}
		c.deltakelse(row, "deltidsprosent", value)
		return c.found1("deltakelse", rule)
	}
}

// partTimeChanges gives a participation four amounts: as agreed, half from the tenth day, the same edited
// retroactively, and one over 100.
func partTimeChanges(c *patient) bool {
	row := c.choose(longSpell)
	if row < 0 {
		return false
	}
	from, _, _ := c.spell(row)
	id := c.column("deltakelse", "deltakelse_id").Ints[c.at("deltakelse", row)]
	own := float64(c.column("deltakelse", "deltidsprosent").Ints[c.at("deltakelse", row)])
	c.amounts.add(id, from, own, from)
	c.amounts.add(id, from+10, 50, from+10)
	c.amounts.add(id, from+10, 60, from+40)
	c.amounts.add(id, from+15, 400, from+15)
	c.note("deltakelsesmengde", "superseded", 1)
	return c.found1("deltakelsesmengde", "percent_impossible")
}

func oldVersion(c *patient) bool {
	row := c.choose(longSpell)
	if row < 0 {
		return false
	}
	from, _, _ := c.spell(row)
	n := c.tables["deltakelse"].again(row)
	c.deltakelse(n, "slutt_dato", nil)
	c.deltakelse(n, "status", "DELTAR")
	c.deltakelse(n, "opphav", "TEAM_KOMET")
	c.deltakelse(n, "endret", from+2)
	return c.found1("deltakelse", "superseded")
}

func wageCorrection(c *patient) bool {
	for row := range c.each("maaned") {
		k := c.at("maaned", row)
		wage := c.column("maaned", "lonn").Floats[k]
		if wage < 5000 || c.column("maaned", "tiltakslonn").Bools[k] {
			continue
		}
		n := c.tables["maaned"].again(row)
		c.set("maaned", row, "lonn", wage+1000)
		c.set("maaned", n, "lonn", -1000.)
		c.set("maaned", n, "stillingsprosent", 0.)
		return c.found1("maaned", "wage_negative")
	}
	return false
}

// arenaCodes are the Arena codes that stand for one new code. GRUPPEAMO stands for several and is none of them.
var arenaCodes = map[string]string{"ARBEIDSFORBEREDENDE_TRENING": "ARBFORB", "ARBEIDSTRENING": "ARBTREN", "MIDLERTIDIG_LONNSTILSKUDD": "MIDLONTIL",
	"OPPFOLGING": "INDOPPFAG", "JOBBKLUBB": "JOBBK"}

func arenaCode(c *patient) bool {
	row := c.choose(func(_, _ calendar.Date, _ bool, row int) bool {
		return arenaCodes[c.text("deltakelse", row, "tiltakskode")] != ""
	})
	if row < 0 {
		return false
	}
	c.deltakelse(row, "tiltakskode", arenaCodes[c.text("deltakelse", row, "tiltakskode")])
	return c.found1("deltakelse", "tiltak_recoded")
}

func tiltakUnknown(c *patient) bool {
	row := c.choose(longSpell)
	if row < 0 {
		return false
	}
	c.deltakelse(c.another(row), "tiltakskode", "XYZTILTAK")
	c.between(b2i(c.betweenMonthEnds(row)))
	return c.found1("deltakelse", "tiltak_unknown")
}

// reformed are codes of before 2020 and after 2024 for the counties of 2020 that were joined.
var reformed = map[string][]string{"30": {"01", "02", "06", "31", "32", "33"}, "34": {"04", "05"}, "38": {"07", "08", "39", "40"}, "42": {"09", "10"},
	"46": {"12", "14"}, "50": {"16", "17"}, "54": {"19", "20", "55", "56"}}

func countyReformed(c *patient) bool {
	row := c.rows["person"][0]
	codes := reformed[c.text("person", row, "fylke")]
	if codes == nil {
		return false
	}
	c.set("person", row, "fylke", codes[int(float64(len(codes))*c.w.trait.Uniform(uint64(c.p.id), 902))])
	return c.found1("person", "county_reformed")
}

// otherID is what is added to an id for the second id of a person: more persons than there can be.
const otherID = 100_000_000

// splitPerson gives the person a second row in person, and every second row of the other tables to the second id.
func splitPerson(c *patient) bool {
	second := c.p.id + otherID
	n := c.tables["person"].again(c.rows["person"][0])
	c.set("person", n, "person_id", second)
	for _, table := range []string{"deltakelse", "arbeidssoker", "maaned"} {
		for row := range c.each(table) {
			if row%2 == 1 {
				c.set(table, row, "person_id", second)
			}
		}
	}
	c.links.from, c.links.to = append(c.links.from, second), append(c.links.to, c.p.id)
	return c.found1("person", "joined_ids")
}

// unmarkedWage takes the mark off the wages paid through a tiltak: the rule knows them by the participation and its employer.
func unmarkedWage(c *patient) bool {
	n := 0
	for row := range c.each("maaned") {
		if c.column("maaned", "tiltakslonn").Bools[c.at("maaned", row)] {
			c.set("maaned", row, "tiltakslonn", false)
			n++
		}
	}
	if n == 0 {
		return false
	}
	c.found.found("maaned", "tiltak_wage_marked", "", -n)
	c.note("maaned", "tiltak_wage_overlap", n)
	return true
}

func oneDay(c *patient) bool {
	row := c.choose(func(from, to calendar.Date, open bool, _ int) bool { return !open && from < to })
	if row < 0 {
		return false
	}
	from, _, _ := c.spell(row)
	c.between(b2i(from < from.Month().Last()) - b2i(c.betweenMonthEnds(row)))
	c.deltakelse(row, "slutt_dato", from)
	return c.found1("deltakelse", "one_day")
}

func endAfterDeath(c *patient) bool {
	day, ok := c.death()
	row := c.choose(func(from, to calendar.Date, open bool, _ int) bool { return !open && to == day && from < to })
	if !ok || row < 0 {
		return false
	}
	c.deltakelse(row, "slutt_dato", day+40)
	return c.found1("deltakelse", "end_after_death")
}

func toAfterDeath(c *patient) bool {
	day, ok := c.death()
	if !ok {
		return false
	}
	for row := range c.each("arbeidssoker") {
		if to, open := c.date("arbeidssoker", row, "til"); !open && to == day {
			c.set("arbeidssoker", row, "til", day+40)
			return c.found1("arbeidssoker", "to_after_death")
		}
	}
	return false
}

func startAfterDeath(c *patient) bool {
	day, ok := c.death()
	row := c.choose(closedSpell)
	if !ok || row < 0 || day+20 > c.lastDay() {
		return false
	}
	n := c.ended(row)
	c.deltakelse(n, "start_dato", day+10)
	c.deltakelse(n, "slutt_dato", day+60)
	return c.found1("deltakelse", "start_after_death")
}

func monthAfterDeath(c *patient) bool {
	day, ok := c.death()
	r := c.rows["maaned"]
	after := day.Month() + 1
	if !ok || r[0] == r[1] || after.First() > c.lastDay() {
		return false
	}
	n := c.tables["maaned"].again(r[0])
	c.set("maaned", n, "maaned", after.First())
	c.set("maaned", n, "tiltakslonn", false)
	return c.found1("maaned", "month_after_death")
}

func emigrationAfterDeath(c *patient) bool {
	day, ok := c.death()
	if !ok {
		return false
	}
	c.set("person", c.rows["person"][0], "utvandret_dato", day+30)
	return c.found1("person", "emigration_after_death")
}

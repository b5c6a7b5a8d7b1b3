package cohort

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

var nan = math.NaN()

// word is a name of the language of expressions: its column in the register, what it is called in English, and its value
// before month m.
type word struct {
	name, english string // either may be written
	about         string
	number        func(*moment) float64
	text          func(*moment) string
	only          []string // the texts that it can be
	need          *need
}

func known[T int8 | int16 | int32](v T) float64 {
	if v < 0 {
		return nan
	}
	return float64(v)
}

// dated is what is known of the person on the day before m.
func (x *moment) dated() register.Dated {
	d, _ := x.reg.PersonOn(x.person, x.m.First()-1)
	return d
}

func listed(list []string, at int) string {
	if at < 0 || at >= len(list) {
		return ""
	}
	return list[at]
}

func inPerson(column string, there func(*moment) bool) *need {
	return &need{name: "person", column: column, there: there}
}

func inHistory(column string) *need {
	return &need{name: "person_historikk", column: column, there: func(x *moment) bool { return x.reg.Dated != nil }}
}

var sexNames = []string{register.SexUnknown: "", register.Woman: "kvinne", register.Man: "mann"}
var originNames = []string{register.OriginUnknown: "", register.Norway: "norge", register.EEA: "eos", register.OutsideEEA: "utenfor_eos"}
var statusNames = []string{register.StatusUnknown: "", register.Unemployed: "ledig", register.PartlyUnemployed: "delvis_ledig", register.ReducedWorkCapacity: "nedsatt_arbeidsevne"}

// vocabulary is what expressions can name besides functions and the user's own columns.
var vocabulary = []word{
	{name: "alder", english: "age", about: "years on the first day of m", number: func(x *moment) float64 {
		if x.persons.Born[x.person] == 0 {
			return nan
		}
		return float64(x.persons.AgeAt(x.person, x.m))
	}},
	{name: "fodselsaar", english: "born", about: "year of birth", number: func(x *moment) float64 {
		if x.persons.Born[x.person] == 0 {
			return nan
		}
		return float64(x.persons.Born[x.person])
	}},
	{name: "kjonn", english: "sex", about: "kvinne or mann", text: func(x *moment) string { return sexNames[x.persons.Sex[x.person]] }, only: sexNames[1:]},
	{name: "landgruppe", english: "origin", about: "country of birth: norge, eos or utenfor_eos", text: func(x *moment) string { return originNames[x.persons.Origin[x.person]] }, only: originNames[1:]},
	{name: "utdanning", english: "education", about: "NUS level 0–9 on the day before m", number: func(x *moment) float64 { return known(x.education()) }},
	{name: "innvandret_aar", english: "immigrated", about: "year of immigration", number: immigrated,
		need: inPerson("innvandret_aar", func(x *moment) bool { return x.persons.Immigrated != nil })},
	{name: "botid", english: "years_in_norway", about: "the year of m less that of immigration", number: func(x *moment) float64 { return float64(x.m.Year()) - immigrated(x) },
		need: inPerson("innvandret_aar", func(x *moment) bool { return x.persons.Immigrated != nil })},
	{name: "fylke", english: "county", about: "code of the county on the day before m", text: func(x *moment) string { return listed(x.persons.Counties, int(x.county())) },
		need: inPerson("fylke", func(x *moment) bool { return x.persons.County != nil || x.reg.Dated != nil })},
	{name: "nav_enhet", english: "office", about: "the person's office on the day before m", text: func(x *moment) string { return listed(x.persons.Offices, int(x.dated().Office)) },
		need: inPerson("nav_enhet", func(x *moment) bool { return x.persons.Office != nil || x.reg.Dated != nil })},
	{name: "kommune", english: "municipality", about: "code of the municipality on the day before m", text: func(x *moment) string { return listed(x.reg.Municipalities, int(x.dated().Municipality)) }, need: inHistory("kommune")},
	{name: "sivilstand", english: "civil_status", about: "civil status on the day before m", text: func(x *moment) string { return listed(x.reg.CivilStatuses, int(x.dated().Civil)) }, need: inHistory("sivilstand")},
	{name: "barn", english: "children", about: "number of children on the day before m", number: func(x *moment) float64 { return known(x.dated().Children) }, need: inHistory("barn")},
	{name: "status", english: "status", about: "status of the registration before m: ledig, delvis_ledig or nedsatt_arbeidsevne", text: func(x *moment) string {
		if x.episode == nil {
			return ""
		}
		s, _ := x.episode.statusAt(x.m)
		return statusNames[s]
	}, only: statusNames[1:]},
	{name: "innsatsgruppe", english: "effort", about: "§ 14 a group of the registration before m", text: func(x *moment) string {
		if x.episode == nil {
			return ""
		}
		if _, e := x.episode.statusAt(x.m); e > 0 {
			return register.EffortGroups[e]
		}
		return ""
	}, only: register.EffortGroups[1:], need: &need{name: "arbeidssoker", column: "innsatsgruppe", there: func(x *moment) bool {
		return slices.ContainsFunc(x.reg.Registrations, func(r register.Registration) bool { return r.Effort > 0 })
	}}},
	{name: "maaneder_i_forlop", english: "spell_months", about: "whole months before m in the present registration or benefit", number: func(x *moment) float64 {
		if x.episode == nil {
			return nan
		}
		n := int(x.m - x.episode.From.Month())
		if x.episode.From > x.episode.From.Month().First() {
			n--
		}
		return float64(max(n, 0))
	}},
	{name: "aar", english: "year", about: "calendar year of m", number: func(x *moment) float64 { return float64(x.m.Year()) }},
	{name: "maaned", english: "month", about: "month of m, 1–12", number: func(x *moment) float64 { return float64(x.m.Number()) }},
	{name: "ledighet", english: "local_unemployment", about: "unemployment where the person lives, the month before m",
		number: func(x *moment) float64 { return x.reg.LocalUnemployment(x.person, x.m-1) },
		need:   &need{name: "omrade_maaned", column: "ledighet", there: func(x *moment) bool { return x.reg.Areas != nil }}},
}

func immigrated(x *moment) float64 {
	if x.persons.Immigrated == nil || x.persons.Immigrated[x.person] == 0 {
		return nan
	}
	return float64(x.persons.Immigrated[x.person])
}

// seriesNames are the series that months(…) counts in, by the name of their column.
var seriesNames = []struct {
	name   string
	series int
}{
	{"arbeid", cWork}, {"dagpenger", cDagpenger}, {"aap", cAAP}, {"ufore", cUfore}, {"sosialhjelp", cSosialhjelp}, {"tiltakspenger", cTiltakspenger},
	{"tiltak", cTiltak}, {"tiltakslonn", cTiltakWage}, {"utdanning_igang", cStudying}, {"registrert", cRegistered},
}

// functions are the calls of the language.
var functions = []struct{ name, form, about string }{
	{"months", "months(SERIES, FROM, TO)", "months of FROM to TO months before m with SERIES, as far as the panel goes"},
	{"wage", "wage(FROM, TO)", "mean ordinary wage a month, kroner, over FROM to TO months before m"},
	{"position", "position(FROM, TO)", "mean ordinary position, percent of full time, over FROM to TO months before m"},
	{"starts", "starts(\"CODE\", FROM, TO)", "starts of a tiltak, or of any where CODE is all, FROM to TO months before m"},
}

// words are the names that can be meant by an unknown one.
func words() []string {
	out := []string{"limit", "true", "false"}
	for _, w := range vocabulary {
		out = append(out, w.name, w.english)
	}
	for _, f := range functions {
		out = append(out, f.name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// named is a name that stands alone.
func (p *parser) named(at int, name string) node {
	if name == "limit" {
		if p.limit != p.limit {
			p.fail(at, "`limit` is the limit of the group in the catalogue, and it has none; write the number")
			return node{}
		}
		v := p.limit
		return node{number: func(*moment) float64 { return v }, literal: true, value: v}
	}
	for i := range vocabulary {
		w := &vocabulary[i]
		if name != w.name && name != w.english {
			continue
		}
		if w.need != nil {
			p.out.needs = append(p.out.needs, *w.need)
		}
		if w.text != nil {
			return node{kind: aText, text: w.text, only: w.only, name: name}
		}
		return node{number: w.number, name: name}
	}
	for _, f := range functions {
		if name == f.name {
			p.fail(at, "`%s` takes arguments: %s", name, f.form)
			return node{}
		}
	}
	if table, column, ok := strings.Cut(name, "."); ok {
		if (table != "person" && table != "person_historikk") || column == "" || strings.Contains(column, ".") {
			p.fail(at, "`%s` is no column; write `person.NAME` or `person_historikk.NAME`", name)
			return node{}
		}
		if !slices.Contains(p.out.Columns, name) {
			p.out.Columns, p.out.texts, p.out.truths = append(p.out.Columns, name), append(p.out.texts, false), append(p.out.truths, false)
		}
		return node{column: name, name: name, number: func(x *moment) float64 { return x.reg.ExtraNumber(name, x.person, x.m.First()-1) },
			text: func(x *moment) string { return x.reg.ExtraText(name, x.person, x.m.First()-1) },
			truth: func(x *moment) int8 {
				v, ok := x.reg.ExtraTruth(name, x.person, x.m.First()-1)
				if !ok {
					return unknown
				}
				return truthOf(v)
			}}
	}
	p.fail(at, "`%s` is no name of the language%s; a column of your own is written `person.%s`", name, fault.Suggest(name, words()), name)
	return node{}
}

// call is a function with its arguments.
func (p *parser) call(at int, name string, depth int) node {
	if !slices.ContainsFunc(functions, func(f struct{ name, form, about string }) bool { return f.name == name }) {
		var all []string
		for _, f := range functions {
			all = append(all, f.name)
		}
		p.fail(at, "`%s` is no function%s; there are %s", name, fault.Suggest(name, all), strings.Join(all, ", "))
		return node{}
	}
	p.take("(")
	switch name {
	case "months":
		series := -1
		var all []string
		for _, s := range seriesNames {
			all = append(all, s.name)
			if p.token == tokenName && s.name == p.word {
				series = s.series
			}
		}
		if p.err == nil && series < 0 {
			p.fail(p.at, "`%s` is no series of months%s; there are %s", p.word, fault.Suggest(p.word, all), strings.Join(all, ", "))
		}
		p.next()
		p.take(",")
		from, to := p.window()
		return node{number: func(x *moment) float64 { return x.history.count(series, x.m-to, x.m-from) }}
	case "wage":
		from, to := p.window()
		return node{number: func(x *moment) float64 { return x.history.mean(cEarnings, x.m-to, x.m-from) }}
	case "position":
		from, to := p.window()
		return node{number: func(x *moment) float64 { return 100 * x.history.mean(cPosition, x.m-to, x.m-from) }}
	}
	code := p.word
	if p.err == nil && p.token != tokenText && !(p.token == tokenName && code == "all") {
		p.fail(p.at, "the code of a tiltak stands here in quotes, as in starts(\"ARBEIDSTRENING\", 1, 12), or the word all")
	}
	p.next()
	p.take(",")
	from, to := p.window()
	return node{number: func(x *moment) float64 {
		n := 0
		for _, q := range x.reg.Participations[x.reg.FirstPart[x.person]:x.reg.FirstPart[x.person+1]] {
			if ago := x.m - q.Start.Month(); ago >= from && ago <= to && (code == "all" || x.reg.Tiltak[q.Tiltak] == code) {
				n++
			}
		}
		return float64(n)
	}}
}

// window is the last two arguments: months before m, from the nearest to the farthest, and the closing parenthesis.
func (p *parser) window() (from, to calendar.Month) {
	read := func(what string) int {
		v := p.num
		if p.err == nil && (p.token != tokenNumber || v != math.Trunc(v) || v < 1 || v > 600) {
			p.fail(p.at, "%s is a number of months before the start, 1 to 600: nothing of the month of the start itself is known before it", what)
		}
		p.next()
		return int(v)
	}
	first := p.at
	a := read("the first month")
	p.take(",")
	b := read("the last month")
	p.take(")")
	if p.err == nil && b < a {
		p.fail(first, "the window ends (%d months before) nearer than it begins (%d); write the smaller number first", b, a)
	}
	if p.err == nil {
		p.out.LookBack = max(p.out.LookBack, b)
		if p.out.Nearest == 0 || a < p.out.Nearest {
			p.out.Nearest = a
		}
	}
	return calendar.Month(a), calendar.Month(b)
}

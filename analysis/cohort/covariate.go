package cohort

import (
	"fmt"
	"math"
	"sort"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Covariate is a column of the design: what it is called and which months it looks at.
type Covariate struct {
	Name   string // term, such as utdanning=lav or arbeid_1_12
	NB, EN string // for people
	// Latest is the last month it looks at, relative to m: −1 for a history up to the month before, and Fixed for what
	// does not change over the months in question (birth, sex, schooling as registered, the calendar itself).
	Latest int
	// Earliest is the first month it looks at, on the scale of Latest; Fixed where Latest is.
	Earliest int
	// OfEpisode marks what the registration decided: status and innsatsgruppe. They look at no month of the history, but what
	// came before the registration had a part in them.
	OfEpisode bool
	// BeforeEpisode marks a history that ends before the episode began, with its dip: for the difference-in-differences,
	// whose base lies there. The default set has the history up to m − 1 instead.
	BeforeEpisode bool
	value         func(*moment) float64
}

// Fixed marks a covariate that looks at no month of the history.
const Fixed = math.MinInt32

// history windows of the default set, in months before m: (from, to).
var windows = []struct{ from, to int }{{1, 1}, {2, 3}, {4, 6}, {7, 12}, {13, 24}, {25, 36}}

// defaultCovariates is the default set of DESIGN.md: person, registration, calendar and place; history of work and wage
// month by month in windows that widen backwards; benefits and tiltak over the last year.
func defaultCovariates(reg *register.Register, d *Design) []Covariate {
	var c []Covariate
	add := func(name, nb, en string, latest int, value func(*moment) float64) {
		c = append(c, Covariate{Name: name, NB: nb, EN: en, Latest: latest, Earliest: latest, value: value})
	}
	reaches := func(to int) { c[len(c)-1].Earliest = -to } // how far back the last one looks
	ofEpisode := func() { c[len(c)-1].OfEpisode = true }
	flag := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	age := func(x *moment) float64 { return float64(x.persons.AgeAt(x.person, x.m)) }
	add("alder", "Alder", "Age", Fixed, age)
	add("alder_kvadrert", "Alder kvadrert / 100", "Age squared / 100", Fixed, func(x *moment) float64 { return age(x) * age(x) / 100 })
	add("kvinne", "Kvinne", "Woman", Fixed, func(x *moment) float64 { return flag(x.persons.Sex[x.person] == register.Woman) })
	for _, e := range []struct {
		id, nb, en string
		low, high  int8
	}{
		{"lav", "Grunnskole eller mindre", "Compulsory school at most", 0, 2}, {"hoyere", "Høyere utdanning", "Higher education", 6, 9}, {"ukjent", "Utdanning ukjent", "Education unknown", -1, -1},
	} {
		add("utdanning="+e.id, e.nb, e.en, Fixed, func(x *moment) float64 {
			v := x.education()
			return flag(v >= e.low && v <= e.high)
		})
	}
	for _, o := range []struct {
		id, nb, en string
		origin     register.Origin
	}{{"eos", "Født i EØS", "Born in the EEA", register.EEA}, {"utenfor_eos", "Født utenfor EØS", "Born outside the EEA", register.OutsideEEA}, {"ukjent", "Landgruppe ukjent", "Origin unknown", register.OriginUnknown}} {
		add("landgruppe="+o.id, o.nb, o.en, Fixed, func(x *moment) float64 { return flag(x.persons.Origin[x.person] == o.origin) })
	}
	if reg.Persons.Immigrated != nil {
		add("nyankommet", "Innvandret for under fem år siden", "Immigrated under five years ago", Fixed, func(x *moment) float64 {
			year := int(x.persons.Immigrated[x.person])
			return flag(year > 0 && x.m.Year()-year < 5)
		})
	}
	for _, s := range []struct {
		id, nb, en string
		status     register.Status
	}{{"delvis_ledig", "Delvis ledig", "Partly unemployed", register.PartlyUnemployed}, {"nedsatt_arbeidsevne", "Nedsatt arbeidsevne", "Reduced work capacity", register.ReducedWorkCapacity}} {
		add("status="+s.id, s.nb, s.en, Fixed, func(x *moment) float64 {
			status, _ := x.episode.statusAt(x.m)
			return flag(status == s.status)
		})
		ofEpisode()
	}
	for i, id := range register.EffortGroups {
		if i == 1 { // standard innsats is the reference
			continue
		}
		add("innsatsgruppe="+id, "Innsatsgruppe: "+id, "Innsatsgruppe: "+id, Fixed, func(x *moment) float64 {
			_, effort := x.episode.statusAt(x.m)
			return flag(int(effort) == i)
		})
		ofEpisode()
	}
	for b := 1; b < len(Bands); b++ {
		add("varighet="+BandNames[b], "Måneder i forløpet: "+BandNames[b], "Months in the episode: "+BandNames[b], Fixed, func(x *moment) float64 {
			return flag(Band(x.episode.Elapsed(x.m)) == b)
		})
	}
	add("varighet_log", "Log av måneder i forløpet", "Log of months in the episode", Fixed, func(x *moment) float64 {
		return math.Log(float64(x.episode.Elapsed(x.m)))
	})
	for year := d.From.Year() + 1; year <= d.To.Year(); year++ {
		add(fmt.Sprintf("aar=%d", year), fmt.Sprintf("År %d", year), fmt.Sprintf("Year %d", year), Fixed, func(x *moment) float64 { return flag(x.m.Year() == year) })
	}
	for q := 2; q <= 4; q++ {
		add(fmt.Sprintf("kvartal=%d", q), fmt.Sprintf("%d. kvartal", q), fmt.Sprintf("Quarter %d", q), Fixed, func(x *moment) float64 { return flag((x.m.Number()+2)/3 == q) })
	}
	for _, w := range windows {
		span := fmt.Sprintf("%d_%d", w.from, w.to)
		nb, en := fmt.Sprintf("%d–%d mnd. før", w.from, w.to), fmt.Sprintf("%d–%d months before", w.from, w.to)
		if w.from == w.to {
			span, nb, en = fmt.Sprint(w.from), fmt.Sprintf("%d mnd. før", w.from), fmt.Sprintf("%d month before", w.from)
		}
		mean := func(series int) func(*moment) float64 {
			return func(x *moment) float64 {
				return x.history.mean(series, x.m-calendar.Month(w.to), x.m-calendar.Month(w.from))
			}
		}
		add("arbeid_"+span, "Andel måneder i arbeid, "+nb, "Share of months in work, "+en, -w.from, mean(cWork))
		reaches(w.to)
		if w.from == w.to { // one month: position and wage add little to whether there is work
			continue
		}
		add("stilling_"+span, "Stillingsandel, "+nb, "Position, share of full time, "+en, -w.from, mean(cPosition))
		reaches(w.to)
		if w.from >= 7 {
			wage := mean(cEarnings)
			add("lonn_"+span, "Lønn per måned (10 000 kr), "+nb, "Wage a month (10,000 kroner), "+en, -w.from, func(x *moment) float64 { return wage(x) / 10000 })
			reaches(w.to)
		}
	}
	for _, s := range []struct {
		series     int
		id, nb, en string
		from, to   int
	}{
		{cDagpenger, "dagpenger", "Dagpenger", "Unemployment benefit", 1, 3}, {cDagpenger, "dagpenger", "Dagpenger", "Unemployment benefit", 4, 12},
		{cAAP, "aap", "AAP", "AAP", 1, 3}, {cAAP, "aap", "AAP", "AAP", 4, 12},
		{cUfore, "ufore", "Uføretrygd", "Disability pension", 1, 3},
		{cSosialhjelp, "sosialhjelp", "Sosialhjelp", "Social assistance", 1, 3}, {cSosialhjelp, "sosialhjelp", "Sosialhjelp", "Social assistance", 4, 12},
		{cTiltak, "tiltak", "I tiltak", "In tiltak", 1, 1}, {cTiltak, "tiltak", "I tiltak", "In tiltak", 2, 6}, {cTiltak, "tiltak", "I tiltak", "In tiltak", 7, 24},
		{cTiltakWage, "tiltakslonn", "Lønn fra tiltak", "Wage from tiltak", 1, 6},
		{cStudying, "utdanning_igang", "I utdanning", "Studying", 1, 6},
		{cRegistered, "registrert", "Registrert", "Registered", 7, 24},
	} {
		span := fmt.Sprintf("%d_%d", s.from, s.to)
		if s.from == s.to {
			span = fmt.Sprint(s.from)
		}
		add(s.id+"_"+span, fmt.Sprintf("%s, andel måneder %d–%d før", s.nb, s.from, s.to), fmt.Sprintf("%s, share of months %d–%d before", s.en, s.from, s.to), -s.from,
			func(x *moment) float64 {
				return x.history.mean(s.series, x.m-calendar.Month(s.to), x.m-calendar.Month(s.from))
			})
		reaches(s.to)
	}
	if reg.Areas != nil {
		add("ledighet_lokalt", "Ledighet der personen bor, måneden før", "Unemployment where the person lives, the month before", -1, func(x *moment) float64 {
			if u := reg.LocalUnemployment(x.person, x.m-1); u == u {
				return u
			}
			return 0
		})
		add("ledighet_lokalt=ukjent", "Lokal ledighet ukjent", "Local unemployment unknown", -1, func(x *moment) float64 {
			return flag(math.IsNaN(reg.LocalUnemployment(x.person, x.m-1)))
		})
	}
	add("kort_historikk", "Under to års historikk i panelet", "Under two years of history in the panel", Fixed, func(x *moment) float64 { return flag(x.m-24 < x.history.first) })
	c = append(c, countyCovariates(reg)...)
	c = append(c, linkCovariates(reg, d)...)
	return append(c, beforeEpisode()...)
}

// beforeEpisode are histories that end seven months before the month r in which the episode began: work, position and wage
// over months 7–18, 19–30 and 31–42 before r, which neither the dip before registration nor anything after it moves.
func beforeEpisode() []Covariate {
	var out []Covariate
	for _, w := range []struct{ from, to int }{{7, 18}, {19, 30}, {31, 42}} {
		for _, s := range []struct {
			series     int
			id, nb, en string
			scale      float64
		}{{cWork, "arbeid", "Andel måneder i arbeid", "Share of months in work", 1}, {cPosition, "stilling", "Stillingsandel", "Position", 1}, {cEarnings, "lonn", "Lønn per måned (10 000 kr)", "Wage a month (10,000 kroner)", 1e-4}} {
			out = append(out, Covariate{Name: fmt.Sprintf("%s_for_%d_%d", s.id, w.from, w.to), NB: fmt.Sprintf("%s, %d–%d mnd. før registrering", s.nb, w.from, w.to),
				EN: fmt.Sprintf("%s, %d–%d months before registration", s.en, w.from, w.to), Latest: -w.from, Earliest: -w.to, BeforeEpisode: true, value: func(x *moment) float64 {
					r := x.episode.From.Month()
					return s.scale * x.history.mean(s.series, r-calendar.Month(w.to), r-calendar.Month(w.from))
				}})
		}
	}
	return out
}

// countyCovariates are flags of the counties; the largest is the reference, so that no flag is nearly constant.
func countyCovariates(reg *register.Register) []Covariate {
	p := &reg.Persons
	if p.County == nil || len(p.Counties) < 2 {
		return nil
	}
	size := make([]int, len(p.Counties))
	for _, c := range p.County {
		if c >= 0 {
			size[c]++
		}
	}
	order := make([]int, 0, len(size))
	for i := range size {
		order = append(order, i)
	}
	sort.SliceStable(order, func(a, b int) bool { return size[order[a]] > size[order[b]] })
	reference := order[0]
	var out []Covariate
	for i, name := range p.Counties {
		if i == reference || size[i] == 0 {
			continue
		}
		out = append(out, Covariate{Name: "fylke=" + name, NB: "Fylke " + name, EN: "County " + name, Latest: Fixed, Earliest: Fixed, value: func(x *moment) float64 {
			if int(x.county()) == i {
				return 1
			}
			return 0
		}})
	}
	return out
}

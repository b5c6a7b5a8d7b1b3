package cohort

import (
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
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
		return x.persons.County[x.person]
	}
	d, _ := x.reg.PersonOn(x.person, x.m.First()-1)
	return d.County
}

// Group is a target group: an overlapping flag measured before time zero.
type Group struct {
	ID         string
	Definition string // in words, English; the catalogue has names in both languages
	member     func(*moment) bool
}

// longTermMonths is how many months of registration before m make a person long-term unemployed: Nav counts six months.
const longTermMonths = 6

var groups = []Group{
	{"alle", "everybody in the population", func(*moment) bool { return true }},
	{"unge", "under 30 years in month m", func(x *moment) bool { return x.persons.AgeAt(x.person, x.m) < 30 }},
	{"langtidsledige", "in the present episode for at least six months before m", func(x *moment) bool {
		return x.episode != nil && x.episode.From <= (x.m-longTermMonths).First()
	}},
	{"innvandrere_utenfor_eos", "born outside the EEA", func(x *moment) bool { return x.persons.Origin[x.person] == register.OutsideEEA }},
	{"lav_utdanning", "compulsory school at most (NUS level 0–2); unknown is not counted as low", func(x *moment) bool {
		e := x.education()
		return e >= 0 && e <= 2
	}},
	{"nedsatt_arbeidsevne", "registered with reduced work capacity before m, or AAP in month m − 1", func(x *moment) bool {
		if x.episode != nil {
			if s, _ := x.episode.statusAt(x.m); s == register.ReducedWorkCapacity {
				return true
			}
		}
		return x.history.state(x.m-1)&register.AAP != 0
	}},
	{"ufore", "disability pension in month m − 1", func(x *moment) bool { return x.history.state(x.m-1)&register.Ufore != 0 }},
	{"sosialhjelp_langtid", "social assistance in at least six of the twelve months before m", func(x *moment) bool {
		return x.history.count(cSosialhjelp, x.m-12, x.m-1) >= 6
	}},
}

// GroupIDs are the target groups that a study can name.
func GroupIDs() []string {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	return ids
}

func groupByID(id string) (Group, bool) {
	for _, g := range groups {
		if g.ID == id {
			return g, true
		}
	}
	return Group{}, false
}

// mask is the groups of ids, in their order, that the person belongs to: bit i for ids[i].
func mask(ids []Group, x *moment) Mask {
	var bits Mask
	for i, g := range ids {
		if g.member(x) {
			bits |= 1 << i
		}
	}
	return bits
}

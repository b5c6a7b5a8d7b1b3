package simulate

import (
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// refusedStatuses are the statuses of rows that are not participation.
var refusedStatuses = []string{"IKKE_AKTUELL", "IKKAKTUELL", "AVSLAG", "VENTELISTE", "IKKEM", "FEILREGISTRERT"}

// refusedOrigins are the systems that write them.
var refusedOrigins = []int{0, 2, 2, 0, 2, 0}

var deltakelseOrigins = []string{"TEAM_KOMET", "TEAM_TILTAK", "ARENA"}

// The statuses of participations: fulfilled, broken off, going on; Komet's words and Team Tiltak's.
var deltakelseStatuses = []string{"FULLFORT", "AVBRUTT", "DELTAR", "AVSLUTTET", "GJENNOMFORES"}

var reasons = []string{"FATT_JOBB", "ANNET", "IKKE_MOTT", "SYK", "TRENGER_ANNEN_STOTTE"}

// referral now and then refers a registered person to a tiltak that never begins: 2–4 % of the rows. It depends on
// nothing that comes later.
func (w *world) referral(p *person, t, first, exit int, rec *recorder) {
	if w.uniform(p, t, drawReferral) >= .0016 {
		return
	}
	v := w.uniform(p, t, drawReferralWhich)
	k := int(v * numTiltak)
	v = v*numTiltak - float64(k)
	kind := int(v * float64(len(refusedStatuses)))
	day := first
	if exit > first {
		day = exit
	}
	from := w.first[t] + calendar.Date(day-1)
	rec.referrals = append(rec.referrals, participation{tiltak: k, from: from, to: from + 60, planned: from + 60, month: t, referral: uint8(kind + 1)})
}

func (w *world) deltakelseTable(blocks []*block) *datasets.Table {
	id, pid := &intColumn{name: "deltakelse_id"}, &intColumn{name: "person_id"}
	code := newText("tiltakskode", w.codes()...)
	status := newText("status", append(append([]string(nil), deltakelseStatuses...), refusedStatuses...)...)
	from, to := &dateColumn{name: "start_dato"}, &dateColumn{name: "slutt_dato"}
	partTime := &intColumn{name: "deltidsprosent"}
	referred := &dateColumn{name: "henvist_dato"}
	reason := newText("status_aarsak", reasons...)
	origin := newText("opphav", deltakelseOrigins...)
	office := newText("nav_enhet", w.offices...)
	procured := newText("anskaffelse", procurements...)
	employer, subsidy := &intColumn{name: "arbeidsgiver_id"}, &intColumn{name: "lonnstilskudd_prosent"}
	for _, b := range blocks {
		b.eachRow(func(_ int, p *person, key int64, x *participation) {
			g := programmeOf(x.tiltak)
			id.add(key, false)
			pid.add(p.id, false)
			code.add(w.code(p, x))
			from.add(x.from, false)
			to.add(x.to, x.to == calendar.Open)
			percent, refunded := w.terms(p, x)
			partTime.add(int64(percent), percent < 0)
			wait := 5 + int(40*w.uniform(p, x.month, drawStatus))
			referred.add(x.from-calendar.Date(wait), false)
			office.add(int(p.office))
			subsidy.add(int64(refunded), refunded < 0)
			own := 0
			if g.origin == "TEAM_TILTAK" {
				own = 1
			}
			employer.add(w.employer(p, x.month, true), !g.byAgreed)
			procured.add(w.procurement(p, x))
			if x.referral > 0 {
				status.add(len(deltakelseStatuses) + int(x.referral) - 1)
				origin.add(refusedOrigins[x.referral-1])
				reason.add(-1)
				return
			}
			origin.add(own)
			switch {
			case x.to == calendar.Open:
				status.add(2 + 2*own)
				reason.add(-1)
			case x.to >= x.planned:
				status.add(3 * own)
				reason.add(-1)
			default:
				status.add(1)
				if x.gotJob {
					reason.add(0)
				} else {
					reason.add(1 + int(4*w.uniform(p, x.month, drawSubsidy)))
				}
			}
		})
	}
	columns := []*datasets.Column{id.column(), pid.column(), code.column(), status.column(), from.column(), to.column(),
		partTime.column(), referred.column(), reason.column(), origin.column(), office.column(), employer.column(), subsidy.column()}
	if w.rules.bought {
		columns = append(columns, procured.column())
	}
	return datasets.NewTable(columns...)
}

// procurements are how places are bought where the scenario has it (scenario.bought).
var procurements = []string{"anbud", "egen_regi"}

// procurement is how a place was bought, by the toss of a coin that falls on egen_regi four times in ten; −1 of an employer's place, which
// is not bought.
func (w *world) procurement(p *person, x *participation) int {
	switch {
	case programmeOf(x.tiltak).byAgreed:
		return -1
	case w.trait.Uniform(uint64(p.id), 10_000+uint64(x.month)) < .4:
		return 1
	}
	return 0
}

// terms are deltidsprosent and lonnstilskudd_prosent of a participation; −1 is missing.
func (w *world) terms(p *person, x *participation) (partTime, subsidy int) {
	v := w.uniform(p, x.month, drawPartTime)
	partTime, subsidy = partTimeOf(x.tiltak, v), -1
	if v >= .98 {
		partTime = -1
	}
	if programmeOf(x.tiltak).byAgreed {
		if subsidy = 40; p.reduced {
			subsidy = 60
		}
	}
	return partTime, subsidy
}

// partTimeOf is the percentage of a participation: mostly full, less often so in AFT.
func partTimeOf(k int, v float64) int {
	full := .75
	switch k {
	case aft:
		full = .45
	case jobbklubb, opplaering:
		full = .9
	}
	switch {
	case v < full:
		return 100
	case v < full+(1-full)*.4:
		return 80
	case v < full+(1-full)*.6:
		return 60
	case v < full+(1-full)*.85:
		return 50
	}
	return 40
}

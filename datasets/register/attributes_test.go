package register

import "testing"

func TestParticipationAttributes(t *testing.T) {
	b := base()
	b["deltakelse"] = `
		deltakelse_id person_id tiltakskode status start_dato slutt_dato henvist_dato status_aarsak innhold gjennomforing_id avtale arrangor_id kostnad anskaffelse
		1 10 MENTOR FULLF 2020-01-01 2020-01-31 .          FERDIG    .    G2 .     P2 100 .
		2 10 MENTOR DELAVB 2020-02-01 2020-02-10 2019-12-01 FATT_JOBB I1   G1 true  P1 50 ANBUD
		3 20 MENTOR IKKEM 2020-02-01 2020-02-10 2020-01-05 IKKE_MOTT I1   .  false .  . egen_regi
		4 20 MENTOR SOKT_INN . . 2020-01-15 . . . . . . anbud`
	r := mustRead(t, b, Options{})
	if len(r.Participations) != 1 || len(r.Referrals) != 2 {
		t.Fatalf("%d participations, %d referrals", len(r.Participations), len(r.Referrals))
	}
	p := r.Participations[0]
	if r.Reasons[p.Reason] != "FATT_JOBB" || r.Contents[p.Content] != "I1" || r.Courses[p.Course] != "G2" || r.Providers[p.Provider] != "P2" || p.Agreement != 1 ||
		p.Cost != 150 || p.Completed || p.Referred != date("2019-12-01") || p.Decided != NoDate {
		t.Errorf("joined: %+v", p)
	}
	if len(r.Procurements) != 2 || r.Procurements[p.Procured] != "anbud" { // in small letters; of the row that has it
		t.Errorf("procurement %d of %v", p.Procured, r.Procurements)
	}
	x, y := r.Referrals[0], r.Referrals[1]
	if x.Referred > y.Referred {
		x, y = y, x
	}
	if r.Reasons[x.Reason] != "IKKE_MOTT" || x.Agreement != 0 || x.Provider != -1 || x.Start != date("2020-02-01") || y.Start != NoDate || y.Reason != -1 || y.Agreement != -1 {
		t.Errorf("referrals: %+v %+v", x, y)
	}
	if r.FirstRef[1] != 0 || r.FirstRef[2] != 2 {
		t.Errorf("first referrals: %v", r.FirstRef)
	}
}

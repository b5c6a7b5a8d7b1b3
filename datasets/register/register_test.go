package register

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

func TestCleanRegister(t *testing.T) {
	r := mustRead(t, base(), Options{})
	if got := found(r); got != "person education_missing 1/1 kept\ndeltakelse part_time_missing 2/2 kept" {
		t.Errorf("ledger of a clean register:\n%s", got)
	}
	if len(r.Warnings) != 0 {
		t.Errorf("warnings: %v", r.Warnings)
	}
	if r.Cut != month("2020-06") || r.Panel.First != month("2020-01") || r.Panel.Months != 6 || r.Panel.N != 4 {
		t.Errorf("cut %v, panel %v + %d × %d", r.Cut, r.Panel.First, r.Panel.Months, r.Panel.N)
	}
	p := r.Persons
	if !slices.Equal(p.IntID, []int64{10, 20, 30, 40}) || !slices.Equal(p.Born, []int16{1980, 1990, 2000, 1960}) ||
		!slices.Equal(p.Sex, []Sex{Woman, Man, Woman, Man}) || !slices.Equal(p.Origin, []Origin{Norway, OutsideEEA, EEA, Norway}) ||
		!slices.Equal(p.Education, []int8{4, -1, 7, 0}) || p.Died != nil || p.County != nil || p.Weight != nil {
		t.Errorf("persons: %+v", p)
	}
	if !slices.Equal(r.Tiltak, []string{"ARBEIDSFORBEREDENDE_TRENING", "ARBEIDSTRENING"}) {
		t.Errorf("tiltak: %v", r.Tiltak)
	}
	q := r.Participations
	if len(q) != 2 || q[0].Person != 0 || q[0].Tiltak != 1 || q[0].Start != date("2020-02-10") || q[0].End != date("2020-03-31") || !q[0].Completed ||
		q[1].End != calendar.Open || q[1].Completed || !slices.Equal(r.FirstPart, []int32{0, 1, 2, 2, 2}) {
		t.Errorf("participations: %+v %v", q, r.FirstPart)
	}
	want := []Registration{{0, date("2020-01-15"), date("2020-04-10"), Unemployed, 0}, {1, date("2019-11-01"), calendar.Open, ReducedWorkCapacity, 0}}
	if !slices.Equal(r.Registrations, want) || !slices.Equal(r.FirstReg, []int32{0, 1, 2, 2, 2}) {
		t.Errorf("registrations: %+v", r.Registrations)
	}
	h := r.Panel.History(0)
	if !slices.Equal(h.Position, []uint16{0, 0, 0, 0, 10000, 10000}) || !slices.Equal(h.OrdinaryWage, []int32{0, 0, 0, 0, 3000000, 3000050}) {
		t.Errorf("history: %+v", h)
	}
	if want := []State{Registered, Registered | InTiltak, Registered | InTiltak, Registered, Observed, Observed}; !slices.Equal(h.State, want) {
		t.Errorf("state: %v, want %v", h.State, want)
	}
	if h := r.Panel.History(1); !slices.Equal(h.State, []State{1, 1, 1 | InTiltak, 1 | InTiltak, 1 | InTiltak, 1 | InTiltak}) {
		t.Errorf("state of the second: %v", h.State)
	}
	if h := r.Panel.History(2); !slices.Equal(h.Ordinary, []uint16{5000, 5025, 0, 0, 0, 0}) {
		t.Errorf("position of the third: %v", h.Ordinary)
	}
}

// edit is base with lines added to, or a table put in place of, one table.
func edit(table string, lines ...string) map[string]string {
	b := base()
	b[table] += "\n" + strings.Join(lines, "\n")
	return b
}

func replaced(table, text string) map[string]string {
	b := base()
	b[table] = text
	return b
}

const deltakelseHeader = "deltakelse_id person_id tiltakskode status start_dato slutt_dato deltidsprosent\n"

func TestLedger(t *testing.T) {
	person := "person_id fodselsaar kjonn landgruppe utdanning dod_dato utvandret_dato\n"
	for _, c := range []struct {
		name   string
		tables map[string]string
		opt    Options
		want   string // without the two lines of a clean register, and part time as given
	}{
		{"not participation, all three origins", replaced("deltakelse", "deltakelse_id person_id tiltakskode status start_dato slutt_dato deltidsprosent opphav\n"+`
			1 10 MENTOR FULLF 2020-01-01 2020-02-01 100 ARENA
			2 10 MENTOR IKKEM 2020-03-01 2020-03-02 100 ARENA
			3 10 MENTOR GJENN 2020-07-01 2020-09-01 100 ARENA
			4 20 MENTOR VENTELISTE . . 100 TEAM_KOMET
			5 20 MENTOR HAR_SLUTTET 2020-01-01 2020-02-01 100 TEAM_KOMET
			6 30 MENTOR ANNULLERT 2020-01-01 2020-02-01 100 TEAM_TILTAK
			7 30 MENTOR AVSLUTTET 2020-01-01 2020-02-01 100 TEAM_TILTAK
			8 30 MENTOR AVBRUTT 2020-08-01 2020-08-02 100 TEAM_TILTAK`), Options{},
			"deltakelse not_participation 5/3 kept"},
		{"status and code that nobody knows", replaced("deltakelse", deltakelseHeader+`
			1 10 NYTT_TILTAK FULLF 2020-01-01 2020-02-01 100
			2 10 NYTT_TILTAK RAR 2020-03-01 2020-03-02 100
			3 20 NYTT_TILTAK FULLF 2020-01-01 2020-02-01 100`), Options{},
			"deltakelse tiltak_unknown 3/2 kept\ndeltakelse status_unknown 1/1 kept\ndeltakelse not_participation 1/1 kept"},
		{"dates", replaced("deltakelse", deltakelseHeader+`
			1 10 MENTOR FULLF . 2020-02-01 100
			2 10 MENTOR FULLF 2020-03-02 2020-03-01 100
			3 10 MENTOR FULLF 2020-07-01 2020-08-01 100
			4 20 MENTOR FULLF 2020-03-01 2020-03-01 100
			5 20 AMO FULLF 1820-03-01 2020-03-01 100
			6 30 MENTOR FULLF 2020-03-01 2999-03-01 100
			7 30 AMO FULLF 2020-03-01 . 100
			8 30 VASV FULLF 2020-03-01 2021-03-01 100`), Options{},
			"deltakelse tiltak_recoded 1/1 changed\ndeltakelse start_missing 1/1 dropped\ndeltakelse start_impossible 1/1 dropped\ndeltakelse start_after_cut 1/1 dropped\n" +
				"deltakelse end_impossible 1/1 changed\ndeltakelse end_before_start 1/1 dropped\ndeltakelse one_day 1/1 kept\ndeltakelse between_month_ends 1/1 kept"},
		{"the same participation twice, re-enrolment, overlap, another tiltak", replaced("deltakelse", deltakelseHeader+`
			1 10 MENTOR FULLF 2020-01-01 2020-01-31 100
			2 10 MENTOR FULLF 2020-01-01 2020-01-31 100
			3 10 MENTOR FULLF 2020-02-01 2020-02-10 100
			4 10 MENTOR FULLF 2020-02-05 2020-02-20 100
			5 10 AVKLARING FULLF 2020-01-15 2020-02-10 100
			6 10 MENTOR FULLF 2020-02-22 2020-02-25 100
			6 10 MENTOR FULLF 2020-02-22 2020-02-26 100`), Options{},
			"deltakelse superseded 1/1 dropped\ndeltakelse duplicate 1/1 dropped\ndeltakelse overlap_same_tiltak 1/1 changed\ndeltakelse adjoining_same_tiltak 1/1 changed\ndeltakelse between_month_ends 1/1 kept"},
		{"a person without rows", edit("person", "50 1960 mann norge 0"), Options{}, "deltakelse part_time_missing 2/2 kept\nperson person_alone 1/1 kept"},
		{"old and new code are one tiltak", replaced("deltakelse", deltakelseHeader+`
			1 10 ARBTREN FULLF 2020-01-01 2020-01-31 100
			2 10 ARBEIDSTRENING FULLF 2020-01-01 2020-01-31 100`), Options{},
			"deltakelse tiltak_recoded 1/1 changed\ndeltakelse duplicate 1/1 dropped"},
		{"gap of a week", replaced("deltakelse", deltakelseHeader+`
			1 10 MENTOR FULLF 2020-01-01 2020-01-31 100
			2 10 MENTOR FULLF 2020-02-08 2020-02-20 100`), Options{Rules: Rules{MergeGap: 7}},
			"deltakelse adjoining_same_tiltak 1/1 changed"},
		{"as of a date", replaced("deltakelse", "deltakelse_id person_id tiltakskode status start_dato slutt_dato deltidsprosent registrert endret\n"+`
			1 10 MENTOR FULLF     2020-01-01 2020-02-01 100 2020-01-01 2020-02-02
			2 10 AVKLARING FULLF  2020-03-01 2020-03-31 100 2020-05-01 2020-05-01
			3 20 MENTOR GJENN     2020-02-01 2020-06-01 100 2020-01-20 2020-02-01
			3 20 MENTOR DELAVB    2020-02-01 2020-03-15 100 2020-01-20 2020-05-01
			4 30 MENTOR FULLF     2020-02-01 2020-03-15 100 2020-01-20 2020-05-01
			5 30 AVKLARING GJENN  2020-04-20 2020-06-15 100 2020-01-20 2020-01-20`), Options{AsOf: date("2020-04-15")},
			"deltakelse registered_after_as_of 1/1 dropped\ndeltakelse version_after_as_of 1/1 dropped\ndeltakelse changed_after_as_of 1/1 kept\n" +
				"deltakelse not_participation 1/1 kept"},
		{"open past the maximum", replaced("deltakelse", deltakelseHeader+`
			1 10 AVKLARING GJENN 2020-01-10 . 100
			2 20 AVKLARING GJENN 2020-05-10 . 100
			3 30 ARBEIDSTRENING GJENN 2018-06-10 . 100`), Options{},
			"deltakelse open_past_maximum 2/2 kept"},
		{"open past the maximum by months", replaced("deltakelse", deltakelseHeader+`
			1 10 AVKLARING GJENN 2020-01-10 . 100
			3 30 ARBEIDSTRENING GJENN 2018-06-10 . 100`), Options{Rules: Rules{OpenPastMax: 4}},
			"deltakelse open_past_maximum 1/1 kept\ndeltakelse open_past_maximum_ended 1/1 changed"},
		{"counties of several years", replaced("person", `
			person_id fodselsaar kjonn  landgruppe utdanning fylke
			10        1980       kvinne norge      4         1
			20        1990       mann   norge      .         30
			30        2000       kvinne norge      7         03
			40        1960       mann   norge      0         .`), Options{},
			"person county_reformed 1/1 changed\ndeltakelse part_time_missing 2/2 kept"},
		{"part time", replaced("deltakelse", deltakelseHeader+`
			1 10 MENTOR FULLF 2020-01-01 2020-01-31 .
			2 20 MENTOR FULLF 2020-02-08 2020-02-20 0
			3 20 AVKLARING FULLF 2020-02-08 2020-02-20 101
			4 30 AVKLARING FULLF 2020-02-08 2020-02-20 50`), Options{},
			"deltakelse part_time_missing 1/1 kept\ndeltakelse part_time_impossible 2/1 changed\ndeltakelse between_month_ends 3/2 kept"},
		{"strangers and missing ids", func() map[string]string {
			b := edit("deltakelse", "3 99 MENTOR FULLF 2020-01-01 2020-01-31", "4 . MENTOR FULLF 2020-01-01 2020-01-31")
			b["arbeidssoker"] += "\n99 2020-01-01 . ledig\n. 2020-01-01 . ledig"
			b["maaned"] += "\n99 202001 100 1\n99 202002 100 1\n98 202001 100 1\n. 202001 100 1"
			return b
		}(), Options{Rules: Rules{MaxStrangers: 0.5}},
			"deltakelse person_id_missing 1/0 dropped\ndeltakelse person_unknown 1/1 dropped\ndeltakelse part_time_missing 2/2 kept\n" +
				"arbeidssoker person_id_missing 1/0 dropped\narbeidssoker person_unknown 1/1 dropped\n" +
				"maaned person_id_missing 1/0 dropped\nmaaned person_unknown 3/2 dropped"},
		{"registrations", edit("arbeidssoker",
			"10 2020-04-11 2020-04-30 ledig", "10 2020-04-20 2020-05-10 ledig", "10 2020-05-11 2020-05-20 delvis_ledig",
			"20 . 2020-01-01 ledig", "20 2020-02-01 2020-01-01 ledig", "20 2020-07-01 . ledig", "30 1801-01-01 . ledig",
			"30 2020-01-01 2555-01-01 nedsatt", "40 2020-06-01 2021-01-01 ledig"), Options{},
			"deltakelse part_time_missing 2/2 kept\narbeidssoker from_missing 1/1 dropped\narbeidssoker from_impossible 1/1 dropped\n" +
				"arbeidssoker from_after_cut 1/1 dropped\narbeidssoker to_impossible 1/1 changed\narbeidssoker to_before_from 1/1 dropped\n" +
				"arbeidssoker status_unknown 1/1 kept\narbeidssoker joined 2/1 changed"},
		{"months", edit("maaned", "10 . 100 1", "10 202001 . .", "20 202002 -5 -100", "30 202003 700 99999999", "30 202001 10 -1000", "40 202001 100 100"), Options{},
			"deltakelse part_time_missing 2/2 kept\nmaaned month_missing 1/1 dropped\nmaaned position_missing 1/1 changed\nmaaned position_negative 1/1 changed\n" +
				"maaned position_too_large 1/1 changed\nmaaned wage_missing 1/1 changed\nmaaned wage_negative 2/2 kept\nmaaned wage_too_large 1/1 changed\n" +
				"maaned wage_sum_negative 1/1 changed"},
		{"a cut and a first month", base(), Options{Cut: month("2020-05"), First: month("2020-02")},
			"deltakelse part_time_missing 2/2 kept\nmaaned month_before_first 2/2 dropped\nmaaned month_after_cut 2/2 dropped"},
		{"death and emigration", func() map[string]string {
			b := replaced("person", person+`
			10 1980 kvinne norge 4 2020-03-15 2020-05-01
			20 1990 mann   eos   4 2020-02-10 .
			30 2000 kvinne eos   7 .          2020-01-20
			40 1960 mann   norge 0 9999-12-31 9999-12-31`)
			b["deltakelse"] += "\n3 20 AVKLARING FULLF 2020-01-01 2020-04-01"
			b["arbeidssoker"] += "\n20 2020-03-01 2020-03-02 ledig"
			return b
		}(), Options{},
			"person emigration_after_death 1/1 changed\ndeltakelse start_after_death 1/1 dropped\ndeltakelse end_after_death 2/2 changed\ndeltakelse part_time_missing 2/2 kept\n" +
				"arbeidssoker from_after_death 1/1 dropped\narbeidssoker to_after_death 2/2 changed\nmaaned month_after_death 2/1 dropped\nmaaned month_after_emigration 1/1 kept"},
		{"person", replaced("person", `
			person_id fodselsaar kjonn  landgruppe  utdanning
			10        .          kvinne norge       641107
			20        1790       ukjent mars        .
			30        2000       K      EOS         12
			40        1960       1      NORGE       0
			.         1960       1      NORGE       0`), Options{},
			"person person_id_missing 1/0 dropped\nperson birth_year_missing 1/1 kept\nperson birth_year_impossible 1/1 changed\nperson sex_unknown 1/1 kept\n" +
				"person origin_unknown 1/1 kept\nperson education_missing 1/1 kept\nperson education_impossible 1/1 changed\ndeltakelse part_time_missing 2/2 kept"},
		{"years of birth", replaced("person", `
			person_id fodselsaar kjonn  landgruppe  utdanning
			10        2021       kvinne norge       3
			20        1899       kvinne norge       3
			30        2020       kvinne norge       3
			40        1900       mann   norge       3`), Options{},
			"person birth_year_impossible 2/2 changed\ndeltakelse part_time_missing 2/2 kept"},
		{"years of birth, older", replaced("person", `
			person_id fodselsaar kjonn  landgruppe  utdanning
			10        2000       kvinne norge       3
			20        1899       kvinne norge       3
			30        2000       kvinne norge       3
			40        1860       mann   norge       3`), Options{Rules: Rules{MaxAge: 140}},
			"person birth_year_impossible 1/1 changed\ndeltakelse part_time_missing 2/2 kept"},
		{"wages paid through a tiltak", func() map[string]string {
			b := replaced("maaned", `
			person_id maaned stillingsprosent lonn tiltakslonn tiltakslonn_belop
			10        202001 100 30000 true  .
			10        202002 100 30000 false 10000
			10        202003 100 30000 false .
			20        202003 100 30000 false .
			20        202004 60  30000 false .
			20        202005 60  30000 false 40000
			20        202006 0   0     false .
			30        202006 10  10    .     0`)
			b["deltakelse"] = deltakelseHeader + "1 20 MIDLONTIL FULLF 2020-03-31 2020-06-30 100"
			return b
		}(), Options{},
			"deltakelse tiltak_recoded 1/1 changed\nmaaned tiltak_wage_marked 1/1 changed\nmaaned tiltak_wage_amount 2/2 changed\nmaaned tiltak_wage_overlap 2/1 changed\nperson person_alone 1/1 kept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mustRead(t, c.tables, c.opt)
			got := strings.TrimPrefix(found(r), "person education_missing 1/1 kept\n")
			if c.name == "person" {
				got = found(r)
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestIsolatedMonths(t *testing.T) {
	b := base()
	for range 60 {
		b["maaned"] += "\n10 202006 1 1"
	}
	b["maaned"] += "\n10 191801 100 1"
	// One row in 69 is more than one in a hundred.
	r := mustRead(t, b, Options{})
	if r.Panel.First != month("1918-01") {
		t.Errorf("panel from %v", r.Panel.First)
	}
	for range 60 {
		b["maaned"] += "\n10 202006 1 1"
	}
	b["maaned"] += "\n10 209912 100 1"
	r = mustRead(t, b, Options{})
	if r.Panel.First != month("2020-01") || r.Cut != month("2020-06") || len(r.Warnings) != 1 || r.Warnings[0].Code != "months_isolated" {
		t.Errorf("panel from %v to %v, %v", r.Panel.First, r.Cut, r.Warnings)
	}
	ledgerIs(t, r, cleanLedger+"\nmaaned month_before_first 1/1 dropped\nmaaned month_after_cut 1/1 dropped")
}

func TestReformCounties(t *testing.T) {
	for _, c := range []struct{ codes, change string }{
		{"01 02 03 06 07", "map[]"},
		{"03 30 34 38", "map[]"},
		{"01 03 30", "map[01:30 02:30 06:30 31:30 32:30 33:30]"},
		{"30 31 33", "map[01:30 02:30 06:30 31:30 32:30 33:30]"},
		{"01 06 31 07", "map[01:31 02:32 06:33]"},
		{"16 50", "map[16:50 17:50]"},
		{"16 17 30", "map[16:50 17:50]"},
		{"19 20 55", "map[19:55 20:56]"},
		{"Oslo Viken", "map[]"},
	} {
		if got := fmt.Sprint(reformCounties(strings.Fields(c.codes))); got != c.change {
			t.Errorf("%s: %s, want %s", c.codes, got, c.change)
		}
	}
}

func TestMaximum(t *testing.T) {
	r := mustRead(t, replaced("deltakelse", deltakelseHeader+"1 10 AVKLARING GJENN 2020-01-10 . 100\n2 30 ARBEIDSTRENING GJENN 2018-06-10 . 100"), Options{Rules: Rules{OpenPastMax: 1}})
	// Twelve weeks are 2.76 months: two months and ceil(0.76 · 30) = 23 days; eighteen months are to the 9th of the 19th.
	if got := r.Participations[0].End.String(); got != "2020-04-01" {
		t.Errorf("AVKLARING ends %s", got)
	}
	if got := r.Participations[1].End.String(); got != "2019-12-09" {
		t.Errorf("ARBEIDSTRENING ends %s", got)
	}
	if got := addMonths(date("2020-01-31"), 1); got != date("2020-02-29") {
		t.Errorf("a month after 31 January: %v", got)
	}
}

func TestOrdinaryWork(t *testing.T) {
	b := base()
	b["maaned"] = `
		person_id maaned stillingsprosent lonn tiltakslonn_belop arbeidsgiver_id
		10 202001 100 30000 .     A
		10 202002 100 30000 10000 A
		10 202003 50  20000 .     A
		10 202003 20  10000 .     B
		10 202004 50  20000 .     .
		10 202005 50  20000 .     A
		20 202006 10  100   .     A`
	b["deltakelse"] = "deltakelse_id person_id tiltakskode status start_dato slutt_dato arbeidsgiver_id\n1 10 MIDLERTIDIG_LONNSTILSKUDD FULLF 2020-03-31 2020-04-01 A"
	r := mustRead(t, b, Options{})
	h := r.Panel.History(0)
	// March: the job with A is subsidised on one day, that with B is not; April: the employer is not known.
	if want := []uint16{10000, 6667, 2000, 0, 5000, 0}; !slices.Equal(h.Ordinary, want) {
		t.Errorf("ordinary position %v, want %v", h.Ordinary, want)
	}
	if want := []int32{3000000, 2000000, 1000000, 0, 2000000, 0}; !slices.Equal(h.OrdinaryWage, want) {
		t.Errorf("ordinary wage %v, want %v", h.OrdinaryWage, want)
	}
	if want := []uint16{10000, 10000, 7000, 5000, 5000, 0}; !slices.Equal(h.Position, want) {
		t.Errorf("position %v, want %v", h.Position, want)
	}
	for k, want := range []bool{false, true, true, true, false, false} {
		if (h.State[k]&TiltakWage != 0) != want {
			t.Errorf("month %d: TiltakWage %v", k, !want)
		}
	}
}

func TestExits(t *testing.T) {
	b := base()
	b["person"] = `
		person_id fodselsaar kjonn landgruppe utdanning dod_dato utvandret_dato
		10 1980 kvinne norge 4 2020-03-15 .
		20 1990 mann eos 4 . 2020-02-10
		30 2000 kvinne eos 7 1999-01-01 .
		40 1960 mann norge 0 . 2030-01-01`
	r := mustRead(t, b, Options{})
	for i, want := range []string{"..DDDD", ".GGGGG", "DDDDDD", "......"} {
		got := ""
		for _, s := range r.Panel.History(int32(i)).State {
			switch {
			case s&Dead != 0:
				got += "D"
			case s&Gone != 0:
				got += "G"
			default:
				got += "."
			}
		}
		if got != want {
			t.Errorf("person %d: %s, want %s", i, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	without := func(table string) map[string]string {
		b := base()
		delete(b, table)
		return b
	}
	for _, c := range []struct {
		name   string
		tables map[string]string
		opt    Options
		code   string
		words  []string
	}{
		{"no table", without("maaned"), Options{}, "missing_table", []string{"maaned", "no table"}},
		{"no column", replaced("maaned", "person_id maaned stillingsprosnt lonn\n10 202001 1 1"), Options{}, "missing_column", []string{"maaned.csv", "`stillingsprosent`", "did you mean `stillingsprosnt`"}},
		{"empty", replaced("deltakelse", deltakelseHeader), Options{}, "empty_table", []string{"deltakelse.csv", "no rows"}},
		{"wrong type", replaced("maaned", "person_id maaned stillingsprosent dagpenger lonn\n10 202001 1 true 1"), Options{}, "", nil},
		{"duplicate person", edit("person", "10 1980 mann norge 1", "20 1980 mann norge 1", "20 1980 mann norge 1"), Options{}, "duplicate_person",
			[]string{"person.csv", "2 persons have more than one row in `person_id` (5 rows)"}},
		{"persons in one table alone", edit("arbeidssoker", "99 2020-01-01 . ledig", "98 2020-01-01 . ledig"), Options{}, "unknown_person",
			[]string{"arbeidssoker.csv", "2 of 4 rows concern 2 persons that are not in person.csv"}},
		{"cut after the data", base(), Options{Cut: month("2021-01")}, "cut", []string{"2021-01", "2020-06"}},
		{"months that are none", replaced("maaned", "person_id maaned stillingsprosent lonn\n10 202013 1 1"), Options{}, "column_type", []string{"1 of 1 values of `maaned` are not months (the first in data row 1)"}},
		{"weights", replaced("person", "person_id fodselsaar kjonn landgruppe utdanning vekt\n10 1980 mann norge 1 0\n20 1980 mann norge 1 1\n30 1980 mann norge 1 1\n40 1980 mann norge 1 1"), Options{}, "weights", []string{"`vekt`", "1 row (the first is data row 1)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := tables(c.tables)
			if c.name == "wrong type" {
				m["maaned"].Columns[4] = datasets.TextColumn("lonn", []string{"kr"}, nil)
				c.code, c.words = "column_type", []string{"maaned.csv", "`lonn` is text, not a number, in 1 of 1 row (the first is data row 1)"}
			}
			_, err := FromTables(context.Background(), m, c.opt)
			if err == nil || fault.StatusOf(err) != fault.Data || fault.CodeOf(err) != c.code {
				t.Fatalf("got %v (%s), want exit 3 and %s", err, fault.CodeOf(err), c.code)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("not one sentence: %q", err)
			}
		})
	}
}

// messy is a register with random rows that many rules apply to.
func messy(r *rand.Rand, persons, rows int) map[string]string {
	var person, part, reg, months strings.Builder
	person.WriteString("person_id fodselsaar kjonn landgruppe utdanning dod_dato nav_enhet\n")
	for i := range persons {
		died := "."
		if r.IntN(10) == 0 {
			died = fmt.Sprintf("2020-%02d-15", 1+r.IntN(12))
		}
		fmt.Fprintf(&person, "%d %d %s norge %d %s %04d\n", 1000+7*i, 1950+r.IntN(50), []string{"mann", "kvinne"}[r.IntN(2)], r.IntN(9), died, r.IntN(20))
	}
	id := func() string {
		if r.IntN(200) == 0 {
			return "."
		}
		if r.IntN(200) == 0 {
			return "5"
		}
		return fmt.Sprint(1000 + 7*r.IntN(persons))
	}
	day := func() string { return fmt.Sprintf("2020-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28)) }
	part.WriteString("deltakelse_id person_id tiltakskode status start_dato slutt_dato deltidsprosent kostnad arbeidsgiver_id endret arrangor_id status_aarsak avtale\n")
	owner := map[int]string{}
	reg.WriteString("person_id fra til status innsatsgruppe\n")
	for i := range rows {
		n := i
		if r.IntN(20) == 0 {
			n = r.IntN(i + 1)
		}
		who, ok := owner[n]
		if !ok {
			who = id()
			owner[n] = who
		}
		fmt.Fprintf(&part, "%d %s %s %s %s %s %d %d %c 2020-12-0%d %c %c %v\n", n, who, []string{"ARBTREN", "MIDLONTIL", "AMO", "X"}[r.IntN(4)],
			[]string{"FULLF", "GJENN", "AVSLAG"}[r.IntN(3)], day(), day(), 10*r.IntN(12), r.IntN(1000), 'A'+r.IntN(3), 1+r.IntN(2), 'P'+r.IntN(3), 'X'+r.IntN(3), r.IntN(2) == 0)
		fmt.Fprintf(&reg, "%s %s %s %s %s\n", id(), day(), day(), []string{"ledig", "delvis_ledig"}[r.IntN(2)], []string{"IKVAL", "BATT", "."}[r.IntN(3)])
	}
	months.WriteString("person_id maaned stillingsprosent lonn tiltakslonn arbeidsgiver_id dagpenger\n")
	for range 4 * rows {
		fmt.Fprintf(&months, "%s %d %d %d %v %c %v\n", id(), 202001+r.IntN(12), r.IntN(120), r.IntN(60000)-1000, r.IntN(10) == 0, 'A'+r.IntN(4), r.IntN(3) == 0)
	}
	return map[string]string{"person": person.String(), "deltakelse": part.String(), "arbeidssoker": reg.String(), "maaned": months.String()}
}

// shuffled is the table with its rows in another order.
func shuffled(r *rand.Rand, text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	r.Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
	return strings.Join(lines, "\n")
}

// same compares two registers, row numbers and ids left out.
func same(t *testing.T, what string, a, b *Register, ids bool) {
	t.Helper()
	x, y := *a, *b
	for _, r := range []*Register{&x, &y} {
		for _, list := range []*[]Participation{&r.Participations, &r.Referrals} {
			*list = slices.Clone(*list)
			for i := range *list {
				(*list)[i].Row = 0
				// NaN is not equal to itself.
				for _, f := range []*float32{&(*list)[i].PartTime, &(*list)[i].Subsidy} {
					if *f != *f {
						*f = -1
					}
				}
				if c := &(*list)[i].Cost; *c != *c {
					*c = -1
				}
			}
		}
		if !ids {
			r.Persons.IntID, r.Persons.TextID = nil, nil
		}
	}
	if !reflect.DeepEqual(x, y) {
		for i := range x.Ledger {
			if x.Ledger[i] != y.Ledger[i] {
				t.Errorf("%+v, %+v", x.Ledger[i], y.Ledger[i])
			}
		}
		for i := range min(len(x.Participations), len(y.Participations)) {
			if x.Participations[i] != y.Participations[i] {
				t.Errorf("%+v\n%+v", x.Participations[i], y.Participations[i])
				break
			}
		}
		t.Errorf("%s: the registers differ", what)
	}
}

func TestInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 20 {
		text := messy(r, 1+r.IntN(60), 1+r.IntN(200))
		opt := Options{Workers: 1, Rules: Rules{MaxStrangers: 1}}
		one, err := Read(context.Background(), memory{tables(text), 1 << 20}, opt)
		if err != nil {
			t.Fatal(err)
		}
		opt.Workers = 4
		many, err := Read(context.Background(), memory{tables(text), 7}, opt)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "workers and parts", one, many, true)

		other := map[string]string{}
		for name, rows := range text {
			other[name] = shuffled(r, rows)
		}
		shuffledRegister := mustRead(t, other, opt)
		same(t, "order of rows", one, shuffledRegister, true)

		// The ids as texts, and dates and months in other types.
		m := tables(text)
		for name, table := range m {
			for k, c := range table.Columns {
				switch {
				case c.Name == "person_id", c.Name == "maaned" && name == "maaned":
					table.Columns[k] = asText(c)
				case c.Kind == datasets.Date:
					table.Columns[k] = asInt(c)
				}
			}
		}
		texts, err := FromTables(context.Background(), m, opt)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "types", one, alike(texts), false)
		if len(texts.Persons.TextID) != one.Persons.N {
			t.Error("text ids were not kept as texts")
		}
		// Integers in person, texts elsewhere.
		m["person"] = tables(text)["person"]
		if texts, err = FromTables(context.Background(), m, opt); err != nil {
			t.Fatal(err)
		}
		same(t, "mixed ids", one, alike(texts), true)
	}
}

// alike is a register without what its ledger says of types.
func alike(r *Register) *Register {
	for i := range r.Ledger {
		if r.Ledger[i].Rule == "other_type" {
			r.Ledger[i].Rows = 0
		}
	}
	return r
}

func asText(c *datasets.Column) *datasets.Column {
	values := make([]string, c.Len())
	for i, v := range c.Ints {
		values[i] = fmt.Sprint(v)
	}
	return datasets.TextColumn(c.Name, values, c.Null)
}

func asInt(c *datasets.Column) *datasets.Column {
	values := make([]int64, c.Len())
	for i, d := range c.Dates {
		if !c.Missing(i) {
			y, m, day := d.Civil()
			values[i] = int64(10000*y + 100*m + day)
		}
	}
	return &datasets.Column{Name: c.Name, Kind: datasets.Int64, Ints: values, Null: c.Null}
}

func TestJobsAreSummed(t *testing.T) {
	split := edit("maaned", "10 202005 20 1000", "10 202005 0.5 0.5")
	whole := base()
	whole["maaned"] = strings.Replace(whole["maaned"], "10        202005 100              30000", "10 202005 120.5 31000.5", 1)
	a, b := mustRead(t, split, Options{}), mustRead(t, whole, Options{})
	same(t, "jobs", a, b, true)
}

func TestInputIsNotChanged(t *testing.T) {
	text := messy(rand.New(rand.NewPCG(3, 3)), 20, 50)
	m := tables(text)
	if _, err := FromTables(context.Background(), m, Options{Rules: Rules{MaxStrangers: 1}}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m, tables(text)) {
		t.Error("the tables were changed")
	}
}

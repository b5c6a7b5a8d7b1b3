package register

import (
	"math"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// with is base with a further table; clean is the ledger of base.
func with(name, text string) map[string]string {
	b := base()
	b[name] = text
	return b
}

const cleanLedger = "person education_missing 1/1 kept\ndeltakelse part_time_missing 2/2 kept"

func ledgerIs(t *testing.T, r *Register, want string) {
	t.Helper()
	if got := found(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLinkedPersons(t *testing.T) {
	b := base()
	want := mustRead(t, b, Options{})
	// Person 30 had the ids 31 and, before that, 32; 20 has had 21, which has no row of its own.
	b["person"] += "\n31 2000 kvinne eos 7\n32 1901 mann eos 7"
	b["person_kobling"] = "person_id gjelder_id\n32 31\n31 30\n21 20\n77 78\n40 40"
	b["maaned"] = strings.Replace(b["maaned"], "30        202001", "32 202001", 1)
	b["arbeidssoker"] = strings.Replace(b["arbeidssoker"], "20        2019-11-01", "21 2019-11-01", 1)
	got := mustRead(t, b, Options{})
	ledgerIs(t, got, "person joined_ids 2/1 changed\n"+cleanLedger)
	got.Ledger = want.Ledger
	same(t, "linked persons", want, got, true)

	// The same with ids that are texts.
	m := tables(b)
	for _, table := range m {
		for k, c := range table.Columns {
			if c.Name == "person_id" || c.Name == "gjelder_id" {
				table.Columns[k] = asText(c)
			}
		}
	}
	texts, err := FromTables(t.Context(), m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	texts.Ledger = want.Ledger
	same(t, "linked persons by text", want, texts, false)

	for _, pairs := range []string{"32 31\n31 32", "31 30\n31 20"} {
		b["person_kobling"] = "person_id gjelder_id\n" + pairs
		if _, err := read(t, b, Options{}); fault.CodeOf(err) != "ambiguous_link" {
			t.Errorf("%q: %v", pairs, err)
		}
	}
}

func TestAmounts(t *testing.T) {
	b := base()
	b["deltakelse"] = "deltakelse_id person_id tiltakskode status start_dato slutt_dato deltidsprosent\n" +
		"1 10 AVKLARING FULLF 2020-01-01 2020-02-01 80\n2 10 AVKLARING FULLF 2020-02-02 2020-03-31 80\n3 20 VASV AVSLAG 2020-01-01 . 100"
	b["deltakelsesmengde"] = `
		deltakelse_id gyldig_fra prosent dager_per_uke opprettet
		1             2020-01-10 50      .             2020-01-05
		1             2020-01-10 60      3             2020-01-20
		2             2020-02-10 200     .             2020-02-05
		2             2020-03-01 40      2             2020-05-05
		2             .          40      2             2020-02-05
		3             2020-02-10 40      2             2020-02-05
		9             2020-02-10 40      2             2020-02-05`
	r := mustRead(t, b, Options{})
	ledgerIs(t, r, "person education_missing 1/1 kept\ndeltakelse tiltak_recoded 1/1 changed\ndeltakelse not_participation 1/1 kept\ndeltakelse adjoining_same_tiltak 1/1 changed\n"+
		"deltakelsesmengde participation_unknown 2/0 dropped\ndeltakelsesmengde from_missing 1/1 dropped\ndeltakelsesmengde superseded 1/1 dropped\ndeltakelsesmengde percent_impossible 1/1 changed")
	for _, c := range []struct {
		day  string
		want float32
	}{{"2020-01-09", 80}, {"2020-01-10", 60}, {"2020-02-20", 60}, {"2020-03-01", 40}, {"2021-01-01", 40}} {
		if got := r.PartTimeOn(0, date(c.day)); got != c.want {
			t.Errorf("on %s: %v, want %v", c.day, got, c.want)
		}
	}
	asOf := mustRead(t, b, Options{AsOf: date("2020-01-31")})
	if got := asOf.PartTimeOn(0, date("2020-03-01")); got != 60 {
		t.Errorf("as of January: %v", got)
	}
	if got := mustRead(t, base(), Options{}).PartTimeOn(0, date("2020-03-01")); got == got {
		t.Errorf("nothing known: %v", got)
	}
}

// Two columns that are swapped leave most rows out, and are said to; a row or two are what registers have.
func TestSwappedDates(t *testing.T) {
	spells := func(wrong int) string {
		text := "person_id ytelse fra        til\n"
		for i := range 40 {
			if i < wrong {
				text += "10        AAP    2020-03-15 2020-02-01\n"
			} else {
				text += "10        AAP    2020-02-01 2020-03-15\n"
			}
		}
		return text
	}
	for wrong, want := range map[int]bool{1: false, 9: false, 38: true} {
		r := mustRead(t, with("ytelse", spells(wrong)), Options{})
		if got := slices.ContainsFunc(r.Warnings, func(w fault.Warning) bool {
			return w.Code == "ends_before_begins" && strings.Contains(w.Message, "`til` is before `fra` in 38 of 40 rows")
		}); got != want {
			t.Errorf("%d of 40 swapped: %v", wrong, r.Warnings)
		}
	}
}

func TestBenefitSpells(t *testing.T) {
	r := mustRead(t, with("ytelse", `
		person_id ytelse fra        til
		10        AAP    2020-01-31 2020-02-01
		10        dp     2019-01-01 .
		20        UFO    2020-05-15 9999-12-31
		20        SP     2020-05-15 9999-12-31
		30        AAP    2021-05-15 .
		30        TP     2020-03-02 2020-03-01
		30        TP     .          2020-03-01
		99        AAP    2020-01-01 .`), Options{Rules: Rules{MaxStrangers: 0.5}})
	ledgerIs(t, r, cleanLedger+"\nytelse person_unknown 1/1 dropped\nytelse benefit_not_used 1/1 dropped\nytelse from_missing 1/1 dropped\n"+
		"ytelse to_before_from 1/1 dropped\nytelse outside_the_panel 1/1 dropped")
	if len(r.Warnings) == 0 || !slices.ContainsFunc(r.Warnings, func(w fault.Warning) bool {
		return w.Code == "benefit_not_used" && strings.Contains(w.Message, "in 1 row, which is left out: \"SP\"; if one is another word for DP")
	}) {
		t.Errorf("warnings %v", r.Warnings)
	}
	bits := func(person int32, bit State) (s string) {
		for _, v := range r.Panel.History(person).State {
			s += map[bool]string{true: "1", false: "0"}[v&bit != 0]
		}
		return s
	}
	if a, d, u := bits(0, AAP), bits(0, Dagpenger), bits(1, Ufore); a != "110000" || d != "111111" || u != "000011" {
		t.Errorf("AAP %s, dagpenger %s, ufore %s", a, d, u)
	}
}

func TestJobsInPlaceOfMonths(t *testing.T) {
	b := base()
	delete(b, "maaned")
	b["inntekt"] = `
		person_id maaned belop arbeidsgiver_id tiltakslonn type
		10        202001 30000 A               false       LOENNSINNTEKT
		10        202001 10000 B               true        .
		10        202002 9000  .               true        .
		10        202003 9000  A               false       YTELSE_FRA_OFFENTLIGE
		20        202006 1000  A               false       .
		40        202001 0     .               .           .
		30        202004 500   .               .           .
		30        202004 -100  .               .           .
		30        202005 -100  .               .           .`
	b["arbeidsforhold"] = `
		person_id fra        til        stillingsprosent arbeidsgiver_id
		10        2020-01-16 2020-03-15 60               A
		10        2019-01-01 2020-02-16 40               B
		20        2020-05-17 .          100              A
		20        .          .          100              A
		20        2020-06-02 2020-06-01 100              A
		30        2020-04-01 9999-12-31 150.5            .
		40        2020-01-01 2020-01-15 100              .`
	r := mustRead(t, b, Options{})
	ledgerIs(t, r, cleanLedger+"\ninntekt income_not_wage 1/1 dropped\ninntekt tiltak_wage_marked 2/1 changed\ninntekt wage_negative 2/1 kept\n"+
		"inntekt wage_sum_negative 1/1 changed\narbeidsforhold from_missing 1/1 dropped\narbeidsforhold to_before_from 1/1 dropped\narbeidsforhold tiltak_wage_marked 3/1 changed")
	if r.Cut != month("2020-06") || r.Panel.First != month("2020-01") {
		t.Errorf("panel from %v to %v", r.Panel.First, r.Cut)
	}
	for _, c := range []struct {
		person             int32
		position, ordinary []uint16
		wage, paid         []int32
	}{
		// The spell with A ends on 15 March, before the 16th; all jobs of February are marked, since the mark names no employer.
		{0, []uint16{10000, 10000, 0, 0, 0, 0}, []uint16{6000, 0, 0, 0, 0, 0}, []int32{4000000, 900000, 0, 0, 0, 0}, []int32{3000000, 0, 0, 0, 0, 0}},
		{1, []uint16{0, 0, 0, 0, 0, 10000}, []uint16{0, 0, 0, 0, 0, 10000}, []int32{0, 0, 0, 0, 0, 100000}, []int32{0, 0, 0, 0, 0, 100000}},
		{2, []uint16{0, 0, 0, 15050, 15050, 15050}, []uint16{0, 0, 0, 15050, 15050, 15050}, []int32{0, 0, 0, 40000, 0, 0}, []int32{0, 0, 0, 40000, 0, 0}},
		{3, make([]uint16, 6), make([]uint16, 6), make([]int32, 6), make([]int32, 6)},
	} {
		h := r.Panel.History(c.person)
		if !slices.Equal(h.Position, c.position) || !slices.Equal(h.Ordinary, c.ordinary) || !slices.Equal(h.Wage, c.wage) || !slices.Equal(h.OrdinaryWage, c.paid) {
			t.Errorf("person %d: %+v", c.person, h)
		}
	}
	if h := mustRead(t, b, Options{Rules: Rules{JobDay: 15}}).Panel.History(3); h.Position[0] != 10000 {
		t.Errorf("on the 15th: %v", h.Position)
	}
	delete(b, "inntekt")
	if _, err := read(t, b, Options{}); fault.CodeOf(err) != "cut" || fault.StatusOf(err) != fault.Usage {
		t.Errorf("spells without a cut: %v", err)
	}
	if r := mustRead(t, b, Options{Cut: month("2020-08")}); r.Panel.Months != 20 || len(r.Warnings) != 1 || r.Warnings[0].Code != "no_wages" {
		t.Errorf("spells alone: %d months, %v", r.Panel.Months, r.Warnings)
	}
	b = base()
	b["inntekt"] = "person_id maaned belop\n10 202001 1"
	if r := mustRead(t, b, Options{}); len(r.Warnings) != 1 || r.Warnings[0].Code != "table_not_used" {
		t.Errorf("both: %v", r.Warnings)
	}
}

func TestPersonOn(t *testing.T) {
	b := base()
	b["person"] = `
		person_id fodselsaar kjonn  landgruppe utdanning fylke nav_enhet
		10        1980       kvinne norge      4         03    0301
		20        1990       mann   norge      .         30    0219
		30        2000       kvinne norge      7         .     .
		40        1960       mann   norge      0         11    1101`
	b["person_historikk"] = `
		person_id fra        til        kommune fylke nav_enhet utdanning sivilstand barn
		10        2019-01-01 2020-03-31 0219    02    0219      4         gift       1
		10        2020-02-01 .          0301    .     0301      641107    .          2
		30        2020-01-01 2020-12-31 1103    11    .         .         ugift      .
		30        2020-02-01 2020-01-01 1103    11    .         .         ugift      .`
	b["omrade_maaned"] = `
		kommune maaned ledighet stramhet
		0219    202001 2.5      .
		0219    202002 2.75     0.5
		0301    202002 3.5      0.25
		.       202002 3.5      0.25
		1103    202003 4        .`
	r := mustRead(t, b, Options{})
	ledgerIs(t, r, "person education_missing 1/1 kept\nperson_historikk to_before_from 1/1 dropped\nperson county_reformed 1/1 changed\n"+
		"deltakelse part_time_missing 2/2 kept\nomrade_maaned place_or_month_missing 1/0 dropped")
	county := func(d Dated) string {
		if d.County < 0 {
			return ""
		}
		return r.Persons.Counties[d.County]
	}
	// In 2019 Akershus (02) is part of Viken (30), since the undated table has Viken.
	d, dated := r.PersonOn(0, date("2019-06-01"))
	if !dated || county(d) != "30" || r.Municipalities[d.Municipality] != "0219" || r.Persons.Offices[d.Office] != "0219" || d.Education != 4 || r.CivilStatuses[d.Civil] != "gift" || d.Children != 1 {
		t.Errorf("%+v", d)
	}
	// Where rows overlap the later one wins, and what it does not know comes from the earlier.
	d, _ = r.PersonOn(0, date("2020-03-01"))
	if county(d) != "30" || r.Municipalities[d.Municipality] != "0301" || d.Education != 6 || r.CivilStatuses[d.Civil] != "gift" || d.Children != 2 {
		t.Errorf("%+v", d)
	}
	// Before all rows: the undated values.
	d, dated = r.PersonOn(0, date("2018-03-01"))
	if dated || county(d) != "03" || d.Municipality != -1 || r.Persons.Offices[d.Office] != "0301" || d.Education != 4 || d.Children != -1 {
		t.Errorf("%+v", d)
	}
	for _, c := range []struct {
		person int32
		month  string
		want   float64
	}{{0, "2020-01", 2.5}, {0, "2020-02", 3.5}, {0, "2020-03", math.NaN()}, {1, "2020-01", math.NaN()}, {2, "2020-03", 4}} {
		if got := r.LocalUnemployment(c.person, month(c.month)); got != c.want && (got == got || c.want == c.want) {
			t.Errorf("person %d in %s: %v, want %v", c.person, c.month, got, c.want)
		}
	}
	if got := r.LocalTightness(0, month("2020-02")); got != 0.25 {
		t.Errorf("tightness %v", got)
	}
	b["enhet"] = "nav_enhet maaned portefolje\n0219 202001 55\n0301 202001 44"
	if r := mustRead(t, b, Options{}); r.OfficeFigure("portefolje", 0, month("2020-01")) != 55 || r.OfficeFigure("budsjett", 0, month("2020-01")) == 55 {
		t.Error("by office")
	}
	b["omrade_maaned"] = "fylke maaned ledighet\n3 202001 2\n11 202001 4"
	if r := mustRead(t, b, Options{}); r.LocalUnemployment(3, month("2020-01")) != 4 || r.LocalUnemployment(0, month("2020-01")) == 2 {
		t.Error("by county")
	}
	b["omrade_maaned"] = "fylke maaned ledighet\n3 202001 2\n03 202001 4"
	if _, err := read(t, b, Options{}); fault.CodeOf(err) != "duplicate_row" {
		t.Errorf("two rows: %v", err)
	}
	b["omrade_maaned"] = "maaned ledighet\n202001 2"
	if _, err := read(t, b, Options{}); fault.CodeOf(err) != "missing_column" {
		t.Errorf("no place: %v", err)
	}
}

func TestProgress(t *testing.T) {
	last, total := 0.0, 0.0
	r, err := Read(t.Context(), memory{tables(base()), 2}, Options{Workers: 1, Progress: func(d, n float64, what string) {
		if d < last || what != "maaned" {
			t.Errorf("%v after %v of %s", d, last, what)
		}
		last, total = d, n
	}})
	if err != nil || last != 8 || total != 8 || r == nil {
		t.Errorf("%v of %v rows, %v", last, total, err)
	}
}

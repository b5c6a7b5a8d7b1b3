package register

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Every parameter of the rules changes what its rule does, and the ledger says so.
func TestRuleParameters(t *testing.T) {
	spells := func(rows string) map[string]string { return replaced("deltakelse", deltakelseHeader+rows) }
	paid := replaced("maaned", `
		person_id maaned stillingsprosent lonn
		20        202003 100 30000
		20        202005 60  30000`)
	paid["deltakelse"] = deltakelseHeader + "1 20 MIDLERTIDIG_LONNSTILSKUDD FULLF 2020-03-31 2020-04-30 100"
	for _, c := range []struct {
		name   string
		tables map[string]string
		rules  Rules
		ledger string // of deltakelse and maaned
		parts  string // start, days and part time of the participations
	}{
		{"nothing short", spells("1 10 MENTOR FULLF 2020-01-05 2020-01-05 100\n2 20 MENTOR FULLF 2020-01-30 2020-02-02 50"), Rules{},
			"one_day 1/1 kept, between_month_ends 1/1 kept", "2020-01-05+1@100, 2020-01-30+4@50"},
		{"two days at least", spells("1 10 MENTOR FULLF 2020-01-05 2020-01-05 100\n2 20 MENTOR FULLF 2020-01-30 2020-02-02 50"), Rules{MinDays: 2},
			"one_day 1/1 kept, too_short 1/1 dropped", "2020-01-30+4@50"},
		{"four days are four days", spells("2 20 MENTOR FULLF 2020-01-30 2020-02-02 50"), Rules{MinDays: 4}, "", "2020-01-30+4@50"},
		{"five are more", spells("2 20 MENTOR FULLF 2020-01-30 2020-02-02 50\n3 10 MENTOR GJENN 2020-06-30 . 50"), Rules{MinDays: 5},
			"too_short 1/1 dropped", "2020-06-30+open@50"},
		{"joined before they are measured", spells("1 10 MENTOR FULLF 2020-01-05 2020-01-05 100\n2 10 MENTOR FULLF 2020-01-06 2020-01-06 100"), Rules{MinDays: 2},
			"one_day 2/1 kept, adjoining_same_tiltak 1/1 changed, between_month_ends 1/1 kept", "2020-01-05+2@100"},
		{"snapshots", spells("1 10 MENTOR FULLF 2020-01-05 2020-01-30 100\n2 20 MENTOR FULLF 2020-01-05 2020-01-31 100\n3 30 MENTOR GJENN 2020-06-30 . 100"), Rules{MonthEnds: true},
			"between_month_ends_dropped 1/1 dropped", "2020-01-05+27@100, 2020-06-30+open@100"},
		{"part time taken to be full", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 .\n2 20 MENTOR FULLF 2020-01-05 2020-02-05 150\n3 30 MENTOR FULLF 2020-01-05 2020-02-05 40"), Rules{PartTimeMissing: 80},
			"part_time_missing 1/1 kept, part_time_assumed 2/2 changed, part_time_impossible 1/1 changed", "2020-01-05+32@80, 2020-01-05+32@80, 2020-01-05+32@40"},
		{"a share among percents", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 0.5\n2 20 MENTOR FULLF 2020-01-05 2020-02-05 100\n3 30 MENTOR FULLF 2020-01-05 2020-02-05 1"), Rules{},
			"part_time_impossible 2/2 changed", "2020-01-05+32@NaN, 2020-01-05+32@100, 2020-01-05+32@NaN"},
		{"shares converted", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 0.5\n2 20 MENTOR FULLF 2020-01-05 2020-02-05 1\n3 30 MENTOR FULLF 2020-01-05 2020-02-05 ."), Rules{ConvertShares: true},
			"share_converted 2/2 changed, part_time_missing 1/1 kept", "2020-01-05+32@50, 2020-01-05+32@100, 2020-01-05+32@NaN"},
		{"percents are not converted", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 50"), Rules{ConvertShares: true}, "", "2020-01-05+32@50"},
		{"duplicates are dropped", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 50\n2 10 MENTOR FULLF 2020-01-05 2020-02-05 50"), Rules{}, "duplicate 1/1 dropped", "2020-01-05+32@50"},
		{"duplicates are joined", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 50\n2 10 MENTOR FULLF 2020-01-05 2020-02-05 50"), Rules{KeepDuplicates: true},
			"overlap_same_tiltak 1/1 changed", "2020-01-05+32@50"},
		{"adjoining spells are two", spells("1 10 MENTOR FULLF 2020-01-05 2020-02-05 50\n2 10 MENTOR FULLF 2020-02-06 2020-03-05 50\n3 10 MENTOR FULLF 2020-03-05 2020-03-31 50"), Rules{MergeGap: -1},
			"overlap_same_tiltak 1/1 changed", "2020-01-05+32@50, 2020-02-06+55@50"},
		{"wages not marked", paid, Rules{}, "tiltak_wage_overlap 1/1 changed", "2020-03-31+31@100"},
		{"wages not marked are ordinary", paid, Rules{KeepUnmarked: true}, "", "2020-03-31+31@100"},
	} {
		r := mustRead(t, c.tables, Options{Rules: c.rules})
		var ledger, parts []string
		for _, line := range strings.Split(found(r), "\n") {
			if table, rest, _ := strings.Cut(line, " "); table == "deltakelse" || table == "maaned" {
				ledger = append(ledger, rest)
			}
		}
		for _, p := range r.Participations {
			days := "open"
			if p.End != calendar.Open {
				days = itoa(int(p.End-p.Start) + 1)
			}
			parts = append(parts, p.Start.String()+"+"+days+"@"+ftoa(p.PartTime))
		}
		if got := strings.Join(ledger, ", "); got != c.ledger {
			t.Errorf("%s: ledger %q, want %q", c.name, got, c.ledger)
		}
		if got := strings.Join(parts, ", "); got != c.parts {
			t.Errorf("%s: participations %q, want %q", c.name, got, c.parts)
		}
		if c.name == "wages not marked are ordinary" && r.Panel.Ordinary[r.Panel.Index(1, month("2020-03"))] != 10000 {
			t.Error("an unmarked wage is no ordinary work")
		}
	}
}

// A column of shares is refused with a remedy, in each of the three columns of percent.
func TestPercentsThatAreShares(t *testing.T) {
	amounts := base()
	amounts["deltakelsesmengde"] = "deltakelse_id gyldig_fra prosent\n1 2020-02-10 0.5\n1 2020-03-01 0.8"
	subsidy := replaced("deltakelse", `
		deltakelse_id person_id tiltakskode               status start_dato slutt_dato deltidsprosent lonnstilskudd_prosent
		1             10        MIDLERTIDIG_LONNSTILSKUDD FULLF  2020-02-10 2020-03-31 100            .
		2             20        MIDLERTIDIG_LONNSTILSKUDD FULLF  2020-02-10 2020-03-31 100            0.6`)
	part := replaced("deltakelse", deltakelseHeader+"1 10 MENTOR FULLF 2020-02-10 2020-03-31 0.5\n2 20 MENTOR FULLF 2020-02-10 2020-03-31 1")
	ones := deltakelseHeader
	for i := range 20 {
		ones += itoa(i+1) + " 10 MENTOR FULLF 20" + itoa(10+i/2) + "-0" + itoa(1+i%2*3) + "-01 20" + itoa(10+i/2) + "-0" + itoa(2+i%2*3) + "-01 1\n"
	}
	for _, c := range []struct {
		name   string
		tables map[string]string
		column string
		row    int64
		want   string
	}{
		{"part time", part, "deltidsprosent", 1, "all 2 values of `deltidsprosent` over 0 are at most 1"},
		{"all full time", replaced("deltakelse", ones), "deltidsprosent", 1, "all 20 values"},
		{"subsidy", subsidy, "lonnstilskudd_prosent", 2, "the only value of `lonnstilskudd_prosent` over 0 is at most 1"},
		{"amounts", amounts, "prosent", 1, "all 2 values of `prosent`"},
	} {
		for _, rows := range []int{1, 1 << 16} {
			_, err := Read(context.Background(), memory{tables(c.tables), rows}, Options{})
			e, _ := err.(*fault.Error)
			if e == nil || e.Status != fault.Data || e.Code != "percent_share" || e.Column != c.column || e.Row != c.row || !strings.Contains(e.Message, c.want) || !strings.Contains(e.Message, "convert_shares") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if _, err := Read(context.Background(), memory{tables(c.tables), 1 << 16}, Options{Rules: Rules{ConvertShares: true}}); err != nil {
			t.Errorf("%s, converted: %v", c.name, err)
		}
	}
	r := mustRead(t, subsidy, Options{Rules: Rules{ConvertShares: true}})
	if got := r.Participations[1].Subsidy; got != 60 {
		t.Errorf("subsidy %v, want 60", got)
	}
	r = mustRead(t, amounts, Options{Rules: Rules{ConvertShares: true}})
	if len(r.Amounts) != 2 || r.Amounts[0].Percent != 50 || r.Amounts[1].Percent != 80 {
		t.Errorf("amounts %+v", r.Amounts)
	}
}

// Values in columns of another type than their own are counted by table, whatever the parts; missing ones are not.
func TestOtherTypes(t *testing.T) {
	m := tables(base())
	m["arbeidssoker"].Columns[1] = asInt(m["arbeidssoker"].Column("fra"))
	m["deltakelse"].Columns[4] = datasets.TextColumn("start_dato", []string{"2020-02-10", "2020-03-01"}, nil)
	m["person"].Columns[4] = &datasets.Column{Name: "utdanning", Kind: datasets.Int64, Ints: []int64{4, 0, 7, 0}, Null: []bool{false, true, false, false}}
	m["person"].Columns = append(m["person"].Columns, datasets.TextColumn("dod_dato", []string{"", "2019-01-01", "", ""}, nil))
	for _, rows := range []int{1, 3, 1 << 16} {
		r, err := Read(context.Background(), memory{m, rows}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, e := range r.Ledger {
			if e.Rule == "other_type" && e.Rows > 0 {
				got[e.Table] = e.Rows
			}
		}
		if len(got) != 3 || got["arbeidssoker"] != 2 || got["deltakelse"] != 2 || got["person"] != 1 {
			t.Errorf("parts of %d rows: %v", rows, got)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func ftoa(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

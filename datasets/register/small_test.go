package register

import (
	"context"
	"math"
	"reflect"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

func TestAgeAt(t *testing.T) {
	p := Persons{Born: []int16{1990}}
	for m, want := range map[string]int{"2020-06": 29, "2020-07": 30, "2020-12": 30, "1990-01": -1} {
		if got := p.AgeAt(0, month(m)); got != want {
			t.Errorf("age in %s: %d, want %d", m, got, want)
		}
	}
}

func TestPanelIndex(t *testing.T) {
	p := Panel{First: month("2020-01"), Months: 6, N: 2}
	for _, c := range []struct {
		person int32
		month  string
		want   int
	}{{0, "2020-01", 0}, {1, "2020-03", 8}, {1, "2020-06", 11}, {1, "2020-07", -1}, {0, "2019-12", -1}} {
		if got := p.Index(c.person, month(c.month)); got != c.want {
			t.Errorf("%d in %s: %d", c.person, c.month, got)
		}
	}
}

// The keys of employers may be integers, also with missing values, and are then numbered by their digits.
func TestMainJobIntegers(t *testing.T) {
	m := tables(base())
	employer := &datasets.Column{Name: "arbeidsgiver_id", Kind: datasets.Int64, Ints: []int64{5, 5, 12, 12, 0, 0, 0, 7}, Null: []bool{false, false, false, false, true, true, true, false}}
	m["maaned"].Columns = append(m["maaned"].Columns, employer)
	r, err := FromTables(context.Background(), m, Options{Jobs: true})
	if err != nil {
		t.Fatal(err)
	}
	j := r.Panel.Jobs
	if !reflect.DeepEqual(j.Employers, []string{"12", "5", "7"}) || !reflect.DeepEqual(r.Panel.History(2).Jobs.Employer, []int32{1, 1, 0, 0, 0, 0}) ||
		!reflect.DeepEqual(r.Panel.History(3).Jobs.Employer, []int32{0, 0, 0, 0, 0, 3}) {
		t.Errorf("%v %v", j.Employers, r.Panel.History(3).Jobs)
	}
}

func TestExitDates(t *testing.T) {
	b := base()
	b["person"] = `
		person_id fodselsaar kjonn landgruppe utdanning dod
		10 1980 kvinne norge 4 2020-02-30
		20 1990 mann   eos   4 .
		30 2000 kvinne eos   7 20200110
		40 1960 mann   norge 0 1066-10-14`
	m := tables(b)
	dates := m["person"].Column("dod")
	dates.Name = "dod_dato"
	r, err := FromTables(context.Background(), m, Options{Rules: Rules{MaxBad: 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []calendar.Date{NoDate, NoDate, date("2020-01-10"), NoDate}; !reflect.DeepEqual(r.Persons.Died, want) {
		t.Errorf("died %v", r.Persons.Died)
	}
	for _, e := range r.Ledger {
		if e.Rule == "death_date_impossible" && e.Rows != 2 {
			t.Errorf("%+v", e)
		}
	}
	// One of three that cannot be read is too many by default.
	if _, err := FromTables(context.Background(), m, Options{}); fault.CodeOf(err) != "column_type" {
		t.Errorf("got %v", err)
	}
}

// Dates in every type mean the same day.
func TestDatesOfAllTypes(t *testing.T) {
	const day = 86400 * int64(1000000)
	d := int64(date("2020-03-29")) // summer time begins in Oslo
	for name, c := range map[string]*datasets.Column{
		"date":               {Kind: datasets.Date, Dates: []calendar.Date{calendar.Date(d)}},
		"integer":            {Kind: datasets.Int64, Ints: []int64{20200329}},
		"number":             {Kind: datasets.Float64, Floats: []float64{20200329}},
		"text":               {Kind: datasets.String, Codes: []uint32{0}, Levels: []string{" 2020-03-29 "}},
		"text with points":   {Kind: datasets.String, Codes: []uint32{0}, Levels: []string{"29.03.2020"}},
		"text with time":     {Kind: datasets.String, Codes: []uint32{0}, Levels: []string{"2020-03-29T12:30:00Z"}},
		"time":               {Kind: datasets.Timestamp, Ints: []int64{d*day + 12345}},
		"midnight in winter": {Kind: datasets.Timestamp, Ints: []int64{d*day - 3600*1000000}},
		"midnight in summer": {Kind: datasets.Timestamp, Ints: []int64{d*day - 7200*1000000}},
	} {
		got := make([]calendar.Date, 1)
		if err := fillDates("f", c, got); err != nil || int64(got[0]) != d {
			t.Errorf("%s: %v, %v", name, got[0], err)
		}
		month := make([]calendar.Month, 1)
		if err := fillMonths("f", c, month); err != nil || month[0] != calendar.NewMonth(2020, 3) {
			t.Errorf("%s: %v, %v", name, month[0], err)
		}
	}
	// A minute past is the day before.
	late := &datasets.Column{Kind: datasets.Timestamp, Ints: []int64{d*day - 3600*1000000 + 60*1000000}}
	got := make([]calendar.Date, 1)
	if err := fillDates("f", late, got); err != nil || int64(got[0]) != d-1 {
		t.Errorf("a minute past midnight: %v, %v", got, err)
	}
}

func TestRulesValidate(t *testing.T) {
	for _, r := range []Rules{{MaxStrangers: 1.1}, {MaxBad: 1.5}, {MergeGap: -2}, {MinDays: -1}, {MinDays: 400}, {PartTimeMissing: -1}, {PartTimeMissing: 101}, {PartTimeMissing: math.NaN()}, {RegistrationGap: -5}, {OpenPastMax: -1}, {JobDay: 29}, {MaxAge: 66}, {MaxAge: 251}} {
		if _, err := FromTables(context.Background(), tables(base()), Options{Rules: r}); fault.CodeOf(err) != "rules" || fault.StatusOf(err) != fault.Usage {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if err := (Rules{MaxStrangers: -1, MaxBad: -1, MergeGap: -1, MinDays: 366, PartTimeMissing: 100, RegistrationGap: 30, OpenPastMax: 6, JobDay: 28}).Validate(); err != nil {
		t.Error(err)
	}
}

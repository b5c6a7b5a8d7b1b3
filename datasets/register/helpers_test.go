package register

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// The kinds of columns that are not texts.
var kinds = map[string]datasets.Kind{
	"person_id": datasets.Int64, "fodselsaar": datasets.Int64, "utdanning": datasets.Int64, "innvandret_aar": datasets.Int64,
	"vekt": datasets.Float64, "dod_dato": datasets.Date, "utvandret_dato": datasets.Date, "deltakelse_id": datasets.Int64,
	"start_dato": datasets.Date, "slutt_dato": datasets.Date, "henvist_dato": datasets.Date, "vedtak_dato": datasets.Date,
	"endret": datasets.Date, "registrert": datasets.Date, "fra": datasets.Date, "til": datasets.Date,
	"deltidsprosent": datasets.Float64, "lonnstilskudd_prosent": datasets.Float64, "kostnad": datasets.Float64,
	"maaned": datasets.Int64, "stillingsprosent": datasets.Float64, "lonn": datasets.Float64,
	"gyldig_fra": datasets.Date, "gyldig_til": datasets.Date, "kr": datasets.Float64, "opprettet": datasets.Date, "prosent": datasets.Float64, "dager_per_uke": datasets.Float64,
	"belop": datasets.Float64, "gjelder_id": datasets.Int64, "barn": datasets.Int64, "ledighet": datasets.Float64, "stramhet": datasets.Float64, "portefolje": datasets.Float64,
	"avtale": datasets.Bool, "tiltakslonn": datasets.Bool, "tiltakslonn_belop": datasets.Float64, "dagpenger": datasets.Bool, "aap": datasets.Bool,
}

// table reads a table from text: a line of column names, then rows; "." is missing.
func table(file, text string) *datasets.Table {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	names := strings.Fields(lines[0])
	cells := make([][]string, len(names))
	for _, line := range lines[1:] {
		for k, cell := range strings.Fields(line) {
			cells[k] = append(cells[k], cell)
		}
	}
	t := &datasets.Table{File: file, Rows: len(lines) - 1}
	for k, name := range names {
		t.Columns = append(t.Columns, typed(name, kinds[name], cells[k]))
	}
	return t
}

func typed(name string, kind datasets.Kind, cells []string) *datasets.Column {
	null := make([]bool, len(cells))
	missing := false
	for i, c := range cells {
		null[i] = c == "."
		missing = missing || null[i]
	}
	if !missing {
		null = nil
	}
	each := func(f func(i int, c string)) {
		for i, c := range cells {
			if null == nil || !null[i] {
				f(i, c)
			}
		}
	}
	c := &datasets.Column{Name: name, Kind: kind, Null: null}
	must := func(err error) {
		if err != nil {
			panic(name + ": " + err.Error())
		}
	}
	switch kind {
	case datasets.Int64:
		c.Ints = make([]int64, len(cells))
		each(func(i int, v string) {
			var err error
			c.Ints[i], err = strconv.ParseInt(v, 10, 64)
			must(err)
		})
	case datasets.Float64:
		c.Floats = make([]float64, len(cells))
		each(func(i int, v string) {
			var err error
			c.Floats[i], err = strconv.ParseFloat(v, 64)
			must(err)
		})
	case datasets.Bool:
		c.Bools = make([]bool, len(cells))
		each(func(i int, v string) { c.Bools[i] = v == "true" })
	case datasets.Date:
		c.Dates = make([]calendar.Date, len(cells))
		each(func(i int, v string) {
			var err error
			c.Dates[i], err = calendar.ParseDate(v)
			must(err)
		})
	default:
		return datasets.TextColumn(name, cells, null)
	}
	return c
}

// base is a small clean register: four persons, two participations, two registrations, and months from January to June
// 2020.
func base() map[string]string {
	return map[string]string{
		"person": `
			person_id fodselsaar kjonn  landgruppe  utdanning
			10        1980       kvinne norge       4
			20        1990       mann   utenfor_eos .
			30        2000       kvinne eos         7
			40        1960       mann   norge       0`,
		"deltakelse": `
			deltakelse_id person_id tiltakskode                 status   start_dato slutt_dato
			1             10        ARBEIDSTRENING              FULLF    2020-02-10 2020-03-31
			2             20        ARBEIDSFORBEREDENDE_TRENING GJENN    2020-03-01 9999-12-31`,
		"arbeidssoker": `
			person_id fra        til        status
			10        2020-01-15 2020-04-10 ledig
			20        2019-11-01 .          nedsatt_arbeidsevne`,
		"maaned": `
			person_id maaned stillingsprosent lonn
			10        202005 100              30000
			10        202006 100              30000.50
			30        202001 50               15000
			30        202002 50.25            15000
			40        202001 0                0
			40        202003 0                0
			40        202004 0                0
			40        202006 20               5000`,
	}
}

func read(t *testing.T, text map[string]string, opt Options) (*Register, error) {
	t.Helper()
	return FromTables(context.Background(), tables(text), opt)
}

func tables(text map[string]string) map[string]*datasets.Table {
	m := map[string]*datasets.Table{}
	for name, rows := range text {
		m[name] = table(name+".csv", rows)
	}
	return m
}

func mustRead(t *testing.T, text map[string]string, opt Options) *Register {
	t.Helper()
	r, err := read(t, text, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found are the entries of a ledger with rows, as "table rule rows/persons action".
func found(r *Register) string {
	var s []string
	for _, e := range r.Ledger {
		if e.Rows != 0 || e.Persons != 0 {
			s = append(s, e.Table+" "+e.Rule+" "+strconv.FormatInt(e.Rows, 10)+"/"+strconv.FormatInt(e.Persons, 10)+" "+e.Action)
		}
	}
	return strings.Join(s, "\n")
}

func month(text string) calendar.Month {
	m, err := calendar.ParseMonth(text)
	if err != nil {
		panic(err)
	}
	return m
}

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

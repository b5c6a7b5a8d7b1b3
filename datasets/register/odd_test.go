package register

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// oddColumn is a column of a random kind with values of all sorts.
func oddColumn(r *rand.Rand, name string, n int) *datasets.Column {
	c := &datasets.Column{Name: name, Kind: datasets.Kind(1 + r.IntN(6))}
	ints := []int64{0, 1, -1, 10, 20, 202001, 20200101, math.MinInt64, math.MaxInt64, 99999999999}
	floats := []float64{0, 1, -1, 10, 20.5, 202001, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, 1e-300}
	words := []string{"", "10", "20", "mann", "2020-01-01", "9999-12-31", "202001", "ja", "FULLF", "\xff", "1,5", "-", "ARBTREN", "ledig", "1e400", "0010"}
	for range n {
		c.Ints = append(c.Ints, ints[r.IntN(len(ints))])
		c.Floats = append(c.Floats, floats[r.IntN(len(floats))])
		c.Bools = append(c.Bools, r.IntN(2) == 0)
		c.Dates = append(c.Dates, []calendar.Date{0, 18262, 18300, -1 << 31, 1<<31 - 1, calendar.Open, 18500}[r.IntN(7)])
		c.Codes = append(c.Codes, uint32(r.IntN(len(words))))
	}
	c.Levels = words
	if r.IntN(2) == 0 {
		c.Null = make([]bool, n)
		for i := range c.Null {
			c.Null[i] = r.IntN(3) == 0
		}
	}
	return c
}

// Whatever the columns hold, a register is read or refused with status 2 or 3: no panic, no internal failure.
func TestOddColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	refused, done := 0, 0
	for range 1500 {
		b := base()
		if r.IntN(4) == 0 {
			delete(b, "maaned")
			b["inntekt"] = "person_id maaned belop tiltakslonn\n10 202001 1 true"
			b["arbeidsforhold"] = "person_id fra til stillingsprosent\n10 2020-01-01 . 100"
		}
		if r.IntN(2) == 0 {
			b["ytelse"] = "person_id ytelse fra til\n10 AAP 2020-01-01 ."
			b["person_historikk"] = "person_id fra til fylke barn\n10 2020-01-01 . 03 2"
			b["omrade_maaned"] = "fylke maaned ledighet\n03 202001 2"
			b["deltakelsesmengde"] = "deltakelse_id gyldig_fra prosent\n1 2020-01-01 50"
			b["person_kobling"] = "person_id gjelder_id\n11 10"
		}
		m := tables(b)
		var all []*datasets.Table
		for _, name := range tableNames() {
			if m[name] != nil {
				all = append(all, m[name])
			}
		}
		what := ""
		for range 1 + r.IntN(3) {
			table := all[r.IntN(len(all))]
			k := r.IntN(len(table.Columns))
			name := table.Columns[k].Name
			table.Columns[k] = oddColumn(r, name, table.Rows)
			what += fmt.Sprintf(" %s.%s as %s", table.File, name, table.Columns[k].Kind)
		}
		_, err := FromTables(context.Background(), m, Options{Rules: Rules{MaxStrangers: 1, MaxBad: 1}})
		switch status := fault.StatusOf(err); {
		case err == nil:
			done++
		case status == fault.Data || status == fault.Usage:
			refused++
			if e := (*fault.Error)(nil); !errors.As(err, &e) || e.File == "" && e.Status == fault.Data {
				t.Fatalf("%s: %v names no file", what, err)
			}
		default:
			t.Fatalf("%s: %v", what, err)
		}
	}
	if refused == 0 || done == 0 {
		t.Errorf("%d refused, %d read", refused, done)
	}
}

package datasets

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// list writes values as text; missing ones as ∅.
func list[T any](values []T, null []bool) string {
	out := make([]string, len(values))
	for i, v := range values {
		if out[i] = fmt.Sprint(v); null != nil && null[i] {
			out[i] = "∅"
		}
	}
	return strings.Join(out, " ")
}

func TestCoerce(t *testing.T) {
	nan := math.NaN()
	noon := time.Date(2024, 3, 31, 12, 0, 0, 0, time.UTC).UnixMicro()
	day := calendar.NewDate(2024, 3, 31)
	mixedNull := []bool{false, true}
	text := func(values ...string) *Column { return TextColumn("x", values, nil) }
	for _, c := range []struct {
		column *Column
		as     string
		want   string
	}{
		{IntColumn("x", []int64{1, -2}), "floats", "1 -2"},
		{FloatColumn("x", []float64{1.5, nan}), "floats", "1.5 NaN"},
		{BoolColumn("x", []bool{true, false}), "floats", "1 0"},
		{text("1.5", "", " 2e3 "), "floats", "1.5 NaN 2000"},
		{TextColumn("x", []string{"a", "b"}, []bool{true, true}), "floats", "NaN NaN"},
		{&Column{Name: "x", Kind: Int64, Ints: []int64{7, 0}, Null: mixedNull}, "floats", "7 NaN"},
		{FloatColumn("x", []float64{3, nan}), "ints", "3 ∅"},
		{&Column{Name: "x", Kind: Float64, Floats: []float64{3, nan}}, "ints", "3 ∅"},
		{BoolColumn("x", []bool{true, false}), "ints", "1 0"},
		{text("17", "18.0", "9223372036854775807"), "ints", "17 18 9223372036854775807"},
		{IntColumn("x", []int64{0, 1}), "bools", "false true"},
		{FloatColumn("x", []float64{0, 1, nan}), "bools", "false true ∅"},
		{text("ja", "Nei", "J", "n", "TRUE", "false", "1", "0", ""), "bools", "true false true false true false true false ∅"},
		{DateColumn("x", []calendar.Date{day}, nil), "dates", "2024-03-31"},
		{IntColumn("x", []int64{20240331, 202403, 99991231}), "dates", "2024-03-31 2024-03-01 9999-12-31"},
		{FloatColumn("x", []float64{20240331, nan}), "dates", "2024-03-31 ∅"},
		{text("2024-03-31", "20240331", "31.03.2024", "2024-03", "202403", "2024-03-31 23:59:59", "2024-03-31T12:00:00Z", ""), "dates",
			"2024-03-31 2024-03-31 2024-03-31 2024-03-01 2024-03-01 2024-03-31 2024-03-31 ∅"},
		{&Column{Name: "x", Kind: Timestamp, Ints: []int64{noon, -1, 0}}, "dates", "2024-03-31 1969-12-31 1970-01-01"},
		{IntColumn("x", []int64{202403, 20240331}), "months", "2024-03 2024-03"},
		{text("202403", "2024-03", "2024-03-31", ""), "months", "2024-03 2024-03 2024-03 ∅"},
		{DateColumn("x", []calendar.Date{day, calendar.Open, calendar.NewDate(1850, 2, 28), calendar.NewDate(1900, 1, 1), calendar.NewDate(2100, 12, 31)}, nil), "months", "2024-03 9999-12 1850-02 1900-01 2100-12"},
		{&Column{Name: "x", Kind: Timestamp, Ints: []int64{noon}}, "months", "2024-03"},
		{FloatColumn("x", []float64{1.5, nan}), "texts", "1.5 ∅"},
		{DateColumn("x", []calendar.Date{day}, nil), "texts", "2024-03-31"},
		{TextColumn("x", []string{"a", ""}, []bool{false, true}), "texts", "a ∅"},
	} {
		var got string
		var err error
		switch c.as {
		case "floats":
			var v []float64
			v, err = c.column.AsFloats()
			got = list(v, nil)
		case "ints":
			v, null, e := c.column.AsInts()
			got, err = list(v, null), e
		case "bools":
			v, null, e := c.column.AsBools()
			got, err = list(v, null), e
		case "dates":
			v, null, e := c.column.AsDates()
			got, err = list(v, null), e
		case "months":
			v, null, e := c.column.AsMonths()
			got, err = list(v, null), e
		case "texts":
			v, null, e := c.column.AsTexts()
			got, err = list(v, null), e
		}
		if err != nil || got != c.want {
			t.Errorf("%s as %s: %s %v, want %s", c.column.Kind, c.as, got, err, c.want)
		}
	}
}

func TestCoerceRefuses(t *testing.T) {
	table, err := Read(t.Context(), write(t, "x.csv", "id,tekst,tall,dato\n1,5,0.5,2024-01-01\n2,,1.5,2024-01-02\n3,x,,2024-01-03\n4,y,3,2024-01-04\n"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		column, as, message string
		row                 int64
	}{
		{"tekst", "floats", "column `tekst` must hold numbers: 2 rows do not (data row 3: `x`)", 3},
		{"tekst", "ints", "must hold whole numbers: 2 rows do not (data row 3: `x`)", 3},
		{"tekst", "bools", "2 rows do not (data row 1: `5`)", 1},
		{"tekst", "dates", "must hold dates: 3 rows do not (data row 1: `5`)", 1},
		{"tall", "ints", "2 rows do not (data row 1: `0.5`)", 1},
		{"tall", "months", "must hold months: 3 rows do not", 1},
		{"dato", "floats", "must hold numbers: 4 rows do not (data row 1: `2024-01-01`)", 1},
		{"id", "bools", "3 rows do not (data row 2: `2`)", 2},
		{"id", "dates", "4 rows do not (data row 1: `1`)", 1},
	} {
		column := table.Column(c.column)
		var err error
		switch c.as {
		case "floats":
			_, err = column.AsFloats()
		case "ints":
			_, _, err = column.AsInts()
		case "bools":
			_, _, err = column.AsBools()
		case "dates":
			_, _, err = column.AsDates()
		case "months":
			_, _, err = column.AsMonths()
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Status != fault.Data || e.Column != c.column || e.Row != c.row || !strings.Contains(e.Message, c.message) || e.File == "" {
			t.Errorf("%s as %s: %v", c.column, c.as, err)
		}
	}
}

// TestNotMutated: the As… methods leave the column as it was.
func TestNotMutated(t *testing.T) {
	table := mixed(300)
	before := show(table)
	for _, c := range table.Columns {
		_, _ = c.AsFloats()
		_, _, _ = c.AsInts()
		_, _, _ = c.AsBools()
		_, _, _ = c.AsDates()
		_, _, _ = c.AsMonths()
		_, _, _ = c.AsTexts()
	}
	if show(table) != before {
		t.Error("a column has changed")
	}
}

package results

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"tiltakseffekt/datasets"
)

// A field is a column of a tidy table: a struct field with a `col` tag.
type field struct {
	name  string
	index int
	typ   reflect.Type
	later bool // the tag `later:"true"`: runs of earlier versions have no such column, and are read with nulls in it
}

// fieldsOf lists the columns of a row type in the order of its fields.
func fieldsOf(row reflect.Type) []field {
	var fields []field
	for i := range row.NumField() {
		if name := row.Field(i).Tag.Get("col"); name != "" {
			fields = append(fields, field{name, i, row.Field(i).Type, row.Field(i).Tag.Get("later") == "true"})
		}
	}
	return fields
}

// tableOf turns rows (a slice of structs) into columns. Nulls: nil pointers, NaN and infinities, negative integers
// (counts that are suppressed or do not apply; a *int may be negative) and empty texts.
func tableOf(rows any) *datasets.Table {
	v := reflect.ValueOf(rows)
	n := v.Len()
	var columns []*datasets.Column
	for _, f := range fieldsOf(v.Type().Elem()) {
		null := make([]bool, n)
		missing := false
		miss := func(i int) { null[i], missing = true, true }
		c := &datasets.Column{Name: f.name}
		at := func(i int) reflect.Value { return v.Index(i).Field(f.index) }
		switch {
		case f.typ.Kind() == reflect.String:
			texts := make([]string, n)
			for i := range n {
				if texts[i] = at(i).String(); texts[i] == "" {
					miss(i)
				}
			}
			c = datasets.TextColumn(f.name, texts, null)
		case f.typ.Kind() == reflect.Float64:
			c.Kind, c.Floats = datasets.Float64, make([]float64, n)
			for i := range n {
				if x := at(i).Float(); math.IsNaN(x) || math.IsInf(x, 0) {
					miss(i)
				} else {
					c.Floats[i] = x + 0 // no negative zero
				}
			}
		case f.typ.Kind() == reflect.Int:
			c.Kind, c.Ints = datasets.Int64, make([]int64, n)
			for i := range n {
				if x := at(i).Int(); x < 0 {
					miss(i)
				} else {
					c.Ints[i] = x
				}
			}
		case f.typ == reflect.TypeFor[*int]():
			c.Kind, c.Ints = datasets.Int64, make([]int64, n)
			for i := range n {
				if p := at(i); p.IsNil() {
					miss(i)
				} else {
					c.Ints[i] = p.Elem().Int()
				}
			}
		case f.typ.Kind() == reflect.Bool:
			c.Kind, c.Bools = datasets.Bool, make([]bool, n)
			for i := range n {
				c.Bools[i] = at(i).Bool()
			}
		default:
			panic(fmt.Sprintf("results: column %s has a type that no table holds: %v", f.name, f.typ))
		}
		if c.Null = nil; missing {
			c.Null = null
		}
		columns = append(columns, c)
	}
	return datasets.NewTable(columns...)
}

// setCell reads the text of one field of a row; an empty text is a missing value.
func setCell(v reflect.Value, text string) error {
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Float64:
		x := math.NaN()
		if text != "" {
			var err error
			if x, err = strconv.ParseFloat(text, 64); err != nil {
				return err
			}
		}
		v.SetFloat(x)
	case v.Kind() == reflect.Int:
		x := int64(-1)
		if text != "" {
			var err error
			if x, err = strconv.ParseInt(text, 10, 64); err != nil {
				return err
			}
		}
		v.SetInt(x)
	case v.Type() == reflect.TypeFor[*int]():
		if text == "" {
			v.SetZero()
			return nil
		}
		x, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(&x))
	case v.Kind() == reflect.Bool:
		x, err := strconv.ParseBool(text)
		if err != nil {
			return err
		}
		v.SetBool(x)
	}
	return nil
}

// valueOf is the value of a cell as JSON takes it.
func valueOf(c *datasets.Column, i int) any {
	if c.Missing(i) {
		return nil
	}
	switch c.Kind {
	case datasets.Int64:
		return c.Ints[i]
	case datasets.Float64:
		return c.Floats[i]
	case datasets.Bool:
		return c.Bools[i]
	}
	return c.Text(i)
}

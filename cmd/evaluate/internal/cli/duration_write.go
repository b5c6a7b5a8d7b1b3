package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	lang "tiltakseffekt/internal/number"
	"tiltakseffekt/results/figure"
)

// write puts the tables of the document as Parquet, and survival curves as SVG, into a folder.
func (r *durationResult) write(ctx context.Context, dir, language string) error {
	d := r.document()
	tables := []namedRows{{"curves", d.Curves}, {"summaries", d.Summaries}, {"rmst_diff", d.RMSTDiff}, {"tests", d.Tests}, {"cox", d.Cox}}
	if err := writeTables(ctx, dir, tables); err != nil {
		return err
	}
	if r.flags.curve != "km" {
		return nil
	}
	return r.draw(filepath.Join(dir, "curves.svg"), language)
}

// namedRows is a list of a document and the name of its file.
type namedRows struct {
	name string
	rows any
}

// writeTables writes each list that is not empty as a Parquet file of a folder.
func writeTables(ctx context.Context, dir string, tables []namedRows) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fault.Wrap("cannot_write", err, "the folder `%s` cannot be made", dir)
	}
	for _, t := range tables {
		table := durationTableOf(t.rows)
		if table.Rows == 0 {
			continue
		}
		if err := datasets.WriteContext(ctx, filepath.Join(dir, t.name+".parquet"), table, datasets.WriteOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// durationTableOf makes a table of a slice of rows: columns are the fields, by their JSON names, those of embedded structs in their place. A
// column that JSON leaves out where it says nothing (omitempty) is left out where it says nothing in every row, but for those with the tag `table:"always"`.
func durationTableOf(rows any) *datasets.Table {
	v := reflect.ValueOf(rows)
	var columns []*datasets.Column
	for _, field := range reflect.VisibleFields(v.Type().Elem()) {
		if field.Anonymous || !field.IsExported() {
			continue
		}
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		n := v.Len()
		floats, ints, texts, null, bools := make([]float64, n), make([]int64, n), make([]string, n), make([]bool, n), make([]bool, n)
		kind := datasets.String
		for i := range n {
			switch x := v.Index(i).FieldByIndex(field.Index).Interface().(type) {
			case number:
				kind, floats[i] = datasets.Float64, float64(x)
			case *number:
				kind, floats[i] = datasets.Float64, math.NaN()
				if null[i] = x == nil; x != nil {
					floats[i] = float64(*x)
				}
			case int:
				kind, ints[i] = datasets.Int64, int64(x)
			case int64:
				kind, ints[i] = datasets.Int64, x
			case *int:
				kind = datasets.Int64
				if null[i] = x == nil; x != nil {
					ints[i] = int64(*x)
				}
			case *int64:
				kind = datasets.Int64
				if null[i] = x == nil; x != nil {
					ints[i] = *x
				}
			case bool:
				kind = datasets.Bool
				bools[i] = x
			case string:
				texts[i] = x
			case *string:
				if null[i] = x == nil; x != nil {
					texts[i] = *x
				}
			case estimate.Reason:
				texts[i], null[i] = string(x), x == ""
			default:
				panic(fmt.Sprintf("cli: no column for %T", x))
			}
			if math.IsInf(floats[i], 0) {
				floats[i] = math.NaN()
			}
		}
		if option == "omitempty" && field.Tag.Get("table") != "always" && field.Type.Kind() == reflect.Pointer && !slices.Contains(null, false) {
			continue
		}
		switch kind {
		case datasets.Float64:
			columns = append(columns, datasets.FloatColumn(name, floats))
		case datasets.Int64:
			c := datasets.IntColumn(name, ints)
			if slices.Contains(null, true) {
				c.Null = null
			}
			columns = append(columns, c)
		case datasets.Bool:
			columns = append(columns, datasets.BoolColumn(name, bools))
		default:
			columns = append(columns, datasets.TextColumn(name, texts, null))
		}
	}
	return datasets.NewTable(columns...)
}

// draw writes the survival curves with their intervals and the numbers at risk.
func (r *durationResult) draw(path, language string) error {
	var curves []figure.Curve
	for _, c := range r.curves {
		e := figure.Curve{Name: or(c.Group, "alle"), X: append([]float64{0}, c.Time...), Y: append([]float64{1}, c.Estimate...), Low: append([]float64{1}, c.ConfLow...), Top: append([]float64{1}, c.ConfHigh...)}
		if language == "en" && c.Group == "" {
			e.Name = "all"
		}
		for _, p := range c.At(e.X) {
			e.Risk = append(e.Risk, int(math.Round(p.NRisk)))
		}
		curves = append(curves, e)
	}
	o := figure.Options{Lang: lang.NB, XLabel: or(r.flags.time, r.flags.stop), Title: "Andel som ikke er avsluttet", Width: 16}
	if language == "en" {
		o.Lang, o.Title = lang.EN, "Share that has not ended"
	}
	b, err := figure.Survival(curves, o).SVG()
	if err != nil {
		return fault.Wrap("cannot_draw", err, "the curves cannot be drawn")
	}
	return writeWhole(path, b)
}

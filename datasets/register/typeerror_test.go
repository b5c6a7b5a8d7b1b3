package register

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// A column of the wrong type is refused with how many rows of all its parts are wrong and which is the first, whatever the
// number of workers and the cut into parts.
func TestWrongTypesAreCounted(t *testing.T) {
	months := func(column string, values func(i int) string) map[string]*datasets.Table {
		var b strings.Builder
		fmt.Fprintf(&b, "person_id maaned stillingsprosent lonn dagpenger\n")
		for i := range 1000 {
			fmt.Fprintf(&b, "10 %d 100 1 true\n", 202001+i%12)
		}
		m := tables(replaced("maaned", b.String()))
		cells := make([]string, 1000)
		for i := range cells {
			cells[i] = values(i)
		}
		for k, c := range m["maaned"].Columns {
			if c.Name == column {
				m["maaned"].Columns[k] = datasets.TextColumn(column, cells, nil)
			}
		}
		return m
	}
	at := func(good, bad string, rows ...int) func(i int) string {
		return func(i int) string {
			for _, r := range rows {
				if i == r-1 {
					return bad
				}
			}
			return good
		}
	}
	persons := tables(base())
	persons["person"].Columns[0] = datasets.BoolColumn("person_id", []bool{true, false, true, false})
	for _, c := range []struct {
		name   string
		tables map[string]*datasets.Table
		row    int64
		want   string
	}{
		{"a wage", months("lonn", at("1", "kr", 618)), 618, "`lonn` is text, not a number, in 1 of 1000 rows (the first is data row 618)"},
		{"wages", months("lonn", at("1", "kr", 999, 13, 14)), 13, "in 3 of 1000 rows (the first is data row 13)"},
		{"a benefit", months("dagpenger", at("ja", "kanskje", 7, 800)), 7, "`dagpenger` is text, not true/false or kroner, in 2 of 1000 rows (the first is data row 7)"},
		{"months", months("maaned", func(i int) string { return []string{"202001", "januar"}[i%2] }), 2, "500 of 1000 values of `maaned` are not months (the first in data row 2)"},
		{"ids", persons, 1, "`person_id` is true/false, not an integer or a text, in 4 of 4 rows (the first is data row 1)"},
	} {
		for _, workers := range []int{1, 4} {
			_, err := Read(context.Background(), memory{c.tables, 64}, Options{Workers: workers})
			var e *fault.Error
			if !errors.As(err, &e) || e.Status != fault.Data || e.Code != "column_type" || e.Row != c.row || !strings.Contains(e.Error(), c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// A refusal of a folder gives the path of the file, and in a folder of files the file of the row.
func TestRefusalsGiveThePath(t *testing.T) {
	dir := t.TempDir()
	text := base()
	delete(text, "maaned")
	write(t, dir, ".csv", tables(text))
	if err := os.Mkdir(filepath.Join(dir, "maaned"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		lonn := []string{"1", "2", map[string]string{"a": "3", "b": "kr"}[name]}
		m := table(name, "person_id maaned stillingsprosent\n10 202001 100\n10 202002 100\n10 202003 100")
		m.Columns = append(m.Columns, datasets.TextColumn("lonn", lonn, nil))
		if err := datasets.WriteContext(context.Background(), filepath.Join(dir, "maaned", name+".parquet"), m, datasets.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(context.Background(), dir, Options{})
	var e *fault.Error
	if !errors.As(err, &e) || e.File != filepath.Join(dir, "maaned") || e.Row != 3 || !strings.Contains(e.Message, "in 1 of 6 rows (the first is data row 3 of b.parquet)") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "person.csv"), []byte("person_id,fodselsaar,utdanning\n10,1980,3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(context.Background(), dir, Options{}); !errors.As(err, &e) || e.File != filepath.Join(dir, "person.csv") {
		t.Errorf("got %v", err)
	}
}

// All missing columns are named at once, with what the file calls its others.
func TestMissingColumnsAreNamedTogether(t *testing.T) {
	_, err := read(t, replaced("person", "LOPENR fodselsar KJONN landgruppe\n10 1980 mann norge"), Options{})
	want := "person.csv: columns `person_id`, `fodselsaar` (did you mean `fodselsar`?), `kjonn` (did you mean `KJONN`?) and `utdanning` are missing" +
		" (columns under other names: `LOPENR`, `fodselsar`, `KJONN`); name what holds them in the mapping"
	if fault.StatusOf(err) != fault.Data || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A mapping whose new name is misspelt is the mapping's fault, not the file's.
func TestMappingToAMisspeltName(t *testing.T) {
	for text, want := range map[string]string{
		"person:\n  rename:\n    kjonn: kjnn\n":             "mapping.yaml: line 3: `kjnn` is no column of the table `person` (did you mean `kjonn`?)",
		"person:\n  rename: {landgruppe: fylk}\n":           "mapping.yaml: line 2: `fylk` is no column of the table `person` (did you mean `fylke`?)",
		"person:\n  rename: {kjonn: KJ}\n":                  "column `kjonn` is missing (columns under other names: `KJ`)",
		"deltakelse:\n  rename: {deltidsprosent: lonnnn}\n": "",
	} {
		dir := t.TempDir()
		tables := tables(base())
		tables["deltakelse"] = table("deltakelse.csv", deltakelseHeader+"1 10 ARBEIDSTRENING FULLF 2020-02-10 2020-03-31 100")
		write(t, dir, ".csv", tables)
		m, err := datasets.ParseMapping("mapping.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(context.Background(), dir, Options{Mapping: m})
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

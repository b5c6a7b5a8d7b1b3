package datasets

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// write writes a file into a folder of the test and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// show is a table as text: names with kinds, then rows; missing values as ∅.
func show(t *Table) string {
	var b strings.Builder
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s:%s", c.Name, c.Kind)
	}
	for r := range t.Rows {
		b.WriteString("\n")
		for i, c := range t.Columns {
			if i > 0 {
				b.WriteByte('|')
			}
			if c.Missing(r) {
				b.WriteString("∅")
			} else {
				b.WriteString(c.format(r))
			}
		}
	}
	return b.String()
}

// equal compares tables value by value; a NaN equals a NaN.
func equal(t *testing.T, got, want *Table) {
	t.Helper()
	if got.Rows != want.Rows || len(got.Columns) != len(want.Columns) {
		t.Fatalf("%d × %d, want %d × %d", got.Rows, len(got.Columns), want.Rows, len(want.Columns))
	}
	for k, w := range want.Columns {
		g := got.Columns[k]
		if g.Name != w.Name || g.Kind != w.Kind || g.Len() != want.Rows {
			t.Fatalf("column %d is %s %s of %d rows, want %s %s", k, g.Name, g.Kind, g.Len(), w.Name, w.Kind)
		}
		for i := range want.Rows {
			if g.Missing(i) != w.Missing(i) {
				t.Fatalf("%s row %d: missing %v, want %v", w.Name, i, g.Missing(i), w.Missing(i))
			}
			if w.Missing(i) {
				continue
			}
			same := false
			switch w.Kind {
			case Int64, Timestamp:
				same = g.Ints[i] == w.Ints[i]
			case Float64:
				same = math.Float64bits(g.Floats[i]) == math.Float64bits(w.Floats[i])
			case Bool:
				same = g.Bools[i] == w.Bools[i]
			case String:
				same = g.Text(i) == w.Text(i)
			case Date:
				same = g.Dates[i] == w.Dates[i]
			}
			if !same {
				t.Fatalf("%s row %d: %s, want %s", w.Name, i, g.format(i), w.format(i))
			}
		}
	}
}

// TestRoundTrip: what was written is read, in all formats, sizes of row groups and numbers of workers.
func TestRoundTrip(t *testing.T) {
	table := mixed(5_000)
	for _, name := range []string{"x.parquet", "x.csv"} {
		for _, opt := range []WriteOptions{{}, {Rows: 700}, {Rows: 1000, PageV1: true}} {
			path := filepath.Join(t.TempDir(), name)
			if err := Write(path, table, opt); err != nil {
				t.Fatal(err)
			}
			for _, workers := range []int{1, 3} {
				got, err := Read(t.Context(), path, ReadOptions{Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, got, table)
				if got, err = Read(t.Context(), path, ReadOptions{Columns: []string{"dato", "id"}}); err != nil {
					t.Fatal(err)
				}
				equal(t, got, NewTable(table.Column("dato"), table.Column("id")))
			}
		}
	}
	d := distinct(20_000)
	path := filepath.Join(t.TempDir(), "d.parquet")
	if err := Write(path, d, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), path, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, d)
}

func TestEmptyTable(t *testing.T) {
	for _, name := range []string{"x.parquet", "x.csv"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, mixed(0), WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		got, err := Read(t.Context(), path, ReadOptions{})
		if err != nil || got.Rows != 0 || len(got.Columns) != 7 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// TestOracleFiles reads every CSV file of the reference results and compares it with encoding/csv.
func TestOracleFiles(t *testing.T) {
	root := oracle.Path(t)
	files := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".csv") {
			return err
		}
		name, _ := filepath.Rel(root, path)
		table, err := Read(t.Context(), path, ReadOptions{})
		if err != nil {
			// One file of timings has a comma too many, which encoding/csv refuses too.
			if f, e := os.Open(path); e == nil {
				defer func() { _ = f.Close() }()
				if _, e := csv.NewReader(f).ReadAll(); e != nil {
					return nil
				}
			}
			t.Errorf("%v", err)
			return nil
		}
		want := oracle.CSV(t, filepath.ToSlash(name))
		files++
		for _, c := range table.Columns {
			texts, ok := want[c.Name]
			if !ok && strings.HasPrefix(c.Name, "column_") {
				texts, ok = want[""]
			}
			if !ok || len(texts) != table.Rows {
				t.Errorf("%s: column %s has %d rows, want %d", name, c.Name, table.Rows, len(texts))
				continue
			}
			if c.Kind != Float64 && c.Kind != Int64 {
				continue
			}
			got, err := c.AsFloats()
			if err != nil {
				t.Error(err)
			}
			for i, w := range oracle.Floats(t, texts) {
				if got[i] != w && !(math.IsNaN(got[i]) && math.IsNaN(w)) {
					t.Errorf("%s %s row %d: %v, want %v", name, c.Name, i+1, got[i], w)
					break
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", files)
}

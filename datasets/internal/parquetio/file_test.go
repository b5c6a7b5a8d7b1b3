package parquetio

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// show writes the value of a row as testdata/make.py does.
func show(v *vector.Values, i int) string {
	if v.Kind == vector.Null || v.Null != nil && v.Null[i] {
		return "∅"
	}
	switch v.Kind {
	case vector.Int64:
		return strconv.FormatInt(v.Ints[i], 10)
	case vector.Float64:
		return fmt.Sprintf("f%016x", math.Float64bits(v.Floats[i]))
	case vector.Bool:
		return strconv.FormatBool(v.Bools[i])
	case vector.String:
		return v.Levels[v.Codes[i]]
	case vector.Date:
		return v.Dates[i].String()
	case vector.Timestamp:
		return fmt.Sprintf("t%d", v.Ints[i])
	}
	return "?"
}

func files(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatal(pattern, err)
	}
	return names
}

// TestOddFiles reads what pyarrow and DuckDB write in every way they can (testdata/make.py), and compares each value
// with what was given to them.
func TestOddFiles(t *testing.T) {
	compared := 0
	for _, expected := range files(t, "*.csv") {
		name := strings.TrimSuffix(expected, ".csv")
		f, err := os.Open(expected)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		p, err := Open(name+".parquet", name)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if p.Rows() != int64(len(rows)-1) {
			t.Errorf("%s: %d rows, want %d", name, p.Rows(), len(rows)-1)
		}
		for field, x := range p.Fields() {
			if x.Name != rows[0][field] {
				t.Errorf("%s: column %d is %s, want %s", name, field, x.Name, rows[0][field])
			}
			first := 1
			for g := range p.Groups() {
				v, err := p.Read(g, field)
				if err != nil {
					t.Errorf("%v", err)
					break
				}
				for i := range v.Rows {
					compared++
					if got, want := show(&v, i), rows[first+i][field]; got != want {
						t.Errorf("%s %s row %d: %q, want %q", name, x.Name, first+i, got, want)
						break
					}
				}
				first += v.Rows
			}
		}
	}
	if compared < 20_000 {
		t.Errorf("only %d values compared", compared)
	}
}

// TestLikeArrow: our decoders and Arrow's column readers give the same values for every lawful chunk that both can read.
func TestLikeArrow(t *testing.T) {
	both := 0
	for _, name := range files(t, "*.parquet") {
		p, err := Open(name, name)
		if err != nil || strings.Contains(name, "refused") {
			continue
		}
		for field, x := range p.Fields() {
			for g := range p.Groups() {
				k, err := p.load(g, field)
				if err != nil {
					t.Fatal(err)
				}
				a, err := k.decode()
				if err != nil {
					t.Errorf("%s %s: %v", name, x.Name, err)
				}
				b, err := k.arrow()
				if err != nil {
					if strings.Contains(err.Error(), "BYTE_STREAM_SPLIT") || strings.Contains(err.Error(), "does not read") {
						continue
					}
					t.Errorf("%s %s, Arrow's: %v", name, x.Name, err)
					continue
				}
				both++
				if a.Rows != b.Rows || a.Kind != b.Kind {
					t.Fatalf("%s %s: %d rows and %d", name, x.Name, a.Rows, b.Rows)
				}
				for i := range a.Rows {
					if show(&a, i) != show(&b, i) {
						t.Errorf("%s %s row %d: %s and, by Arrow, %s", name, x.Name, i, show(&a, i), show(&b, i))
						break
					}
				}
			}
		}
	}
	if both < 100 {
		t.Errorf("only %d chunks compared", both)
	}
}

func TestRefused(t *testing.T) {
	for _, name := range files(t, "refused-*.parquet") {
		word := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "refused-"), ".parquet")
		word, column, ok := strings.Cut(word, "_")
		p, err := Open(name, "the file")
		if err == nil {
			for field := range p.Fields() { // the last column is the bad one, the others are read
				if _, err = p.Read(0, field); err != nil && field+1 < len(p.Fields()) {
					t.Error(err)
				}
			}
		}
		if !ok {
			column = "x"
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Status != fault.Data || e.File != "the file" || e.Column != column ||
			!strings.Contains(e.Message, "`"+column+"`") || !strings.Contains(e.Message, "export") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(e.Message, word) {
			t.Errorf("%s: %v does not say %q", name, err, word)
		}
	}
}

func TestTwice(t *testing.T) {
	if _, err := Open("testdata/twice.parquet", "x"); fault.CodeOf(err) != "duplicate_column" || fault.StatusOf(err) != fault.Data {
		t.Error(err)
	}
}

// TestTexts: the texts of a dictionary are those of the rows, found without the rows.
func TestTexts(t *testing.T) {
	found := 0
	for _, name := range files(t, "*.parquet") {
		p, err := Open(name, name)
		if err != nil || strings.Contains(name, "refused") {
			continue
		}
		for field, x := range p.Fields() {
			for g := range p.Groups() {
				some, ok, err := p.Texts(g, field)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					continue
				}
				found++
				have := make(map[string]bool)
				for _, s := range some.Levels {
					have[s] = true
				}
				v, err := p.Read(g, field)
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range v.Codes {
					if (v.Null == nil || !v.Null[i]) && !have[v.Levels[c]] {
						t.Errorf("%s %s: %q is not found", name, x.Name, v.Levels[c])
					}
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d dictionaries", found)
	}
}

// TestOutside: the statistics of a column chunk are used where they say that a range is not touched.
func TestOutside(t *testing.T) {
	p, err := Open("testdata/integers.parquet", "x")
	if err != nil {
		t.Fatal(err)
	}
	for field, x := range p.Fields() {
		v, err := p.Read(0, field)
		if err != nil {
			t.Fatal(err)
		}
		low, high := v.Ints[0], v.Ints[0]
		for _, n := range v.Ints {
			low, high = min(low, n), max(high, n)
		}
		if p.Outside(0, field, low, high) || p.Outside(0, field, high, math.MaxInt64) {
			t.Errorf("%s: a value is said to be outside", x.Name)
		}
		if x.Name[0] == 'i' && !p.Outside(0, field, math.MinInt64, low-1) {
			t.Errorf("%s: nothing is said to be outside", x.Name)
		}
	}
}

// TestSameValues: integers are the same, however they are encoded.
func TestSameValues(t *testing.T) {
	read := func(name string) (out []vector.Values) {
		p, err := Open(name, name)
		if err != nil {
			t.Fatal(err)
		}
		for field := range p.Fields() {
			v, err := p.Read(0, field)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
		return out
	}
	if a, b := read("testdata/integers-dictionary.parquet"), read("testdata/integers-delta.parquet"); !reflect.DeepEqual(a, b) {
		t.Error("integers differ")
	}
}

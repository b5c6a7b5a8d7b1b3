package datasets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

func TestCSV(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"types": {"a,b,c,d,e,f\n1,1.5,x,true,2024-03-31,2024-03-31 12:00:00\n-2,3,y,false,1999-01-01,2024-03-31T12:00:00.25Z\n",
			"a:integer b:number c:text d:true/false e:date f:time\n1|1.5|x|true|2024-03-31|2024-03-31T12:00:00Z\n-2|3|y|false|1999-01-01|2024-03-31T12:00:00.25Z"},
		"leading zeros stay text":      {"a,b\n0301,1\n1101,0\n", "a:text b:integer\n0301|1\n1101|0"},
		"one leading zero far down":    {"a\n" + strings.Repeat("1101\n", 3) + "0301\n", "a:text\n1101\n1101\n1101\n0301"},
		"zero is a number":             {"a,b\n0,0.5\n-0,0\n", "a:integer b:number\n0|0.5\n0|0"},
		"semicolon, decimal comma":     {"a;b\n1,5;2\n-0,25;3\n", "a:number b:integer\n1.5|2\n-0.25|3"},
		"semicolon, decimal point":     {"a;b\n1.5;2\n", "a:number b:integer\n1.5|2"},
		"comma and point are text":     {"a;b\n1.5;2\n1,5;2\n", "a:text b:integer\n1.5|2\n1,5|2"},
		"decimal comma only with ;":    {"a\tb\n1,5\t2\n", "a:text b:integer\n1,5|2"},
		"tab":                          {"a\tb\n1\tx y\n", "a:integer b:text\n1|x y"},
		"thousands are text":           {"a;b\n1.234,5;1\n", "a:text b:integer\n1.234,5|1"},
		"byte order mark":              {"\ufeffa,b\n1,2\n", "a:integer b:integer\n1|2"},
		"windows line ends":            {"a,b\r\n1,x\r\n2,\"y\"\r\n", "a:integer b:text\n1|x\n2|y"},
		"no line feed at the end":      {"a,b\n1,2", "a:integer b:integer\n1|2"},
		"quotes":                       {"a,b\n\"x, \"\"y\"\"\n z\",1\n", "a:text b:integer\nx, \"y\"\n z|1"},
		"missing":                      {"a,b,c\n1,,x\n,2.5,\n", "a:integer b:number c:text\n1|∅|x\n∅|2.5|∅"},
		"quoted empty":                 {"a,b\n\"\",\"\"\nx,1\n", "a:text b:integer\n|∅\nx|1"},
		"NA in numbers":                {"a,b\nNA,NA\n1.5,x\nNaN,NA\n", "a:number b:text\n∅|NA\n1.5|x\n∅|NA"},
		"nothing but missing":          {"a,b\n1,\n2,\n", "a:integer b:text\n1|∅\n2|∅"},
		"one column with empty lines":  {"a\n1\n\n2\n", "a:integer\n1\n∅\n2"},
		"empty lines are no rows":      {"a,b\n1,2\n\n3,4\n\n", "a:integer b:integer\n1|2\n3|4"},
		"header only":                  {"a,b\n", "a:text b:text"},
		"header without line feed":     {"a,b", "a:text b:text"},
		"too many digits":              {"a\n9223372036854775807\n9223372036854775808\n", "a:text\n9223372036854775807\n9223372036854775808"},
		"the largest integer":          {"a\n9223372036854775807\n-9223372036854775808\n", "a:integer\n9223372036854775807\n-9223372036854775808"},
		"exponents and infinities":     {"a\n1e3\n-Inf\n2.5E-3\n.5\n", "a:number\n1000\n-Inf\n0.0025\n0.5"},
		"a plus is text":               {"a\n+5\n", "a:text\n+5"},
		"spaces around numbers":        {"a,b\n 5, 2.5 \n10,3\n", "a:integer b:number\n5|2.5\n10|3"},
		"spaces in text are kept":      {"a\n x \n", "a:text\n x "},
		"Norwegian dates":              {"a\n31.03.2024\n01.12.1999\n", "a:date\n2024-03-31\n1999-12-01"},
		"two kinds of dates are text":  {"a\n31.03.2024\n1999-12-01\n", "a:text\n31.03.2024\n1999-12-01"},
		"no such day":                  {"a\n2023-02-29\n", "a:text\n2023-02-29"},
		"dates and times are times":    {"a\n2024-01-01\n2024-01-01 10:30:00\n", "a:time\n2024-01-01T00:00:00Z\n2024-01-01T10:30:00Z"},
		"zones":                        {"a\n2024-01-01T10:30:00+02:00\n", "a:time\n2024-01-01T08:30:00Z"},
		"numbers and true":             {"a\n1\ntrue\n", "a:text\n1\ntrue"},
		"T and F are text":             {"a\nT\nF\n", "a:text\nT\nF"},
		"a column without a name":      {",b\n1,2\n", "column_1:integer b:integer\n1|2"},
		"quoted names":                 {"\"a,b\";c\n1;2\n", "a,b:integer c:integer\n1|2"},
		"spaces around names":          {"a, b\n1,2\n", "a:integer b:integer\n1|2"},
		"æøå":                          {"år,tiltak\n2020,opplæring\n", "år:integer tiltak:text\n2020|opplæring"},
		"hexadecimal is text":          {"a\n0x10\n", "a:text\n0x10"},
		"underscores are text":         {"a\n1_000\n", "a:text\n1_000"},
		"a separator alone is missing": {"a,b\n,\n1,x\n", "a:integer b:text\n∅|∅\n1|x"},
	} {
		table, err := Read(t.Context(), write(t, "x.csv", c.text), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := show(table); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestCSVRefuses(t *testing.T) {
	big := "a,b\n" + strings.Repeat("1,2\n", 100_000)
	for name, c := range map[string]struct {
		text, code, message string
		row                 int64
	}{
		"empty":               {"", "empty_file", "is empty", 0},
		"blank":               {" \n\n", "empty_file", "is empty", 0},
		"too many fields":     {"a,b\n1,2\n1,2,3\n", "ragged_row", "data row 2 has 3 fields and the header 2", 2},
		"too few fields":      {"a,b\n1,2\n3,4\n5\n", "ragged_row", "data row 3 has 1 fields", 3},
		"ragged far down":     {big + "1\n", "ragged_row", "data row 100001 has", 100_001},
		"duplicate names":     {"a,b,a\n1,2,3\n", "duplicate_column", "two columns called `a`", 0},
		"latin1":              {"a,b\n1,bl\xe5\n", "not_utf8", "--encoding latin1", 1},
		"latin1 far down":     {big + "1,\xe6\n", "not_utf8", "data row 100001 is not UTF-8", 100_001},
		"latin1 header":       {"\xe5r,b\n1,2\n", "not_utf8", "--encoding latin1", 0},
		"utf-16":              {"\xff\xfea\x00", "utf16", "UTF-16", 0},
		"binary":              {"a,b\n1,\x00\n", "not_text", "not a text file", 0},
		"quote inside":        {"a,b\n1,x\"y\n", "bad_quote", "data row 1 has a quote", 1},
		"text behind a quote": {"a,b\n1,\"x\"y\n", "bad_quote", "data row 1 goes on behind a closing quote", 1},
		"open quote":          {"a,b\n1,\"x\n2,3\n", "open_quote", "never closed", 1},
		"carriage returns":    {"a,b\r1,2\r", "line_ends", "line feeds", 0},
	} {
		path := write(t, "x.csv", c.text)
		_, err := Read(t.Context(), path, ReadOptions{})
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Code != c.code || e.Status != fault.Data || e.File != path || e.Row != c.row || !strings.Contains(e.Error(), c.message) {
			t.Errorf("%s: %s (code %s, row %d), want %s, %q, row %d", name, e, e.Code, e.Row, c.code, c.message, c.row)
		}
	}
}

func TestLatin1(t *testing.T) {
	path := write(t, "x.csv", "\xe5r;tekst\n2020;\x80 bl\xe5b\xe6r\n")
	table, err := Read(t.Context(), path, ReadOptions{Encoding: "latin1"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(table), "år:integer tekst:text\n2020|€ blåbær"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := Open(path, ReadOptions{Encoding: "ebcdic"}); fault.StatusOf(err) != fault.Usage {
		t.Error(err)
	}
	// A byte order mark says UTF-8, whatever was asked for.
	table, err = Read(t.Context(), write(t, "x.csv", "\ufeffår\n1\n"), ReadOptions{Encoding: "latin1"})
	if err != nil || table.Column("år") == nil {
		t.Error(table, err)
	}
}

func TestGzip(t *testing.T) {
	table := mixed(3000)
	var plain, packed bytes.Buffer
	if err := WriteTo(&plain, "csv", table, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.csv.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), path, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, table)
	for _, n := range []int{0, 5, 100, packed.Len() - 4} {
		if err := os.WriteFile(path, packed.Bytes()[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(t.Context(), path, ReadOptions{}); fault.StatusOf(err) != fault.Data {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if err := os.WriteFile(path, plain.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), path, ReadOptions{}); fault.CodeOf(err) != "not_gzip" {
		t.Error(err)
	}
}

// TestCSVParts: rows come in blocks whose places in the file are right, the same for any number of workers.
func TestCSVParts(t *testing.T) {
	var b strings.Builder
	b.WriteString("n,s\n")
	const rows = 400_000
	for i := range rows {
		fmt.Fprintf(&b, "%d,\"line\nof %d\"\n", i, i%1000)
	}
	path := write(t, "x.csv", b.String())
	for _, workers := range []int{1, 4} {
		s, err := Open(path, ReadOptions{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if s.NumRows() != rows || s.Parts() < 2 {
			t.Fatalf("%d rows, %d parts", s.NumRows(), s.Parts())
		}
		counts := make([]int, s.Parts())
		err = s.Scan(t.Context(), []string{"n"}, workers, func(part int, table *Table) error {
			for i, n := range table.Columns[0].Ints {
				if n != table.First+int64(i) {
					return fmt.Errorf("part %d row %d is %d", part, i, n)
				}
			}
			counts[part] = table.Rows
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		if total != rows {
			t.Errorf("%d rows", total)
		}
	}
}

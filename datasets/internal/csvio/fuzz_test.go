package csvio

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// readAll reads all columns of a text as rows of texts, ∅ for missing, in blocks of the given size.
func readAll(b []byte, latin1 bool, size int) (f *File, rows [][]string, err error) {
	before := blockSize
	defer func() { blockSize = before }()
	blockSize = size
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	if f, err = newFile(context.Background(), open, "x.csv", latin1, 2); err != nil {
		return nil, nil, err
	}
	columns := make([]int, len(f.fields))
	for i := range columns {
		columns[i] = i
	}
	blocks := make([][][]string, len(f.rows))
	err = f.Scan(context.Background(), columns, 2, func(block, n int, values []vector.Values) error {
		out := make([][]string, n)
		for i := range out {
			out[i] = make([]string, len(values))
			for k := range values {
				v := &values[k]
				if v.Rows != n || v.Null != nil && len(v.Null) != n {
					return fmt.Errorf("%d rows of %d", v.Rows, n)
				}
				out[i][k] = show(v, i)
			}
		}
		blocks[block] = out
		return nil
	})
	for _, b := range blocks {
		rows = append(rows, b...)
	}
	return f, rows, err
}

func show(v *vector.Values, i int) string {
	if v.Kind == vector.Null || v.Null != nil && v.Null[i] {
		return "∅"
	}
	switch v.Kind {
	case vector.Int64, vector.Timestamp:
		return fmt.Sprint(v.Ints[i])
	case vector.Float64:
		return fmt.Sprint(v.Floats[i])
	case vector.Bool:
		return fmt.Sprint(v.Bools[i])
	case vector.Date:
		return v.Dates[i].String()
	}
	return v.Levels[v.Codes[i]]
}

// FuzzCSV: whatever the bytes, there is an error of the right kind or the number of rows that was promised; the size of
// blocks changes nothing; and what encoding/csv reads as the same number of rows has the same texts.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a;b\n1,5;x\n", "a\tb\r\n\"x\"\"y\"\t2024-03-31\r\n", "\ufeffa\n0301\n", "a,b\n\"x\ny\",\n,\n\n3,NA", "a\n\n1\n", "\"a\n\",b\n1,2",
		"a,b\n1,\"2\n", "a,a\n", "\xff\xfea", "a\n\xe5\n", ",\n,", "a\n9223372036854775808\n1e400\n-Inf", "a\n2024-03-31T12:00:00+02:00\n", "a\r1\r", "\"\"\n", "a\n\"\"\n",
		strings.Repeat("a;", 30) + "\n" + strings.Repeat("1;", 30) + "\n",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, latin1 bool) {
		file, rows, err := readAll(b, latin1, 1<<16)
		small, again, err2 := readAll(b, latin1, 7)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) || e.Status != fault.Data || e.File != "x.csv" {
				t.Fatalf("%v", err)
			}
			var e2 *fault.Error
			if !errors.As(err2, &e2) {
				t.Fatalf("%v in large blocks, %v in small ones", err, err2)
			}
			return
		}
		if err2 != nil {
			t.Fatal(err2)
		}
		if int64(len(rows)) != file.Rows() {
			t.Fatalf("%d rows, %d promised", len(rows), file.Rows())
		}
		if fmt.Sprint(rows, file.Fields()) != fmt.Sprint(again, small.Fields()) {
			t.Fatalf("%q in large blocks, %q in small ones", rows, again)
		}
		if latin1 {
			return
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
		r.Comma = rune(file.separator)
		want, err := r.ReadAll()
		if err != nil || len(want) != len(rows)+1 {
			return
		}
		for i, record := range want[1:] {
			for k, field := range file.fields {
				// encoding/csv turns \r\n inside quotes into \n.
				if got := rows[i][k]; field.Kind == vector.String && got != "∅" && strings.ReplaceAll(got, "\r\n", "\n") != record[k] {
					t.Fatalf("row %d column %d: %q, want %q", i+1, k, got, record[k])
				}
			}
		}
	})
}

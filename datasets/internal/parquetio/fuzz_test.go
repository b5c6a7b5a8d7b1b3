package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

// readEverything reads all columns of all row groups by both routes. An error must be a refusal of data that names the
// file; values must be as many as the footer promises, with codes that have levels.
func readEverything(t *testing.T, b []byte) (read int) {
	t.Helper()
	p, err := NewFile(bytes.NewReader(b), int64(len(b)), "x.parquet")
	if err != nil {
		refused(t, err)
		return 0
	}
	for field := range p.Fields() {
		for g := range p.Groups() {
			v, err := p.Read(g, field)
			if err != nil {
				refused(t, err)
				continue
			}
			read++
			sound(t, &v, p.GroupRows(g))
			if _, _, err := p.Texts(g, field); err != nil {
				refused(t, err)
			}
			p.Outside(g, field, 0, 1)
		}
	}
	return read
}

func refused(t *testing.T, err error) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Status != fault.Data || e.File != "x.parquet" || e.Message == "" {
		t.Fatalf("%v", err)
	}
}

func sound(t *testing.T, v *vector.Values, rows int) {
	t.Helper()
	n := map[vector.Kind]int{
		vector.Int64: len(v.Ints), vector.Timestamp: len(v.Ints), vector.Float64: len(v.Floats), vector.Bool: len(v.Bools),
		vector.String: len(v.Codes), vector.Date: len(v.Dates), vector.Null: rows,
	}[v.Kind]
	if v.Rows != rows || n != rows || v.Null != nil && len(v.Null) != rows {
		t.Fatalf("%d values and %d levels in %d rows, want %d", n, len(v.Null), v.Rows, rows)
	}
	for _, c := range v.Codes {
		if int(c) >= len(v.Levels) {
			t.Fatalf("code %d of %d levels", c, len(v.Levels))
		}
	}
}

// FuzzParquet: whatever the bytes, there is an error of the right kind or as many values as were promised; never a panic
// or a hang.
func FuzzParquet(f *testing.F) {
	for _, name := range files(f, "*.parquet") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 12_000 {
			f.Add(b)
		}
	}
	maxGroupRows = 1 << 16 // a file of a few bytes may promise millions of rows that are all missing
	f.Fuzz(func(t *testing.T, b []byte) { readEverything(t, b) })
}

// TestDamage cuts and changes lawful files in many places.
func TestDamage(t *testing.T) {
	before := maxGroupRows
	maxGroupRows = 1 << 16
	defer func() { maxGroupRows = before }()
	r := random.New(1, "damaged files")
	changed := 0
	for _, name := range files(t, "*.parquet") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 12 { // a file that was cut short is never read
			if n := r.IntN(len(b)); readEverything(t, b[:n]) > 0 {
				t.Errorf("%s is read though it was cut at %d of %d bytes", name, n, len(b))
			}
		}
		for range 60 {
			c := bytes.Clone(b)
			for range 1 + r.IntN(3) {
				c[r.IntN(len(c))] = byte(r.Uint32())
			}
			readEverything(t, c)
			changed++
		}
	}
	t.Logf("%d damaged files", changed)
}

// TestChecksum: where a file has checksums, a changed byte in a page is found.
func TestChecksum(t *testing.T) {
	b, err := os.ReadFile("testdata/texts-plain-v1.parquet") // written with checksums, uncompressed
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("ord 7"))
	b[at] = 'O'
	p, err := NewFile(bytes.NewReader(b), int64(len(b)), "x.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read(0, 0); fault.CodeOf(err) != "corrupt_file" {
		t.Error(err)
	}
}

// FuzzPages decodes the pages of a column chunk whose footer is right: the column, codec and number of rows of one of
// the lawful files, and whatever bytes. It must end in an error or in values that are sound.
func FuzzPages(f *testing.F) {
	var chunks []*chunk
	for _, name := range files(f, "*.parquet") {
		p, err := Open(name, name)
		if err != nil {
			continue
		}
		for field := range p.Fields() {
			if p.Groups() == 0 || p.GroupRows(0) == 0 {
				continue
			}
			k, err := p.load(0, field)
			if err != nil {
				continue
			}
			f.Add(uint8(len(chunks)), bytes.Clone(k.bytes))
			chunks = append(chunks, k)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		k := *chunks[int(which)%len(chunks)]
		k.bytes = b
		if v, err := k.decode(); err == nil && v.Rows == k.rows {
			sound(t, &v, k.rows)
		}
	})
}

// FuzzFooter reads a lawful file with another footer: schema, row groups, places of chunks and statistics may be
// anything.
func FuzzFooter(f *testing.F) {
	var bodies [][]byte
	for _, name := range files(f, "*.parquet") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		at := len(b) - 8 - int(binary.LittleEndian.Uint32(b[len(b)-8:]))
		f.Add(uint8(len(bodies)), b[at:len(b)-8])
		bodies = append(bodies, b[:at])
	}
	maxGroupRows = 1 << 16
	f.Fuzz(func(t *testing.T, which uint8, footer []byte) {
		b := append(bytes.Clone(bodies[int(which)%len(bodies)]), footer...)
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
		readEverything(t, b)
	})
}

package register

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// write writes the tables of a register as files with an extension.
func write(t *testing.T, dir, extension string, m map[string]*datasets.Table) {
	t.Helper()
	for name, table := range m {
		plain := strings.TrimSuffix(extension, ".gz")
		path := filepath.Join(dir, name+plain)
		if err := datasets.Write(path, table, datasets.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if plain == extension {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(text)
		z.Close()
		if err := errors.Join(os.WriteFile(path+".gz", b.Bytes(), 0o644), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
	}
}

// unnamed is the register with the names of files in its warnings left out.
func unnamed(r *Register) *Register {
	for i, w := range r.Warnings {
		_, r.Warnings[i].Message, _ = strings.Cut(w.Message, ": ")
	}
	return r
}

func open(t *testing.T, dir string, opt Options) *Register {
	t.Helper()
	r, err := Open(context.Background(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFormatsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	text := messy(r, 40, 200)
	opt := Options{Rules: Rules{MaxStrangers: 1}}
	want := unnamed(mustRead(t, text, opt))
	for _, extension := range []string{".parquet", ".csv", ".csv.gz"} {
		dir := t.TempDir()
		write(t, dir, extension, tables(text))
		got := open(t, dir, opt)
		if len(got.Inputs) != 4 || got.Inputs[0].Name != "arbeidssoker"+extension || got.Inputs[0].Rows != 200 || len(got.Inputs[0].SHA256) != 64 {
			t.Errorf("inputs: %+v", got.Inputs)
		}
		got.Inputs = nil
		same(t, extension, want, unnamed(got), true)
	}
	// maaned as a folder of files, the others as files.
	dir := t.TempDir()
	m := tables(text)
	maaned := m["maaned"]
	delete(m, "maaned")
	write(t, dir, ".parquet", m)
	if err := os.Mkdir(filepath.Join(dir, "maaned"), 0o755); err != nil {
		t.Fatal(err)
	}
	half := maaned.Rows / 3
	for name, limits := range map[string][2]int{"a": {0, half}, "b": {half, maaned.Rows}} {
		piece := &datasets.Table{Rows: limits[1] - limits[0]}
		for _, c := range maaned.Columns {
			piece.Columns = append(piece.Columns, slice(c, limits[0], limits[1]))
		}
		write(t, filepath.Join(dir, "maaned"), ".parquet", map[string]*datasets.Table{name: piece})
	}
	got := open(t, dir, opt)
	if len(got.Inputs) != 5 || got.Inputs[2].Name != "maaned/a.parquet" || got.Inputs[2].Rows != int64(half) {
		t.Errorf("inputs: %+v", got.Inputs)
	}
	got.Inputs = nil
	same(t, "a folder", want, unnamed(got), true)
}

// A folder by month, as hive partitions: the month is in the name of the folder.
func TestPartitions(t *testing.T) {
	text := base()
	want := mustRead(t, text, Options{})
	dir := t.TempDir()
	m := tables(text)
	rows := strings.Split(strings.TrimSpace(text["maaned"]), "\n")
	delete(m, "maaned")
	write(t, dir, ".parquet", m)
	byMonth := map[string][]string{}
	for _, row := range rows[1:] {
		f := strings.Fields(row)
		byMonth[f[1]] = append(byMonth[f[1]], f[0]+" "+f[2]+" "+f[3])
	}
	for month, rows := range byMonth {
		folder := filepath.Join(dir, "maaned", "maaned="+month)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, folder, ".parquet", map[string]*datasets.Table{"part": table("part", "person_id stillingsprosent lonn\n"+strings.Join(rows, "\n"))})
	}
	same(t, "partitions", want, open(t, dir, Options{NoInputs: true}), true)
}

func TestMapping(t *testing.T) {
	m, err := datasets.ParseMapping("mapping.yaml", []byte(`
person:
  rename: {LOPENR: person_id}
  drop: [navn]
  codes:
    kjonn: {"7": kvinne, "8": mann}
deltakelse:
  codes:
    status: {FERDIG: FULLF}
`))
	if err != nil {
		t.Fatal(err)
	}
	b := base()
	b["person"] = `
		LOPENR    fodselsaar kjonn  landgruppe  utdanning navn
		10        1980       7      norge       4         Kari
		20        1990       8      utenfor_eos .         Ola
		30        2000       7      eos         7         Siv
		40        1960       8      norge       0         Per`
	b["deltakelse"] = strings.Replace(b["deltakelse"], "FULLF", "FERDIG", 1)
	tb := tables(b)
	tb["person"].Columns[0] = datasets.IntColumn("LOPENR", []int64{10, 20, 30, 40})
	dir := t.TempDir()
	write(t, dir, ".csv", tb)
	if _, err := Open(context.Background(), dir, Options{}); fault.StatusOf(err) != fault.Data {
		t.Errorf("without the mapping: %v", err)
	}
	same(t, "mapping", mustRead(t, base(), Options{}), open(t, dir, Options{Mapping: m, NoInputs: true}), true)
}

func TestFolderRefusals(t *testing.T) {
	full := func(edit func(dir string)) string {
		dir := t.TempDir()
		write(t, dir, ".csv", tables(base()))
		edit(dir)
		return dir
	}
	for _, c := range []struct {
		name, dir, code string
		word            string
	}{
		{"no folder", filepath.Join(t.TempDir(), "register"), "missing_file", "no such folder"},
		{"a file", filepath.Join(full(func(string) {}), "person.csv"), "not_a_folder", "a register is a folder"},
		{"no maaned", full(func(dir string) { os.Remove(filepath.Join(dir, "maaned.csv")) }), "missing_table", "`maaned`"},
		{"maaned twice", full(func(dir string) { os.Mkdir(filepath.Join(dir, "maaned"), 0o755) }), "ambiguous_table", "maaned.csv, maaned"},
		{"broken Parquet", full(func(dir string) {
			os.Remove(filepath.Join(dir, "person.csv"))
			os.WriteFile(filepath.Join(dir, "person.parquet"), []byte("PAR1 no PAR1"), 0o644)
		}), "", "person.parquet"},
		{"a text in a column of numbers", full(func(dir string) {
			os.WriteFile(filepath.Join(dir, "maaned.csv"), []byte("person_id,maaned,stillingsprosent,lonn\n10,202001,1,kr\n"), 0o644)
		}), "column_type", "`lonn` is text, not a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(context.Background(), c.dir, Options{})
			if fault.StatusOf(err) != fault.Data || c.code != "" && fault.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.word) {
				t.Errorf("got %v (%s)", err, fault.CodeOf(err))
			}
		})
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, ".parquet", tables(base()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, dir, Options{}); fault.StatusOf(err) != fault.Interrupted {
		t.Errorf("got %v", err)
	}
}

package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// put writes tables to a folder by name.
func put(t *testing.T, tables map[string]*Table) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tabell")
	for name, table := range tables {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, table, WriteOptions{Rows: 2}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func numbers(name string, values ...int64) *Table { return NewTable(IntColumn(name, values)) }

func TestFolder(t *testing.T) {
	dir := put(t, map[string]*Table{
		"b.parquet":      numbers("x", 4, 5),
		"a.parquet":      numbers("x", 1, 2, 3),
		"c/d.parquet":    numbers("x", 6),
		"_temp/.parquet": numbers("y", 9),
		"e.PARQUET":      numbers("x"),
	})
	if err := os.WriteFile(filepath.Join(dir, "_SUCCESS"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, dir + string(filepath.Separator)} {
		table, err := Read(t.Context(), path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := show(table), "x:integer\n1\n2\n3\n4\n5\n6"; got != want {
			t.Errorf("%s", got)
		}
	}
	link := filepath.Join(t.TempDir(), "lenke")
	if err := os.Symlink(dir, link); err == nil {
		if table, err := Read(t.Context(), link, ReadOptions{}); err != nil || table.Rows != 6 {
			t.Error(table, err)
		}
	}
	s, err := Open(dir, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	if err := s.Scan(t.Context(), nil, 1, func(part int, table *Table) error {
		places = append(places, fmt.Sprintf("%d:%s+%d", part, filepath.Base(table.File), table.First))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(places, " "), "0:a.parquet+0 1:a.parquet+2 2:b.parquet+0 3:d.parquet+0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestHive(t *testing.T) {
	dir := put(t, map[string]*Table{
		"aar=2020/fylke=%C3%98st/x.parquet":                        numbers("x", 1),
		"aar=2021/fylke=03/x.parquet":                              numbers("x", 2, 3),
		"aar=2021/fylke=__HIVE_DEFAULT_PARTITION__/part-1.parquet": numbers("x", 4),
	})
	table, err := Read(t.Context(), dir, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(table), "x:integer aar:text fylke:text\n1|2020|Øst\n2|2021|03\n3|2021|03\n4|2021|∅"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if table, err = Read(t.Context(), dir, ReadOptions{Columns: []string{"fylke"}}); err != nil || show(table) != "fylke:text\nØst\n03\n03\n∅" {
		t.Error(show(table), err)
	}
}

func TestFolderRefuses(t *testing.T) {
	one := numbers("x", 1)
	for name, c := range map[string]struct {
		tables        map[string]*Table
		code, message string
	}{
		"clash with a column":  {map[string]*Table{"x=2/a.parquet": one}, "partition_clash", "partition `x` and a column of that name"},
		"different partitions": {map[string]*Table{"a=1/a.parquet": one, "b=1/a.parquet": one}, "partitions_differ", "partitions"},
		"some in none":         {map[string]*Table{"a=1/a.parquet": one, "a.parquet": one}, "partitions_differ", "partitions"},
		"different types":      {map[string]*Table{"a.parquet": one, "b.parquet": NewTable(TextColumn("x", []string{"1"}, nil))}, "types_differ", "column `x` is text here and integer in"},
		"a column missing":     {map[string]*Table{"a.parquet": one, "b.parquet": numbers("y", 1)}, "missing_column", "has no column"},
		"a CSV beside":         {map[string]*Table{"a.parquet": one, "b.csv": one}, "mixed_folder", "holds `b.csv`"},
		"no files":             {map[string]*Table{}, "missing_file", "does not exist"},
		"an identifier":        {map[string]*Table{"fnr=1/a.parquet": one}, "identifier", "`fnr`"},
	} {
		dir := put(t, c.tables)
		_, err := Read(t.Context(), dir, ReadOptions{})
		if fault.CodeOf(err) != c.code || fault.StatusOf(err) != fault.Data || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(t.Context(), t.TempDir(), ReadOptions{}); fault.CodeOf(err) != "no_files" {
		t.Error(err)
	}
	// A column that a file lacks does not disturb who does not ask for it.
	dir := put(t, map[string]*Table{"a.parquet": NewTable(IntColumn("x", []int64{1}), IntColumn("z", []int64{1})), "b.parquet": numbers("x", 2)})
	if table, err := Read(t.Context(), dir, ReadOptions{Columns: []string{"x"}}); err != nil || table.Rows != 2 {
		t.Error(err)
	}
	if _, err := Read(t.Context(), dir, ReadOptions{Columns: []string{"z"}}); err == nil || !strings.Contains(err.Error(), "b.parquet") {
		t.Error(err)
	}
}

// TestJointKinds: integers in one file and numbers in the next are numbers; only missing values are of any kind.
func TestJointKinds(t *testing.T) {
	dir := put(t, map[string]*Table{"a.parquet": numbers("x", 1, 2), "b.parquet": NewTable(FloatColumn("x", []float64{2.5}))})
	table, err := Read(t.Context(), dir, ReadOptions{})
	if err != nil || show(table) != "x:number\n1\n2\n2.5" {
		t.Error(show(table), err)
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	for name, c := range map[string]struct {
		path, code string
	}{
		"nothing there":  {path, "missing_file"},
		"wrong ending":   {write(t, "x.xlsx", "x"), "unknown_format"},
		"no ending":      {write(t, "x", "x"), "unknown_format"},
		"text named so":  {write(t, "x.parquet", "a,b\n1,2\nmore than twelve bytes"), "not_parquet"},
		"short":          {write(t, "x.parquet", "PAR1"), "not_parquet"},
		"empty":          {write(t, "x.parquet", ""), "empty_file"},
		"not in a place": {filepath.Join(write(t, "y.csv", "a"), "x.csv"), "cannot_read"},
	} {
		_, err := Open(c.path, ReadOptions{})
		if fault.CodeOf(err) != c.code || fault.StatusOf(err) != fault.Data || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v (%s)", name, err, fault.CodeOf(err))
		}
	}
	if err := os.WriteFile(path, []byte("alder,kjonn\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for column, message := range map[string]string{
		"alde":   "has no column `alde` (did you mean `alder`?)",
		"inntek": "has no column `inntek`: rename one of its columns (alder, kjonn) in the file or the mapping",
	} {
		_, err := Read(t.Context(), path, ReadOptions{Columns: []string{column}})
		if err == nil || err.Error() != path+": "+message {
			t.Errorf("%v, want %s", err, message)
		}
	}
	if _, err := Read(t.Context(), path, ReadOptions{Columns: []string{"alder", "alder"}}); fault.CodeOf(err) != "duplicate_column" {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	for _, name := range []string{"x.parquet", "x.csv"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, mixed(2000), WriteOptions{Rows: 100}); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		stop := errors.New("stop")
		if err := s.Scan(t.Context(), nil, 2, func(int, *Table) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		err = s.Scan(ctx, nil, 2, func(int, *Table) error { cancel(); return nil })
		cancel()
		if name == "x.parquet" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFingerprint(t *testing.T) {
	dir := put(t, map[string]*Table{"b=1/x.parquet": numbers("x", 1, 2, 3), "b=0/x.parquet": numbers("x", 4)})
	got, err := FingerprintOf(t.Context(), dir)
	if err != nil || len(got) != 2 || got[0].Name != "b=0/x.parquet" || got[0].Rows != 1 || got[1].Rows != 3 {
		t.Fatal(got, err)
	}
	for _, f := range got {
		b, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); f.SHA256 != hex.EncodeToString(sum[:]) || f.Bytes != int64(len(b)) {
			t.Errorf("%+v", f)
		}
	}
	path := write(t, "x.csv", "a\n1\n")
	if got, err = FingerprintOf(t.Context(), path); err != nil || len(got) != 1 || got[0].Name != "x.csv" || got[0].Rows != -1 || got[0].Bytes != 4 {
		t.Error(got, err)
	}
	if _, err := FingerprintOf(t.Context(), filepath.Join(dir, "nowhere")); fault.CodeOf(err) != "missing_file" {
		t.Error(err)
	}
}

// TestLevels: levels of a table stand in order of first appearance and are all used, also over parts.
func TestLevels(t *testing.T) {
	table := mixed(4000)
	for _, name := range []string{"x.parquet", "x.csv"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, table, WriteOptions{Rows: 123}); err != nil {
			t.Fatal(err)
		}
		got, err := Read(t.Context(), path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c := got.Column("tekst")
		next := uint32(0)
		for i, code := range c.Codes {
			if code > next {
				t.Fatalf("%s: level %d appears before %d (row %d)", name, code, next, i)
			}
			if code == next {
				next++
			}
		}
		if int(next) != len(c.Levels) {
			t.Errorf("%s: %d of %d levels are used", name, next, len(c.Levels))
		}
	}
}

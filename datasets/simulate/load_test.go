package simulate

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

func TestPathsReadBack(t *testing.T) {
	opt := Options{Persons: 900, Seed: 11, Counterfactual: true}
	want := generate(t, opt).Paths
	dir := filepath.Join(t.TempDir(), "register")
	if _, err := Write(context.Background(), dir, opt, nil); err != nil {
		t.Fatal(err)
	}
	got, err := LoadPaths(context.Background(), filepath.Join(dir, Counterfactual))
	if err != nil {
		t.Fatal(err)
	}
	want.parts, want.partAt = nil, nil // the file has the months alone
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the paths that were read differ from those that were drawn")
		for i := range want.Starts {
			for _, which := range []Which{Follow, None} {
				if !reflect.DeepEqual(got.Path(i, which), want.Path(i, which)) {
					t.Fatalf("start %d %s:\n%+v\n%+v", i, which, got.Path(i, which), want.Path(i, which))
				}
			}
		}
	}
}

func TestWriteIsGenerate(t *testing.T) {
	opt := Options{Persons: 700, Seed: 12, Counterfactual: true}
	r := generate(t, opt)
	dir := filepath.Join(t.TempDir(), "register")
	w, err := write(context.Background(), dir, opt, 300, nil) // in pieces
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range r.Tables {
		got, err := datasets.Read(context.Background(), filepath.Join(dir, name+".parquet"), datasets.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != table.Rows || int64(table.Rows) != w.Rows[name] || len(got.Columns) != len(table.Columns) {
			t.Fatalf("%s: %d rows, %d columns; want %d, %d", name, got.Rows, len(got.Columns), table.Rows, len(table.Columns))
		}
		for i, c := range table.Columns {
			g := got.Columns[i]
			for row := range table.Rows {
				same := g.Name == c.Name && g.Kind == c.Kind && g.Missing(row) == c.Missing(row)
				if same && !c.Missing(row) {
					switch c.Kind {
					case datasets.Int64:
						same = g.Ints[row] == c.Ints[row]
					case datasets.Float64:
						same = g.Floats[row] == c.Floats[row]
					case datasets.Bool:
						same = g.Bools[row] == c.Bools[row]
					case datasets.String:
						same = g.Text(row) == c.Text(row)
					case datasets.Date:
						same = g.Dates[row] == c.Dates[row]
					}
				}
				if !same {
					t.Fatalf("%s: column %s differs in row %d", name, c.Name, row)
				}
			}
		}
	}
}

func TestLoadPathsRefuses(t *testing.T) {
	const header = "deltakelse_id,person_id,tiltakskode,start_dato,path,maaned,stillingsprosent,lonn,tiltakslonn,dagpenger,aap,ufore,sosialhjelp,tiltakspenger,utdanning_igang,registrert,i_tiltak,dod,utvandret\n"
	row := func(id, path, month, position string) string {
		return id + ",1,JOBBKLUBB,2020-03-09," + path + "," + month + "," + position + ",0,false,false,false,false,false,false,false,true,false,false,false\n"
	}
	good := row("1001", "follow", "2020-03-01", "0") + row("1001", "none", "2020-03-01", "0")
	for _, c := range []struct{ rows, want string }{
		{good, ""},
		{row("1001", "other", "2020-03-01", "0"), "neither follow nor none"},
		{good + row("1002", "", "2020-03-01", "0"), "`path` is missing"},
		{row("1001", "none", "2020-03-01", "0"), "does not begin with path follow"},
		{row("1001", "follow", "2020-04-01", "0"), "does not begin in the month"},
		{row("1001", "follow", "2020-02-01", "0"), "not within 60 months"},
		{row("1001", "follow", "2020-03-01", "-1"), "out of range"},
		{row("1001", "follow", "2020-03-01", "0"), "no path none"},
		{good + row("1000", "follow", "2020-03-01", "0"), "out of order"},
		{row("1001", "follow", "2020-03-01", "0") + row("1001", "none", "2020-03-01", "0") + row("1001", "none", "2020-04-01", "0"), "differ in length"},
	} {
		file := filepath.Join(t.TempDir(), "counterfactual.csv")
		if err := os.WriteFile(file, []byte(header+c.rows), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := LoadPaths(context.Background(), file)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if fault.StatusOf(err) != fault.Data || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestWriteLeavesNothingHalf: a simulation that is stopped or refused leaves no folder and no files, and an earlier
// register stays whole.
func TestWriteLeavesNothingHalf(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "register")
	stopped, stop := context.WithCancel(context.Background())
	opt := Options{Persons: 1000, Months: 24, Seed: 1}
	if _, err := write(stopped, dir, opt, 500, func(int, int) { stop() }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	list := func() (names []string) {
		entries, err := os.ReadDir(parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if names := list(); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
	opt.Persons = 200
	if _, err := Write(context.Background(), dir, opt, nil); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "maaned.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	opt.Seed = 2
	if _, err := Write(stopped, dir, opt, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "maaned.parquet"))
	if err != nil || !bytes.Equal(before, after) || len(list()) != 1 {
		t.Errorf("the earlier register changed: %v, %v", err, list())
	}
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), file, opt, nil); fault.StatusOf(err) != fault.Usage {
		t.Errorf("a file as folder: %v", err)
	}
}

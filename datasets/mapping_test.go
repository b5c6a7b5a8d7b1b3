package datasets

import (
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

func TestMapping(t *testing.T) {
	path := write(t, "x.csv", "LOPENR,KJONN,NAVN,TILTAK,a,b\n17,1,Ola,MENTOR,1,x\n18,2,Kari,ARBTREN,2,y\n19,9,Per,,3,z\n20,,Siv,X,4,x\n")
	mapping, err := LoadMapping(write(t, "m.yaml", `
# what the extract calls things
person:
  rename: {LOPENR: person_id, KJONN: kjonn, TILTAK: tiltakskode, a: b, b: a}
  drop: [NAVN]
  codes:
    kjonn: {1: mann, "2": kvinne, 9: null}
    tiltakskode:
      ARBTREN: ARBEIDSTRENING
maaned:
`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), path, ReadOptions{Mapping: mapping, Table: "person"})
	if err != nil {
		t.Fatal(err)
	}
	want := "person_id:integer kjonn:text tiltakskode:text b:integer a:text\n17|mann|MENTOR|1|x\n18|kvinne|ARBEIDSTRENING|2|y\n19|∅|∅|3|z\n20|∅|X|4|x"
	if show(got) != want {
		t.Errorf("%s\nwant\n%s", show(got), want)
	}
	s, err := Open(path, ReadOptions{Mapping: mapping, Table: "person"})
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Schema()[1]; f.Name != "kjonn" || f.Kind != String || !f.Nullable || !s.Has("kjonn") || s.Has("KJONN") {
		t.Errorf("%+v", s.Schema())
	}
	_, err = s.Read(t.Context(), []string{"NAVN"})
	if err == nil || !strings.Contains(err.Error(), "the mapping drops it") {
		t.Error(err)
	}
	// another table is not touched by it, and this one holds names
	if _, err := Read(t.Context(), path, ReadOptions{Mapping: mapping, Table: "maaned"}); fault.CodeOf(err) != "identifier" {
		t.Error(err)
	}
}

// TestTranslate: all kinds of columns are translated as they are written, and the others stay.
func TestTranslate(t *testing.T) {
	table := mixed(200)
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := Write(path, table, WriteOptions{Rows: 60}); err != nil {
		t.Fatal(err)
	}
	mapping, err := ParseMapping("m", []byte("data: {codes: {id: {1: en}, ja: {true: sann}, tekst: {ledig: null, ÆØÅ: æøå, '': tom}, dato: {2000-01-01: skift}}}"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), path, ReadOptions{Mapping: mapping, Table: "data"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range table.Rows {
		for name, f := range map[string]func(string) string{
			"id":    func(s string) string { return map[bool]string{true: "en", false: s}[s == "1"] },
			"ja":    func(s string) string { return map[bool]string{true: "sann", false: s}[s == "true"] },
			"dato":  func(s string) string { return map[bool]string{true: "skift", false: s}[s == "2000-01-01"] },
			"tekst": func(s string) string { return map[string]string{"ledig": "missing", "ÆØÅ": "æøå", "": "tom"}[s] },
		} {
			have := table.Column(name).format(i)
			want := have
			if !table.Column(name).Missing(i) {
				if w := f(have); w != "" {
					want = w
				}
			}
			if c := got.Column(name); c.Kind != String || c.format(i) != want {
				t.Fatalf("%s row %d: %q, want %q", name, i, c.format(i), want)
			}
		}
	}
	equal(t, NewTable(got.Column("tall")), NewTable(table.Column("tall")))
}

func TestMappingRefuses(t *testing.T) {
	path := write(t, "x.csv", "id,b,c\n1,2,3\n")
	for text, message := range map[string]string{
		"persn: {}":                                 "line 1: unknown key `persn` (did you mean `person`?)",
		"data:\n  renam: {a: b}":                    "line 2: unknown key `renam` (did you mean `rename`?)",
		"data:\n  drop: b":                          "line 2: `drop` is a list",
		"data:\n  drop: [b, b]":                     "line 2: `b` stands here twice",
		"data:\n  rename: [b]":                      "line 2: here stand columns of the file",
		"data:\n  rename: {b: [x]}":                 "line 2: here stands the new name of a column",
		"data:\n  rename: {b: null}":                "line 2: here stands the new name",
		"data:\n  rename: {b: x, c: x}":             "line 2: two columns would be called `x`",
		"data:\n  rename: {b: x}\n  drop: [b]":      "line 3: column `b` of table `data` is both renamed and dropped",
		"data:\n  rename: {x: y}":                   "line 2: " + path + " has no column `x`",
		"data:\n  rename: {b: y}\n  drop: [d, e]":   "line 3: " + path + " has no column `d`",
		"data:\n  codes: {b: [1]}":                  "line 2: here stand values of the file",
		"data:\n  codes: {b: {1: [x]}}":             "line 2: here stands the value that `1` means",
		"data:\n  codes:\n    x: {1: 2}":            "line 3: " + path + " has no column `x`",
		"data:\n  rename: {b: c}":                   "columns `b` and `c` would both be called `c`",
		"data: {drop: [id, b, c]}":                  "the mapping drops them all",
		"data: {}\ndata: {}":                        "twice",
		"- a":                                       "line 1: here stand the names of tables",
		"data: {}\n---\ndata: {}":                   "more than one document",
		"data: [":                                   "is not YAML",
		"\t":                                        "is not YAML",
		"data:\n  rename: {a: b}\n    kjonn:\n":     "or the line above it that it belongs to is a comment",
		"data: &x {rename: {b: q}}\nperson: *y":     "is not YAML",
		"data:\n  rename: {b: }\n":                  "line 2: here stands the new name",
		"data:\n  drop:\n    - {b: c}\n":            "line 3: here stands the name of a column",
		"? [a]\n: b":                                "line 1: here stand the names of tables",
		"data:\n  codes:\n    b: {1: x}\n    b: {}": "line 4: `b` stands here twice",
	} {
		mapping, err := ParseMapping("m.yaml", []byte(text))
		if err == nil {
			_, err = Open(path, ReadOptions{Mapping: mapping, Table: "data"})
		}
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v\nwant %s", text, err, message)
		}
		if s := fault.StatusOf(err); err != nil && s != fault.Usage && s != fault.Data {
			t.Errorf("%q: status %d", text, s)
		}
	}
	if _, err := LoadMapping(filepath.Join(t.TempDir(), "nowhere.yaml")); fault.CodeOf(err) != "missing_file" {
		t.Error(err)
	}
	for _, empty := range []string{"", "# nothing\n", "null", "data:\n"} {
		if _, err := ParseMapping("m.yaml", []byte(empty)); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

package design

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
	"tiltakseffekt/internal/random"
)

func table() *datasets.Table {
	return datasets.NewTable(
		datasets.FloatColumn("age", []float64{20, 31.5, 40, 20}),
		datasets.TextColumn("race", []string{"white", "hispan", "black", "white"}, nil),
		datasets.BoolColumn("married", []bool{true, false, false, true}),
		datasets.IntColumn("educ", []int64{10, 2, 10, -1}),
		datasets.IntColumn("one", []int64{1, 1, 1, 1}),
		datasets.TextColumn("same", []string{"x", "x", "x", "x"}, nil),
		datasets.DateColumn("start", []calendar.Date{10, 5, 10, 0}, nil),
		datasets.FloatColumn("holes", []float64{1, math.NaN(), math.NaN(), 2}),
		datasets.FloatColumn("huge", []float64{1, math.Inf(1), 0, 2}),
		datasets.TextColumn("half", []string{"a", "", "b", ""}, []bool{false, true, false, true}),
		datasets.IntColumn("odd:name", []int64{1, 2, 3, 4}),
	)
}

func TestBuild(t *testing.T) {
	for _, c := range []struct {
		terms, names, constant string
		columns                [][]float64
	}{
		{"age", "age", "", [][]float64{{20, 31.5, 40, 20}}},
		{"race", "race=hispan race=white", "", [][]float64{{0, 1, 0, 0}, {1, 0, 0, 1}}},
		{"married", "married", "", [][]float64{{1, 0, 0, 1}}},
		{"educ", "educ", "", [][]float64{{10, 2, 10, -1}}},
		{"educ:factor", "educ=2 educ=10", "", [][]float64{{0, 1, 0, 0}, {1, 0, 1, 0}}}, // ascending, not in byte order
		{"start:factor", "start=1970-01-06 start=1970-01-11", "", [][]float64{{0, 1, 0, 0}, {1, 0, 1, 0}}},
		{"married:factor", "married=true", "", [][]float64{{1, 0, 0, 1}}},
		{"one same age", "one age", "one same", [][]float64{{1, 1, 1, 1}, {20, 31.5, 40, 20}}},
		{"odd:name", "odd:name", "", [][]float64{{1, 2, 3, 4}}},
		{"odd:name:factor", "odd:name=2 odd:name=3 odd:name=4", "", [][]float64{{0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}},
		{"", "", "", nil},
	} {
		m, err := Build(table(), strings.Fields(c.terms), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.terms, err)
			continue
		}
		if got := strings.Join(m.Names, " "); got != c.names {
			t.Errorf("%s: names %s, want %s", c.terms, got, c.names)
		}
		if got := strings.Join(m.Constant, " "); got != c.constant {
			t.Errorf("%s: constant %s, want %s", c.terms, got, c.constant)
		}
		if !slices.EqualFunc(m.Columns, c.columns, slices.Equal) {
			t.Errorf("%s: %v, want %v", c.terms, m.Columns, c.columns)
		}
	}
	m, err := Build(table(), []string{"one", "age", "same", "race"}, Options{DropConstant: true})
	if err != nil || strings.Join(m.Names, " ") != "age race=hispan race=white" || strings.Join(m.Constant, " ") != "one same" {
		t.Errorf("%v %v", m, err)
	}
	if term := m.Terms[3]; !term.Factor || term.Levels[0] != "black" || !slices.Equal(term.Columns, []int{1, 2}) {
		t.Errorf("%+v", term)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, c := range []struct{ terms, message string }{
		{"holes", "column `holes` has 2 missing values (first in data row 2)"},
		{"half", "column `half` has 2 missing values"},
		{"huge", "column `huge` has infinite values in 1 rows (first in data row 2)"},
		{"ags", "has no column `ags` (did you mean `age`?)"},
		{"age:faktor", "only `:factor` is known"},
		{"age age", "named twice"},
		{"age age:factor", "named twice"},
		{"start", "column `start` is a date"},
	} {
		_, err := Build(table(), strings.Fields(c.terms), Options{})
		if err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v, want %q", c.terms, err, c.message)
		}
		if s := fault.StatusOf(err); s != fault.Data && s != fault.Usage {
			t.Errorf("%s: status %d", c.terms, s)
		}
	}
	ids := make([]string, 2000)
	for i := range ids {
		ids[i] = fmt.Sprint(i, "x")
	}
	if _, err := Build(datasets.NewTable(datasets.TextColumn("id", ids, nil)), []string{"id"}, Options{}); err == nil {
		t.Error("a factor of 2000 levels was built")
	}
}

// TestFactor: each row has the level of its value, levels are sorted and used, whatever order rows and levels came in.
func TestFactor(t *testing.T) {
	r := random.New(3, "design test")
	for range 200 {
		n := r.IntN(30)
		texts, null := make([]string, n), make([]bool, n)
		for i := range n {
			texts[i] = []string{"b", "a", "å", "", "A", "10", "9"}[r.IntN(7)]
			null[i] = r.IntN(6) == 0
		}
		c := datasets.TextColumn("x", texts, null)
		codes, levels, err := Factor(c)
		if err != nil || !slices.IsSorted(levels) || len(slices.Compact(slices.Clone(levels))) != len(levels) {
			t.Fatal(levels, err)
		}
		used := make([]bool, len(levels))
		for i, code := range codes {
			if null[i] {
				if code != -1 {
					t.Fatalf("missing row %d has level %d", i, code)
				}
				continue
			}
			used[code] = true
			if levels[code] != texts[i] {
				t.Fatalf("row %d: %q, want %q", i, levels[code], texts[i])
			}
		}
		if slices.Contains(used, false) {
			t.Fatalf("a level of %v is not used", levels)
		}
	}
}

// TestLalonde: the design of the LaLonde data is the one whose means the reference prints.
func TestLalonde(t *testing.T) {
	data, err := datasets.Read(t.Context(), oracle.Path(t, "lalonde_psm", "data.csv"), datasets.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Build(data, []string{"age", "educ", "race", "married", "nodegree", "re74", "re75"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.Names, " "); got != "age educ race=hispan race=white married nodegree re74 re75" || m.Rows != 614 {
		t.Errorf("%s, %d rows", got, m.Rows)
	}
	for i := range m.Rows {
		if m.Columns[2][i]+m.Columns[3][i] > 1 {
			t.Fatalf("row %d has two levels", i)
		}
	}
}

func TestParseList(t *testing.T) {
	for list, want := range map[string][]string{
		"a":                {"a"},
		"a,b":              {"a", "b"},
		" a , b ":          {"a", "b"},
		`"a,b",c`:          {"a,b", "c"},
		`c,"a ""b"""`:      {"c", `a "b"`},
		`" a"`:             {" a"},
		"race,educ:factor": {"race", "educ:factor"},
		"":                 nil,
		"a,":               nil,
		",a":               nil,
		"a,a":              nil,
		`"a`:               nil,
		`a"b"`:             nil,
		`"a"b`:             nil,
		`""`:               nil,
	} {
		got, err := ParseList("--covariates", list)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: %q %v, want %q", list, got, err, want)
		}
		if err != nil && fault.StatusOf(err) != fault.Usage {
			t.Errorf("%q: status %d", list, fault.StatusOf(err))
		}
		if want == nil {
			continue
		}
		if again, err := ParseList("--covariates", JoinList(want)); err != nil || !slices.Equal(again, want) {
			t.Errorf("%q joined is %q, which is %q: %v", want, JoinList(want), again, err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	const rows = 1_000_000
	r := random.New(4, "design test")
	floats, texts := make([]float64, rows), make([]string, rows)
	for i := range rows {
		floats[i] = r.Float64()
		texts[i] = []string{"a", "b", "c", "d"}[r.IntN(4)]
	}
	t := datasets.NewTable(datasets.FloatColumn("x", floats), datasets.TextColumn("f", texts, nil))
	b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
		for b.Loop() {
			if _, err := Build(t, []string{"x", "f"}, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

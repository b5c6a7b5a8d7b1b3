package analysis

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/results"
)

func TestLeave(t *testing.T) {
	// Treated, then comparison rows with weights of staying 2, 0 (left) and 1 and sample weights 1, 1 and 2: the mean of
	// those that stayed is (2·1 + 2·1·4)/(2 + 2) = 2.5; y* = 2.5 + 2(1 − 2.5) = −0.5, 2.5, and 2.5 + (4 − 2.5) = 4.
	y := []float64{7, 1, 9, 4}
	leave(y, []float64{1, 2, 0, 1}, []bool{true, false, false, false}, []float64{1, 1, 1, 2})
	for i, want := range []float64{7, -0.5, 2.5, 4} {
		if math.Abs(y[i]-want) > 1e-15 {
			t.Errorf("row %d: %v, want %v", i, y[i], want)
		}
	}
	// With the true chance q of staying the expectation over who stays is y, whatever the constant: here over all patterns
	// of one row with q = 1/4 and c fixed by rows that never leave.
	const q, own = 0.25, 3.
	mean := 0.
	for _, stayed := range []bool{true, false} {
		w, chance := 0., 1-q
		if stayed {
			w, chance = 1/q, q
		}
		// A weight of 0 keeps the row out of c, so that c is the same in both patterns.
		y := []float64{own, 1, 2}
		leave(y, []float64{w, 1, 1}, make([]bool, 3), []float64{0, 1, 1})
		mean += chance * y[0]
	}
	if math.Abs(mean-own) > 1e-12 {
		t.Errorf("expectation over who stays is %v, want %v", mean, own)
	}
	// Nobody left and weights 1: nothing changes. Nobody stayed: nothing is known.
	same := []float64{1, 0, 1}
	leave(same, []float64{1, 1, 1}, []bool{true, false, false}, []float64{1, 1, 1})
	if same[1] != 0 || same[2] != 1 {
		t.Errorf("%v", same)
	}
	leave(same, []float64{1, 0, 0}, []bool{true, false, false}, []float64{1, 1, 1})
	if same[0] != 1 || !math.IsNaN(same[1]) {
		t.Errorf("%v", same)
	}
}

func TestThinned(t *testing.T) {
	c := &cell{treated: []bool{true, false, false, false, false}, person: []int32{0, 1, 1, 2, 3}}
	row := results.Estimate{ESS: 4, NPersonsComparison: 3}
	c.thinned(&row, []float64{1, 1, 0, 1, 0}, nil, []float64{1, 2, 2, 0, 0}, true, 1)
	// Two rows of person 1 stay; effective 4·(4²/(4·8)) = 2.
	if row.NPersonsComparison != 1 || row.ESS != 2 || row.OnesComparison != 1 || row.ZerosComparison != 1 {
		t.Errorf("%+v", row)
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct{ q, want float64 }{{1, 4}, {0.99, 4}, {0.75, 3}, {0.5, 2}} {
		if got := quantile([]float64{3, 1, 4, 2}, c.q); got != c.want {
			t.Errorf("quantile %v is %v, want %v", c.q, got, c.want)
		}
	}
	if !math.IsInf(quantile(nil, 0.5), 1) {
		t.Error("the quantile of nothing cuts")
	}
}

const smallStudy = "study: s\ndata: {register: r}\npopulation: {from: 2018-01, to: 2018-12}\n"

func TestComparisonKeys(t *testing.T) {
	for _, c := range []struct{ yaml, message string }{
		{"comparison: {later_entry: sensor}\n", "`comparison.later_entry: sensor` is not known (did you mean `censor`?)"},
		{"comparison: {truncate: 0.9}\n", "`comparison.truncate`"},
		{"comparison: {later_entry: censor, truncate: 0.2}\n", "`comparison.truncate: 0.2`"},
	} {
		if _, err := Parse([]byte(smallStudy + c.yaml)); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%q: %v", c.yaml, err)
		}
	}
	s, err := Parse([]byte(smallStudy + "comparison: {later_entry: censor}\n"))
	if err != nil || *s.Comparison.Truncate != defaultTruncate || !s.design().Censor {
		t.Errorf("%v", err)
	}
}

func TestTreatmentsAndComparisons(t *testing.T) {
	combination := "tiltak: [{id: AB, all: [A, B], within: 2}]\n"
	for _, c := range []struct{ yaml, message string }{
		{"comparison: {against: not-yet}\n", "`comparison.against: not-yet` is not known"},
		{"comparison: {against: [A, A]}\n", "names `A` twice"},
		{"comparison: {against: {x: 1}}\n", "`comparison.against` is not-now"},
		{"comparison: {agains: never}\n", "did you mean `against`"},
		{"tiltak: [A]\ncomparison: {against: A}\n", "compared with itself"},
		{"comparison: {against: never, later_entry: censor}\n", "belongs to not-now"},
		{"tiltak: [{id: ab, all: [A, B]}]\n", "the id `ab`"},
		{"tiltak: [{id: AB, any: [A, B]}]\n", "`any` is no key of `tiltak`"},
		{combination, "must be either"},
		{"tiltak: 3\n", "or all"},
	} {
		if _, err := Parse([]byte(smallStudy + c.yaml)); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%q: %v", c.yaml, err)
		}
	}
	s, err := Parse([]byte(smallStudy + combination + "comparison: {against: either}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.canonical(); err != nil || !strings.Contains(string(b), `"tiltak":[{"all":["A","B"],"id":"AB","within":2}]`) {
		t.Errorf("%s, %v", b, err)
	}
	s, err = Parse([]byte(smallStudy + "comparison: {against: [B, A]}\n"))
	if err != nil || s.Comparison.Against != "A|B" {
		t.Errorf("%v, %v", s, err)
	}
	if b, err := s.canonical(); err != nil || !strings.Contains(string(b), `"tiltak":null`) {
		t.Errorf("%s, %v", b, err)
	}
}

package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

func TestDesignIsReadStrictly(t *testing.T) {
	for lines, want := range map[string]string{
		"design: {within: 3}\n":                         "`design.randomised` is missing",
		"design: {randomised: persons}\n":               "did you mean `person`",
		"design: {randomised: person, within: -1}\n":    "`design.within: -1`",
		"design: {randomised: person, within: 999}\n":   "`design.within: 999`",
		"design: {randomised: person, strata: fylke}\n": "`strata` is no key",
	} {
		if _, err := Parse([]byte(minimal + lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	s, err := Parse([]byte(minimal + "design: {randomised: office}\n"))
	if err != nil || s.Design.Within != 6 {
		t.Fatalf("%+v, %v", s, err)
	}
	for name, c := range map[string]struct {
		table *register.Assignments
		code  string
	}{"no table": {nil, "no_assignments"}, "persons": {&register.Assignments{}, "other_units"}, "offices": {&register.Assignments{Offices: true}, ""}} {
		r := &runner{study: s, reg: &register.Register{Assigned: c.table}}
		if err := r.checkDesign(); (err != nil || c.code != "") && fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// An age that is not known is no age of two thousand years.
func TestUnknownAgesAreTheMean(t *testing.T) {
	for _, c := range [][2][]float64{{{20, math.NaN(), 40}, {20, 30, 40}}, {{math.NaN(), math.NaN()}, {0, 0}}, {{}, {}}} {
		if meanForUnknown(c[0]); fmt.Sprint(c[0]) != fmt.Sprint(c[1]) {
			t.Errorf("%v, want %v", c[0], c[1])
		}
	}
}

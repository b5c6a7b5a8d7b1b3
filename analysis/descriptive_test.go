package analysis

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/results"
)

// An outcome among those in work brings its twin over all starts, unless the study names it, and is none of the outcomes that
// are estimated.
func TestTwins(t *testing.T) {
	study := func(outcomes string) string { return minimal + "outcomes:\n" + outcomes }
	for _, c := range []struct{ outcomes, estimated, descriptive string }{
		{"  - {id: beholdt, kind: fastholdelse, conditional: true}\n", "beholdt_ubetinget", "beholdt>beholdt_ubetinget"},
		{"  - {id: arbeid, kind: work}\n  - {id: beholdt, kind: fastholdelse, conditional: true, after: 6}\n", "arbeid beholdt_ubetinget", "beholdt>beholdt_ubetinget"},
		{"  - {id: beholdt, kind: fastholdelse, conditional: true}\n  - {id: alle, kind: fastholdelse, after: 12}\n", "alle", "beholdt>alle"},
		{"  - {id: beholdt, kind: fastholdelse, conditional: true}\n  - {id: andre, kind: fastholdelse, after: 6}\n", "andre beholdt_ubetinget", "beholdt>beholdt_ubetinget"},
		{"  - {id: a, kind: fastholdelse, conditional: true}\n  - {id: b, kind: fastholdelse, conditional: true, after: 6}\n", "a_ubetinget b_ubetinget", "a>a_ubetinget b>b_ubetinget"},
		{"  - {id: aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd, kind: fastholdelse, conditional: true}\n", "aaaaaaaaaabbbbbbbbbbccccccccc_ubetinget", ""},
	} {
		s, err := Parse([]byte(study(c.outcomes)))
		if err != nil {
			t.Errorf("%s: %v", c.outcomes, err)
			continue
		}
		for range 2 { // resolved again
			var estimated, descriptive []string
			for _, o := range s.Outcomes {
				estimated = append(estimated, o.ID)
			}
			for _, d := range s.Descriptive {
				descriptive = append(descriptive, d.Spec.ID+">"+d.Twin)
			}
			if got := strings.Join(estimated, " "); got != c.estimated && !strings.HasPrefix(c.estimated, "aaa") || !strings.HasSuffix(got, "_ubetinget") && strings.HasPrefix(c.estimated, "aaa") {
				t.Errorf("%s: estimated %s", c.outcomes, got)
			}
			if got := strings.Join(descriptive, " "); c.descriptive != "" && got != c.descriptive {
				t.Errorf("%s: descriptive %s", c.outcomes, got)
			}
			if err := s.Resolve(); err != nil {
				t.Errorf("%s, again: %v", c.outcomes, err)
			}
		}
	}
	for outcomes, want := range map[string]string{
		"  - {id: beholdt, kind: fastholdelse, conditional: true}\n  - {id: beholdt_ubetinget, kind: work}\n": "which another outcome is; name the twin yourself",
		"  - {id: beholdt, kind: fastholdelse, conditional: true}\n  - {id: beholdt, kind: work}\n":           "two with the id `beholdt`",
	} {
		if _, err := Parse([]byte(study(outcomes))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", outcomes, err)
		}
	}
	if _, err := Parse([]byte(study("  - {id: beholdt, kind: fastholdelse, conditional: true}\n") + "inference: {family: {outcome: beholdt}}\n")); err == nil || !strings.Contains(err.Error(), "is no outcome of the study") {
		t.Errorf("a family of a descriptive outcome: %v", err)
	}
}

// The weighted shares among those whose outcome is known, by hand.
func TestAmong(t *testing.T) {
	nan := math.NaN()
	c := &cell{treated: []bool{true, true, true, true, false, false, false, false}, person: []int32{0, 0, 1, 2, 3, 4, 5, 6}, row: make([]int32, 8)}
	var row results.Descriptive
	c.among(&row, []float64{1, 1, 0, nan, 1, 0, 0, nan}, []float64{1, 1, 1, 1, 2, 1, 0, 1})
	if row.ShareTreated != 2./3 || row.ShareComparison != 2./3 || row.Difference != 0 ||
		row.Treated != (results.Among{With: 1, Without: 1, Outside: 1}) || row.Comparison != (results.Among{With: 1, Without: 1, Outside: 1}) {
		t.Errorf("%+v", row)
	}
	row = results.Descriptive{ShareTreated: nan}
	if c.among(&row, []float64{nan, nan, nan, nan, 1, 0, 0, nan}, []float64{1, 1, 1, 1, 2, 1, 0, 1}); row.Reason == "" || !math.IsNaN(row.ShareTreated) {
		t.Errorf("nobody known: %+v", row)
	}
}

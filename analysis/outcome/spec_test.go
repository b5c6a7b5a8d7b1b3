package outcome

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
)

// The outcomes of CONTRACT.md's study.
const contractOutcomes = `
- {id: stabilt_arbeid, kind: stable_work, position: 50, months: 6, of: 6, gap: 0, mode: status}
- {id: arbeid, kind: work, position: 1}
- {id: lonn, kind: earnings}
`

func intp(n int) *int { return &n }

func decode(t *testing.T, text string) ([]Spec, error) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	d.KnownFields(true)
	var specs []Spec
	err := d.Decode(&specs)
	return specs, err
}

func TestSpecDecodesContract(t *testing.T) {
	specs, err := decode(t, contractOutcomes)
	if err != nil {
		t.Fatal(err)
	}
	want := []Spec{
		{ID: "stabilt_arbeid", Kind: StableWork, Position: 50, Months: 6, Of: 6, Gap: intp(0), Mode: Status},
		{ID: "arbeid", Kind: Work, Position: 1},
		{ID: "lonn", Kind: Earnings},
	}
	if !reflect.DeepEqual(specs, want) {
		t.Fatalf("got %+v", specs)
	}
	for _, s := range specs {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
	if _, err := decode(t, `[{id: a, kind: work, posisjon: 5}]`); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("an unknown key must be refused with its line, got %v", err)
	}
}

func TestSpecResolved(t *testing.T) {
	for _, c := range []struct{ in, want Spec }{
		{Spec{ID: "a", Kind: Work}, Spec{ID: "a", Kind: Work, Position: 1, Terms: Ordinary}},
		{Spec{ID: "a", Kind: "ordinaert"}, Spec{ID: "a", Kind: Work, Position: 1, Terms: Ordinary}},
		{Spec{ID: "a", Kind: TwoG}, Spec{ID: "a", Kind: TwoG, TimesG: 2, Terms: AllTerms}},
		{Spec{ID: "a", Kind: NoBenefit}, Spec{ID: "a", Kind: NoBenefit, Position: 1, Terms: Ordinary, Benefits: Benefits}},
		{Spec{ID: "a", Kind: ExitToWork}, Spec{ID: "a", Kind: ExitToWork, Position: 0.01, Terms: AllTerms, After: 6}},
		{Spec{ID: "a", Kind: StableWork}, Spec{ID: "a", Kind: StableWork, Position: 50, Months: 6, Of: 6, Gap: intp(0), Mode: Status, Terms: Ordinary}},
		{Spec{ID: "a", Kind: StableWork, Months: 5, Of: 6}, Spec{ID: "a", Kind: StableWork, Position: 50, Months: 5, Of: 6, Gap: intp(1), Mode: Status, Terms: Ordinary}},
		{Spec{ID: "a", Kind: StableWork, Of: 12}, Spec{ID: "a", Kind: StableWork, Position: 50, Months: 12, Of: 12, Gap: intp(0), Mode: Status, Terms: Ordinary}},
		{Spec{ID: "a", Kind: StableWork, Months: 3}, Spec{ID: "a", Kind: StableWork, Position: 50, Months: 3, Of: 3, Gap: intp(0), Mode: Status, Terms: Ordinary}},
	} {
		got := c.in.Resolved()
		if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(got.Resolved(), got) {
			t.Errorf("%+v resolved to %+v", c.in, got)
		}
	}
}

func TestSpecRefuses(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		word string // the message must hold it
	}{
		{Spec{Kind: Work}, "`id: `"},
		{Spec{ID: "Æ", Kind: Work}, "a-z"},
		{Spec{ID: "a"}, "`kind`"},
		{Spec{ID: "a", Kind: "stablework"}, "did you mean `stable_work`"},
		{Spec{ID: "a", Kind: Earnings, Position: 5}, "`position`"},
		{Spec{ID: "a", Kind: Work, Of: 5}, "`of` does not apply to work"},
		{Spec{ID: "a", Kind: Work, PriceYear: 2024}, "`price_year`"},
		{Spec{ID: "a", Kind: Earnings, PriceYear: 24}, "not a year"},
		{Spec{ID: "a", Kind: Work, Position: -1}, "`position: -1`"},
		{Spec{ID: "a", Kind: Work, Position: 101}, "at most 100"},
		{Spec{ID: "a", Kind: Work, Position: 0.005}, "two decimals"},
		{Spec{ID: "a", Kind: StableWork, Position: 0.5}, "write 50"},
		{Spec{ID: "a", Kind: ExitToWork, Position: 0.29}, "write 29"}, // its default is 0.01, any position
		{Spec{ID: "a", Kind: StableWork, Months: 7, Of: 6}, "`months: 7` cannot exceed `of: 6`"},
		{Spec{ID: "a", Kind: StableWork, Months: 4, Of: 6, Gap: intp(0)}, "leave `gap` out"},
		{Spec{ID: "a", Kind: StableWork, Gap: intp(-1)}, "negative"},
		{Spec{ID: "a", Kind: StableWork, Of: 121}, "1 to 120"},
		{Spec{ID: "a", Kind: StableWork, Mode: "enter"}, "`mode: enter`"},
		{Spec{ID: "a", Kind: Work, Terms: "subsidised"}, "ordinary, all or tiltak"},
		{Spec{ID: "a", Kind: WageOver, Terms: TiltakTerms}, "ordinary or all"},
		{Spec{ID: "a", Kind: Work, Employer: []string{"same"}}, "employer: same"},
		{Spec{ID: "a", Kind: Earnings, Employer: []string{"samme"}}, "does not apply"},
		{Spec{ID: "a", Kind: Work, Contract: []string{"fast", "-midlertidig"}}, "both takes values"},
		{Spec{ID: "a", Kind: StableWork, Parts: &Parts{Employer: true}}, "does not apply"},
		{Spec{ID: "a", Kind: Education, Terms: AllTerms}, "`terms` does not apply to education"},
		{Spec{ID: "a", Kind: Benefit, Benefits: []string{"app"}}, "did you mean `aap`"},
		{Spec{ID: "a", Kind: Benefit, Benefits: []string{"aap", "aap"}}, "twice"},
		{Spec{ID: "a", Kind: WageOver, TimesG: -1}, "`times_g: -1`"},
		{Spec{ID: "a", Kind: JobHeld, After: 500}, "`after: 500`"},
		{Spec{ID: "a", Kind: ExitToWork, After: 1}, "at least 2"},
		{Spec{ID: "a", Kind: JobHeld, Conditional: true}, "`conditional` does not apply"},
	} {
		err := c.spec.Validate()
		if err == nil || !strings.Contains(err.Error(), c.word) || fault.StatusOf(err) != fault.Usage {
			t.Errorf("%+v: got %v, want a usage error with %q", c.spec, err, c.word)
		}
		if _, compiled := c.spec.Compile(Env{}); compiled == nil {
			t.Errorf("%+v: compiled", c.spec)
		}
	}
}

package results

import (
	"math"
	"strings"
	"testing"
)

// Two runs of which neither shows anything small: what their difference is about is found, and equal runs, or runs far apart,
// give nothing.
func TestBetweenRuns(t *testing.T) {
	month := 12
	row := func(group string, n, ones int) Estimate {
		return Estimate{Tiltak: "A", Group: group, Outcome: "arbeid", Method: "ebal", Estimand: "ATT", Comparison: "not-now", LaterEntry: "follow", Role: "primary", Month: &month,
			Estimate: .1, StdError: .05, MeanTreated: float64(ones) / float64(n), NStarts: n, NStartsEligible: n, NPersonsTreated: n, NPersonsComparison: 900}
	}
	other := func(e Estimate) Estimate {
		e.Outcome = "stabilt_arbeid"
		return e
	}
	hidden := func(group string) Estimate {
		e := row(group, 40, 20)
		e.Estimate, e.StdError, e.MeanTreated, e.Reason, e.NStarts, e.NStartsEligible, e.NPersonsTreated = math.NaN(), math.NaN(), math.NaN(), suppressed, -1, -1, -1
		return e
	}
	flow := func(n int) []Flow {
		return []Flow{{Tiltak: "A", Group: "alle", Rule: "starts", Action: "start", Rows: n, Persons: n}}
	}
	one := &Tables{Estimates: []Estimate{row("alle", 200, 80), row("unge", 60, 30)}, Flow: flow(300)}
	for name, c := range map[string]struct {
		other *Tables
		want  string
	}{
		"the same":                  {&Tables{Estimates: []Estimate{row("alle", 200, 80), row("unge", 60, 30)}, Flow: flow(300)}, ""},
		"far apart":                 {&Tables{Estimates: []Estimate{row("alle", 260, 110), row("unge", 90, 45)}, Flow: flow(400)}, ""},
		"other starts":              {&Tables{Estimates: []Estimate{row("alle", 220, 75)}}, ""}, // none inside the other
		"three more":                {&Tables{Estimates: []Estimate{row("alle", 203, 81)}}, "differ by 3 starts"},
		"twenty more, two with":     {&Tables{Estimates: []Estimate{row("alle", 220, 82)}}, "of the 20 starts by which the runs differ 2 have"},
		"hidden here":               {&Tables{Estimates: []Estimate{row("alle", 200, 80), hidden("unge")}}, "hidden in one run and shown in the other"},
		"hidden here, other starts": {&Tables{Estimates: []Estimate{row("alle", 260, 110), hidden("unge")}}, ""},
		"two more in the register":  {&Tables{Estimates: []Estimate{row("alle", 200, 80)}, Flow: flow(302)}, "flow: A, alle, starts: the runs differ by 2"},
		"a group around it":         {&Tables{Estimates: []Estimate{row("alle", 200, 80), row("ungdom", 63, 31)}}, "has 3 starts more"},
		"another outcome":           {&Tables{Estimates: []Estimate{other(row("alle", 200, 77))}, Flow: flow(300)}, "3 starts have"},
		"rounded":                   {&Tables{Round: 10, Estimates: []Estimate{row("alle", 200, 80), row("unge", 60, 30)}}, "rounded by"},
		"rounded, other starts":     {&Tables{Round: 10, Estimates: []Estimate{row("alle", 300, 80)}}, ""},
		"rounded description":       {&Tables{Round: 10, Flow: flow(300)}, "rounded by"},
	} {
		for _, found := range [][]string{Between(one, c.other, 5), Between(c.other, one, 5)} {
			if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0], c.want)) {
				t.Errorf("%s: %q", name, found)
			}
		}
	}
}

// The message is about the two runs: neither of them is wrong alone.
func TestTogetherRevealedNamesBothRuns(t *testing.T) {
	err := TogetherRevealed([]string{"estimates: A"}, "one", "other")
	if err == nil || err.Error() != "one and other must not both leave the zone: estimates: A; let one of them out, or run both with the same starts" {
		t.Error(err)
	}
	if TogetherRevealed(nil, "one", "other") != nil {
		t.Error("two runs that reveal nothing are refused")
	}
}

// A covariate of the starts that one run has more, and a year of costs.
func TestBetweenCovariatesAndCosts(t *testing.T) {
	run := func(n, women, married, year int) *Tables {
		month := 12
		share := func(v string, ones int) Balance {
			return Balance{Tiltak: "A", Group: "alle", Method: "ebal", Variable: v, Stage: "before", MeanTreated: float64(ones) / float64(n), VarianceRatio: math.NaN()}
		}
		return &Tables{Estimates: []Estimate{{Tiltak: "A", Group: "alle", Outcome: "lonn", Method: "ebal", Estimand: "ATT", Role: "primary", Month: &month, Estimate: 10, MeanTreated: 100.5,
			NStarts: n, NStartsEligible: n, NPersonsTreated: n, NPersonsComparison: 900}},
			Balance: []Balance{share("kvinne", women), share("gift", married)},
			Costs:   []Cost{{Tiltak: "A", Group: "alle", Year: &year, Measure: "per_participation", Statistic: "n", Value: float64(n / 2)}}}
	}
	for name, c := range map[string]struct {
		other *Tables
		want  string
	}{
		"the same":               {run(200, 80, 60, 2019), ""},
		"thirty more":            {run(230, 95, 70, 2020), ""},
		"thirty more, two women": {run(230, 82, 70, 2020), "kvinne: 2 of the 30 starts"},
		"other starts":           {run(230, 78, 70, 2020), ""},
		"a year":                 {run(206, 80, 60, 2019), "the runs differ by 3"},
	} {
		for _, found := range [][]string{Between(run(200, 80, 60, 2019), c.other, 5), Between(c.other, run(200, 80, 60, 2019), 5)} {
			if text := strings.Join(found, "; "); c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("%s: %q", name, found)
			}
		}
	}
}

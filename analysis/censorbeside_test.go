package analysis

import (
	"fmt"
	"math"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// What stands beside the estimates of `later_entry: censor` looks at the comparison as they do: a negative control that is an outcome of
// the study is its estimate, a nearer base changes the estimate by what it changes with `follow`, whose rows and weights are the same, and shares
// among those in work leave out who has left.
func TestCensorBesideTheEstimates(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := func(laterEntry string) (map[string]results.Estimate, *Result) {
		s, err := Parse([]byte(`study: ved-siden
data: {register: r}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING]
horizon: 8
comparison: {later_entry: ` + laterEntry + `}
outcomes: [{id: arbeid, kind: work}, {id: lonn, kind: earnings}, {id: beholdt, kind: fastholdelse, after: 1, conditional: true}]
methods: [nearest, ebal, {name: did, dip_probe: true}, {id: did_ebal, name: did, match: ebal, dip_probe: true}]
placebo: {negative_controls: [{id: arbeid_etter, kind: work}, {id: lonn_etter, kind: earnings}], month: 6}
disclosure: {min_cell: 3}
inference: {family: {outcome: arbeid, month: 6, method: ebal, over: [tiltak]}}
`))
		if err != nil {
			t.Fatal(err)
		}
		found, err := Estimate(t.Context(), s, reg, catalog.Default(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]results.Estimate{}
		for _, e := range found.Tables.Estimates {
			if e.Month != nil {
				rows[fmt.Sprint(e.Outcome, e.Method, *e.Month, e.Role, e.Definition)] = e
			}
		}
		return rows, found
	}
	follow, followed := run("follow")
	censor, censored := run("censor")
	controls, moved := 0, 0
	for _, p := range censored.Tables.Placebo {
		if p.Kind != placeboControl {
			continue
		}
		outcome := map[string]string{"arbeid_etter": "arbeid", "lonn_etter": "lonn"}[p.Outcome]
		own := censor[fmt.Sprint(outcome, p.Method, 6, "primary", "main")]
		if math.Abs(p.Estimate-own.Estimate) > 1e-9*math.Abs(own.Estimate) || math.Abs(p.StdError-own.StdError) > 1e-9*own.StdError {
			t.Errorf("%s, %s: the control is %v (%v), the estimate %v (%v)", p.Outcome, p.Method, p.Estimate, p.StdError, own.Estimate, own.StdError)
		}
		if other := follow[fmt.Sprint(outcome, p.Method, 6, "primary", "main")]; own.Estimate != other.Estimate {
			moved++
		}
		controls++
	}
	if controls != 8 || moved != 8 {
		t.Errorf("%d controls, %d of estimates that censor moves", controls, moved)
	}
	probes := 0
	for key, e := range censor {
		if e.Role != "robustness" || e.Reason != "" {
			continue
		}
		main := fmt.Sprint(e.Outcome, e.Method, *e.Month, "primary", "main")
		a, b := e.Estimate-censor[main].Estimate, follow[key].Estimate-follow[main].Estimate
		if math.Abs(a-b) > 1e-8*(1+math.Abs(b)) {
			t.Errorf("%s: the base moves the estimate by %v with censor, by %v with follow", key, a, b)
		}
		probes++
	}
	if probes < 12 {
		t.Errorf("%d probes", probes)
	}
	left := 0
	for i, d := range censored.Tables.Descriptive {
		f := followed.Tables.Descriptive[i]
		if d.Reason != "" {
			continue
		}
		if d.ShareTreated != f.ShareTreated {
			t.Errorf("%s, month %d: the treated never leave, and their share is %v, not %v", d.Method, d.Month, d.ShareTreated, f.ShareTreated)
		}
		if d.ShareComparison != f.ShareComparison {
			left++
		}
	}
	if left == 0 {
		t.Error("shares among those in work hold those who have left")
	}
}

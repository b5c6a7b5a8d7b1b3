package analysis

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

const placeboStudy = "study: x\ndata: {register: r}\npopulation: {from: 2019-01, to: 2020-12}\noutcomes:\n  - {id: arbeid, kind: work}\n  - {id: lonn, kind: earnings}\n  - {id: stabil, kind: stable_work}\n  - {id: holdt, kind: job_held}\n"

func TestPlaceboDefaults(t *testing.T) {
	s, err := Parse([]byte(placeboStudy))
	if err != nil {
		t.Fatal(err)
	}
	p := s.Placebo
	if len(p.Windows) != 2 || p.Windows[0].String() != "-12--7" || p.Windows[1].String() != "-6--1" || p.DID[0].String() != "-30--25" || p.DID[1].String() != "-24--19" {
		t.Errorf("windows are %v and %v", p.Windows, p.DID)
	}
	if strings.Join(p.Outcomes, " ") != "arbeid lonn" || p.Month != 0 || p.Off {
		t.Errorf("%+v", p)
	}
	s, err = Parse([]byte(placeboStudy + "placebo: off\n"))
	if err != nil || !s.Placebo.Off || s.Placebo.Windows != nil {
		t.Errorf("off: %+v, %v", s.Placebo, err)
	}
	s, err = Parse([]byte(placeboStudy + "placebo: {negative_controls: [{id: skole, kind: education}], outcomes: [stabil], windows: [[-20, -10]]}\n"))
	if err != nil || s.Placebo.Month != 24 || len(s.Placebo.Controls) != 1 || s.Placebo.Windows[0].window() != (cohort.Window{From: 20, To: 10}) {
		t.Errorf("own: %+v, %v", s.Placebo, err)
	}
}

func TestPlaceboRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"placebo: on":                                                         "or off",
		"placebo: {window: [[-6, -1]]}":                                       "`window` is no key",
		"placebo: {windows: [[6, 1]]}":                                        "`placebo.windows`",
		"placebo: {windows: [[-6, 0]]}":                                       "`placebo.windows`",
		"placebo: {windows: [[-6]]}":                                          "`placebo.windows`",
		"placebo: {windows: [[-400, -1]]}":                                    "`placebo.windows`",
		"placebo: {windows: [[-12, -5], [-6, -1]]}":                           "month in common",
		"placebo: {did: [[-18, -13]]}":                                        "`placebo.did`",
		"placebo: {outcomes: [arbed]}":                                        "did you mean `arbeid`",
		"placebo: {outcomes: [arbeid, arbeid]}":                               "twice",
		"placebo: {outcomes: [holdt]}":                                        "begins with a start",
		"placebo: {month: 6}":                                                 "`placebo.month`",
		"placebo: {negative_controls: [{id: arbeid, kind: education}]}":       "another outcome has",
		"placebo: {negative_controls: [{id: a, kind: educaton}]}":             "`kind: educaton`",
		"placebo: {negative_controls: [{id: a, kind: education}], month: 99}": "`placebo.month: 99`",
	} {
		_, err := Parse([]byte(placeboStudy + text + "\n"))
		if fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestMonthsLookedAt(t *testing.T) {
	for want, specs := range map[int][]outcome.Spec{
		1:  {{Kind: outcome.Work}, {Kind: outcome.Earnings}, {Kind: outcome.Education}},
		6:  {{Kind: outcome.StableWork}},
		12: {{Kind: outcome.TwoG}, {Kind: outcome.StableWork, Months: 9, Of: 12}},
		0:  {{Kind: outcome.StableWork, Mode: outcome.Entered}, {Kind: outcome.JobHeld}, {Kind: outcome.ExitToWork}, {Kind: outcome.Retention}},
	} {
		for _, o := range specs {
			if got := monthsLookedAt(o); got != want {
				t.Errorf("%+v looks at %d months, want %d", o, got, want)
			}
		}
	}
}

// A cell of a placebo keeps the rows whose window is known, drops comparison rows of strata that have lost their treated,
// numbers persons anew and takes the columns that the window admits.
func TestPlaceboCell(t *testing.T) {
	rows := &cohort.Rows{Person: []int32{0, 0, 1, 2, 3, 3}, Covariates: []cohort.Covariate{
		{Name: "alder", Latest: cohort.Fixed, Earliest: cohort.Fixed},
		{Name: "status", Latest: cohort.Fixed, Earliest: cohort.Fixed, OfEpisode: true},
		{Name: "arbeid_1", Latest: -1, Earliest: -1},
		{Name: "arbeid_for_7_18", Latest: -7, Earliest: -18, BeforeEpisode: true},
		{Name: "arbeid_for_19_30", Latest: -19, Earliest: -30, BeforeEpisode: true},
	}}
	c := &cell{row: []int32{0, 1, 2, 3, 4, 5}, start: []int32{7, -1, -1, 8, -1, -1}, treated: []bool{true, false, false, true, false, false}, weight: []float64{1, 2, 3, 4, 5, 6},
		stratum: []int32{1, 1, 2, 2, 2, 1}, person: []int32{0, 0, 1, 2, 3, 3}, persons: 4, key: make([]uint64, 6), day: make([]uint8, 6)}
	column := func(k float64) []float64 { return []float64{k, k + 1, k + 2, k + 3, k + 4, k + 5} }
	c.add("alder", 0, column(10))
	c.add("status", 1, column(20))
	c.add("arbeid_1", 2, column(30))
	c.add(startDay, -1, column(40))
	c.before, c.beforeCovariates = [][]float64{column(50), column(60)}, []int{3, 4}
	known := []bool{true, true, true, false, true, true} // the treated row of stratum 2 goes, and with it rows 2 and 4
	for _, x := range []struct {
		by   conditioning
		want string
	}{{earlier, "alder startdag arbeid_for_19_30"}, {around, "alder status arbeid_1 startdag arbeid_for_19_30"}} {
		out, at := c.placeboCell(rows, cohort.Window{From: 12, To: 7}, x.by, 1, known)
		if got := strings.Join(out.names, " "); got != x.want {
			t.Errorf("%s: columns %s", x.by, got)
		}
		if len(at) != 3 || at[0] != 0 || at[1] != 1 || at[2] != 5 || out.persons != 2 || out.person[2] != 1 || out.nTreated != 1 || out.nComparison != 2 || out.weight[2] != 6 {
			t.Errorf("%s: rows %v, %+v", x.by, at, out)
		}
		if len(out.before) != 1 || out.before[0][2] != 65 || out.x[0][2] != 15 {
			t.Errorf("%s: before %v", x.by, out.before)
		}
	}
	// An outcome that looks at 8 months looks at 13 to 19 before too: what begins there goes.
	if out, _ := c.placeboCell(rows, cohort.Window{From: 12, To: 7}, earlier, 8, known); strings.Contains(strings.Join(out.names, " "), "for_19") {
		t.Errorf("a long outcome keeps %v", out.names)
	}
}

// The influence with the weights taken as known gives the Neyman variance of a difference of means.
func TestWeightedInfluence(t *testing.T) {
	treated := []bool{true, true, false, false, false}
	y := []float64{1, 3, 2, 4, 9}
	psi := weighted([]float64{1, 1, 1, 1, 1}, treated, y)
	sum, squares := 0., 0.
	for _, p := range psi {
		sum += p
		squares += p * p
	}
	// means 2 and 5: (1 + 1)/4 + (9 + 1 + 16)/9
	if math.Abs(sum) > 1e-15 || math.Abs(squares-(0.5+26./9)) > 1e-12 || psi[4] != -4./3 {
		t.Errorf("%v, squares %v", psi, squares)
	}
}

func TestJointRow(t *testing.T) {
	row := results.Placebo{Statistic: math.NaN(), DF: -1}
	windows := []results.Placebo{{PersonsTreated: 40, PersonsComparison: 100}, {PersonsTreated: 30, PersonsComparison: 200, FewAmounts: true}}
	tests := []contrast{{value: 1, stdError: 0.5, person: []float64{1, 0, 1, 0, 1}}, {value: 1, stdError: 1, person: []float64{0, 1, 0, 1, 0}}}
	got := joint(row, tests, windows)
	if got.PersonsTreated != 30 || got.PersonsComparison != 100 || !got.FewAmounts || got.DF != 2 || math.Abs(got.Statistic-5) > 1e-12 {
		t.Errorf("%+v", got)
	}
	windows[1].Reason = "no_overlap"
	if got := joint(row, tests[:1], windows); got.Reason != "no_overlap" || got.DF != -1 || !math.IsNaN(got.Statistic) {
		t.Errorf("a window without an estimate: %+v", got)
	}
}

// The closed form of Hotelling's F with two uncorrelated directions, W = 4: with H units, F(2, H − 2) has the tail
// (1 + 2f/(H − 2))^(−(H−2)/2), f = W·(H − 2)/(2(H − 1)). Eight offices of unequal size have t(4.7), and the test H = 5.
func TestJointRowOfFewClusters(t *testing.T) {
	tail := func(w, h float64) float64 { return math.Pow(1+w/(h-1), -(h-2)/2) }
	base, windows := results.Placebo{Statistic: math.NaN(), DF: -1, PValue: math.NaN()}, []results.Placebo{{PersonsTreated: 40, PersonsComparison: 100}}
	tests := func(df float64) []contrast {
		return []contrast{{value: 1, stdError: 0.5, person: []float64{1, 0, 1, 0, 1, 0, 1, 0}, df: df + 20}, {value: 0, stdError: 1, person: []float64{0, 1, 0, 1, 0, 1, 0, 1}, df: df}}
	}
	for df, h := range map[float64]float64{4.7: 5, 2: 3, 30: 8} {
		if got := joint(base, tests(df), windows); got.Reason != "" || got.DF != 2 || math.Abs(got.PValue-tail(4, h)) > 1e-12 {
			t.Errorf("t(%g): %+v, want %g", df, got, tail(4, h))
		}
	}
	if got := joint(base, tests(1.9), windows); got.Reason != estimate.TooFewClusters || !math.IsNaN(got.PValue) || !math.IsNaN(got.Statistic) {
		t.Errorf("as many directions as units: %+v", got)
	}
	// Pooled over two tiltak: the fewest degrees of freedom of any.
	part := func(tiltak, window string, df float64, psi ...float32) pooledTest {
		return pooledTest{results.Placebo{Tiltak: tiltak, Group: "alle", Method: "ebal", Kind: placeboWindow, Outcome: "arbeid", Window: window,
			Estimate: 1, StdError: 0.5, PersonsTreated: 30, PersonsComparison: 60}, df, []int32{1, 2, 3, 4, 5, 6, 7, 8}, psi}
	}
	for df, h := range map[float64]float64{3.2: 4, 0: 8} {
		rows := poolPlacebos([]pooledTest{part("a", "-6--1", df, 1, 0, 1, 0, 1, 0, 1, 0), part("a", "-12--7", 0, 0, 1, 0, 1, 0, 1, 0, 1),
			part("b", "-6--1", 0, 1, 0, 1, 0, 1, 0, 1, 0), part("b", "-12--7", 0, 0, 1, 0, 1, 0, 1, 0, 1)}, 5, .95)
		if last := rows[len(rows)-1]; last.Kind != placeboJoint || last.DF != 2 || math.Abs(last.PValue-tail(8, h)) > 1e-12 {
			t.Errorf("pooled, t(%g): %+v, want %g", df, last, tail(8, h))
		}
	}
}

// Two tiltak without a person in common: weights 1/s², 0.8 and 0.2; variance (1/(1/s₁² + 1/s₂²)) = 0.2. The same persons with the
// same influence in both: the correlation is 1 and the errors add up.
func TestPoolPlacebos(t *testing.T) {
	test := func(tiltak, window string, estimate, se float64, person []int32, psi ...float32) pooledTest {
		return pooledTest{results.Placebo{Tiltak: tiltak, Group: "alle", Method: "ebal", Kind: placeboWindow, Conditioning: "around", Outcome: "arbeid", Window: window,
			Estimate: estimate, StdError: se, PersonsTreated: 30, PersonsComparison: 60}, 0, person, psi}
	}
	some, others := []int32{1, 2, 3}, []int32{4, 5, 6}
	rows := poolPlacebos([]pooledTest{test("a", "-6--1", 1, 0.5, some, 1, -1, 2), test("b", "-6--1", 2, 1, others, 3, 1, 2)}, 5, 0.95)
	if len(rows) != 1 || rows[0].Kind != placeboPooled || rows[0].Tiltak != "" || math.Abs(rows[0].Estimate-1.2) > 1e-12 || math.Abs(rows[0].StdError*rows[0].StdError-0.2) > 1e-12 {
		t.Errorf("apart: %+v", rows)
	}
	rows = poolPlacebos([]pooledTest{test("a", "-6--1", 1, 0.5, some, 1, -1, 2), test("b", "-6--1", 2, 1, some, 3, -3, 6)}, 5, 0.95)
	if math.Abs(rows[0].StdError-(0.8*0.5+0.2*1)) > 1e-12 {
		t.Errorf("together: %+v", rows)
	}
	// Two windows get a joint test over all tiltak; a tiltak of few persons has no part.
	small := test("c", "-6--1", 9, 0.1, others, 1, 1, 1)
	small.Row.PersonsTreated = 4
	many := []int32{1, 2, 3, 4, 5, 6, 7, 8}
	rows = poolPlacebos([]pooledTest{test("a", "-6--1", 1, 0.5, many, 1, -1, 2, 0, 0, 0, 0, 1), test("a", "-12--7", 1, 0.5, many, 0, 0, 0, 1, 2, 1, 1, 0), small,
		test("b", "-6--1", 1, 0.5, many, 1, -1, 2, 0, 0, 0, 0, 1), test("b", "-12--7", 1, 0.5, many, 0, 0, 0, 1, 2, 1, 1, 0)}, 5, 0.95)
	if len(rows) != 3 || rows[2].Kind != placeboJoint || rows[2].DF != 2 || math.Abs(rows[2].Statistic-8) > 1e-9 {
		t.Errorf("joint: %+v", rows)
	}
}

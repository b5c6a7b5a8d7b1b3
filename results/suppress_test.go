package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

// TestRoundedLevelsTellNothing plays every number of the dropped with the outcome through Suppress: where the level of the
// kept starts is shown at all, what is shown is the same for each, so that it tells nothing about those dropped.
func TestRoundedLevelsTellNothing(t *testing.T) {
	shown := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 17))
		n, drop := 50+r.IntN(1500), 1+r.IntN(6)
		ones := 20 + r.IntN(n-40)
		effect := float64(r.IntN(21)-10) / float64(n-drop)
		seen := map[[2]float64]bool{}
		hidden := 0
		for d := 0; d <= drop; d++ {
			month := 24
			all := Estimate{Tiltak: "AFT", Group: "alle", Outcome: "arbeid", Method: "ebal", Month: &month, Role: "primary", Estimate: effect, MeanTreated: float64(ones) / float64(n), MeanComparison: 0.5, NStarts: n, NPersonsTreated: n, OnesTreated: ones, ZerosTreated: n - ones, NPersonsComparison: 1000, OnesComparison: 500, ZerosComparison: 500}
			kept := all
			kept.Method, kept.NStarts, kept.NPersonsTreated, kept.OnesTreated, kept.ZerosTreated = "nearest", n-drop, n-drop, ones-d, n-drop-ones+d
			kept.MeanTreated = float64(ones-d) / float64(n-drop)
			kept.MeanComparison = kept.MeanTreated - effect
			tables := &Tables{Estimates: []Estimate{all, kept}}
			Suppress(tables, 5)
			got := tables.Estimates[1]
			if tables.Estimates[0].MeanTreated != all.MeanTreated || got.Estimate != effect {
				t.Fatalf("seed %d: the effect or the level of all starts is touched", seed)
			}
			if math.IsNaN(got.MeanTreated) {
				hidden++
				continue
			}
			if math.Abs(got.MeanTreated-kept.MeanTreated) > 0.025+1e-9 {
				t.Errorf("seed %d: %v is shown for %v", seed, got.MeanTreated, kept.MeanTreated)
			}
			seen[[2]float64{got.MeanTreated, got.MeanComparison}] = true
		}
		if len(seen) > 1 || len(seen) == 1 && hidden > 0 {
			t.Errorf("seed %d: %d starts, %d dropped: %d different levels are shown, %d hidden", seed, n, drop, len(seen), hidden)
		}
		shown += len(seen)
	}
	if shown < 100 {
		t.Errorf("only %d of 300 show a level", shown)
	}
}

// TestStepsBetweenMonths attacks an outcome that only grows: whoever entered between two months that are shown.
func TestStepsBetweenMonths(t *testing.T) {
	shown := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 11))
		var rows []Estimate
		for k, g := range []string{"alle", "unge"} {
			n := 400 / (k + 1)
			ones, other := 0, 0
			for m := 1; m <= 36; m++ {
				ones, other = min(n, ones+r.IntN(8)), min(1000, other+r.IntN(30))
				rows = append(rows, Estimate{Tiltak: "AFT", Group: g, Outcome: "inn", Method: "ebal", Month: &m, Role: "primary", Estimate: 0.1, MeanTreated: float64(ones) / float64(n), NStarts: n, NPersonsTreated: n, OnesTreated: ones, ZerosTreated: n - ones, NPersonsComparison: 1000, OnesComparison: other, ZerosComparison: 1000 - other})
			}
		}
		tables := &Tables{Estimates: rows}
		Suppress(tables, 5)
		last := map[string]int{}
		for i, e := range tables.Estimates {
			if math.IsNaN(e.MeanTreated) {
				continue
			}
			shown++
			if d := rows[i].OnesTreated - last[e.Group]; d > 0 && d < 5 {
				t.Fatalf("seed %d: %d persons entered between two shown months, the second is %d", seed, d, *e.Month)
			}
			last[e.Group] = rows[i].OnesTreated
		}
	}
	if shown == 0 {
		t.Error("no month is shown")
	}
}

// TestCurvesCannotBeSolved looks at what a reader of a curve can add up: the events of each step, and from the numbers at
// risk and the events between them the censorings.
func TestCurvesCannotBeSolved(t *testing.T) {
	kept, counted := 0, 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		var rows []Duration
		n, surv := 30+r.IntN(400), 1.
		for m := range 30 {
			if n == 0 {
				break
			}
			d, c := 0, 0
			if m > 0 {
				d = min(n, r.IntN(12))
				c = min(n-d, r.IntN(6)*r.IntN(2))
			}
			surv *= 1 - float64(d)/float64(n)
			rows = append(rows, Duration{Tiltak: "AFT", Group: "alle", Measure: "time_in_tiltak", Time: float64(m), NRisk: n, NEvent: d, NCensor: c, Estimate: surv, StdError: 0.01, ConfLow: surv - 0.02, ConfHigh: surv + 0.02})
			n -= d + c
		}
		tables := &Tables{Durations: append([]Duration(nil), rows...)}
		Suppress(tables, 5)
		few := func(n int) bool { return n > 0 && n < 5 }
		events, begin, atRisk, since, truth := 0, -1, -1, 0, 0
		for i, d := range tables.Durations {
			if begin < 0 {
				begin = rows[i].NRisk
			}
			events += rows[i].NEvent
			truth += rows[i].NCensor
			if d.Reason != "" {
				if !math.IsNaN(d.Estimate) || d.NRisk >= 0 || d.NEvent >= 0 || d.NCensor >= 0 {
					t.Fatalf("seed %d: a hidden point shows %+v", seed, d)
				}
				continue
			}
			kept++
			if d.NEvent != events || few(events) || rows[i].NRisk < 5 {
				t.Fatalf("seed %d: a kept point of %d events shows %+v", seed, events, d)
			}
			if few(d.NCensor) {
				t.Fatalf("seed %d: %d censored are shown", seed, d.NCensor)
			}
			if d.NRisk >= 0 {
				counted++
				if d.NRisk != begin {
					t.Fatalf("seed %d: at risk %d, shown %d", seed, begin, d.NRisk)
				}
				if atRisk >= 0 && few(atRisk-since-d.NRisk) {
					t.Fatalf("seed %d: %d censored can be derived", seed, atRisk-since-d.NRisk)
				}
				atRisk, since = d.NRisk, 0
			}
			if d.NCensor >= 0 && atRisk >= 0 { // and with the censored the number at risk of the next step
				atRisk, since = atRisk-since-events-d.NCensor, -events
			}
			since += events
			events, begin = 0, -1
		}
	}
	if kept < 3000 || counted < 1500 {
		t.Errorf("only %d points kept, %d with a number at risk", kept, counted)
	}
	// A curve without rare steps is left as it is.
	whole := []Duration{{NRisk: 1000, NEvent: 10, Estimate: 0.99}, {Time: 1, NRisk: 990, Estimate: 0.99}, {Time: 2, NRisk: 990, NEvent: 99, NCensor: 7, Estimate: 0.8910000001}}
	tables := &Tables{Durations: append([]Duration(nil), whole...)}
	Suppress(tables, 5)
	if !reflect.DeepEqual(tables.Durations, whole) {
		t.Errorf("a curve without rare steps became %+v", tables.Durations)
	}
}

func TestHistogramsAreMerged(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		var rows []Overlap
		for b := range 20 {
			n := r.IntN(4) * r.IntN(10)
			rows = append(rows, Overlap{Tiltak: "AFT", Group: "alle", Arm: "treated", BinLow: float64(b) / 20, BinHigh: float64(b+1) / 20, Share: float64(n), Persons: n})
		}
		tables := &Tables{Overlap: append([]Overlap(nil), rows...)}
		Suppress(tables, 5)
		sum, edge := 0., 0.
		for _, o := range tables.Overlap {
			if math.IsNaN(o.Share) {
				t.Fatalf("seed %d: hidden although there are enough", seed)
			}
			if o.Share > 0 && o.Share < 5 {
				t.Errorf("seed %d: a bin of %v persons", seed, o.Share)
			}
			if o.BinLow != edge {
				t.Errorf("seed %d: a gap at %v", seed, edge)
			}
			sum, edge = sum+o.Share, o.BinHigh
		}
		want := 0.
		for _, o := range rows {
			want += o.Share
		}
		if sum != want || edge != 1 {
			t.Errorf("seed %d: bins hold %v of %v, up to %v", seed, sum, want, edge)
		}
	}
	few := &Tables{Overlap: []Overlap{{Arm: "treated", BinHigh: 1, Share: 1, Persons: 4}}}
	Suppress(few, 5)
	if !math.IsNaN(few.Overlap[0].Share) || few.Overlap[0].Reason != estimate.Suppressed {
		t.Errorf("four persons are shown: %+v", few.Overlap)
	}
}

func TestFlowChains(t *testing.T) {
	shown := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 13))
		rows := []Flow{{Tiltak: "AFT", Group: "alle", Action: "start"}}
		left := 50 + r.IntN(100)
		rows[0].Rows, rows[0].Persons = left, left
		for k := range 4 {
			n := r.IntN(4) * r.IntN(8)
			left -= min(left, n)
			rows = append(rows, Flow{Tiltak: "AFT", Group: "alle", Step: k + 1, Rule: fmt.Sprint("rule", k), Action: "dropped", Rows: n, Persons: n})
		}
		rest := rows[0].Persons
		for _, f := range rows[1:] {
			rest -= f.Persons
		}
		if rest < 0 {
			continue
		}
		rows = append(rows, Flow{Tiltak: "AFT", Group: "alle", Step: 9, Action: "analysed", Rows: rest, Persons: rest})
		orig := append([]Flow(nil), rows...)
		Suppress(&Tables{Flow: rows}, 5)
		var published [][]float64
		vec := func(k int) []float64 {
			v := make([]float64, 5) // the parts: four rules and analysed
			if k == 0 {
				return []float64{1, 1, 1, 1, 1}
			}
			v[k-1] = 1
			return v
		}
		for k, f := range rows {
			if f.Persons >= 0 {
				shown++
				published = append(published, vec(k))
			}
		}
		for k, f := range orig {
			if f.Persons > 0 && f.Persons < 5 && determined(published, vec(k)) {
				t.Errorf("seed %d: %s = %d can be derived", seed, f.Rule, f.Persons)
			}
		}
	}
	if shown == 0 {
		t.Error("nothing is shown")
	}
}

func TestWindowGoesWithItsMonth(t *testing.T) {
	var rows []Estimate
	for m := 1; m <= 3; m++ {
		rows = append(rows, Estimate{Tiltak: "AFT", Group: "alle", Month: &m, Estimate: 1, NStarts: 50, NPersonsTreated: 50, NPersonsComparison: 50, OnesTreated: 20, ZerosTreated: 30, OnesComparison: 20, ZerosComparison: 30})
	}
	rows[1].OnesTreated, rows[1].ZerosTreated = 2, 48
	window := rows[0]
	window.Month, window.Window, window.OnesTreated, window.ZerosTreated, window.OnesComparison, window.ZerosComparison = nil, "1-3", -1, -1, -1, -1
	other := window
	other.Window = "3-3"
	tables := &Tables{Estimates: append(rows, window, other)}
	Suppress(tables, 5)
	for i, hidden := range []bool{false, true, false, true, false} {
		if got := tables.Estimates[i].Reason == estimate.Suppressed; got != hidden {
			t.Errorf("row %d: hidden %v, want %v", i, got, hidden)
		}
	}
	for s, want := range map[string][2]int{"1-12": {1, 12}, "-12--7": {-12, -7}, "-3-2": {-3, 2}} {
		if a, b, ok := parseWindow(s); !ok || a != want[0] || b != want[1] {
			t.Errorf("window %s is read as %d %d %v", s, a, b, ok)
		}
	}
}

func TestBalanceLevels(t *testing.T) {
	row := func(v string, mean float64) Balance {
		return Balance{Tiltak: "AFT", Group: "alle", Method: "ebal", Stage: "before", Variable: v, MeanTreated: mean, MeanComparison: 0.5, SMD: 0.1, VarianceRatio: 1, PersonsTreated: 100, PersonsComparison: 1000}
	}
	// Two levels are given and one is the reference, with 2 of 100 persons: a level that could stand alone goes with it.
	tables := &Tables{Balance: []Balance{row("utdanning=1", 0.6), row("utdanning=2", 0.38), row("alder", 0.4), row("kvinne=1", 0.03)}}
	Suppress(tables, 5)
	for i, hidden := range []bool{false, true, false, true} {
		if got := math.IsNaN(tables.Balance[i].MeanTreated); got != hidden {
			t.Errorf("%s: hidden %v, want %v", tables.Balance[i].Variable, got, hidden)
		}
	}
	// A reference level that is large enough covers one that is not.
	large := &Tables{Balance: []Balance{row("utdanning=1", 0.6), row("utdanning=2", 0.02)}}
	Suppress(large, 5)
	if math.IsNaN(large.Balance[0].MeanTreated) || !math.IsNaN(large.Balance[1].MeanTreated) {
		t.Errorf("levels beside a large reference: %+v", large.Balance)
	}
	if !math.IsNaN(tables.Balance[1].SMD) {
		t.Error("the difference of a hidden level is shown")
	}
}

func TestLargeTablesAreLeftAlone(t *testing.T) {
	ps := people(rand.New(rand.NewPCG(1, 1)), 20000)
	for i := range ps {
		ps[i].dropped = false
	}
	tables := &Tables{Estimates: estimatesOf(ps, areas())}
	for i := range tables.Estimates {
		e := &tables.Estimates[i]
		if e.OnesTreated < 5 || e.ZerosTreated < 5 {
			t.Skip("the draw has a rare outcome")
		}
	}
	if w := Suppress(tables, 5); len(w) > 0 {
		t.Errorf("something is suppressed where nothing is small: %v", w)
	}
	if w := Suppress(&Tables{Estimates: []Estimate{{NPersonsTreated: 1}}}, 1); w != nil {
		t.Errorf("a limit of 1 suppresses: %v", w)
	}
}

// TestNothingLeftInFiles writes tables with one small cell among others and looks for its figures in every file.
func TestNothingLeftInFiles(t *testing.T) {
	month := 24
	const secret = 0.123456789
	e := Estimate{Tiltak: "AFT", Group: "liten", Outcome: "arbeid", Month: &month, Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret, BandLow: secret, BandHigh: secret, PValue: secret, PAdjusted: secret, PPermutation: secret, FamilyLow: secret, FamilyHigh: secret, MeanTreated: secret, MeanComparison: secret, ESS: secret, NStarts: 3333, NStartsEligible: 3333, NPersonsTreated: 4, NPersonsComparison: 100, OnesTreated: 2, ZerosTreated: 2, OnesComparison: 50, ZerosComparison: 50}
	before := -3
	tables := &Tables{
		Estimates:  []Estimate{e},
		Balance:    []Balance{{Tiltak: "AFT", Group: "liten", MeanTreated: secret, MeanComparison: secret, SMD: secret, VarianceRatio: secret, ECDFMean: secret, ECDFMax: secret, PersonsTreated: 4, PersonsComparison: 100}},
		Overlap:    []Overlap{{Tiltak: "AFT", Group: "liten", Share: secret, Persons: 4}},
		Flow:       []Flow{{Tiltak: "AFT", Group: "liten", Action: "analysed", Rows: 3333, Persons: 4}},
		Durations:  []Duration{{Tiltak: "AFT", Group: "liten", NRisk: 3333, NEvent: 3333, Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret}},
		Costs:      []Cost{{Tiltak: "AFT", Group: "liten", Statistic: "mean", Value: secret, Persons: 4}, {Tiltak: "AFT", Group: "liten", Statistic: "share_in_bin", Value: secret, Persons: 4}},
		CostEffect: []CostEffect{{Tiltak: "AFT", Group: "liten", Statistic: "cost", Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret, Share: secret, MeanTreated: secret, MeanComparison: secret, PersonsTreated: 4, PersonsComparison: 100}},
		Placebo: []Placebo{{Tiltak: "AFT", Group: "liten", Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret, PValue: secret, Statistic: secret, DF: 3333, PersonsTreated: 4, PersonsComparison: 100},
			{Tiltak: "AFT", Group: "stor", Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret, PValue: secret, Statistic: secret, DF: 3333, PersonsTreated: 400, PersonsComparison: 1000, FewAmounts: true}},
		Diagnostics: []Diagnostic{{Tiltak: "AFT", Group: "liten", Name: "share_kept", Value: secret, Text: "3333"}},

		DurationShares: []DurationShare{{Tiltak: "AFT", Group: "liten", Measure: "longer_than", NStarts: 4, Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret, With: 2, Without: 2}},

		Transitions:   []Transition{{Group: "liten", From: "A", To: "work", N: 3333, Persons: 4, Share: secret, MeanGap: secret}},
		Chains:        []Chain{{Group: "liten", Kind: "all", Value: "all", N: 3333, Persons: 4, Followed: 3333, Share: secret, MeanMonths: secret, MeanMonthsIn: secret, WorkShare: secret, ReentryShare: secret, MeanReentryTime: secret}},
		ChainStates:   []ChainState{{Group: "liten", State: "work", N: 3333, Persons: 4, Share: secret}},
		ChainMeasures: []ChainMeasure{{Group: "liten", Measure: "entropy", N: 3333, Persons: 4, Mean: secret, SD: secret, P25: secret, P50: secret, P75: secret}},
		ChainTypes:    []ChainType{{Type: 1, State: "work", N: 3333, Persons: 4, Share: secret, Months: secret}},
		PreEffects:    []PreEffect{{Tiltak: "AFT", Group: "liten", EventMonth: &before, Estimate: secret, StdError: secret, ConfLow: secret, ConfHigh: secret, PersonsTreated: 4, PersonsComparison: 100, OnesTreated: 2, ZerosTreated: 2, OnesComparison: 50, ZerosComparison: 50}},
		Descriptive:   []Descriptive{{Tiltak: "AFT", Group: "liten", ShareTreated: secret, ShareComparison: secret, Difference: secret, Treated: Among{2, 2, 0}, Comparison: Among{50, 50, 0}}},
		Robustness:    []Robustness{{Tiltak: "AFT", Group: "liten", Outcome: "arbeid", Month: 24, Median: secret, Low: secret, High: secret, PMedian: secret, PMax: secret, VarianceMethod: secret}},
		Composition:   []Composition{{Tiltak: "AFT", Group: "liten", Kind: "mean", Variable: "alder", MeanStarts: secret, SDStarts: secret, MeanEligible: secret, NStarts: 3333, NPersons: 4, PersonsEligible: 100, WithStarts: -1, WithoutStarts: -1}},
	}
	if w := Suppress(tables, 5); len(w) == 0 {
		t.Error("no warning says what was suppressed")
	}
	path, err := Write(t.TempDir(), testRun(), tables, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tables.each() {
		text := readFile(t, path, "tables", e.name+".csv")
		if strings.Contains(text, "0.1234") || strings.Contains(text, "3333") {
			t.Errorf("%s: %s", e.name, text)
		}
	}
}

// Five spells that end in a month are not five persons: where somebody has several, the persons decide, and pooled steps
// may be of the same ones.
func TestCurvesOfFewPersonsWithManySpells(t *testing.T) {
	curve := func(repeated bool, persons ...int) []Duration {
		var rows []Duration
		n, p := 100, 60
		for m, e := range persons {
			rows = append(rows, Duration{Tiltak: "AFT", Group: "alle", Measure: "time_in_tiltak", Time: float64(m + 1), NRisk: n, NEvent: 6, Estimate: .5, Repeated: repeated, RiskPersons: p, EventPersons: e})
			n, p = n-6, p-e
		}
		return rows
	}
	for _, c := range []struct {
		rows []Duration
		want []bool // shown
	}{
		{curve(false, 4, 4, 4), []bool{true, true, true}},
		{curve(true, 6, 6, 5), []bool{true, true, true}},
		{curve(true, 6, 4, 6), []bool{true, false, true}},  // one of the pooled steps has enough
		{curve(true, 4, 4, 4), []bool{false, false, true}}, // 4 + 4 may be four persons
		{curve(true, 3, 3, 3, 3), []bool{false, false, false, true}},
	} {
		tables := &Tables{Durations: c.rows}
		Suppress(tables, 5)
		for i, d := range tables.Durations {
			if (d.Reason == "") != c.want[i] {
				t.Errorf("%v: step %d is %+v", c.want, i, d)
			}
		}
	}
	few := &Tables{Durations: []Duration{{Tiltak: "AFT", Group: "alle", Measure: "time_in_tiltak", Time: 1, NRisk: 12, NEvent: 0, Estimate: 1, Repeated: true, RiskPersons: 4}}}
	if Suppress(few, 5); few.Durations[0].Reason == "" {
		t.Error("a curve of four persons is shown")
	}
}

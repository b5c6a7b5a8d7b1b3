package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/random"
)

// Of 4,000 experiments with the minimum detectable effect as the truth, about 80 % find it, and 5 % find one where there is
// none; persons have several rows with one outcome. The limits are four standard errors of a share, plus what the normal
// quantiles miss.
func TestDetectableEffectIsDetected(t *testing.T) {
	const persons, rows, draws = 150, 2, 4000
	n := persons * rows
	treated, person, weight, y := make([]bool, n), make([]int32, n), make([]float64, n), make([]float64, n)
	r := random.New(1, "power test")
	for i := range n {
		person[i] = int32(i / rows)
		treated[i] = i/rows%3 == 0
		weight[i] = 1 + float64(i/rows%4)/4
	}
	draw := func(effect float64) {
		for p := range persons {
			v := r.NormFloat64()
			for i := p * rows; i < (p+1)*rows; i++ {
				y[i] = v
				if treated[i] {
					y[i] += effect
				}
			}
		}
	}
	_, se := 0., 0.
	for range 200 { // what is expected, over draws without effect
		draw(0)
		_, one := expectedError(y, weight, treated, person, persons)
		se += one / 200
	}
	found := func(effect float64) float64 {
		hits := 0
		for range draws {
			draw(effect)
			var sum, total [2]float64
			for i := range y {
				sum[armOf(treated[i])] += weight[i] * y[i]
				total[armOf(treated[i])] += weight[i]
			}
			if math.Abs(sum[1]/total[1]-sum[0]/total[0]) > 1.959964*se {
				hits++
			}
		}
		return float64(hits) / draws
	}
	mde := (1.959964 + 0.841621) * se
	if power := found(mde); math.Abs(power-0.8) > 0.035 {
		t.Errorf("power %v at the minimum detectable effect", power)
	}
	if size := found(0); math.Abs(size-0.05) > 0.02 {
		t.Errorf("size %v", size)
	}
}

// The expected errors rest on the weights that the study has: with a score of the tiltak, and where comparison rows leave. Here from the rows of
// `trials`, whose weights give the study's estimates.
func TestPowerHasTheWeightsOfTheStudy(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"", "score: tiltak\n", "comparison: {later_entry: censor}\n"} {
		s, err := Parse([]byte("study: x\ndata: {register: r}\npopulation: {from: 2018-06, to: 2020-12}\ntiltak: [ARBEIDSTRENING]\ngroups: [alle, unge]\nhorizon: 8\n" +
			"outcomes: [{id: arbeid, kind: work}]\nmethods: [ebal, nearest]\nexits: {emigration: zero}\n" + more))
		if err != nil {
			t.Fatal(err)
		}
		r := &runner{study: s, reg: reg, cat: catalog.Default()}
		d, err := r.compile()
		if err != nil {
			t.Fatal(err)
		}
		if r.trials, err = cohort.Build(t.Context(), reg, d); err != nil {
			t.Fatal(err)
		}
		r.pool()
		got, err := r.cellPower(0, 1, PowerOptions{Power: 0.8, Months: []int{8}})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.trialRows(t.Context(), 0, 1, []int{8})
		if err != nil {
			t.Fatal(err)
		}
		table := rows.Table
		person, persons := make([]int32, table.Rows), 0
		for i, id := range table.Column("person_id").Ints {
			if i == 0 || id != table.Column("person_id").Ints[i-1] {
				persons++
			}
			person[i] = int32(persons - 1)
		}
		y := table.Column("arbeid_m8").Floats
		for _, p := range got {
			if p.Reason != "" {
				t.Errorf("%q, %s: %s", more, p.Method, p.Reason)
				continue
			}
			w := table.Column("weight_" + p.Method).Floats
			if stay := table.Column("arbeid_m8_stay"); stay != nil {
				y, w = table.Column("arbeid_m8_seen").Floats, times(w, stay.Floats)
			}
			if _, want := expectedError(y, w, table.Column("treated").Bools, person, persons); !(math.Abs(p.StdError-want) < 1e-12*want) {
				t.Errorf("%q, %s: expected error %v, by the study's weights %v (%s)", more, p.Method, p.StdError, want, p.Reason)
			}
		}
	}
}

// The family of a figure is what `inference.family` runs over: 2 × 2 cells, of which one has nothing to estimate.
func TestPowerOfTheFamily(t *testing.T) {
	members := []Detectable{{Tiltak: "A", Group: "x"}, {Tiltak: "A", Group: "y"}, {Tiltak: "B", Group: "x"}, {Tiltak: "B", Group: "y", Reason: estimate.TooFewTreated}}
	for lines, want := range map[string][]float64{
		"inference: {}\n":                                                    {3, 3, 3, 3},
		"inference: {multiplicity: none}\n":                                  {1, 1, 1, 1},
		"inference: {family: {over: [tiltak]}}\n":                            {2, 1, 2, 1},
		"inference: {family: {over: [group]}}\n":                             {2, 2, 1, 1},
		"inference: {family: {over: [tiltak, group, outcome, method]}}\n":    {27, 27, 27, 27},
		"inference: {family: {over: [group, month]}}\nhorizon: 12\n":         {24, 24, 12, 12},
		"inference: {family: {over: [month]}}\nmethods: [did]\nhorizon: 6\n": {6, 6, 6, 6},
	} {
		s, err := Parse([]byte(minimal + lines))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Outcomes) != 3 || len(s.Methods) != 3 && len(s.Methods) != 1 {
			t.Fatal("the defaults have changed")
		}
		size := s.familySizes(members)
		for i := range members {
			if members[i].Reason != "" { // it has no effect that could be found
				continue
			}
			if got := size(&members[i]); got != want[i] {
				t.Errorf("%s, %s × %s: %v, want %v", lines, members[i].Tiltak, members[i].Group, got, want[i])
			}
		}
	}
}

// The rows that power counts on are those of the study: with a comparison that leaves at later starts those who stay, and the score of the tiltak
// where the study has one.
func TestPowerHasTheRowsOfTheStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 3000, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	errors := func(lines string) []float64 {
		t.Helper()
		s, err := Parse([]byte(`study: styrke
data: {register: x}
population: {from: 2018-01, to: 2021-12}
tiltak: [ARBEIDSTRENING]
groups: [alle, unge]
horizon: 24
outcomes: [{id: arbeid, kind: work}]
methods: [ipw, none]
covariates: [alder, kvinne, arbeid_1]
` + lines))
		if err != nil {
			t.Fatal(err)
		}
		r := &runner{study: s, reg: reg, cat: catalog.Default(), opt: Options{Workers: 2}}
		found, err := r.power(t.Context(), PowerOptions{Power: .8, Months: []int{24}})
		if err != nil {
			t.Fatal(err)
		}
		var out []float64
		for _, d := range found {
			out = append(out, d.StdError)
		}
		return out // alle: ipw, none; unge: ipw, none
	}
	follow, censor, pooled := errors(""), errors("comparison: {later_entry: censor}\n"), errors("score: tiltak\n")
	for i := range follow {
		if !(censor[i] > 1.005*follow[i]) {
			t.Errorf("figure %d: %v where the comparison leaves, %v where it follows", i, censor[i], follow[i])
		}
	}
	if math.Abs(pooled[0]/follow[0]-1) > .01 || pooled[1] != follow[1] || pooled[3] != follow[3] || pooled[2] == follow[2] {
		t.Errorf("with the score of the tiltak %v, of the cell %v", pooled, follow)
	}
}

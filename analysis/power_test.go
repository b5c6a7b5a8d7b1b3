package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/cohort"
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

package chain

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"tiltakseffekt/datasets/register"
)

// twice is a register in which person i stands times[i] times, next to each other, and of each of its persons the one it is of.
func twice(reg *register.Register, times []int) (*register.Register, []int32) {
	var parts []register.Participation
	var of []int32
	for i, n := range times {
		for range n {
			for _, p := range reg.Participations[reg.FirstPart[i]:reg.FirstPart[i+1]] {
				p.Person = int32(len(of))
				parts = append(parts, p)
			}
			of = append(of, int32(i))
		}
	}
	out := made(reg.Tiltak, len(of), parts)
	months := reg.Panel.Months
	for j, i := range of {
		copy(out.Panel.Ordinary[j*months:(j+1)*months], reg.Panel.Ordinary[int(i)*months:])
		copy(out.Panel.State[j*months:(j+1)*months], reg.Panel.State[int(i)*months:])
	}
	return out, of
}

// A weight of 2 is a person who stands there twice, in every figure that is no number; numbers are those of the register.
func TestWeightsAreCopies(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 3))
		reg := randomRegister(rng, 300)
		times, weight, mask := make([]int, 300), make([]float64, 300), make([]uint64, 300)
		for i := range times {
			times[i] = 1 + rng.IntN(3)*rng.IntN(2)
			weight[i], mask[i] = float64(times[i]), uint64(1+2*rng.IntN(2))
		}
		copies, of := twice(reg, times)
		describe := func(reg *register.Register, weight []float64, person func(int32) int32) *Description {
			c, err := Build(t.Context(), reg, NewAlphabet(reg.Tiltak, nil), DefaultRule(), 2)
			if err != nil {
				t.Fatal(err)
			}
			groups := make([]uint64, len(c.Chains))
			for i := range groups {
				groups[i] = mask[person(c.Chains[i].Person)]
			}
			d, err := Describe(t.Context(), reg, Input{Chains: c, Groups: groups, NGroups: 2, Weight: weight, MinCell: 1, Months: 12, Types: []int{0, 3}[seed%2],
				Costs: []string{TransitionRate, Constant}[seed/2], Seed: 1, Workers: 2, Class: func(name string) Class { return map[string]Class{"A": Opplaering, "B": Practice}[name] }})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		once := describe(reg, nil, func(p int32) int32 { return p })
		got := describe(reg, weight, func(p int32) int32 { return p })
		want := describe(copies, nil, func(p int32) int32 { return of[p] })
		if !reflect.DeepEqual(got.Labels, want.Labels) {
			t.Errorf("seed %d: labels %v, want %v", seed, got.Labels, want.Labels)
		}
		sameFigures(t, "transitions", got.Transitions, want.Transitions)
		sameFigures(t, "chains", got.Rows, want.Rows)
		sameFigures(t, "months", got.Months, want.Months)
		sameFigures(t, "measures", got.Measures, want.Measures)
		sameFigures(t, "types", got.Types, want.Types)
		if len(got.Types) == 0 || len(got.Silhouette) != len(want.Silhouette) {
			t.Errorf("seed %d: %d rows of types, silhouettes %v and %v", seed, len(got.Types), got.Silhouette, want.Silhouette)
		}
		for i, s := range got.Silhouette {
			if !near(s, want.Silhouette[i]) {
				t.Errorf("seed %d: silhouette %d is %v, want %v", seed, i, s, want.Silhouette[i])
			}
		}
		all := func(d *Description, group int) Row {
			return d.Rows[slices.IndexFunc(d.Rows, func(r Row) bool { return r.Kind == KindAll && r.Group == group })]
		}
		for g := range 2 { // weights move figures, and no number
			if r, o := all(got, g), all(once, g); r.N != o.N || r.Persons != o.Persons || r.Followed != o.Followed || r.WithWork != o.WithWork || r.Work == o.Work {
				t.Errorf("seed %d: %+v, without weights %+v", seed, r, o)
			}
		}
	}
}

func near(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*(1+math.Abs(b))
}

// sameFigures holds the keys and the floats of rows against each other, and says that numbers differ.
func sameFigures[R any](t *testing.T, table string, got, want []R) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", table, len(got), len(want))
		return
	}
	fewer := false
	for i := range got {
		a, b := reflect.ValueOf(got[i]), reflect.ValueOf(want[i])
		for f := range a.NumField() {
			name := a.Type().Field(f).Name
			switch a.Field(f).Kind() {
			case reflect.Float64:
				if !near(a.Field(f).Float(), b.Field(f).Float()) {
					t.Errorf("%s: %s of %+v, want %+v", table, name, got[i], want[i])
				}
			case reflect.String:
				if a.Field(f).String() != b.Field(f).String() {
					t.Errorf("%s: %+v, want %+v", table, got[i], want[i])
				}
			default:
				if slices.Contains([]string{"Group", "Month", "Type", "Links"}, name) {
					if a.Field(f).Int() != b.Field(f).Int() {
						t.Errorf("%s: %s of %+v, want %+v", table, name, got[i], want[i])
					}
				} else if name == "N" && a.Field(f).Int() < b.Field(f).Int() {
					fewer = true
				}
			}
		}
	}
	if !fewer {
		t.Errorf("%s: copies are not more", table)
	}
}

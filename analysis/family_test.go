package analysis

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

func figureOf(tiltak, group, outcome, method string, month int, z float64) results.Estimate {
	e := missing("")
	e.Tiltak, e.Group, e.Outcome, e.Method, e.Month, e.Role, e.Sample, e.Definition = tiltak, group, outcome, method, &month, "primary", "main", "main"
	e.Estimate, e.StdError, e.PValue = 2*z, 2, estimate.PValue(z)
	return e
}

func TestBenjaminiHochbergByHand(t *testing.T) {
	rows := make([]results.Estimate, 4)
	for i, p := range []float64{.01, .04, .03, .5} {
		rows[i] = figureOf("A", string(rune('a'+i)), "o", "m", 24, 1)
		rows[i].PValue = p
	}
	adjust(rows, Inference{Multiplicity: benjaminiHochberg, Family: &Family{Outcome: "o", Month: 24, Method: "m"}}, nil, 1)
	// Ranks .01, .03, .04, .5 of 4: .04, .06 → .0533, .16/3 = .0533, .5.
	for i, want := range []float64{.04, .16 / 3, .16 / 3, .5} {
		if math.Abs(rows[i].PAdjusted-want) > 1e-15 {
			t.Errorf("row %d: %v, want %v", i, rows[i].PAdjusted, want)
		}
	}
}

// A family that does not run over a key is one family for each of its values, or the value that the study fixes.
func TestFamilies(t *testing.T) {
	var rows []results.Estimate
	for _, tiltak := range []string{"A", "B"} {
		for _, group := range []string{"x", "y"} {
			for _, outcome := range []string{"o", "p"} {
				for _, month := range []int{12, 24} {
					rows = append(rows, figureOf(tiltak, group, outcome, "m", month, 2))
				}
			}
		}
	}
	placebo, window := rows[0], rows[0]
	placebo.Role, window.Month, window.Window = "placebo", nil, "1-12"
	rows = append(rows, placebo, window)
	for _, c := range []struct {
		family Family
		size   int // members of a family
		in     int // figures in any
		name   string
	}{
		{Family{Outcome: "o", Month: 24, Method: "m", Over: []string{"tiltak", "group"}}, 4, 4, "o, month 24, m, over tiltak and group"},
		{Family{Outcome: "o", Month: 24, Method: "m", Over: []string{"group"}}, 2, 4, "A, o, month 24, m, over group"},
		{Family{Month: 12, Method: "m", Over: []string{"tiltak", "group", "outcome"}}, 8, 8, "month 12, m, over tiltak, group and outcome"},
		{Family{Over: []string{"outcome", "month", "method"}}, 4, 16, "A, x, over outcome, month and method"},
	} {
		got := append([]results.Estimate(nil), rows...)
		adjust(got, Inference{Multiplicity: holm, Family: &c.family}, nil, 1)
		in := 0
		for i := range got {
			if got[i].Family == "" {
				continue
			}
			in++
			if want := min(1, float64(c.size)*got[i].PValue); got[i].PAdjusted != want { // equal p-values: all take the factor of the first
				t.Errorf("%v: p %v, want %v", c.family.Over, got[i].PAdjusted, want)
			}
		}
		if in != c.in || got[0].Family != c.name && got[1].Family != c.name {
			t.Errorf("%v: %d figures, %q", c.family.Over, in, got[0].Family)
		}
		if got[len(got)-1].Family != "" || got[len(got)-2].Family != "" {
			t.Errorf("%v: a placebo or a window is a member", c.family.Over)
		}
	}
}

// The joint covariance is that of the influence by person, whatever the order of members and however they overlap; figures on
// different persons are independent (closed form), and the same figure twice costs nothing.
func TestSimultaneousFamily(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	const persons, m = 400, 6
	dense := make([][]float64, m)
	var joint influences
	for a := range m {
		dense[a] = make([]float64, persons)
		f := influence{Row: a}
		for q := range persons {
			if (q+a)%3 == 0 { // overlapping sets of persons
				continue
			}
			v := rng.NormFloat64() + float64(q%7)/4
			dense[a][q] = float64(float32(v))
			f.Person, f.Psi = append(f.Person, int32(q)), append(f.Psi, float32(v))
		}
		joint = append(joint, f)
	}
	v := make([]float64, m*m)
	crossProducts(joint, v)
	for a := range m {
		for b := range m {
			want := 0.
			for q := range persons {
				want += dense[a][q] * dense[b][q]
			}
			if math.Abs(v[a*m+b]-want) > 1e-9*math.Abs(want) {
				t.Fatalf("%d, %d: %v, want %v", a, b, v[a*m+b], want)
			}
		}
	}

	family := Inference{Level: .95, Multiplicity: simultaneous, Family: &Family{Outcome: "o", Month: 24, Method: "m"}}
	single := func(row int, person ...int32) influence {
		f := influence{Row: row}
		for _, q := range person {
			f.Person, f.Psi = append(f.Person, q), append(f.Psi, 1)
		}
		return f
	}
	rows := []results.Estimate{figureOf("A", "a", "o", "m", 24, 2.2), figureOf("A", "b", "o", "m", 24, .5), figureOf("A", "c", "o", "m", 24, -1), figureOf("A", "d", "o", "m", 24, 3)}
	adjust(rows, family, influences{single(0, 1), single(1, 2), single(2, 3)}, 1)
	want := 1 - math.Pow(1-estimate.PValue(2.2), 3)
	if math.Abs(rows[0].PAdjusted-want) > .008 { // Monte Carlo: 10,000 draws
		t.Errorf("three independent figures: %v, want %v", rows[0].PAdjusted, want)
	}
	c := (rows[0].FamilyHigh - rows[0].Estimate) / rows[0].StdError
	if want := estimate.Quantile(math.Pow(.95, 1./3)); math.Abs(c-want) > .04 {
		t.Errorf("critical value %v, want %v", c, want)
	}
	if !math.IsNaN(rows[3].PAdjusted) || !math.IsNaN(rows[3].FamilyLow) || rows[3].Family == "" {
		t.Errorf("a figure without influence: %+v", rows[3])
	}
	again := []results.Estimate{figureOf("A", "a", "o", "m", 24, 2.2), figureOf("A", "b", "o", "m", 24, .5)}
	adjust(again, family, influences{single(0, 1, 2), single(1, 1, 2)}, 1)
	if math.Abs(again[0].PAdjusted-estimate.PValue(2.2)) > .006 {
		t.Errorf("the same persons twice: %v, alone %v", again[0].PAdjusted, estimate.PValue(2.2))
	}
}

func TestFamilyKeysAreRead(t *testing.T) {
	head := "study: a\ndata: {register: x}\npopulation: {from: 2018-01, to: 2018-12}\ntiltak: all\n"
	for text, want := range map[string]string{
		"methods: [{name: did, match: ebal, method: dr}]\n":       "takes the place of `method: dr`",
		"methods: [{name: did, match: cem}]\n":                    "`match: cem` of did",
		"methods: [{name: ebal, match: nearest}]\n":               "belongs to did",
		"methods: [{name: nearest, dip_probe: true}]\n":           "belongs to did",
		"methods: [{name: did, match: ebal, caliper: 1}]\n":       "`caliper` belongs to nearest",
		"inference: {multiplicity: bonferroni}\n":                 "`inference.multiplicity: bonferroni`",
		"inference: {family: {over: [tiltak, grupe]}}\n":          "`inference.family.over` names `grupe`",
		"inference: {family: {over: [tiltak, tiltak]}}\n":         "twice",
		"inference: {family: {over: []}}\n":                       "`inference.family.over` is empty",
		"inference: {family: {month: 12, over: [month]}}\n":       "fixes its month and runs over it",
		"inference: {family: {outcome: lonn, over: [outcome]}}\n": "fixes its outcome and runs over it",
		"inference: {family: {month: 99}}\n":                      "`inference.family.month: 99`",
		"inference: {family: {method: x}}\n":                      "`inference.family.method: x`",
		"windows: [1-99]\n":                                       "ends after the horizon",
		"windows: [1-12, 1-12]\n":                                 "twice",
		"windows: [12-1]\n":                                       "first and last",
		"windows: [0-3]\n":                                        "first and last",
	} {
		if _, err := Parse([]byte(head + text)); fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s%v", text, err)
		}
	}
	s, err := Parse([]byte(head + "windows: [1-12, 13-36]\ninference: {multiplicity: simultaneous, family: {over: [month, tiltak]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	f := s.Inference.Family
	if f.Month != 0 || f.Outcome != "stabilt_arbeid" || f.Method != "nearest" || f.Over[0] != "tiltak" || s.Windows[1] != (Window{13, 36}) {
		t.Errorf("%+v %v", f, s.Windows)
	}
}

package simulate

import (
	"testing"

	"tiltakseffekt/datasets/register"
)

// TestPathsHaveTheShapeOfStarts: one pair of paths a start, from the start month to 60 months after it or the end of the data;
// every start lies in a registration.
func TestPathsHaveTheShapeOfStarts(t *testing.T) {
	r := bigRegister(t)
	_, _, _, rows := participations(r)
	if len(rows) != len(r.Paths.Starts) {
		t.Fatalf("%d participations, %d starts", len(rows), len(r.Paths.Starts))
	}
	a := r.Tables["arbeidssoker"]
	ids, from, to := a.Column("person_id").Ints, a.Column("fra"), a.Column("til")
	at := 0
	for i, s := range r.Paths.Starts {
		if k, ok := r.Paths.Find(s.DeltakelseID); !ok || k != i {
			t.Fatalf("start %d is not found", s.DeltakelseID)
		}
		for ids[at] < s.PersonID {
			at++
		}
		inside := false
		for k := at; k < len(ids) && ids[k] == s.PersonID; k++ {
			inside = inside || from.Dates[k] <= s.Date && (to.Missing(k) || s.Date <= to.Dates[k])
		}
		if !inside {
			t.Errorf("start %d on %s lies outside the registrations", s.DeltakelseID, s.Date)
		}
		months := int(r.Options.First) + r.Options.Months - int(s.Date.Month())
		for _, which := range []Which{Follow, None} {
			h := r.Paths.Path(i, which)
			if h.First != s.Date.Month() || len(h.State) != min(months, Horizon+1) {
				t.Fatalf("path of start %d: from %s, %d months", s.DeltakelseID, h.First, len(h.State))
			}
			if h.State[0]&register.Registered == 0 {
				t.Errorf("start %d is not registered in its month on path %s", s.DeltakelseID, which)
			}
		}
	}
	if _, ok := r.Paths.Find(7); ok {
		t.Error("a start that is not there is found")
	}
}

// differences counts the months of starts in which what happened differs from a path, in ordinary work or
// registration, from the start month on.
func differences(r *Register, which Which) (work, registered, months int) {
	for i, s := range r.Paths.Starts {
		f, h := r.Factual(s.PersonID), r.Paths.Path(i, which)
		at := int(h.First - f.First)
		for k := range h.State {
			months++
			if f.Ordinary[at+k] != h.Ordinary[k] || f.OrdinaryWage[at+k] != h.OrdinaryWage[k] {
				work++
			}
			if (f.State[at+k]^h.State[k])&(register.Registered|register.Dead|register.Gone|register.Studying|register.Ufore) != 0 {
				registered++
			}
		}
	}
	return work, registered, months
}

// TestNoEffectNoDifference: without lock-in and effects a start changes nothing but the tiltak itself: with common
// random numbers what happened and both paths agree in every month.
func TestNoEffectNoDifference(t *testing.T) {
	r := generate(t, Options{Persons: 3000, Seed: 2, Scenario: "no-effect", Counterfactual: true})
	for _, which := range []Which{Follow, None} {
		if work, registered, months := differences(r, which); work+registered > 0 || months == 0 {
			t.Errorf("path %s: %d of %d months differ in work, %d in registration", which, work, months, registered)
		}
	}
	r = generate(t, Options{Persons: 3000, Seed: 2, Counterfactual: true})
	if work, _, months := differences(r, Follow); work < months/50 || work > months/2 {
		t.Errorf("default: %d of %d months differ in work", work, months)
	}
}

// TestNoneHasNoLaterTiltak: on path none nobody starts again; on path follow some do.
func TestNoneHasNoLaterTiltak(t *testing.T) {
	r := bigRegister(t)
	var follow, none int
	for i := range r.Paths.Starts {
		f, n := r.Paths.Path(i, Follow), r.Paths.Path(i, None)
		was := n.State[0]&register.InTiltak != 0 // a tiltak that was going on at the start goes on
		for k := range n.State {
			if f.State[k]&register.InTiltak != 0 {
				follow++
			}
			in := n.State[k]&register.InTiltak != 0
			if in {
				none++
			}
			if in && !was {
				t.Fatalf("start %d: in a tiltak %d months later on path none", r.Paths.Starts[i].DeltakelseID, k)
			}
			was = in
		}
	}
	if follow < 3*none {
		t.Errorf("%d months in tiltak on path follow, %d on path none", follow, none)
	}
}

// TestEffectsOfScenarios: the mean difference in ordinary work at months 3 and 24 has the sign that the scenario says.
// With some 17,000 starts the mean of paired differences has a standard error under 0.004.
func TestEffectsOfScenarios(t *testing.T) {
	effect := func(r *Register, tiltak string, h int) float64 {
		var sum, n float64
		for i, s := range r.Paths.Starts {
			p := r.Paths.Path(i, Follow)
			if s.Tiltak != tiltak || h >= len(p.State) {
				continue
			}
			f := r.Factual(s.PersonID)
			n++
			sum += flag(f.Ordinary[int(p.First-f.First)+h] > 0) - flag(p.Ordinary[h] > 0)
		}
		return sum / n
	}
	r := bigRegister(t)
	if e := effect(r, "MIDLERTIDIG_LONNSTILSKUDD", 3); e > -.03 {
		t.Errorf("no lock-in of wage subsidies: %.3f", e)
	}
	if e, o := effect(r, "MIDLERTIDIG_LONNSTILSKUDD", 24), effect(r, "JOBBKLUBB", 24); e < .04 || o > e-.02 {
		t.Errorf("wage subsidies %.3f and jobbklubb %.3f at month 24", e, o)
	}
	r = generate(t, Options{Persons: 8000, Seed: 3, Scenario: "lock-in-only", Counterfactual: true})
	for _, tiltak := range []string{"MIDLERTIDIG_LONNSTILSKUDD", "ARBEIDSFORBEREDENDE_TRENING"} {
		if e := effect(r, tiltak, 3); e > -.01 {
			t.Errorf("lock-in only, %s: %.3f at month 3", tiltak, e)
		}
		if e := effect(r, tiltak, 24); e > .005 {
			t.Errorf("lock-in only, %s: %.3f at month 24", tiltak, e)
		}
	}
}

// TestScenarios: what each scenario adds shows in the register.
func TestScenarios(t *testing.T) {
	count := func(r *Register, after, code string) (n int) {
		for i, s := range r.Paths.Starts {
			if s.Tiltak == code && (after == "" || i > 0 && r.Paths.Starts[i-1].PersonID == s.PersonID && r.Paths.Starts[i-1].Tiltak == after) {
				n++
			}
		}
		return n
	}
	base := generate(t, Options{Persons: 6000, Seed: 4})
	chains := generate(t, Options{Persons: 6000, Seed: 4, Scenario: "chains", Counterfactual: true})
	if m := count(chains, "", "MENTOR"); m < 100 {
		t.Errorf("%d mentors in scenario chains", m)
	}
	const first, next = "ARBEIDSMARKEDSOPPLAERING", "ARBEIDSTRENING"
	if a, b := count(base, first, next), count(chains, first, next); b < 3*a/2 {
		t.Errorf("%s follows on %s %d times, %d in scenario chains", next, first, a, b)
	}
	// A mentor goes on beside another tiltak, inside it.
	d := chains.Tables["deltakelse"]
	id, code, from, to := d.Column("person_id").Ints, d.Column("tiltakskode"), d.Column("start_dato"), d.Column("slutt_dato")
	for i := range d.Rows {
		if code.Text(i) != "MENTOR" || d.Column("deltakelse_id").Ints[i]%1000 > 500 {
			continue
		}
		inside := false
		for k := max(0, i-20); k < min(d.Rows, i+20); k++ {
			inside = inside || k != i && id[k] == id[i] && from.Dates[k] <= from.Dates[i] &&
				(to.Missing(k) || !to.Missing(i) && to.Dates[i] <= to.Dates[k])
		}
		if !inside {
			t.Errorf("mentor of person %d from %s goes on alone", id[i], from.Dates[i])
		}
	}
	small := generate(t, Options{Persons: 8000, Months: 24, Seed: 4, Scenario: "small-county"})
	county := small.Tables["person"].Column("fylke")
	n := 0
	for i := range county.Codes {
		if county.Text(i) == "54" {
			n++
		}
	}
	within(t, "persons of the small county", float64(n), 15, 65)
}

// TestPrefix: the first persons of a larger register are those of a smaller one.
func TestPrefix(t *testing.T) {
	a, b := generate(t, Options{Persons: 300, Seed: 9}), generate(t, Options{Persons: 700, Seed: 9})
	for id := int64(1); id <= 300; id++ {
		x, y := a.Factual(id), b.Factual(id)
		for m := range x.State {
			if x.Wage[m] != y.Wage[m] || x.State[m] != y.State[m] {
				t.Fatalf("person %d differs in month %d", id, m)
			}
		}
	}
}

package cohort

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// What a window admits does not move when the window does. In a register without sense the months of a window before each
// person's first registration after a while are filled with other work, wages and benefits, and for After everything later too, with the
// status and innsatsgruppe of the registration: no admitted covariate of a row of that episode may change, and of those that
// are left out some must, in every window.
func TestWhatAWindowAdmitsDoesNotLookAtIt(t *testing.T) {
	for _, w := range []Window{{6, 1}, {12, 7}, {18, 13}, {24, 19}, {30, 25}, {42, 31}, {9, 3}} {
		for _, after := range []bool{true, false} {
			build := func(disturb bool) (*Trials, []calendar.Date) {
				rng := rand.New(rand.NewPCG(31, 7))
				reg := tiny(rng, 300, 110)
				other := rand.New(rand.NewPCG(5, 5))
				first := make([]calendar.Date, reg.Persons.N)
				for i := range first {
					for _, e := range episodes(reg, int32(i), ByRegistration, nil) {
						if e.From.Month() >= firstMonth+45 {
							first[i] = e.From
							break
						}
					}
					if first[i] == 0 {
						continue
					}
					r := first[i].Month()
					last := r - calendar.Month(w.To)
					if after {
						last = reg.Cut
						for k := reg.FirstReg[i]; k < reg.FirstReg[i+1] && disturb; k++ {
							if g := &reg.Registrations[k]; g.From >= first[i] {
								g.Status, g.Effort = register.Status(other.IntN(4)), uint8(other.IntN(6))
							}
						}
					}
					for m := r - calendar.Month(w.From); m <= last; m++ {
						k := reg.Panel.Index(int32(i), m)
						if k < 0 || !disturb {
							continue
						}
						reg.Panel.Ordinary[k], reg.Panel.OrdinaryWage[k] = uint16(other.IntN(10000)), int32(other.IntN(5_000_000))
						reg.Panel.State[k] ^= register.State(other.IntN(1<<12)) & (register.Dagpenger | register.AAP | register.Ufore | register.Sosialhjelp | register.TiltakWage | register.Studying)
					}
				}
				d := tinyDesign()
				d.From, d.To = firstMonth+50, firstMonth+80
				trials, err := Build(t.Context(), reg, d)
				if err != nil {
					t.Fatal(err)
				}
				return trials, first
			}
			a, first := build(false)
			b, _ := build(true)
			if a.Rows.Len() != b.Rows.Len() {
				t.Fatalf("window %v: %d rows and %d: the risk set looks at the history", w, a.Rows.Len(), b.Rows.Len())
			}
			rows, moved := 0, 0
			for i, p := range a.Rows.Person {
				if a.Rows.EpisodeStart[i] != first[p] {
					continue
				}
				rows++
				for j := range a.Rows.Covariates {
					v := &a.Rows.Covariates[j]
					admitted := w.Around(v)
					if after {
						admitted = w.After(v)
					}
					if math.Abs(a.Rows.X[j].At(int32(i))-b.Rows.X[j].At(int32(i))) < 1e-9 { // means are differences of running sums, which round
						continue
					}
					moved++
					if admitted {
						t.Fatalf("window %v, after %t: %s is admitted and looks at it", w, after, v.Name)
					}
				}
			}
			if rows < 50 || moved == 0 {
				t.Errorf("window %v, after %t: %d rows, %d values moved", w, after, rows, moved)
			}
		}
	}
}

// Everything that a window admits is admitted around it, and what is known before an early window is known before a later one.
func TestWindowsAreNested(t *testing.T) {
	reg := tiny(rand.New(rand.NewPCG(6, 1)), 20, 40)
	d := tinyDesign()
	for _, v := range defaultCovariates(reg, &d) {
		if v.Earliest > v.Latest || (v.Earliest == Fixed) != (v.Latest == Fixed) {
			t.Errorf("%s looks at %d to %d", v.Name, v.Earliest, v.Latest)
		}
		early, late := Window{24, 19}, Window{12, 7}
		if early.After(&v) && (!late.After(&v) || !early.Around(&v)) {
			t.Errorf("%s is known before %v and not before %v", v.Name, early, late)
		}
	}
}

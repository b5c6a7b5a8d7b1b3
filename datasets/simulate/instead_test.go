package simulate

import (
	"reflect"
	"testing"

	"tiltakseffekt/datasets/register"
)

// In the place of a start in the very tiltak the path is what happened; in another the month of the start shows that one,
// and the register itself is the same with and without the paths.
func TestInsteadReplaysTheStart(t *testing.T) {
	opt := Options{Persons: 600, Months: 60, Seed: 4, Counterfactual: true, Instead: "ARBEIDSTRENING"}
	with, err := Generate(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.Instead = ""
	without, err := Generate(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(with.cells, without.cells) || !reflect.DeepEqual(with.Paths, without.Paths) || without.Instead != nil {
		t.Fatal("the paths in another tiltak change the register")
	}
	same, other, in := 0, 0, 0
	for i, s := range with.Paths.Starts {
		h := with.Factual(s.PersonID)
		path := with.Instead.Path(i, Follow)
		from := int(path.First - h.First)
		equal := true
		for k := range path.State {
			equal = equal && path.OrdinaryWage[k] == h.OrdinaryWage[from+k] && path.State[k] == h.State[from+k]
		}
		if s.Tiltak == "ARBEIDSTRENING" {
			same++
			if !equal {
				t.Fatalf("start %d: the same tiltak gives another path", s.DeltakelseID)
			}
			continue
		}
		other++
		if path.State[0]&register.InTiltak != 0 {
			in++
		}
	}
	if same < 20 || other < 100 || in < other*9/10 {
		t.Errorf("%d starts in the tiltak, %d in others, %d of these in a tiltak on the path", same, other, in)
	}
	opt.Instead = "MENTOR"
	if _, err := Generate(t.Context(), opt); err == nil {
		t.Error("a path in MENTOR, which goes beside another, is drawn")
	}
}

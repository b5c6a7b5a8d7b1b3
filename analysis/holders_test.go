package analysis

import (
	"testing"

	"tiltakseffekt/results"
)

// TestHolders counts by hand: a person with two starts is one person, who may have the covariate in one of them alone; of shares also
// those that are not whole count as without it; of other amounts everybody does.
func TestHolders(t *testing.T) {
	c := &cell{person: []int32{0, 0, 1, 2, 2, 3, 4}, treated: []bool{true, true, true, false, true, false, true}}
	weight := []float64{1, 1, 0, .5, 1, 0, 2}
	for _, v := range []struct {
		x    []float64
		want [3]results.Holders // treated, comparison, dropped
	}{
		{[]float64{1, 0, 1, 1, 0, 1, .5}, [3]results.Holders{{Starts: 4, Persons: 3, WithStarts: 2, WithPersons: 2, WithoutStarts: 3, WithoutPersons: 3},
			{Starts: 1, Persons: 1, WithStarts: 1, WithPersons: 1}, {Starts: 1, Persons: 1, WithStarts: 1, WithPersons: 1}}},
		{[]float64{900, 1, 0, 0, 0, 7, 1}, [3]results.Holders{{Starts: 4, Persons: 3, WithStarts: 3, WithPersons: 2, WithoutStarts: 4, WithoutPersons: 3},
			{Starts: 1, Persons: 1, WithoutStarts: 1, WithoutPersons: 1}, {Starts: 1, Persons: 1, WithoutStarts: 1, WithoutPersons: 1}}},
	} {
		c.x = [][]float64{v.x}
		var all holders
		if got := all.of(c, weight)[0]; got != v.want {
			t.Errorf("%v: %+v", v.x, got)
		}
	}
}

// TestDroppedWithFewMonths says nothing of a share of months that few of the dropped have anything of.
func TestDroppedWithFewMonths(t *testing.T) {
	c := &cell{names: []string{"aap_1_3"}, x: [][]float64{make([]float64, 60)}}
	weight := ones(60)
	for i := range 60 {
		c.person, c.treated = append(c.person, int32(i)), append(c.treated, true)
		switch {
		case i < 20: // dropped, two of them with a month
			weight[i] = 0
			if i < 2 {
				c.x[0][i] = 1. / 3
			}
		case i < 50:
			c.x[0][i] = float64(i%3+1) / 3
		}
	}
	if rows := c.droppedDiagnostics(weight, 5); rows != nil {
		t.Errorf("two persons are described: %+v", rows)
	}
}

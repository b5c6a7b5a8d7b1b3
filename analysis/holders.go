package analysis

import (
	"slices"

	"tiltakseffekt/results"
)

// The places of a row: an arm with weight, a treated row that a method dropped, or none.
const (
	keptTreated = iota
	keptComparison
	droppedTreated
	nowhere
)

// holders counts who has each covariate of a cell, for disclosure control, once for all weights that are over 0 in the same rows: most
// methods keep all of them.
type holders struct {
	places [][]uint8
	have   [][][3]results.Holders // by places and covariate
}

// of are, by covariate, those in the treated with weight, in the comparison with weight, and in the treated without.
func (h *holders) of(c *cell, weight []float64) [][3]results.Holders {
	place := make([]uint8, len(weight))
	for i, w := range weight {
		switch {
		case c.treated[i] && w > 0:
			place[i] = keptTreated
		case w > 0:
			place[i] = keptComparison
		case c.treated[i]:
			place[i] = droppedTreated
		default:
			place[i] = nowhere
		}
	}
	for k, known := range h.places {
		if slices.Equal(known, place) {
			return h.have[k]
		}
	}
	have := make([][3]results.Holders, len(c.x))
	for j, x := range c.x {
		have[j] = holdersIn(x, c.person, place)
	}
	h.places, h.have = append(h.places, place), append(h.have, have)
	return have
}

// holdersIn counts starts and persons (whose rows stand together), those with another value than 0, and those with another value than 1;
// where a value lies outside 0 to 1 everybody is among the last.
func holdersIn(x []float64, person []int32, place []uint8) (have [3]results.Holders) {
	unit := !slices.ContainsFunc(x, func(v float64) bool { return v < 0 || v > 1 })
	var last [3][3]int32
	for k := range last {
		last[k] = [3]int32{-1, -1, -1}
	}
	for i, v := range x {
		k := place[i]
		if k == nowhere {
			continue
		}
		p, h, l := person[i], &have[k], &last[k]
		h.Starts++
		if l[0] != p {
			l[0] = p
			h.Persons++
		}
		if v != 0 {
			h.WithStarts++
			if l[1] != p {
				l[1] = p
				h.WithPersons++
			}
		}
		if !unit || v != 1 {
			h.WithoutStarts++
			if l[2] != p {
				l[2] = p
				h.WithoutPersons++
			}
		}
	}
	return have
}

package matching

import (
	"slices"

	"tiltakseffekt/internal/fault"
)

// givenSets is a comparison with weights and sets that somebody else made, such as the pairs of an earlier matching.
type givenSets struct {
	plainWeights
	number []int32 // set of a row, −1 outside
	sets   *sets
}

// newGivenSets gathers rows by set. A row with weight needs a set: without one its error would be nobody's.
func newGivenSets(weight []float64, treated []bool, number []int32) (*givenSets, error) {
	sameLength("set", len(number), len(treated))
	var rows []int32
	for i, w := range weight {
		switch {
		case w == 0:
		case number[i] < 0:
			return nil, fault.Dataf("no_set", "", "", "row %d has weight %g and no number of a pair; give it one, or the weight 0", i+1, w).At(int64(i + 1))
		default:
			rows = append(rows, int32(i))
		}
	}
	slices.SortStableFunc(rows, func(a, b int32) int { return int(number[a]) - int(number[b]) })
	g := &givenSets{plainWeights: plainWeights{weight, treated}, number: number, sets: &sets{treated: treated, kind: "pair"}}
	for k, r := range rows {
		if k == 0 || number[r] != number[rows[k-1]] {
			g.sets.begin()
		}
		g.sets.add(r, weight[r])
	}
	g.sets.end()
	return g, nil
}

func (g *givenSets) subclasses() []int32 { return g.number }

// effect is the difference of weighted means with the error of Matched.ATT: V(set) + V(person) − V(set ∩ person), weights
// and sets held fixed.
func (g *givenSets) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch stdError {
	case "auto", "pair":
		return g.sets.effect(y, obs, d.Cluster, d.Clusters, false), nil
	case "robust":
		return g.plainWeights.effect(y, obs, d, stdError)
	}
	return Effect{}, wrongError(stdError, "given pairs", "auto, pair and robust")
}

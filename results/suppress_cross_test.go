package results

import (
	"math"
	"testing"
)

// A row that is hidden and of which nobody is followed is no cover for the share of another: what the two are hidden for is
// then all that is missing from the margin.
func TestNobodyFollowedCoversNothing(t *testing.T) {
	row := func(kind, value string, n, followed, with int) Chain {
		share := math.NaN()
		if followed > 0 {
			share = float64(with) / float64(followed)
		}
		return Chain{Group: "alle", Kind: kind, Value: value, N: n, Persons: n, Share: float64(n) / 63, Followed: followed, PersonsFollowed: followed,
			WorkShare: share, WithWork: with, WithoutWork: followed - with, ReentryShare: 0.5, WithReentry: followed / 2, WithoutReentry: followed - followed/2}
	}
	tables := &Tables{Chains: []Chain{row("all", "all", 63, 50, 20), row("order", "practice_only", 17, 12, 2), row("order", "opplaering_first", 3, 0, 0), row("order", "together", 43, 38, 18)}}
	if before := Attack(tables, 5); len(before) == 0 {
		t.Fatal("nothing to hide")
	}
	Suppress(tables, 5)
	for _, found := range Attack(tables, 5) {
		t.Error(found)
	}
	if tables.Chains[0].N != 63 {
		t.Error("the margin is gone, and the test tests nothing")
	}
}

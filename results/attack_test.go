package results

import (
	"math/rand/v2"
	"testing"
)

// TestAttackFindsAndDoesNot attacks small registers as they are, where it must find something, and after Suppress, where
// it must not.
func TestAttackFindsAndDoesNot(t *testing.T) {
	found := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 23))
		tables := registerOf(r, 10+r.IntN(400))
		found += len(Attack(tables, 5))
		Suppress(tables, 5)
		for _, hit := range Attack(tables, 5) {
			t.Errorf("seed %d: %s", seed, hit)
		}
	}
	if found < 300 {
		t.Errorf("the attack found %d cells in tables that were not suppressed: it cannot fail", found)
	}
}

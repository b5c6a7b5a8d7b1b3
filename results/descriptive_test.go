package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// What may be seen of the shares among those in work: no row that rests on few, no step of few between two months, nothing
// unrounded; and with enough persons everywhere, the months are shown.
func TestDescriptiveIsSuppressed(t *testing.T) {
	const limit = 5
	shown := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		tables := &Tables{}
		n, in := 20+r.IntN(600), map[int]Among{}
		with, without := 0, 0
		for h := 1; h <= 24; h++ {
			with, without = with+r.IntN(1+n/40), without+r.IntN(1+n/60)
			in[h] = Among{min(with, n), min(without, max(0, n-with)), max(0, n-with-without)}
		}
		for h := 1; h <= 24; h++ {
			for _, g := range []string{everybody, "unge"} {
				a := in[h]
				if g == "unge" {
					a = Among{a.With / 2, a.Without / 2, a.Outside / 2}
				}
				b := Among{a.With * 3, a.Without * 3, a.Outside * 3}
				tables.Descriptive = append(tables.Descriptive, Descriptive{Tiltak: "AFT", Group: g, Outcome: "beholdt", Twin: "alle", Method: "ebal", Month: h,
					ShareTreated: float64(a.With) / float64(a.known()), ShareComparison: 0.5123456, Difference: 0.1, Treated: a, Comparison: b})
			}
		}
		full := append([]Descriptive(nil), tables.Descriptive...)
		s := &suppressor{t: tables, min: limit, count: map[string]int{}, near: map[cellKey]bool{}, nest: nesting{"unge": {everybody: true}}}
		s.descriptive()
		last := map[string]Among{}
		for i, row := range tables.Descriptive {
			if row.Reason != "" {
				if !math.IsNaN(row.ShareTreated) || !math.IsNaN(row.ShareComparison) || !math.IsNaN(row.Difference) {
					t.Fatal("a hidden row has figures")
				}
				continue
			}
			shown++
			name := fmt.Sprintf("seed %d, %s month %d", seed, row.Group, row.Month)
			if a := full[i].Treated; a.With < limit || a.Without < limit || a.Outside > 0 && a.Outside < limit {
				t.Errorf("%s: %+v is shown", name, a)
			} else if b := last[row.Group]; b != (Among{}) && a.known() != b.known() && a.known()-b.known() < limit {
				t.Errorf("%s: %d found work since the last month that is shown", name, a.known()-b.known())
			} else {
				last[row.Group] = a
			}
		}
		if found := Attack(tables, limit); len(found) > 0 {
			t.Errorf("seed %d: %s", seed, strings.Join(found, "; "))
		}
	}
	if shown < 500 {
		t.Errorf("only %d rows are shown", shown)
	}
	if found := Attack(&Tables{Descriptive: []Descriptive{{ShareTreated: 1. / 3, ShareComparison: 0.5}}}, limit); len(found) != 1 {
		t.Errorf("an unrounded share is not found: %v", found)
	}
}

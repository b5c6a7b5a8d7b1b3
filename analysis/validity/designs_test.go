package validity

import (
	"math"
	"os"
	"testing"
)

// The intervals of `later_entry: censor` cover the truth without any later start, and those of `follow`, which answer
// another question, are away from it: what is subtracted are years of later tiltak.
func TestCensorCovers(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	opt := Options{Registers: 2, Persons: 3000, Methods: []string{"ebal"}, Seed: 21, LaterEntry: "censor"}
	if os.Getenv("EVALUATE_SLOW") == "1" {
		opt.Registers, opt.Persons = 100, 5000
	}
	table, err := Coverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	// Two registers are 36 intervals, some 12 of them independent.
	if got := table.Pooled[0].Coverage; got < 0.8 {
		t.Errorf("censor covers %.3f", got)
	}
	if opt.Registers < 100 {
		return
	}
	for _, r := range table.Cells {
		if r.Coverage < 0.88 || r.StdError < 0.93*r.SD { // errors with the weights as known are not too small
			t.Errorf("%s %s: covers %.3f, mean error %.4f, spread %.4f", r.Tiltak, r.Outcome, r.Coverage, r.StdError, r.SD)
		}
	}
	if r := table.Pooled[0]; math.Abs(r.Coverage-0.95) > 0.03 {
		t.Errorf("covers %.3f (± %.3f)", r.Coverage, r.MonteCarlo)
	}
}

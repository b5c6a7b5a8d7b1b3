package validity

import (
	"reflect"
	"testing"
)

// A small experiment: every design but the last covers, the last does not, and workers do not matter. The table of a
// thousand panels stands in docs/did.md.
func TestDIDCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates panels: not under -short")
	}
	opt := DIDOptions{Panels: 40, Units: 900, Seed: 5, Workers: 1}
	rows, err := DIDCoverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	families := 0
	for _, r := range rows {
		failing := r.Design == "base in the dip"
		switch {
		case failing && r.Quantity != "att_gt" && r.Coverage > .6:
			t.Errorf("%s, %s covers %.2f: the harness cannot fail", r.Design, r.Quantity, r.Coverage)
		// 40 panels: the error of a share of 0.95 is 0.034, four of them are 0.14.
		case !failing && r.Coverage < .81:
			t.Errorf("%s, %s covers %.2f (%.2f)", r.Design, r.Quantity, r.Coverage, r.MonteCarlo)
		}
		if r.Quantity == "family" {
			families++
		}
	}
	if families != 1 || len(rows) != 4*len(didDesigns)+1 {
		t.Errorf("%d rows, %d families", len(rows), families)
	}
	opt.Workers = 2
	again, err := DIDCoverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(rows, again) {
		t.Error("one worker and two give different tables")
	}
}

package validity

import (
	"os"
	"reflect"
	"testing"
)

// The intervals of cost against effect on registers whose truth is known, reference paths with their own later starts
// priced again. Intervals that took the comparison to cost nothing would miss by tens of thousands of kroner.
func TestCostIntervalsCoverTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	opt := CostOptions{Registers: 4, Persons: 3000, Workers: 1}
	slow := os.Getenv("EVALUATE_SLOW") == "1"
	if slow {
		opt = CostOptions{Workers: 2}
	}
	table, err := CostCoverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Cells {
		t.Logf("%-8s %-28s %-8s n %3d truth %10.3f bias %9.3f sd %9.3f se %9.3f coverage %.3f used %.3f", r.Method, r.Tiltak, r.Outcome, r.Estimates, r.Truth, r.Bias, r.SD, r.StdError, r.Coverage, r.CoverageUsed)
	}
	for _, r := range table.Pooled {
		t.Logf("%-8s pooled coverage %.3f (± %.3f), missing %d", r.Method, r.Coverage, r.MonteCarlo, r.Missing)
		least := 0.8
		if slow {
			least = 0.92
		}
		if r.Coverage < least || r.Missing > 0 {
			t.Errorf("%s covers %.3f (± %.3f), %d missing", r.Method, r.Coverage, r.MonteCarlo, r.Missing)
		}
	}
	for _, r := range table.Cells {
		if r.Outcome == "cost" && r.Tiltak == "ARBEIDSFORBEREDENDE_TRENING" && !(r.Truth > 50000 && r.Truth < 200000) {
			t.Errorf("the true extra cost of AFT is %.0f: months of it cost up to 20,205 each", r.Truth)
		}
	}
	if slow {
		return
	}
	opt.Workers = 2
	again, err := CostCoverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(withoutNaN(table), withoutNaN(again)) {
		t.Error("one worker and two give different tables")
	}
}

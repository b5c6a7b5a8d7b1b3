package did_test

import (
	"fmt"

	"tiltakseffekt/analysis/did"
)

// Four persons in three months: two start in month 3, two never.
func ExampleGroupTime() {
	r, err := did.GroupTime(&did.Panel{
		Times:   []int64{1, 2, 3},
		Start:   []int64{3, 3, did.Never, did.Never},
		Outcome: [][]float64{{1, 2, 1, 0}, {1, 2, 1.5, 0}, {3, 5, 2, 1}},
	}, did.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range r.Cells {
		fmt.Printf("group %d, month %d: %.2f %q\n", c.Group, c.Time, c.Estimate.Estimate, c.Reason)
	}
	fmt.Printf("overall: %.2f (%.2f)\n", r.Overall(did.Simple).Estimate, r.Overall(did.Simple).StdError)
	// Output:
	// group 3, month 1: 0.25 ""
	// group 3, month 2: 0.00 "base_period"
	// group 3, month 3: 1.75 ""
	// overall: 1.75 (0.40)
}

// One sample, two outcomes: the propensity is fitted once for both.
func ExampleFitter() {
	f, err := did.NewFitter(did.Sample{
		Treated: []bool{true, true, true, false, false, false, false, false},
		X:       [][]float64{{1, 2, 4, 1, 2, 3, 4, 2}},
	}, did.Reg, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range [][]float64{{2, 3, 5, 1, 2, 3, 4, 2}, {0, 0, 0, 0, 0, 0, 0, 0}} {
		a := f.ATT(change)
		fmt.Printf("%.2f %q\n", a.Estimate.Estimate, a.Reason)
	}
	// Output:
	// 1.00 ""
	// 0.00 "constant_outcome"
}

package matching_test

import (
	"fmt"

	"tiltakseffekt/matching"
)

// Two of the three treated rows find a comparison row within the caliper.
func ExampleNearest() {
	m, err := matching.Nearest(matching.NearestInput{
		Score:   []float64{0.30, 0.55, 0.90, 0.28, 0.60, 0.10},
		Treated: []bool{true, true, true, false, false, false},
	}, matching.NearestOptions{Caliper: 0.1, CaliperUnit: matching.CaliperRaw})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range m.Pairs {
		fmt.Printf("%d with %d at %.2f\n", p.Treated, p.Comparison, p.Distance)
	}
	e := m.ATT([]float64{10, 12, 99, 7, 8, 1}, nil, nil, 0)
	fmt.Printf("%.1f, dropped %d\n", e.Estimate, m.DroppedTreated)
	// Output:
	// 0 with 3 at 0.02
	// 1 with 4 at 0.05
	// 3.5, dropped 1
}

// The comparison rows are weighted to the mean of the treated, 40.
func ExampleEntropyBalance() {
	age := []float64{35, 45, 30, 40, 60}
	treated := []bool{true, true, false, false, false}
	b, err := matching.EntropyBalance([][]float64{age}, treated, nil, matching.EntropyOptions{Names: []string{"age"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	sum, total := 0., 0.
	for i, w := range b.Weight {
		if !treated[i] {
			sum += w * age[i]
			total += w
		}
	}
	fmt.Printf("mean %.6f, weights sum to %.6f\n", sum/total, total)
	// Output: mean 40.000000, weights sum to 2.000000
}

// A target that no weighting reaches is refused by name.
func ExampleInfeasibleError() {
	_, err := matching.EntropyBalance([][]float64{{1, 1, 0, 0}}, []bool{true, true, false, false}, nil,
		matching.EntropyOptions{Names: []string{"fylke=99"}})
	fmt.Println(err)
	// Output: no weighting of the comparison rows reaches the mean of `fylke=99`; drop or merge columns, or restrict the rows to common support
}

package design_test

import (
	"fmt"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/design"
)

func ExampleBuild() {
	t := datasets.NewTable(
		datasets.FloatColumn("age", []float64{30, 41, 25}),
		datasets.TextColumn("race", []string{"white", "black", "hispan"}, nil),
		datasets.IntColumn("educ", []int64{12, 9, 12}))
	m, err := design.Build(t, []string{"age", "race", "educ:factor"}, design.Options{})
	if err != nil {
		panic(err)
	}
	for j, name := range m.Names {
		fmt.Println(name, m.Columns[j])
	}
	// Output:
	// age [30 41 25]
	// race=hispan [0 0 1]
	// race=white [1 0 0]
	// educ=12 [1 0 1]
}

package cohort

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// BenchmarkBuild is the trials of a register in memory: rows, strata and the default covariates, with five comparison rows a
// treated one. The million persons × 120 months of the bars of size need EVALUATE_SLOW=1.
func BenchmarkBuild(b *testing.B) {
	sizes := [][2]int{{10_000, 60}, {100_000, 60}}
	if os.Getenv("EVALUATE_SLOW") != "" {
		sizes = append(sizes, [2]int{1_000_000, 120})
	}
	for _, size := range sizes {
		for _, censor := range []bool{false, true} {
			b.Run(fmt.Sprintf("persons=%d/months=%d/censor=%t", size[0], size[1], censor), func(b *testing.B) {
				reg := tiny(rand.New(rand.NewPCG(8, 8)), size[0], size[1])
				d := tinyDesign()
				d.PerTreated, d.Censor = 5, censor
				b.ReportAllocs()
				rows := 0
				for b.Loop() {
					trials, err := Build(b.Context(), reg, d)
					if err != nil {
						b.Fatal(err)
					}
					rows = trials.Rows.Len()
				}
				b.ReportMetric(float64(rows), "rows")
			})
		}
	}
}

package simulate

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tiltakseffekt/internal/bar"
)

func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{5_000, 20_000} {
		b.Run(fmt.Sprintf("persons=%d/months=96/paths", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Generate(b.Context(), Options{Persons: n, Seed: 1, Counterfactual: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBarWriteNational writes the register of issue 3: a million persons and ten years, at most two minutes on two
// cores.
func BenchmarkBarWriteNational(b *testing.B) {
	if os.Getenv("EVALUATE_SLOW") == "" {
		b.Skip("a gigabyte of files; set EVALUATE_SLOW=1")
	}
	for _, paths := range []bool{false, true} {
		b.Run(fmt.Sprintf("persons=1000000/months=120/paths=%t", paths), func(b *testing.B) {
			bar.Loop(b, bar.Bar{Time: 2 * time.Minute}, func() {
				w, err := Write(b.Context(), filepath.Join(b.TempDir(), "register"), Options{Persons: 1_000_000, Months: 120, Seed: 1, Counterfactual: paths}, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(w.Rows["maaned"]), "rows")
			})
		})
	}
}

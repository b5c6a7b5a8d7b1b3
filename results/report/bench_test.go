package report

import (
	"testing"

	"tiltakseffekt/results/figure"
	"tiltakseffekt/results/internal/madeup"
)

// The size of the demo: 6 tiltak, 7 groups, 3 outcomes, 36 months, 3 methods.
func BenchmarkReport6x7(b *testing.B) {
	r, tables := madeup.Make(6, 7)
	for b.Loop() {
		if _, err := Files(r, tables); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFigures6x7(b *testing.B) {
	r, tables := madeup.Make(6, 7)
	for b.Loop() {
		if _, err := figure.Files(b.Context(), r, tables, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSuppress6x30 makes the tables too, which is the smaller part.
func BenchmarkSuppress6x30(b *testing.B) {
	for b.Loop() {
		madeup.Make(6, 30)
	}
}

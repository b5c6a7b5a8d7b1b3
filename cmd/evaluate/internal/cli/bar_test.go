package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"tiltakseffekt/analysis/validity"
	"tiltakseffekt/internal/bar"
)

// BenchmarkBarDemo is the main job on a simulated register of 20,000 persons and 8 years, report included.
func BenchmarkBarDemo(b *testing.B) {
	dir := b.TempDir()
	n := 0
	bar.Loop(b, bar.Bar{Time: 2 * time.Minute}, func() {
		n++
		var status int
		out := filepath.Join(dir, strconv.Itoa(n))
		if status = Main([]string{"demo", "--out", out, "--quiet"}, nil, discard{}, discard{}); status != 0 {
			b.Fatalf("status %d", status)
		}
	})
}

// BenchmarkBarCoverage is 200 registers of 5,000 persons with a study on each.
func BenchmarkBarCoverage(b *testing.B) {
	if os.Getenv("EVALUATE_SLOW") != "1" {
		b.Skip("minutes long: set EVALUATE_SLOW=1")
	}
	bar.Loop(b, bar.Bar{Time: 20 * time.Minute}, func() {
		if _, err := validity.Coverage(b.Context(), validity.Options{}); err != nil {
			b.Fatal(err)
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

package duration

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"tiltakseffekt/internal/bar"
)

// national skips a bar whose data take more than a second to draw, unless EVALUATE_SLOW=1.
func national(b *testing.B) {
	b.Helper()
	if os.Getenv("EVALUATE_SLOW") != "1" {
		b.Skip("national size: set EVALUATE_SLOW=1")
	}
}

// Bar: Kaplan–Meier, competing exits and log-rank by tiltak × group (30 × 7) on 10 million monthly spells in at most
// 1.5 s on two cores.
func BenchmarkBarCurves10M(b *testing.B) {
	national(b)
	in := spells(10_000_000, 210, 5)
	bar.Loop(b, bar.Bar{Time: 1500 * time.Millisecond}, func() {
		if _, err := KaplanMeierByGroup(in, Options{}); err != nil {
			b.Fatal(err)
		}
		if _, err := AalenJohansen(in, Options{}); err != nil {
			b.Fatal(err)
		}
		if _, err := LogRank(in, TestOptions{}); err != nil {
			b.Fatal(err)
		}
	})
}

// Bar: Cox with Efron ties, 5 covariates, 1 million monthly spells with clustered errors in at most 2.5 s.
func BenchmarkBarCoxClustered1M(b *testing.B) {
	national(b)
	in, x := regression(1_000_000)
	in.Clusters = len(in.Time) / 3
	in.Cluster = make([]int32, len(in.Time))
	for i := range in.Cluster {
		in.Cluster[i] = int32(i % in.Clusters)
	}
	bar.Loop(b, bar.Bar{Time: 2500 * time.Millisecond}, func() {
		if _, err := Cox(in, x, CoxOptions{}); err != nil {
			b.Fatal(err)
		}
	})
}

// regression draws n monthly spells with two states and five covariates.
func regression(n int) (Input, Covariates) {
	r := rand.New(rand.NewPCG(11, 11))
	in := spells(n, 1, 2)
	in.Group, in.Groups = nil, nil
	x := Covariates{Names: []string{"age", "sex", "education", "local", "month"}, Columns: make([][]float64, 5)}
	for j := range x.Columns {
		x.Columns[j] = make([]float64, n)
		for i := range n {
			switch j {
			case 1:
				x.Columns[j][i] = float64(r.IntN(2))
			case 2:
				x.Columns[j][i] = float64(r.IntN(10))
			default:
				x.Columns[j][i] = r.NormFloat64()
			}
		}
	}
	return in, x
}

func BenchmarkKaplanMeier(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		in := spells(n, 210, 5)
		b.Run(fmt.Sprintf("months/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := KaplanMeierByGroup(in, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		r := rand.New(rand.NewPCG(5, 5))
		continuous := clone(in)
		for i := range continuous.Time {
			continuous.Time[i] += r.Float64()
		}
		b.Run(fmt.Sprintf("continuous/n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := KaplanMeierByGroup(continuous, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Bar: Fine–Gray at 1 million spells with its variance in at most 9 s.
func BenchmarkBarFineGray1M(b *testing.B) {
	national(b)
	in, x := regression(1_000_000)
	r := rand.New(rand.NewPCG(13, 13))
	continuous := clone(in)
	for i := range continuous.Time {
		continuous.Time[i] += r.Float64()
	}
	for _, c := range []struct {
		name string
		in   Input
	}{{"months", in}, {"continuous", continuous}} {
		b.Run(c.name, func(b *testing.B) {
			bar.Loop(b, bar.Bar{Time: 9 * time.Second}, func() {
				if _, err := FineGray(c.in, x, CoxOptions{State: 1}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// Bar: timing of events on durdata, all points to 11, in at most 60 s.
func BenchmarkBarTimingDurdata(b *testing.B) {
	national(b)
	in := durdata(b)
	bar.Loop(b, bar.Bar{Time: time.Minute}, func() {
		if _, err := Timing(in, TimingOptions{Points: 11}); err != nil {
			b.Fatal(err)
		}
	})
}

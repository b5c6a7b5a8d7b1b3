// Package bar measures speed bars: promises of issues that a job of a stated size ends within a time and a memory. Each is
// a benchmark called BenchmarkBar…; `go run ./internal/bar/list` runs them all and prints bar, time, peak memory and
// verdict. They are no tests: a busy machine must not fail a build.
package bar

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// Bar is what a job may take. Zero means that nothing is promised.
type Bar struct {
	Time   time.Duration
	Memory int64 // peak live heap less what lived before, in bytes
}

// Loop is `for b.Loop() { f() }` with the bar beside the figures: it reports the shortest time of an iteration as best-s
// and, from one further run with frequent collections, the peak live heap less the inputs as peak-MiB. The inputs are
// whatever lives when Loop is called.
func Loop(b *testing.B, bar Bar, f func()) {
	b.Helper()
	b.ReportAllocs()
	best := time.Duration(1<<63 - 1)
	for b.Loop() {
		begin := time.Now()
		f()
		best = min(best, time.Since(begin))
	}
	b.ReportMetric(best.Seconds(), "best-s")
	b.ReportMetric(float64(peak(f))/(1<<20), "peak-MiB")
	if bar.Time > 0 {
		b.ReportMetric(bar.Time.Seconds(), "bar-s")
	}
	if bar.Memory > 0 {
		b.ReportMetric(float64(bar.Memory)/(1<<20), "bar-MiB")
	}
}

// peak is the largest live heap seen while f runs, less what lived before it. The collector runs whenever the heap has
// grown by a twentieth, and what it found alive is read every millisecond.
func peak(f func()) int64 {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	live := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before := live()
	top := before
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				top = max(top, live())
			}
		}
	}()
	f()
	close(stop)
	<-done
	return top - before
}

// Package bar measures speed bars: promises of issues that a job of a stated size ends within a time and a memory. Each is
// a benchmark called BenchmarkBar…; `go run ./internal/bar/list` runs them all and prints bar, time, peak memory and
// verdict. They are no tests: a busy machine must not fail a build.
package bar

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Bar is what a job may take. Zero means that nothing is promised.
type Bar struct {
	Time   time.Duration
	Memory int64 // peak live heap less what lived before, in bytes
	// Process makes Memory a promise about the whole process: its peak resident memory, garbage and inputs included.
	Process bool
}

// Loop is `for b.Loop() { f() }` with the bar beside the figures: it reports the shortest time of an iteration as best-s
// and, from one further run with frequent collections, the peak live heap less the inputs as peak-MiB. The inputs are
// whatever lives when Loop is called. With Bar.Process there is no further run: peak-MiB is the largest resident memory of an
// iteration, and is left out where the system does not tell it.
func Loop(b *testing.B, bar Bar, f func()) {
	b.Helper()
	b.ReportAllocs()
	best := time.Duration(1<<63 - 1)
	top, told := int64(0), true
	for b.Loop() {
		if bar.Process {
			b.StopTimer()
			told = forgetResident() && told
			b.StartTimer()
		}
		begin := time.Now()
		f()
		best = min(best, time.Since(begin))
		if bar.Process {
			top = max(top, resident())
		}
	}
	b.ReportMetric(best.Seconds(), "best-s")
	if !bar.Process {
		top = peak(f)
	}
	if told {
		b.ReportMetric(float64(top)/(1<<20), "peak-MiB")
	}
	if bar.Time > 0 {
		b.ReportMetric(bar.Time.Seconds(), "bar-s")
	}
	if bar.Memory > 0 {
		b.ReportMetric(float64(bar.Memory)/(1<<20), "bar-MiB")
	}
}

// collect leaves nothing that is dead: what lay in a sync.Pool, or has a finalizer, outlives the first collection.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

// peak is the largest live heap seen while f runs, less what lived before it. The collector runs whenever the heap has
// grown by a twentieth, and what it found alive is read every millisecond.
func peak(f func()) int64 {
	collect()
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

// forgetResident gives free memory back and makes resident begin anew; ok is false where the system cannot.
func forgetResident() (ok bool) {
	collect()
	debug.FreeOSMemory()
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil // proc(5): resets the peak resident set size
}

// resident is the peak resident memory of the process in bytes since forgetResident, 0 where the system does not tell.
func resident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"

	"tiltakseffekt/internal/pace"
)

var pacing sync.Once

// paceCollector sets the growth of the heap after each collection, unless GOGC says what it shall be. By default Go lets it grow to
// twice what lives, which for a national register is gigabytes of garbage. Nearly all of our live heap is columns without pointers,
// and they cost a collection nothing: it can come sooner (internal/pace).
func paceCollector() {
	if os.Getenv("GOGC") == "" {
		pacing.Do(func() { afterCollection(newPacer(pace.Growth)) })
	}
}

// newPacer is what sets the growth to that of the heap that was last found alive.
func newPacer(growth func(live int64) int) func() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 100
	return func() {
		metrics.Read(sample)
		if want := growth(int64(sample[0].Value.Uint64())); want != set {
			set = want
			debug.SetGCPercent(set)
		}
	}
}

// afterCollection has f called soon after every collection, on the goroutine of finalizers: each one finds a new object dead.
func afterCollection(f func()) {
	type canary struct{ _ [16]byte } // large enough to lie in no block with others
	var arm func()
	arm = func() {
		runtime.SetFinalizer(new(canary), func(*canary) {
			f()
			arm()
		})
	}
	arm()
}

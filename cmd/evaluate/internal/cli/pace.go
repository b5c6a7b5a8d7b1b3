package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// By default the collector lets the heap grow to twice what lives, which for a national register is gigabytes of garbage. Nearly
// all of our live heap is columns without pointers, and they cost a collection nothing: it can come when a fixed amount of
// garbage has gathered, however much lives.
const (
	garbage     = 1 << 30 // bytes that may be garbage before a collection
	leastGrowth = 10      // per cent of the live heap
)

// growth is the per cent by which a heap with so many live bytes may grow before it is collected: the GOGC of the moment.
func growth(live uint64) int {
	if live <= garbage {
		return 100
	}
	return max(leastGrowth, int(100*garbage/live))
}

var pacing sync.Once

// paceCollector sets the growth after each collection, unless GOGC says what it shall be.
func paceCollector() {
	if os.Getenv("GOGC") == "" {
		pacing.Do(func() { afterCollection(newPacer(growth)) })
	}
}

// newPacer is what sets the growth to that of the heap that was last found alive.
func newPacer(growth func(live uint64) int) func() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 100
	return func() {
		metrics.Read(sample)
		if want := growth(sample[0].Value.Uint64()); want != set {
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

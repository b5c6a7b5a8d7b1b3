package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// After a collection the growth is that of what lives, and it comes back when that is gone.
func TestPacerFollowsTheHeap(t *testing.T) {
	old := debug.SetGCPercent(100)
	debug.SetGCPercent(old)
	done := make(chan struct{})
	t.Cleanup(func() { close(done); debug.SetGCPercent(old) })
	pace := newPacer(func(live int64) int {
		if live > 256<<20 {
			return 37
		}
		return 100
	})
	afterCollection(func() {
		select {
		case <-done:
		default:
			pace()
		}
	})
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	becomes := func(want int) {
		t.Helper()
		for range 200 {
			runtime.GC()
			if percent() == want {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Errorf("the growth is %d per cent, want %d", percent(), want)
	}
	much := make([]byte, 300<<20)
	becomes(37)
	runtime.KeepAlive(much)
	much = nil
	becomes(100)
}

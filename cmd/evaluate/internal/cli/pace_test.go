package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 100}, {1 << 30, 100}, {2 << 30, 50}, {4 << 30, 25}, {8 << 30, 12}, {100 << 30, 10}} {
		if got := growth(c.live); got != c.want {
			t.Errorf("with %d MiB live the heap may grow by %d per cent, want %d", c.live>>20, got, c.want)
		}
	}
}

// After a collection the growth is that of what lives, and it comes back when that is gone.
func TestPacerFollowsTheHeap(t *testing.T) {
	old := debug.SetGCPercent(100)
	debug.SetGCPercent(old)
	done := make(chan struct{})
	t.Cleanup(func() { close(done); debug.SetGCPercent(old) })
	pace := newPacer(func(live uint64) int {
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

package pace

import "testing"

func TestGrowth(t *testing.T) {
	for _, c := range []struct{ live, garbage, percent int64 }{{0, 0, 100}, {1 << 20, 1 << 20, 100}, {1 << 30, 1 << 30, 100}, {2 << 30, 1 << 30, 50}, {4 << 30, 1 << 30, 25}, {8 << 30, 1 << 30, 12},
		{100 << 30, 10 << 30, 10}} {
		if got := Garbage(c.live); got != c.garbage {
			t.Errorf("beside %d bytes that live %d may wait, want %d", c.live, got, c.garbage)
		}
		if got := Growth(c.live); int64(got) != c.percent {
			t.Errorf("a heap of %d bytes may grow by %d per cent, want %d", c.live, got, c.percent)
		}
	}
}

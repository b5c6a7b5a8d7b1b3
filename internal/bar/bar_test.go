package bar

import (
	"testing"
	"time"
)

var keep []byte

func TestPeakSeesWhatLives(t *testing.T) {
	const size = 64 << 20
	got := peak(func() {
		b := make([]byte, size)
		for i := range 40 { // long enough for a collection to find it alive
			b[i]++
			garbage()
			time.Sleep(2 * time.Millisecond)
		}
		keep = b
	})
	keep = nil
	if got < size*9/10 || got > size*2 {
		t.Errorf("peak of a 64 MiB slice is %d MiB", got>>20)
	}
}

func garbage() { keep = make([]byte, 1<<20) }

package bar

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

var keep []byte

const size = 64 << 20

// grow holds a slice of size for long enough that a collection finds it alive.
func grow() {
	b := make([]byte, size)
	for i := range 40 {
		for at := i * size / 40; at < (i+1)*size/40; at += 4096 {
			b[at]++
		}
		garbage()
		time.Sleep(2 * time.Millisecond)
	}
	keep = b
}

func garbage() { keep = make([]byte, 1<<20) }

func TestPeakSeesWhatLives(t *testing.T) {
	got := peak(grow)
	keep = nil
	if got < size*9/10 || got > size*2 {
		t.Errorf("peak of a 64 MiB slice is %d MiB", got>>20)
	}
}

// What an earlier run left in a pool, or to a finalizer, is no input: it would be taken off the peak.
func TestPeakForgetsWhatIsDead(t *testing.T) {
	var pool sync.Pool
	kept := make([]byte, size)
	pool.Put(&kept)
	held := &struct{ b []byte }{make([]byte, size)}
	runtime.SetFinalizer(held, func(*struct{ b []byte }) {})
	held = nil
	got := peak(grow)
	keep = nil
	if got < size*9/10 {
		t.Errorf("peak of a 64 MiB slice is %d MiB after a run that left 128 MiB dead", got>>20)
	}
}

func TestResidentBeginsAnew(t *testing.T) {
	if !forgetResident() || resident() == 0 {
		t.Skip("this system does not tell the peak resident memory of a process")
	}
	before := resident()
	grow()
	with := resident()
	keep = nil
	forgetResident()
	if after := resident(); with-before < size*9/10 || after > with-size*9/10 {
		t.Errorf("%d MiB before, %d with 64 MiB more, %d after", before>>20, with>>20, after>>20)
	}
}

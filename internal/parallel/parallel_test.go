package parallel

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
)

func TestForRunsEachTaskOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 7} {
		for _, n := range []int{0, 1, 5, 1000} {
			counts := make([]int32, n)
			if err := For(t.Context(), workers, n, func(i int) error { atomic.AddInt32(&counts[i], 1); return nil }); err != nil {
				t.Fatal(err)
			}
			for i, c := range counts {
				if c != 1 {
					t.Errorf("workers %d: task %d ran %d times", workers, i, c)
				}
			}
		}
	}
}

func TestForReturnsErrorPanicAndCancellation(t *testing.T) {
	bad := errors.New("bad")
	for _, workers := range []int{1, 3} {
		if err := For(t.Context(), workers, 10, func(i int) error {
			if i == 4 {
				return bad
			}
			return nil
		}); !errors.Is(err, bad) {
			t.Errorf("workers %d: error is %v", workers, err)
		}
		if err := For(t.Context(), workers, 10, func(int) error { panic("boom") }); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("workers %d: a panic came back as %v", workers, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ran := atomic.Int32{}
		err := For(ctx, workers, 1000, func(int) error { ran.Add(1); cancel(); return nil })
		if !errors.Is(err, context.Canceled) || ran.Load() > 10 {
			t.Errorf("workers %d: after cancelling %d tasks ran, error %v", workers, ran.Load(), err)
		}
	}
}

func TestBlocksCoverTheRangeInTheSamePieces(t *testing.T) {
	const n, size = 103, 10
	var cuts [2][]int
	for i, workers := range []int{1, 4} {
		cuts[i] = make([]int, NumBlocks(n, size)*2)
		if err := Blocks(t.Context(), workers, n, size, func(b, from, to int) error {
			cuts[i][2*b], cuts[i][2*b+1] = from, to
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	at := 0
	for b := 0; b < len(cuts[0]); b += 2 {
		if cuts[0][b] != at || cuts[0][b] != cuts[1][b] || cuts[0][b+1] != cuts[1][b+1] {
			t.Fatalf("block %d is %v and %v", b/2, cuts[0][b:b+2], cuts[1][b:b+2])
		}
		at = cuts[0][b+1]
	}
	if at != n {
		t.Errorf("the blocks end at %d, want %d", at, n)
	}
}

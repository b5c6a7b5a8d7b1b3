// Package parallel shares independent tasks among workers so that the result does not depend on their number:
// tasks write to their own place, and whoever sums folds in task order.
package parallel

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Workers returns n, or the number of processors where n is under 1.
func Workers(n int) int {
	if n < 1 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// For runs task(i) for i in [0, n) on at most workers goroutines (workers < 1 means one a processor) and returns the
// error of the lowest i that failed, or the context's error where it was cancelled. Once a task has failed or the
// context is done no further task is begun. A panic in a task comes back as an error with its stack, so that one bad
// cell cannot take the process down unnoticed.
func For(ctx context.Context, workers, n int, task func(i int) error) error {
	workers = min(Workers(workers), n)
	if workers <= 1 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := guard(task, i); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	var stop atomic.Bool
	errs := make([]error, n)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for !stop.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = guard(task, i); errs[i] != nil {
					stop.Store(true)
				}
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func guard(task func(int) error, i int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("task %d: %v\n%s", i, p, debug.Stack())
		}
	}()
	return task(i)
}

// Blocks cuts [0, n) into pieces of the given size (the last may be shorter) and calls task(block, from, to) for each
// as For does. The cut depends on n and size only, never on the number of workers: sums a block, folded in block
// order, are the same to the last bit whatever the machine.
func Blocks(ctx context.Context, workers, n, size int, task func(block, from, to int) error) error {
	if size < 1 {
		panic("parallel: block size < 1")
	}
	return For(ctx, workers, NumBlocks(n, size), func(b int) error {
		return task(b, b*size, min((b+1)*size, n))
	})
}

// NumBlocks is the number of blocks that Blocks makes.
func NumBlocks(n, size int) int { return (n + size - 1) / size }

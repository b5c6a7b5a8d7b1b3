package did

import (
	"context"
	"fmt"
	"math/bits"
	"sync"

	"tiltakseffekt/internal/parallel"
)

// Bits are binary outcomes of N units in T periods, one bit each, by unit: the outcome of unit i in period t is bit t%64 of
// Data[i*Words + t/64], with Words = ⌈T/64⌉. A person over ten years of months is two words.
type Bits struct {
	Times []int64
	Start []int64 // N
	Words int
	Data  []uint64 // N × Words
}

// NewBits are N units whose outcomes are all 0.
func NewBits(times, start []int64) *Bits {
	w := (len(times) + 63) / 64
	return &Bits{times, start, w, make([]uint64, w*len(start))}
}

// Set makes the outcome of unit i in the period with index t 1.
func (b *Bits) Set(i, t int) { b.Data[i*b.Words+t/64] |= 1 << (t % 64) }

// bitBlock is the number of 64-unit words that are counted together: T×bitBlock words stay in the first-level cache.
const bitBlock = 16

// Statistics counts, for every cohort and every pair of months, the units with outcome 1 in both: the months of a block of
// units are transposed into columns of bits, and a pair costs one AND and one population count for 64 units. The counts
// are whole numbers, so that the result is exact.
func (b *Bits) Statistics(workers int) (*Statistics, error) {
	n, T := len(b.Start), len(b.Times)
	if b.Words != (T+63)/64 || len(b.Data) != n*b.Words {
		panic(fmt.Sprintf("did: %d words for %d units and %d periods", len(b.Data), n, T))
	}
	cohorts, order, from := byCohort(b.Start, nil)
	s := newStatistics(b.Times, cohorts, from)
	s.order, s.from, s.scale = order, from, 1
	counts := make([][]int64, len(cohorts)) // lower triangle, row-major T×T
	for h := range counts {
		counts[h] = make([]int64, T*T)
	}
	locks := make([]sync.Mutex, len(cohorts))
	runs := runsOf(from, 1<<15)
	pool := sync.Pool{New: func() any {
		return &bitScratch{make([]uint64, b.Words*64*bitBlock), make([]int32, T*T)}
	}}
	err := parallel.For(context.Background(), workers, len(runs), func(r int) error {
		run := runs[r]
		x := pool.Get().(*bitScratch)
		defer pool.Put(x)
		clear(x.counts)
		for lo := run.lo; lo < run.hi; lo += 64 * bitBlock {
			b.count(order[lo:min(lo+64*bitBlock, run.hi)], x, T)
		}
		locks[run.h].Lock() // whole numbers: the order of addition does not matter
		for i, c := range x.counts {
			counts[run.h][i] += int64(c)
		}
		locks[run.h].Unlock()
		return nil
	})
	if err != nil {
		return nil, err
	}
	for h, c := range counts {
		m := float64(s.Count[h])
		for t := range T {
			s.Mean[h][t] = float64(c[t*T+t]) / m
			for u := range t + 1 {
				v := float64(c[t*T+u]) - float64(c[t*T+t])*float64(c[u*T+u])/m
				s.Cross[h][t*T+u], s.Cross[h][u*T+t] = v, v
			}
		}
	}
	return s, nil
}

type bitScratch struct {
	months []uint64 // months[t*bitBlock + k]: month t of units 64k … 64k+63
	counts []int32
}

// count adds the pair counts of at most 64·bitBlock units.
func (b *Bits) count(units []int32, x *bitScratch, T int) {
	var square [64]uint64
	words := (len(units) + 63) / 64
	for k := range words {
		part := units[k*64 : min(k*64+64, len(units))]
		for w := range b.Words {
			for i, u := range part {
				square[i] = b.Data[int(u)*b.Words+w]
			}
			clear(square[len(part):])
			transpose(&square)
			for t, v := range square {
				x.months[(w*64+t)*bitBlock+k] = v
			}
		}
	}
	for t := range T {
		a := x.months[t*bitBlock : t*bitBlock+words]
		row := x.counts[t*T : t*T+t+1]
		for u := range row {
			c := x.months[u*bitBlock : u*bitBlock+words]
			c = c[:len(a)]
			sum := 0
			for k, v := range a {
				sum += bits.OnesCount64(v & c[k])
			}
			row[u] += int32(sum)
		}
	}
}

// transpose turns a 64×64 matrix of bits on its diagonal: bit j of a[i] becomes bit i of a[j] (Hacker's Delight §7-3).
func transpose(a *[64]uint64) {
	mask := uint64(0x00000000ffffffff)
	for j := 32; j != 0; j >>= 1 {
		for k := 0; k < 64; k = (k + j + 1) &^ j {
			t := (a[k]>>j ^ a[k+j]) & mask
			a[k] ^= t << j
			a[k+j] ^= t
		}
		mask ^= mask << (j >> 1)
	}
}

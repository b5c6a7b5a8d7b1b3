// Package random gives every task its own named stream of random numbers.
//
// A stream is named by the seed of the run, a purpose and indices; it does not depend on any other stream, on the
// order in which tasks run, or on the number of workers. There is no shared source and none is seeded from the clock.
package random

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// New returns the generator of the stream (seed, purpose, index…): ChaCha8 keyed with the SHA-256 of the name.
// Use it where one task draws many numbers.
func New(seed uint64, purpose string, index ...uint64) *rand.Rand {
	return rand.New(rand.NewChaCha8(name(seed, purpose, index)))
}

func name(seed uint64, purpose string, index []uint64) [32]byte {
	b := make([]byte, 0, 16+len(purpose)+8*len(index))
	b = binary.LittleEndian.AppendUint64(b, seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(purpose)))
	b = append(b, purpose...)
	for _, i := range index {
		b = binary.LittleEndian.AppendUint64(b, i)
	}
	return sha256.Sum256(b)
}

// Keyed is a function from keys to uniform numbers: the same key always gives the same number, so that a row's draw
// does not depend on which other rows exist. It is made for millions of draws of one or a few numbers each, such as
// one a person and month.
//
// The mixing is that of wyhash (Wang Yi, 2020): two rounds of 64×64→128 bit multiplication, folded by exclusive or.
type Keyed struct{ k0, k1, k2 uint64 }

// NewKeyed returns the keyed stream of (seed, purpose, index…).
func NewKeyed(seed uint64, purpose string, index ...uint64) Keyed {
	h := name(seed, purpose, index)
	return Keyed{
		binary.LittleEndian.Uint64(h[0:]) | 1,
		binary.LittleEndian.Uint64(h[8:]) | 1,
		binary.LittleEndian.Uint64(h[16:]) | 1,
	}
}

// Uint64 is the number at key (a, b).
func (k Keyed) Uint64(a, b uint64) uint64 {
	x := mum(a^k.k0, b^k.k1)
	return mum(x^k.k2, (a+b)^0x9e3779b97f4a7c15^bits.RotateLeft64(x, 29))
}

// Uniform is the number at key (a, b) on [0, 1), with 53 random bits.
func (k Keyed) Uniform(a, b uint64) float64 { return float64(k.Uint64(a, b)>>11) * 0x1p-53 }

func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

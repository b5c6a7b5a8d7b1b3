package parquetio

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/random"
)

// hybrid encodes values as runs and packed groups, chosen at random: the reverse of decodeHybrid, bit by bit.
func hybrid(values []uint32, width int, pick func(n int) int) []byte {
	var b []byte
	for i := 0; i < len(values); {
		run := 1
		for i+run < len(values) && values[i+run] == values[i] {
			run++
		}
		if pick(2) == 0 {
			run = 1 + pick(run)
			b = binary.AppendUvarint(b, uint64(run)<<1)
			for k := range (width + 7) / 8 {
				b = append(b, byte(values[i]>>(8*k)))
			}
			i += run
			continue
		}
		groups := 1 + pick(5)
		if left := len(values) - i; 8*groups > left {
			groups = (left + 7) / 8 // the last group is filled up with anything
		}
		b = binary.AppendUvarint(b, uint64(groups)<<1|1)
		packed := make([]byte, groups*width)
		for k := range 8 * groups {
			v := uint32(pick(1 << 16))
			if i+k < len(values) {
				v = values[i+k]
			}
			for bit := range width {
				if v>>bit&1 == 1 {
					packed[(k*width+bit)/8] |= 1 << ((k*width + bit) % 8)
				}
			}
		}
		b = append(b, packed...)
		i += 8 * groups
	}
	return b
}

func TestHybrid(t *testing.T) {
	r := random.New(1, "hybrid")
	for width := 0; width <= 32; width++ {
		for range 40 {
			values := make([]uint32, r.IntN(100))
			for i := range values {
				values[i] = r.Uint32() & uint32(uint64(1)<<width-1)
				if i > 0 && r.IntN(3) > 0 {
					values[i] = values[i-1]
				}
			}
			b := hybrid(values, width, r.IntN)
			got := make([]uint32, len(values))
			if err := decodeHybrid(b, width, got); err != nil || !slices.Equal(got, values) {
				t.Fatalf("width %d: %v %v, want %v", width, got, err, values)
			}
			if width > 0 && len(values) > 0 {
				if err := decodeHybrid(b[:r.IntN(len(b))], width, got); err == nil && !slices.Equal(got, values) {
					t.Fatalf("width %d: cut short, and other values", width)
				}
			}
			if width == 1 {
				missing := make([]bool, len(values))
				present, err := decodeLevels(b, missing)
				there := 0
				for i, v := range values {
					there += int(v)
					if missing[i] != (v == 0) {
						t.Fatalf("level %d of %v", i, values)
					}
				}
				if err != nil || present != there {
					t.Fatalf("%d present of %d: %v", present, there, err)
				}
				packed := make([]byte, (len(values)+7)/8)
				for i, v := range values {
					packed[i/8] |= byte(v) << (7 - i%8)
				}
				clear(missing)
				if present, rest, err := packedLevels(append(packed, 'x'), missing); err != nil || present != there || string(rest) != "x" {
					t.Fatalf("packed: %d present of %d, rest %q, %v", present, there, rest, err)
				}
			}
		}
	}
}

// TestDecimals: a decimal is the double nearest to it, held against exact rational arithmetic.
func TestDecimals(t *testing.T) {
	r := random.New(2, "decimals")
	for range 20_000 {
		size, scale := 1+r.IntN(16), r.IntN(40)
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		v := new(big.Int).SetBytes(b)
		if b[0] >= 128 {
			v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
		}
		want, _ := new(big.Rat).SetFrac(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).Float64()
		if got := bigEndian(b, scale); got != want {
			t.Fatalf("%v / 10^%d: %v, want %v", v, scale, got, want)
		}
	}
}

// TestHalf: all 65,536 numbers of 16 bits, by the definition in IEEE 754.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		sign := math.Pow(-1, float64(h>>15))
		exponent, fraction := h>>10&31, float64(h&1023)/1024
		want := sign * math.Pow(2, float64(exponent-15)) * (1 + fraction)
		switch {
		case exponent == 0:
			want = sign * math.Pow(2, -14) * fraction
		case exponent == 31 && fraction == 0:
			want = math.Inf(int(sign))
		case exponent == 31:
			want = math.NaN()
		}
		if got := half(uint16(h)); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("%#04x: %v, want %v", h, got, want)
		}
	}
}

// BenchmarkTexts reads a column of distinct keys of 32 characters, as a register partitioned by month has.
func BenchmarkTexts(b *testing.B) {
	for _, rows := range []int{1_000_000} {
		r := random.New(3, "texts")
		v := vector.Values{Kind: vector.String, Rows: rows, Codes: make([]uint32, rows), Levels: make([]string, rows)}
		for i := range rows {
			v.Codes[i] = uint32(i)
			v.Levels[i] = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())
		}
		var file bytes.Buffer
		w := NewWriter(&file, []vector.Field{{Name: "id", Kind: vector.String}}, WriterOptions{})
		if err := w.WriteGroup(context.Background(), []vector.Values{v}); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		p, err := NewFile(bytes.NewReader(file.Bytes()), int64(file.Len()), "x")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v, err := p.Read(0, 0); err != nil || v.Rows != rows {
					b.Fatal(err)
				}
			}
		})
	}
}

package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// oddValues are patterns that a comparison with == or a conversion to float32 would lose.
var oddValues = []float64{0, math.Copysign(0, -1), 1, math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0x7ff8000000000abc), math.Float64frombits(0xfff0000000000001),
	math.SmallestNonzeroFloat64, math.MaxFloat64, math.MaxFloat32, math.Nextafter(1, 2), 1. / 3, float64(float32(.1)), .1}

// columnsOfValues draws n values of a kind; the kinds reach every way a chunk can be kept in.
var columnsOfValues = []struct {
	name string
	draw func(r *rand.Rand, i int) float64
}{
	{"constant", func(*rand.Rand, int) float64 { return math.Float64frombits(0x7ff8000000000abc) }},
	{"both zeros", func(r *rand.Rand, _ int) float64 { return math.Copysign(0, r.Float64()-.5) }},
	{"3 levels", func(r *rand.Rand, _ int) float64 { return float64(r.IntN(3)) }},
	{"odd", func(r *rand.Rand, _ int) float64 { return oddValues[r.IntN(len(oddValues))] }},
	{"256 levels", func(r *rand.Rand, _ int) float64 { return float64(r.IntN(256)) / 7 }},
	{"257 levels", func(_ *rand.Rand, i int) float64 { return float64(i%257) / 7 }},
	{"20,000 levels", func(r *rand.Rand, _ int) float64 { return float64(r.IntN(20_000)) / 7 }},
	{"single", func(r *rand.Rand, i int) float64 { return float64(float32(i) + r.Float32()) }},
	{"continuous", func(r *rand.Rand, _ int) float64 { return r.NormFloat64() }},
	{"continuous with odd", func(r *rand.Rand, i int) float64 {
		if i%5 == 0 {
			return oddValues[r.IntN(len(oddValues))]
		}
		return r.NormFloat64()
	}},
	{"over 65,536 levels, changing", func(r *rand.Rand, i int) float64 { return float64(i / 3) }},
	{"first rare, then common", func(r *rand.Rand, i int) float64 {
		if i < chunkRows {
			return 0
		}
		return r.Float64()
	}},
}

func TestColumnGivesBackEveryBit(t *testing.T) {
	for _, kind := range columnsOfValues {
		for _, n := range []int{1, 2, 63, 64, 65, 1000, chunkRows - 1, chunkRows, chunkRows + 1, 3*chunkRows + 17} {
			r := rand.New(rand.NewPCG(uint64(n), 2))
			values := make([]float64, n)
			for i := range values {
				values[i] = kind.draw(r, i)
			}
			given := slices.Clone(values)
			checkColumn(t, fmt.Sprintf("%s, %d", kind.name, n), NewColumn(values), given)
		}
	}
	var none Column
	if none.Len() != 0 || none.Any(func(float64) bool { return true }) || none.Count(func(float64) bool { return true }) != 0 {
		t.Error("a column of no rows has some")
	}
	if c := NewColumn(nil); c.Len() != 0 {
		t.Errorf("a column of no values has %d rows", c.Len())
	}
}

// checkColumn compares every value, one by one and gathered in order, in parts, and in any order with repetitions.
func checkColumn(t *testing.T, name string, c Column, want []float64) {
	t.Helper()
	if c.Len() != len(want) {
		t.Fatalf("%s: %d rows", name, c.Len())
	}
	same := func(how string, row int32, got float64) {
		t.Helper()
		if math.Float64bits(got) != math.Float64bits(want[row]) {
			t.Fatalf("%s: %s row %d is %x, not %x", name, how, row, math.Float64bits(got), math.Float64bits(want[row]))
		}
	}
	r := rand.New(rand.NewPCG(uint64(len(want)), 3))
	var all, some, any []int32
	for i := range want {
		all = append(all, int32(i))
		if r.IntN(7) == 0 {
			some = append(some, int32(i))
		}
		any = append(any, int32(r.IntN(len(want))))
	}
	for how, rows := range map[string][]int32{"all": all, "some": some, "any": any} {
		out := make([]float64, len(rows)+1)
		out[len(rows)] = 42
		c.Gather(rows, out)
		for i, row := range rows {
			same(how, row, out[i])
		}
		if out[len(rows)] != 42 {
			t.Fatalf("%s: %s writes past the rows", name, how)
		}
	}
	for range 200 {
		row := int32(r.IntN(len(want)))
		same("At", row, c.At(row))
	}
	for _, is := range []func(float64) bool{func(v float64) bool { return v != 0 }, func(v float64) bool { return v != v }, func(v float64) bool { return v == .1 }, func(v float64) bool { return v > 3 }} {
		n := 0
		for _, v := range want {
			if is(v) {
				n++
			}
		}
		if c.Count(is) != n || c.Any(is) != (n > 0) {
			t.Fatalf("%s: counts %d (any %t), want %d", name, c.Count(is), c.Any(is), n)
		}
	}
}

// Blocks of any sizes, also without rows, joined are the column of their rows.
func TestJoinedColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	const columns = 3
	var want [columns][]float64
	var blocks []packedColumns
	for _, n := range []int{0, 10, chunkRows + 5, 0, 1, 700, 2 * chunkRows, 0} {
		w := newColumnWriter(columns)
		for range n {
			for j := range columns {
				v := columnsOfValues[2+3*j].draw(r, len(want[j]))
				want[j] = append(want[j], v)
				w.put(j, v)
			}
			w.end()
		}
		blocks = append(blocks, w.close())
	}
	for j, c := range joinColumns(columns, blocks) {
		checkColumn(t, fmt.Sprint("column ", j), c, want[j])
	}
}

// A packer serves one chunk after another: nothing of a chunk may show in the next.
func TestPackerForgets(t *testing.T) {
	p := &packer{}
	for _, values := range [][]float64{{1, 2, 3, 4, 1, 2, 3, 4}, {4, 3, 2, 4, 3, 2}, {2, 1, 2, 1}, {3, 9, 3, 7, 7, 9}, {1, 2, 5, 1, 2, 5}, {8, 8}} {
		got, want := p.pack(values), (&packer{}).pack(values)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v is packed as %v, not %v", values, got, want)
		}
	}
}

// Flags take a bit a row, shares of some months a byte, and what has no structure its own eight bytes.
func TestColumnSize(t *testing.T) {
	for name, want := range map[string]float64{"constant": 0, "both zeros": 1, "3 levels": 2, "odd": 4, "256 levels": 8, "257 levels": 16, "single": 32, "continuous": 64} {
		for _, kind := range columnsOfValues {
			if kind.name != name {
				continue
			}
			r := rand.New(rand.NewPCG(6, 6))
			values := make([]float64, chunkRows)
			for i := range values {
				values[i] = kind.draw(r, i)
			}
			c := NewColumn(values)
			bits := 8 * c.Bytes()
			for _, x := range c.chunks {
				bits -= 64 * int64(len(x.levels))
			}
			if got := float64(bits) / chunkRows; got != want {
				t.Errorf("%s takes %v bits a row, want %v", name, got, want)
			}
		}
	}
}

func BenchmarkColumnGather(b *testing.B) {
	for _, kind := range columnsOfValues {
		r := rand.New(rand.NewPCG(7, 7))
		values := make([]float64, 1<<20)
		for i := range values {
			values[i] = kind.draw(r, i)
		}
		c := NewColumn(values)
		var rows []int32
		for i := range values {
			if r.IntN(7) == 0 {
				rows = append(rows, int32(i))
			}
		}
		out := make([]float64, len(rows))
		b.Run(kind.name, func(b *testing.B) {
			for b.Loop() {
				c.Gather(rows, out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/value")
		})
	}
}

func BenchmarkColumnPack(b *testing.B) {
	for _, kind := range columnsOfValues {
		r := rand.New(rand.NewPCG(7, 7))
		values := make([]float64, 1<<20)
		for i := range values {
			values[i] = kind.draw(r, i)
		}
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NewColumn(values)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/value")
		})
	}
}

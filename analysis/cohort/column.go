package cohort

import (
	"math"
	"slices"
	"sort"
	"sync"
)

// Column is a covariate, one value a row, in as little memory as gives every value back bit for bit: −0, infinities and
// the payload of a NaN are kept. Most covariates are flags and shares of a few months, so that a chunk of rows holds few
// distinct values: their bit patterns are numbered in the order of their first row, and a row keeps the number, in 0, 1,
// 2, 4, 8 or 16 bits. Where that takes more than the values themselves they are kept, as float32 where each is one.
//
// A column is not changed once it is made, and any number of goroutines may read it. The zero Column has no rows.
type Column struct {
	from   []int32 // first row of each chunk, and at the end the number of rows; shared by the columns of a table
	chunks []chunk
}

// chunkRows is the largest number of rows of a chunk: a number of theirs fits in 16 bits.
const chunkRows = 1 << 15

// chunk is a run of rows of a column: numbers in levels, or plain values.
type chunk struct {
	levels []float64
	words  []uint64 // numbers of 1<<shift bits, the first row in the lowest; nil where there is one level
	shift  uint8
	plain  []float64
	single []float32
}

// NewColumn packs values.
func NewColumn(values []float64) Column {
	w := newColumnWriter(1)
	for _, v := range values {
		w.put(0, v)
		w.end()
	}
	return joinColumns(1, []packedColumns{w.close()})[0]
}

// Len is the number of rows.
func (c *Column) Len() int {
	if len(c.from) == 0 {
		return 0
	}
	return int(c.from[len(c.from)-1])
}

// At is the value of a row. For many rows Gather is faster.
func (c *Column) At(row int32) float64 {
	k := c.chunkOf(row)
	x := &c.chunks[k]
	var out [1]float64
	x.gather([]int32{row}, c.from[k], out[:])
	return out[0]
}

// Gather writes the values of rows into out, which has at least as many elements. Rows may come in any order and again;
// it is fast where they ascend.
func (c *Column) Gather(rows []int32, out []float64) {
	for len(rows) > 0 {
		k := c.chunkOf(rows[0])
		first, n := c.from[k], uint32(c.from[k+1]-c.from[k])
		same := 1
		for same < len(rows) && uint32(rows[same]-first) < n {
			same++
		}
		c.chunks[k].gather(rows[:same], first, out[:same])
		rows, out = rows[same:], out[same:]
	}
}

// Any tells whether some row has a value of which is is true; it is asked once a distinct value and chunk, or nearly so.
func (c *Column) Any(is func(float64) bool) bool {
	for k := range c.chunks {
		x := &c.chunks[k]
		if slices.ContainsFunc(x.levels, is) || slices.ContainsFunc(x.plain, is) ||
			slices.ContainsFunc(x.single, func(v float32) bool { return is(float64(v)) }) {
			return true
		}
	}
	return false
}

// Count is the number of rows with a value of which is is true.
func (c *Column) Count(is func(float64) bool) int {
	n := 0
	rows, values := make([]int32, 1024), make([]float64, 1024)
	for from := 0; from < c.Len(); from += len(rows) {
		some := rows[:min(len(rows), c.Len()-from)]
		for i := range some {
			some[i] = int32(from + i)
		}
		c.Gather(some, values)
		for _, v := range values[:len(some)] {
			if is(v) {
				n++
			}
		}
	}
	return n
}

// Bytes is the memory that the values take.
func (c *Column) Bytes() int64 {
	n := 0
	for k := range c.chunks {
		x := &c.chunks[k]
		n += 8*(len(x.levels)+len(x.words)+len(x.plain)) + 4*len(x.single)
	}
	return int64(n)
}

// chunkOf is the number of the chunk that holds a row.
func (c *Column) chunkOf(row int32) int {
	return sort.Search(len(c.chunks), func(k int) bool { return c.from[k+1] > row })
}

// gather writes the values of rows of the chunk, which begins at first.
func (x *chunk) gather(rows []int32, first int32, out []float64) {
	switch {
	case x.plain != nil:
		for i, row := range rows {
			out[i] = x.plain[row-first]
		}
	case x.single != nil:
		for i, row := range rows {
			out[i] = float64(x.single[row-first])
		}
	case x.words == nil:
		for i := range rows {
			out[i] = x.levels[0]
		}
	default:
		shift := x.shift & 7
		word := 6 - shift&7                // log2 of the numbers in a word
		within := uint32(1)<<(word&31) - 1 // of the place in its word
		mask := uint64(1)<<(1<<shift&63) - 1
		for i, row := range rows {
			at := uint32(row - first)
			out[i] = x.levels[x.words[at>>(word&31)]>>((at&within)<<shift&63)&mask]
		}
	}
}

// packedColumns are the chunks of some columns for a block of rows.
type packedColumns struct {
	size   []int32   // rows of each chunk
	chunks [][]chunk // by column
}

// columnWriter packs the columns of a block of rows as the rows come.
type columnWriter struct {
	packedColumns
	*columnBuffer
	n int // rows in the buffer
}

// columnBuffer is what the writers of one goroutine after the other use.
type columnBuffer struct {
	values [][]float64
	packer packer
}

var columnBuffers = sync.Pool{New: func() any { return &columnBuffer{} }}

func newColumnWriter(columns int) *columnWriter {
	w := &columnWriter{packedColumns: packedColumns{chunks: make([][]chunk, columns)}, columnBuffer: columnBuffers.Get().(*columnBuffer)}
	for len(w.values) < columns {
		w.values = append(w.values, nil)
	}
	return w
}

// put adds the value of a column to the row that end ends.
func (w *columnWriter) put(column int, v float64) { w.values[column] = append(w.values[column], v) }

// end ends a row, in which every column has been put.
func (w *columnWriter) end() {
	if w.n++; w.n == chunkRows {
		w.flush()
	}
}

func (w *columnWriter) flush() {
	if w.n == 0 {
		return
	}
	w.size = append(w.size, int32(w.n))
	for j := range w.chunks {
		w.chunks[j] = append(w.chunks[j], w.packer.pack(w.values[j]))
		w.values[j] = w.values[j][:0]
	}
	w.n = 0
}

// close gives the buffer back and returns what was packed.
func (w *columnWriter) close() packedColumns {
	w.flush()
	columnBuffers.Put(w.columnBuffer)
	w.columnBuffer = nil
	return w.packedColumns
}

// joinColumns puts blocks of rows one after the other; the chunks are not copied.
func joinColumns(columns int, blocks []packedColumns) []Column {
	from := []int32{0}
	for _, b := range blocks {
		for _, n := range b.size {
			from = append(from, from[len(from)-1]+n)
		}
	}
	out := make([]Column, columns)
	for j := range out {
		out[j] = Column{from, make([]chunk, 0, len(from)-1)}
		for _, b := range blocks {
			out[j].chunks = append(out[j].chunks, b.chunks[j]...)
		}
	}
	return out
}

// packer finds the distinct values of a chunk: a hash table by bit pattern with linear probing, which grows with them.
type packer struct {
	slots  []uint16 // number of a level + 1; 0: free
	bits   uint     // log2 of the slots
	levels []uint64
	codes  []uint16
}

// pack packs values, at most chunkRows of them and at least one.
func (p *packer) pack(values []float64) chunk {
	if x, ok := packFlags(values); ok {
		return x
	}
	if !p.number(values) {
		return plainChunk(values)
	}
	x := chunk{levels: make([]float64, len(p.levels))}
	for k, bits := range p.levels {
		x.levels[k] = math.Float64frombits(bits)
	}
	for len(p.levels) > 1<<(1<<x.shift) {
		x.shift++
	}
	width, rows := 1<<x.shift, 64>>x.shift
	x.words = make([]uint64, (len(values)+rows-1)/rows)
	for i := range x.words {
		w := uint64(0)
		some := p.codes[i*rows : min((i+1)*rows, len(values))]
		for k, code := range some {
			w |= uint64(code) << (k * width & 63)
		}
		x.words[i] = w
	}
	return x
}

// packFlags packs values of which there are at most two, as most columns have; ok tells whether there are.
func packFlags(values []float64) (x chunk, ok bool) {
	first := math.Float64bits(values[0])
	other := slices.IndexFunc(values, func(v float64) bool { return math.Float64bits(v) != first })
	if other < 0 {
		return chunk{levels: []float64{values[0]}}, true
	}
	apart := math.Float64bits(values[other]) ^ first
	words := make([]uint64, (len(values)+63)/64)
	for i := range words {
		w, strange := uint64(0), uint64(0)
		for k, v := range values[i*64 : min((i+1)*64, len(values))] { // without a branch
			d := math.Float64bits(v) ^ first
			e := d ^ apart
			notFirst, notSecond := (d|-d)>>63, (e|-e)>>63 // 1 where d and where e is not 0
			w |= notFirst << (k & 63)
			strange |= notFirst & notSecond
		}
		if strange != 0 {
			return chunk{}, false
		}
		words[i] = w
	}
	return chunk{levels: []float64{values[0], values[other]}, words: words}, true
}

// number fills levels and codes, and tells whether they take less than the values.
func (p *packer) number(values []float64) bool {
	p.grow(10)
	p.levels, p.codes = p.levels[:0], slices.Grow(p.codes[:0], len(values))[:len(values)]
	most := len(values) * 3 / 4 // 16 bits a row and 64 a level are then the 64 bits a row
	for i, v := range values {
		bits := math.Float64bits(v)
		at := p.place(bits)
		code := p.slots[at]
		if code == 0 {
			if len(p.levels) >= most {
				return false
			}
			p.levels = append(p.levels, bits)
			code = uint16(len(p.levels))
			p.slots[at] = code
			if len(p.levels) > len(p.slots)/2 {
				p.grow(p.bits + 2)
				for k, level := range p.levels {
					p.slots[p.place(level)] = uint16(k + 1)
				}
			}
		}
		p.codes[i] = code - 1
	}
	return true
}

// grow clears the table, of 1<<bits slots.
func (p *packer) grow(bits uint) {
	p.bits = bits
	p.slots = slices.Grow(p.slots[:0], 1<<bits)[:1<<bits]
	clear(p.slots)
}

// place is the slot of a bit pattern, free where it is new.
func (p *packer) place(bits uint64) uint {
	at := uint(bits * 0x9e3779b97f4a7c15 >> (64 - p.bits&63)) // Fibonacci hashing
	for p.slots[at] != 0 && p.levels[p.slots[at]-1] != bits {
		at = (at + 1) & (uint(len(p.slots)) - 1)
	}
	return at
}

// plainChunk keeps the values, in single precision where none loses a bit.
func plainChunk(values []float64) chunk {
	single := make([]float32, len(values))
	for i, v := range values {
		single[i] = float32(v)
		if math.Float64bits(float64(single[i])) != math.Float64bits(v) {
			return chunk{plain: slices.Clone(values)}
		}
	}
	return chunk{single: single}
}

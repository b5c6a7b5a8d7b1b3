package register

import (
	"math"
	"strconv"

	"tiltakseffekt/datasets"
)

// What a row without a known person has instead of one.
const (
	noPerson int32 = -1 // the id is missing
	stranger int32 = -2 // the id is not in person
	dropped  int32 = -3 // a rule dropped the row
)

// index finds the number of a person from the id.
type index struct {
	ints  []int64  // ascending
	names []string // ascending
	texts map[string]int32
	also  map[int64]int32 // further integer ids of the same persons
	text  bool
	// Integers: a table over [base, base + len(dense)) where that is not much larger than the number of persons,
	// otherwise a hash table with linear probing.
	base  int64
	dense []int32
	keys  []int64
	slots []int32
	shift uint
}

func newIntIndex(ids []int64) *index {
	x := &index{ints: ids}
	n := len(ids)
	if n == 0 {
		return x
	}
	x.base = ids[0]
	if span := uint64(ids[n-1]) - uint64(ids[0]); span < uint64(8*n+1<<16) {
		x.dense = make([]int32, span+1)
		for i := range x.dense {
			x.dense[i] = stranger
		}
		for i, id := range ids {
			x.dense[id-x.base] = int32(i)
		}
		return x
	}
	size, bits := 16, uint(4)
	for size < 2*n {
		size, bits = 2*size, bits+1
	}
	x.keys, x.slots, x.shift = make([]int64, size), make([]int32, size), 64-bits
	for i := range x.slots {
		x.slots[i] = stranger
	}
	for i, id := range ids {
		at := x.hash(id)
		for x.slots[at] != stranger {
			at = (at + 1) & (size - 1)
		}
		x.keys[at], x.slots[at] = id, int32(i)
	}
	return x
}

func newTextIndex(ids []string) *index {
	x := &index{text: true, names: ids, texts: make(map[string]int32, len(ids))}
	for i, id := range ids {
		x.texts[id] = int32(i)
	}
	return x
}

// hash is Fibonacci hashing: the high bits of id · 2⁶⁴/φ.
func (x *index) hash(id int64) int { return int(uint64(id) * 0x9e3779b97f4a7c15 >> x.shift) }

func (x *index) findInt(id int64) int32 {
	if p, ok := x.also[id]; ok {
		return p
	}
	if x.dense != nil {
		if at := uint64(id) - uint64(x.base); at < uint64(len(x.dense)) {
			return x.dense[at]
		}
		return stranger
	}
	if x.slots == nil {
		return stranger
	}
	for at := x.hash(id); ; at = (at + 1) & (len(x.slots) - 1) {
		if x.slots[at] == stranger || x.keys[at] == id {
			return x.slots[at]
		}
	}
}

func (x *index) findText(id string) int32 {
	if p, ok := x.texts[id]; ok {
		return p
	}
	return stranger
}

// find finds a person by the text of an id of either kind.
func (x *index) find(id string) int32 {
	if x.text {
		return x.findText(id)
	}
	return x.parse(id)
}

// parse finds a person whose id is an integer in person and a text here.
func (x *index) parse(id string) int32 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id {
		return stranger
	}
	return x.findInt(n)
}

// fill writes the person of each row into dst, noPerson where the id is missing and stranger where it is not in person.
// An id may be an integer in one table and its digits in another; digits with leading zeros are a text of their own.
func (x *index) fill(file string, c *datasets.Column, dst []int32) error {
	switch c.Kind {
	case datasets.Int64:
		x.fillInts(c.Ints, dst)
	case datasets.Float64: // pandas makes numbers of integers with missing values
		for i, v := range c.Floats {
			if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
				return idType(file, c)
			}
			if x.text {
				dst[i] = x.findText(strconv.FormatInt(int64(v), 10))
			} else {
				dst[i] = x.findInt(int64(v))
			}
		}
	case datasets.String:
		find := x.find
		if len(c.Levels) <= len(dst) {
			level := make([]int32, len(c.Levels))
			next := 0 // levels come in the order of rows, and those often in the order of persons
			for k, id := range c.Levels {
				if next < len(x.names) && x.names[next] == id {
					level[k] = int32(next)
				} else {
					level[k] = find(id)
				}
				next = int(max(level[k], -1)) + 1
			}
			for i, code := range c.Codes {
				dst[i] = level[code]
			}
			break
		}
		for i, code := range c.Codes {
			if i > 0 && code == c.Codes[i-1] {
				dst[i] = dst[i-1]
				continue
			}
			dst[i] = find(c.Levels[code])
		}
	default:
		return idType(file, c)
	}
	for i, null := range c.Null {
		if null {
			dst[i] = noPerson
		}
	}
	return nil
}

func (x *index) fillInts(ids []int64, dst []int32) {
	if x.text {
		for i, id := range ids {
			dst[i] = x.findText(strconv.FormatInt(id, 10))
		}
		return
	}
	last := int32(stranger)
	for i, id := range ids {
		// Rows come by person more often than not: the same as the row before, or the next one.
		switch {
		case last >= 0 && x.ints[last] == id:
		case last >= 0 && int(last)+1 < len(x.ints) && x.ints[last+1] == id:
			last++
		default:
			last = x.findInt(id)
		}
		dst[i] = last
	}
}

func idType(file string, c *datasets.Column) error {
	return wrongType(file, c, anID)
}

// countStranger counts row i of c, whose id is not in person.
func countStranger(r *rule, c *datasets.Column, i int) {
	switch c.Kind {
	case datasets.Int64:
		r.addStrangerInt(c.Ints[i])
	case datasets.Float64:
		r.addStrangerInt(int64(c.Floats[i]))
	default:
		r.addStrangerText(c.Text(i))
	}
}

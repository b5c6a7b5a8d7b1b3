package parquetio

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/calendar"
)

// sink collects the values of a column, page by page.
type sink interface {
	// dictionary takes n entries in PLAIN encoding.
	dictionary(body []byte, n int) error
	// plain appends n values in PLAIN encoding.
	plain(body []byte, n int) error
	// codes appends the dictionary entries of codes.
	codes(codes []uint32) error
	// spread makes room among the last values for those that are missing.
	spread(missing []bool, present int)
	// fill puts the values in place.
	fill(v *vector.Values)
	// grow makes room for rows in all.
	grow(rows int)
}

var (
	errShort = errors.New("a page with too few values")
	errCode  = errors.New("a code that is not in the dictionary")

	errNotText = errors.New("bytes that are not UTF-8 text")
)

// fixed is a sink of values of one size.
type fixed[T any] struct {
	out  []T
	dict []T
	// read decodes len(to) PLAIN values.
	read func(to []T, body []byte) error
	put  func(v *vector.Values, out []T)
}

func (s *fixed[T]) grow(rows int) { s.out = make([]T, 0, rows) }

func (s *fixed[T]) dictionary(body []byte, n int) error {
	if n > 8*len(body) { // no value takes less than a bit
		return errShort
	}
	s.dict = make([]T, n)
	return s.read(s.dict, body)
}

// extend appends n values to be filled in.
func extend[T any](s []T, n int) (all, added []T) {
	if cap(s)-len(s) < n {
		all = make([]T, len(s)+n, max(len(s)+n, 2*len(s)))
		copy(all, s)
	} else {
		all = s[:len(s)+n]
	}
	return all, all[len(s):]
}

func (s *fixed[T]) plain(body []byte, n int) error {
	if n > 8*len(body) {
		return errShort
	}
	var to []T
	s.out, to = extend(s.out, n)
	return s.read(to, body)
}

func (s *fixed[T]) codes(codes []uint32) error {
	var to []T
	s.out, to = extend(s.out, len(codes))
	dict := s.dict
	for i, c := range codes {
		if int(c) >= len(dict) {
			return errCode
		}
		to[i] = dict[c]
	}
	return nil
}

func (s *fixed[T]) spread(missing []bool, present int) {
	var zero T
	s.out = spread(s.out, missing, present, zero)
}

// spread moves the last values of out apart, from the back, so that nothing is overwritten before it has moved.
func spread[T any](out []T, missing []bool, present int, zero T) []T {
	start := len(out) - present
	out, _ = extend(out, len(missing)-present)
	tail := out[start:]
	j := present
	for i := len(missing) - 1; i >= 0 && j <= i; i-- {
		if missing[i] {
			tail[i] = zero
		} else {
			j--
			tail[i] = tail[j]
		}
	}
	return out
}

func (s *fixed[T]) fill(v *vector.Values) {
	s.put(v, s.out)
	v.Rows = len(s.out)
}

// text is a sink of texts.
type text struct {
	out   []uint32
	texts vector.Texts
	last  []byte // the last PLAIN text and its code: registers are often sorted by their ids
	code  uint32
	dict  [][]byte
	remap []uint32 // dictionary entry to level, noCode before it first appears
	width int      // bytes of a FIXED_LEN_BYTE_ARRAY, 0 for BYTE_ARRAY
	show  func(b []byte) []byte
}

const noCode = ^uint32(0)

func (s *text) grow(rows int) { s.out = make([]uint32, 0, rows) }

// next parts the first value from the rest.
func (s *text) next(body []byte) (value, rest []byte, err error) {
	n := s.width
	if n == 0 {
		if len(body) < 4 {
			return nil, nil, errShort
		}
		size := binary.LittleEndian.Uint32(body)
		body = body[4:]
		if uint64(size) > uint64(len(body)) {
			return nil, nil, errShort
		}
		n = int(size)
	} else if n > len(body) {
		return nil, nil, errShort
	}
	return body[:n:n], body[n:], nil
}

func (s *text) dictionary(body []byte, n int) error {
	if n > len(body) { // an entry takes at least a byte
		return errShort
	}
	s.dict, s.remap = make([][]byte, n), make([]uint32, n)
	for i := range s.dict {
		var err error
		if s.dict[i], body, err = s.next(body); err != nil {
			return err
		}
		s.remap[i] = noCode
	}
	return nil
}

// level is the code of a text, which may be new.
func (s *text) level(b []byte) (uint32, error) {
	if s.show != nil && len(b) > 0 { // "" stands for a missing value
		b = s.show(b)
	}
	known := len(s.texts.Levels)
	code := s.texts.Code(b)
	if int(code) == known && !utf8.Valid(b) {
		return 0, errNotText
	}
	return code, nil
}

func (s *text) plain(body []byte, n int) error {
	if n > len(body) {
		return errShort
	}
	var to []uint32
	s.out, to = extend(s.out, n)
	s.last = nil
	for i := range to {
		value, rest, err := s.next(body)
		if err != nil {
			return err
		}
		body = rest
		if s.last == nil || string(value) != string(s.last) {
			if s.code, err = s.level(value); err != nil {
				return err
			}
			s.last = value
		}
		to[i] = s.code
	}
	return nil
}

func (s *text) codes(codes []uint32) error {
	var to []uint32
	s.out, to = extend(s.out, len(codes))
	for i, c := range codes {
		if int(c) >= len(s.remap) {
			return errCode
		}
		code := s.remap[c]
		if code == noCode {
			var err error
			if code, err = s.level(s.dict[c]); err != nil {
				return err
			}
			s.remap[c] = code
		}
		to[i] = code
	}
	return nil
}

func (s *text) spread(missing []bool, present int) {
	empty := uint32(0)
	if present < len(missing) {
		empty, _ = s.level(nil)
	}
	s.out = spread(s.out, missing, present, empty)
}

func (s *text) fill(v *vector.Values) {
	v.Codes, v.Levels, v.Rows = s.out, s.texts.Levels, len(s.out)
}

// newSink is the sink of a column.
func newSink(c *column) sink {
	ints := func(read func([]int64, []byte) error) sink {
		return &fixed[int64]{read: read, put: func(v *vector.Values, out []int64) { v.Ints = out }}
	}
	floats := func(read func([]float64, []byte) error) sink {
		return &fixed[float64]{read: read, put: func(v *vector.Values, out []float64) { v.Floats = out }}
	}
	switch c.meaning {
	case asInt, asUint, asMillis, asMicros, asNanos, asInt96:
		return ints(readInts(c))
	case asDate:
		return &fixed[calendar.Date]{read: readDates, put: func(v *vector.Values, out []calendar.Date) { v.Dates = out }}
	case asFloat, asHalf, asDecimal:
		return floats(readFloats(c))
	case asBool:
		return &fixed[bool]{read: readBools, put: func(v *vector.Values, out []bool) { v.Bools = out }}
	case asUUID:
		return &text{width: 16, show: showUUID}
	}
	return &text{width: max(c.width, 0)}
}

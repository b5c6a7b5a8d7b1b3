package parquetio

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/apache/arrow/go/v15/parquet"
)

var errDelta = errors.New("differences that cannot be read")

// deltaIntegers decodes n integers of DELTA_BINARY_PACKED (Parquet's Encodings.md): the first value, then blocks of
// differences to the value before, each block with its smallest difference and the widths of its miniblocks. It returns
// what follows them. 32-bit values are right in their lower half, since both wrap around.
func deltaIntegers(b []byte, n int) (values []int64, rest []byte, err error) {
	c := &compact{b: b}
	block, err1 := c.uvarint()
	minis, err2 := c.uvarint()
	total, err3 := c.uvarint()
	value, err4 := c.integer()
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || total != uint64(n) {
		return nil, nil, errDelta
	}
	if minis == 0 || minis > 1<<16 || block == 0 || block > 1<<24 || block%minis != 0 || block/minis%8 != 0 {
		return nil, nil, errDelta
	}
	perMini := int(block / minis)
	values = make([]int64, 0, min(n, 1<<20))
	if n > 0 {
		values = append(values, value)
	}
	differences := make([]uint64, perMini)
	for len(values) < n {
		smallest, err := c.integer()
		if err != nil {
			return nil, nil, errDelta
		}
		widths := c.b[c.pos:]
		if err := c.advance(minis); err != nil {
			return nil, nil, errDelta
		}
		for m := 0; m < int(minis) && len(values) < n; m++ {
			width := int(widths[m])
			packed := c.b[c.pos:]
			if width > 64 || c.advance(uint64(perMini)*uint64(width)/8) != nil {
				return nil, nil, errDelta
			}
			unpackWide(packed, width, differences)
			for _, d := range differences[:min(perMini, n-len(values))] {
				value += smallest + int64(d)
				values = append(values, value)
			}
		}
	}
	return values, c.b[c.pos:], nil
}

// unpackWide spreads values of up to 64 bits, the lowest first.
func unpackWide(b []byte, width int, out []uint64) {
	if width == 0 {
		clear(out)
		return
	}
	bit := 0
	for i := range out {
		var v uint64
		for have := 0; have < width; {
			from := bit & 7
			take := min(8-from, width-have)
			v |= uint64(b[bit>>3]>>from&(1<<take-1)) << have
			have += take
			bit += take
		}
		out[i] = v
	}
}

// plainFromDelta turns the values of a page in one of the DELTA encodings into PLAIN encoding.
func plainFromDelta(c *column, encoding parquet.Encoding, body []byte, n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	switch encoding {
	case parquet.Encodings.DeltaBinaryPacked:
		values, _, err := deltaIntegers(body, n)
		if err != nil {
			return nil, err
		}
		var plain []byte
		switch c.physical {
		case parquet.Types.Int32:
			for _, v := range values {
				plain = binary.LittleEndian.AppendUint32(plain, uint32(v))
			}
		case parquet.Types.Int64:
			for _, v := range values {
				plain = binary.LittleEndian.AppendUint64(plain, uint64(v))
			}
		default:
			return nil, errDelta
		}
		return plain, nil
	case parquet.Encodings.DeltaLengthByteArray, parquet.Encodings.DeltaByteArray:
		if c.physical != parquet.Types.ByteArray && c.physical != parquet.Types.FixedLenByteArray {
			return nil, errDelta
		}
	}
	// Texts: how much each shares with the one before (DELTA_BYTE_ARRAY alone), the lengths of what it adds, and that.
	var shared []int64
	if encoding == parquet.Encodings.DeltaByteArray {
		var err error
		if shared, body, err = deltaIntegers(body, n); err != nil {
			return nil, err
		}
	}
	lengths, body, err := deltaIntegers(body, n)
	if err != nil {
		return nil, err
	}
	var plain, text []byte
	for i, length := range lengths {
		if length < 0 || length > int64(len(body)) {
			return nil, errDelta
		}
		if shared == nil {
			text = text[:0]
		} else {
			if shared[i] < 0 || shared[i] > int64(len(text)) {
				return nil, errDelta
			}
			text = text[:shared[i]]
		}
		text = append(text, body[:length]...)
		body = body[length:]
		if c.physical == parquet.Types.ByteArray {
			plain = binary.LittleEndian.AppendUint32(plain, uint32(len(text)))
		} else if len(text) != c.width {
			return nil, errDelta
		}
		if len(plain)+len(text) > math.MaxInt32 { // shared beginnings can blow a small page up
			return nil, errDelta
		}
		plain = append(plain, text...)
	}
	return plain, nil
}

// packedLevels decodes definition levels in the old BIT_PACKED encoding: a bit a value, the highest first, without a
// length.
func packedLevels(b []byte, missing []bool) (present int, rest []byte, err error) {
	size := (len(missing) + 7) / 8
	if size > len(b) {
		return 0, nil, errHybrid
	}
	for i := range missing {
		there := b[i>>3] >> (7 - i&7) & 1
		missing[i] = there == 0
		present += int(there)
	}
	return present, b[size:], nil
}

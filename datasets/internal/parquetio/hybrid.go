package parquetio

import (
	"encoding/binary"
	"errors"
)

var errHybrid = errors.New("levels or codes that cannot be read")

// decodeHybrid decodes the run-length / bit-packed hybrid of Parquet (Encodings.md, RLE = 3) with values of width bits
// into out, which it fills.
func decodeHybrid(b []byte, width int, out []uint32) error {
	if width < 0 || width > 32 {
		return errHybrid
	}
	if width == 0 {
		clear(out)
		return nil
	}
	bytesWide := (width + 7) / 8
	for len(out) > 0 {
		head, n := binary.Uvarint(b)
		if n <= 0 || head>>1 == 0 {
			return errHybrid
		}
		b = b[n:]
		if head&1 == 0 { // a run of one value
			if len(b) < bytesWide {
				return errHybrid
			}
			var v uint32
			for i := range bytesWide {
				v |= uint32(b[i]) << (8 * i)
			}
			b = b[bytesWide:]
			run := out[:min(head>>1, uint64(len(out)))]
			for i := range run {
				run[i] = v
			}
			out = out[len(run):]
			continue
		}
		// groups of eight values, packed; the last group of a page may be cut short
		groups := head >> 1
		take := min(groups, uint64(len(out)+7)/8)
		used := int(take) * width
		if used > len(b) {
			// a writer may leave out bytes after the last value
			if need := (len(out)*width + 7) / 8; uint64(len(out)) > 8*take || need > len(b) {
				return errHybrid
			}
			padded := make([]byte, used)
			copy(padded, b)
			b = padded
		}
		n = min(int(take)*8, len(out))
		unpack(b[:used], width, out[:n])
		out = out[n:]
		b = b[min(uint64(len(b)), groups*uint64(width)):]
	}
	return nil
}

// unpack spreads values of width bits, the lowest first.
func unpack(b []byte, width int, out []uint32) {
	mask := uint32(1)<<width - 1
	if width == 32 {
		mask = ^uint32(0)
	}
	if width <= 8 {
		for len(out) >= 8 && len(b) >= 8 {
			w := binary.LittleEndian.Uint64(b)
			o := out[:8:8]
			o[0] = uint32(w) & mask
			w >>= width
			o[1] = uint32(w) & mask
			w >>= width
			o[2] = uint32(w) & mask
			w >>= width
			o[3] = uint32(w) & mask
			w >>= width
			o[4] = uint32(w) & mask
			w >>= width
			o[5] = uint32(w) & mask
			w >>= width
			o[6] = uint32(w) & mask
			w >>= width
			o[7] = uint32(w) & mask
			b, out = b[width:], out[8:]
		}
	}
	var bits uint64
	have := 0
	for i := range out {
		for have < width {
			bits |= uint64(b[0]) << have
			b = b[1:]
			have += 8
		}
		out[i] = uint32(bits) & mask
		bits >>= width
		have -= width
	}
}

// decodeLevels decodes definition levels of 0 and 1 into "is missing" and returns the number of values that are there.
func decodeLevels(b []byte, missing []bool) (present int, err error) {
	for len(missing) > 0 {
		head, n := binary.Uvarint(b)
		if n <= 0 || head>>1 == 0 {
			return 0, errHybrid
		}
		b = b[n:]
		if head&1 == 0 {
			if len(b) < 1 || b[0] > 1 {
				return 0, errHybrid
			}
			run := missing[:min(head>>1, uint64(len(missing)))]
			if b[0] == 1 {
				clear(run)
				present += len(run)
			} else {
				for i := range run {
					run[i] = true
				}
			}
			missing, b = missing[len(run):], b[1:]
			continue
		}
		groups := head >> 1
		take := min(groups, uint64(len(missing)+7)/8)
		if take > uint64(len(b)) {
			return 0, errHybrid
		}
		for _, w := range b[:take] {
			for i := range min(8, len(missing)) {
				there := w >> i & 1
				missing[i] = there == 0
				present += int(there)
			}
			missing = missing[min(8, len(missing)):]
		}
		b = b[min(uint64(len(b)), groups):]
	}
	return present, nil
}

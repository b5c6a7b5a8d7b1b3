package parquetio

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"strconv"

	"github.com/apache/arrow/go/v15/parquet"

	"tiltakseffekt/internal/calendar"
)

var errRange = errors.New("a value that is too large for 64 bits")

// readInts reads PLAIN integers and times of a column as 64-bit integers, times in microseconds.
func readInts(c *column) func(to []int64, body []byte) error {
	if c.physical == parquet.Types.Int96 {
		return readInt96
	}
	if c.physical == parquet.Types.Int32 {
		unsigned := c.meaning == asUint
		return func(to []int64, body []byte) error {
			if len(body) < 4*len(to) {
				return errShort
			}
			for i := range to {
				w := binary.LittleEndian.Uint32(body[4*i:])
				if unsigned {
					to[i] = int64(w)
				} else {
					to[i] = int64(int32(w))
				}
			}
			return nil
		}
	}
	return func(to []int64, body []byte) error {
		if len(body) < 8*len(to) {
			return errShort
		}
		for i := range to {
			to[i] = int64(binary.LittleEndian.Uint64(body[8*i:]))
		}
		switch c.meaning {
		case asUint:
			for _, v := range to {
				if v < 0 {
					return errRange
				}
			}
		case asMillis:
			for i, v := range to {
				if v > math.MaxInt64/1000 || v < math.MinInt64/1000 {
					return errRange
				}
				to[i] = 1000 * v
			}
		case asNanos:
			for i, v := range to {
				to[i] = floorDiv(v, 1000)
			}
		}
		return nil
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// readInt96 reads the old time stamps of Impala and Spark: nanoseconds of the day, and the Julian day.
func readInt96(to []int64, body []byte) error {
	if len(body) < 12*len(to) {
		return errShort
	}
	const epoch, day = 2440588, 86_400_000_000
	for i := range to {
		b := body[12*i:]
		nanos, julian := int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint32(b[8:]))
		days := julian - epoch
		if days > math.MaxInt64/day-1 || days < math.MinInt64/day+1 {
			return errRange
		}
		to[i] = days*day + floorDiv(nanos, 1000)
	}
	return nil
}

func readDates(to []calendar.Date, body []byte) error {
	if len(body) < 4*len(to) {
		return errShort
	}
	for i := range to {
		to[i] = calendar.Date(int32(binary.LittleEndian.Uint32(body[4*i:])))
	}
	return nil
}

func readBools(to []bool, body []byte) error {
	if 8*len(body) < len(to) {
		return errShort
	}
	for i := range to {
		to[i] = body[i>>3]>>(i&7)&1 == 1
	}
	return nil
}

// readFloats reads numbers; a decimal becomes the nearest double.
func readFloats(c *column) func(to []float64, body []byte) error {
	scale := c.scale
	switch {
	case c.meaning == asHalf:
		return func(to []float64, body []byte) error {
			if len(body) < 2*len(to) {
				return errShort
			}
			for i := range to {
				to[i] = half(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return nil
		}
	case c.physical == parquet.Types.Float:
		return func(to []float64, body []byte) error {
			if len(body) < 4*len(to) {
				return errShort
			}
			for i := range to {
				to[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:])))
			}
			return nil
		}
	case c.physical == parquet.Types.Double:
		return func(to []float64, body []byte) error {
			if len(body) < 8*len(to) {
				return errShort
			}
			for i := range to {
				to[i] = math.Float64frombits(binary.LittleEndian.Uint64(body[8*i:]))
			}
			return nil
		}
	case c.physical == parquet.Types.Int32:
		return func(to []float64, body []byte) error {
			if len(body) < 4*len(to) {
				return errShort
			}
			for i := range to {
				to[i] = scaled(int64(int32(binary.LittleEndian.Uint32(body[4*i:]))), scale)
			}
			return nil
		}
	case c.physical == parquet.Types.Int64:
		return func(to []float64, body []byte) error {
			if len(body) < 8*len(to) {
				return errShort
			}
			for i := range to {
				to[i] = scaled(int64(binary.LittleEndian.Uint64(body[8*i:])), scale)
			}
			return nil
		}
	case c.physical == parquet.Types.FixedLenByteArray:
		return func(to []float64, body []byte) error {
			if len(body) < c.width*len(to) {
				return errShort
			}
			for i := range to {
				to[i] = bigEndian(body[c.width*i:c.width*(i+1)], scale)
			}
			return nil
		}
	}
	return func(to []float64, body []byte) error { // decimals in a BYTE_ARRAY
		t := text{}
		for i := range to {
			value, rest, err := t.next(body)
			if err != nil {
				return err
			}
			if len(value) > 64 {
				return errRange
			}
			to[i], body = bigEndian(value, scale), rest
		}
		return nil
	}
}

// powers are the powers of ten that a double holds exactly.
var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// scaled is v / 10^scale, rounded once: the division of two exact doubles where both are, otherwise as text.
func scaled(v int64, scale int) float64 {
	if scale < len(powers) && v < 1<<53 && v > -1<<53 {
		return float64(v) / powers[scale]
	}
	f, _ := strconv.ParseFloat(strconv.FormatInt(v, 10)+"e-"+strconv.Itoa(scale), 64)
	return f
}

// bigEndian is a decimal whose digits are a big-endian integer in two's complement.
func bigEndian(b []byte, scale int) float64 {
	if len(b) <= 8 {
		var v int64
		if len(b) > 0 && b[0]&0x80 != 0 {
			v = -1
		}
		for _, x := range b {
			v = v<<8 | int64(x)
		}
		return scaled(v, scale)
	}
	v := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	f, _ := strconv.ParseFloat(v.String()+"e-"+strconv.Itoa(scale), 64)
	return f
}

// half is an IEEE 754 number of 16 bits.
func half(h uint16) float64 {
	sign, exponent, fraction := float64(1), int(h>>10&31), float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction == 0 {
			return math.Inf(int(sign))
		}
		return math.NaN()
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// showUUID writes the 16 bytes of a UUID as people do.
func showUUID(b []byte) []byte {
	out := make([]byte, 36)
	hex.Encode(out, b[:4])
	hex.Encode(out[9:], b[4:6])
	hex.Encode(out[14:], b[6:8])
	hex.Encode(out[19:], b[8:10])
	hex.Encode(out[24:], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return out
}

// unsplit undoes BYTE_STREAM_SPLIT: the first bytes of all values, then their second bytes, and so on.
func unsplit(body []byte, width int) []byte {
	n := len(body) / width
	out := make([]byte, n*width)
	for k := range width {
		for i, b := range body[k*n : (k+1)*n] {
			out[i*width+k] = b
		}
	}
	return out
}

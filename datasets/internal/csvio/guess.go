package csvio

import (
	"math"
	"strconv"
	"time"
	"unsafe"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/calendar"
)

// possible is the set of types that all values of a column so far could have, besides text.
type possible uint8

const (
	canInt      possible = 1 << iota
	canPoint             // number with a decimal point
	canComma             // number with a decimal comma
	canBool              // true, false
	canDate              // 2024-03-31
	canDotDate           // 31.03.2024
	canTime              // 2024-03-31T12:00:00; also takes 2024-03-31
	canAnything = canInt | canPoint | canComma | canBool | canDate | canDotDate | canTime
)

// guess is what is known of a column.
type guess struct {
	can    possible
	values int64 // that say something about the type
	texts  int64 // quoted empty fields, and NA or NaN: missing in all columns but text
	blank  int64 // missing in all columns
}

// merge joins what two blocks say.
func (g *guess) merge(o guess) {
	g.can &= o.can
	g.values += o.values
	g.texts += o.texts
	g.blank += o.blank
}

// kind is the type of the column.
func (g *guess) kind() vector.Kind {
	switch {
	case g.values == 0 && g.texts == 0:
		return vector.Null
	case g.values == 0:
		return vector.String
	case g.can&canInt != 0:
		return vector.Int64
	case g.can&(canPoint|canComma) != 0:
		return vector.Float64
	case g.can&canBool != 0:
		return vector.Bool
	case g.can&(canDate|canDotDate) != 0:
		return vector.Date
	case g.can&canTime != 0:
		return vector.Timestamp
	}
	return vector.String
}

// nullable tells whether the column has missing values.
func (g *guess) nullable() bool {
	return g.blank > 0 || g.texts > 0 && g.kind() != vector.String
}

// notAvailable tells whether an unquoted text says that a number is missing.
func notAvailable(b []byte) bool {
	return len(b) == 2 && b[0] == 'N' && b[1] == 'A' || len(b) == 3 && (string(b) == "NaN" || string(b) == "nan")
}

// add takes a value into account.
func (g *guess) add(f field, comma bool) {
	switch {
	case f.blank():
		g.blank++
	case len(f.text) == 0, !f.quoted && notAvailable(f.text):
		g.texts++
	default:
		g.values++
		if g.can != 0 {
			g.can &= types(f.text, comma)
		}
	}
}

// trim takes spaces away on both sides, which numbers may have.
func trim(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// types is the set of types that a value could have.
func types(b []byte, comma bool) possible {
	b = trim(b)
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case 't', 'T', 'f', 'F':
		if _, ok := parseBool(b); ok {
			return canBool
		}
		return 0
	}
	can := numberTypes(b, comma)
	if can != 0 {
		return can
	}
	if _, ok := parseDate(b); ok {
		return canDate | canTime
	}
	if _, ok := parseDotDate(b); ok {
		return canDotDate
	}
	if _, ok := parseTime(b); ok {
		return canTime
	}
	return 0
}

// numberTypes is the set of number types of a value: 0 where it is no number, or one with leading zeros or with more digits
// than an integer has room for, which is a code.
func numberTypes(b []byte, comma bool) possible {
	s := b
	if s[0] == '-' {
		s = s[1:]
	}
	if string(s) == "Inf" || string(s) == "inf" {
		return canPoint | canComma
	}
	digits := 0
	for digits < len(s) && s[digits]-'0' <= 9 {
		digits++
	}
	if digits > 1 && s[0] == '0' {
		return 0
	}
	if digits == len(s) {
		if digits == 0 {
			return 0
		}
		if digits >= 19 {
			if _, err := strconv.ParseInt(view(b), 10, 64); err != nil {
				return 0
			}
		}
		return canInt | canPoint | canComma
	}
	can := canPoint | canComma
	rest := s[digits:]
	if rest[0] == '.' || rest[0] == ',' && comma {
		can = canPoint
		if rest[0] == ',' {
			can = canComma
		}
		rest = rest[1:]
		decimals := 0
		for decimals < len(rest) && rest[decimals]-'0' <= 9 {
			decimals++
		}
		digits += decimals
		rest = rest[decimals:]
	}
	if digits == 0 {
		return 0
	}
	if len(rest) == 0 {
		return can
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return 0
	}
	rest = rest[1:]
	if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return 0
	}
	for _, c := range rest {
		if c-'0' > 9 {
			return 0
		}
	}
	return can
}

// view is bytes as a string, for a call that does not keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func parseInt(b []byte) int64 {
	if len(b) < 19 {
		var v int64
		s := b
		if s[0] == '-' {
			s = s[1:]
		}
		for _, c := range s {
			v = 10*v + int64(c-'0')
		}
		if len(s) < len(b) {
			return -v
		}
		return v
	}
	v, _ := strconv.ParseInt(view(b), 10, 64)
	return v
}

// parseFloat reads a number; scratch is for the one with a point for its comma. A number beyond the range of a double is infinite.
func parseFloat(b []byte, comma bool, scratch *[]byte) float64 {
	if comma {
		*scratch = append((*scratch)[:0], b...)
		for i, c := range *scratch {
			if c == ',' {
				(*scratch)[i] = '.'
			}
		}
		b = *scratch
	}
	v, err := strconv.ParseFloat(view(b), 64)
	if err != nil && !math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

func parseBool(b []byte) (value, ok bool) {
	switch string(b) {
	case "true", "TRUE", "True":
		return true, true
	case "false", "FALSE", "False":
		return false, true
	}
	return false, false
}

func number(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

func civil(year, month, day []byte) (calendar.Date, bool) {
	y, ok1 := number(year)
	m, ok2 := number(month)
	d, ok3 := number(day)
	if !ok1 || !ok2 || !ok3 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	if d > 28 && d > calendar.NewMonth(y, m).Days() {
		return 0, false
	}
	return calendar.NewDate(y, m, d), true
}

func parseDate(b []byte) (calendar.Date, bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	return civil(b[:4], b[5:7], b[8:])
}

func parseDotDate(b []byte) (calendar.Date, bool) {
	if len(b) != 10 || b[2] != '.' || b[5] != '.' {
		return 0, false
	}
	return civil(b[6:], b[3:5], b[:2])
}

// parseTime reads a time as microseconds since 1970; without a zone it is UTC.
func parseTime(b []byte) (int64, bool) {
	if d, ok := parseDate(b); ok {
		return int64(d) * 86_400_000_000, true
	}
	if len(b) < 16 || b[10] != 'T' && b[10] != ' ' {
		return 0, false
	}
	layouts := []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999-07", "2006-01-02T15:04"}
	text := []byte(string(b))
	text[10] = 'T'
	for _, layout := range layouts {
		if t, err := time.Parse(layout, string(text)); err == nil {
			return t.UnixMicro(), true
		}
	}
	return 0, false
}

// Package number writes numbers, money, shares and months for people, in bokmål (nb) and English (en).
//
// Bokmål: decimal comma, thousands parted by a no-break space, "12,3 %", "1 234 kr". English: "1,234.5", "12.3%",
// "NOK 1,234". Both use the minus sign U+2212, which is as wide as a plus, and an en dash for what is missing. A number
// that rounds to zero has no sign. Machine formats (CSV, JSON) are not its concern: they keep every digit.
package number

import (
	"math"
	"strconv"
	"strings"
)

// Lang is a language: NB or EN.
type Lang string

// The languages.
const (
	NB Lang = "nb"
	EN Lang = "en"
)

const (
	space   = "\u00a0" // no-break space
	minus   = "\u2212"
	missing = "\u2013" // en dash
)

// Missing is what stands where there is no number.
func Missing() string { return missing }

// Decimal is x with a fixed number of digits after the decimal sign: "−1 234,50". NaN and infinities are Missing.
func (l Lang) Decimal(x float64, digits int) string { return l.decimal(x, digits, "") }

// Signed is Decimal with a plus before positive numbers: "+0,12". It is for differences.
func (l Lang) Signed(x float64, digits int) string { return l.decimal(x, digits, "+") }

// Count is a whole number: "12 345"; a negative one is Missing, as counts that disclosure control took away.
func (l Lang) Count(n int) string {
	if n < 0 {
		return missing
	}
	return l.Decimal(float64(n), 0)
}

// Percent is a share as per cent: 0.1234 is "12,3 %" with one digit.
func (l Lang) Percent(share float64, digits int) string {
	return l.percent(l.Decimal(100*share, digits))
}

// Points is a difference of shares in percentage points, signed, without its unit: 0.032 is "+3,2".
func (l Lang) Points(difference float64, digits int) string { return l.Signed(100*difference, digits) }

// Kroner is money in whole kroner: "1 234 kr", "NOK 1,234".
func (l Lang) Kroner(x float64) string { return l.kroner(l.Decimal(x, 0)) }

// SignedKroner is a difference of money: "+1 234 kr".
func (l Lang) SignedKroner(x float64) string { return l.kroner(l.Signed(x, 0)) }

// Range is "low til high" or "low to high"; low and high are written numbers.
func (l Lang) Range(low, high string) string {
	if l == EN {
		return low + " to " + high
	}
	return low + " til " + high
}

func (l Lang) decimal(x float64, digits int, plus string) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return missing
	}
	s := strconv.FormatFloat(math.Abs(x), 'f', digits, 64)
	sign := ""
	if strings.Trim(s, "0.") != "" {
		if sign = plus; x < 0 {
			sign = minus
		}
	}
	whole, fraction, _ := strings.Cut(s, ".")
	group, point := space, ","
	if l == EN {
		group, point = ",", "."
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	return b.String()
}

func (l Lang) percent(s string) string {
	switch {
	case s == missing:
		return s
	case l == EN:
		return s + "%"
	}
	return s + space + "%"
}

func (l Lang) kroner(s string) string {
	switch {
	case s == missing:
		return s
	case l == EN:
		return "NOK" + space + s
	}
	return s + space + "kr"
}

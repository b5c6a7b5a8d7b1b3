package number

import (
	"strconv"
	"strings"
)

var months = map[Lang][]string{
	NB: {"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"},
	EN: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Month writes a month given as 2021-03: "mars 2021", "March 2021". Other text comes back as it is.
func (l Lang) Month(yyyymm string) string {
	year, number, ok := strings.Cut(yyyymm, "-")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > 12 {
		return yyyymm
	}
	if l != EN {
		l = NB
	}
	return months[l][n-1] + space + year
}

// And joins words as a sentence does: "a, b og c", "a, b and c".
func (l Lang) And(words []string) string {
	and := " og "
	if l == EN {
		and = " and "
	}
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + and + words[n-1]
	}
}

package matching

import (
	"fmt"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Estimand is whose mean effect is estimated.
type Estimand uint8

// The estimands: the treated, the comparison rows, all rows, the overlap population (weights p(1−p), Li, Morgan and
// Zaslavsky 2018) and the matching weights (min(p, 1−p), Li and Greene 2013).
const (
	ATT Estimand = iota
	ATC
	ATE
	ATO
	ATM
)

var estimandNames = []string{"ATT", "ATC", "ATE", "ATO", "ATM"}

// String is the name in capitals.
func (e Estimand) String() string { return estimandNames[e] }

// UnmarshalText reads the name in any case.
func (e *Estimand) UnmarshalText(text []byte) error {
	for i, n := range estimandNames {
		if strings.EqualFold(n, string(text)) {
			*e = Estimand(i)
			return nil
		}
	}
	return fault.Usagef("bad_flag", "`%s` is no estimand: att, atc, ate, ato, atm", text)
}

// Order is the order in which rows choose their matches; it changes who is matched, not the estimand.
type Order uint8

// The orders. Largest is the default: those with the highest scores, who have the fewest comparisons near them, choose
// first. Closest takes the closest pair that is left; Farthest begins with the rows whose nearest comparison is farthest.
const (
	Largest Order = iota
	Smallest
	Closest
	Farthest
	DataOrder
	RandomOrder
)

var orderNames = []string{"largest", "smallest", "closest", "farthest", "data", "random"}

// String is the name of the order as flags write it.
func (o Order) String() string { return orderNames[o] }

// UnmarshalText reads the name of an order.
func (o *Order) UnmarshalText(text []byte) error {
	for i, n := range orderNames {
		if n == string(text) {
			*o = Order(i)
			return nil
		}
	}
	return fault.Usagef("bad_flag", "`%s` is no order%s: largest, smallest, closest, farthest, data, random", text, fault.Suggest(string(text), orderNames))
}

// CaliperUnit is the unit of a caliper.
type CaliperUnit uint8

// The units: standard deviations of the score over all rows that take part (both groups, divisor n−1, unweighted, as
// MatchIt has it), or the score's own.
const (
	CaliperSD CaliperUnit = iota
	CaliperRaw
)

// String is "sd" or "raw".
func (u CaliperUnit) String() string {
	if u == CaliperRaw {
		return "raw"
	}
	return "sd"
}

// UnmarshalText reads "sd" or "raw".
func (u *CaliperUnit) UnmarshalText(text []byte) error {
	switch string(text) {
	case "sd":
		*u = CaliperSD
	case "raw":
		*u = CaliperRaw
	default:
		return fault.Usagef("bad_flag", "`%s` is no caliper unit: sd, raw", text)
	}
	return nil
}

func sameLength(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("matching: %s has %d rows, want %d", what, got, want))
	}
}

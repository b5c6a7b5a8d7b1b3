package number

import (
	"math"
	"testing"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{NB.Decimal(1234567.5, 1), "1\u00a0234\u00a0567,5"},
		{EN.Decimal(1234567.5, 1), "1,234,567.5"},
		{NB.Decimal(-1234, 0), "\u22121\u00a0234"},
		{NB.Decimal(-0.04, 1), "0,0"},
		{NB.Decimal(0.05, 1), "0,1"},
		{NB.Decimal(999.96, 1), "1\u00a0000,0"},
		{NB.Decimal(math.NaN(), 1), "\u2013"},
		{NB.Decimal(math.Inf(-1), 1), "\u2013"},
		{NB.Signed(0.12, 2), "+0,12"},
		{NB.Signed(0.001, 2), "0,00"},
		{NB.Percent(0.1234, 1), "12,3\u00a0%"},
		{EN.Percent(0.1234, 1), "12.3%"},
		{EN.Percent(math.NaN(), 1), "\u2013"},
		{NB.Points(-0.032, 1), "\u22123,2"},
		{NB.Kroner(1234.4), "1\u00a0234\u00a0kr"},
		{EN.Kroner(1234.4), "NOK\u00a01,234"},
		{EN.SignedKroner(-1234.4), "NOK\u00a0\u22121,234"},
		{NB.Kroner(math.NaN()), "\u2013"},
		{NB.Count(100), "100"},
		{NB.Count(100000), "100\u00a0000"},
		{NB.Count(-1), "\u2013"},
		{NB.Month("2021-03"), "mars\u00a02021"},
		{EN.Month("2021-12"), "December\u00a02021"},
		{NB.Month("2021"), "2021"},
		{NB.Month("2021-13"), "2021-13"},
		{NB.Range("1", "2"), "1 til 2"},
		{EN.And([]string{"a", "b", "c"}), "a, b and c"},
		{NB.And([]string{"a", "b"}), "a og b"},
		{NB.And([]string{"a"}), "a"},
		{NB.And(nil), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

package simulate

import (
	"math"
	"reflect"
	"testing"

	"tiltakseffekt/datasets"
)

// In scenario twelve-tiltak everything but the codes is as in the default, half of each tiltak has the code of its sister,
// and the paths, in memory and as a table, name the same code as deltakelse.
func TestTwelveTiltak(t *testing.T) {
	opt := Options{Persons: 3000, Months: 60, Seed: 2, Counterfactual: true}
	plain := generate(t, opt)
	opt.Scenario = "twelve-tiltak"
	twelve := generate(t, opt)
	pair := map[string]string{}
	for k := range sisters {
		pair[sisters[k]] = programmes[k].code
	}
	texts := func(c *datasets.Column) []string {
		values, _, err := c.AsTexts()
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	a, b := plain.Tables["deltakelse"], twelve.Tables["deltakelse"]
	if a.Rows != b.Rows || a.Rows == 0 {
		t.Fatalf("%d rows, and %d in the default", b.Rows, a.Rows)
	}
	n, sister := map[string]float64{}, map[string]float64{}
	codes := map[int64]string{}
	for i := range a.Rows {
		was, is := a.Column("tiltakskode").Text(i), b.Column("tiltakskode").Text(i)
		codes[b.Column("deltakelse_id").Ints[i]] = is
		n[was]++
		if pair[is] == was {
			sister[was]++
		} else if is != was {
			t.Fatalf("row %d: %s became %s", i, was, is)
		}
	}
	for _, column := range []string{"person_id", "start_dato", "slutt_dato", "status", "opphav"} {
		if x, y := texts(a.Column(column)), texts(b.Column(column)); !reflect.DeepEqual(x, y) {
			t.Fatalf("%s differs from the default", column)
		}
	}
	if len(n) != numTiltak {
		t.Errorf("tiltak %v", n)
	}
	for code, all := range n {
		if share := sister[code] / all; math.Abs(share-.5) > 4*.5/math.Sqrt(all) { // four errors of a fair coin
			t.Errorf("%s: %.2f of %.0f rows have the other code", code, share, all)
		}
	}
	if len(plain.Paths.Starts) != len(twelve.Paths.Starts) {
		t.Fatal("other starts")
	}
	for i, s := range twelve.Paths.Starts {
		if s.Tiltak != codes[s.DeltakelseID] {
			t.Fatalf("start %d is %s on the paths and %s in deltakelse", s.DeltakelseID, s.Tiltak, codes[s.DeltakelseID])
		}
		x, y := plain.Paths.Path(i, None), twelve.Paths.Path(i, None)
		for h := range x.Position {
			if x.Position[h] != y.Position[h] || x.Wage[h] != y.Wage[h] {
				t.Fatalf("start %d has another path", s.DeltakelseID)
			}
		}
	}
	if c := twelve.Tables["counterfactual"]; c != nil {
		for i := range c.Rows {
			if id := c.Column("deltakelse_id").Ints[i]; c.Column("tiltakskode").Text(i) != codes[id] {
				t.Fatalf("counterfactual has another code for %d", id)
			}
		}
	}
}

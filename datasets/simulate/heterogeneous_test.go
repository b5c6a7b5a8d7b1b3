package simulate

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tiltakseffekt/datasets/register"
)

// The scenario heterogeneous has local unemployment by county and month, low where the market is tight, and two ways of buying a place,
// by a coin of four in ten; in memory and in a folder; and the other tables have what they have without them.
func TestHeterogeneousTables(t *testing.T) {
	r := generate(t, Options{Persons: 4000, Seed: 2, Scenario: "heterogeneous"})
	reg, err := register.FromTables(ctx(), r.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if reg.Areas == nil || reg.Areas.By != "fylke" || len(reg.Areas.Place) != len(reg.Persons.Counties) {
		t.Fatalf("areas: %+v", reg.Areas)
	}
	for _, v := range reg.Areas.Values["ledighet"] {
		if !(v > .5 && v < 10) {
			t.Fatalf("unemployment of %v per cent", v)
		}
	}
	if unemployment(0) != 3 || unemployment(.2) != math.Round(300*math.Exp(-.3))/100 || !(unemployment(-.1) > 3) {
		t.Errorf("unemployment: %v, %v, %v", unemployment(0), unemployment(.2), unemployment(-.1))
	}
	if !slices.Equal(reg.Procurements, []string{"anbud", "egen_regi"}) {
		t.Fatalf("procurements %v", reg.Procurements)
	}
	n, own := 0, 0
	for _, p := range reg.Participations {
		if employer := reg.Tiltak[p.Tiltak] == "MIDLERTIDIG_LONNSTILSKUDD"; employer != (p.Procured < 0) {
			t.Fatalf("%s: procured %d", reg.Tiltak[p.Tiltak], p.Procured)
		}
		if p.Procured >= 0 {
			n++
			own += int(p.Procured)
		}
	}
	within(t, "share of egen_regi", float64(own)/float64(n), .4-4*math.Sqrt(.24/float64(n)), .4+4*math.Sqrt(.24/float64(n)))
	dir := filepath.Join(t.TempDir(), "register")
	written, err := Write(ctx(), dir, Options{Persons: 600, Seed: 2, Scenario: "heterogeneous"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if written.Rows["omrade_maaned"] != int64(len(reg.Persons.Counties)*r.Options.Months) {
		t.Errorf("%d rows of omrade_maaned", written.Rows["omrade_maaned"])
	}
	if _, err := Write(ctx(), dir, Options{Persons: 600, Seed: 2}, nil); err != nil { // what the earlier register had does not stay
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "omrade_maaned.parquet")); err == nil {
		t.Error("omrade_maaned of an earlier register stays in the folder")
	}
	plain := generate(t, Options{Persons: 300, Seed: 2})
	if plain.Tables["omrade_maaned"] != nil || plain.Tables["deltakelse"].Column("anskaffelse") != nil {
		t.Error("the default scenario has tables of heterogeneous")
	}
}

package register

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

const ratesHead = "tiltakskode enhet kr gyldig_fra gyldig_til kilde bekreftet\n"

func readRates(t *testing.T, rows string, opt Options) (*Register, error) {
	t.Helper()
	m := tables(base())
	m["satser"] = table("satser.parquet", ratesHead+rows)
	return FromTables(t.Context(), m, opt)
}

func day(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRegisterRates: the rates of a register are those of a satser.csv with the same rows, replace the embedded ones on their days
// and leave them the others, and give way to the user's own.
func TestRegisterRates(t *testing.T) {
	const rows = "AVKLARING uke 4900.5 2024-01-01 . avtale ja\nARBEIDSFORBEREDENDE_TRENING maaned 1 2024-03-01 2024-04-30 avtale nei"
	r, err := readRates(t, rows, Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := strings.ReplaceAll(strings.ReplaceAll(ratesHead+rows, " . ", "  "), " ", ",") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "satser.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := catalog.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	rate := func(c *catalog.Catalog, tiltak, on string) float64 {
		x, _, _ := c.Rate(tiltak, day(t, on))
		return x.Kroner
	}
	const aft = "ARBEIDSFORBEREDENDE_TRENING"
	for _, on := range []string{"2023-12-31", "2024-02-29", "2024-03-01", "2024-04-30", "2024-05-01", "2025-06-01"} {
		for _, tiltak := range []string{aft, "AVKLARING"} {
			if a, b := rate(r.Catalog, tiltak, on), rate(own, tiltak, on); a != b {
				t.Errorf("%s on %s: %v kr by the register, %v by satser.csv", tiltak, on, a, b)
			}
		}
		inside := on >= "2024-03-01" && on <= "2024-04-30"
		if got := rate(r.Catalog, aft, on); inside != (got == 1) || !inside && got != rate(catalog.Default(), aft, on) {
			t.Errorf("AFT on %s: %v kr", on, got)
		}
	}
	a, _ := r.Catalog.Table("satser")
	b, _ := own.Table("satser")
	if !reflect.DeepEqual(a, b) {
		t.Errorf("the tables differ:\n%v\n%v", a.Rows, b.Rows)
	}
	if len(r.Catalog.Files()) != 0 {
		t.Error("the register's table is among the files of the catalogue")
	}

	// The user's file wins where both speak, and the register keeps the rest.
	r, err = readRates(t, "ARBEIDSFORBEREDENDE_TRENING maaned 2 2024-01-01 2024-12-31 avtale ja", Options{Catalog: own})
	if err != nil {
		t.Fatal(err)
	}
	if x, y, z := rate(r.Catalog, aft, "2024-03-15"), rate(r.Catalog, aft, "2024-05-15"), rate(r.Catalog, "AVKLARING", "2024-05-15"); x != 1 || y != 2 || z != 4900.5 {
		t.Errorf("%v, %v and %v kr", x, y, z)
	}
	if rate(own, aft, "2024-05-15") == 2 {
		t.Error("the catalogue that was given has changed")
	}
	if r := mustRead(t, base(), Options{}); r.Catalog != nil {
		t.Error("a register without rates has a catalogue of its own")
	}
}

// TestRegisterRatesRefused: what cannot be a rate is one sentence that names the row.
func TestRegisterRatesRefused(t *testing.T) {
	for name, c := range map[string]struct{ rows, code, says string }{
		"negative":   {"AVKLARING uke -1 2024-01-01 . x ja", "bad_value", "row 1: column `kr` is negative"},
		"unit":       {"AVKLARING uke 1 2024-01-01 . x ja\nOPPFOLGING maned 1 2024-01-01 . x ja", "bad_value", "row 2: "},
		"unknown":    {"AVKLARINGA uke 1 2024-01-01 . x ja", "unknown_tiltak", "did you mean `AVKLARING`?"},
		"overlap":    {"AVKLARING uke 1 2024-01-01 . x ja\nAVKLARING uke 2 2025-01-01 . x ja", "overlapping_periods", "that of row 1"},
		"backwards":  {"AVKLARING uke 1 2024-02-01 2024-01-01 x ja", "bad_period", "row 1: "},
		"unknown kr": {"AVKLARING uke . 2024-02-01 . x ja", "missing_value", "`kr`"},
	} {
		_, err := readRates(t, c.rows, Options{})
		if fault.StatusOf(err) != fault.Data || fault.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "satser") || strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v (%s)", name, err, fault.CodeOf(err))
		}
	}
	m := tables(base())
	m["satser"] = table("satser.parquet", "tiltakskode enhet gyldig_fra gyldig_til kilde bekreftet\nAVKLARING uke 2024-01-01 . x ja")
	if _, err := FromTables(t.Context(), m, Options{}); fault.CodeOf(err) != "missing_column" || !strings.Contains(err.Error(), "`kr`") {
		t.Error(err)
	}
}

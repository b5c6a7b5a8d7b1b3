package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

type costAnswer struct {
	Schema    int
	Command   string
	Tiltak    string
	Basis     *string
	PriceYear *int `json:"price_year"`
	Months    float64
	Lines     []struct {
		Month    string
		Rate     *float64
		Rule     string
		Fraction float64
		Kroner   float64
	}
	Total struct {
		Kroner *float64
		Real   *float64 `json:"kroner_price_year"`
	}
	Reason   *string
	Warnings []struct{ Code string }
}

func costOf(t *testing.T, args string) (costAnswer, string) {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"cost", "--format", "json"}, strings.Fields(args)...)...)
	var answer costAnswer
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil || status != 0 || answer.Schema != 1 || answer.Command != "cost" || answer.Warnings == nil {
		t.Fatalf("%s: status %d, %v, %s", args, status, err, stderr)
	}
	return answer, stderr
}

// The arithmetic of the boundaries stands in analysis/cost/participation_test.go.
func TestCost(t *testing.T) {
	a, _ := costOf(t, "--tiltak ARBFORB --from 2025-07-15 --to 2025-08-15 --share 100")
	if len(a.Lines) != 2 || a.Lines[0].Kroner != 11502 || a.Lines[1].Kroner != 10987 || *a.Total.Kroner != 22489 || a.Tiltak != "ARBEIDSFORBEREDENDE_TRENING" ||
		a.Lines[1].Fraction != 0.52381 || *a.Basis != "rate" || a.Reason != nil || a.PriceYear != nil || a.Total.Real != nil {
		t.Errorf("%+v", a)
	}
	a, _ = costOf(t, "--tiltak ARBFORB --from 2025-12 --to 2026-01 --share 50")
	if len(a.Lines) != 2 || a.Lines[0].Kroner != 20975 || a.Lines[1].Kroner != 10865 || a.Months != 2 {
		t.Errorf("across New Year at 50 %%: %+v", a)
	}
	a, stderr := costOf(t, "--tiltak AVKLARING --from 2024-01-01 --to 2024-01-31")
	if a.Total.Kroner != nil || a.Reason == nil || *a.Reason != "no_rate" || a.Basis != nil || !strings.Contains(stderr, "contract prices") {
		t.Errorf("avklaring: %+v, %q", a, stderr)
	}
	a, _ = costOf(t, "--tiltak AVKLARING --from 2024-01-01 --to 2024-01-31 --amount 45000 --price-year 2024")
	if *a.Total.Kroner != 45000 || *a.Total.Real != 45000 || *a.Basis != "amount" || a.Lines[0].Rate != nil {
		t.Errorf("an amount: %+v", a)
	}
	a, stderr = costOf(t, "--tiltak NYTT --from 2024-01-01 --to 2024-01-31 --amount 1 --quiet")
	if *a.Total.Kroner != 1 || len(a.Warnings) == 0 || a.Warnings[0].Code != "unknown_tiltak" || stderr != "" {
		t.Errorf("an unknown tiltak: %+v, %q", a, stderr)
	}
}

func TestCostText(t *testing.T) {
	for _, lang := range []string{"nb", "en"} {
		for _, args := range []string{
			"--tiltak NORSKOPPLAERING_GRUNNLEGGENDE_FERDIGHETER_FOV --from 2024-01 --to 2024-03 --amount 123456.5 --price-year 2020",
			"--tiltak VASV --from 2025-07-15 --to 2026-01-31 --share 49.9", "--tiltak MIDLONTIL --from 2026-01-16 --to 2027-02-28 --wage 30000",
			"--tiltak HOYEREUTD --from 2024-01 --to 2024-02", "--tiltak VARLONTIL --from 2026-01 --to 2026-02 --wage 90000",
		} {
			stdout, stderr, status := runCLI(t, append(strings.Fields("cost --quiet --lang "+lang), strings.Fields(args)...)...)
			if status != 0 || stderr != "" {
				t.Fatalf("%s: status %d, %q", args, status, stderr)
			}
			for _, line := range strings.Split(stdout, "\n") {
				if utf8.RuneCountInString(line) > pageWidth || line != strings.TrimRight(line, " ") {
					t.Errorf("%s: %q", args, line)
				}
			}
		}
	}
	stdout, _, _ := runCLI(t, strings.Fields("cost --quiet --lang nb --tiltak ARBFORB --from 2025-07-15 --to 2025-08-15 --share 100")...)
	for _, want := range []string{"Arbeidsforberedende trening (AFT)", "hel fra 50 %, ukedager 11/21", "0,52381", "22\u00a0489"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
}

func TestCostWithTheUsersRates(t *testing.T) {
	dir := t.TempDir()
	satser := "tiltakskode;enhet;kr;gyldig_fra;gyldig_til;kilde;bekreftet\nAVKLARING;uke;4900,5;2024-01-01;;avtale 12;ja\n"
	if err := os.WriteFile(filepath.Join(dir, "satser.csv"), []byte(satser), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := costOf(t, "--tiltak AVKLARING --from 2024-03-04 --to 2024-03-24 --share 100 --catalog "+dir)
	if *a.Total.Kroner != 14702 { // three weeks at 4 900.5 are 14 701.5, rounded half up
		t.Errorf("%v kr", *a.Total.Kroner)
	}
}

func TestCostRefuses(t *testing.T) {
	base := "cost --tiltak ARBFORB --from 2024-01-01 --to 2024-01-31 "
	for args, want := range map[string]string{
		"cost --from 2024-01-01 --to 2024-01-31":               "`--tiltak` is needed",
		"cost --tiltak AFT --from 2024-01 --to 2024-02":        "`--tiltak AFT` is not in the catalogue",
		"cost --tiltak ARBFORB --to 2024-01-31":                "`--from` is needed",
		"cost --tiltak ARBFORB --from 2024-01-32 --to 2024-02": "`2024-01-32` is no day",
		"cost --tiltak ARBFORB --from 2024-02-01 --to 2024-01": "is before `--from`",
		"cost --tiltak ARBFORB --from 2024-02-01 --to 9999-12": "`--to` is open",
		base + "--share 101":                                   "`--share` is 101; it must be 0 to 100",
		base + "--share -1":                                    "`--share`",
		base + "--share NaN":                                   "`--share`",
		base + "--amount -5":                                   "`--amount`",
		base + "--price-year 2031":                             "price year 2031 is outside",
		base + "--deflator x":                                  "`--deflator` is kpi or g",
		base + "--variant x":                                   "`--variant` is for wage subsidies",
		base + "--wage 30000":                                  "`--wage` is for wage subsidies",
		base + "--percent 50":                                  "`--percent` is for wage subsidies",
		base + "--zone V":                                      "`--zone` is for wage subsidies",
		"cost --tiltak MIDLONTIL --from 2024-01-01 --to 2024-01-31 --wage 1 --variant nedsatt_arbeidsevne --percent 30": "`--percent` is 30, and the steps of `--variant` nedsatt_arbeidsevne begin with 60",
		"cost --tiltak MIDLONTIL --from 2024-01-01 --to 2024-01-31 --variant nedsat_arbeidsevne":                        "did you mean `nedsatt_arbeidsevne`?",
		"cost --tiltak MIDLONTIL --from 2024-01-01 --to 2024-01-31 --wage 1 --zone VI":                                  "zone `VI`",
		base + "rest": "`evaluate cost` takes options alone, and `rest` is none",
	} {
		stdout, stderr, status := runCLI(t, strings.Fields(args)...)
		if status != 2 || !strings.Contains(stderr, want) || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q", args, status, stderr)
		}
	}
}

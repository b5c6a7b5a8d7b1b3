package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/results"
)

const describeStudy = `study: beskriv
data: {register: REGISTER}
population: {from: 2017-06, to: 2021-12}
tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]
groups: [alle, unge, langtidsledige]
horizon: 6
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
inference: {family: {outcome: arbeid, month: 6, method: ebal, over: [tiltak, group]}}
`

type describeJSON struct {
	Path   *string
	Spells []struct {
		Tiltak, Group string
		Starts        *int
		UnderTwo      *float64 `json:"share_ended_within_2_months"`
		OverYear      *float64 `json:"share_over_12_months"`
		OverEighteen  *float64 `json:"share_over_18_months"`
		Median        *float64 `json:"median_months"`
	}
	Tables map[string][]map[string]any
}

func runDescribe(t *testing.T, args ...string) (d describeJSON) {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"describe", "--format", "json", "--quiet"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	return d
}

// The composition is the weighted means of the rows that `trials` writes, and the share in another group that of its flag.
func TestDescribeComposition(t *testing.T) {
	study := writeStudy(t, describeStudy)
	d := runDescribe(t, study)
	for _, effects := range []string{"estimates", "balance", "overlap", "placebo", "diagnostics"} {
		if len(d.Tables[effects]) > 0 {
			t.Errorf("a description has %s", effects)
		}
	}
	out := filepath.Join(t.TempDir(), "rader")
	if _, stderr, status := runCLI(t, "trials", study, "--out", out, "--months", "1", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	compared := map[string]int{}
	var table *datasets.Table
	at := ""
	for _, row := range d.Tables["composition"] {
		tiltak, group, kind, variable := row["tiltak"].(string), row["group"].(string), row["kind"].(string), row["variable"].(string)
		if row["mean_starts"] == nil {
			if row["reason"] != "suppressed" {
				t.Errorf("%v has no figure and no reason", row)
			}
			continue
		}
		if at != tiltak+group {
			var err error
			if table, err = datasets.Read(t.Context(), filepath.Join(out, tiltak, group+".parquet"), datasets.ReadOptions{}); err != nil {
				t.Fatal(err)
			}
			at = tiltak + group
		}
		c := table.Column(variable)
		if kind == "group" {
			c = table.Column("group_" + variable)
		}
		if c == nil { // the same for every row of the cell: no column
			continue
		}
		values, err := c.AsFloats()
		if err != nil {
			bools, _, _ := c.AsBools()
			for _, b := range bools {
				v := 0.
				if b {
					v = 1
				}
				values = append(values, v)
			}
		}
		var sum, weight [2]float64
		squares := 0.
		for i, v := range values {
			arm, w := 0, table.Column("sample_weight").Floats[i]
			if table.Column("treated").Bools[i] {
				arm = 1
				squares += w * v * v
			}
			sum[arm] += w * v
			weight[arm] += w
		}
		mean := sum[1] / weight[1]
		if math.Abs(row["mean_starts"].(float64)-mean) > 1e-12 {
			t.Errorf("%s × %s, %s: mean %v, the rows have %v", tiltak, group, variable, row["mean_starts"], mean)
		}
		if sd, ok := row["sd_starts"].(float64); ok && math.Abs(sd-math.Sqrt(squares/weight[1]-mean*mean)) > 1e-9 || ok != (kind == "mean") {
			t.Errorf("%s × %s, %s: sd %v", tiltak, group, variable, row["sd_starts"])
		}
		compared[kind]++
		_ = sum[0] // the eligible of `trials` are those with common support; those of the description are all
	}
	if compared["mean"] < 30 || compared["share"] < 20 || compared["group"] < 6 {
		t.Errorf("compared %v", compared)
	}
}

// The spells of AFT in the simulated register are those that evaluations tell of (S003 §4.4, Proba and Frisch 2023): "drøye
// 10 %" end before two months, about 20 % last over a year, and of those most end within a year and a half.
func TestDescribeAFT(t *testing.T) {
	if testing.Short() {
		t.Skip("a register of 15 000 persons")
	}
	dir := t.TempDir()
	register := filepath.Join(dir, "register")
	if _, stderr, status := runCLI(t, "simulate", "--out", register, "--persons", "15000", "--no-counterfactual", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	study := filepath.Join(dir, "aft.yaml")
	text := strings.NewReplacer("REGISTER", register, "[ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]", "[ARBEIDSFORBEREDENDE_TRENING]", "[alle, unge, langtidsledige]", "[alle]").Replace(describeStudy)
	if err := os.WriteFile(study, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := runDescribe(t, study)
	if len(d.Spells) != 1 || d.Spells[0].UnderTwo == nil || d.Spells[0].OverYear == nil || d.Spells[0].OverEighteen == nil {
		t.Fatalf("%+v", d.Spells)
	}
	s := d.Spells[0]
	if *s.UnderTwo < .10 || *s.UnderTwo > .15 || *s.OverYear < .17 || *s.OverYear > .24 || *s.OverEighteen > .5**s.OverYear {
		t.Errorf("%.3f end within two months, %.3f last over a year, %.3f over a year and a half", *s.UnderTwo, *s.OverYear, *s.OverEighteen)
	}
	stdout, _, _ := runCLI(t, "describe", study, "--quiet")
	for _, want := range []string{"≤ 2 mo.", "> 12 mo.", "> 18 mo.", "Who they are", "Cost per participation"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the text has no %q", want)
		}
	}
}

// What is written is a folder that `validate` accepts and reads, the same for any number of workers, and is not another
// one the second time.
func TestDescribeOut(t *testing.T) {
	once(t)
	study := writeStudy(t, describeStudy)
	out := filepath.Join(t.TempDir(), "beskrivelser")
	first := runDescribe(t, study, "--out", out, "--workers", "1")
	again := runDescribe(t, study, "--out", out)
	other := runDescribe(t, study, "--out", filepath.Join(t.TempDir(), "b"), "--workers", "2")
	if first.Path == nil || again.Path == nil || *first.Path != *again.Path || filepath.Base(*other.Path) != filepath.Base(*first.Path) {
		t.Fatalf("%v %v %v", first.Path, again.Path, other.Path)
	}
	a, b := files(t, *first.Path), files(t, *other.Path)
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs with the number of workers", name)
		}
	}
	for _, name := range []string{"tables/composition.csv", "tables/flow.parquet", "tables/durations.csv", "tables/costs.csv", "figures/duration-time_in_tiltak-ARBEIDSTRENING.svg"} {
		if len(a[name]) == 0 {
			t.Errorf("no %s", name)
		}
	}
	if _, stderr, status := runCLI(t, "validate", *first.Path); status != 0 {
		t.Errorf("status %d, %s", status, stderr)
	}
	_, tables, err := results.Load(*first.Path)
	if err != nil || len(tables.Composition) != len(first.Tables["composition"]) || len(tables.Estimates) != 0 {
		t.Errorf("%v, %d rows", err, len(tables.Composition))
	}
}

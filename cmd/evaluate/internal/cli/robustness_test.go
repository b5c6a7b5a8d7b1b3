package cli

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const registryStudy = `study: register
data: {register: REGISTER}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING]
groups: [alle, unge]
horizon: 6
disclosure: {min_cell: 3}
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
inference: {family: {outcome: arbeid, month: 6, method: ebal, over: [tiltak, group]}}
robustness:
  samples:
    - {id: fra_juli, population: {from: 2019-07}}
    - {id: voksne, population: {age: [35, 66], washout: 6}}
  outcomes:
    - {id: halv_stilling, kind: work, position: 50}
  methods:
    - {name: did}
  months: [3]
`

// csvRows reads a table of a run as maps from column to text.
func csvRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// A registry is run in full, under keys of its own, and each rival is what a study that makes that choice finds: the
// registry is a short way to run many studies, and nothing else.
func TestRegistryIsManyStudies(t *testing.T) {
	run := func(text string) string {
		t.Helper()
		stdout, stderr, status := runCLI(t, "run", writeStudy(t, text), "--out", t.TempDir(), "--quiet")
		if status != 0 {
			t.Fatal(stderr)
		}
		return filepath.Join(folderOf(t, stdout), "tables")
	}
	tables := run(registryStudy)
	rows := csvRows(t, filepath.Join(tables, "estimates.csv"))
	keys := map[string]map[string]string{}
	rivals := 0
	for _, r := range rows {
		key := strings.Join([]string{r["tiltak"], r["group"], r["outcome"], r["definition"], r["sample"], r["method"], r["month"], r["window"]}, " ")
		if keys[key] != nil {
			t.Errorf("two rows %s", key)
		}
		keys[key] = r
		if r["role"] == "robustness" {
			rivals++
		}
	}
	// 3 samples × 2 definitions × 2 months × 2 methods for each of two groups, less the study's own at both months.
	if want := 2 * (3*2*2*2 - 2); rivals != want {
		t.Errorf("%d rivals, want %d", rivals, want)
	}

	alone := run(strings.NewReplacer("study: register", "study: alene", "from: 2018-06", "from: 2019-07", "kind: work}", "kind: work, position: 50}",
		"methods: [ebal]", "methods: [did]", "method: ebal", "method: did").Replace(registryStudy[:strings.Index(registryStudy, "robustness:")]))
	compared := 0
	for _, r := range csvRows(t, filepath.Join(alone, "estimates.csv")) {
		if r["month"] != "6" && r["month"] != "3" {
			continue
		}
		rival := keys[strings.Join([]string{r["tiltak"], r["group"], r["outcome"], "halv_stilling", "fra_juli", "did", r["month"], ""}, " ")]
		if rival == nil {
			t.Fatalf("no rival for %v", r)
		}
		if rival["reason"] == "suppressed" || r["reason"] == "suppressed" { // two folders hide differently
			continue
		}
		compared++
		for _, column := range []string{"estimate", "std_error", "n_starts", "n_persons_comparison"} {
			if rival[column] != r[column] {
				t.Errorf("group %s, month %s, %s: %s in the registry, %s alone", r["group"], r["month"], column, rival[column], r[column])
			}
		}
	}
	if compared == 0 {
		t.Error("nothing could be compared")
	}

	curves := csvRows(t, filepath.Join(tables, "robustness.csv"))
	if len(curves) != 2 {
		t.Fatalf("%d rows in robustness", len(curves))
	}
	shown := 0
	for _, c := range curves {
		if c["reason"] != "" {
			continue
		}
		shown++
		sum := 0.
		for _, column := range []string{"variance_sample", "variance_definition", "variance_covariates", "variance_month", "variance_method", "variance_combinations"} {
			v, err := strconv.ParseFloat(c[column], 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += v
		}
		if math.Abs(sum-1) > 1e-9 || c["n_specifications"] != "24" || c["variance_covariates"] != "0" {
			t.Errorf("shares add up to %v: %v", sum, c)
		}
	}
	if shown == 0 {
		t.Errorf("no curve is shown: %v", curves)
	}
}

func TestRegistryRefuses(t *testing.T) {
	for replace, want := range map[[2]string]string{
		{"{id: fra_juli, population: {from: 2019-07}}", "{id: main, population: {from: 2019-07}}"}:     "`robustness.samples` names `main`",
		{"{id: fra_juli, population: {from: 2019-07}}", "{id: fra 2019, population: {from: 2019-07}}"}: "needs an `id`",
		{"{id: fra_juli, population: {from: 2019-07}}", "{id: a, population: {from: 2029-01}}"}:        "`population.to`",
		{"{id: fra_juli, population: {from: 2019-07}}", "{id: a, populasjon: {from: 2029-01}}"}:        "is no key",
		{"id: halv_stilling", "id: arbeid"}:                                                                "no rival of `arbeid`",
		{"id: halv_stilling, kind: work, position: 50", "id: kroner, kind: earnings"}:                      "the same unit",
		{"{name: did}", "{name: ebal}"}:                                                                    "the study runs already",
		{"months: [3]", "months: [6]"}:                                                                     "`robustness.months` names 6",
		{"outcome: arbeid, month: 6, method: ebal, over: [tiltak, group]", "over: [tiltak, group, month]"}: "fix them",
	} {
		text := strings.Replace(registryStudy, replace[0], replace[1], 1)
		if text == registryStudy {
			t.Fatalf("%q is not in the study", replace[0])
		}
		if _, stderr, status := runCLI(t, "run", writeStudy(t, text), "--quiet"); status != 2 || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: status %d, %s", replace[1], status, stderr)
		}
	}
}

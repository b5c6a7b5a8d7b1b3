package cli

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A run with `disclosure.round` is the same run rounded: nothing in its tables is an exact count, validate passes it, and
// an effect is where it was to a twentieth of its error or about one person.
func TestRunRounded(t *testing.T) {
	once(t)
	const study = `study: register
data: {register: REGISTER}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING]
groups: [alle]
horizon: 4
outcomes: [{id: arbeid, kind: work}, {id: lonn, kind: earnings}]
methods: [ebal, nearest]
sensitivity: none
`
	run := func(disclosure string) string {
		t.Helper()
		stdout, stderr, status := runCLI(t, "run", writeStudy(t, study+disclosure), "--out", t.TempDir(), "--quiet")
		if status != 0 {
			t.Fatal(stderr)
		}
		return folderOf(t, stdout)
	}
	exact, rounded := run(""), run("disclosure: {min_cell: 5, round: 10}\n")
	stdout, stderr, status := runCLI(t, "validate", rounded)
	if status != 0 {
		t.Fatal(stdout, stderr)
	}
	number := func(text string) float64 {
		if text == "" {
			return -1
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	a, b := csvRows(t, filepath.Join(exact, "tables", "estimates.csv")), csvRows(t, filepath.Join(rounded, "tables", "estimates.csv"))
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d rows and %d", len(a), len(b))
	}
	compared := 0
	for i := range a {
		for name, text := range b[i] {
			if strings.HasPrefix(name, "n_") && (int(number(text))%10 != 0 && text != "" || (text == "") != (a[i][name] == "")) {
				t.Errorf("row %d: `%s` is %s, and %s exact", i, name, text, a[i][name])
			}
		}
		if se, n := number(a[i]["std_error"]), number(b[i]["n_starts"]); se > 0 && n > 0 {
			compared++
			if d := math.Abs(number(a[i]["estimate"]) - number(b[i]["estimate"])); d > max(.0501*se, 1.25/(n-5)) {
				t.Errorf("row %d: %s becomes %s (error %v)", i, a[i]["estimate"], b[i]["estimate"], se)
			}
		}
	}
	if compared == 0 {
		t.Error("no effect to compare")
	}
}

package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// equalRows is a made table of persons with one or two rows, in three towns.
func equalRows() (head string, rows []string) {
	noise := uint32(11)
	draw := func(n int) int {
		noise = noise*1664525 + 1013904223
		return int(noise>>8) % n
	}
	for i := range 160 {
		x := draw(1000)
		d := 0
		if draw(1000) < 150+x/3 {
			d = 1
		}
		rows = append(rows, fmt.Sprintf("%d,%d,%d,%d.%03d,%s,%d,%d,%d", i, i%90, d, x/100, draw(1000), []string{"Oslo", "Bergen", "Vadsø"}[draw(3)], x/200+d+draw(5), draw(9), draw(4)))
	}
	return "id,person,d,x,town,y,office,e\n", rows
}

// The order of the rows has no part in anything: not in the shuffles of the test of balance inside sets, and not in the order in which
// --person-max goes through the cells of --exact.
func TestMatchWhateverTheOrderOfRows(t *testing.T) {
	head, rows := equalRows()
	back := slices.Clone(rows)
	slices.Reverse(back)
	one, other := writeFile(t, head+strings.Join(rows, "\n")+"\n"), writeFile(t, head+strings.Join(back, "\n")+"\n")
	for _, args := range []string{"--method subclass --id id", "--method full --id id", "--method cem --k2k --id id", "--method nearest --replace --person-max 1 --exact town --id person --se pair"} {
		var d [2]struct {
			N         matchCounts
			Joint     []map[string]any `json:"joint_balance"`
			Estimates []struct{ Estimate float64 }
		}
		for k, file := range []string{one, other} {
			stdout, stderr, status := runCLI(t, append([]string{"match", "--data", file, "--treatment", "d", "--outcome", "y", "--covariates", "x,e", "--format", "json", "--quiet"}, strings.Fields(args)...)...)
			if status != 0 {
				t.Fatalf("%s: %s", args, stderr)
			}
			if err := json.Unmarshal([]byte(stdout), &d[k]); err != nil {
				t.Fatal(err)
			}
			d[k].N.ESSTreated, d[k].N.ESSComparison = 0, 0
		}
		shares := func(k int) (p []any) {
			for _, j := range d[k].Joint {
				if j["test"] == "permutation" {
					p = append(p, j["p_value"])
				}
			}
			return p
		}
		if a, b := d[0].Estimates[0].Estimate, d[1].Estimates[0].Estimate; a-b > 1e-9 || b-a > 1e-9 || !reflect.DeepEqual(shares(0), shares(1)) || !reflect.DeepEqual(d[0].N, d[1].N) {
			t.Errorf("%s: %v %v and backwards %v %v", args, a, shares(0), b, shares(1))
		}
	}
}

// A limit by person where no id repeats says what to do, and few clusters are said where errors take them for many.
func TestMatchFewClusters(t *testing.T) {
	head, rows := equalRows()
	file := writeFile(t, head+strings.Join(rows, "\n")+"\n")
	base := []string{"match", "--data", file, "--treatment", "d", "--outcome", "y", "--covariates", "x"}
	if _, stderr, status := runCLI(t, append(slices.Clone(base), "--id", "id", "--person-max", "2")...); status != 2 || !strings.Contains(stderr, "use `--reuse-max`") {
		t.Errorf("%d %s", status, stderr)
	}
	for _, c := range []struct {
		args string
		few  bool
	}{{"match --treatment d --outcome y --covariates x --method ebal --cluster office", true}, {"match --treatment d --outcome y --covariates x --method ebal --cluster person", false},
		{"did --treatment d --before e --outcome y --cluster office", true}, {"did --treatment d --before e --outcome y --cluster id", false}} {
		_, stderr, status := runCLI(t, append(strings.Fields(c.args), "--data", file)...)
		if status != 0 || strings.Contains(stderr, "`office` has 9 values, and these errors are not corrected") != c.few {
			t.Errorf("%s: %d %s", c.args, status, stderr)
		}
	}
}

// With clusters so few that a test of the groups' equality has no degrees of freedom left there is none, and a warning; it had a p-value that
// was missing and a negative number of them.
func TestDidEqualityOfFewClusters(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,t,g,y,c,group\n")
	noise := uint32(5)
	for u := range 240 {
		office := u % 8
		start := []int{0, 3}[office%2]
		level := 0
		for p := 1; p <= 4; p++ {
			noise = noise*1664525 + 1013904223
			level += int(noise>>24) % (3 + office)
			fmt.Fprintf(&b, "%d,%d,%d,%d,%d,%d\n", u, p, start, level, office, u/8%7)
		}
	}
	file := writeFile(t, b.String())
	var d struct {
		Equality []struct {
			DF2 *int `json:"df2"`
			P   *float64
		}
		Warnings []struct{ Code, Message string }
	}
	documentOf(t, &d, "--data", file, "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--cluster", "c", "--by", "group", "--aggregate", "simple")
	said := false
	for _, w := range d.Warnings {
		said = said || w.Code == "no_equality_test" && strings.Contains(w.Message, "as many as the degrees of freedom")
	}
	if len(d.Equality) > 0 || !said {
		t.Errorf("%+v, %v", d.Equality, d.Warnings)
	}
}

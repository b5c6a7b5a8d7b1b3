package cli

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// overlapping writes a panel of units with two flags and two tiltak; keep tells which units go in.
func overlapping(keep func(unge, lav bool, tiltak string) bool) string {
	rng := rand.New(rand.NewPCG(4, 9))
	var b strings.Builder
	b.WriteString("id,t,g,y,unge,lav,alle,tiltak\n")
	for id := range 600 {
		unge, lav := rng.IntN(2) == 0, rng.IntN(3) == 0
		start, tiltak := 0, ""
		if k := rng.IntN(5); k < 3 {
			start, tiltak = 4+k, []string{"AFT", "KURS"}[rng.IntN(2)]
		}
		level := rng.NormFloat64()
		for t := 1; t <= 8; t++ {
			y := level + .1*float64(t) + rng.NormFloat64()
			if start > 0 && t >= start {
				y += .5
				if unge {
					y += .4
				}
			}
			if keep(unge, lav, tiltak) {
				fmt.Fprintf(&b, "%d,%d,%d,%.6f,%v,%v,true,%s\n", id, t, start, y, unge, lav, tiltak)
			}
		}
	}
	return b.String()
}

// Each tiltak in each of three overlapping groups is what it is alone, on the rows of that group and tiltak; bands and
// p-values are over all; there is a test for each tiltak and one for all.
func TestDidOverlappingGroups(t *testing.T) {
	args := func(content string, more ...string) []string {
		return append([]string{"--data", writeFile(t, content), "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--aggregate", "simple,dynamic"}, more...)
	}
	everybody := overlapping(func(bool, bool, string) bool { return true })
	all := runDid(t, args(everybody, "--by", "unge,lav,alle", "--tiltak", "tiltak")...)
	alone := map[string]didJSON{}
	for _, tiltak := range []string{"AFT", "KURS"} {
		for group, in := range map[string]func(unge, lav bool) bool{"unge": func(u, _ bool) bool { return u }, "lav": func(_, l bool) bool { return l }, "alle": func(bool, bool) bool { return true }} {
			alone[tiltak+" × "+group] = runDid(t, args(overlapping(func(u, l bool, k string) bool { return in(u, l) && (k == "" || k == tiltak) }))...)
		}
	}
	seen := map[string]int{}
	for _, a := range all.Aggregates {
		name := *a.Tiltak + " × " + *a.By
		x := alone[name].Aggregates[seen[name]]
		seen[name]++
		if a.Type != x.Type || a.Estimate != x.Estimate || a.StdError != x.StdError {
			t.Errorf("%s: %+v, alone %+v", name, a, x)
		}
		if a.Key == nil && (a.BandLow == nil || !(*a.BandLow < a.ConfLow)) {
			t.Errorf("%s: no band over the groups: %+v", name, a)
		}
	}
	if len(seen) != 6 {
		t.Fatalf("%v", seen)
	}
	tests := map[string]int{}
	for _, e := range all.Equality {
		of := "all"
		if e.Tiltak != nil {
			of = *e.Tiltak
		}
		tests[e.Type+" "+of] = e.DF
	}
	for name, df := range map[string]int{"simple all": 5, "simple AFT": 2, "simple KURS": 2, "dynamic all": 5} {
		if tests[name] != df {
			t.Errorf("test %s has %d degrees, want %d: %v", name, tests[name], df, tests)
		}
	}
	// Two groups that share nobody: the test is the difference over independent errors.
	apart := runDid(t, args(overlapping(func(u, l bool, _ string) bool { return u != l }), "--by", "unge,lav")...)
	d, variance := 0., 0.
	for _, a := range apart.Aggregates {
		if a.Type == "simple" {
			d = a.Estimate - d
			variance += a.StdError * a.StdError
		}
	}
	if want := d * d / variance; math.Abs(apart.Equality[0].Statistic-want) > 1e-9*want {
		t.Errorf("χ² %v, by hand %v", apart.Equality[0].Statistic, want)
	}
	if all.N.Units != 600 {
		t.Errorf("%d units: a unit of several groups counts once", all.N.Units)
	}
}

func TestDidLevelsAreChecked(t *testing.T) {
	content := overlapping(func(bool, bool, string) bool { return true })
	base := func(content string, more ...string) []string {
		return append([]string{"did", "--data", writeFile(t, content), "--id", "id", "--time", "t", "--start", "g", "--outcome", "y"}, more...)
	}
	broken := strings.Replace(content, ",AFT\n", ",KURS\n", 1)
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{base(content, "--by", "unge,unge"), 2, "`--by` names `unge` twice"},
		{base(content, "--by", "unge,tiltak"), 3, "`tiltak`"},
		{base(broken, "--tiltak", "tiltak"), 3, "`tiltak` changes within a unit"},
		{base(strings.Replace(content, ",AFT\n", ",\n", 1), "--tiltak", "tiltak"), 3, "`tiltak` is missing"},
	} {
		_, stderr, exit := runCLI(t, c.args...)
		if exit != c.exit || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d, %s", c.args[9:], exit, stderr)
		}
	}
}

// Rows compare levels of four groups: in a balanced panel the same estimates as changes, with the same errors when they are
// summed by unit; and overlapping groups go together there too. Units that are seen once are a repeated cross-section.
func TestDidRows(t *testing.T) {
	content := overlapping(func(bool, bool, string) bool { return true })
	args := func(content string, more ...string) []string {
		return append([]string{"--data", writeFile(t, content), "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--aggregate", "simple"}, more...)
	}
	panel, rows := runDid(t, args(content, "--by", "unge,alle")...), runDid(t, args(content, "--by", "unge,alle", "--panel", "rows")...)
	for i, a := range panel.Aggregates {
		b := rows.Aggregates[i]
		if math.Abs(a.Estimate-b.Estimate) > 1e-12 || math.Abs(a.StdError/b.StdError-1) > 1e-9 {
			t.Errorf("%+v, as rows %+v", a, b)
		}
	}
	if math.Abs(panel.Equality[0].Statistic/rows.Equality[0].Statistic-1) > 1e-8 {
		t.Errorf("test %v, as rows %v", panel.Equality, rows.Equality)
	}
	// Every row its own unit: the same averages of rows, with errors that know of no unit.
	lines := strings.Split(strings.TrimSpace(content), "\n")
	for i := range lines[1:] {
		_, rest, _ := strings.Cut(lines[i+1], ",")
		lines[i+1] = fmt.Sprintf("%d,%s", i, rest)
	}
	once := runDid(t, args(strings.Join(lines, "\n")+"\n", "--panel", "rows")...)
	if a, b := panel.Aggregates[1], once.Aggregates[0]; math.Abs(a.Estimate-b.Estimate) > 1e-12 || !(b.StdError > a.StdError) {
		t.Errorf("cross-sections %+v, panel %+v", b, a)
	}
	if imp := runDid(t, args(content, "--panel", "rows", "--method", "imp")...); math.Abs(imp.Aggregates[0].Estimate-panel.Aggregates[1].Estimate) > 1e-12 {
		t.Errorf("improved %+v, panel %+v", imp.Aggregates[0], panel.Aggregates[1])
	}
}

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A flag that nothing would read in this company is refused by its name, not taken and forgotten.
func TestFlagsThatNothingReads(t *testing.T) {
	panel := writeFile(t, didFewPanel())
	did := "did --data " + panel + " --id id --time t --start g --outcome y "
	rows := writeFile(t, "y,d,x,z,c,w\n1,0,.1,1,a,1\n2,1,.3,2,a,2\n3,0,.2,1,b,1\n2,1,.5,3,b,1\n1,0,.7,2,c,1\n4,1,.6,1,c,2\n2,0,.4,3,d,1\n5,1,.2,2,d,1\n")
	match := "match --data " + rows + " --treatment d --outcome y --covariates x "
	spells := writeFile(t, "time,event,by\n1,1,a\n2,0,b\n3,1,b\n4,1,a\n")
	duration := "duration --data " + spells + " --time time --event event "
	for _, c := range []struct{ args, says string }{
		{"experiment --plan --units 40 --rate .3 --outcome y", "leave `--outcome` out"},
		{"experiment --plan --units 40 --rate .3 --out x", "leave `--out` out"},
		{"experiment --plan --units 40 --rate .3 --data x.csv", "leave `--data` out"},
		{"experiment --plan --units 40 --rate .3 --cluster c", "leave `--cluster` out"},
		{"experiment --data " + rows + " --assigned d --outcome y --units 40", "`--units` goes with `--plan`"},
		{"experiment --data " + rows + " --assigned d --outcome y --power .9", "`--power` goes with `--plan`"},
		{duration + "--state 1", "`--state` belongs to"},
		{duration + "--ties breslow", "`--ties` belongs to"},
		{"cost --tiltak ARBFORB --from 2025-01 --to 2025-02 --wage 30000", "`--wage` is for wage subsidies"},
		{"cost --tiltak ARBFORB --from 2025-01 --to 2025-02 --percent 40", "`--percent` is for wage subsidies"},
		{"cost --tiltak ARBFORB --from 2025-01 --to 2025-02 --zone V", "`--zone` is for wage subsidies"},
		{"cost --tiltak MIDLONTIL --from 2025-01 --to 2025-02 --wage 30000 --percent 50 --share 50", "`--share` has no part in a wage subsidy"},
		{"cost --tiltak ARBFORB --from 2025-01 --to 2025-02 --deflator g", "`--deflator` goes with `--price-year`"},
		{did + "--estimator twfe --se iid --cluster c", "`--se iid` takes rows as independent"},
		{did + "--fix-weights base", "`--fix-weights` goes with `--weights`"},
		{did + "--weights w --panel rows --fix-weights base", "has no place with `--panel rows`"},
		{did + "--estimator twfe --bands pointwise", "`--bands` goes with figures by event time"},
		{did + "--estimator bacon --bands pointwise", "`--bands` goes with figures by event time"},
		{did + "--estimator twfe --aggregate dynamic", "twfe has no such average"},
		{did + "--estimator event-study --aggregate group", "event-study has no such average"},
		{match + "--method none --exact c", "`--exact`"},
		{match + "--method none --discard both", "`--discard`"},
		{match + "--method none --caliper-unit raw", "`--caliper-unit`"},
		{match + "--caliper-unit raw", "`--caliper-unit`"},
		{match + "--method radius --radius 1 --caliper .5", "`--caliper`"},
		{match + "--like matching --covariate-caliper x=1", "`--covariate-caliper`"},
		{match + "--like matching --anti-exact c", "`--anti-exact`"},
		{match + "--like matching --order smallest", "`--order`"},
		{match + "--method ipw --distance euclidean", "`--distance euclidean`"},
		{match + "--method aipw --distance z", "`--distance` cannot be a column"},
		{match + "--method cem --distance mahalanobis", "`--distance mahalanobis`"},
		{match + "--method ebal --like matchit", "`--like matchit`"},
	} {
		_, stderr, status := runCLI(t, strings.Fields(c.args)...)
		if status != 2 || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s\nstatus %d, %q", c.args, status, stderr)
		}
	}
}

// didFewPanel is 24 units in 12 clusters over six periods, of which a third starts in 3, a third in 5.
func didFewPanel() string {
	var b strings.Builder
	b.WriteString("id,t,g,y,c,w,half\n")
	noise := uint32(7)
	for u := range 24 {
		start := []int{0, 3, 5}[u%3]
		for p := 1; p <= 6; p++ {
			noise = noise*1664525 + 1013904223
			y := int(noise>>24) + 10*p*(u%4)
			if start > 0 && p >= start {
				y += 60
			}
			b.WriteString(strings.Join([]string{strconv.Itoa(u), strconv.Itoa(p), strconv.Itoa(start), strconv.Itoa(y), strconv.Itoa(u % 12), strconv.Itoa(1 + u%2), strconv.Itoa(u / 12)}, ",") + "\n")
		}
	}
	return b.String()
}

// --out holds every list of the document: regressions have no cells, and their terms went nowhere; degrees of freedom and adjusted p-values
// are columns where there are any.
func TestDidOutHoldsEveryList(t *testing.T) {
	panel := writeFile(t, didFewPanel())
	base := []string{"did", "--data", panel, "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--quiet"}
	header := func(dir, file string) []string {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Error(err)
			return nil
		}
		first, _, _ := strings.Cut(string(b), "\n")
		return strings.Split(first, ",")
	}
	for _, c := range []struct {
		args  string
		files map[string][]string
	}{
		{"--estimator twfe", map[string][]string{"regression.csv": {"term", "estimate", "std_error"}, "regression.parquet": nil}},
		{"--estimator bacon", map[string][]string{"bacon.csv": {"type", "treated", "comparison", "estimate", "weight"}}},
		{"--cluster c --honest relative-magnitude=1 --dip-probe 1", map[string][]string{"aggregates.csv": {"to", "df"}, "group_time.csv": {"df", "reason"}, "honest.csv": {"bound"}, "dip_probe.csv": {"anticipation"}, "pretests.csv": {"statistic", "df", "p_value", "detectable_slope"}}},
		{"--by half --aggregate simple", map[string][]string{"aggregates.csv": {"by", "p_adjusted"}, "equality.csv": {"type", "statistic"}, "pretests.csv": {"by"}}},
	} {
		dir := t.TempDir()
		if _, stderr, status := runCLI(t, append(append(slices.Clone(base), strings.Fields(c.args)...), "--out", dir)...); status != 0 {
			t.Fatalf("%s: %s", c.args, stderr)
		}
		for file, columns := range c.files {
			have := header(dir, file)
			for _, name := range columns {
				if !slices.Contains(have, name) {
					t.Errorf("%s: %s has the columns %v and not %s", c.args, file, have, name)
				}
			}
		}
	}
}

// A unit that lacks a period is set aside with --by as without it: it was counted among the units analysed.
func TestDidByCountsWhoIsAnalysed(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(didFewPanel()), "\n")
	panel := writeFile(t, strings.Join(slices.Delete(lines, 3, 4), "\n")+"\n") // unit 0, never treated, without period 3
	type document struct {
		N struct{ Units, Never int }
	}
	base := []string{"--data", panel, "--id", "id", "--time", "t", "--start", "g", "--outcome", "y", "--quiet"}
	var alone document
	documentOf(t, &alone, base...)
	if alone.N.Units != 23 || alone.N.Never != 7 {
		t.Errorf("without --by: %+v", alone.N)
	}
	for _, more := range [][]string{{"--by", "half"}, {"--tiltak", "g"}} {
		var d document
		documentOf(t, &d, append(slices.Clone(base), more...)...)
		if d.N != alone.N {
			t.Errorf("%v: %+v, alone %+v", more, d.N, alone.N)
		}
	}
}

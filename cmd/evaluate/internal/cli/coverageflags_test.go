package cli

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A flag that a table of coverage does not take is refused, and none of them is taken by nobody.
func TestFlagsOfCoverageTables(t *testing.T) {
	value := map[string]string{"registers": "2", "persons": "1000", "month": "12", "methods": "ebal", "scenario": "no-effect", "start-day-rule": "off", "draws": "2", "rows": "300",
		"design": "logit", "later-entry": "censor", "bands": "true"}
	taken := map[string]bool{}
	for table, own := range coverageTables {
		for name, v := range value {
			if slices.Contains(own, name) {
				taken[name] = true
				continue
			}
			_, stderr, status := runCLI(t, "coverage", "--table", table, "--"+name+"="+v)
			if want := "`--" + name + "` does not go with `--table " + table + "`"; status != 2 || !strings.Contains(stderr, want) {
				t.Errorf("status %d, %s; want %s", status, stderr, want)
			}
		}
		for _, name := range own {
			if value[name] == "" {
				t.Errorf("this test has no value for --%s of %s", name, table)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(taken)), slices.Sorted(maps.Keys(value)); !slices.Equal(got, want) {
		t.Errorf("taken by some table: %v, want %v", got, want)
	}
}

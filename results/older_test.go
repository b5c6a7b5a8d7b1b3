package results

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// The columns that every version of a table has. A column that is new is not among them and has the tag `later:"true"`; to add it here
// instead would make every run folder written before unreadable.
func TestColumnsOfTheFirstVersion(t *testing.T) {
	path := filepath.Join("testdata", "columns.txt")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range new(Tables).each() {
		fmt.Fprintf(&got, "%s:", e.name)
		for _, f := range fieldsOf(knownTables[e.name]) {
			if !f.later {
				fmt.Fprintf(&got, " %s", f.name)
			}
		}
		got.WriteByte('\n')
	}
	if got.String() == string(want) {
		return
	}
	old := map[string]string{}
	for line := range strings.Lines(string(want)) {
		name, columns, _ := strings.Cut(strings.TrimSpace(line), ":")
		old[name] = columns
	}
	for line := range strings.Lines(got.String()) {
		name, columns, _ := strings.Cut(strings.TrimSpace(line), ":")
		before, known := old[name]
		delete(old, name)
		if !known {
			t.Errorf("table %s is new: add the line %q to %s", name, strings.TrimSpace(line), path)
			continue
		}
		for _, c := range strings.Fields(columns) {
			if !slices.Contains(strings.Fields(before), c) {
				t.Errorf("%s has a new column `%s`: give it the tag `later:\"true\"`, or folders of earlier versions can no longer be read", name, c)
			}
		}
		for _, c := range strings.Fields(before) {
			if !slices.Contains(strings.Fields(columns), c) {
				t.Errorf("%s has lost the column `%s`: names are promises", name, c)
			}
		}
	}
	for name := range old {
		t.Errorf("the table %s is gone: names are promises", name)
	}
}

// A table of an earlier version is read with nulls in what came later; one without a column of the first version is refused, and what a
// later version has added is passed over.
func TestTablesOfOtherVersions(t *testing.T) {
	var rows []Estimate
	head := "tiltak,group,outcome,method,month,window,estimand,comparison,later_entry,sample,definition,covariate_set,subset_var,subset_value,role," +
		"estimate,std_error,std_error_type,conf_low,conf_high,band_low,band_high,p_value,p_adjusted,family,mean_treated,mean_comparison,n_starts,n_starts_eligible,n_persons_treated,n_persons_comparison,ess,reason"
	line := "A,alle,arbeid,ebal,12,,ATT,not-now,follow,,,,,,primary,0.1,0.02,m,0.06,0.14,,,0.01,,,0.5,0.4,100,110,100,2000,900,"
	if err := readCSV("estimates.csv", []byte(head+",of_another_time\n"+line+",7\n"), &rows); err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	if len(rows) != 1 || r.Estimate != 0.1 || *r.Month != 12 || r.NStarts != 100 || r.Plan != "" || !math.IsNaN(r.PPermutation) || !math.IsNaN(r.FamilyLow) {
		t.Errorf("%+v", rows)
	}
	err := readCSV("estimates.csv", []byte(strings.Replace(head, "n_starts,", "starts,", 1)+"\n"+line+"\n"), &rows)
	if fault.CodeOf(err) != "missing_column" || !strings.Contains(err.Error(), "`n_starts`") {
		t.Errorf("without n_starts: %v", err)
	}
}

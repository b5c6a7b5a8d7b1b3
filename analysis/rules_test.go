package analysis

import (
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Every parameter of register.Rules can be set from a study, is written in the resolved study, and arrives.
func TestDataRules(t *testing.T) {
	study := func(rules string) string {
		return "study: probe\ndata: {register: ./register" + rules + "}\npopulation: {from: 2018-01, to: 2018-12}\n"
	}
	plain, err := Parse([]byte(study("")))
	if err != nil {
		t.Fatal(err)
	}
	want := register.Rules{MaxStrangers: 0.05, MaxBad: 0.05, JobDay: 16, MaxAge: 120}
	if got := plain.Data.Rules.register(); got != want {
		t.Errorf("defaults %+v", got)
	}
	all, err := Parse([]byte(study(", as_of: 2019-06-30, first: 2015-01, rules: {max_strangers: 0, max_bad: 0.2, keep_duplicates: true, merge_gap: 30, registration_gap: 7, open_past_max: 6, " +
		"min_days: 2, month_ends: true, part_time_missing: 100, convert_shares: true, keep_unmarked: true, keep_counties: true, job_day: 1, max_age: 110}")))
	if err != nil {
		t.Fatal(err)
	}
	got := all.Data.Rules.register()
	want = register.Rules{MaxStrangers: -1, MaxBad: 0.2, KeepDuplicates: true, MergeGap: 30, RegistrationGap: 7, OpenPastMax: 6, MinDays: 2, MonthEnds: true,
		PartTimeMissing: 100, ConvertShares: true, KeepUnmarked: true, KeepCounties: true, JobDay: 1, MaxAge: 110}
	if got != want {
		t.Errorf("rules %+v, want %+v", got, want)
	}
	for v, i := reflect.ValueOf(got), 0; i < v.NumField(); i++ { // a parameter that is new stands here too
		if v.Field(i).IsZero() {
			t.Errorf("%s is not set by the study of this test", v.Type().Field(i).Name)
		}
	}
	for _, s := range []*Study{plain, all} {
		b, err := s.canonical()
		if err != nil {
			t.Fatal(err)
		}
		for i := range reflect.TypeFor[Rules]().NumField() {
			if key := reflect.TypeFor[Rules]().Field(i).Tag.Get("yaml"); !strings.Contains(string(b), `"`+key+`":`) {
				t.Errorf("the resolved study does not say %s", key)
			}
		}
	}
	_, opt, err := all.source(t.Context(), catalog.Default(), Options{})
	if opt.Rules != want || opt.AsOf != calendar.NewDate(2019, 6, 30) || opt.First != calendar.NewMonth(2015, 1) {
		t.Errorf("options %+v (%v)", opt, err)
	}
	for rules, say := range map[string]string{
		", rules: {merge_gapp: 3}":                         "`merge_gapp` is no key of `rules` (did you mean `merge_gap`",
		", rules: {merge_gap: -2}":                         "line 2: `merge_gap: -2` must be",
		", rules: {job_day: 0}":                            "line 2: `job_day` is a number from 1 to 28, not 0",
		", rules: {max_strangers: -1}":                     "`data.rules.max_strangers: -1` must be a share",
		", rules: {max_bad: 2}":                            "`data.rules.max_bad: 2` must be a share",
		", rules: {min_days: x}":                           "is not a whole number",
		", rules: {part_time_missing: 0.5, min_days: 900}": "`min_days: 900`",
		", as_of: 2018-11-30":                              "`data.as_of: 2018-11-30` lies before `population.to`",
		", as_of: 2018-02-31":                              "2018-02-31",
		", cut: 2018-11":                                   "`data.cut: 2018-11` lies before",
		", first: 2018-01":                                 "`data.first: 2018-01` must lie before",
	} {
		if _, err := Parse([]byte(study(rules))); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

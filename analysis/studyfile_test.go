package analysis

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

const minimal = `study: probe
data: {register: ./register}
population: {from: 2018-01, to: 2018-12}
`

func TestDefaults(t *testing.T) {
	s, err := Parse([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.canonical()
	if err != nil {
		t.Fatal(err)
	}
	// Every default of CONTRACT.md and the template, written out.
	for _, want := range []string{
		`"against":"not-now"`, `"later_entry":"follow"`, `"per_treated":20`, `"horizon":36`, `"washout":{"any":0,"same":6}`, `"eligible":"registered"`,
		`"age":[18,66]`, `"level":0.95`, `"multiplicity":"holm"`, `"min_cell":5`, `"death":"zero"`, `"emigration":"censor"`, `"seed":1`, `"groups":["alle"]`,
		`{"caliper":0.2,"distance":"linear-logit","id":"nearest","name":"nearest","order":"largest"}`, `{"id":"ebal","name":"ebal"}`, `{"id":"did","method":"dr","name":"did"}`,
		`"family":{"method":"nearest","month":24,"outcome":"stabilt_arbeid","over":["tiltak","group"]}`, `"from":"2018-01"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the resolved study lacks %s:\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "register\":") {
		t.Errorf("a path stands in the resolved study: %s", b)
	}
}

// The order of keys, comments, spelt-out defaults and paths do not make another study.
func TestSameQuestionSameStudy(t *testing.T) {
	a, err := Parse([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse([]byte(`# another way to say it
horizon: 36
population: {to: 2018-12, from: 2018-01, washout: {same: 6}, age: [18, 66]}
study: probe
data: {register: /elsewhere}
methods: [{name: nearest, caliper: 0.2}, ebal, {name: did}]
groups: [alle]
`))
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.canonical()
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.canonical()
	if err != nil {
		t.Fatal(err)
	}
	if string(x) != string(y) {
		t.Errorf("two studies:\n%s\n%s", x, y)
	}
}

func TestStudyRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "is empty"},
		{"unknown key", minimal + "horizn: 24\n", "line 4: `horizn` is no key of a study (did you mean `horizon`?)"},
		{"unknown key below", "study: probe\ndata: {register: r}\npopulation: {from: 2018-01, til: 2018-12}\n", "line 3: `til` is no key of `population`"},
		{"unknown key of parts", minimal + "outcomes: [{id: a, kind: work, parts: {employr: true}}]\n", "line 4: `employr` is no key of `parts` (did you mean `employer`?)"},
		{"a list for true", minimal + "outcomes: [{id: a, kind: work, parts: {employer: [samme]}}]\n", "line 4: a list stands where true or false belongs"},
		{"wait_until past the months followed", minimal[:len(minimal)-2] + ", elapsed: [1, 3]}\ncomparison: {later_entry: censor, wait_until: 40}\nhorizon: 24\n", "lies after all months that are followed"},
		{"wrong type", minimal + "horizon: long\n", "line 4: `long` is not a whole number"},
		{"bad month", "study: probe\ndata: {register: r}\npopulation: {from: 2018-13, to: 2018-12}\n", "line 3"},
		{"no yaml", "study: [", "line"},
		{"tab", "study: probe\ndata:\n\tregister: r\n", "line 3: a tab stands before the key"},
		{"colon in a text", "study: probe\ntitle: effect: of it\n", "line 2: a colon stands inside a value"},
		{"no study", "\n# a comment\ndata: {register: r}\npopulation: {from: 2018-01, to: 2018-12}\n", "line 3: `study` is missing"},
		{"no from", "study: probe\ndata: {register: r}\npopulation:\n  to: 2018-12\n", "line 3: `population.from`"},
		{"two documents", minimal + "---\nstudy: b\n", "more than one document"},
		{"name", strings.Replace(minimal, "probe", "My study", 1), "line 1: `study: My study`"},
		{"no register", "study: probe\npopulation: {from: 2018-01, to: 2018-12}\n", "line 1: `data.register` is missing"},
		{"no window", "study: probe\ndata: {register: r}\n", "`population.from`"},
		{"window", "study: probe\ndata: {register: r}\npopulation: {from: 2018-12, to: 2018-01}\n", "lies before"},
		{"group", minimal + "groups: [unger]\n", "line 4: `groups` names `unger`, which is no target group (did you mean `unge`?)"},
		{"method", minimal + "methods: [nearst]\n", "line 4: `methods` names `nearst`, which is not known (did you mean `nearest`?)"},
		{"method key", minimal + "methods: [{name: nearest, calliper: 0.1}]\n", "line 4: `calliper` is no key of `methods` (did you mean `caliper`?)"},
		{"method option", minimal + "methods: [{name: ebal, caliper: 0.1}]\n", "belongs to nearest"},
		{"same method twice", minimal + "methods: [nearest, {name: nearest, caliper: 0.1}]\n", "give one of them an `id`"},
		{"did method", minimal + "methods: [{name: did, method: twfe}]\n", "dr, ipw or reg"},
		{"later entry misspelt", minimal + "comparison: {later_entry: folow}\n", "did you mean `follow`?"},
		{"time zero", minimal + "time_zero: refferal\n", "did you mean `referral`?"},
		{"exits", minimal + "exits: {death: sensor}\n", "line 4: `exits.death: sensor` is not known (did you mean `censor`?); it is zero or censor"},
		{"age 67", minimal + "exits: {age67: zero}\n", "it is ineligible: who turns 67"},
		{"robustness", minimal + "robustness: {outcomes: [a]}\n", "is not what belongs there"},
		{"perspectives", minimal + "cost: {perspectives: [budgett]}\n", "it is budget or society"},
		{"perspective misspelt", minimal + "cost: {perspectives: [budgett]}\n", "did you mean `budget`?"},
		{"outcome twice", minimal + "outcomes: [{id: a, kind: work}, {id: a, kind: earnings}]\n", "two with the id `a`"},
		{"outcome kind", minimal + "outcomes: [{id: a, kind: wrk}]\n", "line 4: outcome `a`: `kind: wrk`"},
		{"second outcome", minimal + "outcomes:\n  - {id: a, kind: work}\n  - id: b\n    kind: earnings\n    position: 3\n", "line 8: outcome `b`: `position`"},
		{"outcome id", minimal + "outcomes:\n  - {id: a, kind: work}\n  - {id: B, kind: work}\n", "line 6: outcome `id: B`"},
		{"outcome without kind", minimal + "outcomes:\n  - {id: a, kind: work}\n  - {id: b}\n", "line 6: outcome `b`: `kind` is missing"},
		{"group in a list", minimal + "groups:\n  - alle\n  - unger\n", "line 6: `groups` names `unger`"},
		{"level", minimal + "inference: {level: 95}\n", "line 4: `inference.level: 95` is a share, not percent; write 0.95"},
		{"level too low", minimal + "inference: {level: 0.05}\n", "line 4: `inference.level: 0.05` must lie between 0.5 and 1"},
		{"position as a share", minimal + "outcomes: [{id: a, kind: stable_work, position: 0.8}]\n", "line 4: outcome `a`: `position: 0.8` is in percent of full time, and under one percent (only 0.01, any position at all, is taken there); if a share is meant, write 80"},
		{"caliper in percent", minimal + "methods: [{name: nearest, caliper: 20}]\n", "line 4: `caliper: 20` of nearest is in standard deviations"},
		{"caliper of did", minimal + "methods: [{name: did, match: nearest, caliper: 20}]\n", "is in standard deviations"},
		{"margin in points", minimal + "portfolio: {outcome: arbeid, margin: 3}\n", "if percentage points are meant, write 0.03"},
		{"step as a share", minimal + "cost: {what_if: [{id: a, tiltak: VARIG_TILRETTELAGT_ARBEID_SKJERMET, step: 0.2}]}\n", "if a share is meant, write 20"},
		{"floor as a share", minimal + "cost: {what_if: [{id: a, tiltak: VARIG_TILRETTELAGT_ARBEID_SKJERMET, step: 20, floor: 0.4}]}\n", "if a share is meant, write 40"},
		{"multiplicity", minimal + "inference: {multiplicity: bonferroni}\n", "holm, bh, simultaneous or none"},
		{"family outcome", minimal + "inference: {family: {outcome: lnn, month: 24, method: nearest, over: [tiltak, group]}}\n", "is no outcome of the study"},
		{"family method", minimal + "inference: {family: {outcome: lonn, month: 24, method: ipw, over: [tiltak, group]}}\n", "is no method of the study"},
		{"family month", minimal + "inference: {family: {outcome: lonn, month: 99, method: ebal, over: [tiltak, group]}}\n", "between 1 and the horizon"},
		{"cell", minimal + "disclosure: {min_cell: 1}\n", "at least 3"},
		{"round under the limit", minimal + "disclosure: {min_cell: 5, round: 3}\n", "`disclosure.round: 3` must be 0"},
		{"round over twice the limit", minimal + "disclosure: {round: 11}\n", "from min_cell (5) to twice that (10)"},
		{"round negative", minimal + "disclosure: {round: -5}\n", "`disclosure.round: -5` must be 0"},
		{"wait_until with follow", minimal + "comparison: {wait_until: 7}\n", "goes with `against: not-now` and `later_entry: censor`"},
		{"wait_until for all", minimal + "comparison: {later_entry: censor, wait_until: 7}\n", "say which starts are early"},
		{"wait_until early", minimal[:len(minimal)-2] + ", elapsed: [1, 7]}\ncomparison: {later_entry: censor, wait_until: 7}\n", "must lie after the last month of `population.elapsed` (7)"},
		{"start_by alone", minimal[:len(minimal)-2] + ", elapsed: [1, 3]}\ncomparison: {later_entry: censor, start_by: 12}\n", "it goes with `wait_until`, the first"},
		{"start_by a year", minimal[:len(minimal)-2] + ", elapsed: [1, 3]}\ncomparison: {later_entry: censor, wait_until: 7, start_by: 2019}\n", "`comparison.start_by: 2019` is a month of the spell, from 1 on, and no year"},
		{"wait_until far", minimal[:len(minimal)-2] + ", elapsed: [1, 115]}\ncomparison: {later_entry: censor, wait_until: 121}\n", "`comparison.wait_until: 121` is a month of the spell"},
		{"start_by early", minimal[:len(minimal)-2] + ", elapsed: [1, 3]}\ncomparison: {later_entry: censor, wait_until: 7, start_by: 6}\n", "`comparison.start_by: 6` is the last month"},
		{"horizon 0", minimal + "horizon: 0\n", "1 to 180"},
		{"half a month", minimal + "horizon: 24.5\n", "line 4: `horizon` is a whole number, not 24.5"},
		{"half a cell", minimal + "disclosure: {min_cell: 5.9}\n", "line 4: `min_cell` is a whole number, not 5.9"},
		{"no months of stable work", minimal + "outcomes: [{id: a, kind: stable_work, months: 0, of: 6}]\n", "line 4: `months` is a number from 1 to 120, not 0"},
		{"method unknown", minimal + "methods: [foo]\n", "the methods are nearest, "},
		{"time zero unknown", minimal + "time_zero: hm\n", "it is start or referral"},
		{"mapping for a number", minimal + "portfolio: {margin: {a: 0.03}}\n", "line 4: a mapping stands where a number belongs"},
		{"text for a mapping", minimal + "heterogeneity: fylke\n", "`heterogeneity` is not what belongs there: a mapping of the keys by, "},
		{"horizon", minimal + "horizon: 999\n", "1 to 180"},
		{"washout", minimal[:len(minimal)-2] + ", washout: {sme: 6}}\n", "`sme` is no key of `washout`"},
		{"tiltak", minimal + "tiltak: AFT\n", "a list of codes, or all"},
		{"covariates", minimal + "covariates: [alderr]\n", "did you mean `alder`"},
		{"price year", minimal + "cost: {price_year: 12}\n", "is not a year"},
		{"title", minimal + "title: {no: x}\n", "`no` is no key"},
	} {
		_, err := Parse([]byte(c.text))
		if fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant one sentence with %q", c.name, err, c.want)
		}
	}
}

func TestLoadNamesTheFileAndTakesPathsFromIt(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "æ studie.yaml")
	if _, err := Load(path); fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), "æ studie.yaml") {
		t.Errorf("a missing study: %v", err)
	}
	if err := os.WriteFile(path, []byte(minimal), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "register"); s.Data.Register != want {
		t.Errorf("register %s, want %s", s.Data.Register, want)
	}
	if err := os.WriteFile(path, []byte(minimal+"horizn: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); !strings.HasPrefix(err.Error(), path+": line 4") {
		t.Errorf("the file is not named: %v", err)
	}
}

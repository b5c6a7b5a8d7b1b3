package analysis

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

const plannedStudy = `study: plan
data: {register: ./not-there}
population: {from: 2018-01, to: 2019-12}
tiltak: [A, B]
groups: [alle, unge]
outcomes: [{id: arbeid, kind: work}, {id: stabilt, kind: stable_work, months: 3, of: 3, position: 50}]
horizon: 12
windows: [1-12]
methods: [ebal, nearest]
inference: {family: {outcome: arbeid, month: 12, method: ebal, over: [tiltak, group]}}
robustness: {samples: [{id: sent, population: {from: 2019-01}}], methods: [did]}
`

// planOf writes the plan of a study and returns it with its place.
func planOf(t *testing.T, text string) (*Plan, string) {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(t.Context(), s) // the register is not there: nothing of it is read
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err = LoadPlan(path); err != nil {
		t.Fatal(err)
	}
	return p, path
}

func TestThePlanIsTheQuestionAlone(t *testing.T) {
	a, _ := planOf(t, plannedStudy)
	b, _ := planOf(t, "# a comment\n"+strings.Replace(plannedStudy, "./not-there", "./elsewhere", 1))
	c, _ := planOf(t, strings.Replace(plannedStudy, "horizon: 12", "horizon: 13", 1))
	if a.SHA256() != b.SHA256() || len(a.SHA256()) != 64 {
		t.Errorf("comments and paths change the plan: %s, %s", a.SHA256(), b.SHA256())
	}
	if a.SHA256() == c.SHA256() || a.FollowUp != 12 || c.FollowUp != 13 {
		t.Errorf("the horizon does not: follow-up %d and %d", a.FollowUp, c.FollowUp)
	}
}

// A plan reads no register, and needs none for outcomes that a run looks up in it: main jobs, G, prices.
func TestAPlanOfEveryOutcome(t *testing.T) {
	for spec, want := range map[string]int{"kind: ssb_2g": 12, "kind: lonn_over, times_g: 1": 12, "kind: work, sector: [stat]": 12, "kind: fastholdelse, same_employer: true": 24,
		"kind: job_held, after: 3": 15, "kind: earnings, price_year: 2023": 12, "kind: stable_work, months: 6, mode: entered": 17} {
		p, _ := planOf(t, strings.Replace(plannedStudy, "{id: stabilt, kind: stable_work, months: 3, of: 3, position: 50}", "{id: annet, "+spec+"}", 1))
		if p.FollowUp != want {
			t.Errorf("%s: follow-up %d, want %d", spec, p.FollowUp, want)
		}
	}
}

// Each change of the study after its plan makes exploratory what it touches, by hand, and nothing else.
func TestWhatIsPlanned(t *testing.T) {
	plan, _ := planOf(t, plannedStudy)
	m12, m6 := 12, 6
	row := func(tiltak, group, outcome, method string, month *int) results.Estimate {
		return results.Estimate{Tiltak: tiltak, Group: group, Outcome: outcome, Method: method, Month: month, Role: "primary", Sample: "main", Definition: "main", CovariateSet: "default"}
	}
	family := row("A", "alle", "arbeid", "ebal", &m12)
	family.Family = "arbeid, month 12"
	window := row("A", "alle", "arbeid", "ebal", nil)
	window.Window = "1-12"
	late := row("A", "alle", "arbeid", "ebal", &m12)
	late.Sample, late.Role = "sent", "robustness"
	rival := row("A", "alle", "arbeid", "did", &m12)
	rival.Role = "robustness"
	apart := row("A", "alle", "arbeid", "ebal", &m6)
	apart.SubsetVar, apart.SubsetValue, apart.Role, apart.Family = "year", "2018", "exploratory", "year"
	rows := map[string]results.Estimate{
		"apart": apart,
		"plain": row("A", "alle", "arbeid", "ebal", &m6), "family": family, "window": window, "late": late, "rival": rival,
		"tiltak": row("B", "alle", "arbeid", "ebal", &m6), "group": row("A", "unge", "arbeid", "ebal", &m6), "pair": row("A", "unge_x_alle", "arbeid", "ebal", &m6),
		"outcome": row("A", "alle", "stabilt", "ebal", &m6), "method": row("A", "alle", "arbeid", "nearest", &m6),
	}
	var every []string
	for name := range rows {
		every = append(every, name)
	}
	for _, c := range []struct {
		was, is     string
		keys        []string
		exploratory []string
	}{
		{"", "", nil, nil},
		{"study: plan", "study: other\ntitle: Noe annet\nnotes: {limitations: skrevet etterpå}", nil, nil},
		{"tiltak: [A, B]", "tiltak: [A]", []string{"tiltak.B"}, []string{"tiltak", "family", "apart"}},
		{"tiltak: [A, B]", "tiltak: [A, B, C]", []string{"tiltak.C"}, []string{"family", "apart"}},
		{"tiltak: [A, B]", "tiltak: all", []string{"tiltak"}, []string{"family", "apart"}},
		{"groups: [alle, unge]", "groups: [alle, unge, lav_utdanning]", []string{"groups.lav_utdanning"}, []string{"family", "apart"}},
		{"groups: [alle, unge]", "groups: [alle]", []string{"groups.unge"}, []string{"group", "pair", "family", "apart"}},
		{"groups: [alle, unge]", "groups: [alle, unge]\npairs: all", []string{"pairs"}, []string{"pair", "family", "apart"}},
		{"position: 50", "position: 80", []string{"outcomes.stabilt"}, []string{"outcome"}},
		{"methods: [ebal, nearest]", "methods: [ebal, {name: nearest, ratio: 2}]", []string{"methods.nearest"}, []string{"method"}},
		{"windows: [1-12]", "windows: [1-12, 1-6]", []string{"windows.1-6"}, nil},
		{"windows: [1-12]", "windows: [1-6]", []string{"windows.1-12", "windows.1-6"}, []string{"window"}},
		{"over: [tiltak, group]", "over: [group]", []string{"inference.family"}, []string{"family", "apart"}},
		{"{from: 2019-01}", "{from: 2019-02}", []string{"robustness.samples.sent"}, []string{"late"}},
		{"methods: [did]", "methods: [did, ipw]", []string{"robustness.methods.ipw"}, nil},
		{"methods: [did]}", "months: [6]}", []string{"robustness.methods.did", "robustness.months.6"}, []string{"rival"}},
		{"horizon: 12", "horizon: 12\nplacebo: off", []string{"placebo"}, nil},
		{"horizon: 12", "horizon: 12\nheterogeneity: {by: [year], months: [12]}", []string{"heterogeneity"}, []string{"apart"}},
		{"horizon: 12", "horizon: 12\nportfolio: {margin: 0.03}", []string{"portfolio"}, nil},
		{"horizon: 12", "horizon: 12\nreforms: [{id: ny, from: 2019-01, tiltak: [A], against: [B]}]", []string{"reforms"}, nil},
		{"horizon: 12", "horizon: 12\npre_effects: 12\nportfolio: {margin: 0.03}\nheterogeneity: {by: [year], months: [12]}", []string{"heterogeneity", "portfolio", "pre_effects"}, []string{"apart"}},
		{"from: 2018-01", "from: 2018-02", []string{"population"}, every},
		{"horizon: 12", "horizon: 12\nseed: 2", []string{"seed"}, every},
		{"horizon: 12", "horizon: 12\ncovariates: [alder]", []string{"covariates"}, every},
		{"horizon: 12", "horizon: 24", []string{"follow_up", "horizon"}, every},
		{"inference: {", "inference: {level: 0.9, ", []string{"inference.level"}, every},
		// An outcome that looks six months further ahead drops starts from every figure.
		{"{id: arbeid, kind: work}, ", "{id: arbeid, kind: work}, {id: inn, kind: stable_work, mode: entered, months: 6, of: 6, position: 50}, ", []string{"follow_up", "outcomes.inn"}, every},
	} {
		s, err := Parse([]byte(strings.Replace(plannedStudy, c.was, c.is, 1)))
		if err != nil {
			t.Errorf("%s: %v", c.is, err)
			continue
		}
		resolved, err := s.canonical()
		if err != nil {
			t.Fatal(err)
		}
		cat, err := catalog.Load("")
		if err != nil {
			t.Fatal(err)
		}
		mark, err := markPlan(t.Context(), plan, s, cat, resolved)
		if err != nil {
			t.Fatal(err)
		}
		var keys, exploratory []string
		for _, d := range mark.deviations {
			keys = append(keys, d.Key)
		}
		for name, e := range rows {
			if mark.of(&e) == results.Exploratory {
				exploratory = append(exploratory, name)
			}
		}
		for _, list := range [][]string{keys, exploratory, c.keys, c.exploratory} {
			slices.Sort(list)
		}
		if !slices.Equal(keys, c.keys) || !slices.Equal(exploratory, c.exploratory) {
			t.Errorf("%s: departs in %v and makes exploratory %v; want %v and %v", c.is, keys, exploratory, c.keys, c.exploratory)
		}
	}
}

func TestAPlanThatIsNone(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.json")
	if err := os.WriteFile(other, []byte(`{"schema":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{other, filepath.Join(dir, "none.json")} {
		if _, err := LoadPlan(path); fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), "evaluate plan STUDY --out") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

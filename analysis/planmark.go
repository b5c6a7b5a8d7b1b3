package analysis

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// What a deviation from a plan concerns (results.PlanDeviation.Concerns).
const (
	concernsAll    = "all"
	concernsItem   = "item"
	concernsFamily = "family"
	concernsBeside = "beside"
)

// wordKeys are the parts of a study that ask nothing: they may be written when the figures are known.
var wordKeys = []string{"study", "title", "notes"}

// besideKeys are the keys that change no row of estimates. (`heterogeneity` adds rows of its own, which markPlan marks.)
// An equivalence of `portfolio` with a margin chosen late is a deviation that the run lists, but no row of estimates has it. (The price year of an outcome in kroner stands in the outcome.)
var besideKeys = []string{"placebo", "sensitivity", "cost", "chains", "pre_effects", "disclosure", "descriptive", "reforms", "design", "portfolio"}

// itemKeys are the lists of a study whose entries stand for rows of estimates of their own.
var itemKeys = []string{"tiltak", "groups", "outcomes", "methods", "windows"}

// planMark tells which figures of a run are as its plan has them.
type planMark struct {
	deviations []results.PlanDeviation
	all        bool                       // everything is exploratory
	family     bool                       // the adjusted p-values are of another family, or otherwise adjusted
	changed    map[string]map[string]bool // list → entries that the plan does not have as they are
	tiltak     map[string]json.RawMessage // those of the plan, where the study runs all; nil otherwise
}

// markPlan compares a resolved study with a plan. What the study has and the plan has not, or has otherwise, is a
// deviation; so is what the plan has and the study left out. Where a deviation changes who is analysed, against whom, or
// how everything is estimated, every figure is exploratory.
func markPlan(ctx context.Context, p *Plan, s *Study, cat *catalog.Catalog, resolved []byte) (*planMark, error) {
	m := &planMark{changed: map[string]map[string]bool{}}
	var planned, run map[string]json.RawMessage
	if err := json.Unmarshal(p.Study, &planned); err != nil {
		return nil, fault.Usagef("bad_plan", "`%s` is no plan; `evaluate plan STUDY --out FILE` writes one", s.Plan)
	}
	if err := json.Unmarshal(resolved, &run); err != nil {
		return nil, err
	}
	for _, key := range unionKeys(planned, run) {
		if slices.Contains(wordKeys, key) || sameJSON(planned[key], run[key]) {
			continue
		}
		switch {
		case slices.Contains(itemKeys, key):
			m.compareItems(key, key, planned[key], run[key])
		case key == "robustness" || key == "inference" || key == "group_definitions":
			m.compareBlock(key, planned[key], run[key])
		case key == "pairs" || key == "heterogeneity": // pairs of groups; effects apart by what is known before the start
			m.deviate(key, concernsItem, planned[key], run[key])
			m.mark(key, "")
		case slices.Contains(besideKeys, key):
			m.deviate(key, concernsBeside, planned[key], run[key])
		default:
			m.deviate(key, concernsAll, planned[key], run[key])
		}
	}
	if followUp := s.followUp(); followUp != p.FollowUp { // an outcome that looks further ahead drops starts from every figure
		m.deviate("follow_up", concernsAll, months(p.FollowUp), months(followUp))
	}
	files, err := s.definitions(ctx, cat)
	if err != nil {
		return nil, err
	}
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for _, f := range p.Definitions {
		was[f.Name] = quoted(f.SHA256)
	}
	for _, f := range files {
		is[f.Name] = quoted(f.SHA256)
	}
	for _, name := range unionKeys(was, is) {
		if !sameJSON(was[name], is[name]) {
			m.deviate(name, concernsAll, was[name], is[name])
		}
	}
	var over []string
	if f := s.Inference.Family; f != nil {
		over = f.Over
	}
	for _, key := range over {
		list := map[string]string{"tiltak": "tiltak", "group": "groups", "outcome": "outcomes", "method": "methods"}[key]
		m.family = m.family || len(m.changed[list]) > 0 || key == "group" && len(m.changed["pairs"]) > 0
	}
	return m, nil
}

// compareBlock compares the keys of a block of the study one by one.
func (m *planMark) compareBlock(block string, planned, run json.RawMessage) {
	was, is := object(planned), object(run)
	for _, key := range unionKeys(was, is) {
		if sameJSON(was[key], is[key]) {
			continue
		}
		name := block + "." + key
		switch {
		case block == "robustness":
			m.compareItems(name, name, was[key], is[key])
		case block == "group_definitions":
			m.deviate(name, concernsItem, was[key], is[key])
			m.mark("groups", key)
		case key == "family" || key == "multiplicity":
			m.deviate(name, concernsFamily, was[key], is[key])
			m.family = true
		default: // the level of every interval
			m.deviate(name, concernsAll, was[key], is[key])
		}
	}
}

// compareItems compares two lists entry by entry, by id. A list that one of them leaves to its default (null) is compared as
// a whole.
func (m *planMark) compareItems(list, key string, planned, run json.RawMessage) {
	was, is := entries(planned), entries(run)
	if (was == nil || is == nil) && !strings.HasPrefix(list, "robustness.") {
		m.deviate(key, concernsItem, planned, run)
		if list == "tiltak" { // null is all: each that both have is planned, but the family is another
			m.family, m.tiltak = true, was
			return
		}
		for id := range is {
			m.mark(list, id)
		}
		m.mark(list, "") // all of them, whatever they are called
		return
	}
	for _, id := range unionKeys(was, is) {
		if !sameJSON(was[id], is[id]) {
			m.deviate(key+"."+id, concernsItem, was[id], is[id])
			m.mark(list, id)
		}
	}
}

func (m *planMark) deviate(key, concerns string, planned, run json.RawMessage) {
	if planned == nil {
		planned = json.RawMessage("null")
	}
	if run == nil {
		run = json.RawMessage("null")
	}
	m.deviations = append(m.deviations, results.PlanDeviation{Key: key, Planned: planned, Run: run, Concerns: concerns})
	m.all = m.all || concerns == concernsAll
}

func (m *planMark) mark(list, id string) {
	if m.changed[list] == nil {
		m.changed[list] = map[string]bool{}
	}
	m.changed[list][id] = true
}

// differs tells whether the plan does not have an entry of a list as the study has it.
func (m *planMark) differs(list, id string) bool { return m.changed[list][id] || m.changed[list][""] }

// of is what a row of estimates is by the plan: results.Planned or results.Exploratory.
func (m *planMark) of(e *results.Estimate) string {
	exploratory := m.all || m.differs("tiltak", e.Tiltak) || m.differs("outcomes", e.Outcome) || m.family && e.Family != "" ||
		e.Window != "" && m.differs("windows", e.Window)
	if _, known := m.tiltak[e.Tiltak]; m.tiltak != nil && !known {
		exploratory = true
	}
	parts := cohort.GroupParts(e.Group) // a pair is of two groups
	for _, g := range append(parts, strings.Join(parts, "*")) {
		exploratory = exploratory || m.differs("groups", g)
	}
	exploratory = exploratory || len(parts) == 2 && m.differs("pairs", "")
	if e.SubsetVar != "" { // its adjusted p-value is over every tiltak and group
		exploratory = exploratory || m.differs("heterogeneity", "") || e.Family != "" && (m.tiltak != nil || len(m.changed["tiltak"])+len(m.changed["groups"])+len(m.changed["pairs"]) > 0)
	}
	if e.Role == "robustness" {
		exploratory = exploratory || m.differs("robustness.samples", e.Sample) || m.differs("robustness.outcomes", e.Definition) ||
			m.differs("robustness.covariates", e.CovariateSet) || m.differs("robustness.methods", e.Method)
		if e.Month != nil {
			exploratory = exploratory || m.differs("robustness.months", strconv.Itoa(*e.Month))
		}
	}
	if exploratory || m.differs("methods", e.Method) {
		return results.Exploratory
	}
	return results.Planned
}

// apply marks every row of estimates and says in the run what was found.
func (m *planMark) apply(sha string, run *results.Run, rows []results.Estimate) {
	p := &results.Plan{SHA256: sha, Deviations: m.deviations}
	if p.Deviations == nil {
		p.Deviations = []results.PlanDeviation{}
	}
	for i := range rows {
		if rows[i].Plan = m.of(&rows[i]); rows[i].Plan == results.Planned {
			p.Planned++
		} else {
			p.Exploratory++
		}
	}
	run.Plan = p
	if n := len(p.Deviations); n > 0 {
		var keys []string
		for _, d := range p.Deviations {
			keys = append(keys, d.Key)
		}
		run.Warnings = append(run.Warnings, fault.Warnf("plan_deviations", "the study departs from its plan in %s; %d of %d estimates are marked exploratory",
			strings.Join(keys, ", "), p.Exploratory, p.Exploratory+p.Planned))
	}
}

// entries are the entries of a JSON list by their id or, of plain ones, by their text; nil for null.
func entries(list json.RawMessage) map[string]json.RawMessage {
	var all []json.RawMessage
	if json.Unmarshal(list, &all) != nil || all == nil {
		return nil
	}
	out := map[string]json.RawMessage{}
	for _, e := range all {
		id := strings.Trim(string(e), `"`)
		var named struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(e, &named) == nil && named.ID != "" {
			id = named.ID
		}
		out[id] = e
	}
	return out
}

func object(block json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(block, &m) != nil {
		return nil
	}
	return m
}

func unionKeys(a, b map[string]json.RawMessage) []string {
	var keys []string
	for k := range a {
		keys = append(keys, k)
	}
	for k := range b {
		if _, both := a[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// sameJSON tells whether two values are the same; one that is not there is null.
func sameJSON(a, b json.RawMessage) bool {
	canonical := func(v json.RawMessage) []byte {
		if v == nil {
			return []byte("null")
		}
		text, err := results.Canonical(v)
		if err != nil {
			return v
		}
		return text
	}
	return bytes.Equal(canonical(a), canonical(b))
}

func months(n int) json.RawMessage { return json.RawMessage(strconv.Itoa(n)) }

func quoted(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }

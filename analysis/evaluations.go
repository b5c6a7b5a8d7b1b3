package analysis

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Evaluation is one of the evaluations that are compared: a finished run, or figures typed from a report.
type Evaluation struct {
	Label     string // A, B, …
	Name      string // title of the study, or name of the published evaluation
	Path      string
	Run       *results.Run       // nil for published figures
	Tables    *results.Tables    // nil likewise
	Published *results.Published // nil for a run

	resolved resolvedStudy
	keys     map[string]string // the resolved study as dotted keys
}

// resolvedStudy is what a comparison needs to know of the study of a run.
type resolvedStudy struct {
	Outcomes []outcome.Spec    `json:"outcomes"`
	Horizon  int               `json:"horizon"`
	Tiltak   []json.RawMessage `json:"tiltak"` // null: all
	Placebo  struct {
		Controls []outcome.Spec `json:"negative_controls"`
		Month    int            `json:"month"`
	} `json:"placebo"`
	Inference struct {
		Family struct {
			Outcome string `json:"outcome"`
			Month   int    `json:"month"`
			Method  string `json:"method"`
		} `json:"family"`
	} `json:"inference"`
}

// LoadEvaluations reads what is to be compared: run folders, and .yaml files of published figures.
func LoadEvaluations(paths []string) ([]Evaluation, error) {
	if len(paths) < 2 {
		return nil, fault.Usagef("bad_flag", "a comparison needs two evaluations or more: run folders, or files of published figures")
	}
	if len(paths) > 26 {
		return nil, fault.Usagef("bad_flag", "at most 26 evaluations can be compared, not %d", len(paths))
	}
	var all []Evaluation
	for i, path := range paths {
		e := Evaluation{Label: string(rune('A' + i)), Path: path}
		if ext := strings.ToLower(filepath.Ext(path)); ext == ".yaml" || ext == ".yml" {
			var err error
			if e.Published, err = results.LoadPublished(path); err != nil {
				return nil, err
			}
			e.Name = e.Published.Evaluation
			all = append(all, e)
			continue
		}
		path, err := results.Find(path)
		if err != nil {
			return nil, err
		}
		e.Path = path
		if e.Run, e.Tables, err = results.Load(path); err != nil {
			return nil, err
		}
		if err := e.resolve(); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	for i := range all {
		for j := range i {
			if all[i].Run != nil && all[j].Run != nil && all[i].Run.RunID == all[j].Run.RunID {
				return nil, fault.Usagef("bad_flag", "`%s` and `%s` are the same run: nothing differs", all[j].Path, all[i].Path)
			}
		}
	}
	return all, nil
}

// resolve reads the resolved study of a run.
func (e *Evaluation) resolve() error {
	if err := json.Unmarshal(e.Run.Resolved, &e.resolved); err != nil {
		return fault.Dataf("bad_run", e.Path, "", "has a resolved study that cannot be read; use the program that made the run")
	}
	for _, name := range []string{e.Run.Title.EN, e.Run.Title.NB, e.Run.Study} { // what is printed around it is English
		if e.Name == "" {
			e.Name = name
		}
	}
	e.keys = dottedKeys(e.Run.Resolved)
	e.keys["follow_up"] = strconv.Itoa(e.followUp())
	for _, o := range e.resolved.Outcomes {
		if o.Kind == outcome.Earnings && o.PriceYear == 0 && e.Run.PriceYear != 0 { // the default, which the register decided
			e.keys["outcomes."+o.ID+".price_year"] = strconv.Itoa(e.Run.PriceYear)
		}
	}
	return nil
}

// followUp is the number of months that every start of the study is followed, whichever of its outcomes asks for them.
func (e *Evaluation) followUp() int {
	s := Study{Horizon: e.resolved.Horizon, Outcomes: e.resolved.Outcomes, Placebo: Placebo{Controls: e.resolved.Placebo.Controls, Month: e.resolved.Placebo.Month}}
	return s.followUp()
}

// treatment is what a study says of a tiltak beside its code, the parts of a combination; "" for a single one.
func (e *Evaluation) treatment(tiltak string) string {
	for _, t := range e.resolved.Tiltak {
		var c struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(t, &c) == nil && c.ID == tiltak {
			return string(t)
		}
	}
	return ""
}

// estimates are the rows of an evaluation.
func (e *Evaluation) estimates() []results.Estimate {
	if e.Run != nil {
		return e.Tables.Estimates
	}
	return e.Published.Estimates
}

// level is that of the intervals of the evaluation's rows.
func (e *Evaluation) level() float64 {
	if e.Run != nil && e.Run.Level > 0 {
		return e.Run.Level
	}
	return publishedLevel
}

// publishedLevel is that of the intervals that LoadPublished makes.
const publishedLevel = 0.95

// kroner tells whether an outcome of the evaluation is an amount; known is false where the evaluation has no such outcome, as published figures
// have none.
func (e *Evaluation) kroner(id string) (amount, known bool) {
	for _, o := range e.resolved.Outcomes {
		if o.ID == id {
			return o.Kind == outcome.Earnings, true
		}
	}
	return false, false
}

// commonTables are the tables of a register that registers of different persons may have in common.
var commonTables = []string{"satser", "omrade_maaned", "enhet"}

// sharesPersons tells whether two evaluations read the same register: any input with the same content, but for rates, places, plans and the like,
// which registers of different persons have in common.
func (e *Evaluation) sharesPersons(f *Evaluation) bool {
	if e.Run == nil || f.Run == nil {
		return false
	}
	for _, x := range e.Run.Inputs {
		name, _, _ := strings.Cut(x.Name, "/")
		table, _, _ := strings.Cut(name, ".")
		if slices.Contains([]string{"mapping", "catalog", planInput}, name) || slices.Contains(commonTables, table) {
			continue
		}
		if slices.ContainsFunc(f.Run.Inputs, func(y datasets.Fingerprint) bool { return y.SHA256 == x.SHA256 }) {
			return true
		}
	}
	return false
}

// Factor is what a choice of a study belongs to, when one asks why two evaluations differ.
type Factor string

// The factors. What says nothing about the answer, such as the title, belongs to none.
const (
	BySample     Factor = "sample"     // who is compared with whom, over which time, from which data
	ByDefinition Factor = "definition" // what is measured
	ByMethod     Factor = "method"     // how
	ByNothing    Factor = ""
)

// factorOf is the factor of a key of the resolved study.
func factorOf(key string) Factor {
	top, _, _ := strings.Cut(key, ".")
	if key == "exits.age67" { // decides who is in, not what is measured
		return BySample
	}
	switch top {
	case "population", "tiltak", "groups", "group_definitions", "time_zero", "comparison", "data", "horizon", "follow_up", "seed":
		return BySample // the seed draws the rows of the comparison, and their days
	case "outcomes", "exits":
		return ByDefinition
	case "methods", "covariates", "score":
		return ByMethod
	}
	if key == "inference.cluster" || strings.HasPrefix(key, "inference.family.method") {
		return ByMethod
	}
	if strings.HasPrefix(key, "inference.family.outcome") || strings.HasPrefix(key, "inference.family.month") {
		return ByDefinition
	}
	return ByNothing
}

// dottedKeys flattens a JSON object: population.age → "[18,66]". Lists of objects with an id or a name go by it, so that a
// changed definition is found under its own key.
func dottedKeys(text []byte) map[string]string {
	var tree any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&tree) != nil {
		return nil
	}
	keys := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(strings.TrimPrefix(path+"."+k, "."), x)
			}
			return
		case []any:
			named := map[string]any{}
			for _, x := range v {
				object, _ := x.(map[string]any)
				for _, key := range []string{"id", "name"} {
					if id, ok := object[key].(string); ok {
						named[id] = x
						break
					}
				}
			}
			if len(named) == len(v) && len(v) > 0 {
				walk(path, named)
				return
			}
		}
		b, _ := json.Marshal(v)
		keys[path] = strings.ReplaceAll(strings.Trim(string(b), `"`), `","`, `", "`)
	}
	walk("", tree)
	return keys
}

// KeyDifference is a choice that the evaluations do not share.
type KeyDifference struct {
	Key    string   `json:"key"`
	Factor Factor   `json:"factor"`
	Values []string `json:"values"` // one an evaluation; "" where it has none, as published figures never do
}

// differences are the choices in which runs differ: those of the resolved study, the data and the program. What published
// figures chose stands in their own words, which no program compares.
func differences(all []Evaluation) []KeyDifference {
	keys := map[string]bool{}
	for i := range all {
		if e := &all[i]; e.Run != nil {
			e.keys["data.inputs"] = inputsInOne(e.Run)
			e.keys["program"] = e.Run.Version[:min(14, len(e.Run.Version))]
		}
		for k := range all[i].keys {
			keys[k] = true
		}
	}
	var out []KeyDifference
	for k := range keys {
		d := KeyDifference{Key: k, Factor: factorOf(k)}
		first, differs := -1, false
		for i := range all {
			d.Values = append(d.Values, all[i].keys[k])
			if all[i].Run == nil {
				continue
			}
			if first < 0 {
				first = i
			}
			differs = differs || all[i].keys[k] != all[first].keys[k]
		}
		if differs && !changesNoEstimate(k) {
			out = append(out, d)
		}
	}
	rank := map[Factor]int{BySample: 0, ByDefinition: 1, ByMethod: 2, ByNothing: 3}
	slices.SortFunc(out, func(a, b KeyDifference) int {
		if d := rank[a.Factor] - rank[b.Factor]; d != 0 {
			return d
		}
		return strings.Compare(a.Key, b.Key)
	})
	return out
}

// changesNoEstimate tells the keys of a study that no estimate depends on: names, texts, what is hidden, and which checks stand
// beside the figures.
func changesNoEstimate(key string) bool {
	part, _, _ := strings.Cut(key, ".")
	return slices.Contains([]string{"study", "title", "notes", "disclosure", "placebo"}, part)
}

// inputsInOne is one short text for the content of all inputs.
func inputsInOne(r *results.Run) string {
	var b strings.Builder
	for _, f := range r.Inputs {
		if f.Name == planInput { // what was planned is no part of what was estimated
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ") // names may hold spaces
		}
		b.WriteString(f.Name + ":" + f.SHA256[:min(8, len(f.SHA256))])
	}
	return b.String()
}

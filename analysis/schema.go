package analysis

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/analysis/chain"
	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// shape is a part of a JSON Schema.
type shape map[string]any

// shaped is a type that reads itself from YAML and says what it reads.
type shaped interface{ shape() shape }

// Schema is the JSON Schema (draft 2020-12) of a study file, for editors: made from the declarations that read the study, so
// that it knows every key that the reader knows and no other. The comments of a template, which has a key a line, become
// the descriptions; nil: none.
func Schema(template []byte) ([]byte, error) {
	w := schemaWriter{about: comments(template)}
	s := w.of(reflect.TypeFor[Study](), "")
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", schemaTitle
	s["required"] = []string{"study", "data", "population"}
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), err
}

// schemaTitle marks a schema as ours.
const schemaTitle = "evaluate: a study"

// IsSchema tells whether a file holds a schema that Schema wrote.
func IsSchema(text []byte) bool {
	var s struct{ Title string }
	return json.Unmarshal(text, &s) == nil && s.Title == schemaTitle
}

// studyShape is the shape of a study, without words for readers.
var studyShape = sync.OnceValue(func() shape { return schemaWriter{}.of(reflect.TypeFor[Study](), "") })

// schemaWriter walks the declarations; about has the descriptions by dotted key.
type schemaWriter struct{ about map[string]string }

// studyWords are the words that a key chooses among, by type and key; TestSchemaWords holds them against the reader.
var studyWords = map[string][]string{
	"Study.time_zero": {timeZeroStart, timeZeroReferral}, "Study.pairs": {noPairs, allPairs}, "Study.score": {scorePerCell, scorePerTiltak},
	"Study.sensitivity": {sensitivityFull, sensitivityBounds, sensitivityNone},
	"Data.encoding":     {"utf-8", "latin1"}, "Population.eligible": {string(cohort.ByRegistration), string(cohort.ByBenefit), string(cohort.ByEither)},
	"Comparison.later_entry": {laterEntryFollow, laterEntryCensor},
	"Spec.kind":              append(outcome.Kinds(), "ordinaert", "stabil"), "Spec.terms": {string(outcome.Ordinary), string(outcome.AllTerms), string(outcome.TiltakTerms)}, "Spec.employer": outcome.Employers,
	"Spec.mode": {string(outcome.Status), string(outcome.Entered)}, "Spec.benefits": outcome.Benefits,
	"Cost.perspectives": {"budget", "society"}, "CostEffect.unpriced": {"missing", "leave_out"},
	"Chains.switch": {chain.Combine, chain.Next}, "Chains.by": {"tiltak", "family"}, "Chains.costs": {"transition", "constant"},
	"Randomised.randomised":  {randomPersons, randomOffices},
	"Inference.cluster":      {byPersons, byOffices, byCounties},
	"Inference.multiplicity": {holm, benjaminiHochberg, simultaneous, noCorrection}, "Family.over": {"tiltak", "group", "outcome", "month", "method"},
	"Exits.death": {"zero", "censor"}, "Exits.emigration": {"censor", "zero"}, "Exits.age67": {"ineligible"},
	"Method.name": served, "Method.caliper_unit": {"sd", "raw"}, "Method.order": {"largest", "smallest", "closest", "farthest", "data", "random"},
	"Method.adjust": {"none", "regression"}, "Method.discard": {"none", "treated", "comparison", "both"}, "Method.kernel": {"uniform", "epanechnikov", "gaussian"},
	"Method.method": {"dr", "ipw", "reg"}, "Method.match": {nearest, ebal},
}

// studyRanges are the least and the largest number of a key, by type and key; TestSchemaRanges holds them against the reader.
var studyRanges = map[string][2]float64{
	"Study.horizon": {1, 180}, "Rules.max_strangers": {0, 1}, "Rules.max_bad": {0, 1}, "Rules.job_day": {1, 28},
	"Comparison.per_treated": {0, 1e9}, "Comparison.all_under": {1, 1e9}, "Disclosure.min_cell": {3, 1e9}, "Disclosure.round": {0, 1e9}, "Spec.position": {0.01, 100},
	"Spec.months": {1, 120}, "Spec.of": {1, 120},
}

// requiredKeys are the keys that a part of a study cannot do without.
var requiredKeys = map[string][]string{
	"Data": {"register"}, "Population": {"from", "to"}, "Spec": {"id", "kind"}, "Method": {"name"}, "RivalSample": {"id"}, "RivalCovariates": {"id", "list"},
	"WhatIf": {"id", "tiltak"},
}

func (w schemaWriter) of(t reflect.Type, path string) shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[calendar.Month]():
		return either(shape{"type": "string", "pattern": `^\d{4}-\d{2}(-\d{2})?$`}, shape{"type": "integer"})
	case reflect.TypeFor[calendar.Date]():
		return either(shape{"type": "string", "pattern": `^(\d{4}-\d{2}-\d{2}|\d{2}\.\d{2}\.\d{4})$`}, shape{"type": "integer"})
	case reflect.TypeFor[chain.Span]():
		return shape{"type": "string", "pattern": `^\d+ (days?|months?)$`}
	}
	switch v := reflect.New(t).Interface().(type) {
	case *Comparison:
		s := w.object(t, path)
		s["properties"].(shape)["against"] = either(shape{"type": "string"}, shape{"type": "array", "items": shape{"type": "string"}})
		return s
	case *Method:
		return either(shape{"type": "string", "enum": served}, w.object(t, path))
	case *Placebo:
		return either(shape{"type": "string", "const": "off"}, w.object(t, path))
	case shaped:
		return v.shape()
	case yaml.Unmarshaler: // a name, or a mapping with the keys of its fields; what has none may be anything
		if s := w.object(t, path); len(s["properties"].(shape)) > 0 {
			return either(shape{"type": "string"}, s)
		}
		return shape{}
	}
	switch t.Kind() {
	case reflect.Struct:
		return w.object(t, path)
	case reflect.Slice:
		return shape{"type": "array", "items": w.of(t.Elem(), path)}
	case reflect.Map:
		return shape{"type": "object", "additionalProperties": w.of(t.Elem(), path)}
	case reflect.Bool:
		return shape{"type": "boolean"}
	case reflect.Float64:
		return shape{"type": "number"}
	case reflect.String:
		return shape{"type": "string"}
	}
	return shape{"type": "integer"}
}

// object is a mapping with the keys of a struct.
func (w schemaWriter) object(t reflect.Type, path string) shape {
	properties := shape{}
	if t.Kind() != reflect.Struct {
		return shape{"properties": properties}
	}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if option == "inline" {
				add(f.Type)
				continue
			}
			if key == "" || key == "-" {
				continue
			}
			place := strings.TrimPrefix(path+"."+key, ".")
			s := w.of(f.Type, place)
			at := s // of a list the values are its items
			if items, ok := s["items"].(shape); ok {
				at = items
			}
			if words := studyWords[t.Name()+"."+key]; words != nil {
				at["enum"] = words
			}
			if r, ok := studyRanges[t.Name()+"."+key]; ok {
				at["minimum"], at["maximum"] = r[0], r[1]
			}
			if about := w.about[place]; about != "" {
				s["description"] = about
			}
			properties[key] = s
		}
	}
	add(t)
	s := shape{"type": "object", "additionalProperties": false, "properties": properties}
	if keys := requiredKeys[t.Name()]; keys != nil && !strings.HasPrefix(path, "robustness.samples.") {
		s["required"] = keys
	}
	return s
}

func either(a, b shape) shape { return shape{"anyOf": []shape{a, b}} }

// keyed is a mapping with some keys.
func keyed(properties shape) shape {
	return shape{"type": "object", "additionalProperties": false, "properties": properties}
}

var aText, aWhole = shape{"type": "string"}, shape{"type": "integer"}

func (*localText) shape() shape { return either(aText, keyed(shape{"nb": aText, "en": aText})) }
func (*names) shape() shape {
	return either(shape{"type": "string", "const": "default"}, shape{"type": "array", "items": aText})
}
func (*Washout) shape() shape { return either(aWhole, keyed(shape{"any": aWhole, "same": aWhole})) }
func (*GroupDefinition) shape() shape {
	return either(aText, keyed(shape{"when": aText, "name": (*localText)(nil).shape()}))
}
func (*AfterChain) shape() shape {
	return keyed(shape{"after": either(aText, shape{"type": "array", "items": aText}), "within": aWhole, "state": aText, "position": aText})
}
func (*caliper) shape() shape {
	return either(shape{"type": "number", "exclusiveMinimum": 0}, shape{"type": "string", "const": "none"})
}
func (*treatments) shape() shape {
	combination := keyed(shape{"id": aText, "all": shape{"type": "array", "items": aText}, "within": aWhole})
	return either(shape{"type": "string", "const": "all"}, shape{"type": "array", "items": either(aText, combination)})
}
func (*Heterogeneity) shape() shape {
	list := shape{"type": "array", "items": aText}
	return either(list, keyed(shape{"by": list, "outcomes": list, "methods": list, "months": shape{"type": "array", "items": aWhole}, "groups": list, "over": list,
		"multiplicity": aText, "name_offices": shape{"type": "boolean"}}))
}
func (*Window) shape() shape { return shape{"type": "string", "pattern": `^\d+-\d+$`} }
func (*monthsBefore) shape() shape {
	return shape{"type": "array", "items": aWhole, "minItems": 2, "maxItems": 2}
}
func (*typeCount) shape() shape {
	return either(shape{"type": "string", "enum": []string{"auto", "none"}}, aWhole)
}

// stray refuses the first key, in the order of the file, that no declaration has. The decoder's own strictness ends at the
// types that read themselves: what is nested in one would be taken for nothing.
func stray(n *yaml.Node, s shape, place string) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return stray(n.Content[0], s, place)
	case yaml.MappingNode:
		s = alternative(s, "object")
		properties, closed := s["properties"].(shape)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			next, ok := properties[k.Value].(shape)
			if closed && !ok && k.Value != "<<" {
				return fault.Usagef("unknown_key", "line %d: `%s` is no key of %s%s", k.Line, k.Value, place, fault.Suggest(k.Value, keysIn(properties))).At(int64(k.Line))
			}
			if other, ok := s["additionalProperties"].(shape); ok {
				next = other
			}
			if next != nil {
				if err := stray(n.Content[i+1], next, "`"+k.Value+"`"); err != nil {
					return err
				}
			}
		}
	case yaml.SequenceNode:
		items, _ := alternative(s, "array")["items"].(shape)
		for _, item := range n.Content {
			if err := stray(item, items, place); err != nil {
				return err
			}
		}
	case yaml.ScalarNode:
		return strayNumber(n, s, place)
	}
	return nil
}

// strayNumber refuses what the decoder takes for another number than was written: a fraction where a whole number belongs, whose
// decimals it drops, and a 0 under the range of the key, which the study would read as "not said" and replace by the default.
func strayNumber(n *yaml.Node, s shape, place string) error {
	x, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return nil
	}
	if alternative(s, "integer")["type"] == "integer" && alternative(s, "number")["type"] != "number" && n.ShortTag() == "!!float" && x != math.Trunc(x) {
		return fault.Usagef("bad_study", "line %d: %s is a whole number, not %s", n.Line, place, n.Value).At(int64(n.Line))
	}
	if least, ok := s["minimum"].(float64); ok && x == 0 && least > 0 {
		return fault.Usagef("bad_study", "line %d: %s is a number from %g to %g, not 0; leave it out for the default", n.Line, place, least, s["maximum"]).At(int64(n.Line))
	}
	return nil
}

// alternative is the part of a shape that has a type.
func alternative(s shape, kind string) shape {
	if of, ok := s["anyOf"].([]shape); ok {
		for _, a := range of {
			if a["type"] == kind {
				return a
			}
		}
	}
	return s
}

func keysIn(s shape) []string { return slices.Sorted(maps.Keys(s)) }

var templateLine = regexp.MustCompile(`^( *)(?:# ( *))?([a-z_0-9]+):(.*)$`)

// comments are what a template says of its keys: the text after # on the line of a key, by dotted key. A key that is commented
// out stands at the depth of its neighbours.
func comments(template []byte) map[string]string {
	about := map[string]string{}
	type level struct {
		indent int
		key    string
	}
	var open []level
	for _, line := range strings.Split(string(template), "\n") {
		m := templateLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		indent := len(m[1]) + len(m[2])
		for len(open) > 0 && open[len(open)-1].indent >= indent {
			open = open[:len(open)-1]
		}
		open = append(open, level{indent, m[3]})
		var path []string
		for _, l := range open {
			path = append(path, l.key)
		}
		if at := strings.LastIndex(m[4], " # "); at >= 0 {
			if key := strings.Join(path, "."); about[key] == "" {
				about[key] = strings.TrimSpace(m[4][at+3:])
			}
		}
	}
	return about
}

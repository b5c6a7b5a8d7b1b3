package analysis

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
)

// schemaOf is the schema as an editor reads it.
func schemaOf(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	b, err := Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plainly is a YAML tree as editors see it: dates are texts.
func plainly(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plainly(n.Content[0])
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainly(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			l = append(l, plainly(c))
		}
		return l
	}
	switch n.Tag {
	case "!!int", "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return v
		}
	case "!!bool":
		return n.Value == "true"
	case "!!null":
		return nil
	}
	return n.Value
}

func tree(t *testing.T, text []byte) *yaml.Node {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	return &n
}

func wholeStudy(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The shipped studies, and one that has every key there is, are read and hold to the schema.
func TestShippedStudiesHoldToTheSchema(t *testing.T) {
	files := []string{"testdata/full.yaml", "testdata/together.yaml", "../cmd/evaluate/internal/cli/study.yaml", "../docs/aft/young-any-work.yaml", "../docs/aft/older-stable-work.yaml", "../docs/bench/national.yaml"}
	more, err := filepath.Glob("../cmd/evaluate/internal/cli/demo*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	schema := schemaOf(t)
	for _, f := range append(files, more...) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if err := schema.Validate(plainly(tree(t, b))); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	var missing []string
	has := map[string]bool{}
	var keys func(n *yaml.Node)
	keys = func(n *yaml.Node) {
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				has[c.Value] = true
			}
			keys(c)
		}
	}
	for _, f := range files[:2] {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		keys(tree(t, b))
	}
	var walk func(s shape)
	walk = func(s shape) {
		if len(s) == 0 {
			t.Error("a type reads itself from YAML and says nothing of what it reads: give it a shape")
		}
		properties, _ := s["properties"].(shape)
		for k, v := range properties {
			if !has[k] {
				missing = append(missing, k)
			}
			walk(v.(shape))
		}
		for _, k := range []string{"items", "additionalProperties"} {
			if next, ok := s[k].(shape); ok {
				walk(next)
			}
		}
		if of, ok := s["anyOf"].([]shape); ok {
			for _, a := range of {
				walk(a)
			}
		}
	}
	walk(studyShape())
	if len(has) < 100 || len(missing) > 0 {
		t.Errorf("testdata has %d keys and lacks %v", len(has), missing)
	}
}

// Whatever key of a whole study is misspelt, and whatever value becomes something else altogether, reader and schema both
// refuse it, and the reader in one sentence with the line; a misspelt key is told from the one that was meant.
func TestMutatedStudiesAreRefused(t *testing.T) {
	keys, values := 0, 0
	for _, file := range []string{"testdata/full.yaml", "testdata/together.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		k, v := mutate(t, text)
		keys, values = keys+k, values+v
	}
	if keys < 120 || values < 120 {
		t.Errorf("only %d keys and %d values were changed", keys, values)
	}
}

// mutate changes each key and each value of a study, one at a time, and counts them.
func mutate(t *testing.T, text []byte) (keys, values int) {
	t.Helper()
	if _, err := Parse(text); err != nil {
		t.Fatal(err)
	}
	schema := schemaOf(t)
	var visit func(n *yaml.Node, free bool, do func(n *yaml.Node, key, free bool))
	visit = func(n *yaml.Node, free bool, do func(n *yaml.Node, key, free bool)) {
		for i, c := range n.Content {
			isKey := n.Kind == yaml.MappingNode && i%2 == 0
			do(c, isKey, free)
			if !isKey {
				names := n.Kind == yaml.MappingNode && (n.Content[i-1].Value == "group_definitions" || n.Content[i-1].Value == "covariate_caliper")
				visit(c, names, do)
			}
		}
	}
	count := 0
	visit(tree(t, text), false, func(*yaml.Node, bool, bool) { count++ })
	for at := range count {
		n, k := tree(t, text), 0
		var hit *yaml.Node
		var isKey, free bool
		visit(n, false, func(c *yaml.Node, key, f bool) {
			if k == at {
				hit, isKey, free = c, key, f
			}
			k++
		})
		was, want := hit.Value, ""
		switch {
		case isKey && !free:
			hit.Value = was + "x"
			want = "`" + was + "`?"
			keys++
		case !isKey && hit.Kind == yaml.ScalarNode:
			*hit = yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "ukjent"}, {Kind: yaml.ScalarNode, Value: "1"}}, Style: yaml.FlowStyle}
			values++
		default:
			continue
		}
		b, err := yaml.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		line := 0
		for i, l := range strings.Split(string(b), "\n") {
			if line == 0 && (isKey && strings.Contains(l, was+"x:") || !isKey && strings.Contains(l, "ukjent")) {
				line = i + 1
			}
		}
		name := fmt.Sprintf("%q (line %d: %s)", was, line, strings.Split(string(b), "\n")[line-1])
		_, err = Parse(b)
		switch {
		case fault.StatusOf(err) != fault.Usage || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: %v", name, err)
		case !strings.HasPrefix(err.Error(), fmt.Sprintf("line %d: ", line)):
			t.Errorf("%s: names another line: %v", name, err)
		case len(was) > 3 && !strings.Contains(err.Error(), want):
			t.Errorf("%s: does not suggest %s: %v", name, want, err)
		}
		if schema.Validate(plainly(tree(t, b))) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
	return keys, values
}

// places are where a key stands in the whole study, by type and key of the tables of the schema.
func withValue(t *testing.T, key, value string) []byte {
	t.Helper()
	n := tree(t, wholeStudy(t))
	done := false
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
			if n.Content[i].Value == key && !done {
				done = true
				if v := n.Content[i+1]; v.Kind == yaml.SequenceNode {
					v.Content = []*yaml.Node{{Kind: yaml.ScalarNode, Value: value}}
				} else {
					*v = yaml.Node{Kind: yaml.ScalarNode, Value: value}
				}
				return
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(n)
	if !done {
		t.Fatalf("`%s` is not in the whole study", key)
	}
	b, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every word that the schema offers is known to the reader, which may still say that it does not go with another choice; a
// word that the schema does not have is known to neither.
func TestSchemaWords(t *testing.T) {
	const nobody = "finnes-ikke"
	schema := schemaOf(t)
	for place, words := range studyWords {
		typ, key, _ := strings.Cut(place, ".")
		if typ == "Method" && key == "name" || typ == "Spec" && key == "kind" {
			key = map[string]string{"name": "name", "kind": "kind"}[key]
		}
		for _, w := range append(slices.Clone(words), nobody) {
			var b []byte
			switch place {
			case "Method.name":
				b = []byte(minimal + "methods: [{name: " + w + "}]\n")
			case "Family.over":
				b = []byte(minimal + "inference: {family: {outcome: lonn, month: 24, method: ebal, over: [" + w + "]}}\n")
			default:
				b = withValue(t, key, w)
			}
			_, err := Parse(b)
			unknown := err != nil && (strings.Contains(err.Error(), "not known") || strings.Contains(err.Error(), "not `"+w) || strings.Contains(err.Error(), "names `"+w))
			if place == "Family.over" && err != nil {
				unknown = strings.Contains(err.Error(), "`"+w+"`")
			}
			if unknown != (w == nobody) {
				t.Errorf("%s: %s: the reader says %v", place, w, err)
			}
			if err := schema.Validate(plainly(tree(t, b))); (err != nil) != (w == nobody) {
				t.Errorf("%s: %s: the schema says %v", place, w, err)
			}
		}
	}
}

// The ends of a range are taken by reader and schema, and what is beyond them by neither.
func TestSchemaRanges(t *testing.T) {
	schema := schemaOf(t)
	for place, r := range studyRanges {
		_, key, _ := strings.Cut(place, ".")
		step := 1.
		if r[1] == 1 || r[0] == 0.01 {
			step = 0.01
		}
		for _, v := range []float64{r[0] - step, r[0], r[1], r[1] + step} {
			if v == 1e9 || v == 1e9+1 {
				continue
			}
			b := withValue(t, key, strconv.FormatFloat(v, 'f', -1, 64))
			if key == "horizon" {
				b = []byte(minimal + fmt.Sprintf("horizon: %v\ninference: {family: {outcome: lonn, month: 1, method: ebal, over: [tiltak]}}\n", v))
			}
			if key == "position" {
				b = []byte(minimal + fmt.Sprintf("outcomes: [{id: stabilt_arbeid, kind: stable_work, position: %v}]\n", v))
			}
			if key == "months" || key == "of" { // the other follows it
				b = []byte(minimal + fmt.Sprintf("outcomes: [{id: stabilt_arbeid, kind: stable_work, %s: %v}]\n", key, v))
			}
			_, err := Parse(b)
			outside := v < r[0] || v > r[1]
			if (err != nil) != outside {
				t.Errorf("%s: %v: the reader says %v", place, v, err)
			}
			if err := schema.Validate(plainly(tree(t, b))); (err != nil) != outside {
				t.Errorf("%s: %v: the schema says %v", place, v, err)
			}
		}
	}
}

// Package oracle lets tests read the reference results that lie beside the project in ../shared, and counts how many
// of their fields were compared. Only tests import it.
//
// The folder is $EVALUATE_SHARED, otherwise the first folder `shared` with `oracles` in it beside a parent of the
// package under test. Where there is none the test is skipped with a message, or fails under
// EVALUATE_REQUIRE_SHARED=1, as in CI. With EVALUATE_ORACLE_LOG=FILE each comparison appends one line, and CI fails
// when there are fewer than the committed number.
package oracle

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Shared is the path of the folder ../shared.
func Shared(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("EVALUATE_SHARED"); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "oracles")); err != nil {
			t.Fatalf("EVALUATE_SHARED=%s has no folder `oracles`", dir)
		}
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		candidate := filepath.Join(dir, "shared")
		if _, err := os.Stat(filepath.Join(candidate, "oracles")); err == nil {
			return candidate
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	const message = "no folder `shared` with reference results beside the project (set EVALUATE_SHARED)"
	if os.Getenv("EVALUATE_REQUIRE_SHARED") == "1" {
		t.Fatal(message)
	}
	t.Skip(message)
	return ""
}

// Path is the path of a file under ../shared/oracles.
func Path(t testing.TB, name ...string) string {
	t.Helper()
	return filepath.Join(append([]string{Shared(t), "oracles"}, name...)...)
}

// Node is a value in a reference result, with its place for messages.
type Node struct {
	t     testing.TB
	place string
	value any
}

var cache sync.Map // path → decoded JSON; the large files are read once a test binary

// JSON opens a reference result such as "lalonde_psm/result.json".
func JSON(t testing.TB, name string) Node {
	t.Helper()
	path := Path(t, filepath.FromSlash(name))
	v, ok := cache.Load(path)
	if !ok {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cache.Store(path, v)
	}
	return Node{t, strings.TrimSuffix(name, "/result.json"), v}
}

// At goes down by object keys; a missing key ends the test.
func (n Node) At(keys ...string) Node {
	n.t.Helper()
	for _, k := range keys {
		m, ok := n.value.(map[string]any)
		if !ok {
			n.t.Fatalf("%s is no object (looking for %q)", n.place, k)
		}
		v, ok := m[k]
		if !ok {
			n.t.Fatalf("%s has no field %q", n.place, k)
		}
		n = Node{n.t, n.place + ":" + k, v}
	}
	return n
}

// Has tells whether the object has the key.
func (n Node) Has(key string) bool {
	m, ok := n.value.(map[string]any)
	return ok && m[key] != nil
}

// Keys are the keys of an object, in no order.
func (n Node) Keys() []string {
	m, ok := n.value.(map[string]any)
	if !ok {
		n.t.Fatalf("%s is no object", n.place)
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// List are the elements of an array; a single value is an array of one, as R writes them.
func (n Node) List() []Node {
	l, ok := n.value.([]any)
	if !ok {
		return []Node{n}
	}
	nodes := make([]Node, len(l))
	for i, v := range l {
		nodes[i] = Node{n.t, n.place + "[" + strconv.Itoa(i) + "]", v}
	}
	return nodes
}

// Float is a number; null is NaN, "Inf" and "-Inf" are infinite.
func (n Node) Float() float64 {
	n.t.Helper()
	switch v := n.value.(type) {
	case float64:
		return v
	case nil:
		return math.NaN()
	case string:
		switch v {
		case "Inf":
			return math.Inf(1)
		case "-Inf":
			return math.Inf(-1)
		case "NaN", "NA":
			return math.NaN()
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	case bool:
		if v {
			return 1
		}
		return 0
	case []any:
		if len(v) == 1 {
			return Node{n.t, n.place, v[0]}.Float()
		}
	}
	n.t.Fatalf("%s is no number: %v", n.place, n.value)
	return 0
}

// Floats are the numbers of an array.
func (n Node) Floats() []float64 {
	n.t.Helper()
	list := n.List()
	out := make([]float64, len(list))
	for i, e := range list {
		out[i] = e.Float()
	}
	return out
}

// Text is a string (a number is printed).
func (n Node) Text() string {
	if s, ok := n.value.(string); ok {
		return s
	}
	return fmt.Sprint(n.value)
}

// Texts are the strings of an array.
func (n Node) Texts() []string {
	list := n.List()
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Text()
	}
	return out
}

// Near compares a number of ours with the reference to a relative tolerance: |got − want| ≤ tol · max(|want|, floor)
// with floor 1e-12. Where the reference is 0 up to rounding use NearAbs. NaN equals NaN.
func (n Node) Near(got, tol float64) {
	n.t.Helper()
	want := n.Float()
	record(n.t, n.place)
	if math.IsNaN(want) || math.IsNaN(got) {
		if math.IsNaN(want) != math.IsNaN(got) {
			n.t.Errorf("%s: got %v, reference %v", n.place, got, want)
		}
		return
	}
	if got == want {
		return
	}
	if d := math.Abs(got - want); !(d <= tol*math.Max(math.Abs(want), 1e-12)) {
		n.t.Errorf("%s: got %.15g, reference %.15g (relative difference %.2g, allowed %.2g)", n.place, got, want, d/math.Abs(want), tol)
	}
}

// NearAbs compares to an absolute tolerance.
func (n Node) NearAbs(got, tol float64) {
	n.t.Helper()
	want := n.Float()
	record(n.t, n.place)
	if math.IsNaN(want) && math.IsNaN(got) || got == want {
		return
	}
	if d := math.Abs(got - want); !(d <= tol) {
		n.t.Errorf("%s: got %.15g, reference %.15g (difference %.2g, allowed %.2g)", n.place, got, want, d, tol)
	}
}

// NearAll compares an array element by element.
func (n Node) NearAll(got []float64, tol float64) {
	n.t.Helper()
	list := n.List()
	if len(list) != len(got) {
		n.t.Fatalf("%s: got %d values, reference %d", n.place, len(got), len(list))
	}
	for i, e := range list {
		e.Near(got[i], tol)
	}
}

// Equal compares a text or an integer exactly.
func (n Node) Equal(got any) {
	n.t.Helper()
	record(n.t, n.place)
	if g, w := fmt.Sprint(got), n.Text(); g != w {
		n.t.Errorf("%s: got %s, reference %s", n.place, g, w)
	}
}

// Known compares with a figure published elsewhere than in a JSON file, such as methods/did.md; place says where it
// stands.
func Known(t testing.TB, place string, got, want, tol float64) {
	t.Helper()
	Node{t, place, want}.Near(got, tol)
}

var logLock sync.Mutex

func record(t testing.TB, place string) {
	path := os.Getenv("EVALUATE_ORACLE_LOG")
	if path == "" {
		return
	}
	logLock.Lock()
	defer logLock.Unlock()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(f, "%s\n", place); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// CSV reads a comma-separated file with a header under ../shared/oracles into columns of text by name. It is a second,
// independent reader: tests of estimators do not rest on package datasets.
func CSV(t testing.TB, name string) map[string][]string {
	t.Helper()
	f, err := os.Open(Path(t, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	columns := make(map[string][]string, len(rows[0]))
	for j, header := range rows[0] {
		c := make([]string, len(rows)-1)
		for i, r := range rows[1:] {
			c[i] = r[j]
		}
		columns[header] = c
	}
	return columns
}

// Floats turns texts into numbers; "", "NA" and "NaN" are NaN.
func Floats(t testing.TB, texts []string) []float64 {
	t.Helper()
	out := make([]float64, len(texts))
	for i, s := range texts {
		switch s {
		case "", "NA", "NaN":
			out[i] = math.NaN()
		case "TRUE":
			out[i] = 1
		case "FALSE":
			out[i] = 0
		default:
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = v
		}
	}
	return out
}

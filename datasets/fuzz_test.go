package datasets

import (
	"errors"
	"testing"

	"tiltakseffekt/internal/fault"
)

// FuzzMapping: whatever the text, there is a mapping or an error that says where.
func FuzzMapping(f *testing.F) {
	for _, s := range []string{
		"person:\n  rename: {LOPENR: person_id}\n  drop: [NAVN]\n  codes:\n    kjonn: {1: mann, 2: null}\n", "", "null", "data: {drop: [b, b]}",
		"data: &a {drop: [b]}\nperson: *a\n", "a: [", "? [x]\n: y", "data:\n  codes: {x: {1: [2]}}", "data: {}\n---\n{}", "%YAML 1.1\n---\ndata: {}", "- 1", "data: {rename: {<<: {a: b}}}",
		"maaned: {rename: {a: !!binary x}}", "\ufeffdata: {}", "data: {drop: *x}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMapping("m.yaml", b)
		if err == nil {
			if m == nil {
				t.Fatal("neither a mapping nor an error")
			}
			return
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Status != fault.Usage || e.File != "m.yaml" {
			t.Fatal(err)
		}
	})
}

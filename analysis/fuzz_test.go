package analysis

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// FuzzStudy: whatever the text, a study file is read, or refused as a fault of usage with a sentence; and what was read is the
// same study when its canonical form is made twice.
func FuzzStudy(f *testing.F) {
	for _, text := range []string{reformStudy, chainStudy, reformStudy + "reforms: [avtaler_2022, {id: a, from: 2020-01, eligible: 'age < 30'}]\n",
		"study: [", "study: a\nstudy: b\n", "a: &a [*a]", "study: x\ntiltak: {a: b}\n", reformStudy + "methods: [{name: nearest, ratio: -1}]\n",
		reformStudy + "groups: [\"unge*unge\"]\ngroup_definitions: {a: 'age <'}\n", reformStudy + "windows: [1-12, 13-6]\n", "\xff\xfe", "---\n---\n"} {
		f.Add([]byte(text))
	}
	docs, _ := filepath.Glob("../docs/*.md")
	for _, path := range docs { // the studies of the documents
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for i, part := range strings.Split(string(b), "```yaml file=") {
			if _, body, ok := strings.Cut(part, "\n"); i > 0 && ok {
				body, _, _ = strings.Cut(body, "```")
				f.Add([]byte(body))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) || e.Status != fault.Usage || e.Message == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		a, err := s.canonical()
		b, err2 := s.canonical()
		if err != nil || err2 != nil || string(a) != string(b) {
			t.Fatalf("%v %v", err, err2)
		}
	})
}

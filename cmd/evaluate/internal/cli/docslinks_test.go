package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A link of a document leads somewhere, the index has every document, and the map of methods every method of a study.
func TestDocumentsHangTogether(t *testing.T) {
	docs := filepath.Join(testFolder, "..", "..", "..", "..", "docs")
	paths, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	index := readDoc(t, "README.md")
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	links := 0
	for _, path := range append(paths, filepath.Join(docs, "..", "README.md")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, prose := range strings.Split(string(content), "```") {
			if i%2 == 1 {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(prose, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				links++
				if _, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(m[1]))); err != nil {
					t.Errorf("%s: the link to %s leads nowhere", filepath.Base(path), m[1])
				}
			}
		}
		if name := filepath.Base(path); name != "README.md" && !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
	if links < 50 {
		t.Errorf("only %d links were found", links)
	}
	methods := readDoc(t, "methods.md")
	for _, name := range []string{"nearest", "optimal", "full", "radius", "subclass", "cem", "exact", "ipw", "ebal", "overlap", "aipw", "cbps", "did", "none"} {
		if !strings.Contains(methods, "`"+name+"`") || !strings.Contains(string(studyTemplate), name) {
			t.Errorf("docs/methods.md or the study that init writes does not have the method %s", name)
		}
	}
}

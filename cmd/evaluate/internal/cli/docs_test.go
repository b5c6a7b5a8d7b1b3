package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every `$ evaluate …` command of the README and of the documents runs, in one folder a document and in order, and prints
// what the document shows of it. Files that a document shows (```… file=PATH) are written first. The two commands of the
// README for a fresh machine are run by CI as they stand.
func TestDocumentsRun(t *testing.T) {
	documents, err := filepath.Glob("../../../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, path := range append(documents, "../../../../README.md") {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "coverage.md" { // hours of simulation; its test is behind EVALUATE_SLOW
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(filepath.Join(folder, "docs", "aft"), os.DirFS("../../../../docs/aft")); err != nil { // the shipped example that documents use
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(folder, "docs", "did"), os.DirFS("../../../../docs/did")); err != nil {
				t.Fatal(err)
			}
			t.Chdir(folder)
			total += runDocument(t, string(content))
		})
	}
	if total < 15 {
		t.Errorf("only %d commands were found", total)
	}
}

// runIDs change with every build of the program; documents show one that stands for all.
var runIDs = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

// runDocument runs the commands of one document in the present folder and counts them.
func runDocument(t *testing.T, content string) (commands int) {
	blocks := strings.Split(content, "```")
	for i := 1; i < len(blocks); i += 2 {
		info, body, _ := strings.Cut(blocks[i], "\n")
		if _, path, ok := strings.Cut(info, "file="); ok {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if info != "console" {
			continue
		}
		for _, command := range strings.Split("\n"+body, "\n$ evaluate ")[1:] {
			line, shown, _ := strings.Cut(command, "\n")
			commands++
			stdout, stderr, status := runCLI(t, strings.Fields(line)...)
			if status != 0 {
				t.Errorf("evaluate %s: status %d, %s", line, status, stderr)
			}
			stdout = runIDs.ReplaceAllString(stdout, "0123456789abcdef")
			if shown = strings.TrimRight(shown, "\n"); shown != "" && shown != strings.TrimRight(stdout, "\n") {
				t.Errorf("evaluate %s prints\n%s\nand the document shows\n%s", line, stdout, shown)
			}
		}
	}
	return commands
}

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command of the data dictionary runs, with the files that it shows, and prints what it shows.
func TestDataDictionaryRuns(t *testing.T) {
	content, err := os.ReadFile("../../../../docs/data-dictionary.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	commands := 0
	blocks := strings.Split(string(content), "```")
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
			if shown = strings.TrimRight(shown, "\n"); shown != "" && shown != strings.TrimRight(stdout, "\n") {
				t.Errorf("evaluate %s prints\n%s\nand the data dictionary shows\n%s", line, stdout, shown)
			}
		}
	}
	if commands < 10 {
		t.Errorf("only %d commands were found", commands)
	}
}

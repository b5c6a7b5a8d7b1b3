package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every `$ evaluate …` command of the README and of the documents runs, in one folder a document and in order, and prints
// what the document shows of it. Files that a document shows (```… file=PATH) are written first. Commands for a shell that
// has no evaluate yet (```sh) are run by CI, each by a stage named in ofCI; any other command in a document is a mistake.
func TestDocumentsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("whole studies: run without -short, as the test stage of CI does")
	}
	documents, err := filepath.Glob("../../../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	ci := string(script)
	total, ran := 0, 0
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
			if err := os.CopyFS(filepath.Join(folder, "docs", "experiment"), os.DirFS("../../../../docs/experiment")); err != nil {
				t.Fatal(err)
			}
			t.Chdir(folder)
			ran++
			total += runDocument(t, ci, string(content))
		})
	}
	if ran == len(documents) && total < 60 { // all but coverage.md; `-run` may have chosen one
		t.Errorf("only %d commands were found", total)
	}
}

// runIDs change with every build of the program; documents show one that stands for all.
var runIDs = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

// anyRunID stands in documents for the id that was printed last.
const anyRunID = "0123456789abcdef"

// commandInProse is an indented command outside a block, but for those of coverage, which take hours: their tests are behind
// EVALUATE_SLOW.
var commandInProse = regexp.MustCompile(`(?m)^    \$? ?(evaluate [abd-z]|evaluate c[a-np-z]|evaluate co[a-uw-z]|go |make ).*$`)

// ofCI are the commands of blocks ```sh, with what runs them in .ci/run.
var ofCI = map[string]string{
	"go run ./cmd/evaluate demo":                          "go run ./cmd/evaluate demo",
	"go test -timeout 30m ./...":                          "go test -timeout 30m ./...",
	"CGO_ENABLED=0 go build -trimpath ./cmd/evaluate":     "CGO_ENABLED=0 go build -trimpath -o \"$out/evaluate\" ./cmd/evaluate",
	"python -m pip install -r notebooks/requirements.txt": "pip\" install -q --disable-pip-version-check -r notebooks/requirements.txt",
	"python notebooks/execute.py":                         "notebooks/execute.py",
	"make -C docs/pipeline":                               "go test -timeout 30m ./...", // TestPipeline
}

// every is each second of a list, from one on.
func every(list []string, from int) (out []string) {
	for i := from; i < len(list); i += 2 {
		out = append(out, list[i])
	}
	return out
}

// runDocument runs the commands of one document in the present folder and counts them.
func runDocument(t *testing.T, ci, content string) (commands int) {
	blocks := strings.Split(content, "```")
	for _, indented := range commandInProse.FindAllString(strings.Join(every(blocks, 0), "\n"), -1) {
		t.Errorf("%q is a command that no test runs: put it into a block ```console, with $ before it", strings.TrimSpace(indented))
	}
	id := anyRunID
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
		switch info {
		case "console":
		case "sh":
			for _, line := range strings.Split(strings.TrimSpace(body), "\n") {
				if inCI, known := ofCI[line]; !known {
					t.Errorf("`%s` is a command that neither a test nor CI runs", line)
				} else if !strings.Contains(ci, inCI) {
					t.Errorf("`%s` is to be run by CI, and .ci/run has no %q", line, inCI)
				}
			}
			continue
		default:
			if strings.Contains("\n"+body, "\n$ ") {
				t.Errorf("a block `%s` holds commands: only blocks ```console are run", info)
			}
			continue
		}
		for _, line := range strings.Split(body, "\n") {
			if strings.HasPrefix(line, "$ ") && !strings.HasPrefix(line, "$ evaluate ") {
				t.Errorf("`%s` is not run: the commands of ```console are those of evaluate", line)
			}
		}
		for _, command := range strings.Split("\n"+body, "\n$ evaluate ")[1:] {
			line, shown, _ := strings.Cut(command, "\n")
			commands++
			args := strings.Fields(strings.ReplaceAll(line, anyRunID, id))
			want := 0
			if n := len(args); n > 1 && args[n-2] == "#" { // `# 3`: the status that the document speaks of
				want, args = int(args[n-1][0]-'0'), args[:n-2]
			}
			stdout, stderr, status := runCLI(t, args...)
			if status != want {
				t.Errorf("evaluate %s: status %d, %s", line, status, stderr)
			}
			if want != 0 {
				stdout = stderr
			}
			if found := runIDs.FindAllString(stdout, -1); len(found) > 0 {
				id = found[len(found)-1]
			}
			stdout = runIDs.ReplaceAllString(stdout, anyRunID)
			if shown = strings.TrimRight(shown, "\n"); shown != "" && shown != strings.TrimRight(stdout, "\n") {
				t.Errorf("evaluate %s prints\n%s\nand the document shows\n%s", line, stdout, shown)
			}
		}
	}
	return commands
}

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/results"
)

func TestVersion(t *testing.T) {
	stdout, stderr, status := runCLI(t, "version", "--format", "json")
	var d struct {
		Schema   int
		Command  string
		Version  string
		Program  string
		Platform string
		Modules  []struct{ Path, Version, Sum string }
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || stderr != "" || d.Schema != 1 || d.Command != "version" || d.Version != Version || !strings.HasPrefix(d.Program, "devel+") || d.Modules == nil || !strings.Contains(d.Platform, "go1.") {
		t.Errorf("status %d, %v: %.300s %s", status, err, stdout, stderr)
	}
	if stdout, _, status = runCLI(t, "version"); status != 0 || !strings.HasPrefix(stdout, "evaluate devel\nprogram devel+") {
		t.Errorf("status %d: %s", status, stdout)
	}
}

func TestLicenses(t *testing.T) {
	stdout, _, status := runCLI(t, "licenses")
	if status != 0 || !strings.Contains(stdout, "=== gonum.org/v1/plot ") || !strings.Contains(stdout, "=== github.com/apache/arrow/go/v15 ") {
		t.Errorf("status %d: %.200s", status, stdout)
	}
	stdout, _, status = runCLI(t, "licenses", "--format", "json")
	var d struct {
		Schema   int
		Licenses []struct{ Module, Version, Text string }
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || len(d.Licenses) < 20 || d.Licenses[0].Text == "" {
		t.Errorf("status %d, %v, %d licences", status, err, len(d.Licenses))
	}
}

// Each command that is shown in the help has its manual page, with its flags; no line of a page but our own begins with a
// point, which troff would read as a request.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	if _, stderr, status := runCLI(t, "man", dir); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	known := map[string]bool{".TH": true, ".SH": true, ".nf": true, ".fi": true, ".BR": true}
	root, pages := newRoot(&globals{}), 0
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		pages++
		page, err := os.ReadFile(filepath.Join(dir, "evaluate-"+c.Name()+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, line := range strings.Split(string(page), "\n") {
			if strings.HasPrefix(line, ".") && !known[strings.Fields(line)[0]] {
				t.Errorf("%s: troff would read %q", c.Name(), line)
			}
		}
		if !strings.Contains(string(page), roff("--workers int")) || !strings.Contains(string(page), ".SH SYNOPSIS\n.nf\n"+roff("evaluate "+c.Name())) {
			t.Errorf("%s: the page lacks its synopsis or flags", c.Name())
		}
	}
	if pages < 20 {
		t.Errorf("only %d commands", pages)
	}
	if _, stderr, status := runCLI(t, "man", filepath.Join(dir, "not there")); status != 2 || !strings.Contains(stderr, "there is no folder") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestCompletions(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, _, status := runCLI(t, "completion", shell); status != 0 || !strings.Contains(stdout, "evaluate") {
			t.Errorf("%s: status %d", shell, status)
		}
	}
}

func TestExport(t *testing.T) {
	run := smallRun(t)
	dir := t.TempDir()
	for ext, want := range map[string]string{".xlsx": "PK", ".tex": `\begin{longtable}`, ".md": "+5.1"} {
		out := filepath.Join(dir, "tabeller æøå"+ext)
		stdout, stderr, status := runCLI(t, "export", run, "--out", out, "--lang", "en")
		if status != 0 || stdout != out+"\n" || stderr != "" {
			t.Fatalf("%s: status %d, %q, %q", ext, status, stdout, stderr)
		}
		b, err := os.ReadFile(out)
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %q (%v)", ext, want, err)
		}
	}
	stdout, _, status := runCLI(t, "export", run, "--out", filepath.Join(dir, "x.md"), "--format", "json")
	var d struct {
		Schema, Bytes int
		Command, File string
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || d.Command != "export" || d.Bytes == 0 {
		t.Errorf("status %d, %v, %s", status, err, stdout)
	}
	for _, c := range []struct{ out, want string }{
		{"", "`--out` is missing"}, {filepath.Join(dir, "x.pdf"), "must end in .xlsx, .tex or .md"}, {filepath.Join(run, "x.md"), "never written into"}, {filepath.Join(dir, "no", "x.md"), "make it first"},
	} {
		if _, stderr, status := runCLI(t, "export", run, "--out", c.out); status != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %s", c.out, status, stderr)
		}
	}
	if err := results.Check(run); err != nil {
		t.Errorf("the run was touched: %v", err)
	}
}

// Commands take paths with spaces, æøå and what shells read as signs, in every place that takes a path.
func TestPathsOfEveryKind(t *testing.T) {
	once(t)
	dir := filepath.Join(t.TempDir(), "mappe med mellomrom", "æøå (1) & 'to' #3 100%")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) string {
		t.Helper()
		stdout, stderr, status := runCLI(t, append(args, "--quiet")...)
		if status != 0 {
			t.Fatalf("evaluate %s: status %d, %s", strings.Join(args, " "), status, stderr)
		}
		return strings.TrimSpace(stdout)
	}
	run("simulate", "--out", in("et register"), "--persons", "600", "--months", "60", "--seed", "3")
	study := strings.NewReplacer("STUDY", "stier", "REGISTER", "./et register").Replace(`study: STUDY
data: {register: "REGISTER"}
population: {age: [18, 66], from: 2017-01, to: 2018-06}
tiltak: [ARBEIDSMARKEDSOPPLAERING]
groups: [alle]
outcomes: [{id: arbeid, kind: work, position: 1}]
horizon: 6
methods: [ebal]
sensitivity: none
placebo: off
covariates: [alder, kvinne]
inference: {family: {outcome: arbeid, month: 6, method: ebal, over: [tiltak, group]}}
`)
	if err := os.WriteFile(in("min studie.yaml"), []byte(study), 0o600); err != nil {
		t.Fatal(err)
	}
	run("init", in("ny studie æ.yaml"))
	run("validate", in("min studie.yaml"))
	run("describe", in("min studie.yaml"))
	run("trials", in("min studie.yaml"), "--out", in("rader ø"))
	lines := strings.Split(run("run", in("min studie.yaml"), "--out", in("kjøringer å")), "\n")
	path := lines[len(lines)-1]
	if !strings.HasPrefix(path, in("kjøringer å")) {
		t.Fatalf("the run lies in %q", path)
	}
	run("report", path, "--out", in("rapport (1).html"))
	run("export", path, "--out", in("tabeller #1.xlsx"))
	run("validate", path)
	run("clean", in("kjøringer å"))
	table := "id,y,d,x,t,e\n"
	for i := range 40 {
		table += strings.Join([]string{"p" + string(rune('a'+i%26)) + string(rune('a'+i/26)), []string{"1.5", "2", "0.5"}[i%3], []string{"0", "1"}[i%2], []string{"1", "2", "3", "5"}[i/2%4], []string{"1", "3", "4"}[i%3], []string{"0", "1"}[i/3%2]}, ",") + "\n"
	}
	if err := os.WriteFile(in("en tabell.csv"), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(in("ut match"), 0o777); err != nil {
		t.Fatal(err)
	}
	run("match", "--data", in("en tabell.csv"), "--treatment", "d", "--outcome", "y", "--covariates", "x", "--out", in("ut match"))
	run("duration", "--data", in("en tabell.csv"), "--time", "t", "--event", "e")
	run("meta", "--data", in("en tabell.csv"), "--estimate", "y", "--std-error", "x", "--method", "fixed")
	for _, name := range []string{"rapport (1).html", "tabeller #1.xlsx", "ny studie æ.yaml"} {
		if info, err := os.Stat(in(name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A study that was written with the separators of Windows is refused in a sentence elsewhere, not taken for a strange name.
func TestSeparatorsOfWindows(t *testing.T) {
	if filepath.Separator == '\\' {
		t.Skip("they are the system's own")
	}
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte("study: s\ndata: {register: .\\data\\register}\npopulation: {from: 2018-01, to: 2018-12}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := runCLI(t, "validate", path); status != 2 || !strings.Contains(stderr, "`./data/register`") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

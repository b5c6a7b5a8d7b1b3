package notices

import (
	"os/exec"
	"strings"
	"testing"
)

// Every module that is linked into the program on this system has its licence, in the version that is linked.
func TestEveryLinkedModuleHasItsLicence(t *testing.T) {
	have := map[string]bool{}
	for _, n := range All() {
		have[n.Module+" "+n.Version] = true
		if len(n.Text) < 200 {
			t.Errorf("%s: the text is too short to be a licence: %q", n.Module, n.Text)
		}
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "tiltakseffekt/cmd/evaluate").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	for _, m := range strings.Fields(strings.ReplaceAll(string(out), " ", "@")) {
		linked[strings.Replace(m, "@", " ", 1)] = true
	}
	if len(linked) < 10 {
		t.Fatalf("only %d modules are linked", len(linked))
	}
	for m := range linked {
		if !have[m] {
			t.Errorf("%s is linked and has no licence in notices.txt; run `go generate ./internal/notices`", m)
		}
	}
	if !strings.Contains(Text(), "The Go Authors") {
		t.Error("the licence of Go is not there")
	}
}

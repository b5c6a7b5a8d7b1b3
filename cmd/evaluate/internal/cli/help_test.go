package cli

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The help of every command fits a terminal of 80 columns, but for examples, which are copied.
func TestHelpFits(t *testing.T) {
	names := []string{""}
	for _, c := range newRoot(&globals{}).Commands() {
		names = append(names, c.Name())
	}
	for _, name := range names {
		stdout, _, status := runCLI(t, append(strings.Fields(name), "--help")...)
		if status != 0 || stdout == "" {
			t.Fatalf("%s: status %d", name, status)
		}
		for _, line := range strings.Split(stdout, "\n") {
			if utf8.RuneCountInString(line) > helpWidth && !strings.HasPrefix(line, "  $ ") && !strings.Contains(line, "evaluate "+name+" ") && name != "" {
				t.Errorf("%s: %d characters: %s", name, utf8.RuneCountInString(line), line)
			}
		}
	}
}

func TestRewrapped(t *testing.T) {
	got := rewrapped("One two\nthree four.\nA: b.\n\n  name  what it is and does\n  x\nfive six", 14)
	want := "One two three\nfour.\nA: b.\n\n  name  what it is and does\n  x\nfive six"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

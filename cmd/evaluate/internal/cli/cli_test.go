package cli

import (
	"bytes"
	"strings"
	"testing"
)

// runCLI runs the program in this process and returns what it printed and its exit status.
func runCLI(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	status = Main(args, strings.NewReader(""), &out, &err)
	return out.String(), err.String(), status
}

func TestUsageErrors(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"nonsense", "unknown command `nonsense`"},
		{"mach", "unknown command `mach` (did you mean `match`?)"},
		{"simulate --persons tusen", "`--persons` is a whole number, not `tusen` (see `evaluate simulate --help`)"},
		{"match --level x", "`--level` is a number with a decimal point, not `x`"},
		{"demo --seed -3", "`--seed` is a whole number from 0 up, not `-3`"},
		{"match --replace=maybe", "`--replace` is true or false, not `maybe`"},
		{"run --seed", "`--seed` needs a value"},
		{"run a b", "`evaluate run` takes STUDY.yaml, and 2 arguments were given"},
		{"demo here", "`evaluate demo` takes options alone, and `here` is none"},
		{"--format xml", "`--format` is text or json"},
		{"--lang sv", "`--lang` is nb or en"},
		{"--workers -1", "`--workers`"},
		{"--no-such-flag", "unknown flag"},
	} {
		stdout, stderr, status := runCLI(t, strings.Fields(c.args)...)
		if status != 2 || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stderr %q, stdout %q", c.args, status, stderr, stdout)
		}
	}
}

func TestErrorAsJSON(t *testing.T) {
	_, stderr, status := runCLI(t, "--format", "json", "--lang", "sv")
	if status != 2 || !strings.HasPrefix(stderr, `{"error":{"code":"bad_flag","message":"`) {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

// once skips a test of whole runs under -short, as the race detector is run: what goes on at the same time there is also in
// TestRunIsTheSameForAnyNumberOfWorkers, TestCompare and TestRegistryIsManyStudies, which are not skipped.
func once(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("whole runs: run without -short, as the test stage of CI does")
	}
}

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

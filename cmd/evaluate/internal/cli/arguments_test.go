package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTablesWithoutRowsOrOneGroup(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const header = "treat,x,y,id,t,g\n"
	empty := put("empty.csv", header)
	for _, c := range []struct{ args, want string }{
		{"match --treatment treat --covariates x --outcome y --data " + empty, "empty.csv: has no rows"},
		{"did --id id --time t --start g --outcome y --data " + empty, "empty.csv: has no rows"},
		{"duration --time t --event g --data " + empty, "empty.csv: has no rows"},
		{"timing --id id --start t --stop g --event y --program x --data " + empty, "empty.csv: has no rows"},
		{"meta --estimate x --std-error y --data " + empty, "empty.csv: has no rows"},
		{"match --treatment treat --covariates x --outcome y --data " + put("treated.csv", header+"1,2,3,a,1,0\n1,4,5,b,2,0\n"), "`treat` is 1 in all 2 rows"},
		{"match --treatment treat --covariates x --outcome y --method ebal --data " + put("untreated.csv", header+"false,2,3,a,1,0\nfalse,4,5,b,2,0\n"), "`treat` is 0 in all 2 rows"},
	} {
		stdout, stderr, status := runCLI(t, strings.Fields(c.args)...)
		if status != 3 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stderr %q", c.args, status, stderr)
		}
	}
}

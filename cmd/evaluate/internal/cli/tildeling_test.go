package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A tildeling that compares nobody with nobody is refused by validate, by the plan and by the run, before anything is estimated, in the same words.
func TestTildelingIsRefusedBeforeTheRun(t *testing.T) {
	from, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	study := writeStudy(t, strings.Replace(levelStudy, "REGISTER", dir, 1)+"design: {randomised: person}\n")
	for rows, want := range map[string]string{
		"":                               "the table has no row of a person or office of the register",
		"1,1,2019-03-04\n2,1,2019-03-04": "`arm` is 1 in all of the 2 rows that can be used",
		"1,0,2019-03-04\n2,0,2019-03-04": "`arm` is 0 in all of the 2 rows",
		"1,0,2035-03-04\n2,1,2035-03-04": "nobody in the table can be followed for the horizon: each of 2 persons was assigned too late",
		"1,0,2019-03-04\n2,1,2035-03-04": "`arm` is 0 for everybody who can be followed for the horizon",
	} {
		if err := os.WriteFile(filepath.Join(dir, "tildeling.csv"), []byte("person_id,arm,dato\n"+rows+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, said, status := runCLI(t, "validate", study, "--quiet")
		if status != 3 || !strings.Contains(said, want) || !strings.Contains(said, "tildeling") {
			t.Errorf("%q: validate says (%d) %s", rows, status, said)
		}
		for _, args := range [][]string{{"--dry-run"}, {"--out", t.TempDir()}} {
			if _, stderr, code := runCLI(t, append([]string{"run", study, "--quiet"}, args...)...); code != 3 || stderr != said {
				t.Errorf("%q: validate says %s\nand run %v (%d) %s", rows, said, args, code, stderr)
			}
		}
	}
}

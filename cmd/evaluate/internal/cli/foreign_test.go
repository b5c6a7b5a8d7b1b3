package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
)

// The register with foreign names of the tutorials, read through their mapping, is the simulated register: the same persons,
// and the same starts lost to the same rules in every tiltak and group. Both tutorials have the same files.
func TestForeignRegister(t *testing.T) {
	once(t)
	dir := t.TempDir()
	t.Chdir(dir)
	var shown [2]map[string]string
	for i, name := range []string{"tutorial.en.md", "tutorial.nb.md"} {
		shown[i] = map[string]string{}
		for _, block := range every(strings.Split(readDoc(t, name), "```"), 1) {
			info, body, _ := strings.Cut(block, "\n")
			if _, path, ok := strings.Cut(info, "file="); ok {
				shown[i][path] = body
			}
		}
	}
	if len(shown[0]) != 3 || !reflect.DeepEqual(shown[0], shown[1]) {
		t.Error("the tutorials do not show the same files")
	}
	for path, body := range shown[0] {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("ours.yaml", []byte(strings.Replace(shown[0]["studie.yaml"], "register: utlevert, mapping: mapping.yaml", "register: register", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--out", "utlevert", "--foreign"}, {"--out", "register"}} {
		if _, stderr, status := runCLI(t, append([]string{"simulate", "--persons", "3000", "--quiet"}, args...)...); status != 0 {
			t.Fatal(stderr)
		}
	}
	// What init drafts from the names is the tutorial's mapping but for codes of tiltak.
	if _, stderr, status := runCLI(t, "init", "draft.yaml", "--register", "utlevert", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	drafted, err := datasets.LoadMapping("draft.yaml")
	if err != nil {
		t.Fatal(err)
	}
	written, err := datasets.LoadMapping("mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"person", "deltakelse", "arbeidssoker", "maaned"} {
		names := func(m *datasets.Mapping) map[string]string {
			out := map[string]string{"file": m.File(table)}
			for _, r := range m.Renames(table) {
				out[r.From] = r.To
			}
			return out
		}
		if got, want := names(drafted), names(written); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: drafted %v, the tutorial has %v", table, got, want)
		}
	}
	var found [2]map[string]any
	for i, of := range [][][]string{{{"studie.yaml"}, {"utlevert", "--mapping", "mapping.yaml"}}, {{"ours.yaml"}, {"register"}}} {
		for _, args := range of {
			stdout, stderr, status := runCLI(t, append([]string{"validate", "--quiet", "--format", "json"}, args...)...)
			if status != 0 {
				t.Fatal(stderr)
			}
			if err := json.Unmarshal([]byte(stdout), &found[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, key := range []string{"persons", "participations", "from", "cut", "flow"} {
		if found[0][key] == nil || !reflect.DeepEqual(found[0][key], found[1][key]) {
			t.Errorf("%s: %v through the mapping, %v in our own names", key, found[0][key], found[1][key])
		}
	}
	if _, stderr, status := runCLI(t, "simulate", "--out", "utlevert", "--foreign"); status != 2 || !strings.Contains(stderr, "holds files") {
		t.Errorf("into a folder with files: status %d, %s", status, stderr)
	}
	// A code without a translation is said, with its column and the remedy.
	if err := os.WriteFile("mapping.yaml", []byte(strings.Replace(shown[0]["mapping.yaml"], "NOR: norge, ", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := runCLI(t, "validate", "utlevert", "--mapping", "mapping.yaml"); status != 0 || !strings.Contains(stderr, "`landgruppe` is neither norge, eos nor utenfor_eos in") || !strings.Contains(stderr, "(`codes`)") {
		t.Errorf("status %d: %s", status, stderr)
	}
	for text, want := range map[string]string{
		"person: {file: nobody.parquet}":             "line 1: there is no `nobody.parquet` in `utlevert`",
		"person: {file: ../register/person.parquet}": "line 1: there is no `../register/person.parquet`",
		"data: {file: x.csv}":                        "line 1: `file` is for the tables of a register",
	} {
		if err := os.WriteFile("wrong.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr, status := runCLI(t, "validate", "utlevert", "--mapping", "wrong.yaml"); status != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %s", text, status, stderr)
		}
	}
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testFolder, "..", "..", "..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// testFolder is the folder of this package, whatever folder a test changes to.
var testFolder, _ = os.Getwd()

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

// A scenario with local markets and procurement has them under foreign names too, and the draft finds them: only codes of
// tiltak are left.
func TestForeignRegisterHeterogeneous(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"simulate", "--out", "utlevert", "--foreign", "--scenario", "heterogeneous", "--persons", "1500"},
		{"simulate", "--out", "register", "--scenario", "heterogeneous", "--persons", "1500"},
		{"init", "mapping.yaml", "--register", "utlevert"},
	} {
		if _, stderr, status := runCLI(t, append(args, "--quiet")...); status != 0 {
			t.Fatal(stderr)
		}
	}
	draft, err := os.ReadFile("mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	left := strings.NewReplacer("# KURS_AMO: ?", "KURS_AMO: ARBEIDSMARKEDSOPPLAERING", "# MIDL_LTS: ?", "MIDL_LTS: MIDLERTIDIG_LONNSTILSKUDD",
		"# OPPF: ?", "OPPF: OPPFOLGING", "# PRAKSIS: ?", "PRAKSIS: ARBEIDSTRENING")
	if err := os.WriteFile("mapping.yaml", []byte(left.Replace(string(draft))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("slopes.yaml", []byte(`study: slopes
data: {register: REGISTER}
population: {from: 2017-01, to: 2021-12}
tiltak: [OPPFOLGING, ARBEIDSMARKEDSOPPLAERING]
outcomes: [{id: arbeid, kind: work}]
horizon: 12
covariates: [alder, kvinne]
methods: [ebal]
sensitivity: none
placebo: off
heterogeneity: {by: [ledighet, anskaffelse], months: [12]}
inference: {family: {outcome: arbeid, month: 12, method: ebal, over: [tiltak]}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	study, err := os.ReadFile("slopes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tables [2]string
	for i, register := range []string{"utlevert, mapping: mapping.yaml", "register"} {
		if err := os.WriteFile("slopes.yaml", []byte(strings.Replace(string(study), "REGISTER", register, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, status := runCLI(t, "run", "slopes.yaml", "--quiet", "--out", []string{"a", "b"}[i])
		if status != 0 {
			t.Fatal(stderr)
		}
		b, err := os.ReadFile(filepath.Join(stdout[strings.LastIndex(strings.TrimSpace(stdout), "\n")+1:len(stdout)-1], "tables", "heterogeneity.csv"))
		if err != nil {
			t.Fatal(err)
		}
		tables[i] = string(b)
	}
	if tables[0] != tables[1] || !strings.Contains(tables[0], ",ledighet,") || !strings.Contains(tables[0], ",anskaffelse,") {
		t.Errorf("through the mapping\n%s\nin our own names\n%s", tables[0], tables[1])
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

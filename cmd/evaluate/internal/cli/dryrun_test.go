package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The plan of a study names every task that a run has, says of each why it will not be estimated exactly where the run
// does not, counts the rows of estimates that the run writes, and writes nothing.
func TestDryRunIsThePlanOfTheRun(t *testing.T) {
	study := writeStudy(t, strings.NewReplacer("horizon: 3", "groups: [alle, ufore, unge]\nhorizon: 3", "methods: [ebal]", "methods: [ebal, {name: did, dip_probe: true}]").Replace(levelStudy)+
		"robustness: {samples: [{id: voksne, population: {age: [30, 66]}}], months: [2]}\nheterogeneity: {by: [fylke, elapsed, deltidsprosent], groups: [alle, ufore], months: [3]}\n")
	out := t.TempDir()
	stdout, stderr, status := runCLI(t, "run", study, "--dry-run", "--out", out, "--format", "json", "--quiet")
	var plan struct {
		Estimates int
		Persons   int
		Rows      int
		Seconds   *float64 `json:"expected_seconds"`
		Bytes     float64  `json:"expected_bytes"`
		Tasks     []struct {
			Tiltak, Group string
			Treated       int `json:"treated_rows"`
			Reason        *string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &plan); err != nil || status != 0 {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) != 0 {
		t.Errorf("a plan leaves %v", left)
	}
	if plan.Seconds == nil || *plan.Seconds <= 0 || plan.Bytes < 1<<20 || plan.Persons == 0 || plan.Rows == 0 {
		t.Errorf("%+v", plan)
	}
	text, stderr, status := runCLI(t, "run", study, "--dry-run", "--out", out, "--quiet")
	if status != 0 || !strings.Contains(text, "Estimates from measured rates") || !strings.Contains(text, "3 tasks") {
		t.Errorf("status %d, %s%s", status, text, stderr)
	}
	stdout, stderr, status = runCLI(t, "run", study, "--out", out, "--quiet")
	if status != 0 {
		t.Fatal(stderr)
	}
	lines := strings.Split(strings.TrimSpace(readText(t, filepath.Join(folderOf(t, stdout), "tables", "estimates.csv"))), "\n")
	if plan.Estimates != len(lines)-1 {
		t.Errorf("%d rows of estimates planned, and %d written", plan.Estimates, len(lines)-1)
	}
	for _, task := range plan.Tasks {
		written := strings.Count(strings.Join(lines, "\n"), task.Tiltak+","+task.Group+",")
		few := strings.Count(strings.Join(lines, "\n"), "too_few_treated")
		if written == 0 || task.Reason != nil && few == 0 {
			t.Errorf("%+v: %d rows, %d of them with too few", task, written, few)
		}
		if task.Treated%10 != 0 && task.Treated > 99 {
			t.Errorf("%d treated: more than two digits", task.Treated)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// init writes the schema that schema prints beside the study, which names it; an older one is replaced and nothing else.
func TestSchemaForEditors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ny studie.yaml")
	if _, stderr, status := runCLI(t, "init", path); status != 0 {
		t.Fatal(stderr)
	}
	schema, _, status := runCLI(t, "schema")
	if beside := readText(t, filepath.Join(dir, "study.schema.json")); status != 0 || beside != schema {
		t.Error("init writes another schema than schema prints")
	}
	if first, _, _ := strings.Cut(readText(t, path), "\n"); first != "# yaml-language-server: $schema=study.schema.json" {
		t.Errorf("the first line is %q", first)
	}
	var s struct {
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal([]byte(schema), &s); err != nil || !strings.HasPrefix(s.Properties["horizon"].Description, "months after") || s.Properties["windows"].Description == "" {
		t.Errorf("%v: the comments of the template are not in the schema: %+v", err, s.Properties["horizon"])
	}
	if _, stderr, status := runCLI(t, "init", filepath.Join(dir, "to.yaml")); status != 0 {
		t.Errorf("a second study beside the same schema: %s", stderr)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "study.schema.json"), []byte(`{"title": "mine"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := runCLI(t, "init", filepath.Join(other, "a.yaml")); status != 2 || !strings.Contains(stderr, "is no schema of a study") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(other, "a.yaml")); err == nil {
		t.Error("a study is left after a refusal")
	}
}

// What a run refuses of `heterogeneity`, of the study or after it has read the register, the plan refuses too, with the same sentence.
func TestDryRunRefusesHeterogeneity(t *testing.T) {
	for _, c := range []struct {
		entry, want string
		status      int
	}{
		{"{by: [budsjett]}", "`heterogeneity` names `budsjett`, and the register has no `budsjett` in `enhet`; add it", 2},
		{"{by: [innhold]}", "`heterogeneity` names `innhold`, and the register has no `innhold` in `deltakelse`; add it", 2},
		{"{by: [provider]}", "`heterogeneity` names `provider`; it is of anskaffelse, arrangor_id, ", 2},
		{"{by: [elapsed], months: [99]}", "`heterogeneity.months` names 99, which is not between 1 and the horizon 3", 2},
	} {
		study := writeStudy(t, levelStudy+"heterogeneity: "+c.entry+"\n")
		_, planned, status := runCLI(t, "run", study, "--dry-run", "--quiet")
		_, ran, code := runCLI(t, "run", study, "--out", t.TempDir(), "--quiet")
		if status != c.status || code != status || planned != ran || !strings.Contains(planned, c.want) {
			t.Errorf("heterogeneity: %s: the plan says (%d) %s\nand the run (%d) %s", c.entry, status, planned, code, ran)
		}
	}
}

package cli

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/results"
)

const otherRun = "0123456789abcdef"

// ofEarlierVersion turns a copy of a run folder into one that an earlier version could have written: tables and columns that came
// later are gone, it has an id of its own, and the manifest holds again.
func ofEarlierVersion(t *testing.T, run string, tables, columns []string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), filepath.Base(run))
	if err := os.CopyFS(dir, os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	m, err := results.ReadManifest(dir)
	must(err)
	m.Files = slices.DeleteFunc(m.Files, func(e results.Entry) bool {
		name := strings.TrimSuffix(filepath.Base(e.Name), filepath.Ext(e.Name))
		if !strings.HasPrefix(e.Name, "tables/") || !slices.Contains(tables, name) {
			return false
		}
		must(os.Remove(filepath.Join(dir, e.Name)))
		return true
	})
	taken := 0
	for i, e := range m.Files {
		path := filepath.Join(dir, filepath.FromSlash(e.Name))
		switch filepath.Ext(e.Name) {
		case ".csv":
			text, err := os.ReadFile(path)
			must(err)
			records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
			must(err)
			var out strings.Builder
			w := csv.NewWriter(&out)
			for _, record := range records {
				var kept []string
				for j, v := range record {
					if !slices.Contains(columns, records[0][j]) {
						kept = append(kept, v)
					}
				}
				taken += len(record) - len(kept)
				must(w.Write(kept))
			}
			w.Flush()
			must(os.WriteFile(path, []byte(out.String()), 0o644))
		case ".json":
			if e.Name != "run.json" { // the other describes files
				continue
			}
			text, err := os.ReadFile(path)
			must(err)
			must(os.WriteFile(path, []byte(strings.ReplaceAll(string(text), m.RunID, otherRun)), 0o644))
		case ".parquet":
			table, err := datasets.Read(t.Context(), path, datasets.ReadOptions{})
			must(err)
			table.Columns = slices.DeleteFunc(table.Columns, func(c *datasets.Column) bool { return slices.Contains(columns, c.Name) })
			must(datasets.Write(path, table, datasets.WriteOptions{}))
		default:
			continue
		}
		b, err := os.ReadFile(path)
		must(err)
		sum := sha256.Sum256(b)
		m.Files[i].Bytes, m.Files[i].SHA256 = int64(len(b)), hex.EncodeToString(sum[:])
	}
	if taken == 0 {
		t.Fatal("no column was taken away")
	}
	m.RunID = otherRun
	b, err := json.Marshal(m)
	must(err)
	must(os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o644))
	return dir
}

// A run folder of an earlier version is read by everything that reads finished runs.
func TestRunsOfEarlierVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a study: not under -short")
	}
	study := writeStudy(t, `study: eldre
data: {register: REGISTER}
population: {from: 2018-06, to: 2020-12}
tiltak: [MIDLERTIDIG_LONNSTILSKUDD]
groups: [alle]
horizon: 4
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
inference: {family: {outcome: arbeid, month: 4, method: ebal, over: [tiltak, group]}}
`)
	out, errText, code := runCLI(t, "run", study, "--out", t.TempDir(), "--quiet")
	if code != 0 {
		t.Fatal(errText)
	}
	fresh := folderOf(t, out)
	old := ofEarlierVersion(t, fresh, []string{"heterogeneity", "portfolio", "reforms"}, []string{"plan", "p_permutation", "family_low", "family_high"})
	before := files(t, old)
	_, now, err := results.Load(fresh)
	if err != nil {
		t.Fatal(err)
	}
	_, then, err := results.Load(old)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range then.Estimates {
		f := now.Estimates[i]
		f.Plan = ""
		if e.Estimate != f.Estimate && e.Estimate == e.Estimate || e.NStarts != f.NStarts || e.Plan != "" || e.PPermutation == e.PPermutation || e.FamilyLow == e.FamilyLow {
			t.Fatalf("row %d: %+v of the old folder, %+v of the new", i, e, f)
		}
	}
	for _, args := range [][]string{
		{"validate", old},
		{"report", old, "--out", filepath.Join(t.TempDir(), "r.html")},
		{"compare", fresh, old, "--split", "never", "--out", filepath.Join(t.TempDir(), "c")},
		{"export", old, "--out", filepath.Join(t.TempDir(), "t.xlsx")},
		{"export", old, "--out", filepath.Join(t.TempDir(), "t.tex")},
	} {
		if out, errText, code := runCLI(t, args...); code != 0 {
			t.Errorf("evaluate %s: status %d, %s%s", strings.Join(args, " "), code, out, errText)
		}
	}
	for name, b := range files(t, old) {
		if before[name] != b {
			t.Errorf("%s has changed", name)
		}
	}
	// Without a column that every version has the answer is a sentence that names it.
	broken := ofEarlierVersion(t, fresh, nil, []string{"n_starts"})
	if _, errText, code := runCLI(t, "report", broken, "--out", filepath.Join(t.TempDir(), "r.html")); code != 3 || !strings.Contains(errText, "has no column `n_starts`; the run was made by another version") {
		t.Errorf("without n_starts: status %d, %s", code, errText)
	}
}

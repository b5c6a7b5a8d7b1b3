package cli

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets"
	"tiltakseffekt/results"
)

const trialsStudy = `study: rader
data: {register: REGISTER}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]
groups: [alle, unge, innvandrere_utenfor_eos]
horizon: 8
outcomes: [{id: arbeid, kind: work}, {id: stabilt, kind: stable_work, months: 3, of: 3, position: 50}, {id: lonn, kind: earnings}]
methods: [nearest, {id: smal, name: nearest, caliper: 0.05}, ebal, did, {id: did_ipw, name: did, method: ipw}, {id: did_par, name: did, match: nearest}, {id: did_ebal, name: did, match: ebal}]
inference: {level: 0.9, family: {outcome: arbeid, month: 8, method: ebal, over: [tiltak, group]}}
`

// madeAgain runs every command that the rows of a study come with and compares each figure with the study's own before
// disclosure control. It returns how many figures were compared, and over how many of them emigration hid somebody.
func madeAgain(t *testing.T, study, out string) (figures, hidden int, methods map[string]int) {
	t.Helper()
	stdout, stderr, status := runCLI(t, "trials", study, "--out", out, "--format", "json", "--quiet")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var folder struct {
		Private bool
		Cells   []struct {
			Tiltak, Group, File, Reason string
			Rows, Treated               int
			Recipes                     []analysis.Recipe
		}
	}
	if err := json.Unmarshal([]byte(stdout), &folder); err != nil || !folder.Private {
		t.Fatalf("%v, %s", err, stdout)
	}
	s, err := analysis.Load(study)
	if err != nil {
		t.Fatal(err)
	}
	reg, cat, err := s.Register(t.Context(), analysis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := analysis.Estimate(t.Context(), s, reg, cat, analysis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]results.Estimate{}
	for _, e := range found.Tables.Estimates {
		if e.Month != nil {
			want[fmt.Sprintf("%s/%s/%s/%s_m%d", e.Tiltak, e.Group, e.Method, e.Outcome, *e.Month)] = e
		}
	}
	methods = map[string]int{}
	seen := map[string]bool{}
	for _, cell := range folder.Cells {
		for _, recipe := range cell.Recipes {
			stdout, stderr, status := runCLI(t, append(recipe.CommandLine(filepath.Join(out, cell.File)), "--format", "json", "--quiet")...)
			if status != 0 {
				t.Fatalf("%s × %s, %s: status %d: %s", cell.Tiltak, cell.Group, recipe.Method, status, stderr)
			}
			var d struct {
				Estimates []struct {
					Outcome  string
					Estimate float64
					StdError float64 `json:"std_error"`
					ConfLow  float64 `json:"conf_low"`
					PValue   float64 `json:"p_value"`
				}
			}
			if err := json.Unmarshal([]byte(stdout), &d); err != nil || len(d.Estimates) != len(recipe.Outcomes) {
				t.Fatalf("%v: %d estimates for %d outcomes", err, len(d.Estimates), len(recipe.Outcomes))
			}
			for _, e := range d.Estimates {
				key := fmt.Sprintf("%s/%s/%s/%s", cell.Tiltak, cell.Group, recipe.Method, e.Outcome)
				w, ok := want[key]
				if !ok || w.Reason != "" && w.StdError == w.StdError {
					t.Errorf("%s: the study has no such estimate", key)
					continue
				}
				scale := max(math.Abs(w.StdError), 1e-3)
				if d := math.Abs(e.Estimate - w.Estimate); d > 1e-12*scale && d > 1e-12 && d > 1e-12*math.Abs(w.Estimate) {
					t.Errorf("%s (%s): estimate %v, the study has %v", key, recipe.How, e.Estimate, w.Estimate)
				}
				if recipe.Errors == "same" && !math.IsNaN(w.StdError) {
					for _, c := range []struct {
						name      string
						got, want float64
					}{{"std_error", e.StdError, w.StdError}, {"conf_low", e.ConfLow, w.ConfLow}, {"p_value", e.PValue, w.PValue}} {
						if math.Abs(c.got-c.want) > 1e-12*max(1, math.Abs(c.want)) {
							t.Errorf("%s (%s): %s %v, the study has %v", key, recipe.How, c.name, c.got, c.want)
						}
					}
				}
				seen[key] = true
				if recipe.How == "again" {
					figures++
				}
				methods[recipe.Method+" "+recipe.How]++
				methods[recipe.Method+" "+recipe.How+" "+recipe.Errors]++
			}
		}
		if cell.File == "" {
			continue
		}
		table, err := datasets.Read(t.Context(), filepath.Join(out, cell.File), datasets.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range table.Columns {
			if strings.HasSuffix(c.Name, "_seen") {
				hidden++
			}
		}
	}
	for key, w := range want {
		if w.Reason == "" && !seen[key] {
			t.Errorf("%s has an estimate in the study and no command", key)
		}
	}
	return figures, hidden, methods
}

// The rows of `trials` and the table-level commands give the figures of the study to 1e-12: estimates, errors, intervals and
// p-values, for every method, tiltak, group, outcome and month, where emigration hides outcomes too.
func TestTrialsGiveTheStudy(t *testing.T) {
	study := writeStudy(t, trialsStudy)
	figures, hidden, methods := madeAgain(t, study, filepath.Join(t.TempDir(), "private", "rader"))
	if figures < 200 || hidden == 0 {
		t.Errorf("%d figures, %d columns with emigrated", figures, hidden)
	}
	for _, m := range []string{"nearest again", "nearest given", "smal again", "ebal again", "ebal given", "did again", "did_ipw again", "did_par again", "did_par given", "did_ebal again", "did_ebal given"} {
		if methods[m] == 0 {
			t.Errorf("no figure of %s", m)
		}
	}
}

// The same where comparison rows leave, where errors are summed by places, where groups share a score, and in an extract with sampling weights. Where the places are few the errors
// are not those of the command, and the recipe says so.
func TestTrialsGiveTheStudyByDesign(t *testing.T) {
	many, weighted := extract(t, false), extract(t, true)
	for _, c := range []struct {
		name, register, more string
		want                 []string // "method how errors"
	}{
		{"censor", "", "comparison: {later_entry: censor}", []string{"nearest again same", "nearest given same", "ebal again same", "did again same", "did_par given same", "did_ebal again same", "ipw given known_weights"}},
		{"wait until", "", "comparison: {later_entry: censor, wait_until: 7}", []string{"nearest again same", "ebal again same", "did again same"}},
		{"few places", "", "inference: {cluster: fylke}", []string{"nearest again many_clusters", "nearest given many_clusters", "ebal again many_clusters", "did again many_clusters"}},
		{"many places", many, "inference: {cluster: nav_enhet}", []string{"nearest again same", "nearest given same", "ebal again same", "did again same", "did_par again same", "did_ebal again same"}},
		{"score of the tiltak", "", "score: tiltak", []string{"nearest given same", "ebal again same", "ipw given known_weights"}},
		{"weights and censor", weighted, "comparison: {later_entry: censor}", []string{"nearest given known_weights", "ebal again same", "did again same", "did_par given known_weights", "did_ebal again same"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.NewReplacer("[ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]", "[ARBEIDSTRENING]", "[alle, unge, innvandrere_utenfor_eos]", "[unge]", "horizon: 8", "horizon: 3",
				"{id: smal, name: nearest, caliper: 0.05}", "ipw", "to: 2020-12", "to: 2020-12, elapsed: [1, 6]", "inference: {level: 0.9, family: {outcome: arbeid, month: 8, method: ebal, over: [tiltak, group]}}", "").Replace(trialsStudy) + c.more + "\n"
			if c.register != "" {
				text = strings.ReplaceAll(text, "REGISTER", c.register)
			}
			_, _, methods := madeAgain(t, writeStudy(t, text), filepath.Join(t.TempDir(), "rader"))
			for _, m := range c.want {
				if methods[m] == 0 {
					t.Errorf("no figure of %s; there are %v", m, methods)
				}
			}
		})
	}
}

// extract is the test register with many offices of much the same size and, where asked for, sampling weights.
func extract(t *testing.T, weighted bool) string {
	t.Helper()
	from, err := testRegister()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "register")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(to, "person_historikk.parquet")) // it would say another office
	file := filepath.Join(to, "person.parquet")
	table, err := datasets.Read(t.Context(), file, datasets.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	columns := slices.DeleteFunc(slices.Clone(table.Columns), func(c *datasets.Column) bool { return c.Name == "nav_enhet" })
	office, weight := make([]string, table.Rows), make([]float64, table.Rows)
	for i := range office {
		office[i], weight[i] = fmt.Sprintf("%04d", 300+i*7919%400), 0.5+float64(i*31%17)/8
	}
	columns = append(columns, datasets.TextColumn("nav_enhet", office, nil))
	if weighted {
		columns = append(columns, datasets.FloatColumn("vekt", weight))
	}
	if err := datasets.Write(file, datasets.NewTable(columns...), datasets.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return to
}

// What a run refuses once it knows the register, trials refuses too: rows of methods that match on nothing are not those of the study.
func TestTrialsRefuseWhatARunRefuses(t *testing.T) {
	for lines, want := range map[string]string{
		"methods: [{name: nearest, exact: [kvinner]}]\n":  "`exact` of nearest names `kvinner`, which is no covariate of the study",
		"design: {randomised: person}\nmethods: [ebal]\n": "`design` asks for table tildeling",
	} {
		text := regexp.MustCompile(`(?m)^(methods|inference):.*\n`).ReplaceAllString(trialsStudy, "") + lines
		study := writeStudy(t, text)
		for _, args := range [][]string{{"validate", study}, {"trials", study, "--out", filepath.Join(t.TempDir(), "private", "rader")}} {
			if _, stderr, status := runCLI(t, append(args, "--quiet")...); status == 0 || !strings.Contains(stderr, want) {
				t.Errorf("%s: status %d, %s", args[0], status, stderr)
			}
		}
	}
}

// The same where the comparison of a large cell is a sample, whose weights are not 1.
func TestTrialsGiveTheStudyWithSampling(t *testing.T) {
	if testing.Short() {
		t.Skip("a register of 17 000 persons")
	}
	dir := t.TempDir()
	register := filepath.Join(dir, "register")
	if _, stderr, status := runCLI(t, "simulate", "--out", register, "--persons", "17000", "--no-counterfactual", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	text := strings.NewReplacer("REGISTER", register, "from: 2018-06, to: 2020-12", "from: 2016-07, to: 2023-08", "groups: [alle, unge, innvandrere_utenfor_eos]", "groups: [alle]\ncomparison: {per_treated: 2}",
		"tiltak: [ARBEIDSTRENING, MIDLERTIDIG_LONNSTILSKUDD]", "tiltak: [ARBEIDSTRENING]", "horizon: 8", "horizon: 4", "month: 8", "month: 4",
		"[nearest, {id: smal, name: nearest, caliper: 0.05}, ebal, did, {id: did_ipw, name: did, method: ipw}, {id: did_par, name: did, match: nearest}, {id: did_ebal, name: did, match: ebal}]", "[nearest, ebal, did]").Replace(trialsStudy)
	study := filepath.Join(dir, "study.yaml")
	if err := os.WriteFile(study, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "rader")
	if figures, _, _ := madeAgain(t, study, out); figures < 30 {
		t.Errorf("%d figures", figures)
	}
	table, err := datasets.Read(t.Context(), filepath.Join(out, "ARBEIDSTRENING", "alle.parquet"), datasets.ReadOptions{Columns: []string{"sample_weight", "treated"}})
	if err != nil {
		t.Fatal(err)
	}
	treated, heavy := 0, 0
	for i, w := range table.Column("sample_weight").Floats {
		if table.Column("treated").Bools[i] {
			treated++
		}
		if w != 1 {
			heavy++
		}
	}
	if treated < 2000 || heavy == 0 {
		t.Errorf("%d treated, %d rows with a sampling weight: the cell is no sample", treated, heavy)
	}
}

// The difference-in-differences of the rows is that of an ordinary panel of two periods too.
func TestTrialsAsPanel(t *testing.T) {
	study := writeStudy(t, trialsStudy)
	dir := t.TempDir()
	out := filepath.Join(dir, "rader")
	if _, stderr, status := runCLI(t, "trials", study, "--out", out, "--tiltak", "ARBEIDSTRENING", "--groups", "alle", "--months", "6", "--quiet"); status != 0 {
		t.Fatal(stderr)
	}
	table, err := datasets.Read(t.Context(), filepath.Join(out, "ARBEIDSTRENING", "alle.parquet"), datasets.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Column("arbeid_m6") == nil || table.Column("arbeid_m5") != nil {
		t.Error("--months chooses nothing")
	}
	var id, period, start []int64
	var y, x1, x2, w []float64
	var person []int64
	for i := range table.Rows {
		base := table.Column("arbeid_base")
		if base.Missing(i) {
			continue
		}
		for p := range int64(2) {
			id, period = append(id, int64(i)), append(period, p+1)
			g := int64(0)
			if table.Column("treated").Bools[i] {
				g = 2
			}
			start = append(start, g)
			if p == 0 {
				y = append(y, base.Floats[i])
			} else {
				y = append(y, table.Column("arbeid_m6").Floats[i])
			}
			x1, x2 = append(x1, table.Column("alder").Floats[i]), append(x2, table.Column("varighet_log").Floats[i])
			w = append(w, table.Column("sample_weight").Floats[i])
			person = append(person, table.Column("person_id").Ints[i])
		}
	}
	long := filepath.Join(dir, "lang.parquet")
	if err := datasets.Write(long, datasets.NewTable(datasets.IntColumn("rad", id), datasets.IntColumn("periode", period), datasets.IntColumn("start", start), datasets.FloatColumn("y", y),
		datasets.FloatColumn("alder", x1), datasets.FloatColumn("varighet_log", x2), datasets.FloatColumn("w", w), datasets.IntColumn("person_id", person)), datasets.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	figures := func(list string, args ...string) (estimate, se float64) {
		stdout, stderr, status := runCLI(t, append(args, "--covariates", "alder,varighet_log", "--cluster", "person_id", "--format", "json", "--quiet")...)
		var d map[string]any
		if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 {
			t.Fatalf("status %d, %v, %s", status, err, stderr)
		}
		for _, row := range d[list].([]any) {
			r := row.(map[string]any)
			if list == "estimates" || r["event_time"] == 0. {
				return r["estimate"].(float64), r["std_error"].(float64)
			}
		}
		t.Fatalf("no %s", list)
		return 0, 0
	}
	a, sa := figures("group_time", "did", "--data", long, "--id", "rad", "--time", "periode", "--start", "start", "--outcome", "y", "--weights", "w", "--controls", "never")
	b, sb := figures("estimates", "did", "--data", filepath.Join(out, "ARBEIDSTRENING", "alle.parquet"), "--treatment", "treated", "--before", "arbeid_base", "--outcome", "arbeid_m6", "--weights", "sample_weight")
	if math.Abs(a-b) > 1e-12 || math.Abs(sa/sb-1) > 2e-3 { // the panel's error counts clusters with G/(G−1) or not
		t.Errorf("panel %v (%v), rows %v (%v)", a, sa, b, sb)
	}
}

func TestTrialsArePrivate(t *testing.T) {
	study := writeStudy(t, trialsStudy)
	dir := t.TempDir()
	out := filepath.Join(dir, "rader")
	stdout, stderr, status := runCLI(t, "trials", study, "--out", out, "--tiltak", "ARBEIDSTRENING", "--groups", "unge", "--months", "3", "--csv", "--quiet")
	if status != 0 || !strings.HasSuffix(stdout, out+"\n") {
		t.Fatalf("status %d, %s, %s", status, stdout, stderr)
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range files(t, out) {
			if !yield(name) {
				return
			}
		}
	})
	if !slices.Equal(names, []string{"ARBEIDSTRENING/unge.csv", "PRIVATE.txt", "columns.csv", "commands.txt", "trials.json"}) {
		t.Errorf("files %q", names)
	}
	if err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if info, _ := d.Info(); err == nil && (d.IsDir() || strings.HasSuffix(path, ".csv") && d.Name() != "columns.csv") && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// commands.txt as a shell would run it
	commands, _ := os.ReadFile(filepath.Join(out, "commands.txt"))
	line := regexp.MustCompile(`(?m)^evaluate (match .*)$`).FindStringSubmatch(string(commands))
	t.Chdir(out)
	if stdout, stderr, status := runCLI(t, strings.Fields(strings.ReplaceAll(line[1], "'", ""))...); status != 0 || !strings.Contains(stdout, "arbeid_m3") {
		t.Errorf("status %d, %s", status, stderr)
	}
	t.Chdir(dir)
	if _, stderr, status := runCLI(t, "validate", out); status != 4 || !strings.Contains(stderr, "PRIVATE.txt") {
		t.Errorf("validate: status %d, %s", status, stderr)
	}
	// refused where it is there already, in a run, among runs, and where runs are written
	run := filepath.Join(dir, "kjøringer", "s", "0123456789abcdef")
	if err := os.MkdirAll(run, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"run.json", "manifest.json"} {
		if err := os.WriteFile(filepath.Join(run, name), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for path, code := range map[string]string{out: "folder_exists", filepath.Join(run, "rader"): "among_runs", filepath.Join(run, "tables", "x"): "among_runs", filepath.Join(dir, "kjøringer", "rader"): "among_runs",
		filepath.Join(dir, "kjøringer", "s", "rader"): "among_runs", "results/runs/rader": "among_runs", "results/runs": "among_runs"} {
		_, stderr, status := runCLI(t, "trials", study, "--out", path, "--format", "json")
		if status != 2 || !strings.Contains(stderr, `"code":"`+code+`"`) {
			t.Errorf("--out %s: status %d, %s", path, status, stderr)
		}
	}
	for _, args := range []string{"--out d --months 9", "--out d --months x", "--out d --tiltak AFT", "--out d --groups alt", ""} {
		if _, stderr, status := runCLI(t, append([]string{"trials", study}, strings.Fields(args)...)...); status != 2 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*work*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// The error of given pairs is V(pair) + V(person) − V(row) with the factors G/(G−1)·(n−1)/(n−2), worked out here by its
// definition (Cameron, Gelbach and Miller 2011).
func TestGivenPairsByDefinition(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "par.csv")
	var b strings.Builder
	b.WriteString("treated,pair,person,w,y\n")
	type row struct {
		treated      float64
		pair, person int
		w, y         float64
	}
	var rows []row
	for i := range 40 {
		r := row{float64(i % 2), i / 2, (i * 7) % 13, 1 + float64((i/2)%3)/2, math.Sin(float64(3*i)) + .4*float64(i%2)}
		if i == 39 {
			r.pair, r.w = -1, 0
		}
		if i == 38 {
			r.w = 0
		}
		rows = append(rows, r)
		pair := strconv.Itoa(r.pair)
		if r.pair < 0 {
			pair = ""
		}
		fmt.Fprintf(&b, "%v,%s,%d,%v,%v\n", r.treated, pair, r.person, r.w, r.y)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var total, sum [2]float64
	n := 0.
	for _, r := range rows {
		total[int(r.treated)] += r.w
		sum[int(r.treated)] += r.w * r.y
		if r.w > 0 {
			n++
		}
	}
	mean := [2]float64{sum[0] / total[0], sum[1] / total[1]}
	variance := func(by func(row) int) float64 {
		s := map[int]float64{}
		for _, r := range rows {
			if r.w == 0 {
				continue
			}
			g := int(r.treated)
			s[by(r)] += float64(2*g-1) * r.w * (r.y - mean[g]) / total[g]
		}
		v := 0.
		for _, x := range s {
			v += x * x
		}
		return v * float64(len(s)) / float64(len(s)-1) * (n - 1) / (n - 2)
	}
	want := math.Sqrt(variance(func(r row) int { return r.pair }) + variance(func(r row) int { return r.person }) - variance(func(r row) int { return 100*r.pair + r.person }))
	d := runMatch(t, "match", "--data", file, "--treatment", "treated", "--outcome", "y", "--method", "none", "--weights", "w", "--pair", "pair", "--cluster", "person")
	if e := d.Estimates[0]; math.Abs(e.Estimate-(mean[1]-mean[0])) > 1e-14 || math.Abs(e.StdError-want) > 1e-14 || e.StdErrorType != "pair+person" {
		t.Errorf("%+v; want %v, %v", e, mean[1]-mean[0], want)
	}
	for args, message := range map[string]string{
		"--method nearest --covariates y --pair pair": "`--pair` goes with `--method none`",
		"--method none --pair pair":                   "has weight 1 and no number of a pair",
		"--method ebal --covariates w --key pair":     "`--key` goes with",
		"--method nearest --covariates w --key pair":  "`pair` is missing in row 40",
	} {
		if _, stderr, status := runCLI(t, append([]string{"match", "--data", file, "--treatment", "treated", "--quiet"}, strings.Fields(args)...)...); status < 2 || !strings.Contains(stderr, message) {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
}

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/oracle"
)

type matchJSON struct {
	Schema   int
	Command  string
	Method   string
	Estimand string
	N        struct {
		Treated, Comparison int
		MatchedTreated      int     `json:"matched_treated"`
		DroppedTreated      int     `json:"dropped_treated"`
		ESSComparison       float64 `json:"ess_comparison"`
	}
	Propensity struct {
		Terms []struct {
			Term     string
			Estimate float64
			StdError float64 `json:"std_error"`
		}
		Deviance float64
	}
	Caliper *struct{ Value, Absolute float64 }
	Balance []struct {
		Variable, Stage string
		SMD             *float64
		ECDFMax         float64  `json:"ecdf_max"`
		VarianceRatio   *float64 `json:"variance_ratio"`
	}
	Estimates []struct {
		Outcome, Estimand, Estimator string
		StdErrorType                 string `json:"std_error_type"`
		Estimate                     float64
		StdError                     float64 `json:"std_error"`
		ConfLow                      float64 `json:"conf_low"`
	}
	Sensitivity []struct {
		Outcome, Measure string
		Value, Bound     *float64
	}
	Warnings []struct{ Code, Message string }
}

func lalondeArgs(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{"match", "--data", oracle.Path(t, "lalonde_psm", "data.csv"), "--treatment", "treat", "--outcome", "re78",
		"--covariates", "age,educ,race,married,nodegree,re74,re75"}, more...)
}

func runMatch(t *testing.T, args ...string) matchJSON {
	t.Helper()
	stdout, stderr, status := runCLI(t, append([]string{"--format", "json"}, args...)...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var d matchJSON
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if d.Schema != 1 || d.Command != "match" {
		t.Fatalf("header %+v", d)
	}
	return d
}

func TestMatchLalonde(t *testing.T) {
	ref := oracle.JSON(t, "lalonde_psm/result.json")
	for _, c := range []struct {
		args, field string
		tol         float64 // rounding alone, except where the reference iterates
	}{
		{"--like matchit", "matching/nn_largest/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --caliper 0.2", "matching/nn_caliper_0.2/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --caliper 0.02 --caliper-unit raw", "matching/nn_caliper_raw_0.02/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --order smallest", "matching/nn_smallest/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --order data", "matching/nn_data/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --order closest", "matching/nn_closest/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --ratio 2", "matching/nn_ratio2/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --ratio 2 --caliper 0.2", "matching/nn_ratio2_caliper_0.2/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --replace --se pair", "matching/nn_replace/att/getmatches_CL_subclass_id_HC1", 1e-8},
		{"--like matchit --exact race --caliper 0.2", "matching/nn_exact_caliper_0.2/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --distance linear-logit --caliper 0.2", "matching/nn_linearlogit_caliper_0.2/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --discard both", "matching/nn_discard_both/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --method subclass --subclasses 5", "matching/subclass5_ATT/att/wls_HC3", 1e-8},
		{"--like matchit --method subclass --subclasses 5 --estimand ate", "matching/subclass5_ATE/att/wls_HC3", 1e-8},
		{"--like matchit --distance mahalanobis --covariates age,educ,re74,re75", "matching/mahal_data/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --distance robust-mahalanobis --covariates age,educ,re74,re75", "matching/robust_mahal/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --distance euclidean --covariates age,educ,re74,re75", "matching/euclidean/att/wls_CL_subclass_HC1", 1e-8},
		{"--method cem", "matching/cem_default/att/wls_HC3", 1e-8},
		{"--like matchit --method cem --k2k", "matching/cem_k2k/att/wls_CL_subclass_HC1", 1e-8},
		{"--like matchit --caliper 0.2 --covariate-caliper age=2", "matching/nn_covariate_caliper/att/wls_CL_subclass_HC1", 1e-8},
		{"--method cem --cutpoints 4 --se pair", "matching/cem_cut4/att/wls_CL_subclass_HC1", 1e-8},
	} {
		d := runMatch(t, lalondeArgs(t, strings.Fields(c.args)...)...)
		r := ref.At(strings.Split(c.field, "/")...)
		r.At("estimate").Near(d.Estimates[0].Estimate, c.tol)
		r.At("se").Near(d.Estimates[0].StdError, c.tol)
	}
	for _, c := range []struct{ args, estimate, se string }{
		{"--method ipw", "ipw/ATT/estimate", "ipw/ATT/lm_weightit_se_asympt"},
		{"--method ipw --estimand ate", "ipw/ATE/estimate", "ipw/ATE/lm_weightit_se_asympt"},
		{"--method ipw --estimand atc --se robust", "ipw/ATC/estimate", "ipw/ATC/se_HC0"},
		{"--method overlap", "ipw/ATO/estimate", "ipw/ATO/lm_weightit_se_asympt"},
		{"--method ebal --se robust", "ebal_pkg/estimate", "ebal_pkg/se_HC0"},
		{"--method none --se robust", "ols/unadjusted/estimate", ""},
	} {
		d := runMatch(t, lalondeArgs(t, strings.Fields(c.args)...)...)
		ref.At(strings.Split(c.estimate, "/")...).Near(d.Estimates[0].Estimate, 1e-6) // R stops 1e-8 short of the optimum
		if c.se != "" {
			ref.At(strings.Split(c.se, "/")...).Near(d.Estimates[0].StdError, 1e-6)
		}
	}
	for _, c := range []struct{ args, field string }{
		{"--like matchit", "nn_largest/att/wls_cov_CL_subclass_HC1"}, {"--like matchit --ratio 2", "nn_ratio2/att/wls_cov_CL_subclass_HC1"},
		{"--method cem", "cem_default/att/wls_cov_HC3"}, {"--like matchit --method subclass --subclasses 5", "subclass5_ATT/att/wls_cov_HC3"},
	} {
		d := runMatch(t, lalondeArgs(t, strings.Fields("--adjust regression "+c.args)...)...)
		r := ref.At(append([]string{"matching"}, strings.Split(c.field, "/")...)...)
		if d.Estimates[1].Estimator != "regression" {
			t.Fatalf("%+v", d.Estimates)
		}
		r.At("estimate").Near(d.Estimates[1].Estimate, 1e-8)
		r.At("se").Near(d.Estimates[1].StdError, 1e-8)
	}
	for _, c := range []struct{ args, field string }{
		{"", "ps_ATT_M1_noadj"}, {"--ratio 4", "ps_ATT_M4_noadj"}, {"--bias-adjust", "ps_ATT_M1_biasadj"},
		{"--estimand ate", "ps_ATE_M1_noadj"}, {"--estimand atc", "ps_ATC_M1_noadj"},
		{"--distance scaled-euclidean --ratio 4 --bias-adjust", "X_ATT_M4_biasadj"}, {"--distance mahalanobis", "X_mahal_ATT_M1_noadj"},
	} {
		d := runMatch(t, lalondeArgs(t, strings.Fields("--like matching "+c.args)...)...)
		r := ref.At("abadie_imbens", c.field)
		r.At("est").Near(d.Estimates[0].Estimate, 1e-6) // the score here is at the optimum, R stops short of it
		r.At("se_AI").Near(d.Estimates[0].StdError, 1e-6)
	}
	d := runMatch(t, lalondeArgs(t, "--like", "matchit", "--caliper", "0.2")...)
	m := ref.At("matching", "nn_caliper_0.2")
	m.At("caliper_abs", "").Near(d.Caliper.Absolute, 1e-10)
	ref.At("logit", "deviance").Near(d.Propensity.Deviance, 1e-10)
	for i, want := range ref.At("logit", "coef").List() {
		want.Near(d.Propensity.Terms[i].Estimate, 1e-9)
	}
	half := len(d.Balance) / 2
	for i, name := range m.At("balance", "after", "row").Texts() {
		row := d.Balance[half+i]
		if row.Stage != "after" || strings.ReplaceAll(row.Variable, "=", "") != name {
			t.Fatalf("balance row %d is %+v, in the reference %s", i, row, name)
		}
		m.At("balance", "after", "Std. Mean Diff.").List()[i].NearAbs(*row.SMD, 1e-9)
		m.At("balance", "after", "eCDF Max").List()[i].NearAbs(row.ECDFMax, 1e-9)
	}
	if d.N.MatchedTreated != 113 || d.Estimates[0].Estimand != "ATT_matched" || d.Estimand != "ATT" {
		t.Errorf("%+v", d.N)
	}
	codes := ""
	for _, w := range d.Warnings {
		codes += w.Code + " "
	}
	if !strings.Contains(codes, "dropped") || !strings.Contains(codes, "imbalance") {
		t.Errorf("warnings %s", codes)
	}
}

// Every method answers, with finite figures and an error of the kind it should have.
func TestMatchMethods(t *testing.T) {
	for args, kind := range map[string]string{
		"--method optimal": "pair", "--method optimal --ratio 2": "pair", "--method optimal --caliper 0.2": "pair", "--method full --caliper 0.1": "hc3", "--discard crump --method ipw": "m-estimation", "--replace --estimand ate": "abadie-imbens-2016", "--replace --estimand ate --bias-adjust": "abadie-imbens-2011", "--replace --cluster race": "otsu-rai+person", "--replace --weights educ": "otsu-rai", "--method radius --radius 0.2 --weights educ": "otsu-rai", "--distance probit --replace": "abadie-imbens-2016", "--person-max 2 --id educ --replace": "otsu-rai+person", "--method full": "hc3", "--method full --estimand ate": "hc3",
		"--method exact --covariates race,married": "hc3", "--method optimal --exact race": "pair",
		"--method radius --radius 0.2": "abadie-imbens", "--method radius --radius 0.05 --caliper-unit raw --bias-adjust": "abadie-imbens-2011", "--replace --se bootstrap": "otsu-rai", "--method radius --radius 0.2 --cluster race": "otsu-rai+person", "--method aipw": "aipw", "--method aipw --estimand ate --cluster race": "aipw+person", "--method ebal --moments 2": "m-estimation", "--anti-exact married": "pair", "--method radius --radius 0.1 --kernel gaussian": "abadie-imbens", "--method cbps": "m-estimation", "--method cbps --estimand ate": "m-estimation", "--distance mahalanobis": "pair", "--distance robust-mahalanobis --replace": "abadie-imbens", "--replace --bias-adjust": "abadie-imbens-2011", "--replace": "abadie-imbens-2016", "--replace --se abadie-imbens": "abadie-imbens", "--replace --estimand atc": "abadie-imbens-2016",
		"--distance probit --method ipw": "m-estimation", "--method ebal --estimand ate": "m-estimation", "--estimand atc": "pair",
		"--distance re75 --order closest": "pair", "--method ebal --weights educ": "m-estimation", "--method ipw --sample-weights educ": "m-estimation",
		"--cluster race": "pair+person", "--method ebal --cluster race": "m-estimation+person", "--discard treated": "pair", "--reuse-max 3 --order random": "pair+row",
	} {
		d := runMatch(t, lalondeArgs(t, strings.Fields(args)...)...)
		if e := d.Estimates[0]; e.StdErrorType != kind && !(kind == "pair+row" && e.StdErrorType == "abadie-imbens") || !(e.StdError > 0) {
			t.Errorf("%s: %+v", args, e)
		}
		if len(d.Sensitivity) == 0 {
			t.Errorf("%s: no sensitivity", args)
		}
	}
}

// On these data the order alone moves the estimate with a caliper (methods/matching.md, section 5.2).
func TestMatchSpread(t *testing.T) {
	stdout, _, status := runCLI(t, append(lalondeArgs(t, "--like", "matchit", "--caliper", "0.2", "--spread"), "--format", "json")...)
	var d struct {
		Spread []struct {
			Variation string
			Estimate  *float64
		}
		Dropped []struct {
			Variable string
			SMD      float64
		}
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 {
		t.Fatal(status, err)
	}
	want := map[string]float64{"order smallest": 1685.932605, "order closest": 1176.405009, "no caliper": 894.367480, "method ebal": 1273.261814}
	for _, s := range d.Spread {
		if w, ok := want[s.Variation]; ok {
			oracle.Known(t, "methods/matching.md:5.2 "+s.Variation, *s.Estimate, w, 1e-8)
			delete(want, s.Variation)
		}
	}
	if len(want) > 0 || len(d.Dropped) != 9 {
		t.Errorf("missing %v; %d dropped rows", want, len(d.Dropped))
	}
	text, _, _ := runCLI(t, lalondeArgs(t, "--caliper", "0.2", "--spread")...)
	if !strings.Contains(text, "under other choices") || !strings.Contains(text, "dropped differ most") {
		t.Error(text)
	}
}

// The folder holds what the contract says, and the pairs are those of the reference.
func TestMatchOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	runMatch(t, lalondeArgs(t, "--like", "matchit", "--id", "id", "--out", dir)...)
	pairs, err := datasets.Read(context.Background(), filepath.Join(dir, "pairs.parquet"), datasets.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ref := oracle.JSON(t, "lalonde_psm/result.json").At("matching", "nn_largest", "pairs")
	others := ref.At("control_ids").List()
	for i, id := range ref.At("treated_id").List() {
		id.Equal(pairs.Column("treated_row").Ints[i] + 1)
		others[i].List()[0].Equal(pairs.Column("comparison_row").Ints[i] + 1)
	}
	weights, err := datasets.Read(context.Background(), filepath.Join(dir, "weights.parquet"), datasets.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, c := range weights.Columns {
		names += c.Name + " "
	}
	if names != "row id treated score weight subclass " || weights.Rows != 614 || weights.Column("id").Ints[5] != 6 {
		t.Errorf("weights: %s, %d rows", names, weights.Rows)
	}
	for _, f := range []string{"love.svg", "overlap.svg", "weights.svg", "ecdf.svg"} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil || !strings.Contains(string(b), "<svg") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestMatchText(t *testing.T) {
	stdout, stderr, status := runCLI(t, lalondeArgs(t, "--like", "matchit")...)
	for _, want := range []string{"Nearest-neighbour matching · ATT", "185 of 429 kept", "re78", "race=black"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("status %d, no %q in %s", status, want, stdout)
		}
	}
	if !strings.Contains(stderr, "warning: ") {
		t.Errorf("stderr %q", stderr)
	}
}

func TestMatchRefuses(t *testing.T) {
	data := oracle.Path(t, "lalonde_psm", "data.csv")
	base := "match --data " + data + " --treatment treat --outcome re78 "
	broken := filepath.Join(t.TempDir(), "broken.csv")
	rows := "treat,x,y\n"
	for i := range 40 {
		rows += fmt.Sprintf("%d,%d,%d\n", i%2, i, i)
	}
	rows = strings.Replace(rows, "\n0,2,2\n", "\n7,2,2\n", 1)
	if err := os.WriteFile(broken, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"match", 2, "`--data` is needed"},
		{base, 2, "`--covariates` is needed"},
		{base + "--covariates age --method nearset", 2, "did you mean `nearest`"},
		{base + "--covariates age --method ebal --ratio 2", 2, "`--ratio` goes with `--method nearest`"},
		{base + "--covariates age --method overlap --estimand att", 2, "estimates the ato"},
		{base + "--covariates age --caliper -1", 2, "`--caliper`"},
		{base + "--covariates age --covariate-caliper age", 2, "age=2,re74=500"},
		{base + "--covariates age --moments 9 --method ebal", 2, "`--moments`"},
		{base + "--covariates age --level 2", 2, "`--level`"},
		{base + "--covariates age --method cem --cutpoints 0", 2, "`--cutpoints` must be 2 or more"},
		{base + "--covariates age:factor,re74:factor --method ebal", 3, "more; drop or merge columns"},
		{base + "--covariates age --se bootstrp", 2, "did you mean `bootstrap`"},
		{base + "--covariates age --method ipw --se pair", 2, "does not go with weighting"},
		{base + "--covariates age,treat", 2, "names the treatment"},
		{base + "--covariates age,re78", 2, "`--covariates` names the outcome `re78`"},
		{base + "--covariates age,re78:factor", 2, "`--covariates` names the outcome `re78`"},
		{base + "--covariates age --exact re78", 2, "`--exact` names the outcome `re78`"},
		{base + "--covariates age --anti-exact re78", 2, "`--anti-exact` names the outcome `re78`"},
		{base + "--covariates age --covariate-caliper re78=5", 2, "`--covariate-caliper` names the outcome `re78`"},
		{base + "--covariates age --distance re78", 2, "`--distance` names the outcome `re78`"},
		{base + "--covariates age --outcome treat", 2, "`--outcome` names the treatment"},
		{base + "--covariates agee", 3, "agee"},
		{"match --data " + data + " --treatment age --outcome re78 --covariates educ", 3, "must hold 0 and 1"},
		{"match --data " + broken + " --treatment treat --outcome y --covariates x", 3, "row 3 has 7"},
		{"match --data nowhere.csv --treatment treat --covariates x", 3, "nowhere.csv"},
	} {
		stdout, stderr, status := runCLI(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stderr %q, stdout %q", c.args, status, stderr, stdout)
		}
	}
}

// Separation is not refused but penalised, and said.
func TestMatchSeparation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "separated.csv")
	rows := "treat,x,region,y,person\n"
	for i := range 60 {
		region := "sør"
		if i%2 == 1 && i%5 == 0 {
			region = "nord"
		}
		rows += fmt.Sprintf("%d,%d,%s,%d,p%d\n", i%2, i%7, region, i%3, i/2)
	}
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	d := runMatch(t, "match", "--data", file, "--treatment", "treat", "--covariates", "x,region", "--outcome", "y", "--id", "person")
	text := fmt.Sprint(d.Warnings)
	if !strings.Contains(text, "separation") || !strings.Contains(text, "region=sør") || !strings.Contains(text, "id_repeats") {
		t.Errorf("%s", text)
	}
	if d.Estimates[0].StdErrorType != "pair+person" {
		t.Errorf("%+v", d.Estimates)
	}
}

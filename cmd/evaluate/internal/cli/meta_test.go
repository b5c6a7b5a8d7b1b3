package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/oracle"
)

func TestMeta(t *testing.T) {
	reference := oracle.JSON(t, "metafor_bcg/result.json")
	var csv strings.Builder
	csv.WriteString("trial,log_ratio,se\n")
	v := reference.At("escalc", "RR", "vi").Floats()
	for i, y := range reference.At("escalc", "RR", "yi").Floats() {
		fmt.Fprintf(&csv, "t%d,%.17g,%.17g\n", i, y, math.Sqrt(v[i]))
	}
	csv.WriteString("unknown,,\n")
	path := writeText(t, csv.String())
	out := filepath.Join(t.TempDir(), "out")
	stdout, stderr, status := runCLI(t, "meta", "--data", path, "--estimate", "log_ratio", "--std-error", "se", "--label", "trial", "--method", "dl", "--hartung-knapp", "--format", "json", "--out", out)
	if status != 0 || !strings.Contains(stderr, "missing in 1 rows") {
		t.Fatalf("status %d, %s", status, stderr)
	}
	var d struct {
		Schema    int
		Command   string
		N         struct{ Studies, Dropped int }
		Estimates []struct {
			Measure                                string
			Estimate, Std_error, Conf_low, P_value float64
			Conf_high                              float64
		}
		Tau2, I2 float64
		Q        struct {
			Statistic float64
			DF        int
		}
		Studies []struct {
			Label  string
			Weight float64
		}
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatal(err)
	}
	want := reference.At("RR", "DL_knha")
	if d.Schema != 1 || d.Command != "meta" || d.N.Studies != 13 || d.N.Dropped != 1 || d.Studies[0].Label != "t0" || d.Q.DF != 12 {
		t.Errorf("%+v", d)
	}
	want.At("beta").Near(d.Estimates[0].Estimate, 1e-9)
	want.At("se").Near(d.Estimates[0].Std_error, 1e-9)
	want.At("pval").Near(d.Estimates[0].P_value, 1e-8)
	want.At("pred_interval").List()[0].Near(d.Estimates[1].Conf_low, 1e-9)
	want.At("tau2").Near(d.Tau2, 1e-9)
	want.At("I2").Near(100*d.I2, 1e-9)
	want.At("QE").Near(d.Q.Statistic, 1e-9)
	want.At("weights").List()[0].Near(100*d.Studies[0].Weight, 1e-9)
	if table, err := datasets.Read(t.Context(), filepath.Join(out, "studies.parquet"), datasets.ReadOptions{}); err != nil || table.Rows != 13 {
		t.Errorf("studies.parquet: %v", err)
	}
	stdout, _, status = runCLI(t, "meta", "--data", path, "--estimate", "log_ratio", "--std-error", "se", "--label", "trial", "--quiet")
	if status != 0 || !strings.Contains(stdout, "REML of τ², 95 % normal intervals") || !strings.Contains(stdout, "one more study") || strings.Contains(stdout, "NaN") {
		t.Errorf("status %d\n%s", status, stdout)
	}
}

func TestMetaRefusals(t *testing.T) {
	path := writeText(t, "y,se,name\n1,.5,a\n2,0,b\n")
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "`--data` is needed"},
		{"--data " + path, 2, "`--estimate` and `--std-error` are needed"},
		{"--data " + path + " --estimate y --std-error se --method rem", 2, "did you mean `reml`"},
		{"--data " + path + " --estimate y --std-error se --level 2", 2, "`--level`"},
		{"--data " + path + " --estimate y --std-error se", 3, "a standard error is missing, infinite, or not over 0 (estimate 2 of 2: 0)"},
		{"--data " + path + " --estimate y --std-error name", 3, "`name` is text"},
		{"--data " + path + " --estimate z --std-error se", 3, "z"},
	} {
		stdout, stderr, status := runCLI(t, append([]string{"meta"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stderr %q, want %d %q", c.args, status, stderr, c.status, c.want)
		}
	}
}

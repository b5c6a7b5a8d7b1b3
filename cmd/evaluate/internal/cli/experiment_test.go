package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const twoArms = "id,on,took,y,x,office\n1,1,1,3,1,a\n2,1,1,5,2,a\n3,1,0,4,3,b\n4,1,1,8,1,b\n5,0,0,1,2,c\n6,0,0,2,1,c\n7,0,0,2,3,d\n8,0,1,4,2,d\n9,0,0,3,1,d\n"

// The figures of a small table: the difference of means is 2.6 and the first stage 3/4 − 1/5.
func TestExperimentDocument(t *testing.T) {
	file := filepath.Join(t.TempDir(), "forsøk med rom.csv")
	if err := os.WriteFile(file, []byte(twoArms), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if status := Main([]string{"experiment", "--data", file, "--assigned", "on", "--taken", "took", "--outcome", "y", "--format", "json"}, nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	var doc struct {
		Command   string
		Estimates []struct {
			Outcome, Estimand, Adjustment string
			StdErrorType                  string `json:"std_error_type"`
			Estimate                      float64
			ConfLow                       *float64 `json:"conf_low"`
		}
		Tests []struct {
			Test  string
			Exact bool
			Draws int
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"itt HC2": 2.6, "first_stage HC2": .55, "late delta": 2.6 / .55, "late anderson-rubin": 2.6 / .55}
	if doc.Command != "experiment" || len(doc.Estimates) != len(want) {
		t.Fatalf("%s", out.String())
	}
	for _, e := range doc.Estimates {
		if w, ok := want[e.Estimand+" "+e.StdErrorType]; !ok || math.Abs(e.Estimate-w) > 1e-12 || e.Outcome != "y" {
			t.Errorf("%+v", e)
		}
	}
	if last := doc.Tests[len(doc.Tests)-1]; last.Test != "randomisation" || !last.Exact || last.Draws != 126 {
		t.Errorf("%+v", doc.Tests)
	}
}

func TestExperimentRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "e.csv")
	if err := os.WriteFile(file, []byte(twoArms), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--assigned on --outcome y":                                            "2 `--data` is needed",
		"--data FILE --outcome y":                                              "2 `--assigned` is needed",
		"--data FILE --assigned on":                                            "2 `--outcome` is needed",
		"--data FILE --assigned x --outcome y":                                 "3 `x` must hold 0 and 1",
		"--data FILE --assigned on --outcome y --covariates took --taken took": "2 `--covariates` names `took`",
		"--data FILE --assigned on --outcome y --covariates y":                 "2 `--covariates` names the outcome",
		"--data FILE --assigned on --outcome y --cluster id":                   "0 ",
		"--data FILE --assigned on --outcome y --cluster x":                    "3 a cluster has persons of both assignments",
		"--data FILE --assigned on --outcome y --level 2":                      "2 `--level` lies between",
		"--plan --units 40":                                                    "2 `--sd` is the standard deviation",
		"--plan --units 2 --rate 0.2":                                          "2 `--units` is the number",
		"--plan --units 40 --rate 1.2":                                         "2 `--rate` is a share",
		"--plan --units 40 --rate 0.2 --share 0":                               "2 `--share` is over 0",
		"--plan --units 40 --rate 0.2 --take-up 0":                             "2 `--take-up` is over 0",
		"--plan --units 40 --rate 0.2 --data FILE":                             "2 `--plan` reads no data",
	} {
		var out, errs strings.Builder
		status := Main(append([]string{"experiment"}, strings.Fields(strings.ReplaceAll(args, "FILE", file))...), nil, &out, &errs)
		code, say, _ := strings.Cut(want, " ")
		if string(rune('0'+status)) != code || !strings.Contains(errs.String(), say) {
			t.Errorf("%s: status %d, %s", args, status, errs.String())
		}
	}
}

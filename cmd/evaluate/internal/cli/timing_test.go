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

// durdataRows writes durdata with the start and stop of each row.
func durdataRows(t *testing.T) string {
	c := oracle.CSV(t, "durmod_durdata/data.csv")
	length := oracle.Floats(t, c["duration"])
	var b strings.Builder
	b.WriteString("id,from,to,d,alpha,x1,x2\n")
	clock := 0.
	for i, id := range c["id"] {
		if i == 0 || c["id"][i-1] != id {
			clock = 0
		}
		fmt.Fprintf(&b, "%s,%.17g,%.17g,%s,%s,%s,%s\n", id, clock, clock+length[i], c["d"][i], c["alpha"][i], c["x1"][i], c["x2"][i])
		clock += length[i]
	}
	return writeText(t, b.String())
}

func TestTiming(t *testing.T) {
	path := durdataRows(t)
	out := filepath.Join(t.TempDir(), "out")
	stdout, stderr, status := runCLI(t, "timing", "--data", path, "--id", "id", "--start", "from", "--stop", "to", "--event", "d", "--censored", "none", "--program", "alpha", "--covariates", "x1,x2",
		"--points", "1-2", "--format", "json", "--out", out)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	var d struct {
		Schema  int
		Command string
		N       struct {
			Persons, Rows int
			Events        []struct {
				State  string
				Events int
			}
		}
		Path []struct {
			Points         int
			Log_likelihood float64
		}
		Estimates []struct {
			Points      int
			State, Term string
			Estimate    float64
		}
		Mass_points []struct{ Probability float64 }
		Chosen      struct{ Points *int }
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatal(err)
	}
	if d.Schema != 1 || d.Command != "timing" || d.N.Persons != 5000 || d.N.Rows != 11011 || d.N.Events[0].Events != 4487 || d.N.Events[1].State != "program" || len(d.Path) != 2 || len(d.Mass_points) != 6 {
		t.Errorf("%+v", d)
	}
	published := oracle.JSON(t, "durmod_durdata/published_11_points.json").At("path_loglik")
	published.At("1").Near(d.Path[0].Log_likelihood, 1e-9)
	published.At("2").Near(d.Path[1].Log_likelihood, 1e-9)
	for _, e := range d.Estimates {
		if e.Points == 1 && e.State == "job" && e.Term == "during" {
			oracle.Known(t, "methods/durations.md §4 durdata job.alpha", e.Estimate, -.0802469055, 1e-6) // durmod stops at a relative change in the likelihood
		}
	}
	if d.Chosen.Points == nil || *d.Chosen.Points != 2 {
		t.Errorf("chosen: %+v", d.Chosen)
	}
	if table, err := datasets.Read(t.Context(), filepath.Join(out, "path.parquet"), datasets.ReadOptions{}); err != nil || table.Rows != 2 {
		t.Errorf("path.parquet: %v", err)
	}
}

// small is a table of people some of whom enter a programme.
func timingSmall(t *testing.T) string {
	var b strings.Builder
	b.WriteString("id,from,to,d,p,x\n")
	for i := range 60 {
		stop := 2 + math.Mod(float64(i)*1.7, 9)
		x := i % 4
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "%d,0,%g,job,before,%d\n", i, stop, x)
		case 1:
			fmt.Fprintf(&b, "%d,0,%g,,before,%d\n", i, stop, x)
		default:
			fmt.Fprintf(&b, "%d,0,%g,start,before,%d\n%d,%g,%g,job,during,%d\n", i, stop/2, x, i, stop/2, stop+float64(i%5), x)
		}
	}
	b.WriteString("77,0,3,job,before,\n77,3,4,,before,1\n")
	return writeText(t, b.String())
}

func TestTimingReads(t *testing.T) {
	path := timingSmall(t)
	stdout, stderr, status := runCLI(t, "timing", "--data", path, "--id", "id", "--start", "from", "--stop", "to", "--event", "d", "--program", "p", "--entry", "start", "--covariates", "x", "--steps", "3", "--points", "2")
	if status != 0 || !strings.Contains(stderr, "1 persons lack something in one of their rows; they were left out whole") {
		t.Fatalf("status %d, %s", status, stderr)
	}
	for _, want := range []string{"60 persons", "20 start", "during → job", "The path over the number of unseen types"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "NaN") {
		t.Errorf("NaN in\n%s", stdout)
	}
	base := "--data " + path + " --id id --start from --stop to --event d --program p "
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", 2, "`--data` is needed"},
		{"--data x.csv", 2, "`--id` is needed"},
		{base, 2, "`--entry program`: the events are job, start"},
		{base + "--points 0-3", 2, "`--points` is a range"},
		{base + "--points 4-31", 2, "`--points` is a range"},
		{base + "--steps 0,3", 2, "`--steps` are times over 0"},
		{base + "--level 0", 2, "`--level`"},
		{base + "--entry start --covariates y", 3, "y"},
		{"--data " + path + " --id id --start from --stop to --event d --program x --entry start", 3, "column `x` holds `3`"},
		{"--data " + path + " --id id --start to --stop from --event d --program p --entry start", 3, "a row ends at or before its start"},
	} {
		stdout, stderr, status := runCLI(t, append([]string{"timing", "--quiet"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stderr %q, want %d %q", c.args, status, stderr, c.status, c.want)
		}
	}
}

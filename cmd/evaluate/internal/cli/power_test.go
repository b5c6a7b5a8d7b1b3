package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// One row a tiltak × group × outcome × method; the effect is 2.80 errors at power 0.8 and level 0.95, and larger for a family.
func TestPower(t *testing.T) {
	study := writeStudy(t, describeStudy)
	stdout, stderr, status := runCLI(t, "power", study, "--format", "json", "--quiet")
	var d struct {
		Power     float64
		Estimates []struct {
			Tiltak, Group, Outcome, Method string
			Month                          int
			StdError                       *float64 `json:"std_error"`
			MDE                            *float64 `json:"mde"`
			MDEFamily                      *float64 `json:"mde_family"`
			Reason                         *string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 {
		t.Fatalf("status %d, %v, %s", status, err, stderr)
	}
	if len(d.Estimates) != 6 || d.Power != 0.8 {
		t.Fatalf("%d rows", len(d.Estimates))
	}
	for _, e := range d.Estimates {
		if e.Reason != nil {
			continue
		}
		if ratio := *e.MDE / *e.StdError; ratio < 2.77 || ratio > 2.83 || *e.MDEFamily <= *e.MDE || *e.StdError < .01 || *e.StdError > .2 {
			t.Errorf("%+v: %v times the error", e, ratio)
		}
	}
	for _, args := range []string{"--power 1", "--months 7", "--level 5"} {
		if _, stderr, status := runCLI(t, append([]string{"power", study}, strings.Fields(args)...)...); status != 2 {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
}

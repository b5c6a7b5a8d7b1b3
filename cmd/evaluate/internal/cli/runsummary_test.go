package cli

import (
	"context"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/results"
)

// A run in which nothing could be estimated says so in its last lines, by reason.
func TestRunSaysWhatHasNoFigure(t *testing.T) {
	nan := math.NaN()
	rows := []results.Estimate{{Estimate: 0.1}, {Estimate: nan, Reason: estimate.NoComparison}, {Estimate: nan, Reason: estimate.Suppressed}, {Estimate: nan, Reason: estimate.NoComparison},
		{Estimate: 0, Reason: estimate.BasePeriod}} // the base of a difference is a figure
	if got, want := withoutFigure(rows), " (3 of them without a figure: no_comparison 2, suppressed 1)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := withoutFigure(rows[:1]); got != "" {
		t.Errorf("%q where every estimate has a figure", got)
	}
}

// An interrupted run keeps its finished tasks, and says so; other commands keep nothing.
func TestInterruptionSaysWhatIsKept(t *testing.T) {
	for _, resumes := range []bool{false, true} {
		var stderr strings.Builder
		g := &globals{stderr: &stderr, resumes: resumes}
		g.printError(context.Canceled)
		if strings.Contains(stderr.String(), "goes on where this one stopped") != resumes || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("resumes %v: %q", resumes, stderr.String())
		}
	}
}

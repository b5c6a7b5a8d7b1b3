package cli

import (
	"math"
	"strings"
	"testing"

	written "tiltakseffekt/internal/number"
)

// A forest plot says of what it is and why a figure is missing, in its own language.
func TestCompareForestSpeaks(t *testing.T) {
	nan := number(math.NaN())
	d := &compareDocument{Month: 24, Estimates: []comparedEstimate{{Evaluation: "A", Tiltak: "OPPFOLGING", Group: "alle", Outcome: "arbeid", Method: "ebal", Primary: true,
		Estimate: nan, ConfLow: nan, ConfHigh: nan, Reason: "suppressed"}, {Evaluation: "B", Tiltak: "OPPFOLGING", Group: "alle", Outcome: "arbeid", Method: "ebal", Primary: true, Estimate: 0.1, ConfLow: 0, ConfHigh: 0.2}}}
	for lang, want := range map[written.Lang][]string{written.NB: {"Oppfølging, 24 måneder etter start", "skjult"}, written.EN: {"24 months after the start", "hidden"}} {
		svg, err := d.forest("OPPFOLGING", lang).SVG()
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range append(want, "alle, A") {
			if !strings.Contains(string(svg), w) {
				t.Errorf("%s: the figure lacks %q", lang, w)
			}
		}
		if strings.Contains(string(svg), "suppressed") {
			t.Errorf("%s: the figure holds a code", lang)
		}
	}
}

// A forest plot has one unit: a share among kroner is said to be another, and not drawn at 0 kroner.
func TestForestHasOneUnit(t *testing.T) {
	nan := number(math.NaN())
	row := func(evaluation, unit string, v number) comparedEstimate {
		return comparedEstimate{Evaluation: evaluation, Tiltak: "AFT", Group: "alle", Outcome: "o", Method: "ebal", Unit: unit, Primary: true, Estimate: v, StdError: nan, ConfLow: v - v/2, ConfHigh: v + v/2}
	}
	draw := func(rows ...comparedEstimate) string {
		t.Helper()
		svg, err := (&compareDocument{Estimates: rows}).forest("AFT", written.EN).SVG()
		if err != nil {
			t.Fatal(err)
		}
		return string(svg)
	}
	for _, text := range []string{draw(row("A", "kroner", 1000), row("B", "share", .04)), draw(row("A", "share", .04), row("B", "kroner", 1000))} {
		if !strings.Contains(text, "in another unit") || strings.Contains(text, "100,000") {
			t.Errorf("two units: %.3000s", text)
		}
	}
	if strings.Contains(draw(row("A", "share", .04), row("B", "share", .05)), "in another unit") {
		t.Error("one unit")
	}
}

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

package results

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

const publishedText = `evaluation: Proba og Frisch 2023
source: made up for a test, table 1
sample: participants against other tiltak
estimates:
  - {tiltak: ARBEIDSFORBEREDENDE_TRENING, outcome: arbeid, month: 24, estimate: 0.03, std_error: 0.01}
  - {tiltak: ARBEIDSFORBEREDENDE_TRENING, outcome: arbeid, month: 36, estimate: 0.05, conf_low: 0.01, conf_high: 0.09, group: unge, n_starts: 900}
`

func TestPublished(t *testing.T) {
	p, err := parsePublished([]byte(publishedText))
	if err != nil {
		t.Fatal(err)
	}
	a, b := p.Estimates[0], p.Estimates[1]
	if a.Group != "alle" || a.Estimand != "ATT" || *a.Month != 24 || math.Abs(a.ConfLow-(0.03-1.959963984540054*0.01)) > 1e-15 || a.NStarts != -1 {
		t.Errorf("%+v", a)
	}
	if b.Group != "unge" || math.Abs(b.StdError-0.04/1.959963984540054) > 1e-15 || b.NStarts != 900 {
		t.Errorf("%+v", b)
	}
}

// Each mistake gives a sentence of usage that says where.
func TestPublishedRefuses(t *testing.T) {
	line := func(s string) string { return "evaluation: A\nsource: B\nestimates:\n  - {" + s + "}\n" }
	for text, want := range map[string]string{
		"": "is empty",
		"evaluation: A\nestimates: [{tiltak: X}]\n":                                                                              "`evaluation` and `source`",
		"evaluation: A\nsource: B\n":                                                                                             "`estimates` is empty",
		"evaluation: A\nsource: B\nestimate: 1\n":                                                                                "line 3: `estimate` is no key of published figures",
		"evaluation: A\nsource: B\nestimates: 3\n":                                                                               "cannot be read",
		line("outcome: arbeid, month: 1, estimate: 1, std_error: 1"):                                                             "estimate 1: `tiltak` and `outcome`",
		line("tiltak: X, outcome: arbeid, estimate: 1, std_error: 1"):                                                            "one of `month` and `window`",
		line("tiltak: X, outcome: arbeid, month: 1, window: 1-2, estimate: 1, std_error: 1"):                                     "one of `month` and `window`",
		line("tiltak: X, outcome: arbeid, month: -2, estimate: 1, std_error: 1"):                                                 "before the start",
		line("tiltak: X, outcome: arbeid, month: 1, std_error: 1"):                                                               "`estimate` is missing",
		line("tiltak: X, outcome: arbeid, month: 1, estimate: 1, conf_low: 0"):                                                   "uncertainty",
		line("tiltak: X, outcome: arbeid, month: 1, estimate: 1, std_error: 0"):                                                  "over 0",
		line("tiltak: X, outcome: arbeid, month: 1, estimate: 1, std_error: .nan"):                                               "over 0",
		line("tiltak: X, outcome: arbeid, month: 1, estimate: 5, conf_low: 0, conf_high: 1"):                                     "do not lie around",
		line("tiltak: X, outcome: arbeid, month: 1, estimate: 0.5, conf_low: 0, conf_high: 1, std_error: 2"):                     "contradict",
		line("tiltak: X, outcome: arbeid, month: 1, estimate: 1, std_error: 1, level: 95"):                                       "`level: 95`",
		publishedText + "  - {tiltak: ARBEIDSFORBEREDENDE_TRENING, outcome: arbeid, month: 24, estimate: 0.3, std_error: 0.1}\n": "as estimate 1",
	} {
		_, err := parsePublished([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || fault.StatusOf(err) != fault.Usage {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

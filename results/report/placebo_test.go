package report

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

// What the limitations count: the joint test around the window where there is one, the windows themselves where there is
// none, negative controls; never what is conditioned on the past alone, nor rows over all tiltak.
func TestPlaceboFindings(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	tiltak, group, method := r.Tiltak[0].ID, r.Groups[0].ID, r.Methods[0].ID
	nan := math.NaN()
	row := func(kind, by string, low, high, p float64) results.Placebo {
		x := results.Placebo{Tiltak: tiltak, Group: group, Method: method, Kind: kind, Conditioning: by, Outcome: "arbeid", Window: "-12--7", Estimate: (low + high) / 2, StdError: 0.01,
			ConfLow: low, ConfHigh: high, PValue: p, Statistic: nan, DF: -1, PersonsTreated: 90, PersonsComparison: 900}
		if kind == "joint" {
			x.Outcome, x.Window, x.Estimate, x.StdError, x.Statistic, x.DF = "", "", nan, nan, 20, 4
		}
		return x
	}
	joint := func(by string, p float64) results.Placebo { return row("joint", by, nan, nan, p) }
	all := joint("around", 0.001)
	all.Tiltak = ""
	control := row("negative_control", "", 0.02, 0.06, 0.001)
	control.Window = "24"
	for name, c := range map[string]struct {
		rows         []results.Placebo
		tests, found int
		says         string
	}{
		"joint rejects":       {[]results.Placebo{row("window", "around", 0.01, 0.05, 0.01), joint("around", 0.001), joint("before", 0.001)}, 1, 1, "everything around"},
		"joint does not":      {[]results.Placebo{row("window", "around", 0.01, 0.05, 0.01), joint("around", 0.3), joint("before", 0.001)}, 1, 0, ""},
		"one window":          {[]results.Placebo{row("window", "around", 0.01, 0.05, 0.01), row("window", "before", 0.01, 0.05, 0.01)}, 1, 1, "before the start"},
		"a control":           {[]results.Placebo{control}, 1, 1, "24 months after the start"},
		"all tiltak together": {[]results.Placebo{joint("around", 0.3), all}, 1, 0, "All tiltak taken together"},
		"not estimated":       {[]results.Placebo{row("window", "around", nan, nan, nan), joint("around", nan)}, 0, 0, ""},
	} {
		with := *tables
		with.Placebo = c.rows
		b := newBuilder(r, &with, "en")
		found, text := 0, ""
		for _, f := range b.findings {
			if f.kind == placeboFails {
				found++
				text += f.text
			}
		}
		text += b.overAllTiltak()
		if b.placeboTests() != c.tests || found != c.found || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d tests, %d found: %s", name, b.placeboTests(), found, text)
		}
		for _, lang := range []string{"nb", "en"} {
			if page := render(t, r, &with, lang); strings.Contains(page, "NaN") {
				t.Errorf("%s, %s: NaN on the page", name, lang)
			}
		}
	}
}

func TestJointBalanceIsAFinding(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	for _, c := range []struct {
		p    float64
		want int
	}{{0.01, 1}, {0.2, 0}, {math.NaN(), 0}} {
		with := *tables
		with.Diagnostics = []results.Diagnostic{{Tiltak: r.Tiltak[0].ID, Group: r.Groups[0].ID, Method: r.Methods[0].ID, Name: "joint_balance_p", Value: c.p}}
		b := newBuilder(r, &with, "nb")
		n := 0
		for _, f := range b.findings {
			if strings.Contains(f.text, "under ett") {
				n++
			}
		}
		if n != c.want {
			t.Errorf("p = %v: %d findings", c.p, n)
		}
	}
}

package figure

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// thirty is a run with chains over thirty tiltak, some of them hidden.
func thirty() *Set {
	r := &results.Run{MinCell: 5, Groups: []results.Label{{ID: "alle", Text: results.Text{NB: "Alle", EN: "All"}}}, Chains: &results.ChainRule{Months: 24}}
	t := &results.Tables{}
	name := func(k int) string { return fmt.Sprintf("TILTAK_NUMMER_%02d", k) }
	for k := range 30 {
		r.Chains.Labels = append(r.Chains.Labels, results.Label{ID: name(k), Text: results.Text{NB: fmt.Sprintf("Et tiltak med et langt navn nr. %d", k), EN: fmt.Sprintf("A tiltak with a long name no. %d", k)}})
		all := 0
		var rows []results.Transition
		for to := range 30 {
			n := (k*7+to*13)%40 - 8
			row := results.Transition{Group: "alle", From: name(k), To: name(to), N: n, Share: 0.1}
			if n < 5 {
				row.N, row.Share, row.Reason = -1, math.NaN(), "suppressed"
			}
			all += max(n, 0)
			rows = append(rows, row)
		}
		for i, exit := range chainExits {
			rows = append(rows, results.Transition{Group: "alle", From: name(k), To: exit, N: 50 * (8 - i)})
			all += 50 * (8 - i)
		}
		t.Transitions = append(t.Transitions, results.Transition{Group: "alle", From: name(k), To: "all", N: all})
		t.Transitions = append(t.Transitions, rows...)
		for m := range 24 {
			t.ChainStates = append(t.ChainStates, results.ChainState{Group: "alle", Month: m, State: name(k), N: 30, Share: 0.6 / 30 / float64(m+1)})
		}
	}
	for m := range 24 {
		t.ChainStates = append(t.ChainStates, results.ChainState{Group: "alle", Month: m, State: "work", Share: 1 - 0.6/float64(m+1) - 0.1}, results.ChainState{Group: "alle", Month: m, State: "ufore", N: -1, Share: math.NaN(), Reason: "suppressed"})
	}
	return NewSet(r, t)
}

// With thirty tiltak every node has its name, in both languages, on a page as on a telephone; the figures are the same bytes
// every time and say that something is hidden.
func TestChainFiguresOfThirtyTiltak(t *testing.T) {
	s := thirty()
	for _, l := range []number.Lang{number.NB, number.EN} {
		for _, width := range []float64{10.2, 16} {
			flow, again := s.ChainFlow("alle", Options{Lang: l, Width: width}), s.ChainFlow("alle", Options{Lang: l, Width: width})
			a, err := flow.SVG()
			if err != nil {
				t.Fatal(err)
			}
			b, _ := again.SVG()
			if !bytes.Equal(a, b) {
				t.Error("the flow is not the same every time")
			}
			names := map[number.Lang]string{number.NB: "Et tiltak med", number.EN: "A tiltak with"}
			if n := strings.Count(string(a), names[l]); n < 60 { // left and right
				t.Errorf("%s, %v cm: %d names of 60", l, width, n)
			}
			for _, want := range map[number.Lang][]string{number.NB: {"er skjult"}, number.EN: {"are hidden"}}[l] {
				if !strings.Contains(string(a), want) {
					t.Errorf("%s: %q is not said", l, want)
				}
			}
			states := s.ChainStates("alle", Options{Lang: l, Width: width})
			svg, err := states.SVG()
			if err != nil {
				t.Fatal(err)
			}
			if rest := map[number.Lang]string{number.NB: "Øvrige tiltak", number.EN: "Other tiltak"}[l]; !strings.Contains(string(svg), rest) {
				t.Errorf("%s: %q is not in the figure of states", l, rest)
			}
		}
	}
	if s.ChainFlow("nobody", Options{}) != nil || s.ChainStates("nobody", Options{}) != nil {
		t.Error("a group without rows has figures")
	}
	empty := NewSet(&results.Run{Chains: &results.ChainRule{}}, &results.Tables{Transitions: []results.Transition{{Group: "alle", From: "A", To: "all", N: -1, Reason: "suppressed"}}})
	if svg, err := empty.ChainFlow("alle", Options{Lang: number.EN}).SVG(); err != nil || !strings.Contains(string(svg), "hidden") {
		t.Errorf("a flow that is all hidden says nothing: %v", err)
	}
}

// Fills never come again among 18 states: colour and hatching together tell them apart.
func TestTonesDiffer(t *testing.T) {
	seen := map[[2]int]bool{}
	for i := range 18 {
		c, h := stateTone(i)
		if seen[[2]int{c, h}] {
			t.Errorf("state %d looks like an earlier one", i)
		}
		seen[[2]int{c, h}] = true
	}
}

package cli

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// manyCells is the number of group-time cells that are printed; where there are more, the averages are.
const manyCells = 60

// print writes the document for people.
func (d *didDocument) print(w io.Writer, in *didInput, f *didFlags, p *didPlan) error {
	var b strings.Builder
	title := map[string]string{
		"group-time": "group-time effects (Callaway and Sant'Anna)", "twfe": "two-way fixed effects", "event-study": "two-way event study",
		"sunab": "Sun and Abraham", "etwfe": "extended two-way fixed effects (Wooldridge)", "imputation": "imputation (Borusyak, Jaravel and Spiess)",
		"two-stage": "two stages (Gardner)", "bacon": "Goodman-Bacon decomposition",
	}[f.estimator]
	fmt.Fprintf(&b, "Difference-in-differences: %s\n", title)
	parts := []string{"outcome " + f.outcome}
	if f.estimator == "group-time" {
		method := map[string]string{"dr": "doubly robust", "ipw": "inverse probability weighting", "reg": "outcome regression", "imp": "improved doubly robust"}[d.Method]
		if len(p.covariates) == 0 {
			method = "no covariates"
		} else {
			method += " on " + strings.Join(p.covariates, ", ")
		}
		controls := map[string]string{"never": "the never treated", "not-yet": "the not yet treated", "later-start": "those who have not started", "risk-set": "those at risk who have not started"}[d.Controls]
		parts = append(parts, method, "compared with "+controls, d.Base+" base")
		if f.anticipation > 0 {
			parts = append(parts, fmt.Sprintf("anticipation %d", f.anticipation))
		}
	}
	b.WriteString(strings.Join(parts, " · ") + "\n")
	fmt.Fprintf(&b, "%s units, %d periods, %d groups, %s never treated", grouped(d.N.Units), d.N.Periods, d.N.Groups, grouped(d.N.Never))
	for _, x := range d.N.Dropped {
		fmt.Fprintf(&b, "; %s set aside: %s", grouped(x.Units), strings.ReplaceAll(x.Reason, "_", " "))
	}
	b.WriteString("\n")
	percent := strconv.FormatFloat(100*f.level, 'f', -1, 64) + " %"

	var levels []string
	for _, a := range d.Aggregates {
		level := a.label()
		if len(levels) > 0 && levels[len(levels)-1] == level {
			continue
		}
		levels = append(levels, level)
		if title := f.title(a.didKey); title != "" {
			fmt.Fprintf(&b, "\n%s\n", title)
		}
		t := newEffectTable("average", percent)
		for _, a := range d.Aggregates {
			if a.label() == level && a.Key == nil {
				name := map[string]string{"simple": "simple: all treated cells", "dynamic": "dynamic: mean of event times from 0", "group": "group: by size of groups", "calendar": "calendar: mean of periods"}[a.Type]
				note := ""
				if a.PAdjusted != nil {
					note = "p over groups " + shortP(float64(*a.PAdjusted))
				}
				t.add(name, a.didFigures, a.BandLow, a.BandHigh, note)
			}
		}
		t.print(&b)
		for _, kind := range []struct{ name, head string }{{"dynamic", "event time"}, {"group", "group"}, {"calendar", "period"}, {"window", "event times"}} {
			t := newEffectTable(kind.head, percent)
			for _, a := range d.Aggregates {
				if a.label() == level && a.Type == kind.name && a.Key != nil {
					note := ""
					if a.Estimate == 0 && math.IsNaN(float64(a.StdError)) {
						note = "base"
					}
					name := strconv.FormatInt(*a.Key, 10)
					if a.To != nil {
						name += " to " + strconv.FormatInt(*a.To, 10)
					}
					t.add(name, a.didFigures, a.BandLow, a.BandHigh, note)
				}
			}
			t.print(&b)
		}
	}
	if len(d.GroupTime) > manyCells {
		fmt.Fprintf(&b, "\n%d group-time cells: see `--format json` or `--out`\n", len(d.GroupTime))
	} else {
		t := newEffectTable("group, period", percent)
		for _, c := range d.GroupTime {
			note := ""
			if c.Reason != nil {
				note = strings.ReplaceAll(strings.TrimSuffix(*c.Reason, "_period"), "_", " ")
			}
			name := fmt.Sprintf("%d, %d", c.Group, c.Time)
			if of := c.label(); of != "" {
				name = of + ": " + name
			}
			t.add(name, c.didFigures, c.BandLow, c.BandHigh, note)
		}
		t.print(&b)
	}
	if f.estimator == "twfe" || len(d.Aggregates) == 0 || len(in.terms) > 0 {
		t := newEffectTable("term", percent)
		for _, x := range d.Regression {
			t.add(x.Term, x.didFigures, number(math.NaN()), number(math.NaN()), "")
		}
		t.print(&b)
	}
	if d.PreTest != nil {
		fmt.Fprintf(&b, "\npre-test of all cells before the start: %s, p = %s; it would find a difference in trends of %.3g a period with probability 0.8\n", d.PreTest.value, shortP(float64(d.PreTest.PValue)), float64(d.PreTest.Slope))
	}
	for i, x := range d.PreTests {
		if i == 0 {
			b.WriteString("\npre-tests of all cells before the start, with the difference in trends a period that each would find with probability 0.8\n")
		}
		fmt.Fprintf(&b, "  %s: %s, p = %s; %.3g\n", x.label(), x.value, shortP(float64(x.PValue)), float64(x.Slope))
	}
	t := newEffectTable("dip probe: anticipation", percent)
	for _, x := range d.DipProbe {
		name := strconv.FormatInt(x.Anticipation, 10)
		if of := x.label(); of != "" {
			name = of + ": " + name
		}
		t.add(name, x.didFigures, number(math.NaN()), number(math.NaN()), "")
	}
	t.print(&b)
	for i, x := range d.Equality {
		if i == 0 {
			b.WriteString("\nare the groups' effects equal?\n")
		}
		of := ""
		if x.Tiltak != nil {
			of = "  the groups of " + *x.Tiltak
		}
		fmt.Fprintf(&b, "  %-9s %s, p = %s%s\n", x.Type, x.value, shortP(float64(x.PValue)), of)
	}
	if len(d.Honest) > 0 {
		fmt.Fprintf(&b, "\nsensitivity to trends that are not parallel (%s interval)\n", percent)
		for _, h := range d.Honest {
			target := map[string]string{"first": "first period", "overall": "mean of all periods"}[h.Target]
			fmt.Fprintf(&b, "  %-20s %s %-6g [%.4g, %.4g]\n", target, h.Restriction, float64(h.Bound), float64(h.ConfLow), float64(h.ConfHigh))
		}
	}
	if len(d.Bacon) > 0 {
		fmt.Fprintf(&b, "\n%-28s %9s %12s\n", "comparison", "weight", "estimate")
		for _, x := range d.Bacon {
			name := x.Type
			if x.Treated != nil {
				name += fmt.Sprintf(" %d", *x.Treated)
			}
			if x.Comparison != nil {
				name += fmt.Sprintf(" / %d", *x.Comparison)
			}
			fmt.Fprintf(&b, "%-28s %9.4f %12.6g\n", name, float64(x.Weight), float64(x.Estimate))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grouped is a count with thin groups of three digits.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

func shortP(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

// effectTable lines estimates up with as many decimals as give the smallest standard error three digits.
type effectTable struct {
	head, percent string
	rows          []effectRow
	band          bool
	least         float64
}

type effectRow struct {
	name      string
	f         didFigures
	low, high number
	note      string
}

func newEffectTable(head, percent string) *effectTable {
	return &effectTable{head: head, percent: percent, least: math.Inf(1)}
}

func (t *effectTable) add(name string, f didFigures, low, high number, note string) {
	t.rows = append(t.rows, effectRow{name, f, low, high, note})
	t.band = t.band || !math.IsNaN(float64(low))
	if s := float64(f.StdError); s > 0 {
		t.least = min(t.least, s)
	}
}

func (t *effectTable) print(b *strings.Builder) {
	if len(t.rows) == 0 {
		return
	}
	decimals := 4
	if !math.IsInf(t.least, 1) {
		decimals = min(12, max(0, 2-int(math.Floor(math.Log10(t.least)))))
	}
	show := func(n number) string {
		if math.IsNaN(float64(n)) {
			return "–"
		}
		return strconv.FormatFloat(float64(n), 'f', decimals, 64)
	}
	pair := func(low, high number) string {
		if math.IsNaN(float64(low)) {
			return "–"
		}
		return "[" + show(low) + ", " + show(high) + "]"
	}
	cells := [][]string{{t.head, "estimate", "std. error", t.percent + " interval", t.percent + " band", "p", ""}}
	for _, r := range t.rows {
		p := "–"
		if !math.IsNaN(float64(r.f.PValue)) {
			p = shortP(float64(r.f.PValue))
		}
		cells = append(cells, []string{r.name, show(r.f.Estimate), show(r.f.StdError), pair(r.f.ConfLow, r.f.ConfHigh), pair(r.low, r.high), p, r.note})
	}
	width := make([]int, len(cells[0]))
	for _, c := range cells {
		for k, s := range c {
			width[k] = max(width[k], len([]rune(s)))
		}
	}
	b.WriteString("\n")
	for _, c := range cells {
		line := ""
		for k, s := range c {
			if k == 4 && !t.band {
				continue
			}
			pad := strings.Repeat(" ", width[k]-len([]rune(s)))
			switch k {
			case 0:
				line += s + pad
			case 6:
				line += "  " + s
			default:
				line += "  " + pad + s
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

package cli

import (
	"fmt"
	"io"
	"math"
	"strings"

	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	lang "tiltakseffekt/internal/number"
)

// durationTest is a row of `tests`. State is null for any state, Term for the model as a whole.
type durationTest struct {
	Test      string          `json:"test"`
	State     *string         `json:"state"`
	Term      *string         `json:"term"`
	Statistic number          `json:"statistic"`
	DF        int             `json:"df"`
	PValue    number          `json:"p_value"`
	Variance  string          `json:"variance,omitempty"` // of logrank: hypergeometric, or robust with weights or clusters
	Reason    estimate.Reason `json:"reason,omitempty"`
}

type durationPoint struct {
	By       *string         `json:"by"`
	State    *string         `json:"state"`
	Time     number          `json:"time"`
	NRisk    number          `json:"n_risk"`
	NEvent   number          `json:"n_event"`
	NCensor  number          `json:"n_censor"`
	Estimate number          `json:"estimate"`
	StdError number          `json:"std_error"`
	ConfLow  number          `json:"conf_low"`
	ConfHigh number          `json:"conf_high"`
	Reason   estimate.Reason `json:"reason,omitempty"`
}

type durationSummary struct {
	By           *string         `json:"by"`
	State        *string         `json:"state"`
	N            int             `json:"n"`
	Events       int             `json:"events"`
	Median       number          `json:"median"`
	MedianLow    number          `json:"median_low"`
	MedianHigh   number          `json:"median_high"`
	Tau          number          `json:"tau"`
	RMST         number          `json:"rmst"`
	RMSTStdError number          `json:"rmst_std_error"`
	RMSTLow      number          `json:"rmst_conf_low"`
	RMSTHigh     number          `json:"rmst_conf_high"`
	Reason       estimate.Reason `json:"reason,omitempty"` // of the restricted mean
}

type durationContrast struct {
	By       string          `json:"by"`
	Against  string          `json:"against"`
	State    *string         `json:"state"`
	Measure  string          `json:"measure"` // rmst_difference, rmst_ratio, lost_ratio
	Tau      number          `json:"tau"`
	Estimate number          `json:"estimate"`
	StdError number          `json:"std_error"`
	ConfLow  number          `json:"conf_low"`
	ConfHigh number          `json:"conf_high"`
	PValue   number          `json:"p_value"`
	Reason   estimate.Reason `json:"reason,omitempty"`
}

type durationCoefficient struct {
	Term           string          `json:"term"`
	Estimate       number          `json:"estimate"`
	StdError       number          `json:"std_error"`
	RobustStdError number          `json:"robust_std_error"`
	ConfLow        number          `json:"conf_low"`
	ConfHigh       number          `json:"conf_high"`
	PValue         number          `json:"p_value"`
	HazardRatio    number          `json:"hazard_ratio"`
	Reason         estimate.Reason `json:"reason,omitempty"`
}

type durationModel struct {
	Model             string  `json:"model"` // cox or fine-gray
	State             *string `json:"state"`
	Ties              string  `json:"ties"`
	N                 int     `json:"n"`
	Events            int     `json:"events"`
	Clusters          *int    `json:"clusters"`
	LogLikelihood     number  `json:"log_likelihood"`
	NullLogLikelihood number  `json:"log_likelihood_null"`
	Iterations        int     `json:"iterations"`
	Converged         bool    `json:"converged"`
}

type durationDocument struct {
	header
	Curve     string                `json:"curve"`
	Interval  string                `json:"interval"`
	Variance  string                `json:"variance"`
	Curves    []durationPoint       `json:"curves"`
	Summaries []durationSummary     `json:"summaries"`
	RMSTDiff  []durationContrast    `json:"rmst_diff"`
	Tests     []durationTest        `json:"tests"`
	Cox       []durationCoefficient `json:"cox"`
	Model     *durationModel        `json:"model"`
	Warnings  []fault.Warning       `json:"warnings"`
}

func durationName(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func durationAll(names []string) string { return strings.Join(names, ", ") }

func (r *durationResult) document() durationDocument {
	f := r.flags
	d := durationDocument{
		header: newHeader("duration", f.level), Curve: f.curve, Interval: f.interval.String(), Variance: r.curves[0].Variance.String(),
		Curves: []durationPoint{}, Summaries: []durationSummary{}, RMSTDiff: []durationContrast{}, Tests: r.tests, Cox: []durationCoefficient{}, Warnings: warningsOf(r.warnings),
	}
	if d.Tests == nil {
		d.Tests = []durationTest{}
	}
	for _, c := range r.curves {
		for _, p := range r.points(c) {
			d.Curves = append(d.Curves, durationPoint{durationName(c.Group), durationName(c.State), number(p.Time), number(p.NRisk), number(p.NEvent), number(p.NCensor),
				number(p.Estimate), number(p.StdError), number(p.ConfLow), number(p.ConfHigh), p.Reason})
		}
		s := c.Summary(f.rmst)
		m := s.Restricted
		reason := m.Reason
		if !(f.rmst > 0) {
			reason = "" // none was asked for
		}
		d.Summaries = append(d.Summaries, durationSummary{durationName(c.Group), durationName(c.State), s.N, s.Events, number(s.Median), number(s.MedianLow), number(s.MedianHigh),
			number(s.Tau), number(m.Estimate), number(m.StdError), number(m.ConfLow), number(m.ConfHigh), reason})
	}
	for k, c := range r.contrasts {
		for _, e := range []struct {
			measure string
			estimate.Estimate
		}{{"rmst_difference", c.Difference}, {"rmst_ratio", c.Ratio}, {"lost_ratio", c.LostRatio}} {
			d.RMSTDiff = append(d.RMSTDiff, durationContrast{c.Group, c.Against, durationName(r.states[k]), e.measure, number(c.Tau), number(e.Estimate.Estimate), number(e.StdError),
				number(e.ConfLow), number(e.ConfHigh), number(e.PValue), e.Reason})
		}
	}
	if r.fit == nil {
		return d
	}
	for _, c := range r.fit.Coefficients {
		d.Cox = append(d.Cox, durationCoefficient{c.Term, number(c.Estimate.Estimate), number(c.StdError), number(c.RobustStdError), number(c.ConfLow), number(c.ConfHigh),
			number(c.PValue), number(math.Exp(c.Estimate.Estimate)), c.Reason})
	}
	d.Model = &durationModel{r.model(), durationName(r.state), r.fit.Ties.String(), r.fit.Rows, r.fit.Events, nil, number(r.fit.LogLikelihood), number(r.fit.NullLogLikelihood), r.fit.Iterations, r.fit.Converged}
	if f.cluster != "" {
		d.Model.Clusters = &r.fit.Clusters
	}
	return d
}

func (r *durationResult) model() string {
	if r.flags.withFineGray {
		return "fine-gray"
	}
	return "cox"
}

// points are the times of --at, otherwise every time of the curve.
func (r *durationResult) points(c *duration.Curve) []duration.Point {
	if r.flags.atSet {
		return c.At(r.flags.times)
	}
	out := make([]duration.Point, len(c.Time))
	for k := range out {
		out[k] = duration.Point{Time: c.Time[k], NRisk: c.NRisk[k], NEvent: c.NEvent[k], NCensor: c.NCensor[k], Estimate: c.Estimate[k], StdError: c.StdError[k], ConfLow: c.ConfLow[k], ConfHigh: c.ConfHigh[k]}
	}
	return out
}

// thinned leaves about a dozen round times of a long curve, for people.
func (r *durationResult) thinned(c *duration.Curve) []duration.Point {
	if r.flags.atSet || len(c.Time) <= 24 {
		return r.points(c)
	}
	step := math.Pow(10, math.Floor(math.Log10(c.End()/6)))
	for _, m := range []float64{5, 2} {
		if c.End()/(m*step) >= 6 {
			step *= m
			break
		}
	}
	var times []float64
	for t := step; t <= c.End(); t += step {
		times = append(times, t)
	}
	return c.At(times)
}

// print writes for people.
func (r *durationResult) print(w io.Writer) error {
	var b strings.Builder
	f := r.flags
	l := lang.EN
	pc := int(math.Round(100 * f.level))
	what := "Share that has not ended (Kaplan–Meier)"
	if f.curve == "cif" {
		what = "Share that has ended in each state (Aalen–Johansen)"
	}
	fmt.Fprintf(&b, "%s, %d %% %s intervals, %s errors\n", what, pc, f.interval, r.curves[0].Variance)
	for _, c := range r.curves {
		fmt.Fprintf(&b, "\n%s\n", r.heading(c))
		t := durationTable{left: 0}
		t.row("time", "at risk", "ended", "censored", "estimate", "std. error", "low", "high")
		for _, p := range r.thinned(c) {
			t.row(plain(p.Time), plain(p.NRisk), plain(p.NEvent), plain(p.NCensor), l.Decimal(p.Estimate, 4), l.Decimal(p.StdError, 4), l.Decimal(p.ConfLow, 4), l.Decimal(p.ConfHigh, 4))
		}
		t.write(&b)
	}
	b.WriteString("\nSummary\n")
	t := durationTable{left: 2}
	head := []string{"group", "state", "spells", "ended", "median", "low", "high"}
	if f.rmst > 0 {
		head = append(head, "mean to "+plain(f.rmst), "std. error")
	}
	t.row(head...)
	for _, c := range r.curves {
		s := c.Summary(f.rmst)
		row := []string{or(c.Group, "all"), or(c.State, "any"), l.Count(s.N), l.Count(s.Events), plain(s.Median), plain(s.MedianLow), plain(s.MedianHigh)}
		if f.rmst > 0 {
			row = append(row, l.Decimal(s.Restricted.Estimate, 3), l.Decimal(s.Restricted.StdError, 3))
		}
		t.row(row...)
	}
	t.write(&b)
	r.printComparisons(&b, l)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *durationResult) printComparisons(b *strings.Builder, l lang.Lang) {
	if len(r.contrasts) > 0 {
		fmt.Fprintf(b, "\nRestricted means to %s\n", plain(r.flags.rmst))
		t := durationTable{left: 2}
		t.row("group", "state", "difference", "std. error", "low", "high", "p", "ratio")
		for k, c := range r.contrasts {
			d := c.Difference
			t.row(c.Group+" − "+c.Against, or(r.states[k], "any"), l.Signed(d.Estimate, 3), l.Decimal(d.StdError, 3), l.Signed(d.ConfLow, 3), l.Signed(d.ConfHigh, 3), pValue(l, d.PValue), l.Decimal(c.Ratio.Estimate, 4))
		}
		t.write(b)
	}
	if r.fit != nil {
		name := "Cox regression"
		if r.flags.withFineGray {
			name = "Fine–Gray regression of `" + r.state + "`"
		} else if r.state != "" {
			name += " of `" + r.state + "`, others censored"
		}
		fmt.Fprintf(b, "\n%s, %s ties: %s spells, %s ended, log-likelihood %s\n", name, r.fit.Ties, l.Count(r.fit.Rows), l.Count(r.fit.Events), l.Decimal(r.fit.LogLikelihood, 4))
		t := durationTable{left: 1}
		t.row("term", "log ratio", "std. error", "robust", "low", "high", "p", "ratio")
		for _, c := range r.fit.Coefficients {
			e := c.Estimate
			t.row(c.Term, l.Signed(e.Estimate, 5), l.Decimal(e.StdError, 5), l.Decimal(c.RobustStdError, 5), l.Signed(e.ConfLow, 5), l.Signed(e.ConfHigh, 5), pValue(l, e.PValue), l.Decimal(math.Exp(e.Estimate), 4))
		}
		t.write(b)
	}
	if len(r.tests) > 0 {
		b.WriteString("\nTests\n")
		t := durationTable{left: 3}
		t.row("test", "state", "term", "χ²", "df", "p")
		for _, x := range r.tests {
			state, term := "any", "all"
			if x.State != nil {
				state = *x.State
			}
			if x.Term != nil {
				term = *x.Term
			}
			name := strings.ReplaceAll(x.Test, "_", " ")
			if x.Variance == "robust" {
				name += ", robust"
			}
			t.row(name, state, term, l.Decimal(float64(x.Statistic), 4), fmt.Sprint(x.DF), pValue(l, float64(x.PValue)))
		}
		t.write(b)
	}
}

func (r *durationResult) heading(c *duration.Curve) string {
	var parts []string
	if c.Group != "" {
		parts = append(parts, r.flags.by+" = "+c.Group)
	}
	if c.State != "" {
		parts = append(parts, "ended in "+c.State)
	}
	if parts == nil {
		return "All"
	}
	return strings.Join(parts, ", ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// plain is a number in its shortest form with at most six digits.
func plain(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return lang.Missing()
	}
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.6g", x)
}

func pValue(l lang.Lang, p float64) string {
	if p < .0001 {
		return "<0.0001"
	}
	return l.Decimal(p, 4)
}

// durationTable gathers rows for aligned: the first columns to the left, numbers to the right.
type durationTable struct {
	left int
	head []string
	rows [][]string
}

func (t *durationTable) row(cells ...string) {
	if t.head == nil {
		t.head = cells
		return
	}
	t.rows = append(t.rows, cells)
}

func (t *durationTable) write(b *strings.Builder) {
	fields := make([]field, len(t.head))
	for j, h := range t.head {
		fields[j] = field{title: h, right: j >= t.left}
	}
	b.WriteString(aligned(fields, t.rows))
}

package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	lang "tiltakseffekt/internal/number"
)

type timingFlags struct {
	durationFlags
	id, program, entry string
	covariates, points string
	elapsed            string
	from, to           int
	terms              []string
	steps              []float64
}

func newTimingCmd(g *globals) *cobra.Command {
	var f timingFlags
	c := &cobra.Command{
		Use:   "timing --data FILE --id COL --start COL --stop COL --event COL --program COL",
		Short: "Timing of events: the effect of entering a programme on exits, with unseen types",
		Long: `Estimate the effect of a programme on the hazards of leaving, from when people enter it: exits and entry are modelled
together, with unseen types of people (mass points) who may both enter sooner and leave later.

One row per person and piece of time: (start, stop] since the beginning of the spell, the event it ends in, and the
programme: 0 (not entered yet), 1 (during) or 2 (after). Entry is one of the events, named by --entry. Exits, entry and
their covariates share rows; nobody enters twice.

The whole path over the number of points is given. Where the sign of the effect turns along it there is no one number to
show, and none is shown.`,
		Example: `  $ evaluate timing --data rows.parquet --id person_id --start from --stop to --event exit --program tiltak --entry start
  $ evaluate timing --data rows.csv --id id --start a --stop b --event d --program p --covariates age,sex --steps 3,6,12 --points 1-6`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(c.Flags().Changed); err != nil {
				return err
			}
			return g.timing(c.Context(), &f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`file`: .parquet, .csv, .csv.gz, or a folder of Parquet files")
	flags.StringVar(&f.encoding, "encoding", "", "`encoding` of CSV: utf-8 or latin1")
	mappingFlag(c, &f.mapping)
	flags.StringVar(&f.id, "id", "", "`column` of persons")
	flags.StringVar(&f.start, "start", "", "`column` with the time at which the row begins")
	flags.StringVar(&f.stop, "stop", "", "`column` with the time at which it ends")
	flags.StringVar(&f.event, "event", "", "`column`: 0 or missing is none, otherwise the name of a state")
	flags.StringVar(&f.censored, "censored", "", "`values` of the event that mean none (default: 0 and missing)")
	flags.StringVar(&f.program, "program", "", "`column`: 0 or before, 1 or during, 2 or after")
	flags.StringVar(&f.entry, "entry", "", "`name` of the event that is entry into the programme (default: program)")
	flags.StringVar(&f.covariates, "covariates", "", "`columns`; COL:factor makes a number a factor")
	flags.StringVar(&f.elapsed, "steps", "", "`times` at which the hazards may jump, such as 3,6,12; rows are cut there")
	flags.StringVar(&f.points, "points", "1-5", "numbers of mass points, such as 1-11")
	flags.Float64Var(&f.level, "level", .95, "confidence level")
	flags.StringVar(&f.out, "out", "", "`folder` for the tables as Parquet")
	return c
}

func (f *timingFlags) check(changed func(string) bool) (err error) {
	bad := func(format string, args ...any) error { return fault.Usagef("bad_flag", format, args...) }
	for _, c := range []struct{ flag, value string }{{"--data", f.data}, {"--id", f.id}, {"--start", f.start}, {"--stop", f.stop}, {"--event", f.event}, {"--program", f.program}} {
		if c.value == "" {
			return bad("`%s` is needed", c.flag)
		}
	}
	switch {
	case !(f.level > 0 && f.level < 1):
		return bad("`--level` lies between 0 and 1, such as 0.95, not %v", f.level)
	case f.encoding != "" && f.encoding != "utf-8" && f.encoding != "latin1":
		return bad("`--encoding` is utf-8 or latin1, not `%s`", f.encoding)
	}
	low, high, ranged := strings.Cut(f.points, "-")
	if !ranged {
		low, high = "1", f.points
	}
	var errLow, errHigh error
	f.from, errLow = strconv.Atoi(low)
	f.to, errHigh = strconv.Atoi(high)
	if errLow != nil || errHigh != nil || f.from < 1 || f.to < f.from || f.to > 30 {
		return bad("`--points` is a range such as 1-11, at most 30, not `%s`", f.points)
	}
	if changed("covariates") {
		if f.terms, err = durationList("--covariates", f.covariates); err != nil {
			return err
		}
	}
	if changed("steps") {
		if f.steps, err = durationNumbers("--steps", f.elapsed); err != nil {
			return err
		}
		if f.steps[0] == 0 {
			return bad("`--steps` are times over 0")
		}
	}
	if f.censored != "" {
		f.censoredValues, err = durationList("--censored", f.censored)
	}
	return err
}

func (g *globals) timing(ctx context.Context, f *timingFlags) error {
	// What the two commands read has the same shape: persons are clusters, the programme is a group.
	f.cluster, f.by, f.coxTerms = f.id, f.program, f.terms
	d, err := g.readDurations(ctx, &f.durationFlags)
	if err != nil {
		return err
	}
	in, err := f.input(d)
	if err != nil {
		return err
	}
	p, err := duration.Timing(in, duration.TimingOptions{Points: f.to, Level: f.level, Workers: g.workers})
	if err != nil {
		return f.explain(d, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	document := f.document(p, in, d.warnings)
	g.warn(document.Warnings)
	if f.out != "" {
		if err := writeTables(ctx, f.out, []namedRows{{"path", document.Path}, {"estimates", document.Estimates}, {"mass_points", document.MassPoints}}); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, document)
	}
	return document.print(g.stdout)
}

// explain puts the names of columns for what the estimator calls them. Rows have been cut and left out, so none is named.
func (f *timingFlags) explain(d *durations, err error) error {
	e, ok := err.(*fault.Error)
	if !ok || e.Status != fault.Data {
		return err
	}
	names := map[string]string{"stop": f.stop, "event": f.event, "id": f.id, "program": f.program}
	if name := names[e.Column]; name != "" {
		e.Column = name
	}
	e.Row = 0
	return e.In(d.flags.data)
}

// input makes the rows of the model; a person with a row that lacks something is left out whole.
func (f *timingFlags) input(d *durations) (in duration.TimingInput, err error) {
	program, err := f.programme(d)
	if err != nil {
		return in, err
	}
	if f.entry == "" {
		f.entry = "program"
	}
	entry := slices.Index(d.in.States, f.entry) + 1
	if entry == 0 {
		return in, fault.Usagef("bad_flag", "`--entry %s`: the events are %s%s", f.entry, durationAll(d.in.States), fault.Suggest(f.entry, d.in.States))
	}
	x := duration.Covariates{}
	rows := make([]int, len(d.row))
	for k := range rows {
		rows[k] = k
	}
	if f.terms != nil {
		warnings := d.warnings
		if x, rows, err = d.covariates(f.terms); err != nil {
			return in, err
		}
		d.warnings = warnings // what follows says it by person
	}
	whole := f.wholePersons(d, rows)
	var kept, within []int // rows of d, and their places among the rows with covariates
	for k, i := range rows {
		if whole[d.in.Cluster[i]] {
			kept, within = append(kept, i), append(within, k)
		}
	}
	if len(kept) == 0 {
		return in, fault.Dataf("no_rows", f.data, "", "no person has all the columns in all rows")
	}
	for j, c := range x.Columns {
		x.Columns[j] = pick(c, within)
	}
	in = duration.TimingInput{
		Person: pick(d.in.Cluster, kept), Persons: d.in.Clusters, Start: pick(d.in.Start, kept), Stop: pick(d.in.Time, kept),
		Event: pick(d.in.Event, kept), States: d.in.States, Entry: entry, Program: pick(program, kept), X: x,
	}
	for i, stop := range in.Stop {
		if !(stop > in.Start[i]) || in.Start[i] < 0 { // before rows are cut and lose their number
			return in, fault.Dataf("bad_time", f.data, f.stop, "a row ends at or before its start, or starts before 0; a row is (start, stop]").At(d.row[kept[i]] + 1)
		}
	}
	return in.SplitAt(f.steps)
}

// wholePersons tells which persons have every row of the table among rows (of d).
func (f *timingFlags) wholePersons(d *durations, rows []int) []bool {
	have := make([]int, d.in.Clusters)
	for _, i := range rows {
		have[d.in.Cluster[i]]++
	}
	// All rows of the table by person, also those that lack something else.
	c := d.table.Column(f.id)
	all := make([]int64, 0, d.table.Rows)
	for i := range d.table.Rows {
		if !c.Missing(i) {
			all = append(all, int64(i))
		}
	}
	number, names := durationLevels(c, all)
	total := make([]int, len(names))
	for _, n := range number {
		total[n]++
	}
	place := map[string]int{}
	for k, n := range names {
		place[n] = k
	}
	_, known := durationLevels(c, d.row)
	whole := make([]bool, d.in.Clusters)
	out := 0
	for k, n := range known {
		if whole[k] = have[k] == total[place[n]]; !whole[k] {
			out++
		}
	}
	if out += len(names) - len(known); out > 0 {
		d.warnings = append(d.warnings, fault.Warnf("persons_left_out", "%d persons lack something in one of their rows; they were left out whole", out))
	}
	return whole
}

// programme reads 0, 1, 2, or before, during, after.
func (f *timingFlags) programme(d *durations) ([]int32, error) {
	value := map[string]int32{"0": 0, "1": 1, "2": 2, "before": 0, "during": 1, "after": 2, "false": 0, "true": 1, "før": 0, "under": 1, "etter": 2}
	number := make([]int32, len(d.in.Groups))
	for k, name := range d.in.Groups {
		v, ok := value[strings.ToLower(name)]
		if !ok {
			return nil, fault.Dataf("bad_program", f.data, f.program, "column `%s` holds `%s`; it is 0 or before, 1 or during, 2 or after", f.program, name)
		}
		number[k] = v
	}
	out := make([]int32, len(d.in.Group))
	for i, g := range d.in.Group {
		out[i] = number[g]
	}
	return out, nil
}

type timingPoint struct {
	Points        int    `json:"points"`
	LogLikelihood number `json:"log_likelihood"`
	Parameters    int    `json:"parameters"`
	AIC           number `json:"aic"`
	BIC           number `json:"bic"`
	HQ            number `json:"hq"`
	Iterations    int    `json:"iterations"`
	Converged     bool   `json:"converged"`
	Derivative    number `json:"derivative"` // greatest towards one more point; 0 where no more can help
}

type timingEstimate struct {
	Points         int             `json:"points"`
	State          string          `json:"state"`
	Term           string          `json:"term"`
	Estimate       number          `json:"estimate"`
	StdError       number          `json:"std_error"`
	RobustStdError number          `json:"robust_std_error"`
	ConfLow        number          `json:"conf_low"`
	ConfHigh       number          `json:"conf_high"`
	PValue         number          `json:"p_value"`
	Reason         estimate.Reason `json:"reason,omitempty"`
}

type timingMass struct {
	Points      int    `json:"points"`
	Point       int    `json:"point"`
	Probability number `json:"probability"`
	State       string `json:"state"`
	LogHazard   number `json:"log_hazard"`
}

type timingDocument struct {
	header
	N struct {
		Persons int `json:"persons"`
		Rows    int `json:"rows"`
		Events  []struct {
			State  string `json:"state"`
			Events int    `json:"events"`
		} `json:"events"`
	} `json:"n"`
	Path       []timingPoint    `json:"path"`
	Estimates  []timingEstimate `json:"estimates"`
	MassPoints []timingMass     `json:"mass_points"`
	Chosen     struct {
		Points    *int   `json:"points"` // null: no one number is right to show
		Criterion string `json:"criterion"`
		Reason    string `json:"reason,omitempty"`
	} `json:"chosen"`
	Stopped  string          `json:"stopped"`
	Warnings []fault.Warning `json:"warnings"`
}

func (f *timingFlags) document(p *duration.TimingPath, in duration.TimingInput, warnings []fault.Warning) *timingDocument {
	d := &timingDocument{header: newHeader("timing", f.level), Stopped: p.Stopped, Warnings: warningsOf(append(warnings, p.Warnings...)), Path: []timingPoint{}, Estimates: []timingEstimate{}, MassPoints: []timingMass{}}
	d.N.Persons, d.N.Rows = p.Persons, p.Rows
	for s, n := range p.Events {
		d.N.Events = append(d.N.Events, struct {
			State  string `json:"state"`
			Events int    `json:"events"`
		}{in.States[s], n})
	}
	for _, m := range p.Fits {
		if m.Points < f.from {
			continue
		}
		d.Path = append(d.Path, timingPoint{m.Points, number(m.LogLikelihood), m.Parameters, number(m.AIC), number(m.BIC), number(m.HQ), m.Iterations, m.Converged, number(math.Max(0, m.Gradient))})
		for _, e := range m.Effects {
			d.Estimates = append(d.Estimates, timingEstimate{m.Points, e.State, e.Term, number(e.Estimate.Estimate), number(e.StdError), number(e.RobustStdError), number(e.ConfLow), number(e.ConfHigh), number(e.PValue), e.Reason})
		}
		for j, v := range m.Mass {
			for s, h := range v.LogHazard {
				d.MassPoints = append(d.MassPoints, timingMass{m.Points, j + 1, number(v.Probability), in.States[s], number(h)})
			}
		}
	}
	d.Chosen.Criterion = "bic"
	if p.Chosen >= 0 {
		d.Chosen.Points = &p.Fits[p.Chosen].Points
	} else {
		d.Chosen.Reason = "sign_turns"
	}
	return d
}

func (d *timingDocument) print(w io.Writer) error {
	var b strings.Builder
	l := lang.EN
	fmt.Fprintf(&b, "Timing of events: %s persons, %s rows", l.Count(d.N.Persons), l.Count(d.N.Rows))
	for _, e := range d.N.Events {
		fmt.Fprintf(&b, ", %s %s", l.Count(e.Events), e.State)
	}
	b.WriteString("\n\nThe path over the number of unseen types\n")
	t := durationTable{}
	head := []string{"points", "log-likelihood", "BIC"}
	type key struct{ state, term string }
	var keys []key
	for _, e := range d.Estimates {
		k := key{e.State, e.Term}
		if (e.Term == "during" || e.Term == "after") && !slices.Contains(keys, k) {
			keys = append(keys, k)
			head = append(head, e.Term+" → "+e.State, "std. error")
		}
	}
	t.row(head...)
	for _, p := range d.Path {
		row := []string{fmt.Sprint(p.Points), l.Decimal(float64(p.LogLikelihood), 4), l.Decimal(float64(p.BIC), 2)}
		for _, k := range keys {
			for _, e := range d.Estimates {
				if e.Points == p.Points && (key{e.State, e.Term}) == k {
					row = append(row, l.Signed(float64(e.Estimate), 4), l.Decimal(float64(e.RobustStdError), 4))
				}
			}
		}
		t.row(row...)
	}
	t.write(&b)
	if d.Chosen.Points == nil {
		b.WriteString("\nThe sign of the effect turns along the path: there is no one number to show.\n")
		_, err := io.WriteString(w, b.String())
		return err
	}
	fmt.Fprintf(&b, "\n%d points, the least BIC; errors by person\n", *d.Chosen.Points)
	t = durationTable{left: 2}
	t.row("exit", "term", "log ratio", "std. error", "low", "high", "p", "ratio")
	for _, e := range d.Estimates {
		if e.Points == *d.Chosen.Points {
			t.row(e.State, e.Term, l.Signed(float64(e.Estimate), 4), l.Decimal(float64(e.RobustStdError), 4), l.Signed(float64(e.ConfLow), 4), l.Signed(float64(e.ConfHigh), 4), pValue(l, float64(e.PValue)), l.Decimal(math.Exp(float64(e.Estimate)), 4))
		}
	}
	t.write(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

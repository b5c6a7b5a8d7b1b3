package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/design"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// didInput is the table of a did command, as rows.
type didInput struct {
	long   did.Long
	months bool // periods are months since year 0 and are shown as yyyymm
	terms  []string
	levels []*didLevel // what --tiltak and --by ask for; one level of all rows without them
}

func readDid(ctx context.Context, g *globals, f *didFlags, p *didPlan) (*didInput, error) {
	names := []string{f.id, f.time, f.start, f.outcome}
	for _, c := range p.covariates {
		names = append(names, strings.TrimSuffix(c, ":factor"))
	}
	names = append(names, p.clusters...)
	names = append(names, p.by...)
	for _, c := range []string{f.weights, f.tiltak, f.atRisk} {
		if c != "" {
			names = append(names, c)
		}
	}
	var distinct []string
	for _, c := range names {
		if !slices.Contains(distinct, c) {
			distinct = append(distinct, c)
		}
	}
	opt, err := withMapping(datasets.ReadOptions{Columns: distinct, Encoding: f.encoding, Workers: g.workers, IDs: []string{f.id}}, f.mapping)
	if err != nil {
		return nil, err
	}
	t, err := g.readTable(ctx, f.data, opt)
	if err != nil {
		return nil, err
	}
	if err := noRows(t, f.data); err != nil {
		return nil, err
	}
	in := &didInput{}
	l := &in.long
	l.File, l.UnitName, l.TimeName, l.StartName, l.WeightName, l.ClusterNames = f.data, f.id, f.time, f.start, f.weights, p.clusters
	l.VaryingClusters = slices.Contains([]string{"twfe", "event-study", "sunab", "etwfe"}, f.estimator)
	units, n, err := codesOf(t, f.id)
	if err != nil {
		return nil, err
	}
	l.Unit, l.Units = units, n
	if err := in.periods(t, f); err != nil {
		return nil, err
	}
	if l.Outcome, err = t.Column(f.outcome).AsFloats(); err != nil {
		return nil, inFile(err, f.data)
	}
	x, err := design.Build(t, p.covariates, design.Options{})
	if err != nil {
		return nil, inFile(err, f.data)
	}
	l.Covariates, in.terms = x.Columns, x.Names
	if f.weights != "" {
		if l.Weights, err = t.Column(f.weights).AsFloats(); err != nil {
			return nil, inFile(err, f.data)
		}
	}
	if f.atRisk != "" {
		risk, null, err := t.Column(f.atRisk).AsBools()
		if err != nil {
			return nil, inFile(err, f.data)
		}
		l.AtRisk = slices.Clone(risk)
		for i, missing := range null {
			l.AtRisk[i] = l.AtRisk[i] && !missing
		}
	}
	for _, c := range p.clusters {
		k, _, err := codesOf(t, c)
		if err != nil {
			return nil, err
		}
		l.Clusters = append(l.Clusters, k)
	}
	return in, in.split(t, f, p.by)
}

func inFile(err error, file string) error {
	if e, ok := err.(*fault.Error); ok {
		return e.In(file)
	}
	return err
}

// codesOf numbers the values of a column that must not be missing, from 0 in order of appearance.
func codesOf(t *datasets.Table, name string) ([]int32, int, error) {
	c := t.Column(name)
	if n := c.Nulls(); n > 0 {
		return nil, 0, fault.Dataf("missing_key", t.File, name, "`%s` is missing in %d rows: drop them or fill it", name, n)
	}
	out := make([]int32, t.Rows)
	if c.Kind == datasets.Int64 {
		seen := make(map[int64]int32)
		for i, v := range c.Ints {
			k, ok := seen[v]
			if !ok {
				k = int32(len(seen))
				seen[v] = k
			}
			out[i] = k
		}
		return out, len(seen), nil
	}
	texts, _, err := c.AsTexts()
	if err != nil {
		return nil, 0, inFile(err, t.File)
	}
	seen := make(map[string]int32)
	for i, v := range texts {
		k, ok := seen[v]
		if !ok {
			k = int32(len(seen))
			seen[v] = k
		}
		out[i] = k
	}
	return out, len(seen), nil
}

// periods reads time and start on one scale: months where the time column holds dates or yyyymm, whole numbers otherwise.
func (in *didInput) periods(t *datasets.Table, f *didFlags) error {
	l := &in.long
	c, s := t.Column(f.time), t.Column(f.start)
	if n := c.Nulls(); n > 0 {
		return fault.Dataf("missing_key", t.File, f.time, "`%s` is missing in %d rows: drop them or fill it", f.time, n)
	}
	values, _, err := c.AsInts()
	in.months = err != nil
	if err == nil {
		in.months = true
		for _, v := range values {
			if _, ok := calendar.MonthFromInt(v); !ok {
				in.months = false
				break
			}
		}
	}
	l.Start = make([]int64, t.Rows)
	if !in.months {
		l.Time = values
		starts, null, err := s.AsInts()
		if err != nil {
			return inFile(err, t.File)
		}
		for i, v := range starts {
			if v == 0 || null != nil && null[i] {
				v = did.Never
			}
			l.Start[i] = v
		}
		return nil
	}
	months, _, err := c.AsMonths()
	if known := (*fault.Error)(nil); errors.As(err, &known) {
		// the column may hold whole numbers just as well, which the reader of months does not know
		known.Message = strings.Replace(known.Message, "must hold months", "must hold whole numbers or months", 1)
	}
	if err != nil {
		return inFile(err, t.File)
	}
	l.Time = make([]int64, t.Rows)
	for i, m := range months {
		l.Time[i] = int64(m)
	}
	// 0 is no month: take it out before reading the others as months
	if ints, null, err := s.AsInts(); err == nil {
		for i, v := range ints {
			m, ok := calendar.MonthFromInt(v)
			switch {
			case v == 0 || null != nil && null[i]:
				l.Start[i] = did.Never
			case ok:
				l.Start[i] = int64(m)
			default:
				return fault.Dataf("bad_start", t.File, f.start, "`%s` is %d in row %d, and `%s` holds months: a start is a month such as 202403, 0 or missing", f.start, v, i+1, f.time).At(int64(i + 1))
			}
		}
		return nil
	}
	starts, null, err := s.AsMonths()
	if err != nil {
		return inFile(err, t.File)
	}
	for i, m := range starts {
		l.Start[i] = int64(m)
		if null != nil && null[i] {
			l.Start[i] = did.Never
		}
	}
	return nil
}

func at[T any](c []T, rows []int) []T {
	if c == nil {
		return nil
	}
	out := make([]T, len(rows))
	for s, i := range rows {
		out[s] = c[i]
	}
	return out
}

// period is a period as people write it: months as yyyymm.
func (in *didInput) period(v int64) int64 {
	if !in.months {
		return v
	}
	m := calendar.Month(v)
	return int64(m.Year()*100 + m.Number())
}

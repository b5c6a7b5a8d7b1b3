package cli

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/design"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
)

// matchInput is the table of a match command as arrays.
type matchInput struct {
	data     matching.Data
	id       *datasets.Column
	warnings []fault.Warning
	rows     []int // of the table that were read; nil: all
}

// row is the number of a row in the table.
func (in *matchInput) row(i int) int64 {
	if in.rows != nil {
		i = in.rows[i]
	}
	return int64(i)
}

func readMatch(ctx context.Context, g *globals, f *matchFlags, p *matchPlan) (*matchInput, error) {
	names := []string{f.treatment}
	add := func(list ...string) {
		for _, n := range list {
			if n = strings.TrimSuffix(n, ":factor"); n != "" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	add(p.outcomes...)
	add(p.covariates...)
	add(p.exact...)
	add(p.antiExact...)
	for _, k := range p.calipers {
		add(k.column)
	}
	add(f.id, f.cluster, f.weights, f.sampleWeights, p.distanceColumn, f.key, f.pair, f.before)
	if err := apart(f, p); err != nil {
		return nil, err
	}
	opt, err := withMapping(datasets.ReadOptions{Columns: names, Encoding: f.encoding, Workers: g.workers, IDs: idsOf(f.id, f.cluster)}, f.mapping)
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
	in := &matchInput{}
	var before []float64
	if f.before != "" {
		if t, before, err = in.since(t, f.before); err != nil {
			return nil, err
		}
	}
	d := &in.data
	if d.Treated, err = treatment(t, f.treatment); err != nil {
		return nil, err
	}
	if n := count(d.Treated); n == 0 || n == t.Rows {
		return nil, fault.Dataf("one_group", f.data, f.treatment, "`%s` is %d in all %d rows, and an effect compares two groups; give a file with rows of both", f.treatment, min(n, 1), t.Rows)
	}
	for _, o := range p.outcomes {
		y, err := t.Column(o).AsFloats()
		if err != nil {
			return nil, inFile(err, f.data)
		}
		if before != nil {
			change := make([]float64, len(y))
			for i := range y {
				change[i] = y[i] - before[i]
			}
			y = change
		}
		d.Outcomes, d.OutcomeNames = append(d.Outcomes, y), append(d.OutcomeNames, o)
	}
	if err := in.covariates(t, p); err != nil {
		return nil, err
	}
	if d.Stratum, err = exactCells(t, p.exact); err != nil {
		return nil, err
	}
	for _, name := range p.antiExact {
		codes, err := exactCells(t, []string{name})
		if err != nil {
			return nil, err
		}
		d.AntiExact = append(d.AntiExact, codes)
	}
	for _, k := range p.calipers {
		v, err := t.Column(k.column).AsFloats()
		if err != nil {
			return nil, inFile(err, f.data)
		}
		d.Calipers = append(d.Calipers, matching.CovariateCaliper{Values: v, Max: k.most})
	}
	if err := in.units(t, f); err != nil {
		return nil, err
	}
	for _, name := range []string{f.weights, f.sampleWeights} {
		if name == "" {
			continue
		}
		if err := in.weights(t, name); err != nil {
			return nil, err
		}
	}
	if p.distanceColumn != "" {
		if d.Distance, err = t.Column(p.distanceColumn).AsFloats(); err != nil {
			return nil, inFile(err, f.data)
		}
	}
	return in, nil
}

// apart refuses flags that use a column both as what is explained and as what the rows are matched on: balance on the
// outcome would make its effect nothing, and a treatment cannot be balanced.
func apart(f *matchFlags, p *matchPlan) error {
	calipers := make([]string, len(p.calipers))
	for i, k := range p.calipers {
		calipers[i] = k.column
	}
	for _, on := range []struct {
		flag    string
		columns []string
	}{
		{"covariates", p.covariates}, {"exact", p.exact}, {"anti-exact", p.antiExact}, {"covariate-caliper", calipers},
		{"distance", []string{p.distanceColumn}}, {"weights", []string{f.weights}}, {"sample-weights", []string{f.sampleWeights}},
		{"key", []string{f.key}}, {"pair", []string{f.pair}}, {"before", []string{f.before}},
	} {
		for _, c := range on.columns {
			switch name := strings.TrimSuffix(c, ":factor"); {
			case name == f.treatment:
				return fault.Usagef("bad_flag", "`--%s` names the treatment `%s`; leave it out", on.flag, name)
			case slices.Contains(p.outcomes, name):
				return fault.Usagef("bad_flag", "`--%s` names the outcome `%s`, which comes after the treatment; leave it out", on.flag, name)
			}
		}
	}
	if slices.Contains(p.outcomes, f.treatment) {
		return fault.Usagef("bad_flag", "`--outcome` names the treatment `%s`; leave it out", f.treatment)
	}
	return nil
}

// noRows refuses a table without rows, such as a header alone.
func noRows(t *datasets.Table, file string) error {
	if t.Rows > 0 {
		return nil
	}
	return fault.Dataf("empty_table", file, "", "has no rows; export it again")
}

func count(b []bool) int {
	n := 0
	for _, x := range b {
		if x {
			n++
		}
	}
	return n
}

func idsOf(names ...string) []string {
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// treatment reads a column of 0 and 1, or of true and false.
func treatment(t *datasets.Table, name string) ([]bool, error) {
	c := t.Column(name)
	if n := c.Nulls(); n > 0 {
		return nil, fault.Dataf("missing_treatment", t.File, name, "`%s` is missing in %d rows: drop them", name, n)
	}
	v, err := c.AsFloats()
	if err != nil {
		b, _, boolErr := c.AsBools()
		if boolErr != nil {
			return nil, fault.Dataf("bad_treatment", t.File, name, "`%s` must hold 0 and 1, or true and false", name)
		}
		return b, nil
	}
	out := make([]bool, len(v))
	for i, x := range v {
		if x != 0 && x != 1 {
			return nil, fault.Dataf("bad_treatment", t.File, name, "`%s` must hold 0 and 1; row %d has %g", name, i+1, x).At(int64(i + 1))
		}
		out[i] = x == 1
	}
	return out, nil
}

// covariates builds the design, the balance columns with all levels, and the cells of coarsened and exact matching.
func (in *matchInput) covariates(t *datasets.Table, p *matchPlan) error {
	d := &in.data
	if len(p.covariates) == 0 {
		return nil
	}
	m, err := design.Build(t, p.covariates, design.Options{})
	if err != nil {
		return inFile(err, t.File)
	}
	d.X, d.Names = m.Columns, m.Names
	for _, term := range m.Terms {
		c := t.Column(term.Name)
		if !term.Factor {
			x := m.Columns[term.Columns[0]]
			d.BalanceX, d.BalanceNames = append(d.BalanceX, x), append(d.BalanceNames, term.Name)
			switch {
			case p.spec.Method == "cem":
				bins := p.cutpoints
				if bins == 0 {
					bins = matching.SturgesBins(len(x))
				}
				d.Cells = append(d.Cells, matching.Coarsen(x, bins))
			case p.spec.Method == "exact":
				codes, _, err := design.Factor(c)
				if err != nil {
					return inFile(err, t.File)
				}
				d.Cells = append(d.Cells, codes)
			}
			continue
		}
		codes, levels, err := design.Factor(c)
		if err != nil {
			return inFile(err, t.File)
		}
		d.Cells = append(d.Cells, codes)
		for k, level := range levels {
			x := make([]float64, len(codes))
			for i, code := range codes {
				if int(code) == k {
					x[i] = 1
				}
			}
			d.BalanceX, d.BalanceNames = append(d.BalanceX, x), append(d.BalanceNames, term.Name+"="+level)
		}
	}
	return nil
}

// exactCells numbers the combinations of the exact columns in the order of their values, which that of the rows has no part in (--person-max goes
// through cells in this order); nil where there are none.
func exactCells(t *datasets.Table, exact []string) ([]int32, error) {
	if len(exact) == 0 {
		return nil, nil
	}
	var columns [][]int32
	for _, name := range exact {
		c := t.Column(strings.TrimSuffix(name, ":factor"))
		if n := c.Nulls(); n > 0 {
			return nil, fault.Dataf("missing_covariate", t.File, c.Name, "`%s` is missing in %d rows: give the missing a level of their own or drop the rows", c.Name, n)
		}
		codes, _, err := design.Factor(c)
		if err != nil {
			return nil, inFile(err, t.File)
		}
		columns = append(columns, codes)
	}
	cells := matching.CellsOf(columns, t.Rows, nil)
	var first []int // row of each cell; its number is that of its appearance
	for i, c := range cells {
		if int(c) == len(first) {
			first = append(first, i)
		}
	}
	order := make([]int, len(first))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int {
		for _, c := range columns {
			if d := cmp.Compare(c[first[a]], c[first[b]]); d != 0 {
				return d
			}
		}
		return 0
	})
	place := make([]int32, len(first))
	for k, c := range order {
		place[c] = int32(k)
	}
	for i, c := range cells {
		cells[i] = place[c]
	}
	return cells, nil
}

// units reads id and cluster.
func (in *matchInput) units(t *datasets.Table, f *matchFlags) error {
	d := &in.data
	if f.id != "" {
		in.id = t.Column(f.id)
		codes, n, err := codesOf(t, f.id)
		if err != nil {
			return err
		}
		d.Key = make([]uint64, t.Rows)
		texts, _, err := in.id.AsTexts()
		if err != nil {
			return inFile(err, t.File)
		}
		seen := make([]uint64, n)
		for i, s := range texts {
			h := fnv.New64a()
			_, _ = h.Write([]byte(s))
			d.Key[i] = h.Sum64() + seen[codes[i]]*0x9e3779b97f4a7c15
			seen[codes[i]]++
		}
		if n == t.Rows && f.personMax > 0 {
			return fault.Usagef("bad_flag", "`--person-max` limits the rows of one `--id` together, and `%s` is another in every row: use `--reuse-max`", f.id)
		}
		if n < t.Rows {
			d.Unit, d.Cluster, d.Clusters = codes, codes, n
			in.warnings = append(in.warnings, fault.Warnf("id_repeats", "`%s` has %d values in %d rows: rows of one id are never matched to each other, and errors are summed by it", f.id, n, t.Rows))
		}
	}
	if f.cluster != "" {
		codes, n, err := codesOf(t, f.cluster)
		if err != nil {
			return err
		}
		d.Cluster, d.Clusters = codes, n
		if len(f.outcome) > 0 {
			in.warnings = append(in.warnings, fewClusters(f.cluster, n, t.Rows)...)
		}
	}
	if f.key != "" {
		keys, null, err := t.Column(f.key).AsInts()
		if err != nil {
			return inFile(err, t.File)
		}
		if i := slices.Index(null, true); i >= 0 {
			return fault.Dataf("missing_key", t.File, f.key, "`%s` is missing in row %d: a row without a key has no place among ties", f.key, i+1).At(int64(i + 1))
		}
		d.Key = make([]uint64, t.Rows)
		for i, k := range keys {
			d.Key[i] = uint64(k)
		}
	}
	if f.pair != "" {
		return in.pairs(t, f.pair)
	}
	return nil
}

// fewClusters warns of clusters of several rows whose errors are those of many.
func fewClusters(column string, n, rows int) []fault.Warning {
	if n >= estimate.FewClusters || n == rows {
		return nil
	}
	return []fault.Warning{fault.Warnf("few_clusters_normal", "`%s` has %d values, and these errors are not corrected for how few they are: intervals are too short; a study with `inference.cluster` has CR2 with t", column, n)}
}

// pairs numbers the pairs or sets of a column; a missing value is a row outside them.
func (in *matchInput) pairs(t *datasets.Table, name string) error {
	texts, null, err := t.Column(name).AsTexts()
	if err != nil {
		return inFile(err, t.File)
	}
	in.data.Set = make([]int32, t.Rows)
	number := map[string]int32{}
	for i, s := range texts {
		if null != nil && null[i] {
			in.data.Set[i] = -1
			continue
		}
		k, ok := number[s]
		if !ok {
			k = int32(len(number))
			number[s] = k
		}
		in.data.Set[i] = k
	}
	return nil
}

// weights multiplies the base weights by a column.
func (in *matchInput) weights(t *datasets.Table, name string) error {
	w, err := t.Column(name).AsFloats()
	if err != nil {
		return inFile(err, t.File)
	}
	if in.data.Base == nil {
		in.data.Base = make([]float64, len(w))
		for i := range w {
			in.data.Base[i] = 1
		}
	}
	bad, first := 0, -1
	for i, v := range w {
		if !(v >= 0) || v-v != 0 {
			if bad++; first < 0 {
				first = i
			}
			continue
		}
		in.data.Base[i] *= v
	}
	if bad > 0 {
		return fault.Dataf("bad_weight", t.File, name, "`%s` is missing, negative or not finite in %d rows, first in row %d: drop them", name, bad, first+1).At(int64(first + 1))
	}
	return nil
}

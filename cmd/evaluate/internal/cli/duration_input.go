package cli

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// durations is the table as the estimators take it, without the rows that lack something.
type durations struct {
	flags    *durationFlags
	in       duration.Input
	stratum  []int32
	strata   []string
	table    *datasets.Table
	row      []int64 // row of the table of each row of in
	warnings []fault.Warning
}

// durationList reads a list that quotes as CSV does.
func durationList(flag, s string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.TrimLeadingSpace = true
	list, err := r.Read()
	if err != nil {
		return nil, fault.Usagef("bad_flag", "`%s` is a list such as A,B,C, quoted as in CSV, not `%s`", flag, s)
	}
	for i, v := range list {
		if list[i] = strings.TrimSpace(v); list[i] == "" {
			return nil, fault.Usagef("bad_flag", "`%s` has an empty element in `%s`", flag, s)
		}
	}
	return list, nil
}

// durationNumbers reads a list of times, not negative, and sorts it.
func durationNumbers(flag, s string) ([]float64, error) {
	list, err := durationList(flag, s)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(list))
	for i, v := range list {
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || !(x >= 0) || math.IsInf(x, 0) {
			return nil, fault.Usagef("bad_flag", "`%s` is a list of times such as 6,12,24; `%s` is none", flag, v)
		}
		out[i] = x
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (g *globals) readDurations(ctx context.Context, f *durationFlags) (*durations, error) {
	var columns []string
	need := func(names ...string) {
		for _, n := range names {
			if n = strings.TrimSuffix(n, ":factor"); n != "" && !slices.Contains(columns, n) {
				columns = append(columns, n)
			}
		}
	}
	need(f.time, f.start, f.stop, f.event, f.by, f.weights, f.cluster, f.strata)
	need(f.coxTerms...)
	need(f.fineGrayTerms...)
	opt := datasets.ReadOptions{Columns: columns, Encoding: f.encoding, Workers: g.workers}
	if f.cluster != "" {
		opt.IDs = []string{f.cluster}
	}
	opt, err := withMapping(opt, f.mapping)
	if err != nil {
		return nil, err
	}
	table, err := g.readTable(ctx, f.data, opt)
	if err != nil {
		return nil, err
	}
	if err := noRows(table, f.data); err != nil {
		return nil, err
	}
	d := &durations{flags: f, table: table}
	return d, d.fill()
}

// fill turns columns into arrays and leaves out the rows where one of them is missing, with a warning each.
func (d *durations) fill() error {
	f := d.flags
	var used []*datasets.Column
	for _, name := range []string{f.time, f.start, f.stop, f.by, f.weights, f.cluster, f.strata} {
		if name != "" {
			used = append(used, d.table.Column(name))
		}
	}
	kept := make([]int64, 0, d.table.Rows)
	missing := make([]int, len(used))
rows:
	for i := range d.table.Rows {
		for k, c := range used {
			if c.Missing(i) {
				missing[k]++
				continue rows
			}
		}
		kept = append(kept, int64(i))
	}
	d.row = kept
	for k, n := range missing {
		if n > 0 {
			d.warnings = append(d.warnings, fault.Warnf("rows_left_out", "`%s` is missing in %d rows; they were left out", used[k].Name, n))
		}
	}
	if len(kept) == 0 {
		return fault.Dataf("no_rows", f.data, "", "there are no rows with a duration; check the file and the column `%s`", f.time+f.stop)
	}
	var err error
	if d.in.Time, err = d.numbers(f.time + f.stop); err != nil {
		return err
	}
	if f.start != "" {
		if d.in.Start, err = d.numbers(f.start); err != nil {
			return err
		}
	}
	if f.weights != "" {
		if d.in.Weight, err = d.numbers(f.weights); err != nil {
			return err
		}
	}
	if err := d.events(); err != nil {
		return err
	}
	if f.by != "" {
		d.in.Group, d.in.Groups = d.levels(f.by)
	}
	if f.strata != "" {
		d.stratum, d.strata = d.levels(f.strata)
	}
	if f.cluster != "" {
		var names []string
		d.in.Cluster, names = d.levels(f.cluster)
		d.in.Clusters = len(names)
	}
	return nil
}

// numbers is a numeric column at the rows that were kept.
func (d *durations) numbers(name string) ([]float64, error) {
	c := d.table.Column(name)
	out := make([]float64, len(d.row))
	switch c.Kind {
	case datasets.Int64:
		for k, i := range d.row {
			out[k] = float64(c.Ints[i])
		}
	case datasets.Float64:
		for k, i := range d.row {
			out[k] = c.Floats[i]
		}
	case datasets.Bool:
		for k, i := range d.row {
			if c.Bools[i] {
				out[k] = 1
			}
		}
	default:
		return nil, fault.Dataf("wrong_type", d.flags.data, name, "column `%s` is %s; a number is needed", name, c.Kind)
	}
	return out, nil
}

// text is the value of a row as it is written.
func durationText(c *datasets.Column, i int64) string {
	switch c.Kind {
	case datasets.Int64, datasets.Timestamp:
		return strconv.FormatInt(c.Ints[i], 10)
	case datasets.Float64:
		return strconv.FormatFloat(c.Floats[i], 'g', -1, 64)
	case datasets.Bool:
		return strconv.FormatBool(c.Bools[i])
	case datasets.Date:
		return c.Dates[i].String()
	}
	return c.Text(int(i))
}

// levels numbers the values of a column: numbers in their order, other values by bytes.
func (d *durations) levels(name string) (number []int32, names []string) {
	return durationLevels(d.table.Column(name), d.row)
}

func durationLevels(c *datasets.Column, rows []int64) (number []int32, names []string) {
	number = make([]int32, len(rows))
	if c.Kind == datasets.String { // without a text a row
		place := make([]int32, len(c.Levels))
		for _, i := range rows {
			place[c.Codes[i]] = 1
		}
		for code, used := range place {
			if used > 0 {
				names = append(names, c.Levels[code])
			}
		}
		slices.Sort(names)
		for code, level := range c.Levels {
			k, _ := slices.BinarySearch(names, level)
			place[code] = int32(k)
		}
		for k, i := range rows {
			number[k] = place[c.Codes[i]]
		}
		return number, names
	}
	key := func(i int64) float64 {
		switch c.Kind {
		case datasets.Float64:
			return c.Floats[i]
		case datasets.Bool:
			if c.Bools[i] {
				return 1
			}
			return 0
		case datasets.Date:
			return float64(c.Dates[i])
		}
		return 0
	}
	if c.Kind == datasets.Int64 || c.Kind == datasets.Timestamp {
		values := make([]int64, len(rows))
		for k, i := range rows {
			values[k] = c.Ints[i]
		}
		slices.Sort(values)
		values = slices.Compact(values)
		index := make(map[int64]int32, len(values))
		for k, v := range values {
			index[v] = int32(k)
			names = append(names, strconv.FormatInt(v, 10))
		}
		for k, i := range rows {
			number[k] = index[c.Ints[i]]
		}
		return number, names
	}
	index := map[float64]int32{}
	var values []float64
	first := map[float64]int64{}
	for _, i := range rows {
		v := key(i)
		if _, ok := first[v]; !ok {
			first[v] = i
			values = append(values, v)
		}
	}
	slices.Sort(values)
	for k, v := range values {
		index[v] = int32(k)
		names = append(names, durationText(c, first[v]))
	}
	for k, i := range rows {
		number[k] = index[key(i)]
	}
	return number, names
}

// events reads the event column: what is censored, and the names of the states in the order of their values.
func (d *durations) events() error {
	c := d.table.Column(d.flags.event)
	present := make([]int64, 0, len(d.row))
	place := make([]int, 0, len(d.row))
	for k, i := range d.row {
		if !c.Missing(int(i)) {
			present, place = append(present, i), append(place, k)
		}
	}
	number, names := durationLevels(c, present)
	state := make([]int32, len(names))
	any := false
	censored := func(name string) bool {
		if d.flags.censoredValues != nil {
			return slices.Contains(d.flags.censoredValues, name)
		}
		return name == "0" || name == "" || name == "false"
	}
	for _, v := range d.flags.censoredValues {
		if !slices.Contains(names, v) {
			d.warnings = append(d.warnings, fault.Warnf("no_such_value", "`--censored %s`: column `%s` has no such value", v, d.flags.event))
		}
	}
	for k, name := range names {
		if censored(name) {
			any = true
		} else {
			d.in.States = append(d.in.States, name)
			state[k] = int32(len(d.in.States))
		}
	}
	if !any && len(present) == len(d.row) && d.flags.censoredValues == nil {
		d.guessCensored(names, state)
	}
	if len(d.in.States) == 1 { // a number is no name
		if _, err := strconv.ParseFloat(d.in.States[0], 64); err == nil || d.in.States[0] == "true" {
			d.in.States[0] = "event"
		}
	}
	if len(d.in.States) == 0 {
		d.in.States = []string{"event"}
	}
	d.in.Event = make([]int32, len(d.row))
	for k, n := range number {
		d.in.Event[place[k]] = state[n]
	}
	return nil
}

// guessCensored looks at a column in which nothing is censored by the rule: 1 and 2 is how R's Surv codes censored and
// event, and no state is called censored. Both are said aloud.
func (d *durations) guessCensored(names []string, state []int32) {
	kind := d.table.Column(d.flags.event).Kind
	if (kind == datasets.Int64 || kind == datasets.Float64) && slices.Equal(names, []string{"1", "2"}) {
		state[0], state[1] = 0, 1
		d.in.States = []string{"event"}
		d.warnings = append(d.warnings, fault.Warnf("censored_guessed",
			"column `%s` holds 1 and 2 and nothing else: 1 was read as censored and 2 as the event, as R's Surv does; `--censored 1` says so, names instead of numbers make two states", d.flags.event))
		return
	}
	for k, name := range names {
		switch strings.ToLower(name) {
		case "censor", "censored", "cens", "none", "sensurert", "ingen":
			d.in.States = slices.Delete(d.in.States, k, k+1)
			for j := range state {
				if state[j] > state[k] {
					state[j]--
				}
			}
			state[k] = 0
			d.warnings = append(d.warnings, fault.Warnf("censored_guessed", "`%s` in column `%s` was read as censored; `--censored %s` says so", name, d.flags.event, name))
			return
		}
	}
}

// stateNumber is the number of --state, 0 for any.
func (d *durations) stateNumber() (int, error) {
	if d.flags.state == "" {
		return 0, nil
	}
	for k, s := range d.in.States {
		if s == d.flags.state {
			return k + 1, nil
		}
	}
	return 0, fault.Usagef("bad_flag", "`--state %s`: the states are %s%s", d.flags.state, strings.Join(d.in.States, ", "), fault.Suggest(d.flags.state, d.in.States))
}

// covariates makes the columns of a regression and the rows it can use: text and COL:factor become indicators of all
// levels but the first, named column=level. Rows where one is missing are left out.
func (d *durations) covariates(terms []string) (x duration.Covariates, rows []int, err error) {
	columns := make([]*datasets.Column, len(terms))
	factor := make([]bool, len(terms))
	for k, t := range terms {
		name, asked := strings.CutSuffix(t, ":factor")
		columns[k] = d.table.Column(name)
		switch columns[k].Kind {
		case datasets.String:
			factor[k] = true
		case datasets.Int64, datasets.Float64, datasets.Bool:
			factor[k] = asked
		default:
			return x, nil, fault.Dataf("wrong_type", d.flags.data, name, "column `%s` is %s; a covariate is a number or a text", name, columns[k].Kind)
		}
	}
	missing := make([]int, len(terms))
	for k, i := range d.row {
		whole := true
		for j, c := range columns {
			if c.Missing(int(i)) {
				missing[j]++
				whole = false
				break
			}
		}
		if whole {
			rows = append(rows, k)
		}
	}
	for j, n := range missing {
		if n > 0 {
			d.warnings = append(d.warnings, fault.Warnf("rows_left_out", "`%s` is missing in %d rows; they were left out of the regression", columns[j].Name, n))
		}
	}
	if len(rows) == 0 {
		return x, nil, fault.Dataf("no_rows", d.flags.data, "", "no row has all the covariates %s", strings.Join(terms, ", "))
	}
	at := make([]int64, len(rows))
	for k, r := range rows {
		at[k] = d.row[r]
	}
	for j, c := range columns {
		if !factor[j] {
			values := make([]float64, len(at))
			for k, i := range at {
				switch c.Kind {
				case datasets.Int64:
					values[k] = float64(c.Ints[i])
				case datasets.Float64:
					values[k] = c.Floats[i]
				case datasets.Bool:
					if c.Bools[i] {
						values[k] = 1
					}
				}
			}
			x.Names, x.Columns, x.Terms = append(x.Names, c.Name), append(x.Columns, values), append(x.Terms, c.Name)
			continue
		}
		number, names := durationLevels(c, at)
		if len(names) > 1000 {
			return x, nil, fault.Dataf("too_many_levels", d.flags.data, c.Name, "column `%s` has %d levels as a factor; group them first", c.Name, len(names))
		}
		for l := 1; l < len(names); l++ {
			values := make([]float64, len(at))
			for k, n := range number {
				if int(n) == l {
					values[k] = 1
				}
			}
			x.Names, x.Columns, x.Terms = append(x.Names, fmt.Sprintf("%s=%s", c.Name, names[l])), append(x.Columns, values), append(x.Terms, c.Name)
		}
		if len(names) == 1 {
			d.warnings = append(d.warnings, fault.Warnf("singular", "`%s` has one level only; it was left out", c.Name))
		}
	}
	if len(x.Names) == 0 {
		return x, nil, fault.Dataf("no_covariates", d.flags.data, "", "none of the covariates %s varies", strings.Join(terms, ", "))
	}
	return x, rows, nil
}

// take is the input at some of its rows.
func durationTake(in duration.Input, stratum []int32, rows []int) (duration.Input, []int32) {
	if len(rows) == len(in.Time) {
		return in, stratum
	}
	out := in
	out.Time, out.Start, out.Weight = pick(in.Time, rows), pick(in.Start, rows), pick(in.Weight, rows)
	out.Event, out.Group, out.Cluster = pick(in.Event, rows), pick(in.Group, rows), pick(in.Cluster, rows)
	return out, pick(stratum, rows)
}

func pick[T any](values []T, rows []int) []T {
	if values == nil {
		return nil
	}
	out := make([]T, len(rows))
	for k, i := range rows {
		out[k] = values[i]
	}
	return out
}

// Package validity asks of whole studies what a referee asks of a method: on registers whose truth is known, do the
// intervals cover it as often as they claim, and do they fail when an assumption does.
package validity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
	"tiltakseffekt/internal/fault"
)

// Options of a coverage experiment; the zero value of a field is its default, where the experiment names no other.
type Options struct {
	Registers      int    // simulated registers; default 200
	Persons        int    // in each; default 5,000
	Scenario       string // of simulate; default "default"
	IgnoreStartDay bool   // turn the start-day rule off
	LaterEntry     string // of the comparison: follow (default); censor, whose truth is the path without any later start; WaitUntil or StartBy
	Month          int    // after the start month; default 24
	Slope          bool   // the slope of effects in local unemployment instead; it needs SlopeScenario
	Bands          bool   // count the simultaneous bands over months 1…Month too; every month is then estimated
	Methods        []string
	Seed           uint64 // register i has seed Seed + i; default 1
	Workers        int
	Progress       func(done, total float64, what string)
}

// defaults fills the fields that are zero; how many registers of how many persons, and which methods, is the experiment's.
func (o *Options) defaults(registers, persons int, methods ...string) {
	o.Registers, o.Persons = cmp.Or(o.Registers, registers), cmp.Or(o.Persons, persons)
	o.Month, o.Seed, o.LaterEntry = cmp.Or(o.Month, 24), cmp.Or(o.Seed, 1), cmp.Or(o.LaterEntry, "follow")
	if o.Methods == nil {
		o.Methods = methods
	}
}

// check refuses fewer registers than an experiment needs, and months that the simulated years do not hold.
func (o *Options) check(least int) error {
	if o.Registers < least || o.Month < 6 || o.Month > 24 {
		return fault.Usagef("bad_flag", "`--registers` must be at least %d, not %d, and `--month` between 6 and 24, not %d", least, o.Registers, o.Month)
	}
	return nil
}

// Row is how a method did on one tiltak × outcome over all registers, or, with Tiltak and Outcome empty, over all of them.
type Row struct {
	Method, Tiltak, Outcome string
	Estimates               int     // registers with an estimate
	Missing                 int     // registers without
	Truth                   float64 // mean true effect on the starts analysed
	Bias                    float64 // mean of estimate − truth
	SD                      float64 // of estimate − truth
	StdError                float64 // root mean square of the standard errors
	Coverage                float64 // share of 95 % intervals with the truth of the starts analysed
	CoverageUsed            float64 // the same for the truth of the starts that the method kept
	Band                    float64 // share of bands with the truth of every month; NaN without Options.Bands
	Pointwise               float64 // share of series all of whose pointwise intervals hold the truth
	MonteCarloBand          float64
	MonteCarlo              float64 // standard error of Coverage: of independent intervals for a cell; for a pooled row, of registers
}

// Table is the result of an experiment: one row a method × tiltak × outcome, then one row a method over all.
type Table struct {
	Options Options
	Cells   []Row
	Pooled  []Row
}

// Lowest is the lowest coverage of a cell of a method; NaN where it has none.
func (t *Table) Lowest(method string) float64 {
	lowest := math.NaN()
	for _, c := range t.Cells {
		if c.Method == method && !(lowest <= c.Coverage) {
			lowest = c.Coverage
		}
	}
	return lowest
}

// study is what each register is asked; the group is everybody.
const study = `
study: coverage
data: {register: memory}
population: {from: 2019-01, to: 2021-12}
tiltak: all
groups: [alle]
outcomes:
  - {id: arbeid, kind: work, position: 1}
  - {id: stabilt_arbeid, kind: stable_work, position: 50, months: 6, of: 6}
  - {id: lonn, kind: earnings}
disclosure: {min_cell: 5}
sensitivity: none
`

// The comparisons of those who start early in the spell with waiting, as Options.LaterEntry names them: with starting nothing
// before month late[0], and with starting the same in months late[0] to late[1], of the spell.
const (
	WaitUntil = "wait-until"
	StartBy   = "start-by"
)

var early, late = [2]int{1, 3}, [2]int{7, 12}

// trialOf is one interval beside its truth.
type trialOf struct {
	method, tiltak, outcome       string
	register                      int
	estimate, stdError, low, high float64
	truth, truthUsed              float64

	months          int // with a band and a truth
	band, pointwise bool
}

// Coverage runs the experiment. The result does not depend on the number of workers.
func Coverage(ctx context.Context, opt Options) (*Table, error) {
	opt.defaults(200, 5000, "nearest", "ebal")
	if err := opt.check(1); err != nil {
		return nil, err
	}
	ask := one
	if opt.Slope {
		ask = slopesOf
	}
	found, err := onRegisters(ctx, opt, func(i int) ([]trialOf, error) { return ask(ctx, opt, i) })
	if err != nil {
		return nil, err
	}
	return tabulate(opt, slices.Concat(found...)), nil
}

// one simulates a register, runs the study on it and puts the truth beside each interval.
func one(ctx context.Context, opt Options, i int) ([]trialOf, error) {
	population, comparison := "", "later_entry: "+opt.LaterEntry
	switch opt.LaterEntry {
	case WaitUntil, StartBy:
		population, comparison = fmt.Sprintf(", elapsed: [%d, %d]", early[0], early[1]), fmt.Sprintf("later_entry: censor, wait_until: %d", late[0])
		if opt.LaterEntry == StartBy {
			comparison += fmt.Sprintf(", start_by: %d", late[1])
		}
	}
	reg, sim, err := simulated(ctx, opt, opt.Scenario, i, true)
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, "%shorizon: %d\ncomparison: {%s}\nmethods: [%s]\ninference: {family: {outcome: arbeid, month: %d, method: %s, over: [tiltak, group]}}\n",
		strings.Replace(study, "2021-12", "2021-12"+population, 1), opt.Month, comparison, methodsOf(opt.Methods), opt.Month, opt.Methods[0]))
	if err != nil {
		return nil, err
	}
	s.IgnoreStart = opt.IgnoreStartDay
	if !opt.Bands {
		s.OnlyMonths = []int{opt.Month}
	}
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	var known *truth.Truth
	if sim.Waited != nil {
		known, err = truth.Waited(reg, sim)
	} else {
		known, err = truth.New(reg, sim.Paths)
	}
	if err != nil {
		return nil, err
	}
	defs := map[string]*outcome.Definition{}
	for k, o := range s.Outcomes {
		defs[o.ID] = out.Outcomes[k]
	}
	var trials []trialOf
	for _, c := range out.Cells {
		t := trialOf{method: c.Method, tiltak: c.Tiltak, outcome: c.Outcome, register: i, estimate: math.NaN()}
		for _, e := range out.Tables.Estimates {
			if e.Tiltak == c.Tiltak && e.Method == c.Method && e.Outcome == c.Outcome && *e.Month == opt.Month {
				t.estimate, t.stdError, t.low, t.high = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh
			}
		}
		for _, k := range []struct {
			starts []int32
			weight []float64
			to     *float64
		}{{c.Analysed, nil, &t.truth}, {c.Used, c.Weight, &t.truthUsed}} {
			effects, err := known.Weighted(defs[c.Outcome], k.starts, k.weight, reference(opt.LaterEntry), opt.Month)
			if err != nil {
				return nil, err
			}
			*k.to = effects[opt.Month-1]
			if k.to != &t.truth {
				continue
			}
			t.band, t.pointwise = true, true
			for _, e := range out.Tables.Estimates {
				if e.Tiltak != c.Tiltak || e.Method != c.Method || e.Outcome != c.Outcome || math.IsNaN(e.BandLow) {
					continue
				}
				if v := effects[*e.Month-1]; v == v {
					t.months++
					t.band = t.band && e.BandLow <= v && v <= e.BandHigh
					t.pointwise = t.pointwise && e.ConfLow <= v && v <= e.ConfHigh
				}
			}
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// reference is the path that is the truth of a study: without the start and later starts as they come, or without any; of lives
// that wait, with any starts after that or with the same.
func reference(laterEntry string) simulate.Which {
	if laterEntry == "censor" || laterEntry == StartBy {
		return simulate.None
	}
	return simulate.Follow
}

// methodsOf writes methods for a study: did+nearest is difference-in-differences of matched rows.
func methodsOf(names []string) string {
	var out []string
	for _, name := range names {
		if v, ok := Variants[name]; ok {
			name = fmt.Sprintf("{id: %s, %s}", name, v)
		} else if method, match, ok := strings.Cut(name, "+"); ok {
			name = fmt.Sprintf("{id: %s, name: %s, match: %s}", name, method, match)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// tabulate sums the intervals up, by cell and by method.
func tabulate(opt Options, trials []trialOf) *Table {
	t := &Table{Options: opt}
	slices.SortStableFunc(trials, func(a, b trialOf) int {
		return cmp.Or(cmp.Compare(slices.Index(opt.Methods, a.method), slices.Index(opt.Methods, b.method)), cmp.Compare(a.tiltak, b.tiltak),
			cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.register, b.register))
	})
	same := func(a, b trialOf) bool { return a.method == b.method && a.tiltak == b.tiltak && a.outcome == b.outcome }
	for i := 0; i < len(trials); {
		j := i
		for j < len(trials) && same(trials[i], trials[j]) {
			j++
		}
		row := sum(trials[i:j])
		row.Tiltak, row.Outcome = trials[i].tiltak, trials[i].outcome
		t.Cells = append(t.Cells, row)
		i = j
	}
	for _, m := range opt.Methods {
		var of []trialOf
		for _, x := range trials {
			if x.method == m {
				of = append(of, x)
			}
		}
		row := sum(of)
		row.Bias, row.SD, row.StdError, row.Truth = math.NaN(), math.NaN(), math.NaN(), math.NaN() // outcomes of different units
		t.Pooled = append(t.Pooled, row)
	}
	return t
}

// sum is a row from intervals. The Monte Carlo error takes the intervals of one register as dependent: it is the standard
// deviation over registers of their mean coverage, over √registers.
func sum(trials []trialOf) Row {
	var r Row
	if len(trials) > 0 {
		r.Method = trials[0].method
	}
	byRegister, bandsOf := map[int][2]float64{}, map[int][2]float64{}
	bands := 0.
	var errors, squares float64
	for _, t := range trials {
		if math.IsNaN(t.stdError) || math.IsNaN(t.estimate) || math.IsNaN(t.truth) {
			r.Missing++
			continue
		}
		r.Estimates++
		r.Truth += t.truth
		d := t.estimate - t.truth
		errors += d
		squares += d * d
		r.StdError += t.stdError * t.stdError
		c := byRegister[t.register]
		c[1]++
		if t.low <= t.truth && t.truth <= t.high {
			r.Coverage++
			c[0]++
		}
		if t.low <= t.truthUsed && t.truthUsed <= t.high {
			r.CoverageUsed++
		}
		byRegister[t.register] = c
		if t.months > 0 {
			bands++
			b := bandsOf[t.register]
			b[1]++
			if t.band {
				r.Band++
				b[0]++
			}
			if t.pointwise {
				r.Pointwise++
			}
			bandsOf[t.register] = b
		}
	}
	n := float64(r.Estimates)
	r.Truth /= n
	r.Bias = errors / n
	r.SD = math.Sqrt((squares - errors*errors/n) / (n - 1))
	r.StdError = math.Sqrt(r.StdError / n)
	r.Coverage /= n
	r.CoverageUsed /= n
	r.MonteCarlo = clusteredError(byRegister, r.Coverage, n)
	r.Band, r.Pointwise = r.Band/bands, r.Pointwise/bands
	r.MonteCarloBand = clusteredError(bandsOf, r.Band, bands)
	return r
}

// clusteredError is the standard error of a share of n, with the cases of a register (hits, cases) dependent.
func clusteredError(byRegister map[int][2]float64, share, n float64) float64 {
	k := float64(len(byRegister))
	variance := 0.
	for _, i := range sortedKeys(byRegister) {
		c := byRegister[i]
		d := c[0] - share*c[1]
		variance += d * d
	}
	return math.Sqrt(variance*k/(k-1)) / n
}

func sortedKeys(m map[int][2]float64) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

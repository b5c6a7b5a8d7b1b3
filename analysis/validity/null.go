package validity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/results"
)

// NullRow is how often a family of a study finds something, at 5 %, on registers where no tiltak does anything.
type NullRow struct {
	Method     string // of the family; "all" where it runs over methods
	Outcome    string // of the family; "all" where it runs over outcomes
	Over       string
	Correction string // none | bh | holm | simultaneous | band
	Registers  int
	Members    float64 // mean number of figures in a family
	Found      float64 // share of registers with a figure under 5 %; of band the share of series whose band leaves 0 in some month
	MonteCarlo float64 // √(0.05·0.95/registers) of a family; of band of the series of a register taken together
}

// nullScenario is the register of simulate in which the truth of every outcome in ordinary work is 0.
const nullScenario = "no-effect"

// nullStudy is the study on null registers: all tiltak, overlapping groups and the three outcomes that a study has by default.
const nullStudy = `study: nulls
data: {register: memory}
population: {from: 2019-01, to: 2021-12}
tiltak: all
groups: [alle, unge, lav_utdanning]
sensitivity: none
placebo: off
horizon: %d
methods: [%s]
inference: {multiplicity: simultaneous, family: {month: %d, over: [tiltak, group, outcome, method]}}
`

// Nulls runs a study (all tiltak, three overlapping groups, three outcomes, months 1 to Options.Month) on many registers without any
// effect and counts families that find one. Every member of a family is false, so that holm and simultaneous must find something
// in at most 5 % of the registers, and so must bh, whose false discovery rate then is the family-wise error rate. The result
// does not depend on the number of workers.
func Nulls(ctx context.Context, opt Options) ([]NullRow, error) {
	opt.defaults(200, 5000, "nearest", "ebal")
	if err := opt.check(2); err != nil {
		return nil, err
	}
	found, err := onRegisters(ctx, opt, func(i int) ([]nullFinding, error) { return nullsOf(ctx, opt, i) })
	if err != nil {
		return nil, err
	}
	return countNulls(found), nil
}

// nullFinding is what one register says of one family or set of bands.
type nullFinding struct {
	method, outcome, over, correction string
	members, found                    int
}

func nullsOf(ctx context.Context, opt Options, i int) ([]nullFinding, error) {
	reg, _, err := simulated(ctx, opt, nullScenario, i, false)
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, nullStudy, opt.Month, methodsOf(opt.Methods), opt.Month))
	if err != nil {
		return nil, err
	}
	s.FiguresOnly = true
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	var all []nullFinding
	family := func(f analysis.Family, correction string) {
		in := s.Inference
		in.Multiplicity, in.Family = correction, &f
		n := nullFinding{method: cmp.Or(f.Method, "all"), outcome: cmp.Or(f.Outcome, "all"), over: strings.Join(f.Over, " × "), correction: correction}
		for _, e := range out.Readjusted(in, opt.Seed+uint64(i)) {
			if e.Family == "" {
				continue
			}
			n.members++
			if e.PAdjusted < 1-in.Level {
				n.found++
			}
		}
		all = append(all, n)
	}
	for _, m := range opt.Methods {
		for _, o := range s.Outcomes {
			all = append(all, uncorrected(out.Tables.Estimates, m, o.ID, opt.Month))
			for _, c := range nullCorrections {
				family(analysis.Family{Outcome: o.ID, Month: opt.Month, Method: m, Over: []string{"tiltak", "group"}}, c)
			}
			all = append(all, bandsAround(out.Tables.Estimates, m, o.ID, opt.Month))
		}
	}
	for _, c := range nullCorrections {
		family(analysis.Family{Month: opt.Month, Over: s.Inference.Family.Over}, c)
	}
	return all, nil
}

// nullCorrections are the corrections that are tried.
var nullCorrections = []string{"bh", "holm", "simultaneous"}

// uncorrected counts the figures of a method and outcome at a month whose own p-value is under 5 %.
func uncorrected(rows []results.Estimate, method, outcome string, month int) nullFinding {
	f := nullFinding{method: method, outcome: outcome, over: "tiltak × group", correction: "none"}
	for i := range rows {
		e := &rows[i]
		if e.Method == method && e.Outcome == outcome && e.Month != nil && *e.Month == month && !math.IsNaN(e.PValue) {
			f.members++
			if e.PValue < 0.05 {
				f.found++
			}
		}
	}
	return f
}

// bandsAround counts the series of a method and outcome whose simultaneous band leaves 0 in some month.
func bandsAround(rows []results.Estimate, method, outcome string, month int) nullFinding {
	f := nullFinding{method: method, outcome: outcome, over: fmt.Sprintf("months 1 to %d", month), correction: "band"}
	series := map[[2]string]bool{}
	for i := range rows {
		e := &rows[i]
		if e.Method == method && e.Outcome == outcome && e.Month != nil && !math.IsNaN(e.BandLow) {
			k := [2]string{e.Tiltak, e.Group}
			series[k] = series[k] || e.BandLow > 0 || e.BandHigh < 0
		}
	}
	f.members = len(series)
	for _, outside := range series {
		if outside {
			f.found++
		}
	}
	return f
}

// countNulls sums up over registers, in the order of the first.
func countNulls(registers [][]nullFinding) []NullRow {
	var rows []NullRow
	for k, first := range registers[0] {
		row := NullRow{Method: first.method, Outcome: first.outcome, Over: first.over, Correction: first.correction}
		byRegister := map[int][2]float64{}
		series := 0.
		for i, of := range registers {
			f := of[k]
			if f.members == 0 {
				continue
			}
			row.Registers++
			row.Members += float64(f.members)
			if f.correction == "band" {
				byRegister[i] = [2]float64{float64(f.found), float64(f.members)}
				series += float64(f.members)
				row.Found += float64(f.found)
			} else if f.found > 0 {
				row.Found++
			}
		}
		n := float64(row.Registers)
		row.Members /= n
		if row.Correction == "band" {
			row.Found /= series
			row.MonteCarlo = clusteredError(byRegister, row.Found, series)
		} else {
			row.Found /= n
			row.MonteCarlo = math.Sqrt(0.05 * 0.95 / n)
		}
		rows = append(rows, row)
	}
	return rows
}

// NullsHold tells whether every family of holm and simultaneous, and every set of bands, keeps to 5 % and two Monte Carlo errors.
func NullsHold(rows []NullRow) bool {
	return !slices.ContainsFunc(rows, func(r NullRow) bool {
		return slices.Contains([]string{"holm", "simultaneous", "band"}, r.Correction) && !(r.Found <= 0.05+2*r.MonteCarlo)
	})
}

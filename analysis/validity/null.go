package validity

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// NullRow is how often a family of a study finds something, at 5 %, on registers where no tiltak does anything.
type NullRow struct {
	Method     string // of the family; "all" where it runs over methods
	Over       string
	Correction string // none | bh | holm | simultaneous | band
	Registers  int
	Members    float64 // mean number of figures in a family
	Found      float64 // share of registers with a figure under 5 %; of band the share of series whose band leaves 0 in some month
	MonteCarlo float64 // √(0.05·0.95/registers) of a family; of band of the series of a register taken together
}

// nullScenario is the register of simulate in which the truth of every outcome in ordinary work is 0.
const nullScenario = "no-effect"

// nullGroups are the groups of the study on null registers: overlapping ones, as a study has them.
const nullGroups = "[alle, unge, lav_utdanning]"

// Nulls runs a study (all tiltak, three overlapping groups, one outcome, months 1 to Options.Month) on many registers without any
// effect and counts families that find one. Every member of a family is false, so that holm and simultaneous must find something
// in at most 5 % of the registers, and so must bh, whose false discovery rate then is the family-wise error rate. The result
// does not depend on the number of workers.
func Nulls(ctx context.Context, opt Options) ([]NullRow, error) {
	if opt.Seed == 0 {
		opt.Seed = 1
	}
	if opt.Methods == nil {
		opt.Methods = []string{"nearest", "ebal"}
	}
	if opt.Registers < 2 || opt.Month < 6 || opt.Month > 24 {
		return nil, fault.Usagef("bad_flag", "`--registers` must be at least 2 and `--month` between 6 and 24")
	}
	found := make([][]nullFinding, opt.Registers)
	var mu sync.Mutex
	done := 0
	if err := parallel.For(ctx, opt.Workers, opt.Registers, func(i int) error {
		var err error
		if found[i], err = nullsOf(ctx, opt, i); err != nil {
			return fmt.Errorf("register %d: %w", i, err)
		}
		if opt.Progress != nil {
			mu.Lock()
			done++
			opt.Progress(float64(done), float64(opt.Registers), "registers")
			mu.Unlock()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return countNulls(found), nil
}

// nullFinding is what one register says of one family or set of bands.
type nullFinding struct {
	method, over, correction string
	members, found           int
}

func nullsOf(ctx context.Context, opt Options, i int) ([]nullFinding, error) {
	sim, err := simulate.Generate(ctx, simulate.Options{Persons: opt.Persons, Seed: opt.Seed + uint64(i), Scenario: nullScenario, Workers: 1})
	if err != nil {
		return nil, err
	}
	reg, err := register.FromTables(ctx, sim.Tables, register.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, `study: nulls
data: {register: memory}
population: {from: 2019-01, to: 2021-12}
tiltak: all
groups: %s
outcomes: [{id: arbeid, kind: work, position: 1}]
sensitivity: none
placebo: off
horizon: %d
methods: [%s]
inference: {multiplicity: simultaneous, family: {outcome: arbeid, month: %d, over: [tiltak, group, method]}}
`, nullGroups, opt.Month, methodsOf(opt.Methods), opt.Month))
	if err != nil {
		return nil, err
	}
	s.FiguresOnly = true
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	var all []nullFinding
	family := func(method string, over []string, correction string) {
		in := s.Inference
		in.Multiplicity = correction
		in.Family = &analysis.Family{Outcome: "arbeid", Month: opt.Month, Over: over}
		f := nullFinding{method: "all", over: strings.Join(over, " × "), correction: correction}
		if method != "" {
			f.method, in.Family.Method = method, method
		}
		for _, e := range out.Readjusted(in, opt.Seed+uint64(i)) {
			if e.Family == "" {
				continue
			}
			f.members++
			if e.PAdjusted < 1-in.Level {
				f.found++
			}
		}
		all = append(all, f)
	}
	uncorrected := func(method string) {
		f := nullFinding{method: method, over: "tiltak × group", correction: "none"}
		for _, e := range out.Tables.Estimates {
			if e.Method == method && e.Month != nil && *e.Month == opt.Month && !math.IsNaN(e.PValue) {
				f.members++
				if e.PValue < 0.05 {
					f.found++
				}
			}
		}
		all = append(all, f)
	}
	for _, m := range opt.Methods {
		uncorrected(m)
		for _, c := range []string{"bh", "holm", "simultaneous"} {
			family(m, []string{"tiltak", "group"}, c)
		}
		series := map[[2]string]bool{}
		for _, e := range out.Tables.Estimates {
			if e.Method == m && e.Month != nil && !math.IsNaN(e.BandLow) {
				k := [2]string{e.Tiltak, e.Group}
				series[k] = series[k] || e.BandLow > 0 || e.BandHigh < 0
			}
		}
		f := nullFinding{method: m, over: fmt.Sprintf("months 1 to %d", opt.Month), correction: "band", members: len(series)}
		for _, outside := range series {
			if outside {
				f.found++
			}
		}
		all = append(all, f)
	}
	if len(opt.Methods) > 1 {
		for _, c := range []string{"bh", "holm", "simultaneous"} {
			family("", []string{"tiltak", "group", "method"}, c)
		}
	}
	return all, nil
}

// countNulls sums up over registers, in the order of the first.
func countNulls(registers [][]nullFinding) []NullRow {
	var rows []NullRow
	for k, first := range registers[0] {
		row := NullRow{Method: first.method, Over: first.over, Correction: first.correction}
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

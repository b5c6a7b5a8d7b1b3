package register

import (
	"fmt"
	"math"

	"tiltakseffekt/internal/fault"
)

// leastPercent is the percent of full time at and under which an extent is impossible: 1 in a column of percent is a share
// of 1 that has come from another system, and so is what lies between 0 and 1.
const leastPercent = 1

// percents are the columns of a table that hold percent, with those whose values are shares (0–1) instead. Read as percent
// they would make every participation one of 1 % of full time, or a subsidy of 0.6 % of the wage, without a word.
type percents struct {
	share     map[string]bool
	converted *rule // nil where no column is a share
}

// percentColumns finds the columns that are shares, by the same test as stillingsprosent: no value is over 1, and some
// lies between 0 and 1, or fullTime of them or more are 1. They are refused (status 3), or with Rules.ConvertShares
// multiplied by 100.
func (b *builder) percentColumns(table string, parts []Part, names ...string) (*percents, error) {
	p := &percents{share: map[string]bool{}, converted: b.ledger.rule(table, "share_converted", Changed)}
	for _, name := range names {
		var seen shares
		for _, part := range parts {
			f := numberColumns{file: b.file(table), t: part.Table}
			value := f.read(name)
			if f.err != nil {
				return nil, f.err
			}
			scaled := make([]float64, part.Table.Rows)
			for i := range scaled {
				if v := value(i); v == v {
					scaled[i] = v * hundredths
				}
			}
			seen.look(make([]int32, len(scaled)), scaled, part.Row)
		}
		if !seen.found() {
			continue
		}
		if !b.opt.Rules.ConvertShares {
			over := fmt.Sprintf("all %d values of `%s` over 0 are", seen.rows, name)
			if seen.rows == 1 {
				over = fmt.Sprintf("the only value of `%s` over 0 is", name)
			}
			return nil, fault.Dataf("percent_share", b.file(table), name, "%s at most 1 (the first in data row %d), which looks like shares, and it is read as percent; multiply the column by 100, or set `data.rules.convert_shares: true` in the study",
				over, seen.first).At(seen.first)
		}
		p.share[name] = true
	}
	return p, nil
}

// read is a column as percent.
func (p *percents) read(f *numberColumns, name string) func(i int) float64 {
	value := f.read(name)
	if !p.share[name] {
		return value
	}
	return func(i int) float64 { return 100 * value(i) }
}

// count counts a row of a person whose values have been converted, where one of them is there.
func (p *percents) count(person int32, values ...float64) {
	if len(p.share) == 0 {
		return
	}
	for _, v := range values {
		if !math.IsNaN(v) {
			p.converted.add(person)
			return
		}
	}
}

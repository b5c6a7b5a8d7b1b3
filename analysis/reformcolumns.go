package analysis

import (
	"context"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
)

// The default covariates are some sixty columns, and a cell of a reform may have a hundred persons: then no weights make the cells
// alike in all of them, or only weights that rest on a handful. So many persons the smallest cell must have for each
// column; fewestReformColumns is how few are still tried.
const (
	personsAColumn      = 10
	fewestReformColumns = 4
)

// firstOfReform are the default covariates that a reform balances first where there is not room for all: those that bear most
// on work later, which is what may make the two sides change unlike one another.
var firstOfReform = []string{"arbeid_7_12", "alder", "status=nedsatt_arbeidsevne", "varighet_log", "kvinne", "arbeid_13_24", "utdanning=lav", "landgruppe=utenfor_eos",
	"arbeid_2_3", "aap_1_3", "dagpenger_1_3", "tiltak_7_24", "lonn_13_24", "innsatsgruppe=situasjonsbestemt", "utdanning=hoyere", "alder_kvadrert"}

// reformColumns are the columns of rows that are balanced, the most wanted first: all that the study names, and of the default ones
// as many as the smallest cell has room for.
func (r *runner) reformColumns(rows *cohort.ReformRows, person []int32, contrasts []reformContrast) []int {
	all := make([]int, len(rows.Names))
	for j := range all {
		all[j] = j
	}
	if r.study.Covariates != nil {
		return all
	}
	rank := func(j int) int {
		if k := slices.Index(firstOfReform, rows.Names[j]); k >= 0 {
			return k
		}
		return len(firstOfReform)
	}
	slices.SortStableFunc(all, func(a, b int) int { return rank(a) - rank(b) })
	persons := map[quarter]int{}
	last := map[quarter]int32{}
	for i, p := range person {
		q := quarter{rows.Eligible[i], rows.After[i]}
		if at, ok := last[q]; !ok || at != p {
			persons[q]++
			last[q] = p
		}
	}
	smallest := len(person)
	for _, c := range contrasts {
		smallest = min(smallest, persons[c.to], persons[c.from])
	}
	return all[:min(len(all), max(smallest/personsAColumn, fewestReformColumns))]
}

func columnNames(rows *cohort.ReformRows, columns []int) []string {
	var names []string
	for _, j := range columns {
		names = append(names, rows.Names[j])
	}
	return names
}

// fitReform balances each contrast on the columns. dropped are those that some contrast had to leave out.
func fitReform(ctx context.Context, rows *cohort.ReformRows, contrasts []reformContrast, columns []int) (fits []*reformFit, dropped []string, why estimate.Reason, err error) {
	for _, c := range contrasts {
		if err := ctx.Err(); err != nil {
			return nil, nil, "", err
		}
		fit, without, why, err := newReformFit(rows, c, columns)
		if why != "" || err != nil {
			return nil, nil, why, err
		}
		fits = append(fits, fit)
		for _, name := range without {
			if !slices.Contains(dropped, name) {
				dropped = append(dropped, name)
			}
		}
	}
	return fits, dropped, "", nil
}

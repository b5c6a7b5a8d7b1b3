package analysis

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// The default covariates are some sixty columns, and a cell of a reform may have a hundred persons: then no weights make the cells
// alike in all of them, or only weights that rest on a handful. So many persons the smallest cell must have for each
// column, a rule of thumb: the weights are those of a logit, which is asked for ten events for each variable (Peduzzi et al. 1996,
// Journal of Clinical Epidemiology 49:1373). fewestReformColumns is how few are still tried.
const (
	personsAColumn      = 10
	fewestReformColumns = 4
)

// firstOfReform are the default covariates that a reform balances first where there is not room for all: those that bear most
// on work later, which is what may make the two sides change unlike one another.
var firstOfReform = []string{"arbeid_7_12", "alder", "status=nedsatt_arbeidsevne", "varighet_log", "kvinne", "arbeid_13_24", "utdanning=lav", "landgruppe=utenfor_eos",
	"arbeid_2_3", "aap_1_3", "dagpenger_1_3", "tiltak_7_24", "lonn_13_24", "innsatsgruppe=situasjonsbestemt", "utdanning=hoyere", "alder_kvadrert"}

// reformColumns are the columns of rows that are balanced, the most wanted first: all that the study names, and of the default ones
// as many as the smallest cell has room for. A placebo takes them from those that its reform balances, in their order (from; nil: from all).
func (r *runner) reformColumns(rows *cohort.ReformRows, person []int32, contrasts []reformContrast, from []string) (columns []int, room int) {
	all := make([]int, len(rows.Names))
	for j := range all {
		all[j] = j
	}
	if r.study.Covariates != nil {
		return all, len(all)
	}
	rank := func(j int) int {
		if k := slices.Index(firstOfReform, rows.Names[j]); k >= 0 {
			return k
		}
		return len(firstOfReform)
	}
	if from != nil {
		all = slices.DeleteFunc(all, func(j int) bool { return !slices.Contains(from, rows.Names[j]) })
		rank = func(j int) int { return slices.Index(from, rows.Names[j]) }
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
	room = max(smallest/personsAColumn, fewestReformColumns)
	return all[:min(len(all), room)], room
}

// columnsWarning says which of the default covariates a reform balances where it is not all, and which of those of its reform a placebo
// does. tried is the least number of columns that no weights balanced, 0 where there is none. Of the persons it says no more than the number of columns does.
func columnsWarning(rows *cohort.ReformRows, name string, columns []int, room, tried int, from []string) (fault.Warning, bool) {
	of, what := len(rows.Names), "the default covariates"
	if from != nil {
		of, what = len(from), "the covariates of the reform itself"
	}
	if len(columns) >= of {
		return fault.Warning{}, false
	}
	why := "the others are not had at its date"
	switch {
	case tried > 0:
		why = fmt.Sprintf("no weights make the cells alike in the first %d", tried)
	case len(columns) == room:
		why = fmt.Sprintf("the smallest cell has under %d persons, and a column takes %d", (room+1)*personsAColumn, personsAColumn)
	}
	return fault.Warnf("reform_covariates", "reform %s: only %d of %s are balanced, since %s: %s; name others in `covariates`", name, len(columns), what, why, strings.Join(columnNames(rows, columns), ", ")), true
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

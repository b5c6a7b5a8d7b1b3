package analysis

import (
	"context"
	"math"

	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// composition fills who starts each tiltak in each group: the mean, over the starts that are analysed, of every covariate,
// and the share that is in each other target group; beside them the same over the eligible who start nothing in the same
// strata. Sampling weights, of the extract and of the comparison, are in the means; the counts for disclosure control
// are of persons. No outcome is read.
func (r *runner) composition(ctx context.Context, t *results.Tables) error {
	groups := len(r.trials.Groups)
	binary := make([]bool, len(r.trials.Rows.X))
	for j := range binary {
		binary[j] = !r.trials.Rows.X[j].Any(func(v float64) bool { return v != 0 && v != 1 })
	}
	parts := make([][]results.Composition, len(r.trials.Tiltak)*groups)
	census := make([][]results.Estimate, len(parts))
	if err := parallel.For(ctx, r.opt.Workers, len(parts), func(i int) error {
		parts[i], census[i] = r.cellComposition(i/groups, i%groups, binary)
		return nil
	}); err != nil {
		return err
	}
	t.Divisions = r.study.divisions()
	for i := range parts {
		t.Composition = append(t.Composition, parts[i]...)
		t.Census = append(t.Census, census[i]...)
	}
	return nil
}

// armSums are the sums over one arm of a cell.
type armSums struct {
	rows, persons int
	weight        float64
	last          int32
}

func (r *runner) cellComposition(k, g int, binary []bool) ([]results.Composition, []results.Estimate) {
	trial, rows := &r.trials.Tiltak[k], &r.trials.Rows
	at, weight := trial.Weights(rows, g)
	arms := [2]armSums{{last: -1}, {last: -1}}
	for j, i := range at {
		a := &arms[armOf(trial.Treated[i])]
		a.rows++
		a.weight += weight[j]
		if p := rows.Person[trial.Row[i]]; p != a.last {
			a.persons, a.last = a.persons+1, p
		}
	}
	cell := results.Composition{Tiltak: trial.Tiltak, Group: r.trials.Groups[g].ID, NStarts: arms[1].rows, NPersons: arms[1].persons, PersonsEligible: arms[0].persons}
	row := make([]int32, len(at))
	for j, i := range at {
		row[j] = trial.Row[i]
	}
	values := make([]float64, len(at))
	// measure is one variable, whose values at the rows of the cell are in values. Persons are counted with another value than 0, and with
	// another than 1 where all lie between: a mean of months or kroner that few have is theirs.
	measure := func(kind, name string) results.Composition {
		c := cell
		c.Kind, c.Variable = kind, name
		var sum, squares [2]float64
		var with, without [2]int
		last := [2][2]int32{{-1, -1}, {-1, -1}}
		unit := true // all values lie between 0 and 1
		for _, v := range values {
			unit = unit && v >= 0 && v <= 1
		}
		for j, i := range at {
			arm := armOf(trial.Treated[i])
			v, w := values[j], weight[j]
			sum[arm] += w * v
			squares[arm] += w * v * v
			p := rows.Person[row[j]]
			if v != 0 && last[arm][1] != p {
				last[arm][1] = p
				with[arm]++
			}
			if (v != 1 || !unit) && last[arm][0] != p {
				last[arm][0] = p
				without[arm]++
			}
		}
		mean := func(arm int) float64 {
			if arms[arm].weight == 0 {
				return math.NaN()
			}
			return sum[arm] / arms[arm].weight
		}
		c.MeanStarts, c.MeanEligible, c.SDStarts = mean(1), mean(0), math.NaN()
		c.WithStarts, c.WithoutStarts, c.WithEligible, c.WithoutEligible = with[1], without[1], with[0], without[0]
		if kind == "mean" && arms[1].weight > 0 {
			c.SDStarts = math.Sqrt(math.Max(0, squares[1]/arms[1].weight-c.MeanStarts*c.MeanStarts))
		}
		return c
	}
	var out []results.Composition
	for j := range rows.Covariates {
		kind := "mean"
		if binary[j] {
			kind = "share"
		}
		rows.X[j].Gather(row, values)
		out = append(out, measure(kind, rows.Covariates[j].Name))
	}
	base := missing("")
	base.Role = results.CensusRole
	base.Tiltak, base.Group, base.NStarts, base.NStartsEligible, base.NPersonsTreated, base.NPersonsComparison = cell.Tiltak, cell.Group, cell.NStarts, cell.NStarts, cell.NPersons, cell.PersonsEligible
	census := []results.Estimate{base}
	for h, other := range r.trials.Groups {
		for j := range values {
			values[j] = float64(rows.Groups[row[j]] >> h & 1)
		}
		c := measure("group", other.ID)
		inside := base
		inside.Outcome, inside.OnesTreated, inside.ZerosTreated = other.ID, c.WithStarts, c.WithoutStarts
		census = append(census, inside)
		if h != g {
			out = append(out, c)
		}
	}
	return out, census
}

func armOf(treated bool) int {
	if treated {
		return 1
	}
	return 0
}

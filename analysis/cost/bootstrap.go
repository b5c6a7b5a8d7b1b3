package cost

import (
	"context"
	"fmt"
	"math"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// Arms is cost and effect of the rows of two arms, with the weights that make the comparison rows like the treated.
type Arms struct {
	Treated      []bool
	Weight       []float64 // nil: all 1
	Cost, Effect []float64
	Person       []int32 // number of the person in [0, Persons); a person may stand in many rows and in both arms. nil: each row is one
	Persons      int
}

// sums are the weighted sums of a set of rows: weight, weight·cost and weight·effect of the treated, then of the others.
type sums [6]float64

func (s *sums) add(o *sums) {
	for k, v := range o {
		s[k] += v
	}
}

// point is the difference of weighted means.
func (s *sums) point() Point {
	return Point{Cost: s[1]/s[0] - s[4]/s[3], Effect: s[2]/s[0] - s[5]/s[3]}
}

// byPerson are the sums of each person, after a check of the columns.
func (a *Arms) byPerson() ([]sums, error) {
	n := len(a.Treated)
	for _, l := range []int{len(a.Cost), len(a.Effect)} {
		if l != n {
			panic("cost: the columns of Arms differ in length")
		}
	}
	if a.Weight != nil && len(a.Weight) != n || a.Person != nil && len(a.Person) != n {
		panic("cost: the columns of Arms differ in length")
	}
	persons := a.Persons
	if a.Person == nil {
		persons = n
	}
	by := make([]sums, persons)
	var weight [2]float64
	for i, treated := range a.Treated {
		w := 1.
		if a.Weight != nil {
			w = a.Weight[i]
		}
		if w == 0 {
			continue
		}
		if math.IsNaN(w + a.Cost[i] + a.Effect[i]) {
			return nil, fault.Dataf("not_a_number", "", "", "weight, cost or effect of row %d is not a number; leave out rows without a price or outcome, and count them", i+1)
		}
		p := i
		if a.Person != nil {
			p = int(a.Person[i])
		}
		k := 3
		if treated {
			k = 0
		}
		weight[k/3] += w
		by[p][k] += w
		by[p][k+1] += w * a.Cost[i]
		by[p][k+2] += w * a.Effect[i]
	}
	if !(weight[0] > 0 && weight[1] > 0) {
		return nil, fault.Dataf("empty_arm", "", "", "an arm has no row with weight; cost against effect needs both")
	}
	return by, nil
}

// Difference is the difference of the weighted means of cost and of effect between the treated and the comparison rows.
func (a *Arms) Difference() (Point, error) {
	by, err := a.byPerson()
	if err != nil {
		return Point{}, err
	}
	var total sums
	for i := range by {
		total.add(&by[i])
	}
	return total.point(), nil
}

// Bootstrap draws persons with replacement, all rows of a person together, and returns the joint differences of cost and
// effect. The weights are taken as they are: where they were estimated, re-estimate them in each draw instead, or the
// spread lacks that step. A draw in which an arm is empty is drawn again (its stream goes on).
//
// Reproducibility: draw b uses the stream (seed, "cost effect", b), so that the result depends neither on the number of
// workers nor on how many draws are made after it.
func Bootstrap(ctx context.Context, a *Arms, draws int, seed uint64, workers int) ([]Point, error) {
	if draws < 2 {
		return nil, fmt.Errorf("a bootstrap needs at least 2 draws, not %d", draws)
	}
	by, err := a.byPerson()
	if err != nil {
		return nil, err
	}
	points := make([]Point, draws)
	err = parallel.For(ctx, workers, draws, func(b int) error {
		rng := random.New(seed, "cost effect", uint64(b))
		for {
			var total sums
			for range by {
				total.add(&by[rng.IntN(len(by))])
			}
			if total[0] > 0 && total[3] > 0 {
				points[b] = total.point()
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return points, nil
}

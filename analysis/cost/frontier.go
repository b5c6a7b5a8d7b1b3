package cost

import "slices"

// Strategy is one of several alternatives, such as a tiltak, with its cost and effect against a common null alternative.
type Strategy struct {
	Name string
	Point
}

// Best is the index of the strategy with the greatest net benefit at a value k of a unit of effect. Ties are settled the
// same way every time: the one that costs less wins, then the first in the list. −1 for no strategies.
func Best(strategies []Strategy, k float64) int {
	best := -1
	for i, s := range strategies {
		if best < 0 {
			best = i
			continue
		}
		b := strategies[best]
		here, there := k*s.Effect-s.Cost, k*b.Effect-b.Cost
		if here > there || here == there && s.Cost < b.Cost {
			best = i
		}
	}
	return best
}

// Frontier is the indices of the strategies that are best at some value of a unit of effect, by rising effect: those left
// when strategies that cost no less for no more effect are dropped (strong dominance), and then, again and again, those
// whose ratio to the one before is no lower than that of the next (extended dominance). Of equals the first in the list
// stays.
func Frontier(strategies []Strategy) []int {
	order := make([]int, len(strategies))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := strategies[a], strategies[b]
		switch {
		case x.Effect != y.Effect:
			return sign(x.Effect - y.Effect)
		case x.Cost != y.Cost:
			return sign(x.Cost - y.Cost)
		}
		return 0
	})
	var front []int
	for _, i := range order { // rising effect, of equal effect the cheapest first
		s := strategies[i]
		if len(front) > 0 && strategies[front[len(front)-1]].Effect == s.Effect {
			continue
		}
		for len(front) > 0 && strategies[front[len(front)-1]].Cost >= s.Cost {
			front = front[:len(front)-1]
		}
		for len(front) > 1 {
			a, b := strategies[front[len(front)-2]], strategies[front[len(front)-1]]
			// the step to b costs at least as much per unit as the step from b to s
			if (b.Cost-a.Cost)*(s.Effect-b.Effect) < (s.Cost-b.Cost)*(b.Effect-a.Effect) {
				break
			}
			front = front[:len(front)-1]
		}
		front = append(front, i)
	}
	return front
}

func sign(x float64) int {
	if x < 0 {
		return -1
	}
	return 1
}

// Acceptability is, for each value of a unit of effect, the share of joint draws in which each strategy is the best:
// shares[v][s] for value v and strategy s, each row summing to 1. draws[d][s] is the Point of strategy s in draw d; ties
// are settled as Best does.
func Acceptability(names []string, draws [][]Point, values []float64) [][]float64 {
	shares := make([][]float64, len(values))
	strategies := make([]Strategy, len(names))
	for v, k := range values {
		counts := make([]int, len(names))
		for _, d := range draws {
			for s := range strategies {
				strategies[s] = Strategy{names[s], d[s]}
			}
			counts[Best(strategies, k)]++
		}
		shares[v] = make([]float64, len(names))
		for s, n := range counts {
			shares[v][s] = float64(n) / float64(len(draws))
		}
	}
	return shares
}

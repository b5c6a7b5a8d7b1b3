package results

import (
	"math"
	"strings"
)

// balance counts starts with and without a 0/1 covariate from the means and the numbers of starts in the estimates, and takes them from
// each other: the kept from all, a group from everybody, the levels of a factor from one. A mean that is no whole number of starts is
// weighted, and counts nothing.
func (a *attacker) balance(t *Tables) {
	count := countsOfBalance(t)
	at := map[[5]string]*Balance{}
	for i := range t.Balance {
		b := &t.Balance[i]
		at[[5]string{b.Tiltak, b.Group, b.Method, b.Variable, b.Stage}] = b
	}
	few := func(b *Balance, n, with int, of string) {
		if n > 0 && (a.few(with) || a.few(n-with)) {
			a.hit("balance: %s, %s, %s, %s %s: %d of %d %s have it", b.Tiltak, b.Group, b.Method, b.Variable, b.Stage, with, n, of)
		}
	}
	for i := range t.Balance {
		b := &t.Balance[i]
		x, ok := count(b)
		if !ok {
			continue
		}
		few(b, x.n, x.with, "starts")
		if before := at[[5]string{b.Tiltak, b.Group, b.Method, b.Variable, "before"}]; before != nil && b.Stage == "after" {
			if y, ok := count(before); ok {
				few(b, y.n-x.n, y.with-x.with, "dropped starts")
			}
		}
		if whole := at[[5]string{b.Tiltak, everybody, b.Method, b.Variable, b.Stage}]; whole != nil && b.Stage == "before" {
			if y, ok := count(whole); ok && b.Group != everybody {
				few(b, y.n-x.n, y.with-x.with, "starts of the others")
			}
		}
	}
	for _, cell := range grouped(t.Balance, func(b *Balance) string {
		factor, _, _ := strings.Cut(b.Variable, "=")
		return join(b.Tiltak, b.Group, b.Method, b.Stage, factor)
	}) {
		first := &t.Balance[cell[0]]
		if !strings.Contains(first.Variable, "=") {
			continue
		}
		left, known := 0, true
		for k, i := range cell {
			x, ok := count(&t.Balance[i])
			known = known && ok
			if k == 0 {
				left = x.n
			}
			left -= x.with
		}
		if known && a.few(left) {
			a.hit("balance: %s, %s, %s, %s: the level of %s without a row is %d starts", first.Tiltak, first.Group, first.Method, first.Stage, first.Variable, left)
		}
	}
}

// holds is a number of starts and how many of them have a trait.
type holds struct{ n, with int }

// countsOfBalance counts the starts with a 0/1 covariate behind a row of the balance, as far as the estimates tell. A covariate that has a ratio of
// variances anywhere is a share or an amount, also where its ratio is not shown or not there: its mean times the starts may be a whole number by chance.
func countsOfBalance(t *Tables) func(b *Balance) (holds, bool) {
	amount := map[string]bool{}
	for i := range t.Balance {
		if b := &t.Balance[i]; !math.IsNaN(b.VarianceRatio) {
			amount[b.Variable] = true
		}
	}
	all, kept := map[cellKey]int{}, map[string]int{}
	for i := range t.Estimates {
		e := &t.Estimates[i]
		if e.SubsetVar != "" || e.Sample != "" && e.Sample != "main" || e.Role != "primary" && e.Role != "" || !strings.HasPrefix(e.Estimand, "ATT") {
			continue
		}
		k := cellKey{e.Tiltak, e.Group}
		all[k] = max(all[k], e.NStarts, e.NStartsEligible)
		m := join(e.Tiltak, e.Group, e.Method)
		kept[m] = max(kept[m], e.NStarts)
	}
	return func(b *Balance) (holds, bool) {
		n := all[cellKey{b.Tiltak, b.Group}]
		if b.Stage == "after" {
			n = kept[join(b.Tiltak, b.Group, b.Method)]
		}
		if p := b.MeanTreated; n > 0 && p >= 0 && p <= 1 && (strings.Contains(b.Variable, "=") || !amount[b.Variable]) {
			with := math.Round(p * float64(n))
			return holds{n, int(with)}, math.Abs(p*float64(n)-with) < 1e-9*float64(n)
		}
		return holds{}, false
	}
}

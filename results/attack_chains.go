package results

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// chains tries the tables of chains: counts that are themselves small, margins less what is shown of their parts, the same
// number where two tables have it, a group taken from everybody, and shares times what they are shares of.
// Where people have weights a share is no number, and says none.
func (a *attacker) chains(t *Tables) {
	weighted := weightedChains(t.Chains)
	a.transitionMargins(t, weighted)
	a.chainMargins(t.Chains, weighted)
	for i := range t.ChainMeasures {
		if r := &t.ChainMeasures[i]; a.few(r.N) || a.few(r.Persons) {
			a.hit("chain_measures: %s, %s: %d sequences of %d persons", r.Group, r.Measure, r.N, r.Persons)
		}
	}
	a.stateMargins(t)
	all := map[string]*Transition{}
	for i := range t.Transitions {
		if r := &t.Transitions[i]; r.Group == everybody {
			all[join(r.From, r.To)] = r
		}
	}
	for i := range t.Transitions {
		r := &t.Transitions[i]
		if o := all[join(r.From, r.To)]; o != nil && r.Group != everybody && r.N >= 0 && o.N >= 0 && a.few(o.N-r.N) {
			a.hit("transitions: %s, %s to %s: all but %d", r.Group, r.From, r.To, o.N-r.N)
		}
	}
	for _, at := range grouped(t.ChainTypes, func(c *ChainType) string { return join(c.Type) }) {
		if r := &t.ChainTypes[at[0]]; a.few(r.N) || a.few(r.Persons) {
			a.hit("chain_types: type %d: %d sequences of %d persons", r.Type, r.N, r.Persons)
		}
	}
}

// left looks at a known total less the parts that are shown, where some are hidden.
func (a *attacker) left(total int, parts []int, format string, args ...any) {
	hidden := 0
	for _, n := range parts {
		if n < 0 {
			hidden++
		} else {
			total -= n
		}
	}
	if hidden > 0 && a.few(total) {
		a.hit(format+": what is hidden is %d", append(args, total)...)
	}
}

func (a *attacker) transitionMargins(t *Tables, weighted bool) {
	rows := t.Transitions
	for _, at := range grouped(rows, func(r *Transition) string { return r.Group }) {
		group := rows[at[0]].Group
		total := map[string]int{}
		after, before := map[string][]int{}, map[string][]int{}
		for _, i := range at {
			r := &rows[i]
			if a.few(r.N) || a.few(r.Persons) {
				a.hit("transitions: %s, %s to %s: %d of %d persons", group, r.From, r.To, r.N, r.Persons)
			}
			if r.To == "all" {
				total[r.From] = r.N
				continue
			}
			after[r.From], before[r.To] = append(after[r.From], r.N), append(before[r.To], r.N)
		}
		if total["entry"] < 0 { // the number of chains stands in two tables
			for i := range t.Chains {
				if c := &t.Chains[i]; c.Group == group && c.Kind == "all" {
					total["entry"] = c.N
				}
			}
		}
		for _, from := range slices.Sorted(maps.Keys(total)) {
			if n := total[from]; n >= 0 {
				a.left(n, after[from], "transitions: %s, after %s", group, from)
				if from != "entry" {
					a.left(n, before[from], "transitions: %s, before %s", group, from)
				}
			}
		}
		if !weighted {
			a.followedBy(group, rows, at, total)
		}
	}
}

// followedBy takes what cannot be followed from the share of an exit, all of which can: n/share links can, and all less them
// cannot.
func (a *attacker) followedBy(group string, rows []Transition, at []int, total map[string]int) {
	for _, i := range at {
		r := &rows[i]
		_, link := total[r.To]
		if r.N > 0 && r.Share > 0 && r.From != "entry" && !link && total[r.From] >= 0 {
			if d := total[r.From] - int(math.Round(float64(r.N)/r.Share)); a.few(d) {
				a.hit("transitions: %s, %s: %d cannot be followed", group, r.From, d)
				return
			}
		}
	}
}

// weightedChains tells whether the shares of the tables of chains are weighted: some part of the chains of a group is another
// share of them than its number is.
func weightedChains(rows []Chain) bool {
	all := map[string]float64{}
	for i := range rows {
		if r := &rows[i]; r.Kind == "all" {
			all[r.Group] = float64(r.N)
		}
	}
	for i := range rows {
		r := &rows[i]
		if n := all[r.Group]; n > 0 && r.N >= 0 && math.Abs(r.Share*n-float64(r.N)) > 1e-9*n {
			return true
		}
	}
	return false
}

func (a *attacker) chainMargins(rows []Chain, weighted bool) {
	// A share of those followed as a number; −1 unknown.
	ones := func(r *Chain, share float64) int {
		if weighted || r.Followed < 0 || math.IsNaN(share) {
			return -1
		}
		return int(math.Round(share * float64(r.Followed)))
	}
	all := map[string]*Chain{}
	for i := range rows {
		r := &rows[i]
		if r.Group == everybody {
			all[join(r.Kind, r.Value)] = r
		}
		name := join(r.Group, r.Kind, r.Value)
		if a.few(r.N) || a.few(r.Persons) || a.few(r.Followed) {
			a.hit("chains: %q: %d of %d persons, %d followed", name, r.N, r.Persons, r.Followed)
		}
		if r.N >= 0 && r.Followed >= 0 && a.few(r.N-r.Followed) {
			a.hit("chains: %q: %d cannot be followed", name, r.N-r.Followed)
		}
		for _, share := range []float64{r.WorkShare, r.ReentryShare} {
			if k := ones(r, share); k >= 0 && r.Followed > 0 && (k < a.min || r.Followed-k < a.min) {
				a.hit("chains: %q: %d of %d", name, k, r.Followed)
			}
		}
	}
	figures := []struct {
		name string
		of   func(r *Chain) int
	}{
		{"chains", func(r *Chain) int { return r.N }}, {"followed", func(r *Chain) int { return r.Followed }},
		{"to work", func(r *Chain) int { return ones(r, r.WorkShare) }}, {"again", func(r *Chain) int { return ones(r, r.ReentryShare) }},
	}
	for _, f := range figures {
		for _, at := range grouped(rows, func(r *Chain) string { return join(r.Group, r.Kind) }) {
			first := &rows[at[0]]
			total := -1
			var parts []int
			for i := range rows {
				if rows[i].Group == first.Group && rows[i].Kind == "all" {
					total = f.of(&rows[i])
				}
			}
			for _, i := range at {
				if rows[i].Followed != 0 || f.name == "chains" {
					parts = append(parts, f.of(&rows[i]))
				}
			}
			if first.Kind != "all" && total >= 0 {
				a.left(total, parts, "chains: %s, %s, %s", first.Group, first.Kind, f.name)
			}
		}
	}
	for _, at := range grouped(rows, func(r *Chain) string { return r.Group }) { // sequences of a length
		for _, i := range at {
			if rows[i].Kind != "length" || rows[i].N < 0 {
				continue
			}
			var parts []int
			for _, j := range at {
				if rows[j].Kind == "sequence" && lengthOf(&rows[j]) == join("length", rows[i].Value) {
					parts = append(parts, rows[j].N)
				}
			}
			a.left(rows[i].N, parts, "chains: %s, sequences of %s links", rows[i].Group, rows[i].Value)
		}
	}
	for i := range rows {
		r := &rows[i]
		o := all[join(r.Kind, r.Value)]
		if o == nil || r.Group == everybody || r.Kind == "sequence" && strings.HasPrefix(r.Value, "other_") {
			continue
		}
		for _, f := range figures[:2] {
			if n, m := f.of(r), f.of(o); n >= 0 && m >= 0 && a.few(m-n) {
				a.hit("chains: %s, %s, %s: all but %d %s", r.Group, r.Kind, r.Value, m-n, f.name)
			}
		}
	}
}

func (a *attacker) stateMargins(t *Tables) {
	size := map[string]int{}
	for i := range t.ChainMeasures {
		size[t.ChainMeasures[i].Group] = t.ChainMeasures[i].N
	}
	rows := t.ChainStates
	all := map[string]int{}
	for i := range rows {
		if rows[i].Group == everybody {
			all[join(rows[i].Month, rows[i].State)] = rows[i].N
		}
	}
	for _, at := range grouped(rows, func(r *ChainState) string { return join(r.Group, r.Month) }) {
		first := &rows[at[0]]
		var parts []int
		hidden := false
		for _, i := range at {
			r := &rows[i]
			if a.few(r.N) || a.few(r.Persons) {
				a.hit("chain_states: %s, month %d, %s: %d of %d persons", r.Group, r.Month, r.State, r.N, r.Persons)
			}
			parts = append(parts, r.N)
			hidden = hidden || r.N < 0
			if n, ok := all[join(r.Month, r.State)]; ok && r.Group != everybody && r.State != "pooled" && n >= 0 && r.N >= 0 && a.few(n-r.N) {
				a.hit("chain_states: %s, month %d, %s: all but %d", r.Group, r.Month, r.State, n-r.N)
			}
		}
		if n, ok := size[first.Group]; ok && n >= 0 && hidden {
			a.left(n, parts, "chain_states: %s, month %d", first.Group, first.Month)
		}
	}
}

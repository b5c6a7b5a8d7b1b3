package results

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// chains hides in the tables of chains. Each is a table of counts with margins within every group:
//
//   - transitions: the links of a kind are the sum of what came after them, and of what came before them; the chains are
//     the sum of their first links. A share goes with its count, and all shares of a link go where the number that cannot
//     be followed is small or hidden, since they would give it;
//   - chains: the parts of each kind add up to all. What is said of those followed goes where they, or those not followed,
//     are few; places of opplæring and orders go where few of them are in sequences that are pooled, since the shown ones can
//     be taken off, and so do transitions; a share of work or of re-entry where few are with it or without it, none included;
//   - chain_states: the states of a month add up to the sequences; chain_types: the months of a type add up to the length.
//
// Groups that may lie inside each other, and groups that add up, are judged from the numbers of chains.
func (s *suppressor) chains() {
	t := s.t
	if len(t.Chains)+len(t.Transitions)+len(t.ChainStates)+len(t.ChainMeasures)+len(t.ChainTypes) == 0 {
		return
	}
	var pseudo []Estimate // the numbers of chains, as rows that the rules about groups understand
	for i := range t.Chains {
		c := &t.Chains[i]
		if c.Kind != "sequence" {
			pseudo = append(pseudo, Estimate{Tiltak: "chains", Group: c.Group, Outcome: c.Kind + c.Value, NStarts: c.N, NStartsEligible: c.N, NPersonsTreated: c.Persons, OnesTreated: -1, ZerosTreated: -1})
		}
	}
	nest := newNesting(pseudo)
	var all []Estimate
	for _, e := range pseudo {
		if e.Outcome == "allall" {
			all = append(all, e)
		}
	}
	x := &cross{s: s, nest: nest, parts: newParts(all, nest)["chains"]}
	s.transitions(x)
	s.chainRows(x)
	s.chainStates(x)
	s.chainMeasures(x)
	s.chainTypes()
}

func (s *suppressor) transitions(x *cross) {
	rows := s.t.Transitions
	x.cells, x.sums = nil, map[string][]crossSum{}
	for _, at := range grouped(rows, func(t *Transition) string { return t.Group }) {
		group := rows[at[0]].Group
		after, before := map[string][]string{}, map[string][]string{}
		var links []string
		for _, i := range at {
			r := &rows[i]
			k := join(r.From, r.To)
			x.cells = append(x.cells, &crossCell{group: group, key: k, n: r.N, persons: r.Persons, with: -1, take: s.few(r.InOther) && r.To != "all", hide: func(rule string) {
				s.note("transitions", rule)
				r.N, r.Persons, r.Share, r.MeanGap, r.Reason = -1, -1, math.NaN(), math.NaN(), suppressed
			}})
			if r.To == "all" {
				links = append(links, r.From)
				continue
			}
			after[r.From] = append(after[r.From], k)
			before[r.To] = append(before[r.To], k)
		}
		for _, l := range links {
			x.sums[group] = append(x.sums[group], crossSum{join(l, "all"), after[l]})
			if l != "entry" {
				x.sums[group] = append(x.sums[group], crossSum{join(l, "all"), before[l]})
			}
		}
	}
	x.run()
	for _, at := range grouped(rows, func(t *Transition) string { return join(t.Group, t.From) }) {
		few := false // a share and its count tell how many can be followed
		for _, i := range at {
			few = few || s.few(rows[i].Unfollowed) || rows[i].To == "end_of_data" && rows[i].Reason == suppressed
		}
		for _, i := range at {
			if few && !math.IsNaN(rows[i].Share) {
				rows[i].Share = math.NaN()
				s.note("transitions", "shares that count those who cannot be followed")
			}
		}
	}
}

func (s *suppressor) chainRows(x *cross) {
	rows := s.t.Chains
	x.sums = map[string][]crossSum{}
	for _, at := range grouped(rows, func(c *Chain) string { return c.Group }) {
		parts := map[string][]string{}
		var kinds []string
		byLength := map[string][]string{}
		for _, i := range at {
			if r := &rows[i]; r.Kind == "sequence" {
				byLength[lengthOf(r)] = append(byLength[lengthOf(r)], chainKey(r))
			}
			if k := rows[i].Kind; k != "all" {
				if parts[k] == nil {
					kinds = append(kinds, k)
				}
				parts[k] = append(parts[k], chainKey(&rows[i]))
			}
		}
		for _, k := range kinds {
			x.sums[rows[at[0]].Group] = append(x.sums[rows[at[0]].Group], crossSum{join("all", "all"), parts[k]})
		}
		for _, l := range parts["length"] { // and the sequences of a length to that length
			x.sums[rows[at[0]].Group] = append(x.sums[rows[at[0]].Group], crossSum{l, byLength[l]})
		}
		x.sums[rows[at[0]].Group] = append(x.sums[rows[at[0]].Group], crossSum{join("opplaering", "none"), []string{join("order", "practice_only"), join("order", "neither")}})
	}
	orig := slices.Clone(rows)
	pass := func(of func(r *Chain) crossCell, hide func(r *Chain)) {
		x.cells = nil
		for i := range rows {
			c := of(&orig[i])
			c.group, c.key = rows[i].Group, chainKey(&rows[i])
			c.hidden = rows[i].Followed < 0 // with the whole row, or with all that is about those followed
			c.hide = func(rule string) {
				s.note("chains", rule)
				hide(&rows[i])
			}
			x.cells = append(x.cells, &c)
		}
		x.run()
	}
	nan := math.NaN()
	hideAgain := func(r *Chain) { r.ReentryShare, r.MeanReentryTime = nan, nan }
	hideFollowed := func(r *Chain) {
		r.Followed, r.MeanMonths, r.MeanMonthsIn, r.WorkShare = -1, nan, nan, nan
		hideAgain(r)
	}
	pass(func(r *Chain) crossCell {
		inOther := s.few(r.InOther) && (r.Kind == "opplaering" || r.Kind == "order")
		return crossCell{n: r.N, persons: r.Persons, with: -1, take: inOther}
	}, func(r *Chain) {
		r.Links, r.N, r.Persons, r.Share, r.Reason = -1, -1, -1, nan, suppressed
		hideFollowed(r)
	})
	// Those who cannot be followed are the rest of a row.
	pass(func(r *Chain) crossCell {
		few := s.few(r.Followed) || s.few(r.PersonsFollowed)
		return crossCell{n: r.Followed, persons: r.PersonsFollowed, with: -1, small: few || s.few(r.N-r.Followed), take: s.few(r.N - r.Followed)}
	}, hideFollowed)
	share := func(with, without func(r *Chain) int, hide func(r *Chain)) {
		pass(func(r *Chain) crossCell {
			rare := r.Followed > 0 && (s.rare(with(r)) || s.rare(without(r)))
			return crossCell{n: r.Followed, persons: r.PersonsFollowed, with: with(r), without: without(r), small: rare, fixed: r.Followed == 0}
		}, hide)
	}
	share(func(r *Chain) int { return r.WithWork }, func(r *Chain) int { return r.WithoutWork }, func(r *Chain) { r.WorkShare = nan })
	share(func(r *Chain) int { return r.WithReentry }, func(r *Chain) int { return r.WithoutReentry }, hideAgain)
}

// chainKey names a row within its group; the other sequences of two groups are never the same ones.
func chainKey(r *Chain) string {
	if r.Kind == "sequence" && strings.HasPrefix(r.Value, "other_") {
		return join(r.Kind, r.Value, r.Group)
	}
	return join(r.Kind, r.Value)
}

// lengthOf is the key of the length of a sequence.
func lengthOf(r *Chain) string {
	if l, ok := strings.CutPrefix(r.Value, "other_"); ok {
		return join("length", l)
	}
	n := 1 + strings.Count(r.Value, " > ")
	if n > 3 {
		return join("length", "4+")
	}
	return join("length", strconv.Itoa(n))
}

// chainStates hides states of a month. How many sequences a group has stands in chain_measures.
func (s *suppressor) chainStates(x *cross) {
	rows := s.t.ChainStates
	x.cells, x.sums = nil, map[string][]crossSum{}
	for _, at := range grouped(rows, func(c *ChainState) string { return join(c.Group, c.Month) }) {
		sum := crossSum{}
		for _, i := range at {
			r := &rows[i]
			k := join(strconv.Itoa(r.Month), r.State)
			if r.State == "pooled" { // of other states in another group: never the same cell
				k = join(k, r.Group)
			}
			x.cells = append(x.cells, &crossCell{group: r.Group, key: k, n: r.N, persons: r.Persons, with: -1, hide: func(rule string) {
				s.note("chain_states", rule)
				r.N, r.Persons, r.Share, r.Reason = -1, -1, math.NaN(), suppressed
			}})
			sum.parts = append(sum.parts, k)
		}
		x.sums[rows[at[0]].Group] = append(x.sums[rows[at[0]].Group], sum)
	}
	x.run()
}

// chainMeasures hides the measures of groups of few, and quartiles with fewer than the limit beyond them.
func (s *suppressor) chainMeasures(x *cross) {
	rows := s.t.ChainMeasures
	x.cells, x.sums = nil, map[string][]crossSum{}
	persons := make([]int, len(rows))
	for i := range rows {
		r := &rows[i]
		persons[i] = r.Persons
		x.cells = append(x.cells, &crossCell{group: r.Group, key: r.Measure, n: r.N, persons: r.Persons, with: -1, hide: func(rule string) {
			s.note("chain_measures", rule)
			nan := math.NaN()
			r.N, r.Persons, r.Mean, r.SD, r.P25, r.P50, r.P75, r.Reason = -1, -1, nan, nan, nan, nan, nan, suppressed
		}})
	}
	x.run()
	for i := range rows {
		if persons[i] < 4*s.min && rows[i].Reason == "" {
			rows[i].P25, rows[i].P75 = math.NaN(), math.NaN()
			if persons[i] < 2*s.min {
				rows[i].P50 = math.NaN()
			}
			s.note("chain_measures", "quantile with few beyond it")
		}
	}
}

// chainTypes hides types of few and mean months that rest on few. The months of a type add up to the length of the
// sequences, and those of a state, over types, to its share of all months.
func (s *suppressor) chainTypes() {
	rows := s.t.ChainTypes
	x := &cross{s: s, sums: map[string][]crossSum{}}
	nan := math.NaN()
	types := grouped(rows, func(c *ChainType) string { return join(c.Type) })
	var sizes crossSum
	for _, at := range types {
		k := strconv.Itoa(rows[at[0]].Type)
		x.cells = append(x.cells, &crossCell{key: k, n: rows[at[0]].N, persons: rows[at[0]].Persons, with: -1, hide: func(rule string) {
			for _, i := range at {
				s.note("chain_types", rule)
				rows[i].N, rows[i].Persons, rows[i].Share, rows[i].Months, rows[i].Reason = -1, -1, nan, nan, suppressed
			}
		}})
		sizes.parts = append(sizes.parts, k)
	}
	x.sums[""] = []crossSum{sizes}
	x.run()
	x.cells, x.sums = nil, map[string][]crossSum{}
	byState := map[string]*crossSum{}
	var states []string
	for _, at := range types {
		one := crossSum{}
		for _, i := range at {
			r := &rows[i]
			k := join(r.Type, r.State)
			x.cells = append(x.cells, &crossCell{key: k, n: r.With, persons: r.With, with: -1, hidden: r.Reason == suppressed, hide: func(rule string) {
				s.note("chain_types", rule)
				r.Months, r.Reason = nan, suppressed
			}})
			one.parts = append(one.parts, k)
			if byState[r.State] == nil {
				byState[r.State] = &crossSum{}
				states = append(states, r.State)
			}
			byState[r.State].parts = append(byState[r.State].parts, k)
		}
		x.sums[""] = append(x.sums[""], one)
	}
	for _, state := range states {
		x.sums[""] = append(x.sums[""], *byState[state])
	}
	x.run()
}

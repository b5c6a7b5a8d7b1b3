package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// ChainName names a link, a sequence, an exit or a state of the tables of chains for people.
func (s *Set) ChainName(id string, l number.Lang) string {
	if s.Run.Chains == nil {
		return id
	}
	var parts []string
	for _, link := range strings.Split(id, " > ") {
		var beside []string
		for _, name := range strings.Split(link, "+") {
			if label := results.Name(s.Run.Chains.Labels, name, string(l)); label != name {
				beside = append(beside, label)
			} else {
				beside = append(beside, strings.ReplaceAll(name, "_", " "))
			}
		}
		if strings.HasPrefix(id, "other_") { // other_4+ holds a plus of its own
			return results.Name(s.Run.Chains.Labels, id, string(l))
		}
		parts = append(parts, strings.Join(beside, " + "))
	}
	return strings.Join(parts, " → ")
}

// chainExits are the exits in the order in which a figure lists them.
var chainExits = []string{"work", "education", "ufore", "reentry", "registered", "other", "dead_or_emigrated", "end_of_data"}

// ChainFlow is what came after each link of the chains of a group; nil where the table has no row of it. Links of under two
// per cent stand together.
func (s *Set) ChainFlow(group string, o Options) *Figure {
	totals := map[string]float64{}
	all := 0.
	var rows []*results.Transition
	found := false
	for i := range s.Tables.Transitions {
		r := &s.Tables.Transitions[i]
		if r.Group != group {
			continue
		}
		found = true
		switch {
		case r.From == "entry" || r.N < 0:
		case r.To == "all":
			totals[r.From] = float64(r.N)
			all += float64(r.N)
		default:
			rows = append(rows, r)
		}
	}
	if !found {
		return nil
	}
	rest := o.say("Øvrige tiltak", "Other tiltak")
	name := func(id string) string {
		if totals[id] < 0.02*all && !slices.Contains(chainExits, id) {
			return rest
		}
		return s.ChainName(id, o.lang())
	}
	var from, to []Node
	left, right := map[string]int{}, map[string]int{}
	var links []string
	for id := range totals {
		links = append(links, id)
	}
	slices.SortFunc(links, func(a, b string) int {
		return cmp.Or(cmp.Compare(flag(name(a) == rest), flag(name(b) == rest)), cmp.Compare(totals[b], totals[a]), cmp.Compare(a, b))
	})
	for _, id := range links {
		n := name(id)
		if _, ok := left[n]; !ok {
			left[n] = len(from)
			from = append(from, Node{Name: n})
		}
		from[left[n]].Total += totals[id]
	}
	flows := map[[2]string]float64{}
	for _, r := range rows {
		if _, ok := left[name(r.From)]; !ok {
			left[name(r.From)] = len(from) // the number of links is hidden, what came after some is not
			from = append(from, Node{Name: name(r.From)})
		}
		flows[[2]string{name(r.From), name(r.To)}] += float64(r.N)
	}
	targets := map[string]float64{}
	for k, n := range flows {
		targets[k[1]] += n
	}
	var order []string
	for _, n := range from {
		order = append(order, n.Name)
	}
	for _, e := range chainExits {
		order = append(order, s.ChainName(e, o.lang()))
	}
	for _, n := range order {
		if targets[n] == 0 {
			continue
		}
		kind := 2
		switch {
		case n == s.ChainName("work", o.lang()):
			kind = 1
		case !slices.ContainsFunc(chainExits, func(e string) bool { return s.ChainName(e, o.lang()) == n }):
			kind = 0
		}
		right[n] = len(to)
		to = append(to, Node{Name: n, Total: targets[n], Kind: kind})
	}
	var ribbons []Ribbon
	shown := 0.
	for _, a := range order {
		for _, b := range order {
			if n := flows[[2]string{a, b}]; n > 0 {
				i, ok := left[a]
				if !ok {
					continue
				}
				ribbons = append(ribbons, Ribbon{i, right[b], n})
				from[i].Total = max(from[i].Total, sumFrom(ribbons, i))
				shown += n
			}
		}
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Hva som fulgte etter hvert tiltak: %s", "What came after each tiltak: %s"), results.Name(s.Run.Groups, group, string(o.lang())))
	}
	if o.Caption == "" {
		o.Caption = o.say("Venstre: ledd i kjeder, med antall. Høyre: det som kom etter.", "Left: links of chains, with their number. Right: what came after.")
		if all-shown > 0.5 {
			o.Caption += o.say(" Overganger som gjelder få personer, er skjult.", " Transitions of few persons are hidden.")
		}
	}
	return Sankey(from, to, ribbons, o)
}

func sumFrom(ribbons []Ribbon, i int) float64 {
	sum := 0.
	for _, r := range ribbons {
		if r.From == i {
			sum += r.N
		}
	}
	return sum
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mostStates is how many tiltak a figure of states shows apart; the rest stand together.
const mostStates = 5

// ChainStates is the distribution over states by month after the first start; nil where the table has no row of the group.
func (s *Set) ChainStates(group string, o Options) *Figure {
	share := map[string][]float64{}
	sum := map[string]float64{}
	months := 0
	hidden := false
	for i := range s.Tables.ChainStates {
		if r := &s.Tables.ChainStates[i]; r.Group == group {
			months = max(months, r.Month+1)
		}
	}
	if months == 0 {
		return nil
	}
	for i := range s.Tables.ChainStates {
		r := &s.Tables.ChainStates[i]
		if r.Group != group {
			continue
		}
		if math.IsNaN(r.Share) {
			hidden = true
			continue
		}
		if share[r.State] == nil {
			share[r.State] = make([]float64, months)
		}
		share[r.State][r.Month] = r.Share
		sum[r.State] += r.Share
	}
	bottom, top := []string{"work", "education"}, []string{"registered", "ufore", "other", "dead_or_emigrated", "pooled"}
	var tiltak []string
	for id := range share {
		if !slices.Contains(bottom, id) && !slices.Contains(top, id) {
			tiltak = append(tiltak, id)
		}
	}
	slices.SortFunc(tiltak, func(a, b string) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a, b)) })
	var layers []StateLayer
	add := func(ids ...string) {
		for _, id := range ids {
			if share[id] != nil {
				layers = append(layers, StateLayer{s.ChainName(id, o.lang()), share[id]})
			}
		}
	}
	add(bottom...)
	add(tiltak[:min(mostStates, len(tiltak))]...)
	if len(tiltak) > mostStates {
		rest := make([]float64, months)
		for _, id := range tiltak[mostStates:] {
			for m, v := range share[id] {
				rest[m] += v
			}
		}
		layers = append(layers, StateLayer{o.say("Øvrige tiltak", "Other tiltak"), rest})
	}
	add(top...)
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Måned for måned etter første start: %s", "Month by month after the first start: %s"), results.Name(s.Run.Groups, group, string(o.lang())))
	}
	if o.Caption == "" && hidden {
		o.Caption = o.say("Hvitt øverst er skjult fordi det gjelder få personer.", "White at the top is hidden since it concerns few persons.")
	}
	return States(layers, o)
}

package results

import (
	"slices"
	"strings"
)

// Intersections of two target groups are called `a_x_b`. They lie inside both, which their names say, whatever the counts of
// a method that drops starts say. And they are part of a sum with a minus: of a group h that contains both, h − a − b + a_x_b
// are in neither. Where these are a small cell, or few of them are with or without the outcome, the intersection goes: then
// the table of a against b cannot be filled in.

// pairMark joins the ids of an intersection.
const pairMark = "_x_"

// bothOf are the two groups of an intersection; ok is false for any other group.
func bothOf(group string) (a, b string, ok bool) {
	a, b, ok = strings.Cut(group, pairMark)
	return a, b, ok && a != "" && b != ""
}

// within tells whether a group lies inside another by its name.
func within(inner, outer string) bool {
	a, b, ok := bothOf(inner)
	return ok && (a == outer || b == outer)
}

// quad is an intersection, its two groups, and a group that contains both.
type quad struct{ pair, a, b, total string }

// newQuads finds them among the groups of a run.
func newQuads(groups []string, n nesting) []quad {
	var out []quad
	for _, p := range groups {
		a, b, ok := bothOf(p)
		if !ok || !slices.Contains(groups, a) || !slices.Contains(groups, b) {
			continue
		}
		for _, h := range groups {
			if h != a && h != b && h != p && (h == everybody || n[a][h] && n[b][h]) {
				out = append(out, quad{p, a, b, h})
			}
		}
	}
	return out
}

// groupsOf are the groups of the estimates and the flow, in the order in which they come.
func groupsOf(t *Tables) []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(g string) {
		if !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}
	for i := range t.Estimates {
		add(t.Estimates[i].Group)
	}
	for i := range t.Flow {
		add(t.Flow[i].Group)
	}
	return out
}

// neither is what is in the larger group and in neither of the two.
func neither(total, a, b, both int) int { return total - a - b + both }

const leftByTwo = "what two groups leave of a larger one"

// quads hides the figures of intersections that give away what two groups leave of a larger one.
func (w *estimateRules) quads() (changed bool) {
	if len(w.four) == 0 {
		return false
	}
	for _, cell := range grouped(w.orig, restKey) {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.orig[i].Group] = i
		}
		for _, q := range w.four {
			p, a, b, h, ok := four(at, q)
			if !ok || w.hidden[p] || w.hidden[a] || w.hidden[b] || w.hidden[h] {
				continue
			}
			both, x, y, all := &w.orig[p], &w.orig[a], &w.orig[b], &w.orig[h]
			n := neither(all.NStarts, x.NStarts, y.NStarts, both.NStarts)
			persons := neither(all.NPersonsTreated, x.NPersonsTreated, y.NPersonsTreated, both.NPersonsTreated)
			few := w.few(n) || w.few(persons)
			if n > 0 && both.OnesTreated >= 0 && x.OnesTreated >= 0 && y.OnesTreated >= 0 && all.OnesTreated >= 0 {
				few = few || neither(all.OnesTreated, x.OnesTreated, y.OnesTreated, both.OnesTreated) < w.min ||
					neither(all.ZerosTreated, x.ZerosTreated, y.ZerosTreated, both.ZerosTreated) < w.min
			}
			if few {
				w.small[p] = true
				w.hide(p, leftByTwo)
				changed = true
			}
		}
	}
	return changed
}

// four are the places of a quad's groups.
func four(at map[string]int, q quad) (pair, a, b, total int, ok bool) {
	pair, okP := at[q.pair]
	a, okA := at[q.a]
	b, okB := at[q.b]
	total, okT := at[q.total]
	return pair, a, b, total, okP && okA && okB && okT
}

// quads does the same to the steps of the flow.
func (w *flowRules) quads() (changed bool) {
	if len(w.four) == 0 {
		return false
	}
	for _, cell := range grouped(w.orig, stepKey) {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.orig[i].Group] = i
		}
		for _, q := range w.four {
			p, a, b, h, ok := four(at, q)
			if !ok || w.hidden[p] || w.hidden[a] || w.hidden[b] || w.hidden[h] || w.fixed[p] {
				continue
			}
			both, x, y, all := &w.orig[p], &w.orig[a], &w.orig[b], &w.orig[h]
			if w.few(neither(all.Rows, x.Rows, y.Rows, both.Rows)) || w.few(neither(all.Persons, x.Persons, y.Persons, both.Persons)) {
				w.small[p] = true
				w.hide(p, leftByTwo)
				changed = true
			}
		}
	}
	return changed
}

// costQuads does the same to the costs of a class and year; byGroup are its cells.
func (s *suppressor) costQuads(byGroup map[string]*costCell) (changed bool) {
	for _, q := range s.four {
		p, a, b, h := byGroup[q.pair], byGroup[q.a], byGroup[q.b], byGroup[q.total]
		if p == nil || a == nil || b == nil || h == nil || p.hidden || a.hidden || b.hidden || h.hidden {
			continue
		}
		few := s.few(neither(h.persons, a.persons, b.persons, p.persons))
		for m, n := range p.most {
			few = few || s.few(neither(h.most[m], a.most[m], b.most[m], n))
		}
		if few {
			s.hideCost(p, leftByTwo)
			p.small = true
			changed = true
		}
	}
	return changed
}

// quadCurves are, for the curve of an intersection, those of its two groups and of the larger ones.
func (s *suppressor) quadCurves(first *Duration, curves [][]int, orig []Duration) [][3][]int {
	if _, _, ok := bothOf(first.Group); !ok {
		return nil
	}
	byGroup := map[string][]int{}
	for _, c := range curves {
		if f := &orig[c[0]]; f.Tiltak == first.Tiltak && f.Measure == first.Measure {
			byGroup[f.Group] = c
		}
	}
	var out [][3][]int
	for _, q := range s.four {
		if a, b, h := byGroup[q.a], byGroup[q.b], byGroup[q.total]; q.pair == first.Group && a != nil && b != nil && h != nil {
			out = append(out, [3][]int{h, a, b})
		}
	}
	return out
}

// mostParts is how many parts of a group are taken from it in every choice; of more, those that are larger, all together.
const mostParts = 6

// partCurves are, for the curve of a part of a larger group, the curve of that group and of other parts, of those that are done: what
// they and this one leave of the group can be had.
func (s *suppressor) partCurves(first *Duration, done [][]int, orig []Duration) [][][]int {
	byGroup := map[string][]int{}
	for _, c := range done {
		if f := &orig[c[0]]; f.Tiltak == first.Tiltak && f.Measure == first.Measure {
			byGroup[f.Group] = c
		}
	}
	var out [][][]int
	for _, p := range s.parts[first.Tiltak] {
		total := byGroup[p.total]
		if total == nil || !slices.Contains(p.parts, first.Group) {
			continue
		}
		var others [][]int
		for _, g := range p.parts {
			if c := byGroup[g]; c != nil && g != first.Group {
				others = append(others, c)
			}
		}
		if len(others) > mostParts {
			out = append(out, append([][]int{total}, others...))
			continue
		}
		for choice := 1; choice < 1<<len(others); choice++ { // none of them: a group in a larger one
			set := [][]int{total}
			for k, c := range others {
				if choice>>k&1 == 1 {
					set = append(set, c)
				}
			}
			out = append(out, set)
		}
	}
	return out
}

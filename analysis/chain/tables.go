package chain

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// Transition counts how often a link, or the beginning of a chain, was followed by another link or an exit.
type Transition struct {
	Group      int
	From, To   string  // From is Entry, or a link; To is a link, an exit of ExitNames, or All
	N, Persons int     // links (of Entry: chains), and distinct persons in them
	Share      float64 // weighted, among the links that can be followed for the window; of Entry, of the chains; NaN for end_of_data and All
	Unfollowed int     // links of From that cannot be followed for the window
	InOther    int     // of N, those in chains whose sequence is pooled: what a reader gets by taking the shown sequences off
	MeanGap    float64 // days from the last day of the link to the first of the next one, both left out: 0 is the day after; NaN to exits
}

// What stands in From and To besides links and exits.
const (
	Entry = "entry"
	All   = "all"
)

// tally counts rows and the distinct persons in them; records come by person.
type tally struct {
	n, persons  int
	last        int32
	weight, sum float64 // of the rows, and of their values by weight
	inOther     int
	known       int     // links that can be followed for the window
	knownWeight float64 // and the weight of them
}

func (t *tally) add(r *record, value float64) {
	if t.n == 0 || t.last != r.person {
		t.persons++
		t.last = r.person
	}
	t.n++
	t.weight += r.weight
	t.sum += r.weight * value
}

// transitions are those of a group: per From (Entry first, then links by name) the row All and then each To, links by name
// and then the exits in their order.
func (d *describer) transitions(g int) []Transition {
	c := d.in.Chains
	type pair struct {
		from, to string
		exit     Exit // ToLink: to is a link
	}
	cells := map[pair]*tally{}
	shown := d.often(g)
	add := func(p pair, r *record, value float64, known bool) {
		t := cells[p]
		if t == nil {
			t = new(tally)
			cells[p] = t
		}
		t.add(r, value)
		if !shown[r.seq] {
			t.inOther++
		}
		if known {
			t.known++
			t.knownWeight += r.weight
		}
	}
	for i := range d.records {
		r := &d.records[i]
		if r.groups&(1<<g) == 0 {
			continue
		}
		links := c.Of(int(r.chain))
		add(pair{Entry, d.label[links[0].Set], ToLink}, r, 0, true)
		add(pair{Entry, All, ToLink}, r, 0, true)
		for j := range links {
			from := d.label[links[j].Set]
			exit, _, known := c.After(d.reg, int(r.chain), j)
			add(pair{from, All, ToLink}, r, 0, known)
			if exit == ToLink {
				add(pair{from, d.label[links[j+1].Set], ToLink}, r, float64(links[j+1].Gap), known)
			} else {
				add(pair{from, ExitNames[exit], exit}, r, 0, known)
			}
		}
	}
	var out []Transition
	var keys []pair
	for k := range cells {
		keys = append(keys, k)
	}
	first := func(ok bool) int {
		if ok {
			return 0
		}
		return 1
	}
	slices.SortFunc(keys, func(a, b pair) int {
		return cmp.Or(cmp.Compare(first(a.from == Entry), first(b.from == Entry)), cmp.Compare(a.from, b.from), cmp.Compare(first(a.to == All), first(b.to == All)),
			cmp.Compare(a.exit, b.exit), cmp.Compare(a.to, b.to))
	})
	for _, k := range keys {
		t := cells[k]
		row := Transition{Group: g, From: k.from, To: k.to, N: t.n, Persons: t.persons, InOther: t.inOther, Share: math.NaN(), MeanGap: math.NaN()}
		all := cells[pair{k.from, All, ToLink}]
		row.Unfollowed = all.n - all.known
		if k.to != All && k.exit != ToEnd && all.known > 0 {
			row.Share = t.knownWeight / all.knownWeight
		}
		if k.from != Entry && k.to != All && k.exit == ToLink {
			row.MeanGap = t.sum / t.weight
		}
		out = append(out, row)
	}
	return out
}

// Row is a set of chains: all of a group, those of a length, of a sequence, with opplæring at a position or in an order.
// All but N, Persons and Share are about the chains that can be followed for the window after their last link.
type Row struct {
	Group      int
	Kind       string // all | length | sequence | opplaering | order
	Value      string // such as 2, A > B, 1, opplaering_first
	Links      int    // of every chain in it; 0 where they differ
	N, Persons int
	Share      float64 // of the chains of the group
	Followed   int
	Months     float64 // mean months from the first start to the last day
	MonthsIn   float64 // mean months in links
	Work       float64 // share whose first exit is work
	Again      float64 // share who start in tiltak again within the window, whatever came between
	AgainAfter float64 // mean months to it
	InOther    int     // of N, those whose sequence is pooled

	// Distinct persons behind the two shares, with and without.
	FollowedPersons, WithWork, WithoutWork, WithAgain, WithoutAgain int
}

// The kinds of rows.
const (
	KindAll        = "all"
	KindLength     = "length"
	KindSequence   = "sequence"
	KindOpplaering = "opplaering"
	KindOrder      = "order"
)

// MostSequences is how many sequences of a group stand alone; the rest are pooled as OtherSequences.
const MostSequences = 20

// OtherSequences begins the values of the rows of all other sequences, one for each length: other_1, other_2 and so on.
const OtherSequences = "other_"

// often are the sequences of a group that stand alone: the MostSequences most frequent, by weight, of at least MinCell persons.
func (d *describer) often(g int) map[int32]bool {
	out := map[int32]bool{}
	for _, k := range d.ranked(g) {
		out[k] = true
	}
	return out
}

// ranked are they in order.
func (d *describer) ranked(g int) []int32 {
	count := map[int32]*tally{}
	for i := range d.records {
		if r := &d.records[i]; r.groups&(1<<g) != 0 {
			if count[r.seq] == nil {
				count[r.seq] = new(tally)
			}
			count[r.seq].add(r, 0)
		}
	}
	var often []int32
	for k, t := range count {
		if t.persons >= d.in.MinCell {
			often = append(often, k)
		}
	}
	slices.SortFunc(often, func(a, b int32) int {
		return cmp.Or(cmp.Compare(count[b].weight, count[a].weight), cmp.Compare(d.seqs[a], d.seqs[b]))
	})
	return often[:min(len(often), MostSequences)]
}

// rows are the chains of a group in each kind of parts; the parts of a kind add up to all, and sequences to lengths.
func (d *describer) rows(g int) []Row {
	var in []*record
	all := 0.
	for i := range d.records {
		if r := &d.records[i]; r.groups&(1<<g) != 0 {
			in = append(in, r)
			all += r.weight
		}
	}
	if len(in) == 0 {
		return nil
	}
	var sequences []string
	shown := map[int32]bool{}
	for _, k := range d.ranked(g) {
		sequences = append(sequences, d.seqs[k])
		shown[k] = true
	}
	for _, l := range Lengths {
		sequences = append(sequences, OtherSequences+l)
	}
	length := func(r *record) string {
		if r.links > 3 {
			return Lengths[3]
		}
		return strconv.Itoa(r.links)
	}
	var out []Row
	add := func(kind string, values []string, of func(*record) string) {
		part := map[string][]*record{}
		for _, r := range in {
			v := of(r)
			part[v] = append(part[v], r)
		}
		for _, v := range values {
			if len(part[v]) == 0 {
				continue
			}
			next := row(g, kind, v, part[v], all)
			for _, r := range part[v] {
				if !shown[r.seq] {
					next.InOther++
				}
			}
			out = append(out, next)
		}
	}
	add(KindAll, []string{All}, func(*record) string { return All })
	add(KindLength, Lengths, length)
	add(KindSequence, sequences, func(r *record) string {
		if shown[r.seq] {
			return d.seqs[r.seq]
		}
		return OtherSequences + length(r)
	})
	add(KindOpplaering, Positions, func(r *record) string { return r.position })
	add(KindOrder, Orders, func(r *record) string { return r.order })
	return out
}

func row(g int, kind, value string, in []*record, all float64) Row {
	nan := math.NaN()
	out := Row{Group: g, Kind: kind, Value: value, Links: in[0].links, Months: nan, MonthsIn: nan, Work: nan, Again: nan, AgainAfter: nan}
	var every, followed, months, work, noWork, again, notAgain tally
	for _, r := range in {
		if r.links != out.Links {
			out.Links = 0
		}
		every.add(r, 0)
		if !r.followed {
			continue
		}
		followed.add(r, r.months)
		months.add(r, r.monthsIn)
		if r.exit == ToWork {
			work.add(r, 0)
		} else {
			noWork.add(r, 0)
		}
		if r.again {
			again.add(r, float64(r.againMonths))
		} else {
			notAgain.add(r, 0)
		}
	}
	out.N, out.Persons, out.Share = every.n, every.persons, every.weight/all
	out.Followed, out.FollowedPersons = followed.n, followed.persons
	out.WithWork, out.WithoutWork, out.WithAgain, out.WithoutAgain = work.persons, noWork.persons, again.persons, notAgain.persons
	if n := followed.weight; n > 0 {
		out.Months, out.MonthsIn = followed.sum/n, months.sum/n
		out.Work, out.Again = work.weight/n, again.weight/n
	}
	if again.n > 0 {
		out.AgainAfter = again.sum / again.weight
	}
	return out
}

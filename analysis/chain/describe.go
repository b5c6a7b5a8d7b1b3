package chain

import (
	"context"
	"slices"
	"strings"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/parallel"
)

// Class is what a tiltak is in the question of order: opplæring, practice or something else.
type Class uint8

// The classes.
const (
	OtherClass Class = iota
	Opplaering
	Practice // arbeidstrening and wage subsidies: work with an employer
)

// Input is what Describe takes.
type Input struct {
	Chains  *Chains
	Groups  []uint64                // per chain, bit g: it belongs to group g; 0: it is not described
	NGroups int                     // at most 64
	Weight  []float64               // by person, over 0: of how many people the figures count one; nil: all 1
	Class   func(name string) Class // of a name of the alphabet
	MinCell int                     // sequences and combinations of fewer persons in all are pooled
	Months  int                     // length of the sequences of months, from the month of a chain's first start
	Types   int                     // number of types; 0: chosen; negative: none
	Costs   string                  // TransitionRate or Constant
	Seed    uint64
	Workers int
}

// The costs of optimal matching that a study can name.
const (
	TransitionRate = "transition"
	Constant       = "constant"
)

// Description is what Describe finds; the rows of each group follow each other, groups in order. Numbers of links, chains and
// persons are those that were seen, since disclosure control asks for them. Shares, means, spreads, quantiles and types count
// people by their weight: a weight of 2 gives the figures of a person who stands there twice.
type Description struct {
	Chains      int // that are described
	Transitions []Transition
	Rows        []Row
	Months      []MonthRow
	Measures    []Measure
	Types       []TypeRow
	Silhouette  []float64 // mean silhouette width for 2, 3, … types; nil where there are no types
	Labels      []string  // every name of a link that the tables use
}

// record is what the tables need to know of a chain.
type record struct {
	chain, person int32
	groups        uint64
	weight        float64
	seq           int32 // index into describer.seqs
	links         int
	position      string // of the first opplæring
	order         string
	followed      bool
	exit          Exit
	months        float64 // from the first day to the last
	monthsIn      float64 // in links
	again         bool
	againMonths   int
}

type describer struct {
	in      Input
	reg     *register.Register
	records []record
	seqs    []string       // names of sequences
	label   map[Set]string // names of links
}

// Describe makes the tables of the chains that have a group.
func Describe(ctx context.Context, reg *register.Register, in Input) (*Description, error) {
	d := &describer{in: in, reg: reg}
	d.labels()
	if err := d.record(ctx); err != nil {
		return nil, err
	}
	out := &Description{Chains: len(d.records)}
	for _, name := range d.label {
		out.Labels = append(out.Labels, name)
	}
	slices.Sort(out.Labels)
	out.Labels = slices.Compact(out.Labels)
	transitions, rows := make([][]Transition, in.NGroups), make([][]Row, in.NGroups)
	if err := parallel.For(ctx, in.Workers, in.NGroups, func(g int) error {
		transitions[g], rows[g] = d.transitions(g), d.rows(g)
		return nil
	}); err != nil {
		return nil, err
	}
	for g := range in.NGroups {
		out.Transitions = append(out.Transitions, transitions[g]...)
		out.Rows = append(out.Rows, rows[g]...)
	}
	return out, d.sequences(ctx, out)
}

// Combination is the name of the combinations that fewer than the limit are in.
const Combination = "combination"

// labels names the links: a tiltak by its name, a combination by those of its tiltak where at least 0.5 per cent of the
// links, by weight, of MinCell persons or more, are it, and otherwise Combination.
func (d *describer) labels() {
	c := d.in.Chains
	count, persons, last := map[Set]float64{}, map[Set]int{}, map[Set]int32{}
	all := 0.
	for i, g := range d.in.Groups {
		if g == 0 {
			continue
		}
		for _, l := range c.Of(i) {
			w := d.weight(c.Chains[i].Person)
			all += w
			count[l.Set] += w
			if p, ok := last[l.Set]; !ok || p != c.Chains[i].Person {
				persons[l.Set]++
				last[l.Set] = c.Chains[i].Person
			}
		}
	}
	d.label = make(map[Set]string, len(count))
	for s, n := range count {
		d.label[s] = s.Name(c.Alphabet.Names)
		if s.Size() > 1 && (200*n < all || persons[s] < d.in.MinCell) {
			d.label[s] = Combination
		}
	}
}

// weight is how many people a person stands for.
func (d *describer) weight(person int32) float64 {
	if d.in.Weight == nil {
		return 1
	}
	return d.in.Weight[person]
}

// Separator stands between the links of a sequence.
const Separator = " > "

func (d *describer) record(ctx context.Context) error {
	const block = 4096
	c := d.in.Chains
	names := make([]string, len(c.Chains))
	all := make([]record, len(c.Chains))
	if err := parallel.Blocks(ctx, d.in.Workers, len(c.Chains), block, func(_, from, to int) error {
		var parts []string
		for i := from; i < to; i++ {
			if d.in.Groups[i] == 0 {
				continue
			}
			r := &all[i]
			links := c.Of(i)
			*r = record{chain: int32(i), person: c.Chains[i].Person, groups: d.in.Groups[i], weight: d.weight(c.Chains[i].Person), links: len(links)}
			parts = parts[:0]
			for j := range links {
				parts = append(parts, d.label[links[j].Set])
				r.monthsIn += float64(links[j].Days()) / daysPerMonth
				if j > 0 && links[j].Gap < 0 { // days in both links count once
					r.monthsIn += float64(links[j].Gap) / daysPerMonth
				}
			}
			names[i] = strings.Join(parts, Separator)
			r.months = float64(links[len(links)-1].End-links[0].Start+1) / daysPerMonth
			r.exit, _, _ = c.After(d.reg, i, len(links)-1)
			r.againMonths, r.again, r.followed = c.Reentry(i)
			r.position, r.order = d.place(links)
		}
		return nil
	}); err != nil {
		return err
	}
	number := map[string]int32{}
	for i := range all {
		if d.in.Groups[i] == 0 {
			continue
		}
		k, ok := number[names[i]]
		if !ok {
			k = int32(len(d.seqs))
			number[names[i]] = k
			d.seqs = append(d.seqs, names[i])
		}
		all[i].seq = k
		d.records = append(d.records, all[i])
	}
	return nil
}

const daysPerMonth = 365.2425 / 12

// The places of opplæring in a chain, and the orders of opplæring and practice.
var (
	Positions = []string{"none", "1", "2", "3+"}
	Orders    = []string{"opplaering_first", "practice_first", "together", "opplaering_only", "practice_only", "neither"}
	Lengths   = []string{"1", "2", "3", "4+"}
)

// place says in which link opplæring first stands, and whether practice comes before or after it.
func (d *describer) place(links []Link) (position, order string) {
	first := [3]int{-1, -1, -1}
	for i := range links {
		set := links[i].Set
		for _, k := range set[:set.Size()] {
			if class := d.in.Class(d.in.Chains.Alphabet.Names[k]); first[class] < 0 {
				first[class] = i
			}
		}
	}
	o, p := first[Opplaering], first[Practice]
	position = Positions[min(o+1, 3)]
	switch {
	case o < 0 && p < 0:
		order = "neither"
	case o < 0:
		order = "practice_only"
	case p < 0:
		order = "opplaering_only"
	case o < p:
		order = "opplaering_first"
	case p < o:
		order = "practice_first"
	default:
		order = "together"
	}
	return position, order
}

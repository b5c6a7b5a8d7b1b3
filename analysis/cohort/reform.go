package cohort

import (
	"context"
	"slices"
	"strings"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// Reform is a change of rules whose effect is sought as eligible × after: the outcomes of those whom the rules are about,
// after the date less before it, less the same change among the others.
//
// There are two kinds of rows. With Eligible they are months in the risk set: whoever is in it on the first day of m, and of
// whom it is known whether the group holds them, measured before m. With Tiltak they are starts: of Tiltak those whom
// the rules are about, of Against the others, each on its own day, in the risk set, under the age and washout rules of the
// design; whoever starts both in a month is in neither.
type Reform struct {
	ID       string
	From     calendar.Month // the first month under the new rules
	Months   int            // of rows on either side
	Eligible string         // a group of the design, or an expression; "": starts
	Tiltak   []string
	Against  []string // nil: all other tiltak of the register
}

// ReformRows are the rows of a reform, in the order of person and month.
type ReformRows struct {
	Person   []int32
	Month    []calendar.Month
	Eligible []bool
	After    []bool
	Weight   []float64 // the person's weight in the extract; 1 where it has none
	Names    []string  // of the columns of X
	X        []Column
	Rate     float64 // the chance with which a month in the risk set was sampled; 1 for starts
	Warnings []fault.Warning
}

// maxReformRows is about how many months in the risk set a reform keeps.
const maxReformRows = 400_000

// BuildReform gathers the rows of a reform. Of the design it takes the population (age, risk set, washout, horizon), the groups'
// definitions, the covariates and the seed. Covariates that tell the calendar or the local market are left out: they
// differ before and after by themselves. An error is a fault.Error that names what the register or the study lacks.
func BuildReform(ctx context.Context, reg *register.Register, design Design, f Reform) (*ReformRows, error) {
	d := design
	d.From, d.To = f.From-calendar.Month(f.Months), f.From+calendar.Month(f.Months)-1
	d.Against, d.Others, d.Combinations, d.After, d.Referral = NotNow, nil, nil, nil, false
	b := &builder{reg: reg, d: d}
	if d.From < reg.Panel.First+1 || d.To > reg.Cut {
		return nil, fault.Usagef("bad_study", "`reforms`: `%s` looks at %s to %s, but the register holds %s to %s and needs a month before the first; choose fewer `months`", f.ID, d.From, d.To, reg.Panel.First, reg.Cut)
	}
	all, err := d.chosen(reg)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if !c.BeforeEpisode && !ofTheCalendar(c.Name) {
			b.covariates = append(b.covariates, c)
		}
	}
	out := &ReformRows{Rate: 1}
	for _, c := range b.covariates {
		out.Names = append(out.Names, c.Name)
	}
	var group *Group
	var own, others []int16
	if f.Eligible != "" {
		if group, err = d.eligibility(f); err != nil {
			return nil, err
		}
		if out.Warnings, err = available([]Group{*group}, reg, d.From); err != nil {
			return nil, err
		}
	} else if own, others, err = f.numbers(reg); err != nil {
		return nil, err
	}
	blocks := parallel.NumBlocks(reg.Persons.N, personBlock)
	if group != nil {
		counts := make([]int, blocks)
		if err := parallel.Blocks(ctx, d.Workers, reg.Persons.N, personBlock, func(k, from, to int) error {
			b.eachMonth(from, to, func(int32, calendar.Month, *Episode) { counts[k]++ })
			return nil
		}); err != nil {
			return nil, err
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		out.Rate = min(1, maxReformRows/float64(max(1, total)))
	}
	parts := make([]ReformRows, blocks)
	columns := make([]packedColumns, blocks)
	sampling := random.NewKeyed(d.Seed, "reform "+f.ID)
	if err := parallel.Blocks(ctx, d.Workers, reg.Persons.N, personBlock, func(k, from, to int) error {
		p := &parts[k]
		w := newColumnWriter(len(b.covariates))
		defer func() { columns[k] = w.close() }()
		history := new(sums)
		x := moment{reg: reg, persons: &reg.Persons, history: history}
		loaded := int32(-1)
		load := func(person int32, m calendar.Month, e *Episode) {
			if person != loaded {
				history.load(reg.Panel.History(person))
				loaded = person
			}
			x.person, x.m, x.episode = person, m, e
		}
		add := func(eligible bool) {
			weight := 1.
			if w := reg.Persons.Weight; w != nil {
				weight = w[x.person]
			}
			p.Person, p.Month = append(p.Person, x.person), append(p.Month, x.m)
			p.Eligible, p.After = append(p.Eligible, eligible), append(p.After, x.m >= f.From)
			p.Weight = append(p.Weight, weight)
			for j := range b.covariates {
				w.put(j, b.covariates[j].value(&x))
			}
			w.end()
		}
		if group == nil {
			b.eachStart(from, to, own, others, func(person int32, m calendar.Month, e *Episode, eligible bool) {
				load(person, m, e)
				add(eligible)
			})
			return nil
		}
		b.eachMonth(from, to, func(person int32, m calendar.Month, e *Episode) {
			if out.Rate < 1 && sampling.Uniform(uint64(person), uint64(m)) >= out.Rate {
				return
			}
			load(person, m, e)
			if t := group.truth(&x); t == yes || t == no {
				add(t == yes)
			}
		})
		return nil
	}); err != nil {
		return nil, err
	}
	out.X = joinColumns(len(b.covariates), columns)
	for _, p := range parts {
		out.Person, out.Month = append(out.Person, p.Person...), append(out.Month, p.Month...)
		out.Eligible, out.After, out.Weight = append(out.Eligible, p.Eligible...), append(out.After, p.After...), append(out.Weight, p.Weight...)
	}
	return out, nil
}

// ofTheCalendar tells a covariate that is the same for all in a month, or nearly so.
func ofTheCalendar(name string) bool {
	return strings.HasPrefix(name, "aar=") || slices.Contains([]string{"ledighet_lokalt", "stramhet_lokalt", "kort_historikk"}, name)
}

// eligibility is the group of a reform: one of the design or the catalogue, otherwise an expression.
func (d *Design) eligibility(f Reform) (*Group, error) {
	if groupID.MatchString(f.Eligible) {
		if _, own := d.Define[f.Eligible]; own || slices.Contains(GroupIDs(d.catalogue()), f.Eligible) {
			return d.single(f.Eligible)
		}
	}
	e := *d
	e.Define = map[string]Definition{"reform": {When: f.Eligible}}
	g, err := e.single("reform")
	if err != nil {
		return nil, within(err, "`reforms."+f.ID+".eligible`: ")
	}
	return g, nil
}

// ReformColumns are the columns of the user's own that the eligibility of a reform reads.
func (d *Design) ReformColumns(f Reform) ([]register.ExtraColumn, error) {
	if f.Eligible == "" {
		return nil, nil
	}
	g, err := d.eligibility(f)
	if err != nil {
		return nil, err
	}
	var out []register.ExtraColumn
	g.each(func(r rule) {
		for _, c := range r.Columns {
			out = append(out, register.ExtraColumn{Name: c, For: "the reform `" + f.ID + "`"})
		}
	})
	return out, nil
}

// truth is whether the person belongs to the group, which may be unknown.
func (g *Group) truth(x *moment) int8 {
	day := x.m.First()
	for i := range g.rules {
		if len(g.rules) == 1 || g.rules[i].valid.Contains(day) {
			return g.rules[i].truth(x)
		}
	}
	return unknown
}

// numbers are the register's numbers of the tiltak on either side.
func (f *Reform) numbers(reg *register.Register) (own, others []int16, err error) {
	for _, code := range f.Tiltak { // of a list of the catalogue some may be in no file
		if i, ok := slices.BinarySearch(reg.Tiltak, code); ok {
			own = append(own, int16(i))
		}
	}
	if len(own) == 0 {
		return nil, nil, fault.Usagef("unknown_tiltak", "`reforms`: nobody in the register takes part in the tiltak of `%s` (%s)", f.ID, strings.Join(f.Tiltak, ", "))
	}
	if f.Against == nil {
		for i := range reg.Tiltak {
			if !slices.Contains(own, int16(i)) {
				others = append(others, int16(i))
			}
		}
	}
	for _, code := range f.Against {
		i, ok := slices.BinarySearch(reg.Tiltak, code)
		if !ok {
			return nil, nil, fault.Usagef("unknown_tiltak", "`reforms`: `%s` is against `%s`, which nobody in the register takes part in%s", f.ID, code, fault.Suggest(code, reg.Tiltak))
		}
		others = append(others, int16(i))
	}
	return own, others, nil
}

// eachMonth calls visit for each month of the window in which a person of [from, to) is in the risk set on the first day.
func (b *builder) eachMonth(from, to int, visit func(person int32, m calendar.Month, e *Episode)) {
	var buffer []Episode
	for person := int32(from); person < int32(to); person++ {
		buffer = episodes(b.reg, person, b.d.Eligible, buffer)
		for i := range buffer {
			e := &buffer[i]
			for m := max(b.d.From, e.From.Month()); m <= b.d.To && m.First() <= e.To; m++ {
				if e.Covers(m.First()) && b.here(person, m.First()) && b.ageRule(person, m) == ruleAnalysed {
					visit(person, m, e)
				}
			}
		}
	}
}

// eachStart calls visit for each person and month with a start of one side and none of the other.
func (b *builder) eachStart(from, to int, own, others []int16, visit func(person int32, m calendar.Month, e *Episode, eligible bool)) {
	var buffer []Episode
	for person := int32(from); person < int32(to); person++ {
		parts := b.reg.Participations[b.reg.FirstPart[person]:b.reg.FirstPart[person+1]]
		last := calendar.Month(-1)
		loaded := false
		for i := range parts {
			p := &parts[i]
			m := p.Start.Month()
			eligible := slices.Contains(own, p.Tiltak)
			if m < b.d.From || m > b.d.To || m == last || !eligible && !slices.Contains(others, p.Tiltak) {
				continue
			}
			if slices.ContainsFunc(parts, func(q register.Participation) bool {
				return q.Start.Month() == m && (eligible && slices.Contains(others, q.Tiltak) || !eligible && slices.Contains(own, q.Tiltak))
			}) {
				continue
			}
			if !loaded {
				buffer = episodes(b.reg, person, b.d.Eligible, buffer)
				loaded = true
			}
			at := slices.IndexFunc(buffer, func(e Episode) bool { return e.Covers(p.Start) })
			if at < 0 || !b.here(person, p.Start) || b.ageRule(person, m) != ruleAnalysed || b.washout(person, m, p.Tiltak) != ruleAnalysed {
				continue
			}
			last = m
			visit(person, m, &buffer[at], eligible)
		}
	}
}

package register

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

const (
	maxPosition = math.MaxUint16 // hundredths of a percent
	maxWage     = math.MaxInt32  // øre
)

// panelRules are the rules for the rows of a table that go into the panel.
type panelRules struct {
	idMissing, stranger                                   *rule
	monthMissing, monthImpossible, beforeFirst, afterCut  *rule
	afterDeath, afterEmigration                           *rule
	positionMissing, positionNegative, positionLarge      *rule
	wageMissing, wageNegative, wageLarge, wageSumNegative *rule
	marked, amount, overlap                               *rule
}

func (b *builder) panelRules(table string) panelRules {
	rule := func(name, action string) *rule { return b.ledger.rule(table, name, action) }
	r := panelRules{idMissing: rule("person_id_missing", Dropped), stranger: rule("person_unknown", Dropped)}
	if table != "arbeidsforhold" {
		r.monthMissing, r.monthImpossible = rule("month_missing", Dropped), rule("month_impossible", Dropped)
		r.beforeFirst, r.afterCut = rule("month_before_first", Dropped), rule("month_after_cut", Dropped)
		r.afterDeath, r.afterEmigration = rule("month_after_death", Dropped), rule("month_after_emigration", Kept)
	}
	if table != "inntekt" {
		r.positionMissing, r.positionNegative, r.positionLarge = rule("position_missing", Changed), rule("position_negative", Changed), rule("position_too_large", Changed)
	}
	r.marked = rule("tiltak_wage_marked", Changed)
	if table != "arbeidsforhold" {
		r.wageMissing, r.wageNegative, r.wageLarge = rule("wage_missing", Changed), rule("wage_negative", Kept), rule("wage_too_large", Changed)
		r.wageSumNegative = rule("wage_sum_negative", Changed)
		r.amount = rule("tiltak_wage_amount", Changed)
	}
	r.overlap = rule("tiltak_wage_overlap", Changed)
	return r
}

// panelBuilder adds the rows of maaned to the panel.
//
// Sums are of integers that stop at the largest value, and negative wages (corrections) wait until all others are in,
// so that neither the order of rows nor the number of workers shows. Workers share the panel; a lock a stripe of
// persons keeps them from one another's cells.
type panelBuilder struct {
	*builder
	file  string
	rules panelRules
	wages string           // the column of wages
	marks *marks           // of inntekt, for arbeidsforhold
	last  []calendar.Month // last month with rows to use: of death, or the cut; nil where nobody died
	gone  []calendar.Month // month of emigration; nil where nobody did
	rows  atomic.Int64
	locks [1024]struct {
		sync.Mutex
		_ [56]byte // a cache line each
	}
	scratch sync.Pool

	shares      shares
	jobs        *jobReader // nil: main jobs are not asked for
	mu          sync.Mutex
	corrections []correction
}

// correction is a negative wage.
type correction struct {
	cell           int
	wage, ordinary int64
}

// scratch is what a worker keeps between parts.
type scratch struct {
	person   []int32
	month    []calendar.Month
	position []float64
	wage     []float64
	amount   []float64
	marked   []bool
	flags    []bool
	state    []State
	employer []int32
	codes    []int32 // of jobs, four a row
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// benefits are the columns of maaned that become bits.
var benefits = []struct {
	column string
	bit    State
}{
	{"dagpenger", Dagpenger}, {"aap", AAP}, {"ufore", Ufore}, {"sosialhjelp", Sosialhjelp},
	{"tiltakspenger", Tiltakspenger}, {"utdanning_igang", Studying},
}

// readPanel reads maaned, or arbeidsforhold and inntekt in its place, part by part into the panel.
func (b *builder) readPanel() error {
	p := b.Panel
	if err := b.size(); err != nil {
		return err
	}
	cells := p.N * p.Months
	p.Position, p.Ordinary = make([]uint16, cells), make([]uint16, cells)
	p.Wage, p.OrdinaryWage = make([]int32, cells), make([]int32, cells)
	p.State = make([]State, cells)
	x := &panelBuilder{builder: b, last: exitMonths(b.Persons.Died), gone: exitMonths(b.Persons.Emigrated)}
	x.scratch.New = func() any { return &scratch{} }
	if b.has("maaned") {
		for _, table := range []string{"arbeidsforhold", "inntekt"} {
			if b.has(table) {
				b.warn("table_not_used", "%s is not used, since %s is there; remove one of them", b.file(table), b.file("maaned"))
			}
		}
		x.wages = "lonn"
		if b.opt.Jobs {
			var err error
			if p.Jobs, x.jobs, err = b.readJobLists(b.file("maaned")); err != nil {
				return err
			}
			p.Jobs.allocate(cells)
		}
		if err := x.scan("maaned", x.part); err != nil {
			return err
		}
	} else if err := x.readJobs(); err != nil {
		return err
	}
	return x.finish()
}

// scan reads a table into the panel.
func (x *panelBuilder) scan(table string, part func(Part) error) error {
	x.file, x.rules = x.builder.file(table), x.panelRules(table)
	x.rows.Store(0)
	total := float64(max(x.source.Rows(table), 0))
	if err := x.source.Scan(x.ctx, table, x.used(table), x.opt.Workers, func(p Part) error {
		err := part(p)
		if x.opt.Progress != nil && err == nil {
			x.opt.Progress(float64(x.rows.Load()), total, table)
		}
		return err
	}); err != nil {
		return err
	}
	x.correct()
	if err := x.shares.refuse(x.file); err != nil {
		return err
	}
	return x.refuseStrangers(table, x.rules.stranger, x.rows.Load())
}

// used are the columns of a table that are worth reading: what only main jobs need where they are asked for, and employers
// where a participation names one.
func (x *panelBuilder) used(table string) []string {
	if table != "maaned" || x.opt.Jobs {
		return x.columns[table]
	}
	return slices.DeleteFunc(slices.Clone(x.columns[table]), func(name string) bool {
		return slices.Contains(jobColumns, name) && (name != "arbeidsgiver_id" || len(x.Employers) == 0 || x.spells.first == nil)
	})
}

// size refuses a panel over Options.Memory.
func (b *builder) size() error {
	bytes := 14 * int64(b.Panel.N) * int64(b.Panel.Months)
	if b.opt.Jobs && b.has("maaned") {
		bytes *= 2
	}
	if b.opt.Memory <= 0 || bytes <= b.opt.Memory {
		return nil
	}
	return fault.Usagef("memory", "the panel of %d persons × %d months takes %.3g GiB, over the limit of %.3g GiB; allow more with `--memory`, or leave out persons or early months",
		b.Panel.N, b.Panel.Months, float64(bytes)/(1<<30), float64(b.opt.Memory)/(1<<30))
}

// exitMonths are the months of dates, far in the future where there is none; nil where nobody has one.
func exitMonths(dates []calendar.Date) []calendar.Month {
	var months []calendar.Month
	for i, d := range dates {
		if d == NoDate {
			continue
		}
		if months == nil {
			months = make([]calendar.Month, len(dates))
			for k := range months {
				months[k] = math.MaxInt32
			}
		}
		months[i] = monthOf(d)
	}
	return months
}

// part adds a part of maaned.
func (x *panelBuilder) part(part Part) error {
	t := part.Table
	n := t.Rows
	x.rows.Add(int64(n))
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	if err := x.read(t, s); err != nil {
		return err
	}
	x.clean(t, s)
	x.shares.look(s.person, s.position, part.Row)
	s.codes = s.codes[:0]
	if x.jobs != nil {
		s.codes = sized(s.codes, 4*n)
		if err := x.jobs.codes(x.file, t, s.codes); err != nil {
			return err
		}
	}
	x.apply(s)
	return nil
}

// read turns the columns into slices.
func (x *panelBuilder) read(t *datasets.Table, s *scratch) error {
	n := t.Rows
	s.person, s.month = sized(s.person, n), sized(s.month, n)
	s.position, s.wage = sized(s.position, n), sized(s.wage, n)
	s.state = sized(s.state, n)
	if err := x.index.fill(x.file, t.Column("person_id"), s.person); err != nil {
		return err
	}
	if err := fillMonths(x.file, t.Column("maaned"), s.month); err != nil {
		return err
	}
	if c := t.Column("stillingsprosent"); c == nil {
		clear(s.position)
	} else if err := fillNumbers(x.file, c, s.position); err != nil {
		return err
	}
	if err := fillNumbers(x.file, t.Column(x.wages), s.wage); err != nil {
		return err
	}
	for i := range s.state {
		s.state[i] = Observed
	}
	s.flags = sized(s.flags, n)
	for _, benefit := range benefits {
		c := t.Column(benefit.column)
		if c == nil {
			continue
		}
		if err := fillBools(x.file, c, s.flags); err != nil {
			return err
		}
		for i, f := range s.flags {
			if f {
				s.state[i] |= benefit.bit
			}
		}
	}
	s.marked = s.marked[:0]
	if c := t.Column("tiltakslonn"); c != nil {
		s.marked = sized(s.marked, n)
		if err := fillBools(x.file, c, s.marked); err != nil {
			return err
		}
	}
	s.amount = s.amount[:0]
	if c := t.Column("tiltakslonn_belop"); c != nil {
		s.amount = sized(s.amount, n)
		if err := fillNumbers(x.file, c, s.amount); err != nil {
			return err
		}
	}
	return x.readEmployers(t, s)
}

// readEmployers numbers the employers of jobs as Register.Employers does; others are −2, missing ones −1. They matter
// only where someone takes part in a tiltak that pays wages.
func (x *panelBuilder) readEmployers(t *datasets.Table, s *scratch) error {
	s.employer = s.employer[:0]
	c := t.Column("arbeidsgiver_id")
	if c == nil || x.spells.first == nil {
		return nil
	}
	text, err := texts(x.file, c)
	if err != nil {
		return err
	}
	s.employer = sized(s.employer, t.Rows)
	for i, p := range s.person {
		s.employer[i] = -1
		if p < 0 || x.spells.first[p] == x.spells.first[p+1] {
			continue
		}
		if name := text(i); name != "" {
			s.employer[i] = x.employer(name)
		}
	}
	return nil
}

// clean applies the rules to rows; a row that is dropped gets no person.
func (x *panelBuilder) clean(t *datasets.Table, s *scratch) {
	first, cut := x.Panel.First, x.Cut
	r := &x.rules
	for i, p := range s.person {
		if p < 0 {
			switch p {
			case noPerson:
				r.idMissing.add(p)
			case stranger:
				countStranger(r.stranger, t.Column("person_id"), i)
			}
			continue
		}
		m := s.month[i]
		if m < first || m > cut {
			switch {
			case m == noMonth:
				r.monthMissing.add(p)
			case m == badMonth:
				r.monthImpossible.add(p)
			case m < first:
				r.beforeFirst.add(p)
			default:
				r.afterCut.add(p)
			}
			s.person[i] = dropped
			continue
		}
		if x.last != nil && m > x.last[p] {
			r.afterDeath.add(p)
			s.person[i] = dropped
			continue
		}
		if x.gone != nil && m > x.gone[p] {
			r.afterEmigration.add(p)
		}
		s.position[i] = r.position(s.position[i], p)
		switch v := s.wage[i] * 100; {
		case v >= 0 && v <= maxWage:
			s.wage[i] = math.Floor(v + 0.5)
		case v != v:
			r.wageMissing.add(p)
			s.wage[i] = 0
		case v > maxWage || v < -maxWage:
			r.wageLarge.add(p)
			s.wage[i] = math.Copysign(maxWage, v)
		default:
			r.wageNegative.add(p)
			s.wage[i] = math.Ceil(v - 0.5)
		}
	}
}

// position is a position in hundredths of a percent.
func (r *panelRules) position(percent float64, person int32) float64 {
	switch v := percent * 100; {
	case v >= 0 && v <= maxPosition:
		return math.Floor(v + 0.5)
	case v != v:
		r.positionMissing.add(person)
		return 0
	case v < 0:
		r.positionNegative.add(person)
		return 0
	}
	r.positionLarge.add(person)
	return maxPosition
}

// apply adds the rows to the panel.
func (x *panelBuilder) apply(s *scratch) {
	panel := x.Panel
	first, months := panel.First, panel.Months
	held := -1
	var corrections []correction
	for i, p := range s.person {
		if p < 0 {
			continue
		}
		position, wage := int32(s.position[i]), int64(s.wage[i])
		ordinary, ordinaryWage, state := x.ordinary(s, i, p, position, wage)
		k := int(p)*months + int(s.month[i]-first)
		if wage < 0 {
			corrections = append(corrections, correction{k, wage, ordinaryWage})
			wage, ordinaryWage = 0, 0
		}
		if stripe := int(p) & (len(x.locks) - 1); stripe != held {
			if held >= 0 {
				x.locks[held].Unlock()
			}
			held = stripe
			x.locks[held].Lock()
		}
		panel.Position[k] = uint16(min(int32(panel.Position[k])+position, maxPosition))
		panel.Ordinary[k] = uint16(min(int32(panel.Ordinary[k])+ordinary, maxPosition))
		panel.Wage[k] = addWage(panel.Wage[k], wage)
		panel.OrdinaryWage[k] = addWage(panel.OrdinaryWage[k], ordinaryWage)
		panel.State[k] |= state
		if len(s.codes) > 0 {
			panel.Jobs.offer(k, jobRow{uint16(position), int32(wage), [4]int32(s.codes[4*i : 4*i+4])})
		}
	}
	if held >= 0 {
		x.locks[held].Unlock()
	}
	if corrections != nil {
		x.mu.Lock()
		x.corrections = append(x.corrections, corrections...)
		x.mu.Unlock()
	}
}

// addWage adds a wage that is not negative.
func addWage(sum int32, wage int64) int32 { return int32(min(int64(sum)+wage, maxWage)) }

// correct takes negative wages off the sums of their months. A month whose sum is negative then has no wage.
func (x *panelBuilder) correct() {
	slices.SortFunc(x.corrections, func(a, b correction) int { return cmp.Compare(a.cell, b.cell) })
	panel := x.Panel
	for i := 0; i < len(x.corrections); {
		cell, wage, ordinary := x.corrections[i].cell, int64(0), int64(0)
		for ; i < len(x.corrections) && x.corrections[i].cell == cell; i++ {
			wage, ordinary = wage+x.corrections[i].wage, ordinary+x.corrections[i].ordinary
		}
		if wage += int64(panel.Wage[cell]); wage < 0 {
			x.rules.wageSumNegative.add(int32(cell / panel.Months))
		}
		panel.Wage[cell] = int32(max(wage, 0))
		panel.OrdinaryWage[cell] = int32(max(ordinary+int64(panel.OrdinaryWage[cell]), 0))
	}
	x.corrections = nil
}

// ordinary is what of a job is not paid through a tiltak. Where the data gives an amount, the position is shared as the
// wage is: position · (wage − amount) / wage, rounded half up to hundredths of a percent.
func (x *panelBuilder) ordinary(s *scratch, i int, p, position int32, wage int64) (int32, int64, State) {
	state := s.state[i]
	if len(s.marked) > 0 && s.marked[i] {
		x.rules.marked.add(p)
		return 0, 0, state | TiltakWage
	}
	if len(s.amount) > 0 && s.amount[i] > 0 {
		x.rules.amount.add(p)
		left := wage - int64(min(math.Floor(s.amount[i]*100+0.5), maxWage))
		if left <= 0 {
			return 0, 0, state | TiltakWage
		}
		return int32((2*int64(position)*left + wage) / (2 * wage)), left, state | TiltakWage
	}
	if x.spells.first == nil || position == 0 && wage == 0 {
		return position, wage, state
	}
	employer := int32(-1)
	if len(s.employer) > 0 {
		employer = s.employer[i]
	}
	if x.spells.pays(p, s.month[i], employer) {
		x.rules.overlap.add(p)
		return 0, 0, state | TiltakWage
	}
	return position, wage, state
}

// finish fills the bits that come from the other tables.
func (x *panelBuilder) finish() error {
	panel := x.Panel
	if panel.Jobs != nil {
		panel.Jobs.position, panel.Jobs.wage = nil, nil
	}
	first, last := panel.First, panel.Last()
	return parallel.Blocks(x.ctx, x.opt.Workers, panel.N, 4096, func(_, from, to int) error {
		for i := from; i < to; i++ {
			p := int32(i)
			h := panel.History(p)
			set := func(from, to calendar.Month, bit State) {
				for m := max(from, first); m <= min(to, last); m++ {
					h.State[m-first] |= bit
				}
			}
			for _, r := range x.Registrations[x.FirstReg[i]:x.FirstReg[i+1]] {
				set(monthOf(r.From), min(r.To, x.lastDay()).Month(), Registered)
			}
			for _, r := range x.Participations[x.FirstPart[i]:x.FirstPart[i+1]] {
				set(monthOf(r.Start), min(r.End, x.lastDay()).Month(), InTiltak)
			}
			if x.last != nil {
				set(x.last[i], last, Dead)
			}
			if x.gone != nil {
				set(x.gone[i], last, Gone)
			}
		}
		return nil
	})
}

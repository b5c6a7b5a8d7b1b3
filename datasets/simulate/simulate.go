package simulate

import (
	"context"
	"math"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Options say what to simulate. The zero value of each field but Persons is its default.
type Options struct {
	Persons        int
	Months         int            // default 96, at least 24
	First          calendar.Month // first month of data; default 2016-01
	Seed           uint64
	Scenario       string   // default "default"; see Scenarios
	Workers        int      // default one a processor; the result does not depend on it
	Counterfactual bool     // draw the reference paths of each start
	Effects        Effects  // replaces the scenario's effects of the tiltak it names
	Instead        string   // a tiltak: draw also, for each start, what would have happened had it been in this one; with Counterfactual
	Wait           [2]int   // months of the spell, from 1: draw also, for each start, lives that wait (Register.Waited); with Counterfactual
	Quirks         []string // names of quirks to inject (QuirkNames); the paths and Factual stay those of the clean register
}

// Horizon is how many months after the start month a reference path goes, where the data go that far.
const Horizon = 60

func (o *Options) resolve() error {
	if o.Months == 0 {
		o.Months = 96
	}
	if o.First == 0 {
		o.First = calendar.NewMonth(2016, 1)
	}
	if o.Scenario == "" {
		o.Scenario = "default"
	}
	if _, ok := scenarios[o.Scenario]; !ok {
		return fault.Usagef("bad_scenario", "`--scenario %s` is not known%s (%s)", o.Scenario, fault.Suggest(o.Scenario, Scenarios()), strings.Join(Scenarios(), ", "))
	}
	if o.Persons < 1 || o.Persons > 50_000_000 {
		return fault.Usagef("bad_flag", "`--persons` must be between 1 and 50000000, not %d", o.Persons)
	}
	if o.Months < 24 || o.Months > 600 {
		return fault.Usagef("bad_flag", "`--months` must be between 24 and 600, not %d", o.Months)
	}
	if o.Instead != "" && programmeNumber(o.Instead) < 0 {
		return fault.Usagef("bad_flag", "no start is drawn in `%s`%s", o.Instead, fault.Suggest(o.Instead, Tiltak()))
	}
	if o.Wait != [2]int{} && (o.Wait[0] < 1 || o.Wait[1] < o.Wait[0]) {
		return fault.Usagef("bad_flag", "months %d to %d of a spell are no months to wait for", o.Wait[0], o.Wait[1])
	}
	if err := checkQuirks(o.Quirks); err != nil {
		return err
	}
	return o.Effects.check()
}

func (e Effects) check() error {
	for code, x := range e {
		known := false
		for _, c := range Tiltak() {
			known = known || c == code
		}
		if !known {
			return fault.Usagef("bad_effects", "effects: tiltak `%s` is not simulated%s", code, fault.Suggest(code, Tiltak()))
		}
		if !(x.LockIn > 0 && x.LockIn <= 1) {
			return fault.Usagef("bad_effects", "effects: lock_in of %s must be above 0 and at most 1, not %v", code, x.LockIn)
		}
		for _, v := range []float64{x.Find, x.Late, x.Keep} {
			if !(math.Abs(v) <= 1.5) {
				return fault.Usagef("bad_effects", "effects: %s has a log hazard ratio of %v; at most 1.5 either way", code, v)
			}
		}
	}
	return nil
}

// Register is a simulated register in memory.
type Register struct {
	Options Options
	// Tables are person, deltakelse, arbeidssoker and maaned, in the shape of CONTRACT.md, and omrade_maaned in the scenario
	// heterogeneous.
	Tables map[string]*datasets.Table
	// Findings are what the ledger of the register room must say of the tables: nil without Options.Quirks.
	Findings []Finding
	// Paths are the starts and their reference paths; the paths are empty without Options.Counterfactual.
	Paths *Paths
	// Instead are the same starts, on the same days, in the tiltak of Options.Instead: Follow with later starts as they come,
	// None without; nil without that option.
	Instead *Paths
	// Waited are the same starts, left out: in Follow nothing is started before month Wait[0] of the spell that the start
	// lay in, and from then on starts come as they do. In None the same tiltak is besides started in one of the months Wait[0] … Wait[1] by
	// whoever is in the spell on a start day of the month, each month with the same chance (1/3, 1/2, 1 of those left where there are three),
	// and other starts come as they do after that, or after the spell. nil without Options.Wait.
	Waited *Paths

	cells []cell // person · Months + month
}

// Factual is what happened to a person (ids are 1 … Persons), all months of the data: what register.Panel shows of the
// clean register.
func (r *Register) Factual(personID int64) register.History {
	n := r.Options.Months
	return historyOf(r.Options.First, r.cells[int(personID-1)*n:int(personID)*n])
}

func historyOf(first calendar.Month, cells []cell) register.History {
	n := len(cells)
	h := register.History{First: first, Position: make([]uint16, n), Ordinary: make([]uint16, n), Wage: make([]int32, n),
		OrdinaryWage: make([]int32, n), State: make([]register.State, n)}
	for i, c := range cells {
		h.Position[i], h.Ordinary[i], h.Wage[i], h.OrdinaryWage[i], h.State[i] = c.position, c.ordinary, c.wage, c.ordinaryWage, c.state
	}
	return h
}

// blockPersons is how many persons make a task; nothing but memory depends on it.
const blockPersons = 256

// block is what comes of some persons.
type block struct {
	first   int // number of the first person
	people  []person
	cells   []cell
	spells  []spell
	spellN  []int32 // spells of each person
	parts   []participation
	partN   []int32
	others  []participation // referrals that never became a start
	otherN  []int32
	refs    []cell  // reference paths in the order of parts: follow, then none
	instead []cell  // the same with another tiltak in the place of each start
	waited  []cell  // and the two lives that wait
	refN    []int32 // length of each path, one a part; both paths are equally long

	refParts []participation // participations of each reference path, those that go on at its beginning first
	refPartN []int32         // their number, one a path
}

// spell is a registration.
type spell struct {
	from, to calendar.Date
	status   register.Status
	effort   uint8
}

// participation is a row of deltakelse: a start, or a referral that never became one.
type participation struct {
	tiltak   int
	from, to calendar.Date // to: calendar.Open while it goes on
	planned  calendar.Date
	month    int
	gotJob   bool
	referral uint8 // 0: a participation; otherwise 1 + index into refused
}

// recorder takes down what happens on the factual path.
type recorder struct {
	spells     []spell
	parts      []participation
	referrals  []participation
	open       int // index into parts of the participation that goes on, and of the mentor beside it
	openMentor int
	trace      func(t, elapsed int, s *state, each [numTiltak]float64, exit int)
	reference  bool // it takes down a reference path
}

// simulate runs persons from … to − 1 (numbered from 0).
func (w *world) simulate(from, to int, paths bool) *block {
	b := &block{first: from, cells: make([]cell, 0, (to-from)*w.months)}
	var rec recorder
	for i := from; i < to; i++ {
		p := w.newPerson(int64(i) + 1)
		rec.spells, rec.parts, rec.referrals = rec.spells[:0], rec.parts[:0], rec.referrals[:0]
		w.live(&p, &rec, b, paths)
		b.people = append(b.people, p)
		b.spells = append(b.spells, rec.spells...)
		b.spellN = append(b.spellN, int32(len(rec.spells)))
		b.parts = append(b.parts, rec.parts...)
		b.partN = append(b.partN, int32(len(rec.parts)))
		b.others = append(b.others, rec.referrals...)
		b.otherN = append(b.otherN, int32(len(rec.referrals)))
	}
	return b
}

// live runs one person through the data and, from the month of each start, along its two reference paths.
func (w *world) live(p *person, rec *recorder, b *block, paths bool) {
	s := w.begin(p)
	ref := recorder{reference: true}
	for t := range w.months {
		before := s
		had := len(rec.parts)
		b.cells = append(b.cells, w.step(p, &s, t, true, rec))
		if !paths {
			continue
		}
		if len(rec.parts) > had { // at most one a month
			end := min(t+Horizon, w.months-1)
			b.refN = append(b.refN, int32(end-t+1))
			for _, later := range [2]bool{true, false} {
				r := before
				w.resume(&r, &ref)
				for u := t; u <= end; u++ {
					b.refs = append(b.refs, w.step(p, &r, u, later && u > t, &ref))
				}
				b.refParts = append(b.refParts, ref.parts...)
				b.refPartN = append(b.refPartN, int32(len(ref.parts)))
				if w.opt.Wait[0] > 0 {
					b.waited = w.wait(b.waited, p, before, t, end, s.regMonth, rec.parts[had].tiltak, !later)
				}
				if w.instead < 0 {
					continue
				}
				r = before
				r.force = w.instead + 1
				for u := t; u <= end; u++ {
					b.instead = append(b.instead, w.step(p, &r, u, later && u > t, nil))
				}
			}
		}
	}
}

// resume makes a recorder ready for a reference path that begins in a state: the spell of registration, the participation
// and the mentor that go on then are open in it.
func (w *world) resume(s *state, rec *recorder) {
	rec.spells, rec.parts, rec.referrals = rec.spells[:0], rec.parts[:0], rec.referrals[:0]
	if s.reg {
		rec.spells = append(rec.spells, spell{to: calendar.Open})
	}
	month := func(from calendar.Date) int { return int(from.Month() - w.opt.First) }
	if s.tiltak >= 0 {
		rec.open = len(rec.parts)
		rec.parts = append(rec.parts, participation{tiltak: s.tiltak, from: s.from, to: calendar.Open, planned: s.planned, month: month(s.from)})
	}
	if s.mentor {
		rec.openMentor = len(rec.parts)
		rec.parts = append(rec.parts, participation{tiltak: mentor, from: s.mentorFrom, to: calendar.Open, planned: s.mentorPlanned, month: month(s.mentorFrom)})
	}
}

// Generate simulates a register in memory: some 10 kB a person of 96 months with paths. Write streams one of any size to
// files. The error is one of usage, which names the option, or the context's.
func Generate(ctx context.Context, opt Options) (*Register, error) {
	if err := opt.resolve(); err != nil {
		return nil, err
	}
	w := newWorld(opt)
	blocks := make([]*block, parallel.NumBlocks(opt.Persons, blockPersons))
	err := parallel.Blocks(ctx, opt.Workers, opt.Persons, blockPersons, func(i, from, to int) error {
		blocks[i] = w.simulate(from, to, opt.Counterfactual)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := &Register{Options: opt, cells: make([]cell, 0, opt.Persons*opt.Months)}
	for _, b := range blocks {
		r.cells = append(r.cells, b.cells...)
	}
	r.Tables = w.tables(blocks)
	if len(opt.Quirks) > 0 {
		found := newFindings()
		r.Tables = w.spoilTables(r.Tables, blocks, found)
		r.Findings = found.list(opt.Quirks)
	}
	if t := w.areas(); t != nil {
		r.Tables[areaTable] = t
	}
	r.Paths = w.paths(blocks, func(b *block) []cell { return b.refs }, true)
	if w.instead >= 0 && opt.Counterfactual {
		r.Instead = w.paths(blocks, func(b *block) []cell { return b.instead }, false)
	}
	if opt.Wait[0] > 0 && opt.Counterfactual {
		r.Waited = w.paths(blocks, func(b *block) []cell { return b.waited }, false)
	}
	return r, nil
}

package register

import (
	"cmp"
	"strings"
	"sync"

	"tiltakseffekt/internal/calendar"
)

// marks are the jobs whose wage of a month is paid through a tiltak, as inntekt says.
type marks struct {
	mu    sync.Mutex
	jobs  map[markedJob]struct{}
	month map[markedJob]bool // employer "": whether some mark of the month has no employer
}

type markedJob struct {
	person   int32
	month    calendar.Month
	employer string
}

func (m *marks) add(j markedJob) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs[j] = struct{}{}
	whole := markedJob{j.person, j.month, ""}
	m.month[whole] = m.month[whole] || j.employer == ""
}

// has tells whether a job is marked: by its employer, or where either side does not name the employer.
func (m *marks) has(j markedJob) bool {
	if m == nil {
		return false
	}
	anyone, some := m.month[markedJob{j.person, j.month, ""}]
	if !some || anyone || j.employer == "" {
		return some
	}
	_, ok := m.jobs[j]
	return ok
}

// readJobs reads inntekt (payments by month) and arbeidsforhold (spells) in place of maaned.
func (x *panelBuilder) readJobs() error {
	if x.has("inntekt") {
		x.wages = "belop"
		x.marks = &marks{jobs: map[markedJob]struct{}{}, month: map[markedJob]bool{}}
		other := x.ledger.rule("inntekt", "income_not_wage", Dropped)
		if err := x.scan("inntekt", func(part Part) error { return x.income(part, other) }); err != nil {
			return err
		}
	} else {
		x.warn("no_wages", "the register has no inntekt: wages are 0 throughout, and outcomes of wages mean nothing")
	}
	if !x.has("arbeidsforhold") {
		x.warn("no_positions", "the register has no arbeidsforhold: positions are 0 throughout, and outcomes of work mean nothing")
		return nil
	}
	rule := func(name, action string) *rule { return x.ledger.rule("arbeidsforhold", name, action) }
	rules := spellRules{rule("from_missing", Dropped), rule("from_impossible", Dropped), rule("to_impossible", Changed), rule("to_before_from", Dropped)}
	return x.scan("arbeidsforhold", func(part Part) error { return x.employment(part, rules) })
}

// income adds a part of inntekt: payments that are no wages are left out.
func (x *panelBuilder) income(part Part, other *rule) error {
	t := part.Table
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	x.rows.Add(int64(t.Rows))
	if err := x.read(t, s); err != nil {
		return err
	}
	names := textColumns{file: x.file, t: t}
	kind, employer := names.read("type"), names.read("arbeidsgiver_id")
	if names.err != nil {
		return names.err
	}
	for i, p := range s.person {
		if p < 0 {
			continue
		}
		switch strings.ToUpper(kind(i)) {
		case "", "LOENNSINNTEKT", "LØNNSINNTEKT", "LONNSINNTEKT":
		default:
			other.add(p)
			s.person[i] = dropped
			continue
		}
		if len(s.marked) > 0 && s.marked[i] {
			x.marks.add(markedJob{p, s.month[i], employer(i)})
		}
	}
	x.clean(t, s)
	x.apply(s)
	return nil
}

// spellRules are the rules for the dates of spells.
type spellRules struct{ noFrom, badFrom, badTo, backwards *rule }

// check applies the rules; an end that is missing, or after all data, is calendar.Open.
func (r *spellRules) check(person int32, from, to calendar.Date) (calendar.Date, bool) {
	switch {
	case from == NoDate:
		r.noFrom.add(person)
		return 0, false
	case from < firstDate || from > lastDate:
		r.badFrom.add(person)
		return 0, false
	}
	if to == NoDate {
		to = calendar.Open
	}
	if to < firstDate || to > lastDate && to != calendar.Open {
		r.badTo.add(person)
		to = calendar.Open
	}
	if to < from {
		r.backwards.add(person)
		return 0, false
	}
	return to, true
}

// employment adds a part of arbeidsforhold: a spell counts in the months on whose Rules.JobDay it lasts, until death.
func (x *panelBuilder) employment(part Part, rules spellRules) error {
	t := part.Table
	n := t.Rows
	x.rows.Add(int64(n))
	person := make([]int32, n)
	if err := x.index.fill(x.file, t.Column("person_id"), person); err != nil {
		return err
	}
	d, names, f := dateColumns{file: x.file, t: t}, textColumns{file: x.file, t: t}, numberColumns{file: x.file, t: t}
	from, to := d.read("fra"), d.read("til")
	name, position := names.read("arbeidsgiver_id"), f.read("stillingsprosent")
	if err := cmp.Or(d.err, names.err, f.err); err != nil {
		return err
	}
	day := calendar.Date(x.opt.Rules.jobDay())
	panel := x.Panel
	s := &scratch{}
	read := make([]float64, n)
	for i, p := range person {
		if p < 0 {
			if p == noPerson {
				x.rules.idMissing.add(p)
			} else {
				countStranger(x.rules.stranger, t.Column("person_id"), i)
			}
			continue
		}
		end, ok := rules.check(p, from[i], to[i])
		if !ok {
			continue
		}
		percent := x.rules.position(position(i), p)
		read[i] = percent
		employer := int32(-1)
		if name(i) != "" {
			employer = x.employer(name(i))
		}
		last := panel.Last()
		if x.last != nil {
			last = min(last, x.last[p])
		}
		for m := max(panel.First, monthOf(from[i])); m <= last && m.First() <= end; m++ {
			if at := m.First() + day - 1; at < from[i] || at > end {
				continue
			}
			s.person, s.month, s.position, s.wage = append(s.person, p), append(s.month, m), append(s.position, percent), append(s.wage, 0)
			s.state, s.employer = append(s.state, Observed), append(s.employer, employer)
			s.marked = append(s.marked, x.marks.has(markedJob{p, m, name(i)}))
		}
		if len(s.person) > 1<<16 {
			x.apply(s)
			s.person, s.month, s.position, s.wage = s.person[:0], s.month[:0], s.position[:0], s.wage[:0]
			s.state, s.employer, s.marked = s.state[:0], s.employer[:0], s.marked[:0]
		}
	}
	x.apply(s)
	x.shares.look(person, read, part.Row)
	return nil
}

func (r Rules) jobDay() int {
	if r.JobDay == 0 {
		return 16
	}
	return r.JobDay
}

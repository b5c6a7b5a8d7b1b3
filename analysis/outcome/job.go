package outcome

import (
	"fmt"
	"slices"
	"strings"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// jobFilter says which main jobs count, by the numbers of register.Jobs; a nil list takes all, known or not.
type jobFilter struct {
	sector, contract, industry []bool
	employer                   []bool // by employerKind; nil: all
}

// What the employer of a month is to the one before the start.
const (
	unknownEmployer = iota
	sameEmployerAs
	otherEmployer
	employerKinds
)

func newJobFilter(s Spec, jobs *register.Jobs) *jobFilter {
	equal := func(value, wanted string) bool { return strings.EqualFold(value, wanted) }
	var employer []bool
	for _, v := range s.Employer {
		if employer == nil {
			employer = make([]bool, employerKinds)
		}
		employer[map[string]int{unknownJob: unknownEmployer, sameAsBefore: sameEmployerAs, otherThanBefore: otherEmployer}[v]] = true
	}
	return &jobFilter{
		employer: employer,
		sector:   accepted(s.Sector, jobs.Sectors, equal), contract: accepted(s.Contract, jobs.Contracts, equal),
		industry: accepted(s.Industry, jobs.Industries, strings.HasPrefix),
	}
}

// jobValues is a list of values that an outcome goes by, and those of the register.
type jobValues struct {
	key, column    string
	wanted, values []string
	match          func(value, wanted string) bool
}

func (s Spec) jobValues(jobs *register.Jobs) []jobValues {
	return []jobValues{{"sector", "sektor", s.Sector, jobs.Sectors, strings.EqualFold}, {"contract", "ansettelsesform", s.Contract, jobs.Contracts, strings.EqualFold},
		{"industry", "naring", s.Industry, jobs.Industries, strings.HasPrefix}}
}

// haveJobColumns refuses what the register has no column for: the outcome would be 0 for everybody without a word.
func (s Spec) haveJobColumns(jobs *register.Jobs) error {
	lists := s.jobValues(jobs)
	if s.SameEmployer {
		lists = append(lists, jobValues{key: "same_employer", column: "arbeidsgiver_id", wanted: []string{"true"}, values: jobs.Employers})
	}
	for _, l := range append(lists, jobValues{key: "employer", column: "arbeidsgiver_id", wanted: s.Employer, values: jobs.Employers}) {
		if len(l.wanted) > 0 && len(l.values) == 0 {
			return fault.Usagef("outcome_jobs", "outcome `%s` goes by `%s`, and `maaned` of the register has no column `%s` with values; add it, or leave `%s` out", s.ID, l.key, l.column, l.key)
		}
	}
	return nil
}

// Absent says which values the outcome goes by that no row of the register has, a sentence each: lawful, but often a value spelt otherwise.
func (s Spec) Absent(jobs *register.Jobs) (sentences []string) {
	if jobs == nil {
		return nil
	}
	for _, l := range s.jobValues(jobs) {
		for _, w := range l.wanted {
			v := strings.TrimPrefix(w, except)
			if v != unknownJob && !slices.ContainsFunc(l.values, func(value string) bool { return l.match(value, v) }) {
				sentences = append(sentences, fmt.Sprintf("outcome `%s`: `%s: %s` stands in no row of column `%s` of `maaned`%s", s.ID, l.key, w, l.column, fault.Suggest(v, l.values)))
			}
		}
	}
	return sentences
}

// except, before a value, takes every known value but it.
const except = "-"

func countExcept(wanted []string) (n int) {
	for _, w := range wanted {
		if strings.HasPrefix(w, except) {
			n++
		}
	}
	return n
}

// unknownJob is what a study calls a missing value: with it a list of values is exhaustive, and outcomes by kind of job add up to work.
const unknownJob = "ukjent"

// accepted is, by number, whether a value is one of those wanted; number 0, a missing value, is where `ukjent` is.
func accepted(wanted, values []string, match func(value, wanted string) bool) []bool {
	if len(wanted) == 0 {
		return nil
	}
	list := make([]bool, len(values)+1)
	list[0] = slices.Contains(wanted, unknownJob)
	others := countExcept(wanted) > 0
	for i, v := range values {
		list[i+1] = others != slices.ContainsFunc(wanted, func(w string) bool { return match(v, strings.TrimPrefix(w, except)) })
	}
	return list
}

// takes tells whether the main job of month k counts; before is the employer before the start (employerBefore).
func (f *jobFilter) takes(h *register.History, before int32, k int) bool {
	if f == nil {
		return true
	}
	return (f.sector == nil || f.sector[h.Jobs.Sector[k]]) && (f.contract == nil || f.contract[h.Jobs.Contract[k]]) &&
		(f.industry == nil || f.industry[h.Jobs.Industry[k]]) && (f.employer == nil || f.employer[employerKind(h.Jobs.Employer[k], before)])
}

// noEmployer is the employer before the start of who has had no work in the history.
const noEmployer = -1

func employerKind(now, before int32) int {
	switch {
	case now == 0 || before == 0:
		return unknownEmployer
	case now == before:
		return sameEmployerAs
	}
	return otherEmployer
}

// employerBefore is the employer of the main job of the last month before the start in which the person was in work by position and
// terms: 0 not known, noEmployer where there is none. It is found only where the outcome asks for it.
func (d *Definition) employerBefore(h *register.History, start calendar.Month) int32 {
	if d.jobs == nil || d.jobs.employer == nil || h.Jobs == nil {
		return 0
	}
	for k := min(int(start-h.First), len(h.State)) - 1; k >= 0; k-- {
		if d.works(h, k) {
			return h.Jobs.Employer[k]
		}
	}
	return noEmployer
}

// sameEmployer tells whether the main jobs of two months are with one employer that is known.
func sameEmployer(h *register.History, a, b int) bool {
	return h.Jobs.Employer[a] != 0 && h.Jobs.Employer[a] == h.Jobs.Employer[b]
}

package outcome

import (
	"slices"
	"strings"

	"tiltakseffekt/datasets/register"
)

// jobFilter says which main jobs count, by the numbers of register.Jobs; a nil list takes all, known or not.
type jobFilter struct {
	sector, contract, industry []bool
}

func newJobFilter(s Spec, jobs *register.Jobs) *jobFilter {
	equal := func(value, wanted string) bool { return strings.EqualFold(value, wanted) }
	return &jobFilter{
		sector: accepted(s.Sector, jobs.Sectors, equal), contract: accepted(s.Contract, jobs.Contracts, equal),
		industry: accepted(s.Industry, jobs.Industries, strings.HasPrefix),
	}
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
	for i, v := range values {
		list[i+1] = slices.ContainsFunc(wanted, func(w string) bool { return match(v, w) })
	}
	return list
}

// takes tells whether the main job of month k counts.
func (f *jobFilter) takes(h *register.History, k int) bool {
	if f == nil {
		return true
	}
	return (f.sector == nil || f.sector[h.Jobs.Sector[k]]) && (f.contract == nil || f.contract[h.Jobs.Contract[k]]) &&
		(f.industry == nil || f.industry[h.Jobs.Industry[k]])
}

// sameEmployer tells whether the main jobs of two months are with one employer that is known.
func sameEmployer(h *register.History, a, b int) bool {
	return h.Jobs.Employer[a] != 0 && h.Jobs.Employer[a] == h.Jobs.Employer[b]
}

package outcome

import "reflect"

// Division is a set of outcomes that exclude each other and are parts of another.
type Division struct {
	Whole string   // id
	Parts []string // ids
	// Unknown are the parts whose value is not known: that nobody is in one tells nothing of anybody.
	Unknown []string
}

// Divisions are the sets of outcomes of kind work that differ from another in terms, employer, sector, contract or industry alone, such as
// those that Parts makes: what is hidden in one could be had from the whole and the others. Whether the parts are all there is not asked.
func Divisions(specs []Spec) []Division {
	same := func(a, b Spec) bool {
		a.ID, b.ID = "", ""
		return reflect.DeepEqual(a.Resolved(), b.Resolved())
	}
	var out []Division
	for i, whole := range specs {
		if whole.Resolved().Kind != Work {
			continue
		}
		for _, list := range []func(*Spec) *[]string{
			nil,
			func(s *Spec) *[]string { return &s.Employer }, func(s *Spec) *[]string { return &s.Sector },
			func(s *Spec) *[]string { return &s.Contract }, func(s *Spec) *[]string { return &s.Industry },
		} {
			d := Division{Whole: whole.ID}
			for k, part := range specs {
				if k == i || part.Resolved().Kind != Work {
					continue
				}
				rest := part
				unknown := false
				if list == nil {
					if whole.Resolved().Terms != AllTerms || part.Resolved().Terms == AllTerms {
						continue
					}
					rest.Terms = AllTerms
				} else {
					values := *list(&part)
					if len(*list(&whole)) > 0 || len(values) == 0 {
						continue
					}
					*list(&rest) = *list(&whole)
					unknown = len(values) == 1 && values[0] == unknownJob
				}
				if !same(rest, whole) {
					continue
				}
				d.Parts = append(d.Parts, part.ID)
				if unknown {
					d.Unknown = append(d.Unknown, part.ID)
				}
			}
			if len(d.Parts) > 0 {
				out = append(out, d)
			}
		}
	}
	return out
}

package results

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/estimate"
)

// Reform is a row of `reforms`: the change in an outcome among those whom new rules are about, from before to after, less the
// change among the others (docs/designs.md). Role placebo is the same at an earlier date, on which nothing changed.
type Reform struct {
	Reform   string          `col:"reform"`
	Rows     string          `col:"rows"`   // starts | person_months
	From     string          `col:"from"`   // first month under the new rules; of a placebo the earlier date
	Window   int             `col:"months"` // of rows on either side
	Outcome  string          `col:"outcome"`
	Month    *int            `col:"month"`
	Role     string          `col:"role"` // primary | placebo
	Estimate float64         `col:"estimate"`
	StdError float64         `col:"std_error"`
	ConfLow  float64         `col:"conf_low"`
	ConfHigh float64         `col:"conf_high"`
	PValue   float64         `col:"p_value"`
	Reason   estimate.Reason `col:"reason"`

	// Distinct persons, lowered to a multiple of the disclosure limit on the way out.
	PersonsEligibleAfter  int `col:"n_persons_eligible_after"`
	PersonsEligibleBefore int `col:"n_persons_eligible_before"`
	PersonsOthersAfter    int `col:"n_persons_others_after"`
	PersonsOthersBefore   int `col:"n_persons_others_before"`

	// Distinct persons of each cell with the outcome (an amount other than 0) and without it (negative for an amount), in the
	// order of the counts above: for disclosure control.
	With, Without [4]int
}

// ReformRule is what run.json says of a reform.
type ReformRule struct {
	ID       string   `json:"id"`
	Text     Text     `json:"text"`
	From     string   `json:"from"`
	Months   int      `json:"months"`
	Rows     string   `json:"rows"` // starts | person_months
	Eligible string   `json:"eligible,omitempty"`
	Tiltak   []string `json:"tiltak,omitempty"`
	Against  []string `json:"against,omitempty"`
}

func (r *Reform) counts() []*int {
	return []*int{&r.PersonsEligibleAfter, &r.PersonsEligibleBefore, &r.PersonsOthersAfter, &r.PersonsOthersBefore}
}

// reforms hides rows with a small cell among their four, or with few in one of them who have the outcome or lack it. Levels
// are never shown, and counts in steps of the limit: an estimate of four weighted means cannot be solved for any of them.
func (s *suppressor) reforms() {
	for i := range s.t.Reforms {
		r := &s.t.Reforms[i]
		few := false
		for k, n := range r.counts() {
			few = few || s.few(*n)
			if r.Reason == "" {
				few = few || s.rare(r.With[k]) || s.rare(r.Without[k])
			}
		}
		if few {
			nan := math.NaN()
			r.Estimate, r.StdError, r.ConfLow, r.ConfHigh, r.PValue, r.Reason = nan, nan, nan, nan, nan, suppressed
			s.note("reforms", "few persons in one of the four cells")
		}
		for _, n := range r.counts() {
			switch {
			case s.few(*n):
				*n = -1
			case *n > 0:
				*n -= *n % s.min
			}
		}
	}
}

// reforms looks for counts that are small or no step of the limit, and for figures where they are said to be hidden.
func (a *attacker) reforms(rows []Reform) {
	for i := range rows {
		r := &rows[i]
		name := fmt.Sprintf("reforms: %s, %s, %s", r.Reform, r.Role, r.Outcome)
		for _, n := range r.counts() {
			if *n > 0 && *n%a.min != 0 {
				a.hit("%s: %d persons are no step of %d", name, *n, a.min)
			}
		}
		if r.Reason == suppressed && !(math.IsNaN(r.Estimate) && math.IsNaN(r.StdError) && math.IsNaN(r.ConfLow) && math.IsNaN(r.ConfHigh) && math.IsNaN(r.PValue)) {
			a.hit("%s: a figure that is said to be hidden", name)
		}
	}
}

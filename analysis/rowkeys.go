package analysis

import (
	"strings"

	"tiltakseffekt/results"
)

// keys fills in what a row of estimates of a cell is about.
func (r *runner) keys(row *results.Estimate, c *cell, f fitted, m Method, group, outcome string) {
	row.Tiltak, row.Group, row.Outcome, row.Method = c.trial.Tiltak, group, outcome, m.ID
	row.Estimand, row.Comparison, row.LaterEntry = "ATT", r.study.Comparison.Against, r.study.laterEntry()
	row.Sample, row.CovariateSet = "main", "default"
	if row.Definition == "" {
		row.Definition, row.Role = "main", "primary"
	}
	if r.study.Covariates != nil {
		row.CovariateSet = "own"
	}
	row.NStartsEligible = c.nTreated
	if m.Name == didMethod {
		row.CovariateSet = "fixed_and_before_registration"
	}
	if named, ok := f.(interface{ estimand() string }); ok {
		row.Estimand = named.estimand()
	} else if row.Reason == "" && float64(row.NStarts) < keptShare*float64(c.nTreated) {
		row.Estimand = "ATT_base_known" // of did
		if m.Match == nearest {
			row.Estimand = "ATT_matched"
		}
	}
	if r.study.TimeZero == timeZeroReferral {
		row.Estimand = "ITT" + strings.TrimPrefix(row.Estimand, "ATT")
	}
}

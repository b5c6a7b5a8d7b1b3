package results

import "math"

// descriptive looks at shares among those in work: one that was not rounded could be solved for its counts, and a share of
// nobody or everybody tells of each.
func (a *attacker) descriptive(rows []Descriptive) {
	for i := range rows {
		r := &rows[i]
		if r.Reason != "" {
			continue
		}
		for _, share := range []float64{r.ShareTreated, r.ShareComparison, r.Difference} {
			if math.Abs(1000*share-math.Round(1000*share)) > 1e-6 {
				a.hit("descriptive: %s, %s, %s, %s, month %d: a share that is not rounded", r.Tiltak, r.Group, r.Outcome, r.Method, r.Month)
				break
			}
		}
	}
}

package results

import (
	"fmt"
	"math"
)

// costEffect looks for figures of cost against effect that say what the estimates hide: the effect in persons is the
// estimate at H itself, and so is what two values of the net benefit give; months over 1…H are the sum of all months; and a
// level of cost shown where those of the estimates are hidden tells of the starts that one method leaves out.
func (a *attacker) costEffect(t *Tables) {
	shown := shownBehind(t.Estimates)
	for i := range t.CostEffect {
		c := &t.CostEffect[i]
		if c.Outcome == "" {
			continue
		}
		figures := !(math.IsNaN(c.Estimate) && math.IsNaN(c.Share))
		levels := !math.IsNaN(c.MeanTreated) || !math.IsNaN(c.MeanComparison)
		name := fmt.Sprintf("cost_effect: %s, %s, %s, %s %s", c.Tiltak, c.Group, c.Method, c.Statistic, c.Effect)
		switch behind := shown(c); {
		case behind.hidden && (figures || levels || ratioReason(c.Reason)):
			a.hit("%s: the estimate of month %d is hidden", name, c.Month)
		case behind.month && c.Effect == "months" && (figures || ratioReason(c.Reason)):
			a.hit("%s: a month of 1–%d is hidden", name, c.Month)
		case behind.known && !behind.levels && levels:
			a.hit("%s: the levels of the estimates are hidden", name)
		}
	}
}

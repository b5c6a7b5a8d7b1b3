package analysis

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// The measures of table durations that begin with a referral, in weeks.
const (
	referralToStart = "referral_to_start"
	referralToExit  = "referral_to_exit"
)

// longestWait is how many days after a referral a wait is followed.
const longestWait = 26 * 7

// wait is what became of a person registered on a day: the days until the first start of a tiltak, or until the register
// was left before any, the day of the event not counted. Neither within longestWait days or before the cut: both false.
func wait(reg *register.Register, person int32, day, left calendar.Date) (days int, started, exited bool) {
	last := min(day+longestWait, reg.Cut.Last())
	first := last + 1
	for _, p := range reg.Participations[reg.FirstPart[person]:reg.FirstPart[person+1]] {
		if p.Start >= day {
			first = min(first, p.Start)
		}
	}
	switch {
	case first <= last && first <= left:
		return int(first - day), true, false
	case left < last:
		return int(left - day), false, true
	}
	return int(last - day), false, false
}

// leftOn is the last day of the registration (joined with those that adjoin it) that covers a day.
func leftOn(reg *register.Register, person int32, day calendar.Date) calendar.Date {
	left := day
	for _, r := range reg.Registrations[reg.FirstReg[person]:reg.FirstReg[person+1]] {
		if r.From <= left+1 && r.To > left {
			left = r.To
		}
	}
	return left
}

// waits adds, for each tiltak × group, the Kaplan–Meier curves in weeks from the referral: to the first start, those who
// leave the register before any censored, and to leaving the register before any start, those who start censored. Their
// counterpart among those not referred is in the diagnostics (exitRates).
func (r *runner) waits(t *results.Tables) error {
	for k := range r.trials.Tiltak {
		trial := &r.trials.Tiltak[k]
		for g, group := range r.trials.Groups {
			var start, exit spells
			at, _ := trial.Weights(&r.trials.Rows, g)
			for _, i := range at {
				if !trial.Treated[i] {
					continue
				}
				row := trial.Row[i]
				person := r.trials.Rows.Person[row]
				day := r.trials.Rows.Month[row].First() + calendar.Date(trial.Day[i]) - 1
				days, started, exited := wait(r.reg, person, day, leftOn(r.reg, person, day))
				weeks := math.Ceil(float64(days) / 7)
				start.add(person, trial.Weight[i], weeks, started)
				exit.add(person, trial.Weight[i], weeks, exited)
			}
			for _, c := range []struct {
				measure string
				s       *spells
			}{{referralToStart, &start}, {referralToExit, &exit}} {
				rows, err := c.s.curve(r.study.Inference.Level)
				if err != nil {
					return err
				}
				for j := range rows {
					rows[j].Tiltak, rows[j].Group, rows[j].Measure, rows[j].Unit = trial.Tiltak, group.ID, c.measure, "weeks"
				}
				t.Durations = append(t.Durations, rows...)
			}
		}
	}
	return nil
}

// exitRates are the exits from the register per 100 weeks at risk before any start: of those referred from the day of the
// referral, and of the comparison from the day drawn, its strata weighted as among those referred. They are not adjusted
// for anything else. A higher rate after a referral is what the literature calls a threat effect.
func (r *runner) exitRates(c *cell) []results.Diagnostic {
	weight := c.designWeights(matching.ATT)
	var exits, weeks [2]float64
	for i, row := range c.row {
		arm := 0
		if c.treated[i] {
			arm = 1
		}
		person := r.trials.Rows.Person[row]
		day := r.trials.Rows.Month[row].First() + calendar.Date(c.day[i]) - 1
		days, _, exited := wait(r.reg, person, day, leftOn(r.reg, person, day))
		weeks[arm] += weight[i] * float64(days) / 7
		if exited {
			exits[arm] += weight[i]
		}
	}
	rate := func(arm int) float64 { return math.Round(10000*exits[arm]/weeks[arm]) / 100 }
	return []results.Diagnostic{
		{Name: "exit_rate_referred", Value: rate(1), Text: "exits from the register per 100 weeks between referral and start"},
		{Name: "exit_rate_not_referred", Value: rate(0), Text: "the same from the drawn day among those not referred, calendar month × duration as among the referred"},
	}
}

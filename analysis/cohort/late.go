package cohort

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/regression"
)

// Stay is the weight that a comparison row of a trial has so many months ahead for those of its history that have left, and
// whether it is still there itself.
//
// With Design.WaitUntil = K a row in month e of its episode leaves at a start in the K − 1 − e months after m alone: the comparison
// is then with the strategy of starting nothing before what would be month K, and whatever comes from there on. A
// strategy is followed or not by what was done up to a month, and who leaves is stood for by those with the same history, so that
// nothing is conditioned on the future. Design.StartBy adds that the trial's tiltak is started from K on (lateStarts); late tells
// that the row has done so.
func (t *Trials) Stay(trial *Trial, row int32, ahead int) (weight float64, late, ok bool) {
	m, person := t.Rows.Month[row], t.Rows.Person[row]
	k := t.Design.WaitUntil
	if k == 0 {
		weight, ok = t.Censoring.Weight(person, m, ahead)
		return weight, false, ok
	}
	spell := t.Rows.EpisodeStart[row]
	waiting := max(0, int(spell.Month()-m)+k-2) // months after m and before month K
	weight, ok = t.Censoring.Weight(person, m, min(ahead, waiting))
	if l := t.Censoring.late; ok && l != nil && ahead > waiting {
		f := 1.
		f, late = t.Censoring.started(person, spell, m+calendar.Month(ahead), l.number[trial.Tiltak])
		weight, ok = weight*f, f > 0
	}
	return weight, late, ok
}

// lateStarts is what Design.StartBy needs: the strategy "start nothing before month K of the episode, and this tiltak in one of the
// months K … L, if still in the episode". A strategy with a period of grace says when in it too, or it is many strategies; here each
// month gets the same chance,
//
//	q_u = 1/(L − u + 1) of a start in month u of the episode, of those who have waited so far,
//
// so that q_L = 1 (Cain, Robins, Lanoy, Logan, Costagliola and Hernán 2010, International Journal of Biostatistics 6(2):18,
// section 4: the starts spread evenly over the grace period). The comparison row is the clone that is to follow it; the treated, who
// start in the months of Design.Elapsed, are the other arm as they are, each in the trial of its own month, so that it needs
// no grace and no weights. With p the chance of any start in u on the month's start days, s that it is of this tiltak, and F the share of
// the start days that the person is in the episode on (Censoring), the row's weight is multiplied in month u, up to its start, by
//
//	q/(p·s)              where it starts this tiltak; nothing more comes after that,
//	0                    where it starts another,
//	(1 − q·F)/(1 − p·F)  where it starts nothing,
//
// the ratio of the chances of what was done under the strategy and as it came; p·F is at most maxChance in both. Whoever has left the episode has followed it, and
// what comes then comes as it does. The mean over rows of weight × outcome is that of the outcome under the strategy, given that starts and which
// are random given the histories, that the models are right, and that s·p > 0 in some month for whoever is still there.
type lateStarts struct {
	from, by int
	number   map[string]int16 // of the design's tiltak in the register
	choice   []*regression.Fit
	terms    [][]Covariate // of each choice

	spell  []calendar.Date // by person and month, as Censoring.stay: first day of the episode that the month is one of K … L of; NoDate: of none
	factor []float64       // the month's factor; where something is started, that of a row with its tiltak
	reg    *builderRegister
	tiltak []int16 // of each participation
}

// fitChoices fits, for each tiltak, the chance that a start in a month at risk is of it: a logit among the starts on the default
// covariates, or on those that look at no history where the starts are few.
func (b *builder) fitChoices(c *Censoring, terms []Covariate, people, blocks int, each func(func(int, *scratch, *moment, exposure)) error) error {
	l := &lateStarts{from: b.d.WaitUntil, by: b.d.StartBy, number: map[string]int16{}, reg: c.reg}
	l.spell, l.factor = make([]calendar.Date, people*c.width), make([]float64, people*c.width)
	for i := range l.spell {
		l.spell[i] = register.NoDate
	}
	l.tiltak = make([]int16, len(b.reg.Participations))
	for i := range l.tiltak {
		l.tiltak[i] = b.reg.Participations[i].Tiltak
	}
	n := len(b.reg.Tiltak)
	l.choice, l.terms = make([]*regression.Fit, n), make([][]Covariate, n)
	type rows struct {
		x      [][]float64
		w      []float64
		tiltak []int16
	}
	parts := make([]rows, blocks)
	if err := each(func(k int, _ *scratch, x *moment, e exposure) {
		if e.episode < 0 || !e.start {
			return
		}
		p := &parts[k]
		if p.x == nil {
			p.x = make([][]float64, len(terms))
		}
		for j := range terms {
			p.x[j] = append(p.x[j], terms[j].value(x))
		}
		p.w, p.tiltak = append(p.w, b.extractWeight(e.person)), append(p.tiltak, e.tiltak)
	}); err != nil {
		return err
	}
	all := rows{x: make([][]float64, len(terms))}
	for k := range parts {
		for j := range parts[k].x {
			all.x[j] = append(all.x[j], parts[k].x[j]...)
		}
		all.w, all.tiltak = append(all.w, parts[k].w...), append(all.tiltak, parts[k].tiltak...)
	}
	for k, code := range b.codes {
		own := b.numbers[k]
		l.number[code] = own
		y := make([]float64, len(all.tiltak))
		starts := 0
		for i, started := range all.tiltak {
			if started == own {
				y[i] = 1
				starts++
			}
		}
		if starts == 0 || starts == len(y) {
			continue
		}
		x := all.x
		l.terms[own] = terms
		if min(starts, len(y)-starts) < minStartsPerColumn*len(terms) {
			l.terms[own], x = nil, nil
			for j := range terms {
				if terms[j].Latest == Fixed {
					l.terms[own], x = append(l.terms[own], terms[j]), append(x, all.x[j])
				}
			}
		}
		names := make([]string, len(x))
		for j := range names {
			names[j] = l.terms[own][j].Name
		}
		fit, err := fitLogit(x, y, all.w, names, b.d.Workers)
		if err != nil {
			return err
		}
		fit.Fitted, fit.Linear = nil, nil
		l.choice[own] = fit
	}
	c.late = l
	return nil
}

// add stores the factor of a month at risk in an episode, whose chance of a start is p.
func (l *lateStarts) add(at int, p float64, x *moment, e exposure) {
	if l == nil {
		return
	}
	spell := x.episode.From
	elapsed := int(e.m-spell.Month()) + 1
	if elapsed < l.from || elapsed > l.by {
		return
	}
	q := 1 / float64(l.by-elapsed+1)
	l.spell[at] = spell
	if !e.start {
		l.factor[at] = (1 - q*e.share) / (1 - min(p*e.share, maxChance))
		return
	}
	own := 1.
	if fit := l.choice[e.tiltak]; fit != nil {
		eta := fit.Coef[0]
		for j := range l.terms[e.tiltak] {
			eta += fit.Coef[j+1] * l.terms[e.tiltak][j].value(x)
		}
		own = 1 / (1 + math.Exp(-eta))
	}
	l.factor[at] = q / max(min(p*e.share, maxChance)*own, minLate)
}

// minLate keeps one start from standing for more than some thousand rows.
const minLate = 1e-4

// started is the product of the factors of an episode up to and with month last, for a row with a tiltak, and whether the row starts it.
func (c *Censoring) started(person int32, spell calendar.Date, last calendar.Month, tiltak int16) (weight float64, late bool) {
	l := c.late
	weight = 1
	base := int(c.base[person]) * c.width
	first := spell.Month()
	for u := first + calendar.Month(l.from) - 1; u <= min(last, first+calendar.Month(l.by)-1); u++ {
		at := base + int(u-c.first)
		if l.spell[at] != spell { // out of the episode
			return weight, false
		}
		weight *= l.factor[at]
		for i := c.reg.firstPart[person]; i < c.reg.firstPart[person+1]; i++ {
			if c.reg.began[i] == u {
				if l.tiltak[i] != tiltak {
					return 0, false
				}
				return weight, true
			}
		}
	}
	return weight, false
}

package cohort

import (
	"context"
	"math"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

// Censoring is the design `later_entry: censor`: a comparison row of month m leaves at its person's first start of any
// tiltak after m, and those who stay stand for those who left. The treated never leave. The comparison is then with
// starting nothing from m on, as long as it is asked.
//
// # Model
//
// A month u after m is a month at risk while the person has started nothing since m. On a day of it on which the person is in
// an episode a start has the chance of the month's model times the share of the month's start days that the day has
// among all starts; exits to work come early in a month and starts late, so that who left on the 5th was hardly at
// risk. With p the chance of a start in u for somebody in the risk set on every day, from a pooled logit on the default covariates at u
// (histories up to u − 1, elapsed months, calendar), and F the share of the start days of u that the person is in an episode on,
//
//	P(no start in u) = 1 − p·F,   weight at m + h = Π_{u = m+1 … m+h} 1/(1 − p·F).
//
// The logit is fitted to the months at risk of all comparison rows, each month once, with weight 1 for a start and F for none
// (the expected number of risk sets that a start day drawn from the month's would put it in). Starts outside any episode have
// one chance a calendar year, times 1 − F. Where the months at risk are very many, those without a start are sampled.
//
// Robins and Finkelstein (2000, Biometrics 56:779) and Cain and Cole (2009, Statistics in Medicine 28:1725) have the
// weights. They are not stabilised: a numerator that is the same for all rows of a month cancels in a weighted mean, and one that
// differs between them would tilt the comparison away from the treated whom the method made it like.
//
// The assumption is that who starts in u is random given what the model conditions on: no unmeasured reason for
// starting that also bears on the outcome, and a chance of not starting for everybody.
type Censoring struct {
	Names  []string // terms of the logit
	Fit    *regression.Fit
	Months int // months at risk, each once
	Starts int // starts among them, in an episode
	// Outside are months at risk outside any episode, by calendar year, and the starts in them.
	Outside []OutsideYear
	Sampled float64 // share of the months without a start that the logit was fitted to

	reg   *builderRegister
	first calendar.Month
	width int
	base  []int32   // by person: where its months begin in stay, in units of width; −1 without a comparison row
	stay  []float64 // −log P(no start) summed over the months first+1 … first+k
	late  *lateStarts
}

// OutsideYear counts months at risk outside any episode, in shares of months, and the starts in them, by the weights of the extract.
type OutsideYear struct {
	Year   int
	Months float64
	Starts float64
}

// builderRegister is what Weight needs of the register.
type builderRegister struct {
	firstPart []int32
	began     []calendar.Month // of each participation, ascending within a person
}

// Weight is the weight of a comparison row of month m at m + ahead, and whether it is still there: ok is false from the
// month of the person's first start after m on.
func (c *Censoring) Weight(person int32, m calendar.Month, ahead int) (weight float64, ok bool) {
	for _, began := range c.reg.began[c.reg.firstPart[person]:c.reg.firstPart[person+1]] {
		if began > m && began <= m+calendar.Month(ahead) {
			return 0, false
		}
	}
	b := c.base[person]
	if b < 0 {
		return 1, true
	}
	months := c.stay[int(b)*c.width : int(b+1)*c.width]
	return math.Exp(months[int(m-c.first)+ahead] - months[m-c.first]), true
}

// maxRiskMonths bounds the rows that the logit is fitted to.
const maxRiskMonths = 200_000

// minStartsPerColumn is how many starts a column of the logit needs; with fewer the model is elapsed months and calendar alone.
const minStartsPerColumn = 5

// exposure is a month in which a comparison row may leave.
type exposure struct {
	person  int32
	m       calendar.Month
	episode int // −1: outside any
	share   float64
	start   bool
	tiltak  int16 // number of what is started
}

// startDays is, by month and day, the share of the starts of the month up to and with the day.
type startDays struct {
	first calendar.Month
	share [][32]float64
}

// minDays is how many starts a month needs for its own distribution of days.
const minDays = 50

// extractWeight is the person's weight in the extract; 1 where it has none.
func (b *builder) extractWeight(person int32) float64 {
	if w := b.reg.Persons.Weight; w != nil {
		return w[person]
	}
	return 1
}

// daysOfStarts counts the days of every start of the register in the months first … last. A month with few takes those of
// all months.
func (b *builder) daysOfStarts(first, last calendar.Month) *startDays {
	n := int(last-first) + 1
	count, starts := make([][32]float64, n), make([]int, n)
	var all [32]float64
	for i := range b.reg.Participations {
		p := &b.reg.Participations[i]
		d := p.Start
		if k := int(d.Month() - first); k >= 0 && k < n {
			w := b.extractWeight(p.Person)
			count[k][d.Day()] += w
			all[d.Day()] += w
			starts[k]++
		}
	}
	out := &startDays{first: first, share: make([][32]float64, n)}
	for k := range count {
		c := count[k]
		if starts[k] < minDays {
			c = all
		}
		days := (first + calendar.Month(k)).Days()
		sum := 0.
		for d := 1; d <= 31; d++ {
			sum += c[d]
			out.share[k][min(d, days)] = sum
		}
		for d := 1; d <= 31; d++ {
			switch {
			case sum == 0:
				out.share[k][d] = float64(min(d, days)) / float64(days)
			case d > days:
				out.share[k][d] = 1
			default:
				out.share[k][d] /= sum
			}
		}
	}
	return out
}

// between is the share of the starts of month m on the days from … to.
func (s *startDays) between(m calendar.Month, from, to int) float64 {
	share := &s.share[m-s.first]
	return share[to] - share[from-1]
}

// exposures visits the months at risk of a person whose comparison rows stand in months, ascending: each month once for
// every episode it meets and once for what lies outside them.
func (b *builder) exposures(s *scratch, person int32, months []calendar.Month, last calendar.Month, days *startDays, visit func(exposure)) {
	parts := b.reg.Participations[b.reg.FirstPart[person]:b.reg.FirstPart[person+1]]
	next := 0
	latest := months[0]
	for m := months[0] + 1; m <= last; m++ {
		for next < len(months) && months[next] < m {
			latest = months[next]
			next++
		}
		if m > latest+calendar.Month(b.d.FollowUp) {
			if next == len(months) {
				return
			}
			continue
		}
		left, now := false, -1
		for i := range parts {
			switch began := parts[i].Start.Month(); {
			case began > latest && began < m:
				left = true
			case began == m && now < 0:
				now = i
			}
		}
		if left {
			continue
		}
		if !b.here(person, m.First()) {
			return
		}
		inside := 0.
		met := false
		for e := range s.episodes {
			episode := &s.episodes[e]
			if !episode.Meets(m) {
				continue
			}
			if now >= 0 && episode.Covers(parts[now].Start) {
				visit(exposure{person, m, e, 1, true, parts[now].Tiltak})
				met = true
				break
			}
			from, to := 1, m.Days()
			if episode.From > m.First() {
				from = episode.From.Day()
			}
			if episode.To < m.Last() {
				to = episode.To.Day()
			}
			if share := days.between(m, from, to); share > 0 && now < 0 {
				visit(exposure{person, m, e, share, false, -1})
				inside += share
			}
		}
		switch {
		case met:
		case now >= 0:
			visit(exposure{person, m, -1, 1, true, parts[now].Tiltak})
		case inside < 1-1e-12:
			visit(exposure{person, m, -1, 1 - inside, false, -1})
		}
	}
}

// censor fits the model of later starts to the comparison rows of the trials and sums up their chances of staying.
func (b *builder) censor(ctx context.Context, t *Trials) (*Censoring, error) {
	last := min(b.reg.Cut, b.d.To+calendar.Month(b.d.FollowUp))
	c := &Censoring{first: b.d.From, width: int(last-b.d.From) + 1, base: make([]int32, b.reg.Persons.N), reg: &builderRegister{firstPart: b.reg.FirstPart}}
	c.reg.began = make([]calendar.Month, len(b.reg.Participations))
	for i := range c.reg.began {
		c.reg.began[i] = b.reg.Participations[i].Start.Month()
	}
	months := comparisonMonths(t)
	people := 0
	for p := range c.base {
		c.base[p] = -1
		if len(months.of(int32(p))) > 0 {
			c.base[p] = int32(people)
			people++
		}
	}
	days := b.daysOfStarts(b.d.From, last)
	design := b.d
	design.To = last // calendar columns for the months followed too
	terms := riskTerms(defaultCovariates(b.reg, &design))
	blocks := parallel.NumBlocks(b.reg.Persons.N, personBlock)
	each := func(do func(block int, s *scratch, x *moment, e exposure)) error {
		return parallel.Blocks(ctx, b.d.Workers, b.reg.Persons.N, personBlock, func(k, from, to int) error {
			var s scratch
			x := moment{reg: b.reg, persons: &b.reg.Persons, history: &s.history}
			for person := int32(from); person < int32(to); person++ {
				own := months.of(person)
				if len(own) == 0 {
					continue
				}
				b.load(&s, person)
				b.exposures(&s, person, own, last, days, func(e exposure) {
					x.person, x.m, x.episode = person, e.m, nil
					if e.episode >= 0 {
						x.episode = &s.episodes[e.episode]
					}
					do(k, &s, &x, e)
				})
			}
			return nil
		})
	}
	type tally struct {
		months, starts int
		outside        map[int]OutsideYear
	}
	tallies := make([]tally, blocks)
	for k := range tallies {
		tallies[k].outside = map[int]OutsideYear{}
	}
	if err := each(func(k int, _ *scratch, _ *moment, e exposure) {
		t := &tallies[k]
		switch {
		case e.episode < 0:
			o, w := t.outside[e.m.Year()], b.extractWeight(e.person)
			o.Months += w * e.share
			if e.start {
				o.Starts += w
			}
			t.outside[e.m.Year()] = o
		case e.start:
			t.months++
			t.starts++
		default:
			t.months++
		}
	}); err != nil {
		return nil, err
	}
	outside := map[int]float64{}
	for year := c.first.Year(); year <= last.Year(); year++ {
		o := OutsideYear{Year: year}
		for _, t := range tallies {
			o.Months += t.outside[year].Months
			o.Starts += t.outside[year].Starts
		}
		if o.Months > 0 {
			c.Outside = append(c.Outside, o)
			outside[year] = o.Starts / o.Months
		}
	}
	for _, t := range tallies {
		c.Months += t.months
		c.Starts += t.starts
	}
	if c.Starts < minStartsPerColumn*len(terms) {
		terms = fixedTerms(terms)
	}
	c.Sampled = 1
	if c.Months-c.Starts > maxRiskMonths {
		c.Sampled = float64(maxRiskMonths) / float64(c.Months-c.Starts)
	}
	if err := b.fitCensor(c, terms, blocks, each); err != nil {
		return nil, err
	}
	if b.d.StartBy > 0 {
		if err := b.fitChoices(c, terms, people, blocks, each); err != nil {
			return nil, err
		}
	}
	c.stay = make([]float64, people*c.width)
	if err := each(func(_ int, _ *scratch, x *moment, e exposure) {
		p := outside[e.m.Year()]
		if e.episode >= 0 {
			p = c.chance(terms, x)
			c.late.add(int(c.base[e.person])*c.width+int(e.m-c.first), p, x, e)
		}
		c.stay[int(c.base[e.person])*c.width+int(e.m-c.first)] -= math.Log1p(-min(p*e.share, maxChance))
	}); err != nil {
		return nil, err
	}
	for p := range people {
		own := c.stay[p*c.width : (p+1)*c.width]
		for k := 1; k < len(own); k++ {
			own[k] += own[k-1]
		}
	}
	return c, nil
}

// maxChance keeps one month from making an infinite weight.
const maxChance = 0.95

// chance is the chance of a start of somebody who is in the risk set on every day of the month.
func (c *Censoring) chance(terms []Covariate, x *moment) float64 {
	if c.Fit == nil {
		return 0
	}
	eta := c.Fit.Coef[0]
	for j := range terms {
		if b := c.Fit.Coef[j+1]; b != 0 {
			eta += b * terms[j].value(x)
		}
	}
	return 1 / (1 + math.Exp(-eta))
}

// fitCensor fits the logit; without a start there is none, and nobody leaves.
func (b *builder) fitCensor(c *Censoring, terms []Covariate, blocks int, each func(func(int, *scratch, *moment, exposure)) error) error {
	for _, v := range terms {
		c.Names = append(c.Names, v.Name)
	}
	if c.Starts == 0 {
		return nil
	}
	type rows struct {
		x    [][]float64
		y, w []float64
	}
	parts := make([]rows, blocks)
	sampling := random.NewKeyed(b.d.Seed, "cohort months at risk")
	if err := each(func(k int, _ *scratch, x *moment, e exposure) {
		if e.episode < 0 || !e.start && c.Sampled < 1 && sampling.Uniform(uint64(e.person), uint64(e.m)) >= c.Sampled {
			return
		}
		p := &parts[k]
		if p.x == nil {
			p.x = make([][]float64, len(terms))
		}
		for j := range terms {
			p.x[j] = append(p.x[j], terms[j].value(x))
		}
		y, w := 1., 1.
		if !e.start {
			y, w = 0, e.share/c.Sampled
		}
		w *= b.extractWeight(e.person)
		p.y, p.w = append(p.y, y), append(p.w, w)
	}); err != nil {
		return err
	}
	var all rows
	all.x = make([][]float64, len(terms))
	for k := range parts {
		for j := range parts[k].x {
			all.x[j] = append(all.x[j], parts[k].x[j]...)
		}
		all.y, all.w = append(all.y, parts[k].y...), append(all.w, parts[k].w...)
		parts[k] = rows{}
	}
	fit, err := fitLogit(all.x, all.y, all.w, c.Names, b.d.Workers)
	if err != nil {
		return err
	}
	fit.Fitted, fit.Linear = nil, nil // a number a row, that nobody needs
	c.Fit = fit
	return nil
}

// riskTerms are the covariates of a model of starts: the default set without the histories that end before the episode, which
// are there for the difference-in-differences.
func riskTerms(all []Covariate) []Covariate {
	var out []Covariate
	for _, v := range all {
		if !v.BeforeEpisode {
			out = append(out, v)
		}
	}
	return out
}

// fixedTerms are those that look at no month of the history.
func fixedTerms(all []Covariate) []Covariate {
	var out []Covariate
	for _, v := range all {
		if v.Latest == Fixed {
			out = append(out, v)
		}
	}
	return out
}

// monthsByPerson holds the months of the comparison rows of each person, ascending, each once.
type monthsByPerson struct {
	start  []int32
	months []calendar.Month
}

func (p *monthsByPerson) of(person int32) []calendar.Month {
	return p.months[p.start[person]:p.start[person+1]]
}

// comparisonMonths gathers the months in which a person is a comparison row of any tiltak.
func comparisonMonths(t *Trials) *monthsByPerson {
	comparison := make([]bool, t.Rows.Len())
	for k := range t.Tiltak {
		for i, row := range t.Tiltak[k].Row {
			comparison[row] = comparison[row] || !t.Tiltak[k].Treated[i]
		}
	}
	out := &monthsByPerson{start: make([]int32, t.persons+1)}
	person := int32(0)
	for row, is := range comparison {
		for person < t.Rows.Person[row] {
			person++
			out.start[person] = int32(len(out.months))
		}
		if n := len(out.months); is && (n == int(out.start[person]) || out.months[n-1] != t.Rows.Month[row]) {
			out.months = append(out.months, t.Rows.Month[row])
		}
	}
	for int(person) < t.persons {
		person++
		out.start[person] = int32(len(out.months))
	}
	return out
}

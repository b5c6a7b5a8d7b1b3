package cohort

import (
	"context"
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Trials are the analysis rows of a study: one a person, month and episode, shared by the tiltak, and for each tiltak
// which of them are its treated and its comparison.
type Trials struct {
	Design   Design
	Groups   []Group
	Rows     Rows
	Tiltak   []Trial // in the order of Design.Tiltak
	Flow     []Flow
	Starts   []Start // every start of the tiltak in the window, analysed or not, in the order of persons
	Warnings []fault.Warning

	Censoring *Censoring // of the comparison rows; nil where they follow

	persons int
}

// Start is a start of a tiltak of the design in its window.
type Start struct {
	Tiltak        int16 // index into Trials.Tiltak
	Participation int32 // index into Register.Participations
	Groups        Mask  // bit i: Trials.Groups[i]
	Analysed      bool
}

// Rows are the shared rows, in the order person, month, episode.
type Rows struct {
	Person       []int32
	Month        []calendar.Month
	EpisodeStart []calendar.Date
	Band         []uint8
	Groups       []Mask // bit i: Trials.Groups[i]
	Covariates   []Covariate
	X            []Column // one a covariate
}

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.Person) }

// Weights are the rows of the cell with group number g, as indices into the slices, and their sample weights.
func (t *Trial) Weights(rows *Rows, g int) (at []int32, weight []float64) {
	all := t.Small&(1<<g) != 0
	for i, row := range t.Row {
		if rows.Groups[row]&(1<<g) == 0 || !all && !t.Sampled[i] {
			continue
		}
		w := t.Weight[i]
		if !all {
			w /= t.Rate[i]
		}
		at, weight = append(at, int32(i)), append(weight, w)
	}
	return at, weight
}

// AllWeights are the sampled rows of all groups, as indices into the slices, and their sample weights.
func (t *Trial) AllWeights() (at []int32, weight []float64) {
	for i := range t.Row {
		if t.Sampled[i] {
			at, weight = append(at, int32(i)), append(weight, t.Weight[i]/t.Rate[i])
		}
	}
	return at, weight
}

// Trial is the trial of one tiltak: parallel slices, one element an analysis row.
type Trial struct {
	Tiltak  string
	Row     []int32 // index into Rows
	Treated []bool
	Day     []uint8   // day of the month: of the start, or drawn from the stratum's starts
	Weight  []float64 // the person's weight in the extract; 1 where the extract has none
	// Sampled rows are the sample of the large cells, each with the weight Weight/Rate: inside a stratum every comparison
	// row has the same chance, whatever its covariates. A cell with a group in Small takes all rows with Weight alone.
	Rate    []float64 // chance of a comparison row to be Sampled; 1 for the treated
	Sampled []bool
	Small   Mask    // mask of the groups with fewer than Design.KeepAllUnder treated
	Stratum []int32 // calendar month × band, numbered over the design
	Start   []int32 // index into Register.Participations of a treated row, −1 for a comparison row
}

// Flow counts what became of the starts of a tiltak in a group: the rule that took them, in the order of Step, from
// "starts" over each rule to "analysed".
type Flow struct {
	Tiltak  string
	Group   string
	Step    int
	Rule    string
	Starts  int
	Persons int
}

// The rules that take a start out, in order. The first that applies counts.
const (
	ruleStarts = iota
	ruleDead
	ruleNotInRiskSet
	ruleAge
	ruleNear67
	ruleWashoutAny
	ruleWashoutSame
	ruleNoLink
	ruleElapsed
	ruleSameMonth
	ruleFollowUp
	ruleAnalysed
	rules
)

// RuleNames are the names of the rules in Flow, in order.
var RuleNames = [rules]string{"starts", "dead_or_emigrated", "not_in_risk_set", "outside_age", "67_before_horizon",
	"washout_any", "washout_same", "not_after_link", "outside_elapsed", "second_start_in_month", "no_full_follow_up", "analysed"}

const personBlock = 2048

// Build makes the trials of a design on a register.
//
// It reads the register only. Rows and flow do not depend on the number of workers. An error is a fault.Error: a
// tiltak that the register does not have, a window outside the panel, or no start at all.
func Build(ctx context.Context, reg *register.Register, design Design) (*Trials, error) {
	if err := design.Validate(); err != nil {
		return nil, err
	}
	b := &builder{reg: reg, d: design}
	b.d.FollowUp = max(b.d.FollowUp, b.d.Horizon)
	if b.d.KeepAllUnder == 0 {
		b.d.KeepAllUnder = 2000
	}
	var err error
	if b.groups, err = b.d.compile(); err != nil {
		return nil, err
	}
	warnings, err := available(b.groups, reg, b.d.From)
	if err != nil {
		return nil, err
	}
	if err := b.choose(); err != nil {
		return nil, err
	}
	if b.d.Referral {
		if err := b.checkReferrals(); err != nil {
			return nil, err
		}
	}
	b.collectEvents()
	if b.d.After != nil {
		if b.afterCodes, err = b.d.After.numbers(reg); err != nil {
			return nil, err
		}
	}
	if b.covariates, err = b.d.chosen(reg); err != nil {
		return nil, err
	}
	blocks := parallel.NumBlocks(reg.Persons.N, personBlock)
	b.plans = make([]plan, blocks)
	if err := parallel.Blocks(ctx, b.d.Workers, reg.Persons.N, personBlock, func(k, from, to int) error {
		b.plans[k] = b.starts(from, to)
		return nil
	}); err != nil {
		return nil, err
	}
	t := &Trials{Design: b.d, Groups: b.groups, Warnings: warnings, persons: reg.Persons.N}
	if undated := b.undatedReferrals(); undated > 0 {
		t.Warnings = append(t.Warnings, fault.Warnf("referral_undated", "%d participations have no `henvist_dato` on or before their start: they are taken as referred on the day they start", undated))
	}
	t.Flow = b.flow()
	for _, p := range b.plans {
		for _, l := range p.lost {
			if l.part < 0 { // referred, and never started
				continue
			}
			t.Starts = append(t.Starts, Start{l.tiltak, l.part, l.groups, l.rule == ruleAnalysed})
		}
	}
	b.collectDays()
	if err := b.countComparison(ctx); err != nil {
		return nil, err
	}
	parts := make([]part, blocks)
	if err := parallel.Blocks(ctx, b.d.Workers, reg.Persons.N, personBlock, func(k, from, to int) error {
		parts[k] = b.rows(k, from, to)
		return nil
	}); err != nil {
		return nil, err
	}
	b.join(t, parts)
	t.Warnings = append(t.Warnings, t.missing(reg)...)
	if b.d.Censor {
		var err error
		if t.Censoring, err = b.censor(ctx, t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// builder holds what the passes over persons share.
type builder struct {
	afterCodes   []int16 // Design.After.Tiltak in the register
	reg          *register.Register
	d            Design
	groups       []Group
	codes        []string // the tiltak of the design
	number       []int16  // register tiltak (and, after them, combination) → index into codes, −1
	numbers      []int16  // index into codes → register tiltak or combination
	others       []int16  // register tiltak of Design.Others
	combinations []combination
	events       []event // of each person in order: what can be a start
	undated      []int   // participations whose start stands for the referral, by block
	firstEvent   []int32
	covariates   []Covariate
	plans        []plan
	days         [][]uint8 // per tiltak × stratum: days of the starts, in row order
	treated      [][]int32 // per tiltak: treated by group, for the sampling rule
	comparison   [][]int32 // per tiltak × stratum: candidates for the comparison, for the sampling rate
}

func (b *builder) strata() int { return int(b.d.To-b.d.From+1) * len(Bands) * b.heldCodes() }

func (b *builder) stratum(m calendar.Month, band int) int32 { return b.stratumHeld(m, band, 0) }

// stratumHeld divides a stratum further by what part of a combination is held (Combination).
func (b *builder) stratumHeld(m calendar.Month, band int, held uint8) int32 {
	return int32((int(m-b.d.From)*len(Bands)+band)*b.heldCodes() + int(held))
}

// choose numbers the tiltak of the design and checks the window.
func (b *builder) choose() error {
	panel := b.reg.Panel
	if b.d.From < panel.First+1 || b.d.To > b.reg.Cut {
		return fault.Usagef("bad_study", "`population` asks for starts in %s to %s, but the register holds %s to %s and needs a month before the first start",
			b.d.From, b.d.To, panel.First, b.reg.Cut)
	}
	find := func(key, code string) (int16, error) {
		i, ok := slices.BinarySearch(b.reg.Tiltak, code)
		if !ok {
			return 0, fault.Usagef("unknown_tiltak", "`%s` names `%s`, which nobody in the register takes part in%s", key, code, fault.Suggest(code, b.reg.Tiltak))
		}
		return int16(i), nil
	}
	for _, code := range b.d.Others {
		i, err := find("comparison.against", code)
		if err != nil {
			return err
		}
		b.others = append(b.others, i)
	}
	for _, c := range b.d.Combinations {
		own := combination{Combination: c}
		for _, code := range c.All {
			i, err := find("tiltak", code)
			if err != nil {
				return err
			}
			own.parts = append(own.parts, i)
		}
		if slices.Contains(b.reg.Tiltak, c.ID) {
			return fault.Usagef("bad_study", "`tiltak` calls a combination `%s`, which is the code of a tiltak; give it another id", c.ID)
		}
		b.combinations = append(b.combinations, own)
	}
	b.number = make([]int16, len(b.reg.Tiltak)+len(b.combinations))
	for i := range b.number {
		b.number[i] = -1
	}
	b.codes = b.d.Tiltak
	if b.codes == nil {
		for _, code := range b.reg.Tiltak {
			if !slices.Contains(b.d.Others, code) {
				b.codes = append(b.codes, code)
			}
		}
	}
	for k, code := range b.codes {
		i := int16(slices.IndexFunc(b.combinations, func(c combination) bool { return c.ID == code }))
		if i >= 0 {
			i += int16(len(b.reg.Tiltak))
		} else {
			var err error
			if i, err = find("tiltak", code); err != nil {
				return err
			}
		}
		if b.number[i] >= 0 {
			return fault.Usagef("bad_study", "`tiltak` names `%s` twice", code)
		}
		b.number[i] = int16(k)
		b.numbers = append(b.numbers, i)
	}
	return nil
}

// scratch is what one pass over persons reuses.
type scratch struct {
	history  sums
	episodes []Episode
}

func (b *builder) load(s *scratch, person int32) {
	s.episodes = episodes(b.reg, person, b.d.Eligible, s.episodes)
	s.history.load(b.reg.Panel.History(person))
}

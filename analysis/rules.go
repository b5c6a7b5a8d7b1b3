package analysis

import (
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

// Rules are the parameters of the rules that clean a register, as a study sets them under `data.rules` (docs/register.md).
// What a study leaves out takes the default of register.Rules; Resolve fills it in, so that a run says which values it used.
// Here 0 means 0: `max_strangers: 0` refuses a register with one row about a person who is not in person.
type Rules struct {
	MaxStrangers    *float64 `yaml:"max_strangers" json:"max_strangers"`
	MaxBad          *float64 `yaml:"max_bad" json:"max_bad"`
	KeepDuplicates  bool     `yaml:"keep_duplicates" json:"keep_duplicates"`
	MergeGap        int      `yaml:"merge_gap" json:"merge_gap"`
	RegistrationGap int      `yaml:"registration_gap" json:"registration_gap"`
	OpenPastMax     int      `yaml:"open_past_max" json:"open_past_max"`
	MinDays         int      `yaml:"min_days" json:"min_days"`
	MonthEnds       bool     `yaml:"month_ends" json:"month_ends"`
	PartTimeMissing float64  `yaml:"part_time_missing" json:"part_time_missing"`
	ConvertShares   bool     `yaml:"convert_shares" json:"convert_shares"`
	KeepUnmarked    bool     `yaml:"keep_unmarked" json:"keep_unmarked"`
	KeepCounties    bool     `yaml:"keep_counties" json:"keep_counties"`
	JobDay          *int     `yaml:"job_day" json:"job_day"`
	MaxAge          *int     `yaml:"max_age" json:"max_age"`
}

// resolve fills in the defaults and says what is out of range, naming the key.
func (r *Rules) resolve() error {
	for _, share := range []**float64{&r.MaxStrangers, &r.MaxBad} {
		if *share == nil {
			*share = new(float64)
			**share = 0.05
		}
	}
	if r.JobDay == nil {
		day := 16
		r.JobDay = &day
	}
	if r.MaxAge == nil {
		age := 120
		r.MaxAge = &age
	}
	for _, share := range []struct {
		key   string
		value float64
	}{{"max_strangers", *r.MaxStrangers}, {"max_bad", *r.MaxBad}} {
		if !(share.value >= 0 && share.value <= 1) {
			return fault.Usagef("bad_study", "`data.rules.%s: %v` must be a share, 0 to 1", share.key, share.value)
		}
	}
	if *r.JobDay == 0 {
		return fault.Usagef("bad_study", "`data.rules.job_day: 0` must be a day of the month, 1 to 28")
	}
	if *r.MaxAge == 0 {
		return fault.Usagef("bad_study", "`data.rules.max_age: 0` must be 67 to 250 years")
	}
	return r.register().Validate()
}

// register is the rules as the register room takes them, where 0 stands for the default of a share.
func (r *Rules) register() register.Rules {
	share := func(v float64) float64 {
		if v == 0 {
			return -1
		}
		return v
	}
	return register.Rules{
		MaxStrangers: share(*r.MaxStrangers), MaxBad: share(*r.MaxBad), KeepDuplicates: r.KeepDuplicates, MergeGap: r.MergeGap, RegistrationGap: r.RegistrationGap,
		OpenPastMax: r.OpenPastMax, MinDays: r.MinDays, MonthEnds: r.MonthEnds, PartTimeMissing: r.PartTimeMissing, ConvertShares: r.ConvertShares,
		KeepUnmarked: r.KeepUnmarked, KeepCounties: r.KeepCounties, JobDay: *r.JobDay, MaxAge: *r.MaxAge,
	}
}

// resolveData says what is wrong with the dates and rules under `data`.
func (s *Study) resolveData() error {
	d := &s.Data
	if err := d.Rules.resolve(); err != nil {
		return err
	}
	from, to := *s.Population.From, *s.Population.To
	if d.AsOf != nil && *d.AsOf < to.First() {
		return fault.Usagef("bad_study", "`data.as_of: %s` lies before `population.to` (%s): starts that nobody had registered yet cannot be analysed", *d.AsOf, to)
	}
	if d.Cut != nil && *d.Cut < to {
		return fault.Usagef("bad_study", "`data.cut: %s` lies before `population.to` (%s): there are no data for the last starts", *d.Cut, to)
	}
	if d.First != nil && *d.First >= from {
		return fault.Usagef("bad_study", "`data.first: %s` must lie before `population.from` (%s): covariates look back from the start", *d.First, from)
	}
	return nil
}

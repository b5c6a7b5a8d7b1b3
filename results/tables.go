package results

import "tiltakseffekt/analysis/estimate"

// The rows of the tidy tables. The tag `col` is the name of the column in the written table; pointers and NaN are
// written as null, Key fields are text and "" is written as null. The order of fields is the order of columns. A column that a table gets
// after its first version has the tag `later:"true"`: folders written before are read with nulls in it (TestColumnsOfTheFirstVersion).

// Estimate is a row of `estimates`: one figure with everything that says what it is. Keys are unique.
type Estimate struct {
	Tiltak       string `col:"tiltak"`
	Group        string `col:"group"`
	Outcome      string `col:"outcome"`
	Method       string `col:"method"`
	Month        *int   `col:"month"`  // null where Window is set
	Window       string `col:"window"` // such as 1-12, a sum
	Estimand     string `col:"estimand"`
	Comparison   string `col:"comparison"`
	LaterEntry   string `col:"later_entry"`
	Sample       string `col:"sample"`
	Definition   string `col:"definition"`
	CovariateSet string `col:"covariate_set"`
	SubsetVar    string `col:"subset_var"`
	SubsetValue  string `col:"subset_value"`
	Role         string `col:"role"` // primary | robustness | exploratory | placebo

	Estimate           float64         `col:"estimate"`
	StdError           float64         `col:"std_error"`
	StdErrorType       string          `col:"std_error_type"`
	ConfLow            float64         `col:"conf_low"`
	ConfHigh           float64         `col:"conf_high"`
	BandLow            float64         `col:"band_low"` // holds jointly over the months of the series
	BandHigh           float64         `col:"band_high"`
	PValue             float64         `col:"p_value"`
	PAdjusted          float64         `col:"p_adjusted"`
	Family             string          `col:"family"`
	MeanTreated        float64         `col:"mean_treated"`
	MeanComparison     float64         `col:"mean_comparison"` // the weighted mean of the comparison: what would have been
	NStarts            int             `col:"n_starts"`        // analysed
	NStartsEligible    int             `col:"n_starts_eligible"`
	NPersonsTreated    int             `col:"n_persons_treated"`
	NPersonsComparison int             `col:"n_persons_comparison"` // with weight over 0
	ESS                float64         `col:"ess"`                  // effective number of comparison rows, (Σw)²/Σw²
	Reason             estimate.Reason `col:"reason"`
	FamilyLow          float64         `col:"family_low" later:"true"` // interval that holds jointly over the family; with multiplicity simultaneous
	FamilyHigh         float64         `col:"family_high" later:"true"`
	Plan               string          `col:"plan" later:"true"`          // planned | exploratory; "" where the run was given no plan
	PPermutation       float64         `col:"p_permutation" later:"true"` // by permutation within risk sets or pairs; of few treated, at the month of the family

	// What disclosure control needs for a 0/1 outcome and never writes: distinct persons per arm with the outcome in
	// one of their rows and without it. Negative where the outcome is not 0/1.
	OnesTreated, ZerosTreated, OnesComparison, ZerosComparison int
	// For an amount: fewer persons of an arm than the limit, or none, have one other than 0. Their mean times the number
	// of rows would be what those few have.
	FewAmounts bool

	DF float64 // degrees of freedom of t, which std_error_type says; 0: the normal distribution
}

// Balance is a row of `balance`: how like the two arms are in one covariate, before and after.
type Balance struct {
	Tiltak         string          `col:"tiltak"`
	Group          string          `col:"group"`
	Method         string          `col:"method"`
	Variable       string          `col:"variable"`
	Stage          string          `col:"stage"` // before | after
	MeanTreated    float64         `col:"mean_treated"`
	MeanComparison float64         `col:"mean_comparison"`
	SMD            float64         `col:"smd"`
	VarianceRatio  float64         `col:"variance_ratio"`
	ECDFMean       float64         `col:"ecdf_mean"`
	ECDFMax        float64         `col:"ecdf_max"`
	Reason         estimate.Reason `col:"reason"`

	// For disclosure control: distinct persons with weight in the row's stage, and who of them, and of the treated whom the method
	// dropped, have the covariate.
	PersonsTreated, PersonsComparison int
	Treated, Comparison, Dropped      Holders
}

// Holders counts rows of an arm, and the distinct persons that they are of, by a covariate: those that have another value than 0,
// and those that have another than 1, which of a covariate with values outside 0 to 1 are all. The mean times the number of rows is what
// those with it have together.
type Holders struct {
	Starts, Persons             int
	WithStarts, WithoutStarts   int
	WithPersons, WithoutPersons int
}

// Overlap is a row of `overlap`: a bin of the estimated propensity score in one arm.
type Overlap struct {
	Tiltak  string          `col:"tiltak"`
	Group   string          `col:"group"`
	Method  string          `col:"method"` // "" before weighting
	Arm     string          `col:"arm"`    // treated | comparison
	BinLow  float64         `col:"bin_low"`
	BinHigh float64         `col:"bin_high"`
	Share   float64         `col:"share"` // weighted share of the arm in the bin
	Reason  estimate.Reason `col:"reason"`

	Persons int // distinct persons in the bin, for disclosure control
}

// Flow is a row of `flow`: who was dropped on the way from the register to the analysis, and why. Rows of the register's
// ledger have Table set and Tiltak and Group empty; rows of a cell go from starts in the register over each rule to
// analysed.
type Flow struct {
	Tiltak  string          `col:"tiltak"`
	Group   string          `col:"group"`
	Table   string          `col:"table"`
	Step    int             `col:"step"`
	Rule    string          `col:"rule"`
	Action  string          `col:"action"` // start | dropped | changed | kept | analysed
	Rows    int             `col:"rows"`
	Persons int             `col:"persons"`
	Reason  estimate.Reason `col:"reason"`
}

// Duration is a row of `durations`: a point of a survival curve.
type Duration struct {
	Tiltak   string          `col:"tiltak"`
	Group    string          `col:"group"`
	Measure  string          `col:"measure"` // time_in_tiltak | time_to_work | time_to_stable_work | time_to_start | retention | exit:<state>
	Unit     string          `col:"unit"`    // months
	Time     float64         `col:"time"`
	NRisk    int             `col:"n_risk"`
	NEvent   int             `col:"n_event"`
	NCensor  int             `col:"n_censor"`
	Estimate float64         `col:"estimate"` // share not yet ended or without the event so far; of exit:<state> the share that has left that way
	StdError float64         `col:"std_error"`
	ConfLow  float64         `col:"conf_low"`
	ConfHigh float64         `col:"conf_high"`
	Reason   estimate.Reason `col:"reason"`

	// For disclosure control: whether a person may stand in the curve with several spells, and then how many distinct persons
	// are at risk and how many the events are of.
	Repeated                  bool
	RiskPersons, EventPersons int
}

// DurationShare is a row of `duration_shares`: the share of the participations that began in the window which ended early, or
// went on long. It is a description of participations, never a group to estimate effects in.
type DurationShare struct {
	Tiltak   string          `col:"tiltak"`
	Group    string          `col:"group"`
	Measure  string          `col:"measure"` // ended_within | longer_than | beyond_maximum
	Variant  string          `col:"variant"` // of beyond_maximum: for whom the regulation has this limit
	Months   float64         `col:"months"`  // the limit; null where it changed in the window
	NStarts  int             `col:"n_starts"`
	Estimate float64         `col:"estimate"` // by Kaplan–Meier, those who go on at the cut censored
	StdError float64         `col:"std_error"`
	ConfLow  float64         `col:"conf_low"`
	ConfHigh float64         `col:"conf_high"`
	Reason   estimate.Reason `col:"reason"`

	With, Without int // distinct persons known to be in the share and outside it, for disclosure control
}

// Cost is a row of `costs`: one statistic of the cost per participation.
type Cost struct {
	Tiltak    string          `col:"tiltak"`
	Group     string          `col:"group"`
	Year      *int            `col:"year"`      // year of start; null: all
	Measure   string          `col:"measure"`   // per_participant | per_participation | per_participant_month | per_completed | per_completion | what_if:<id>
	Statistic string          `col:"statistic"` // n | unpriced | mean | p10 | p25 | p50 | p75 | p90 | sum | share_in_bin; of what_if: mean_now | mean_changed | difference | relative
	BinLow    float64         `col:"bin_low"`   // share_in_bin alone
	BinHigh   float64         `col:"bin_high"`
	Value     float64         `col:"value"` // kroner at PriceYear, or a share
	PriceYear int             `col:"price_year"`
	Priced    bool            `col:"priced"` // false: no rate is known for this tiltak and the data holds no amounts
	Reason    estimate.Reason `col:"reason"`

	Persons int // distinct persons behind the figure, for disclosure control
	Changed int // of what_if: distinct persons whose participation would cost something else
}

// Placebo is a row of `placebo`: an effect on something that the tiltak cannot have changed, or a joint test of several.
type Placebo struct {
	Tiltak       string          `col:"tiltak"`
	Group        string          `col:"group"`
	Outcome      string          `col:"outcome"` // "" for a joint test
	Method       string          `col:"method"`
	Window       string          `col:"window"`       // months before the registration, such as -12--7; of a negative control the month after the start; "" for a joint test
	Kind         string          `col:"kind"`         // window | negative_control | joint; pooled: a window over all tiltak, whose Tiltak is ""
	Conditioning string          `col:"conditioning"` // of windows: before (covariates known before the window) | around (all but those that look at it)
	Estimate     float64         `col:"estimate"`
	StdError     float64         `col:"std_error"`
	ConfLow      float64         `col:"conf_low"`
	ConfHigh     float64         `col:"conf_high"`
	Statistic    float64         `col:"statistic"` // of a joint test, χ²
	DF           int             `col:"df"`
	PValue       float64         `col:"p_value"`
	Reason       estimate.Reason `col:"reason"`

	PersonsTreated, PersonsComparison int  // for disclosure control
	FewAmounts                        bool // few persons of an arm have an outcome other than 0, or (of a 0/1 outcome) than 1
}

// Diagnostic is a row of `diagnostics`: one named figure or finding on how a method went in a cell.
type Diagnostic struct {
	Tiltak  string  `col:"tiltak"`
	Group   string  `col:"group"`
	Method  string  `col:"method"`
	Outcome string  `col:"outcome"` // "" where it is about every outcome
	Name    string  `col:"name"`    // such as iterations, converged, caliper, share_kept, max_abs_smd, constant_base
	Value   float64 `col:"value"`
	Text    string  `col:"text"`
}

// Tables is everything a run writes as tables.
type Tables struct {
	Composition []Composition

	Estimates   []Estimate
	Balance     []Balance
	Overlap     []Overlap
	Flow        []Flow
	Durations   []Duration
	Costs       []Cost
	CostEffect  []CostEffect
	Descriptive []Descriptive
	Robustness  []Robustness

	Heterogeneity []Heterogeneity
	Portfolio     []Portfolio

	Placebo     []Placebo
	PreEffects  []PreEffect
	Reforms     []Reform
	Experiment  []Experiment
	Sensitivity []Sensitivity
	Diagnostics []Diagnostic

	Transitions   []Transition
	Chains        []Chain
	ChainStates   []ChainState
	ChainMeasures []ChainMeasure
	ChainTypes    []ChainType

	DurationShares []DurationShare

	// Census is what disclosure control needs to know of the cells where nothing is estimated, and never written: for each
	// tiltak × group a row of its starts and persons, and for each other group one, named by Outcome, of those in it
	// (OnesTreated) and not in it (ZerosTreated), from which follows which group lies inside which.
	Census []Estimate

	// Divisions are the outcomes that are sums of others, for disclosure control; run.json has them.
	Divisions []Division

	// Round is to what counts were rounded on the way out (see Round); 0 where they were not.
	Round int
}

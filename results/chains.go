package results

import "tiltakseffekt/analysis/estimate"

// Transition is a row of `transitions`: how often a link of a chain of tiltak was followed by another link or by an exit. The
// rule that says what a link is stands in run.json (chains).
type Transition struct {
	Group   string          `col:"group"`
	From    string          `col:"from"` // entry, or a link: a tiltak, several joined by +, or combination
	To      string          `col:"to"`   // all, a link, or an exit: work | education | ufore | dead_or_emigrated | reentry | registered | other | end_of_data
	N       int             `col:"n"`    // links; of entry, chains
	Persons int             `col:"persons"`
	Share   float64         `col:"share"`         // among the links that can be followed for the window; null for all and end_of_data
	MeanGap float64         `col:"mean_gap_days"` // days between the last day of the link and the first of the next; negative where they overlap; null to exits
	Reason  estimate.Reason `col:"reason"`

	// For disclosure control: links of From that cannot be followed, and of N those in chains whose sequence is pooled.
	Unfollowed, InOther int
}

// Chain is a row of `chains`: the chains of a group, in all and in parts by length, sequence, and place of opplæring. All
// but n, persons and share are about those that can be followed for the window after their last link. The figures
// describe; a difference between rows is no effect.
type Chain struct {
	Group           string          `col:"group"`
	Kind            string          `col:"kind"`  // all | length | sequence | opplaering | order
	Value           string          `col:"value"` // such as 2, A > B, 1, opplaering_first
	Links           int             `col:"links"` // of every chain of the row; null where they differ
	N               int             `col:"n"`
	Persons         int             `col:"persons"`
	Share           float64         `col:"share"` // of the chains of the group
	Followed        int             `col:"n_followed"`
	MeanMonths      float64         `col:"mean_months"`           // from the first start to the last day
	MeanMonthsIn    float64         `col:"mean_months_in_tiltak"` // in links
	WorkShare       float64         `col:"work_share"`            // first exit is ordinary work
	ReentryShare    float64         `col:"reentry_share"`         // start in tiltak again within the window
	MeanReentryTime float64         `col:"mean_months_to_reentry"`
	Reason          estimate.Reason `col:"reason"`

	// Distinct persons, for disclosure control.
	InOther                                                             int // of N, those whose sequence is pooled
	PersonsFollowed, WithWork, WithoutWork, WithReentry, WithoutReentry int
}

// ChainState is a row of `chain_states`: the share in a state in a month after the first start of a chain, over the chains
// whose months all lie before the cut.
type ChainState struct {
	Group   string          `col:"group"`
	Month   int             `col:"month"` // 0: the month of the first start
	State   string          `col:"state"` // a tiltak, combination, work, education, ufore, registered, other, dead_or_emigrated, or pooled
	N       int             `col:"n"`
	Persons int             `col:"persons"`
	Share   float64         `col:"share"`
	Reason  estimate.Reason `col:"reason"`
}

// ChainMeasure is a row of `chain_measures`: the distribution of a measure of the sequences of months.
type ChainMeasure struct {
	Group   string          `col:"group"`
	Measure string          `col:"measure"` // entropy | complexity | turbulence | transitions
	N       int             `col:"n"`
	Persons int             `col:"persons"`
	Mean    float64         `col:"mean"`
	SD      float64         `col:"sd"`
	P25     float64         `col:"p25"`
	P50     float64         `col:"p50"`
	P75     float64         `col:"p75"`
	Reason  estimate.Reason `col:"reason"`
}

// ChainType is a row of `chain_types`: how many months the sequences of a type (a cluster) are in a state, over all chains
// that are described.
type ChainType struct {
	Type    int             `col:"type"` // from 1, the largest first
	State   string          `col:"state"`
	N       int             `col:"n"` // sequences of the type
	Persons int             `col:"persons"`
	Share   float64         `col:"share"` // of all sequences
	Months  float64         `col:"mean_months"`
	Reason  estimate.Reason `col:"reason"`

	With int // persons with a month in the state, for disclosure control
}

// ChainRule is what run.json says of the chains.
type ChainRule struct {
	Text       Text       `json:"text"`       // the rule in words
	After      Text       `json:"after"`      // where the study is about second links: whose, and compared with whom
	Window     int        `json:"window"`     // months after the last day of a link
	Months     int        `json:"months"`     // of the sequences of months
	Labels     []Label    `json:"labels"`     // links, exits and states
	Silhouette []*float64 `json:"silhouette"` // mean silhouette width for 2, 3, … types; null where not tried; empty without types
}

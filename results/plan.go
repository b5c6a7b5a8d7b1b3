package results

import "encoding/json"

// Plan is what run.json says of the plan that a run was given: which one, and in what the study departs from it.
type Plan struct {
	SHA256      string          `json:"sha256"` // of the plan file, as it lay
	Planned     int             `json:"planned"`
	Exploratory int             `json:"exploratory"` // rows of estimates
	Deviations  []PlanDeviation `json:"deviations"`
}

// PlanDeviation is one place in which a study is not as its plan.
type PlanDeviation struct {
	Key     string          `json:"key"` // of the study file, such as outcomes.arbeid
	Planned json.RawMessage `json:"planned"`
	Run     json.RawMessage `json:"run"`
	// Concerns says which figures are exploratory for it: all | item (those of the tiltak, group, outcome, method, window or
	// rival that the key names) | family (those with an adjusted p-value) | beside (no estimate: other tables).
	Concerns string `json:"concerns"`
}

// The values of the column plan of estimates; "" where the run was given no plan.
const (
	Planned     = "planned"
	Exploratory = "exploratory"
)

package results

import (
	"encoding/json"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// Text is a text in both languages of a report.
type Text struct {
	NB string `json:"nb"`
	EN string `json:"en"`
}

// In is the text in a language, nb or en; the other one where that is empty.
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" || t.NB == "" {
		return t.EN
	}
	return t.NB
}

// Label names a tiltak, group, outcome, method or covariate for people.
type Label struct {
	ID   string `json:"id"`
	Text Text   `json:"text"`
	Note Text   `json:"note"` // a definition or a source; may be empty
}

// Run is run.json: what was asked, of what, by which program. It is written first and feeds the report; nothing in it
// varies between runs of the same question on the same data.
type Run struct {
	Schema      int                    `json:"schema"`
	RunID       string                 `json:"run_id"`
	Version     string                 `json:"version"`  // release version, or the SHA-256 of the executable
	Platform    string                 `json:"platform"` // GOOS/GOARCH and Go version
	Study       string                 `json:"study"`
	Title       Text                   `json:"title"`
	Seed        uint64                 `json:"seed"`
	Level       float64                `json:"level"`
	MinCell     int                    `json:"min_cell"`
	Round       int                    `json:"round,omitempty"` // to what counts are rounded on the way out; 0: they are not
	Horizon     int                    `json:"horizon"`
	From        string                 `json:"from"` // first and last month of starts, and the last month with complete data
	To          string                 `json:"to"`
	Cut         string                 `json:"cut"`
	PriceYear   int                    `json:"price_year"`
	Comparison  string                 `json:"comparison"`
	LaterEntry  string                 `json:"later_entry"`
	WaitUntil   int                    `json:"wait_until,omitempty"` // month of the spell before which nobody of the comparison starts; 0: censor has no such month
	StartBy     int                    `json:"start_by,omitempty"`   // month of it by which those who wait start the tiltak; 0: or not
	TimeZero    string                 `json:"time_zero"`
	Others      []Label                `json:"others,omitempty"` // the tiltak of the comparison, where it is with other tiltak
	Resolved    json.RawMessage        `json:"resolved"`         // the study with every default filled in, canonical JSON
	Inputs      []datasets.Fingerprint `json:"inputs"`
	Tiltak      []Label                `json:"tiltak"` // in the order of the study
	Groups      []Label                `json:"groups"`
	Outcomes    []Label                `json:"outcomes"`
	Methods     []Label                `json:"methods"`
	Descriptive []Label                `json:"descriptive,omitempty"` // outcomes among those in work only, of table descriptive
	Covariates  []Label                `json:"covariates"`
	Rivals      struct {               // of the registry of the study
		Definitions []Label `json:"definitions,omitempty"`
		Methods     []Label `json:"methods,omitempty"`
	} `json:"rivals"`
	Notes struct {
		Question    Text `json:"question"`
		Limitations Text `json:"limitations"`
	} `json:"notes"`
	Warnings   []fault.Warning `json:"warnings"`
	Messages   []Message       `json:"messages"`            // the warnings for readers of the report; they hold no counts
	Suppressed []Suppression   `json:"suppressed"`          // what disclosure control did
	Rules      []Label         `json:"rules"`               // the rules of table flow
	Divisions  []Division      `json:"divisions,omitempty"` // the outcomes that are sums of others, for the attack on a run that is read

	Plan       *Plan            `json:"plan,omitempty"`        // the plan that it was given
	Reforms    []ReformRule     `json:"reforms,omitempty"`     // what table reforms is about
	Chains     *ChainRule       `json:"chains,omitempty"`      // by which rule the tables of chains were made
	CostEffect *CostEffectNotes `json:"cost_effect,omitempty"` // what a reader of cost against effect must know
}

// CostEffectNotes is what stands behind table cost_effect.
type CostEffectNotes struct {
	NullAlternative Text            `json:"null_alternative"` // what the tiltak is compared with
	NonPriced       []Text          `json:"non_priced"`       // effects without a price: weighed beside the figures
	Components      []Label         `json:"components"`       // of the cost–benefit analysis, in order; empty where no side is asked for
	Parameters      []CostParameter `json:"parameters"`
	LeftOut         []string        `json:"left_out"` // tiltak with participations without a price
}

// CostParameter is a parameter of cost against effect, with its source.
type CostParameter struct {
	Name      Text    `json:"name"`
	FromYear  float64 `json:"from_year"` // applies from this year after the start on
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Source    string  `json:"source"`
	Confirmed bool    `json:"confirmed"`
}

// Message is a warning in both languages.
type Message struct {
	Code   string   `json:"code"`   // of the warning that it goes with
	Tiltak []string `json:"tiltak"` // that it concerns; empty: all
	Most   bool     `json:"most"`   // it concerns at least a tenth of their participations
	Text   Text     `json:"text"`
}

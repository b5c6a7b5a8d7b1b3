package analysis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Plan is a study written down before its outcomes are read (docs/reproducible.md). It holds nothing that varies: no time,
// no path, no version of the program, so that the same study makes the same bytes, whose SHA-256 is what one registers.
type Plan struct {
	Schema int    `json:"schema"`
	Kind   string `json:"kind"` // planKind
	// Study is the resolved study: every default is filled in.
	Study json.RawMessage `json:"study"`
	// FollowUp is the number of months that a start must be followed. It decides who is analysed, and follows from the
	// horizon and from the outcome that looks furthest ahead.
	FollowUp int `json:"follow_up"`
	// Definitions are the mapping and the user's catalogue files: they say what the study's words mean.
	Definitions []PlanFile `json:"definitions"`

	sha   string // of the file
	bytes int64
}

// PlanFile is a file that a plan depends on.
type PlanFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

const planKind = "evaluate-plan"

// planInput is what a plan is called among the inputs of a run.
const planInput = "plan"

// NewPlan makes the plan of a study. It reads the mapping and the user's catalogue and nothing of the register, which need
// not even be there.
func NewPlan(ctx context.Context, s *Study) (*Plan, error) {
	resolved, err := s.canonical()
	if err != nil {
		return nil, err
	}
	p := &Plan{Schema: 1, Kind: planKind, Study: resolved, FollowUp: s.followUp(), Definitions: []PlanFile{}}
	cat, err := catalog.Load(s.Data.Catalog)
	if err != nil {
		return nil, err
	}
	files, err := s.definitions(ctx, cat)
	for _, f := range files {
		p.Definitions = append(p.Definitions, PlanFile{f.Name, f.SHA256})
	}
	return p, err
}

// Bytes are the file of a plan: JSON for people to read.
func (p *Plan) Bytes() ([]byte, error) {
	text, err := results.Canonical(p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", " "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// SHA256 is that of a plan's file.
func (p *Plan) SHA256() string { return p.sha }

// LoadPlan reads the file of a plan. A file that is none is a fault of usage.
func LoadPlan(path string) (*Plan, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.Usagef("no_plan", "there is no plan `%s`; `evaluate plan STUDY --out %s` writes one", path, path)
	}
	if err != nil {
		return nil, fault.Usagef("no_plan", "plan `%s` cannot be read: %v", path, err)
	}
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil || p.Kind != planKind || p.Schema != 1 || len(p.Study) == 0 {
		return nil, fault.Usagef("bad_plan", "`%s` is no plan; `evaluate plan STUDY --out FILE` writes one", path)
	}
	sum := sha256.Sum256(b)
	p.sha, p.bytes = hex.EncodeToString(sum[:]), int64(len(b))
	return &p, nil
}

// fingerprint is the plan as an input of a run. Its name is no path: the same plan in another file is the same run.
func (p *Plan) fingerprint() datasets.Fingerprint {
	return datasets.Fingerprint{Name: planInput, SHA256: p.sha, Bytes: p.bytes, Rows: -1}
}

// followUp is the number of months that every start of the study must be followed.
func (s *Study) followUp() int {
	months := s.Horizon
	for _, spec := range s.Outcomes {
		months = max(months, spec.MinFollowUp(s.Horizon))
	}
	for _, spec := range s.Placebo.Controls {
		months = max(months, spec.MinFollowUp(s.Placebo.Month))
	}
	return months
}

// plan is the plan that a study names; nil where it names none.
func (s *Study) plan() (*Plan, error) {
	if s.Plan == "" {
		return nil, nil
	}
	return LoadPlan(s.Plan)
}

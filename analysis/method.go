package analysis

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
)

// The methods that a study serves.
const (
	nearest   = "nearest"
	optimal   = "optimal"
	full      = "full"
	subclass  = "subclass"
	cem       = "cem"
	exact     = "exact"
	radius    = "radius"
	ipw       = "ipw"
	overlap   = "overlap"
	ebal      = "ebal"
	cbps      = "cbps"
	aipw      = "aipw"
	none      = "none"
	didMethod = "did"
)

var served = []string{nearest, optimal, full, subclass, cem, exact, radius, ipw, overlap, ebal, cbps, aipw, none, didMethod}

// Method is one way to estimate: a name, or an object with the options of the table-level command (docs/matching.md, "In a
// study"). Options that are not given are those of the table-level command, but for the distance of matching, which is the
// linear predictor with a caliper of 0.2 standard deviations, and for the columns of cells.
type Method struct {
	Name     string `yaml:"name" json:"name"`
	ID       string `yaml:"id" json:"id"`                       // what tables call it; default: the name
	Estimand string `yaml:"estimand" json:"estimand,omitempty"` // att (default), atc, ate, ato, atm

	Covariates []string `yaml:"covariates" json:"covariates,omitempty"` // the columns that this method uses; default: all
	Exact      []string `yaml:"exact" json:"exact,omitempty"`           // columns to match exactly on, besides month and duration

	Distance         string             `yaml:"distance" json:"distance,omitempty"` // linear-logit (default), logit, probit, a metric or a covariate
	Caliper          caliper            `yaml:"caliper" json:"caliper,omitempty"`   // default 0.2 for nearest on a score
	CaliperUnit      string             `yaml:"caliper_unit" json:"caliper_unit,omitempty"`
	CovariateCaliper map[string]float64 `yaml:"covariate_caliper" json:"covariate_caliper,omitempty"`
	AntiExact        []string           `yaml:"anti_exact" json:"anti_exact,omitempty"`
	Order            string             `yaml:"order" json:"order,omitempty"`
	Ratio            int                `yaml:"ratio" json:"ratio,omitempty"`
	Replace          bool               `yaml:"replace" json:"replace,omitempty"`
	ReuseMax         int                `yaml:"reuse_max" json:"reuse_max,omitempty"`   // uses of a comparison row
	PersonMax        int                `yaml:"person_max" json:"person_max,omitempty"` // uses of the rows of a person, over all strata
	BiasAdjust       bool               `yaml:"bias_adjust" json:"bias_adjust,omitempty"`
	Adjust           string             `yaml:"adjust" json:"adjust,omitempty"` // regression: of the outcome, after matching
	Discard          string             `yaml:"discard" json:"discard,omitempty"`
	Trim             float64            `yaml:"trim" json:"trim,omitempty"` // of weights: rows with a score beyond it are left out

	Subclasses int     `yaml:"subclasses" json:"subclasses,omitempty"`
	Cutpoints  int     `yaml:"cutpoints" json:"cutpoints,omitempty"`
	K2K        bool    `yaml:"k2k" json:"k2k,omitempty"`
	Kernel     string  `yaml:"kernel" json:"kernel,omitempty"`
	Radius     float64 `yaml:"radius" json:"radius,omitempty"`

	Moments      int  `yaml:"moments" json:"moments,omitempty"`
	Interactions bool `yaml:"interactions" json:"interactions,omitempty"`
	Folds        int  `yaml:"folds" json:"folds,omitempty"`

	DID      string `yaml:"method" json:"method,omitempty"`       // did: dr (default), ipw or reg
	Match    string `yaml:"match" json:"match,omitempty"`         // did: nearest or ebal, the changes of matched or balanced rows instead
	DipProbe bool   `yaml:"dip_probe" json:"dip_probe,omitempty"` // did: the estimate again with bases nearer the registration
}

// caliper is a number, 0 where none is given, or noCaliper.
type caliper float64

const noCaliper caliper = -1

// farthest is a caliper, in standard deviations, that hardly any pair is beyond: whoever writes it has another unit in mind.
const farthest = 10

// UnmarshalYAML reads a number over 0 or `none`.
func (c *caliper) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "none" {
		*c = noCaliper
		return nil
	}
	var v float64
	if err := n.Decode(&v); err != nil {
		return err
	}
	if !(v > 0) {
		return fault.Usagef("bad_study", "line %d: `caliper` must be over 0, or none", n.Line).At(int64(n.Line))
	}
	*c = caliper(v)
	return nil
}

// MarshalJSON writes none as the study has it.
func (c caliper) MarshalJSON() ([]byte, error) {
	if c == noCaliper {
		return []byte(`"none"`), nil
	}
	return json.Marshal(float64(c))
}

// UnmarshalYAML reads a name or an object.
func (m *Method) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		m.Name = n.Value
		return nil
	}
	allowed := []string{"name", "id"}
	for _, o := range methodOptions {
		allowed = append(allowed, o.key)
	}
	if err := knownKeys(n, "methods", allowed...); err != nil {
		return err
	}
	type plain Method
	return n.Decode((*plain)(m))
}

func (m *Method) resolve() error {
	if !slices.Contains(served, m.Name) {
		return fault.Usagef("bad_study", "`methods` names `%s`, which is not known%s; the methods are %s", m.Name, fault.Suggest(m.Name, served), strings.Join(served, ", "))
	}
	if m.ID == "" {
		m.ID = m.Name
	}
	for _, o := range methodOptions {
		if o.given(m) && !slices.Contains(o.methods, m.Name) {
			return fault.Usagef("bad_study", "`%s` belongs to %s, not to %s", o.key, inWords(o.methods), m.Name)
		}
	}
	for _, check := range []func() error{m.resolveWords, m.resolveNumbers, m.resolveMatching, m.resolveEstimand} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func inWords(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// word checks that a value is one of those that there are; an empty one becomes the first where it is used at all.
func (m *Method) word(key string, value *string, used bool, words ...string) error {
	if *value == "" {
		if used {
			*value = words[0]
		}
		return nil
	}
	if !slices.Contains(words, *value) {
		return fault.Usagef("bad_study", "`%s: %s` of %s is not known%s; it is %s", key, *value, m.Name, fault.Suggest(*value, words), inWords(words))
	}
	return nil
}

func (m *Method) resolveWords() error {
	matches := m.onDistance()
	for _, check := range []error{
		m.word("caliper_unit", &m.CaliperUnit, false, "sd", "raw"),
		m.word("order", &m.Order, false, "largest", "smallest", "closest", "farthest", "data", "random"),
		m.word("adjust", &m.Adjust, false, "none", "regression"),
		m.word("discard", &m.Discard, false, "none", "treated", "comparison", "both"),
		m.word("kernel", &m.Kernel, m.Name == radius, "uniform", "epanechnikov", "gaussian"),
		m.word("match", &m.Match, false, nearest, ebal),
		m.word("method", &m.DID, m.Name == didMethod && m.Match == "", "dr", "ipw", "reg"),
	} {
		if check != nil {
			return check
		}
	}
	if m.Match != "" && m.DID != "" {
		return fault.Usagef("bad_study", "`match: %s` takes the place of `method: %s` in did; leave out one of them", m.Match, m.DID)
	}
	if m.Name == didMethod && m.Caliper != 0 && m.Match != nearest {
		return fault.Usagef("bad_study", "`caliper` belongs to nearest, or to did with `match: nearest`, not to %s", m.ID)
	}
	if m.Caliper >= farthest && m.CaliperUnit != "raw" {
		return fault.Usagef("bad_study", "`caliper: %g` of %s is in standard deviations, and hinders nothing; 0.2 is usual, `caliper: none` is without one (and `caliper_unit: raw` of matching takes the unit of the distance)", float64(m.Caliper), m.ID)
	}
	if m.Match == nearest && m.Caliper == 0 {
		m.Caliper = 0.2
	}
	if matches && m.Distance == "" {
		m.Distance = linearLogit
	}
	if m.Adjust == "none" {
		m.Adjust = ""
	}
	if m.Discard == "none" {
		m.Discard = ""
	}
	return nil
}

func (m *Method) resolveNumbers() error {
	for _, v := range []struct {
		key    string
		value  *int
		least  int
		filled int // where it is not given
		of     string
	}{{"ratio", &m.Ratio, 1, 0, ""}, {"reuse_max", &m.ReuseMax, 1, 0, ""}, {"person_max", &m.PersonMax, 1, 0, ""}, {"subclasses", &m.Subclasses, 2, 6, subclass},
		{"cutpoints", &m.Cutpoints, 2, 3, cem}, {"moments", &m.Moments, 1, 0, ""}, {"folds", &m.Folds, 2, 5, aipw}} {
		switch {
		case *v.value == 0 && m.Name == v.of:
			*v.value = v.filled
		case *v.value != 0 && *v.value < v.least:
			return fault.Usagef("bad_study", "`%s: %d` of %s must be %d or more", v.key, *v.value, m.Name, v.least)
		}
	}
	switch {
	case m.Moments > 5:
		return fault.Usagef("bad_study", "`moments: %d` of ebal must be from 1 to 5", m.Moments)
	case m.Folds > 50:
		return fault.Usagef("bad_study", "`folds: %d` of aipw must be from 2 to 50", m.Folds)
	case m.Trim < 0 || m.Trim >= 0.5:
		return fault.Usagef("bad_study", "`trim: %g` of %s is a share from 0 to under 0.5: rows whose score is beyond it, or beyond one less it, are left out", m.Trim, m.Name)
	case m.Radius < 0:
		return fault.Usagef("bad_study", "`radius` must be over 0")
	case m.Interactions && len(m.Covariates) == 0:
		return fault.Usagef("bad_study", "`interactions` of ebal balances the products of all pairs of columns: name the columns in `covariates`")
	}
	for name, v := range m.CovariateCaliper {
		if !(v >= 0) {
			return fault.Usagef("bad_study", "`covariate_caliper` of %s must be 0 or more", name)
		}
	}
	return nil
}

// linearLogit is the distance of the linear predictor.
const linearLogit = "linear-logit"

var metrics = []string{"mahalanobis", "robust-mahalanobis", "scaled-euclidean", "euclidean"}

// onDistance tells whether the method compares rows by a distance.
func (m *Method) onDistance() bool {
	return slices.Contains([]string{nearest, optimal, full, radius, subclass}, m.Name)
}

// between tells whether the distance is one between covariates.
func (m *Method) between() bool { return slices.Contains(metrics, m.Distance) }

func (m *Method) resolveMatching() error {
	if !m.onDistance() {
		return nil
	}
	if m.between() && m.Name != nearest {
		return fault.Usagef("bad_study", "`distance: %s` is a distance between covariates and belongs to nearest, not to %s", m.Distance, m.Name)
	}
	if m.Caliper == 0 && (m.Name == nearest && !m.between() || m.Name == full && m.Estimand != "ate") {
		m.Caliper = 0.2
	}
	if m.Name == radius && m.Radius == 0 {
		m.Radius = 0.1
	}
	if m.Name != nearest {
		return nil
	}
	if m.Order == "" {
		m.Order = "largest"
	}
	switch {
	case m.BiasAdjust && !m.reuses():
		return fault.Usagef("bad_study", "`bias_adjust` is for `replace: true` or a `reuse_max`; without them `adjust: regression` does the same for pairs")
	case m.Adjust != "" && (m.reuses() || m.Estimand == "atc"):
		return fault.Usagef("bad_study", "`adjust: regression` is for matching without replacement for the att; with replacement use `bias_adjust`")
	case m.Replace && m.ReuseMax > 0:
		return fault.Usagef("bad_study", "`replace: true` has no limit of uses and `reuse_max: %d` is one; leave one of them out", m.ReuseMax)
	}
	return nil
}

// reuses tells whether a comparison row may serve several treated.
func (m *Method) reuses() bool { return m.Replace || m.ReuseMax > 1 }

func (m *Method) resolveEstimand() error {
	if m.Name == overlap && m.Estimand == "" {
		m.Estimand = "ato"
	}
	may := estimands[m.Name]
	if m.Estimand == "" {
		m.Estimand = "att"
	}
	m.Estimand = strings.ToLower(m.Estimand)
	if !slices.Contains(may, m.Estimand) {
		return fault.Usagef("bad_study", "`estimand: %s` is none of %s, which estimates the %s", m.Estimand, m.Name, inWords(may))
	}
	if m.Name == nearest && m.Estimand == "atc" && !m.Replace {
		return fault.Usagef("bad_study", "`estimand: atc` of nearest needs `replace: true`: there are many more comparison rows than treated")
	}
	if m.Estimand == "att" { // as studies before this key
		m.Estimand = ""
	}
	return nil
}

// estimand is the target in the words of matching.
func (m *Method) estimand() matching.Estimand {
	var e matching.Estimand // ATT
	if m.Estimand != "" {
		_ = e.UnmarshalText([]byte(m.Estimand))
	}
	return e
}

// estimands are those of each method.
var estimands = map[string][]string{
	nearest: {"att", "atc"}, optimal: {"att"}, full: {"att", "atc", "ate"}, subclass: {"att", "atc", "ate"}, cem: {"att", "atc", "ate"},
	exact: {"att", "atc", "ate"}, radius: {"att", "atc"}, ipw: {"att", "atc", "ate", "ato", "atm"}, overlap: {"ato"}, ebal: {"att", "atc", "ate"},
	cbps: {"att", "atc", "ate"}, aipw: {"att", "atc", "ate"}, none: {"att"}, didMethod: {"att"},
}

// scored tells whether the method rests on the propensity score.
func (m *Method) scored() bool { return slices.Contains(byScore, m.Name) }

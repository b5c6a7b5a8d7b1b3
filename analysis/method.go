package analysis

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
)

// The methods that a study serves.
const (
	nearest   = "nearest"
	ebal      = "ebal"
	didMethod = "did"
)

var (
	served      = []string{nearest, ebal, didMethod}
	laterServed = []string{"optimal", "full", "subclass", "cem", "exact", "radius", "ipw", "overlap", "none", "aipw", "cbps"}
)

// Method is one way to estimate: a name, or an object with the options of the table-level command.
type Method struct {
	Name    string  `yaml:"name" json:"name"`
	ID      string  `yaml:"id" json:"id"`                     // what tables call it; default: the name
	Caliper float64 `yaml:"caliper" json:"caliper,omitempty"` // nearest: in standard deviations of the linear predictor; default 0.2
	DID     string  `yaml:"method" json:"method,omitempty"`   // did: dr (default), ipw or reg

	Match    string `yaml:"match" json:"match,omitempty"`         // did: nearest or ebal, the changes of matched or balanced rows instead
	DipProbe bool   `yaml:"dip_probe" json:"dip_probe,omitempty"` // did: the estimate again with bases nearer the registration
}

// UnmarshalYAML reads a name or an object.
func (m *Method) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		m.Name = n.Value
		return nil
	}
	if err := knownKeys(n, "methods", "name", "id", "caliper", "method", "match", "dip_probe"); err != nil {
		return err
	}
	type plain Method
	return n.Decode((*plain)(m))
}

func (m *Method) resolve() error {
	if !slices.Contains(served, m.Name) {
		if slices.Contains(laterServed, m.Name) {
			return fault.Usagef("not_served", "`methods` names `%s`, which a study does not serve yet; it serves nearest, ebal and did", m.Name)
		}
		return fault.Usagef("bad_study", "`methods` names `%s`, which is not known%s", m.Name, fault.Suggest(m.Name, append(slices.Clone(served), laterServed...)))
	}
	if m.ID == "" {
		m.ID = m.Name
	}
	switch {
	case m.Caliper != 0 && m.Name != nearest && m.Match != nearest:
		return fault.Usagef("bad_study", "`caliper` belongs to nearest, not to %s", m.Name)
	case (m.Match != "" || m.DipProbe) && m.Name != didMethod:
		return fault.Usagef("bad_study", "`match` and `dip_probe` belong to did, not to %s", m.Name)
	case m.Match != "" && m.Match != nearest && m.Match != ebal:
		return fault.Usagef("bad_study", "`match: %s` of did is not known; it is nearest or ebal%s", m.Match, fault.Suggest(m.Match, []string{nearest, ebal}))
	case m.Match != "" && m.DID != "":
		return fault.Usagef("bad_study", "`match: %s` takes the place of `method: %s` in did; leave out one of them", m.Match, m.DID)
	case m.DID != "" && m.Name != didMethod:
		return fault.Usagef("bad_study", "`method` belongs to did, not to %s", m.Name)
	case m.Caliper < 0:
		return fault.Usagef("bad_study", "`caliper` must be over 0")
	}
	if (m.Name == nearest || m.Match == nearest) && m.Caliper == 0 {
		m.Caliper = 0.2
	}
	if m.Name == didMethod && m.Match == "" {
		if m.DID == "" {
			m.DID = "dr"
		}
		if m.DID != "dr" && m.DID != "ipw" && m.DID != "reg" {
			return fault.Usagef("bad_study", "`method: %s` of did is not known; it is dr, ipw or reg", m.DID)
		}
	}
	return nil
}

package analysis

import (
	"reflect"
	"regexp"
	"slices"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
)

// Robustness is a registry of rival choices that is fixed before anything is estimated and run in full: every sample with
// every definition, covariate set, month and method, the study's own choices among them.
type Robustness struct {
	Samples    []RivalSample     `yaml:"samples" json:"samples,omitempty"`
	Outcomes   []outcome.Spec    `yaml:"outcomes" json:"outcomes,omitempty"`     // rivals of the outcome of the family
	Covariates []RivalCovariates `yaml:"covariates" json:"covariates,omitempty"` // rivals of the study's set
	Methods    []Method          `yaml:"methods" json:"methods,omitempty"`       // beside those of the study
	Months     []int             `yaml:"months" json:"months,omitempty"`         // beside that of the family
}

// RivalSample is another answer to who is compared with whom: what it does not name is as in the study.
type RivalSample struct {
	ID         string     `yaml:"id" json:"id"`
	Population Population `yaml:"population" json:"population"`
	Comparison Comparison `yaml:"comparison" json:"comparison"`
}

// RivalCovariates is another set of covariates.
type RivalCovariates struct {
	ID   string `yaml:"id" json:"id"`
	List names  `yaml:"list" json:"list"`
}

// mainChoice is what tables call the study's own choice; no rival may take its name.
const mainChoice = "main"

// largestRegistry is the number of specifications a tiltak × group over which a registry is refused: a curve of more says
// no more, and a mistake in the file would run for days.
const largestRegistry = 1000

var rivalName = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// resolveRobustness fills in the defaults of the rivals and refuses what is wrong with them.
func (s *Study) resolveRobustness() error {
	r := s.Robustness
	if r == nil {
		return nil
	}
	f := s.Inference.Family
	if f.runsOver("outcome") || f.runsOver("month") || f.runsOver("method") {
		return fault.Usagef("bad_study", "`robustness` asks how the figure of the family depends on its choices, and `inference.family` runs over outcome, month or method; fix them")
	}
	if len(r.Samples)+len(r.Outcomes)+len(r.Covariates)+len(r.Methods)+len(r.Months) == 0 {
		return fault.Usagef("bad_study", "`robustness` names no rival; give samples, outcomes, covariates, methods or months, or leave it out")
	}
	seen := map[string]bool{mainChoice: true, "default": true}
	named := func(kind, id string) error {
		switch {
		case !rivalName.MatchString(id):
			return fault.Usagef("bad_study", "`robustness.%s`: each needs an `id` of 1 to 40 of a-z, 0-9 and _, not `%s`", kind, id)
		case seen[kind+"/"+id] || id == mainChoice || kind == "covariates" && id == "default":
			return fault.Usagef("bad_study", "`robustness.%s` names `%s`, which is taken; choose another id", kind, id)
		}
		seen[kind+"/"+id] = true
		return nil
	}
	for i := range r.Outcomes {
		if err := r.Outcomes[i].ValidateAlone(); err != nil {
			return err
		}
		r.Outcomes[i] = r.Outcomes[i].Resolved()
		o := &r.Outcomes[i]
		if err := named("outcomes", o.ID); err != nil {
			return err
		}
		if own := s.outcomeOf(f.Outcome); o.ID == own.ID || (o.Kind == outcome.Earnings) != (own.Kind == outcome.Earnings) {
			return fault.Usagef("bad_study", "`robustness.outcomes` names `%s`, which is no rival of `%s`: it needs another id, and the same unit", o.ID, own.ID)
		}
		if o.Kind == outcome.Earnings && o.PriceYear == 0 {
			o.PriceYear = s.Cost.PriceYear
		}
	}
	for i := range r.Methods {
		if err := r.Methods[i].resolve(); err != nil {
			return err
		}
		if err := named("methods", r.Methods[i].ID); err != nil {
			return err
		}
		if err := s.goesWithScore(&r.Methods[i]); err != nil {
			return err
		}
		if id := r.Methods[i].ID; slices.ContainsFunc(s.Methods, func(m Method) bool { return m.ID == id }) {
			return fault.Usagef("bad_study", "`robustness.methods` names `%s`, which the study runs already; give it another `id` if its options differ", id)
		}
	}
	for _, c := range r.Covariates {
		if err := named("covariates", c.ID); err != nil {
			return err
		}
	}
	for i, m := range r.Months {
		if m < 1 || m > s.Horizon || m == f.Month || slices.Contains(r.Months[:i], m) {
			return fault.Usagef("bad_study", "`robustness.months` names %d: each is a month from 1 to the horizon %d, once, and not that of the family", m, s.Horizon)
		}
	}
	samples, sets := []any{[2]any{s.Population, s.Comparison}}, []any{s.Covariates}
	for i := range r.Samples {
		if err := named("samples", r.Samples[i].ID); err != nil {
			return err
		}
		v, err := s.rival(i+1, 0)
		if err != nil {
			return err
		}
		samples = append(samples, [2]any{v.Population, v.Comparison})
	}
	for i := range r.Covariates {
		if _, err := s.rival(0, i+1); err != nil {
			return err
		}
		sets = append(sets, r.Covariates[i].List)
	}
	if err := s.sameRivals(samples, sets); err != nil {
		return err
	}
	if n := (1 + len(r.Samples)) * (1 + len(r.Outcomes)) * (1 + len(r.Covariates)) * (1 + len(r.Months)) * (len(s.Methods) + len(r.Methods)); n > largestRegistry {
		return fault.Usagef("bad_study", "`robustness` makes %d specifications of each tiltak and group, and %d is the most; name fewer rivals", n, largestRegistry)
	}
	return nil
}

// sameRivals refuses a rival that is the study's own choice, or another rival, by a second name: it would count twice in the curve.
func (s *Study) sameRivals(samples, sets []any) error {
	r := s.Robustness
	own := s.outcomeOf(s.Inference.Family.Outcome)
	own.ID = ""
	outcomes, methods := []any{own}, []any{}
	for _, o := range r.Outcomes {
		o.ID = ""
		outcomes = append(outcomes, o)
	}
	for _, m := range s.allMethods() {
		m.ID = ""
		methods = append(methods, m)
	}
	of := func(n int, id func(i int) string) func(i int) string {
		return func(i int) string {
			if i < n {
				return "the study's own"
			}
			return "`" + id(i-n) + "`"
		}
	}
	for _, c := range []struct {
		key  string
		all  []any
		name func(i int) string
	}{
		{"samples", samples, of(1, func(i int) string { return r.Samples[i].ID })}, {"outcomes", outcomes, of(1, func(i int) string { return r.Outcomes[i].ID })},
		{"covariates", sets, of(1, func(i int) string { return r.Covariates[i].ID })}, {"methods", methods, of(len(s.Methods), func(i int) string { return r.Methods[i].ID })},
	} {
		for i := range c.all {
			for j := range i {
				if c.name(i) != c.name(j) && reflect.DeepEqual(c.all[i], c.all[j]) {
					return fault.Usagef("bad_study", "`robustness.%s` names %s, which is %s by another name: it would count twice in the curve; change what it chooses, or leave it out", c.key, c.name(i), c.name(j))
				}
			}
		}
	}
	return nil
}

// allMethods are the methods of the study and, after them, those of its registry.
func (s *Study) allMethods() []Method {
	if s.Robustness == nil {
		return s.Methods
	}
	return append(slices.Clone(s.Methods), s.Robustness.Methods...)
}

func (s *Study) outcomeOf(id string) outcome.Spec {
	for _, o := range s.Outcomes {
		if o.ID == id {
			return o
		}
	}
	return outcome.Spec{}
}

// rival is the study with a rival sample and covariate set of the registry, 0 for its own, cut down to the figure of the
// family: its definitions, its months and every method.
func (s *Study) rival(sample, covariates int) (*Study, error) {
	v := *s
	r := s.Robustness
	v.Robustness = nil
	v.Sensitivity = sensitivityNone // of the study itself
	v.Outcomes = append([]outcome.Spec{s.outcomeOf(s.Inference.Family.Outcome)}, r.Outcomes...)
	v.Methods = s.allMethods()
	v.OnlyMonths = append([]int{s.Inference.Family.Month}, r.Months...)
	v.Windows = nil
	if sample > 0 {
		from := &r.Samples[sample-1]
		if from.Comparison.LaterEntry == laterEntryFollow { // what belongs to the study's censor alone is not asked of it
			v.Comparison.Truncate, v.Comparison.WaitUntil, v.Comparison.StartBy = nil, 0, 0
		}
		override(&v.Population, &from.Population)
		override(&v.Comparison, &from.Comparison)
	}
	if covariates > 0 {
		v.Covariates = r.Covariates[covariates-1].List
	}
	family := *s.Inference.Family
	family.Over = []string{"tiltak", "group", "outcome", "method", "month"}
	family.Outcome, family.Method, family.Month = "", "", 0
	v.Inference.Family = &family
	v.Inference.Multiplicity = simultaneous // asks for the influence of each person
	if err := v.resolveChoices(); err != nil {
		return nil, err
	}
	d := v.design()
	return &v, d.Validate()
}

// override replaces what another value of the type gives: every field that is not its zero.
func override[T any](to, from *T) {
	x, y := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range y.NumField() {
		if f := y.Field(i); !f.IsZero() {
			x.Field(i).Set(f)
		}
	}
}

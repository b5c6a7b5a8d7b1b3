package analysis

// methodOption is a key of a method object and the methods it belongs to.
type methodOption struct {
	key     string
	methods []string
	given   func(m *Method) bool
}

var (
	onRows  = []string{nearest, optimal, full, radius, cem, exact}
	onScore = []string{nearest, optimal, full, subclass, radius}
	byScore = []string{nearest, optimal, full, subclass, radius, ipw, overlap}
	anyOf   = []string{nearest, optimal, full, subclass, cem, exact, radius, ipw, overlap, ebal, cbps, aipw, none, didMethod}
)

// methodOptions are all of them, in the order of the documentation.
var methodOptions = []methodOption{
	{"estimand", anyOf, func(m *Method) bool { return m.Estimand != "" }},
	{"covariates", []string{nearest, optimal, full, subclass, cem, radius, ipw, overlap, ebal, cbps, aipw}, func(m *Method) bool { return len(m.Covariates) > 0 }},
	{"exact", onRows, func(m *Method) bool { return len(m.Exact) > 0 }},
	{"distance", onScore, func(m *Method) bool { return m.Distance != "" }},
	{"caliper", []string{nearest, optimal, full, didMethod}, func(m *Method) bool { return m.Caliper != 0 }},
	{"caliper_unit", []string{nearest, optimal, full, radius}, func(m *Method) bool { return m.CaliperUnit != "" }},
	{"covariate_caliper", []string{nearest}, func(m *Method) bool { return len(m.CovariateCaliper) > 0 }},
	{"anti_exact", []string{nearest}, func(m *Method) bool { return len(m.AntiExact) > 0 }},
	{"order", []string{nearest}, func(m *Method) bool { return m.Order != "" }},
	{"ratio", []string{nearest, optimal}, func(m *Method) bool { return m.Ratio != 0 }},
	{"replace", []string{nearest}, func(m *Method) bool { return m.Replace }},
	{"reuse_max", []string{nearest}, func(m *Method) bool { return m.ReuseMax != 0 }},
	{"person_max", []string{nearest}, func(m *Method) bool { return m.PersonMax != 0 }},
	{"bias_adjust", []string{nearest, radius}, func(m *Method) bool { return m.BiasAdjust }},
	{"adjust", []string{nearest, optimal}, func(m *Method) bool { return m.Adjust != "" }},
	{"discard", byScore, func(m *Method) bool { return m.Discard != "" }},
	{"trim", []string{ipw}, func(m *Method) bool { return m.Trim != 0 }},
	{"subclasses", []string{subclass}, func(m *Method) bool { return m.Subclasses != 0 }},
	{"cutpoints", []string{cem}, func(m *Method) bool { return m.Cutpoints != 0 }},
	{"k2k", []string{cem, exact}, func(m *Method) bool { return m.K2K }},
	{"kernel", []string{radius}, func(m *Method) bool { return m.Kernel != "" }},
	{"radius", []string{radius}, func(m *Method) bool { return m.Radius != 0 }},
	{"moments", []string{ebal}, func(m *Method) bool { return m.Moments != 0 }},
	{"interactions", []string{ebal}, func(m *Method) bool { return m.Interactions }},
	{"folds", []string{aipw}, func(m *Method) bool { return m.Folds != 0 }},
	{"match", []string{didMethod}, func(m *Method) bool { return m.Match != "" }},
	{"dip_probe", []string{didMethod}, func(m *Method) bool { return m.DipProbe }},
	{"method", []string{didMethod}, func(m *Method) bool { return m.DID != "" }},
}

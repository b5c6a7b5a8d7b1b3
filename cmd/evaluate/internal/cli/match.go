package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
)

type matchFlags struct {
	data, treatment, outcome, covariates, exact, id, cluster string
	weights, sampleWeights                                   string
	key, pair, before                                        string
	method, estimand, distance, link                         string
	ratio, reuseMax, personMax                               int
	replace                                                  bool
	caliper                                                  float64
	caliperUnit, order, discard                              string
	subclasses, cutpoints                                    int
	kernel                                                   string
	radius                                                   float64
	se, like, out, encoding, mapping                         string
	biasAdjust, interactions, k2k, spread                    bool
	balance                                                  string
	covariateCaliper, antiExact, adjust                      string
	moments                                                  int
	level                                                    float64
	changed                                                  func(flag string) bool
}

var (
	matchMethods   = []string{"nearest", "optimal", "full", "subclass", "cem", "exact", "radius", "ipw", "ebal", "overlap", "aipw", "cbps", "none"}
	matchDistances = []string{"logit", "probit", "linear-logit", "mahalanobis", "robust-mahalanobis", "scaled-euclidean", "euclidean"}
)

func newMatchCmd(g *globals) *cobra.Command {
	var f matchFlags
	c := &cobra.Command{
		Use:   "match --data FILE --treatment COL --covariates A,B,C [--outcome COL]",
		Short: "Match or weight a table, show balance and estimate effects",
		Long: `Match or weight the rows of a table (one row a unit), show balance before and after, and estimate the effect on each
outcome with an error that fits the method.

--treatment is a column of 0 and 1, or true and false. Text columns are factors; COL:factor makes a number one. --exact
matches inside cells. --id gives ties an order that does not depend on the rows; where it repeats, rows of one id are never
matched to each other and errors are summed by it.

Errors (--se auto): pairs for matching without replacement, Abadie and Imbens with it (Otsu and Rai with weights or where rows
depend on each other), HC3 for cells and full matching, M-estimation for weights; the table says which it was. --like matchit gives the
pairs of R's MatchIt 4.7.2, ties included.`,
		Example: `  $ evaluate match --data lalonde.csv --treatment treat --outcome re78 --covariates age,educ,race,married,nodegree,re74,re75 --caliper 0.2
  $ evaluate match --data rows.parquet --treatment start --outcome arbeid --covariates alder,kjonn,utdanning:factor --exact stratum --id person_id
  $ evaluate match --data rows.parquet --treatment start --outcome arbeid --covariates alder,kjonn --method ebal --cluster person_id`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.changed = func(flag string) bool { return c.Flags().Changed(flag) }
			return g.match(c, &f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`file` or folder (.parquet, .csv)")
	flags.StringVar(&f.treatment, "treatment", "", "`column` that is 1 for the treated")
	flags.StringVar(&f.outcome, "outcome", "", "`columns` of outcomes")
	flags.StringVar(&f.before, "before", "", "`column` of the outcome before the treatment: effects on the change from it, without the rows where it is missing")
	flags.StringVar(&f.covariates, "covariates", "", "`columns` measured before the treatment")
	flags.StringVar(&f.exact, "exact", "", "`columns` to match exactly on")
	flags.StringVar(&f.id, "id", "", "`column` of the unit")
	flags.StringVar(&f.cluster, "cluster", "", "`column` in which rows depend on each other, such as the person")
	flags.StringVar(&f.weights, "weights", "", "`column` of weights of the rows")
	flags.StringVar(&f.sampleWeights, "sample-weights", "", "`column` of weights of a sample of comparison rows; multiplies --weights")
	flags.StringVar(&f.key, "key", "", "`column` of whole numbers that breaks ties (default: a hash of --id)")
	flags.StringVar(&f.pair, "pair", "", "`column` that numbers the pair or set a row was matched in, with --method none and --weights: errors are by pair")
	flags.StringVar(&f.method, "method", "nearest", strings.Join(matchMethods, ", "))
	flags.StringVar(&f.estimand, "estimand", "att", "att, atc, ate, ato (overlap population) or atm (matching weights)")
	flags.StringVar(&f.distance, "distance", "logit", strings.Join(matchDistances, ", ")+", or a column (col:NAME where it has such a name)")
	flags.StringVar(&f.link, "link", "", "link of the score: logit or probit")
	flags.IntVar(&f.ratio, "ratio", 1, "matches for each row")
	flags.BoolVar(&f.replace, "replace", false, "a comparison row may be used many times")
	flags.IntVar(&f.reuseMax, "reuse-max", 0, "a comparison row may be used this many `times`")
	flags.IntVar(&f.personMax, "person-max", 0, "the rows of one --id may be used this many `times` together, over all cells of --exact, which are then gone through in order")
	flags.Float64Var(&f.caliper, "caliper", 0, "largest `distance` of a match")
	flags.StringVar(&f.caliperUnit, "caliper-unit", "sd", "sd (of the score over all rows) or raw")
	flags.StringVar(&f.covariateCaliper, "covariate-caliper", "", "largest differences of columns within a match, such as `age=2,re74=500`")
	flags.StringVar(&f.antiExact, "anti-exact", "", "`columns` that must differ within a match, such as the workplace")
	flags.StringVar(&f.order, "order", "", "who chooses first: largest, smallest, closest, data or random (default: largest, for the atc smallest; closest for distances between covariates)")
	flags.StringVar(&f.discard, "discard", "none", "rows outside common support to leave out: none, treated, comparison, both, or crump (scores whose rows cost more precision than they bring)")
	flags.IntVar(&f.subclasses, "subclasses", 6, "number of subclasses")
	flags.IntVar(&f.cutpoints, "cutpoints", 0, "`bins` of each number in coarsened exact matching (default: Sturges' rule)")
	flags.BoolVar(&f.k2k, "k2k", false, "as many rows of both groups in each cell of cem or exact, in pairs")
	flags.IntVar(&f.moments, "moments", 1, "powers that entropy balancing balances: 1 means, 2 squares too")
	flags.BoolVar(&f.interactions, "interactions", false, "entropy balancing balances products of covariates too")
	flags.StringVar(&f.balance, "balance", "", "what the balance table holds beside the covariates: `squares`, interactions")
	flags.StringVar(&f.kernel, "kernel", "uniform", "weights within the radius: uniform, epanechnikov or gaussian")
	flags.Float64Var(&f.radius, "radius", 0, "radius or bandwidth, in units of --caliper-unit")
	flags.StringVar(&f.se, "se", "auto", "standard error: auto, pair, abadie-imbens, robust, m-estimation or bootstrap")
	flags.BoolVar(&f.biasAdjust, "bias-adjust", false, "adjust matches by regression (Abadie and Imbens 2011)")
	flags.StringVar(&f.adjust, "adjust", "none", "a further estimate after matching: none or regression")
	flags.BoolVar(&f.spread, "spread", false, "the estimate again under other orders, calipers and methods")
	flags.StringVar(&f.like, "like", "", "matchit or matching: as that package does it")
	flags.Float64Var(&f.level, "level", 0.95, "level of intervals")
	flags.StringVar(&f.out, "out", "", "`folder` to write weights, pairs and figures to")
	flags.StringVar(&f.encoding, "encoding", "", "encoding of CSV: utf-8 or latin1")
	mappingFlag(c, &f.mapping)
	return c
}

// namedCaliper is one of --covariate-caliper.
type namedCaliper struct {
	column string
	most   float64
}

func parseCalipers(s string) ([]namedCaliper, error) {
	list, err := listOf("covariate-caliper", s)
	if err != nil {
		return nil, err
	}
	var out []namedCaliper
	for _, item := range list {
		name, value, ok := strings.Cut(item, "=")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(v >= 0) || name == "" {
			return nil, fault.Usagef("bad_flag", "`--covariate-caliper` is a list such as age=2,re74=500; `%s` is not", item)
		}
		out = append(out, namedCaliper{name, v})
	}
	return out, nil
}

// matchPlan is what the flags ask for.
type matchPlan struct {
	covariates, outcomes, exact []string
	antiExact                   []string
	calipers                    []namedCaliper
	spec                        matching.Spec
	distanceColumn              string // "" where the score is fitted
	cutpoints                   int
}

func (f *matchFlags) plan(g *globals) (*matchPlan, error) {
	p := &matchPlan{cutpoints: f.cutpoints}
	for _, need := range [][2]string{{"data", f.data}, {"treatment", f.treatment}} {
		if need[1] == "" {
			return nil, fault.Usagef("bad_flag", "`--%s` is needed", need[0])
		}
	}
	var err error
	for _, l := range []struct {
		flag, list string
		to         *[]string
	}{{"covariates", f.covariates, &p.covariates}, {"outcome", f.outcome, &p.outcomes}, {"exact", f.exact, &p.exact},
		{"anti-exact", f.antiExact, &p.antiExact}} {
		if *l.to, err = listOf(l.flag, l.list); err != nil {
			return nil, err
		}
	}
	if p.calipers, err = parseCalipers(f.covariateCaliper); err != nil {
		return nil, err
	}
	for _, check := range []error{
		oneOf("method", f.method, matchMethods...),
		oneOf("estimand", strings.ToLower(f.estimand), "att", "atc", "ate", "ato", "atm"),
		oneOf("caliper-unit", f.caliperUnit, "sd", "raw"),
		oneOf("adjust", f.adjust, "none", "regression"),
		oneOf("discard", f.discard, "none", "treated", "comparison", "both", "crump"),
		oneOf("kernel", f.kernel, "uniform", "epanechnikov", "gaussian"),
		oneOf("se", f.se, "auto", "pair", "abadie-imbens", "robust", "m-estimation", "bootstrap"),
	} {
		if check != nil {
			return nil, check
		}
	}
	if f.like != "" {
		if err := oneOf("like", f.like, "matchit", "matching"); err != nil {
			return nil, err
		}
	}
	if f.link != "" {
		if err := oneOf("link", f.link, "logit", "probit"); err != nil {
			return nil, err
		}
	}
	if f.order != "" {
		if err := oneOf("order", f.order, "largest", "smallest", "closest", "farthest", "data", "random"); err != nil {
			return nil, err
		}
	}
	switch {
	case !(f.level > 0 && f.level < 1):
		return nil, fault.Usagef("bad_flag", "`--level` must be between 0 and 1")
	case f.ratio < 1:
		return nil, fault.Usagef("bad_flag", "`--ratio` must be 1 or more")
	case f.reuseMax < 0 || f.changed("reuse-max") && f.reuseMax == 0:
		return nil, fault.Usagef("bad_flag", "`--reuse-max` must be 1 or more")
	case f.personMax < 0 || f.changed("person-max") && (f.personMax == 0 || f.id == ""):
		return nil, fault.Usagef("bad_flag", "`--person-max` must be 1 or more, and needs `--id`")
	case f.changed("caliper") && !(f.caliper > 0):
		return nil, fault.Usagef("bad_flag", "`--caliper` must be above 0")
	case f.changed("radius") && !(f.radius > 0):
		return nil, fault.Usagef("bad_flag", "`--radius` must be above 0")
	case f.moments < 1 || f.moments > 5:
		return nil, fault.Usagef("bad_flag", "`--moments` must be from 1 to 5")
	case f.subclasses < 2:
		return nil, fault.Usagef("bad_flag", "`--subclasses` must be 2 or more")
	case f.cutpoints < 0 || f.cutpoints == 1 || f.cutpoints == 0 && f.changed("cutpoints"):
		return nil, fault.Usagef("bad_flag", "`--cutpoints` must be 2 or more")
	case len(p.covariates) == 0 && f.method != "none" && !(f.method == "exact" && len(p.exact) > 0) && !f.givenDistance():
		return nil, fault.Usagef("bad_flag", "`--covariates` is needed")
	}
	return p, f.fill(g, p)
}

// givenDistance tells whether the distance measure is a column.
func (f *matchFlags) givenDistance() bool {
	return strings.HasPrefix(f.distance, "col:") || !slices.Contains(matchDistances, f.distance)
}

// fill makes the specification.
func (f *matchFlags) fill(g *globals, p *matchPlan) error {
	s := &p.spec
	s.Method, s.Distance, s.StdError, s.Like, s.BiasAdjust = f.method, f.distance, f.se, f.like, f.biasAdjust
	s.Level, s.Seed, s.Workers, s.Subclasses, s.Kernel, s.Radius = f.level, g.seed, g.workers, f.subclasses, f.kernel, f.radius
	s.Moments, s.Products, s.EqualCells = f.moments, f.interactions, f.k2k
	extra, err := listOf("balance", f.balance)
	if err != nil {
		return err
	}
	for _, e := range extra {
		switch e {
		case "squares":
			s.Squares = true
		case "interactions":
			s.Pairwise = true
		default:
			return fault.Usagef("bad_flag", "`--balance %s` is not known%s; it is squares, interactions or both", e, fault.Suggest(e, []string{"squares", "interactions"}))
		}
	}
	s.Shuffles = 999
	if f.adjust == "regression" {
		s.Adjust = f.adjust
	}
	_ = s.Estimand.UnmarshalText([]byte(f.estimand))
	_ = s.Discard.UnmarshalText([]byte(f.discard))
	if f.method == "overlap" {
		if f.changed("estimand") && s.Estimand != matching.ATO {
			return fault.Usagef("bad_flag", "`--method overlap` estimates the ato; leave `--estimand` out or use `--method ipw`")
		}
		s.Estimand = matching.ATO
	}
	n := &s.Nearest
	n.Ratio, n.Replace, n.ReuseMax, n.PersonMax, n.Caliper = f.ratio, f.replace, f.reuseMax, f.personMax, f.caliper
	_ = n.CaliperUnit.UnmarshalText([]byte(f.caliperUnit))
	if f.givenDistance() {
		p.distanceColumn = strings.TrimPrefix(f.distance, "col:")
		s.Distance = "given"
	}
	if f.link == "probit" {
		switch f.distance {
		case "logit", "probit":
			s.Distance = "probit"
		default:
			return fault.Usagef("bad_flag", "`--link probit` goes with `--distance probit`, not `%s`", f.distance)
		}
	}
	if f.link == "logit" && f.distance == "probit" {
		return fault.Usagef("bad_flag", "`--link logit` contradicts `--distance probit`")
	}
	between := slices.Contains(matchDistances[3:], f.distance)
	switch {
	case f.order != "":
		_ = n.Order.UnmarshalText([]byte(f.order))
	case between && f.like == "matchit":
		n.Order = matching.DataOrder
	case between && f.caliper == 0:
		n.Order = matching.Closest
	case s.Estimand == matching.ATC:
		n.Order = matching.Smallest
	}
	return f.check()
}

// check refuses combinations by name.
func (f *matchFlags) check() error {
	nearest := []string{"ratio", "replace", "reuse-max", "person-max", "order"}
	if f.method != "nearest" {
		for _, flag := range nearest {
			if f.changed(flag) && !(flag == "ratio" && f.method == "optimal") {
				return fault.Usagef("bad_flag", "`--%s` goes with `--method nearest`, not `%s`", flag, f.method)
			}
		}
	}
	for _, k := range []struct {
		flag    string
		methods []string
	}{
		{"caliper", []string{"nearest", "optimal", "full", "radius"}},
		{"subclasses", []string{"subclass"}},
		{"cutpoints", []string{"cem"}},
		{"k2k", []string{"cem", "exact"}},
		{"moments", []string{"ebal"}},
		{"interactions", []string{"ebal"}},
		{"covariate-caliper", []string{"nearest"}},
		{"anti-exact", []string{"nearest"}},
		{"kernel", []string{"radius"}},
		{"radius", []string{"radius"}},
		{"bias-adjust", []string{"nearest", "radius"}},
		{"pair", []string{"none"}},
		{"key", []string{"nearest", "optimal", "full", "cem", "exact", "aipw"}},
	} {
		if f.changed(k.flag) && !slices.Contains(k.methods, f.method) {
			return fault.Usagef("bad_flag", "`--%s` goes with `--method %s`, not `%s`", k.flag, strings.Join(k.methods, "` or `"), f.method)
		}
	}
	return f.idle()
}

// idle refuses flags that nothing reads in the company of others.
func (f *matchFlags) idle() error {
	refuse := func(flag, why string) error { return fault.Usagef("bad_flag", "`--%s` %s", flag, why) }
	weighted := []string{"ebal", "aipw", "cbps"}
	switch {
	case f.method == "none" && f.changed("exact"):
		return refuse("exact", "has no place with `--method none`, which compares all rows; use `--method exact`")
	case f.method == "none" && f.changed("discard"):
		return refuse("discard", "has no place with `--method none`, which compares all rows")
	case f.changed("caliper-unit") && !f.changed("caliper") && !f.changed("radius"):
		return refuse("caliper-unit", "goes with `--caliper` or `--radius`")
	case f.changed("radius") && f.changed("caliper"):
		return refuse("caliper", "and `--radius` are one and the same for `--method radius`: leave one of them out")
	case slices.Contains(matchDistances[3:], f.distance) && !slices.Contains([]string{"nearest", "optimal", "full", "radius"}, f.method):
		return refuse("distance "+f.distance, "goes with `--method nearest`, not `"+f.method+"`")
	case f.givenDistance() && slices.Contains(weighted, f.method):
		return refuse("distance", "cannot be a column with `--method "+f.method+"`, which makes weights of its own from `--covariates`")
	case f.like == "matchit" && (f.method == "none" || slices.Contains(weighted, f.method)):
		return refuse("like matchit", "goes with matching, cells and weights by a score, not with `--method "+f.method+"`")
	case f.outcome == "" && f.changed("before"):
		return refuse("before", "goes with `--outcome`")
	case f.outcome == "" && f.spread:
		return refuse("spread", "goes with `--outcome`")
	}
	for _, flag := range []string{"covariate-caliper", "anti-exact", "order", "key"} {
		if f.like == "matching" && f.changed(flag) {
			return refuse(flag, "is not served with `--like matching`, which takes all ties within `--caliper`")
		}
	}
	return nil
}

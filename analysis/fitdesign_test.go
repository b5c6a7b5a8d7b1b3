package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// madeTrials are trials of one tiltak with persons in several months and in both arms, in which age, sex, school and work
// before decide on the start and on the outcome. copies writes each row out as often as the weight of its person says.
func madeTrials(seed uint64, persons int, weighted, copies bool) (*cohort.Trials, *register.Register, []float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	names := []string{"alder", "kvinne", "utdanning=lav", "utdanning=hoyere", "arbeid_1", "arbeid_13_24"}
	t := &cohort.Trials{Groups: []cohort.Group{{ID: "alle"}, {ID: "unge"}}, Tiltak: make([]cohort.Trial, 1)}
	trial := &t.Tiltak[0]
	trial.Tiltak = "T"
	reg := &register.Register{}
	if weighted && !copies {
		reg.Persons.Weight = make([]float64, persons)
	}
	columns := make([][]float64, len(names))
	for _, n := range names {
		t.Rows.Covariates = append(t.Rows.Covariates, cohort.Covariate{Name: n, Latest: cohort.Fixed})
	}
	var y []float64
	for p := range persons {
		weight := 1
		if weighted {
			weight = 1 + r.IntN(3)
		}
		if reg.Persons.Weight != nil {
			reg.Persons.Weight[p] = float64(weight)
		}
		age, woman, school := 20+40*r.Float64(), float64(r.IntN(2)), r.IntN(3)
		for m := range 4 {
			if r.IntN(3) == 0 {
				continue
			}
			x := []float64{age, woman, 0, 0, float64(r.IntN(2)), r.Float64()}
			if school < 2 {
				x[2+school] = 1
			}
			eta := -2 + .02*(age-40) + .3*woman + .6*x[4] - .8*x[5]
			treated := r.Float64() < 1/(1+math.Exp(-eta))
			out := .01*(age-40) + .2*x[2] + .5*x[5] + .3*x[4] + r.NormFloat64()
			day := uint8(1 + r.IntN(28))
			if treated {
				out += .4
			}
			write := 1
			if copies {
				write = weight
			}
			for range write {
				trial.Row = append(trial.Row, int32(len(t.Rows.Person)))
				t.Rows.Person = append(t.Rows.Person, int32(p))
				t.Rows.Month = append(t.Rows.Month, calendar.Month(24000+m))
				mask := cohort.Mask(1)
				if age < 40 {
					mask |= 2
				}
				t.Rows.Groups = append(t.Rows.Groups, mask)
				for j, v := range x {
					columns[j] = append(columns[j], v)
				}
				trial.Treated = append(trial.Treated, treated)
				trial.Day = append(trial.Day, day)
				w := 1.
				if reg.Persons.Weight != nil {
					w = float64(weight)
				}
				trial.Weight, trial.Rate, trial.Sampled = append(trial.Weight, w), append(trial.Rate, 1), append(trial.Sampled, true)
				trial.Stratum, trial.Start = append(trial.Stratum, int32(m)), append(trial.Start, -1)
				y = append(y, out)
			}
		}
	}
	for _, c := range columns {
		t.Rows.X = append(t.Rows.X, cohort.NewColumn(c))
	}
	return t, reg, y
}

// runnerOf is a run of a study with these methods on made trials.
func runnerOf(t *testing.T, trials *cohort.Trials, reg *register.Register, text string) *runner {
	t.Helper()
	s, err := Parse([]byte("study: probe\ndata: {register: r}\npopulation: {from: 2018-01, to: 2018-12}\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{study: s, reg: reg, trials: trials}
	if err := r.checkMethods(); err != nil {
		t.Fatal(err)
	}
	return r
}

// everyMethod is each method of this room's design fits with options that touch each way through the code.
var everyMethod = []string{
	"nearest", "{name: nearest, id: n2, order: smallest, caliper: none}", "{name: nearest, id: n3, replace: true}",
	"{name: nearest, id: n4, replace: true, ratio: 2, bias_adjust: true, distance: logit, caliper: 0.5}", "{name: nearest, id: n5, ratio: 2, caliper: none}",
	"{name: nearest, id: n6, distance: mahalanobis, covariates: [alder, arbeid_13_24]}", "{name: nearest, id: n7, exact: [kvinne], covariate_caliper: {alder: 20}}",
	"{name: nearest, id: n8, distance: alder, caliper: 5, caliper_unit: raw}", "{name: nearest, id: n9, discard: both}", "{name: nearest, id: n10, distance: probit, anti_exact: [utdanning]}",
	"{name: nearest, id: n11, estimand: atc, replace: true}", "{name: nearest, id: n12, reuse_max: 2}",
	"full", "{name: full, id: f2, estimand: ate}", "{name: subclass, subclasses: 4}", "cem", "{name: cem, id: c2, covariates: [alder], cutpoints: 2, exact: [kvinne]}", "exact",
	"{name: radius, radius: 0.3}", "{name: radius, id: r2, kernel: gaussian, radius: 0.2, bias_adjust: true}", "{name: radius, id: r3, estimand: atc, radius: 0.4}",
	"ipw", "{name: ipw, id: i2, estimand: ate, trim: 0.02}", "{name: ipw, id: i3, estimand: atm, covariates: [alder, arbeid_1]}", "{name: ipw, id: i4, estimand: atc}", "overlap",
	"ebal", "{name: ebal, id: e2, moments: 2}", "{name: ebal, id: e3, estimand: ate}", "{name: ebal, id: e4, covariates: [alder, kvinne], interactions: true}", "{name: ebal, id: e5, estimand: atc}",
	"cbps", "{name: cbps, id: b2, estimand: ate}", "aipw", "{name: aipw, id: a2, estimand: ate, folds: 3}", "none",
}

// unweighted are those that refuse sampling weights, or do not take them as duplication: what is optimal for rows is not for
// their copies, and quantiles are those of rows.
var unweighted = []string{"optimal", "{name: exact, id: k2k, k2k: true}", "{name: nearest, id: n13, order: closest}", "{name: nearest, id: n14, person_max: 1}",
	"{name: nearest, id: n15, adjust: regression}", "{name: optimal, id: o2, ratio: 2, adjust: regression}", "{name: optimal, id: o3, caliper: 0.2}"}

// TestEveryMethodOfAStudy: each method estimates the effect that was put in, 0.4 for everybody, within four of its standard
// errors; what it says of its influence by person is, where it claims so, its error; balance weights are not negative and
// both arms have some; the estimand has its name.
func TestEveryMethodOfAStudy(t *testing.T) {
	trials, reg, y := madeTrials(3, 500, false, false)
	r := runnerOf(t, trials, reg, "methods: ["+strings.Join(append(slices.Clone(everyMethod), unweighted...), ", ")+"]\n")
	c := newCell(trials, &trials.Tiltak[0], 0, 1, nil)
	for _, m := range r.study.Methods {
		f, why, err := r.fit(c, m)
		if err != nil || why != "" {
			t.Errorf("%s: %v %s", m.ID, err, why)
			continue
		}
		per := f.outcome(c, r, nil).(jointFit)
		psi := make([]float64, c.persons)
		e := per.joint(y, psi)
		if !(math.Abs(e.Estimate-.4) < 4*e.StdError) || !(e.StdError > 0.05 && e.StdError < 0.4) {
			if m.Name != none || e.StdError == 0 {
				t.Errorf("%s: %g (%g)", m.ID, e.Estimate, e.StdError)
			}
		}
		squares, sum := 0., 0.
		for _, v := range psi {
			squares += v * v
			sum += v
		}
		if math.Abs(sum) > 1e-6 {
			t.Errorf("%s: influence sums to %g", m.ID, sum)
		}
		if strings.HasPrefix(e.StdErrorType, "m-estimation") || strings.HasPrefix(e.StdErrorType, "otsu") || strings.HasPrefix(e.StdErrorType, "aipw") || strings.HasPrefix(e.StdErrorType, "robust") {
			if math.Abs(math.Sqrt(squares)-e.StdError) > 1e-9 {
				t.Errorf("%s: influence gives %g, the error is %g", m.ID, math.Sqrt(squares), e.StdError)
			}
		}
		var total [2]float64
		for i, w := range f.balanceWeights() {
			if !(w >= 0) {
				t.Fatalf("%s: weight %g", m.ID, w)
			}
			if c.treated[i] {
				total[1] += w
			} else {
				total[0] += w
			}
		}
		if total[0] == 0 || total[1] == 0 {
			t.Errorf("%s: an arm has no weight", m.ID)
		}
		named := f.(interface{ estimand() string }).estimand()
		if want := m.estimand().String(); named != want && named != want+"_matched" && named != want+"_trimmed" {
			t.Errorf("%s: estimand %s, want %s", m.ID, named, want)
		}
	}
}

// TestStrataHoldInAStudy: what matches or makes cells inside strata leaves the comparison of each stratum the weight of its
// treated (of those kept).
func TestStrataHoldInAStudy(t *testing.T) {
	trials, reg, _ := madeTrials(4, 400, true, false)
	r := runnerOf(t, trials, reg, "methods: [nearest, {name: nearest, id: n2, ratio: 2}, {name: nearest, id: n3, replace: true}, full, cem, exact, {name: radius, radius: 0.3}, {name: radius, id: k, kernel: epanechnikov}]\n")
	c := newCell(trials, &trials.Tiltak[0], 0, 1, nil)
	for _, m := range r.study.Methods {
		f, why, err := r.fit(c, m)
		if err != nil || why != "" {
			t.Fatalf("%s: %v %s", m.ID, err, why)
		}
		sums := map[int32][2]float64{}
		for i, w := range f.balanceWeights() {
			v := sums[c.stratum[i]]
			if c.treated[i] {
				v[1] += w
			} else {
				v[0] += w
			}
			sums[c.stratum[i]] = v
		}
		for s, v := range sums {
			if math.Abs(v[0]-v[1]) > 1e-9*(1+v[1]) {
				t.Errorf("%s, stratum %d: treated weigh %g, their comparison %g", m.ID, s, v[1], v[0])
			}
		}
	}
}

// TestSamplingWeightsAreDuplicationInAStudy: the weights of an extract give the estimate of the register in which each row
// is written out as often as its person's weight says, and, where the error is a sum over persons, its error.
func TestSamplingWeightsAreDuplicationInAStudy(t *testing.T) {
	text := "methods: [" + strings.Join(everyMethod, ", ") + "]\n"
	weightedTrials, weightedReg, y := madeTrials(5, 300, true, false)
	copiedTrials, copiedReg, copiedY := madeTrials(5, 300, true, true)
	if len(copiedY) <= len(y) {
		t.Fatal("nothing is written out")
	}
	a, b := runnerOf(t, weightedTrials, weightedReg, text), runnerOf(t, copiedTrials, copiedReg, text)
	ca, cb := newCell(weightedTrials, &weightedTrials.Tiltak[0], 0, 1, nil), newCell(copiedTrials, &copiedTrials.Tiltak[0], 0, 1, nil)
	for k, m := range a.study.Methods {
		if m.Name == subclass || m.Name == full || m.between() { // quantiles, least distances and covariances are those of rows
			continue
		}
		f, why, err := a.fit(ca, m)
		if err != nil || why != "" {
			t.Errorf("%s: %v %s", m.ID, err, why)
			continue
		}
		g, why, err := b.fit(cb, b.study.Methods[k])
		if err != nil || why != "" {
			t.Errorf("%s: %v %s", m.ID, err, why)
			continue
		}
		e, w := f.outcome(ca, a, nil).effect(y), g.outcome(cb, b, nil).effect(copiedY)
		if math.Abs(e.Estimate-w.Estimate) > 1e-7 {
			t.Errorf("%s: %.10g with weights, %.10g written out", m.ID, e.Estimate, w.Estimate)
		}
		if !strings.HasPrefix(e.StdErrorType, "pair") && !strings.HasPrefix(e.StdErrorType, "hc3") && math.Abs(e.StdError-w.StdError) > 1e-6 {
			t.Errorf("%s: error %.10g with weights, %.10g written out (%s)", m.ID, e.StdError, w.StdError, e.StdErrorType)
		}
	}
	r := runnerOf(t, weightedTrials, weightedReg, "methods: ["+strings.Join(unweighted, ", ")+"]\n")
	for _, m := range r.study.Methods {
		if _, _, err := r.fit(ca, m); fault.CodeOf(err) != "not_served" {
			t.Errorf("%s with sampling weights: %v", m.ID, err)
		}
	}
}

// TestScorePerTiltak: for the group of everybody the score of the tiltak is that of the cell; for another group it is not,
// and each row has the score that it has among everybody.
func TestScorePerTiltak(t *testing.T) {
	trials, reg, y := madeTrials(6, 500, false, false)
	const methods = "methods: [nearest, full, subclass, {name: radius, radius: 0.3}, ipw, overlap]\n"
	r, own := runnerOf(t, trials, reg, "score: tiltak\n"+methods), runnerOf(t, trials, reg, methods)
	trial := &trials.Tiltak[0]
	pooled := &tiltakScore{r: r, trial: trial}
	all, plain := newCell(trials, trial, 0, 1, nil), newCell(trials, trial, 0, 1, nil)
	all.pooled = pooled
	for k, m := range r.study.Methods {
		f, _, err := r.fit(all, m)
		if err != nil {
			t.Fatal(err)
		}
		g, _, err := own.fit(plain, own.study.Methods[k])
		if err != nil {
			t.Fatal(err)
		}
		a, b := f.outcome(all, r, nil).effect(y), g.outcome(plain, own, nil).effect(y)
		if math.Abs(a.Estimate-b.Estimate) > 1e-8 || math.Abs(a.StdError-b.StdError) > 1e-8 {
			t.Errorf("%s: %g (%g) with the score of the tiltak, %g (%g) with that of the cell of everybody", m.ID, a.Estimate, a.StdError, b.Estimate, b.StdError)
		}
	}
	young := newCell(trials, trial, 1, 1, nil)
	young.pooled = pooled
	score, err := young.score()
	if err != nil {
		t.Fatal(err)
	}
	everybody, _ := all.score()
	of := map[int32]float64{}
	for i, row := range all.row {
		of[row] = everybody.Linear[i]
	}
	for i, row := range young.row {
		if math.Abs(score.Linear[i]-of[row]) > 1e-9 {
			t.Fatalf("row %d has %g among the young, %g among all", row, score.Linear[i], of[row])
		}
	}
	for _, m := range r.study.Methods {
		if _, why, err := r.fit(young, m); err != nil || why != "" {
			t.Errorf("%s among the young: %v %s", m.ID, err, why)
		}
	}
}

// TestMethodOptionsAreRefused: an option that does not belong, a word that is not known and a contradiction are each one
// sentence that names the key.
func TestMethodOptionsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"{name: ebal, ratio: 2}":                             "`ratio` belongs to nearest or optimal, not to ebal",
		"{name: nearest, order: bigest}":                     "it is largest, smallest",
		"{name: nearest, ratio: -1}":                         "`ratio: -1` of nearest must be 1 or more",
		"{name: nearest, caliper: 0}":                        "`caliper` must be over 0, or none",
		"{name: nearest, bias_adjust: true}":                 "`bias_adjust` is for `replace: true`",
		"{name: nearest, replace: true, reuse_max: 2}":       "leave one of them out",
		"{name: nearest, replace: true, adjust: regression}": "with replacement use `bias_adjust`",
		"{name: nearest, estimand: ate}":                     "nearest, which estimates the att or atc",
		"{name: nearest, estimand: atc}":                     "needs `replace: true`",
		"{name: overlap, estimand: att}":                     "overlap, which estimates the ato",
		"{name: full, distance: mahalanobis}":                "belongs to nearest, not to full",
		"{name: ebal, interactions: true}":                   "name the columns in `covariates`",
		"{name: ebal, moments: 9}":                           "from 1 to 5",
		"{name: ipw, trim: 0.7}":                             "from 0 to under 0.5",
		"{name: radius, kernel: uniforme}":                   "did you mean `uniform`?",
		"{name: aipw, folds: 1}":                             "`folds: 1` of aipw must be 2 or more",
		"{name: did, estimand: ate}":                         "did, which estimates the att",
	} {
		_, err := Parse([]byte("study: probe\ndata: {register: r}\npopulation: {from: 2018-01, to: 2018-12}\nmethods: [" + text + "]\n"))
		if fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v\nwant %s", text, err, want)
		}
	}
	trials, reg, _ := madeTrials(7, 50, false, false)
	s, err := Parse([]byte("study: probe\ndata: {register: r}\npopulation: {from: 2018-01, to: 2018-12}\nmethods: [{name: nearest, exact: [kjonn]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&runner{study: s, reg: reg, trials: trials}).checkMethods(); fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), "`exact` of nearest names `kjonn`") {
		t.Error(err)
	}
	for _, text := range []string{"score: tiltak\nmethods: [aipw]\n", "score: tiltak\nmethods: [{name: ipw, covariates: [alder]}]\n", "score: tiltk\n"} {
		if _, err := Parse([]byte("study: probe\ndata: {register: r}\npopulation: {from: 2018-01, to: 2018-12}\n" + text)); fault.StatusOf(err) != fault.Usage || !strings.Contains(err.Error(), "`score: ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// settle gives the persons of made trials offices.
func settle(reg *register.Register, persons, offices int, of func(p int) int) {
	p := &reg.Persons
	p.N = persons
	p.Office, p.Education, p.Offices = make([]int32, persons), make([]int8, persons), nil
	for o := range offices {
		p.Offices = append(p.Offices, fmt.Sprintf("%04d", o))
	}
	for i := range p.Office {
		p.Office[i] = int32(of(i))
	}
}

func methodsText(cluster string) string {
	text := "methods: [" + strings.Join(append(slices.Clone(everyMethod), unweighted...), ", ") + "]\n"
	if cluster != "" {
		text += "inference: {cluster: " + cluster + "}\n"
	}
	return text
}

// each runs every method by person and by office on the same made trials.
func each(t *testing.T, persons, offices int, of func(p int) int, visit func(m Method, c, by *cell, e, o officeFigure)) {
	t.Helper()
	trials, reg, y := madeTrials(3, persons, false, false)
	settle(reg, persons, offices, of)
	for i, p := range trials.Rows.Person { // rows of an office go together
		y[i] += .3 * float64(of(int(p))%3)
	}
	plain, clustered := runnerOf(t, trials, reg, methodsText("")), runnerOf(t, trials, reg, methodsText("nav_enhet"))
	if err := clustered.findPlaces(); err != nil {
		t.Fatal(err)
	}
	c, by := newCell(trials, &trials.Tiltak[0], 0, 1, plain.places), newCell(trials, &trials.Tiltak[0], 0, 1, clustered.places)
	for _, m := range plain.study.Methods {
		visit(m, c, by, figureBy(t, plain, c, m, y), figureBy(t, clustered, by, m, y))
	}
}

type officeFigure struct {
	value, stdError, df, low, setTerm float64
	kind                              string
	reason                            estimate.Reason
	psi                               []float64
	byArms                            []float64 // psi of few clusters from the definition; nil of many
}

func figureBy(t *testing.T, r *runner, c *cell, m Method, y []float64) officeFigure {
	t.Helper()
	f, why, err := r.fit(c, m)
	if err != nil || why != "" {
		t.Fatalf("%s: %v %s", m.ID, err, why)
	}
	psi := make([]float64, c.clusters)
	e := f.outcome(c, r, nil).(jointFit).joint(y, psi)
	if again := f.outcome(c, r, nil).effect(y); again.Estimate != e.Estimate || again.Reason == "" && math.Abs(again.StdError-e.StdError) > 1e-12 {
		t.Errorf("%s: with influence %v (%v), without %v (%v)", m.ID, e.Estimate, e.StdError, again.Estimate, again.StdError)
	}
	if many, ok := f.outcome(c, r, nil).(manyFit); ok {
		together := [][]float64{make([]float64, c.clusters), make([]float64, c.clusters)}
		for _, found := range many.joints([][]float64{y, y}, together) {
			if math.Abs(found.Estimate-e.Estimate) > 1e-12 || math.Abs(found.StdError-e.StdError) > 1e-12 || found.StdErrorType != e.StdErrorType {
				t.Errorf("%s: among many %v (%v, %s), alone %v (%v, %s)", m.ID, found.Estimate, found.StdError, found.StdErrorType, e.Estimate, e.StdError, e.StdErrorType)
			}
		}
		for g, v := range psi {
			if math.Abs(together[1][g]-v) > 1e-12 {
				t.Errorf("%s: influence %d among many %v, alone %v", m.ID, g, together[1][g], v)
				break
			}
		}
	}
	out := officeFigure{value: e.Estimate, stdError: e.StdError, df: e.DF, low: e.ConfLow, kind: e.StdErrorType, reason: e.Reason, psi: psi}
	if c.few {
		out.byArms = byArms(t, r, c, m, y)
	}
	if d, ok := f.(*designFit); ok {
		out.setTerm = d.effects(y, nil).SetTerm
	}
	return out
}

// byArms is Σ_a ψ_ga/√(1 − h_ga) by cluster g of a cell of few: ψ_ga is the influence of the method where each cluster and arm is a cluster of
// its own of many, and h_ga the share of the weight of arm a that lies in g, by the weights of the method, or of the design where it has none.
func byArms(t *testing.T, r *runner, c *cell, m Method, y []float64) []float64 {
	t.Helper()
	by := *c
	by.cluster, by.clusters, by.few, by.arms = by.unit, by.units, false, nil
	f, why, err := r.fit(&by, m)
	if err != nil || why != "" {
		t.Fatalf("%s: %v %s", m.ID, err, why)
	}
	split := make([]float64, by.clusters)
	o := f.outcome(&by, r, nil)
	o.(jointFit).joint(y, split)
	weight := f.balanceWeights()
	if weight == nil {
		weight = by.designWeights(matching.ATT)
		if d := o.(*didOutcome); d.matched != nil {
			weight = d.matched.weight
		}
	}
	var total [2]float64
	share := make([]float64, by.clusters)
	for i, w := range weight {
		total[armOf(c.treated[i])] += w
		share[by.unit[i]] += w
	}
	out := make([]float64, c.clusters)
	for u, v := range split {
		out[u/2] += v / math.Sqrt(1-share[u]/total[u%2])
	}
	return out
}

// An office for each person is the same question as errors by person, whatever the offices are called.
func TestOneOfficePerPersonIsByPerson(t *testing.T) {
	const persons = 500
	order := rand.New(rand.NewPCG(1, 1)).Perm(persons)
	each(t, persons, persons, func(p int) int { return order[p] }, func(m Method, c, by *cell, e, o officeFigure) {
		if by.few {
			t.Fatal("500 offices are few")
		}
		if o.value != e.value || math.Abs(o.stdError-e.stdError) > 1e-12*e.stdError || o.df != 0 {
			t.Errorf("%s: %v (%v), by person %v (%v)", m.ID, o.value, o.stdError, e.value, e.stdError)
		}
		if want := strings.Replace(e.kind, "person", "nav_enhet", 1); o.kind != want || want == e.kind {
			t.Errorf("%s: type %q, want %q", m.ID, o.kind, want)
		}
		of := map[int32]float64{}
		for g, v := range o.psi {
			of[by.numbers[g]] = v
		}
		for p, v := range e.psi {
			if math.Abs(of[int32(order[c.numbers[p]])]-v) > 1e-12 {
				t.Errorf("%s: influence of person %d: %v, by office %v", m.ID, p, v, of[int32(order[p])])
				break
			}
		}
	})
}

// With many offices the influence of one is the sum of its persons', and, where the error is of the influence alone, its squares
// add up to the error's. Estimates do not move.
func TestManyOfficesSumTheirPersons(t *testing.T) {
	const persons, offices = 500, 60
	each(t, persons, offices, func(p int) int { return p % offices }, func(m Method, c, by *cell, e, o officeFigure) {
		if by.few || o.value != e.value {
			t.Fatalf("%s: few %v, %v, by person %v", m.ID, by.few, o.value, e.value)
		}
		sums := make([]float64, offices)
		for p, v := range e.psi {
			sums[c.numbers[p]%offices] += v
		}
		squares, own := 0., 0.
		for g, v := range o.psi {
			if math.Abs(sums[by.numbers[g]]-v) > 1e-12 {
				t.Errorf("%s: office %d: %v, its persons %v", m.ID, g, v, sums[by.numbers[g]])
				break
			}
			squares += v * v
		}
		for _, v := range e.psi {
			own += v * v
		}
		if math.Abs(own-e.stdError*e.stdError) < 1e-12 && math.Abs(squares-o.stdError*o.stdError) > 1e-12 {
			t.Errorf("%s: error %v, influence %v", m.ID, o.stdError, math.Sqrt(squares))
		}
	})
}

// With few offices the influence of one is what its arms contribute, each over √(1 − h): here from the influence of the method by
// office and arm, had as that of twice as many clusters, and shares h of the weights added up by hand. The squares and the pairs' term are the error.
func TestFewOfficesAreBiasReduced(t *testing.T) {
	const persons, offices = 500, 11
	of := func(p int) int { return min(p%17, offices-1) } // one office has seven parts of 17
	each(t, persons, offices, of, func(m Method, c, by *cell, e, o officeFigure) {
		if !by.few || o.value != e.value {
			t.Fatalf("%s: few %v, %v, by person %v", m.ID, by.few, o.value, e.value)
		}
		if !(o.df >= 1 && o.df < offices) || !strings.Contains(o.kind, "+nav_enhet CR2, t(") || strings.Contains(o.kind, "person") {
			t.Errorf("%s: %v degrees, %q", m.ID, o.df, o.kind)
		}
		squares := 0.
		for g, v := range o.psi {
			if want := o.byArms[g]; math.Abs(v-want) > 1e-12 {
				t.Errorf("%s: influence of office %d: %v, of its arms %v", m.ID, g, v, want)
			}
			squares += v * v
		}
		if want := squares + o.setTerm; want > 0 && math.Abs(want-o.stdError*o.stdError) > 1e-12 {
			t.Errorf("%s: squared error %v, influence and pairs %v", m.ID, o.stdError*o.stdError, want)
		}
		if want := estimate.Student(o.value, o.stdError, .95, o.df).ConfLow; o.low != want {
			t.Errorf("%s: interval from %v, want %v", m.ID, o.low, want)
		}
	})
}

// A group in 11 offices whose score is fitted to all 60: the offices and what the others have through the score alone add up to the
// error that sums all of them as many, and without the correction nothing is lost.
func TestFewOfficesOfAPooledScore(t *testing.T) {
	const persons, inside, offices = 600, 11, 60
	trials, reg, y := madeTrials(9, persons, false, false)
	trial := &trials.Tiltak[0]
	young := make([]bool, persons)
	for i, p := range trials.Rows.Person {
		young[p] = trials.Rows.Groups[i]&2 != 0
	}
	settle(reg, persons, offices, func(p int) int {
		if young[p] {
			return p % inside
		}
		return p % offices // some of them in the offices of the group
	})
	r := runnerOf(t, trials, reg, "score: tiltak\nmethods: [ipw, overlap, {name: ipw, id: i2, estimand: ate}]\ninference: {cluster: nav_enhet}\n")
	if err := r.findPlaces(); err != nil {
		t.Fatal(err)
	}
	c := newCell(trials, trial, 1, 1, r.places)
	c.pooled = &tiltakScore{r: r, trial: trial}
	if !c.few || c.clusters != inside {
		t.Fatalf("%d offices, few %v", c.clusters, c.few)
	}
	own := make([]float64, len(c.row))
	for i, row := range c.row {
		own[i] = y[row]
	}
	many := *c
	many.unit, many.units, many.few = c.cluster, c.clusters, false
	for _, m := range r.study.Methods {
		f, why, err := r.fit(c, m)
		if err != nil || why != "" {
			t.Fatal(err, why)
		}
		d := f.(*designFit)
		split, psi := make([]float64, c.units), make([]float64, c.clusters)
		term := d.effects(own, split).SetTerm
		e := d.joint(own, psi)
		g, _, err := r.fit(&many, m)
		if err != nil {
			t.Fatal(err)
		}
		all := g.(*designFit).effect(own)
		plain, reduced := term, term
		for k := range psi {
			plain += (split[2*k] + split[2*k+1]) * (split[2*k] + split[2*k+1])
			reduced += psi[k] * psi[k]
		}
		if !(term > 0) || math.Abs(math.Sqrt(plain)/all.StdError-1) > 1e-9 || math.Abs(math.Sqrt(reduced)/e.StdError-1) > 1e-12 || e.Estimate != all.Estimate {
			t.Errorf("%s: outside %v; all %v, of many %v; reduced %v, error %v", m.ID, term, math.Sqrt(plain), all.StdError, math.Sqrt(reduced), e.StdError)
		}
	}
}

// The closed form by hand of a weighted difference: ψ by office and arm over √(1 − the office's share of the arm's weight).
func TestFewOfficesByHand(t *testing.T) {
	const persons, offices = 300, 5
	trials, reg, y := madeTrials(5, persons, false, false)
	settle(reg, persons, offices, func(p int) int { return p * p % offices })
	r := runnerOf(t, trials, reg, "methods: [none]\ninference: {cluster: nav_enhet}\n")
	if err := r.findPlaces(); err != nil {
		t.Fatal(err)
	}
	c := newCell(trials, &trials.Tiltak[0], 0, 1, r.places)
	f, _, err := r.fit(c, r.study.Methods[0])
	if err != nil {
		t.Fatal(err)
	}
	w := f.balanceWeights()
	var total, sum [2]float64
	for i := range y {
		total[armOf(c.treated[i])] += w[i]
		sum[armOf(c.treated[i])] += w[i] * y[i]
	}
	variance, there := 0., 0
	for o := range int32(offices) {
		at := 0.
		for k, sign := range []float64{-1, 1} {
			share, part := 0., 0.
			for i := range y {
				if reg.Persons.Office[trials.Rows.Person[c.row[i]]] == o && armOf(c.treated[i]) == k {
					share += w[i] / total[k]
					part += w[i] / total[k] * (y[i] - sum[k]/total[k])
				}
			}
			at += sign * part / math.Sqrt(1-share)
			if share > 0 && k == 1 {
				there++
			}
		}
		variance += at * at
	}
	e := f.outcome(c, r, nil).effect(y)
	if math.Abs(e.StdError-math.Sqrt(variance)) > 1e-13 || there < 2 {
		t.Errorf("error %v, by hand %v, in %d offices", e.StdError, math.Sqrt(variance), there)
	}
	// The same offices with other names, in another order.
	settle(reg, persons, offices+20, func(p int) int { return 23 - 3*(p*p%offices) })
	if err := r.findPlaces(); err != nil {
		t.Fatal(err)
	}
	c = newCell(trials, &trials.Tiltak[0], 0, 1, r.places)
	if f, _, err = r.fit(c, r.study.Methods[0]); err != nil {
		t.Fatal(err)
	}
	if again := f.outcome(c, r, nil).effect(y); math.Abs(again.StdError-e.StdError) > 1e-13 || math.Abs(again.DF-e.DF) > 1e-9 {
		t.Errorf("other names: %v (%v), were %v (%v)", again.StdError, again.DF, e.StdError, e.DF)
	}
}

// All treated in one office: nothing tells how offices differ. The estimate stands, and says why it has no error.
func TestOneOfficeHasNoError(t *testing.T) {
	const persons = 300
	trials, reg, y := madeTrials(5, persons, false, false)
	trial := &trials.Tiltak[0]
	has := make([]bool, persons)
	for i, treated := range trial.Treated {
		has[trials.Rows.Person[trial.Row[i]]] = has[trials.Rows.Person[trial.Row[i]]] || treated
	}
	settle(reg, persons, 8, func(p int) int {
		if has[p] {
			return 3
		}
		return p % 8
	})
	r := runnerOf(t, trials, reg, "methods: [nearest, ebal, ipw]\ninference: {cluster: nav_enhet}\n")
	if err := r.findPlaces(); err != nil {
		t.Fatal(err)
	}
	c := newCell(trials, trial, 0, 1, r.places)
	for _, m := range r.study.Methods {
		f, _, err := r.fit(c, m)
		if err != nil {
			t.Fatal(err)
		}
		e := f.outcome(c, r, nil).effect(y)
		if math.IsNaN(e.Estimate) || !math.IsNaN(e.StdError) || !math.IsNaN(e.PValue) || !math.IsNaN(e.ConfLow) || e.Reason != estimate.TooFewClusters || e.StdErrorType != "" {
			t.Errorf("%s: %+v", m.ID, e)
		}
		twice := make([]float64, len(y)) // two months with that outcome
		for i, v := range y {
			twice[i] = 2 * v
		}
		if w := (Window{From: 1, To: 2}).effect(f.outcome(c, r, nil), twice, []results.Estimate{e, e}); math.Abs(w.Estimate-2*e.Estimate) > 1e-9 || w.Reason != estimate.TooFewClusters || !math.IsNaN(w.StdError) {
			t.Errorf("%s, window: %+v", m.ID, w)
		}
	}
	warnings := clusterWarnings(c.clusterDiagnostics(), 0)
	if len(warnings) != 2 || warnings[0].Code != "few_clusters" || warnings[1].Code != "large_cluster" {
		t.Errorf("warnings %v", warnings)
	}
}

// A person who moves is whole in the place of the first row, and those whose place is not known are together.
func TestWhoMovesIsInTheFirstPlace(t *testing.T) {
	const persons, mover, lost = 40, 7, 9
	trials, reg, _ := madeTrials(5, persons, false, false)
	settle(reg, persons, 2, func(int) int { return 0 })
	reg.Persons.Office[lost] = -1
	at := slices.Index(trials.Rows.Person, mover)
	if trials.Rows.Person[at+1] != mover {
		t.Fatal("one row")
	}
	first := trials.Rows.Month[at]
	reg.Dated = []register.Dated{{Person: mover, From: first.First(), To: (first + 1).First() - 1, Office: 1, County: -1, Education: -1}}
	reg.FirstDated = make([]int32, persons+1)
	for p := mover + 1; p <= persons; p++ {
		reg.FirstDated[p] = 1
	}
	r := &runner{study: &Study{}, reg: reg, trials: trials}
	r.study.Inference.Cluster = byOffices
	if err := r.findPlaces(); err != nil {
		t.Fatal(err)
	}
	if d, _ := reg.PersonOn(mover, trials.Rows.Month[at+1].First()); d.Office != 0 {
		t.Fatalf("office %d at the second row", d.Office)
	}
	if r.places.of[mover] != 1 || r.places.of[mover+1] != 0 || r.places.of[lost] != 2 || r.places.count != 3 {
		t.Errorf("places %v of %d", r.places.of, r.places.count)
	}
}

func TestClusterIsReadStrictly(t *testing.T) {
	for lines, want := range map[string]string{
		"inference: {cluster: kommune}\n":  "`inference.cluster: kommune` is not known; it is person, nav_enhet or fylke",
		"inference: {cluster: navenhet}\n": "did you mean `nav_enhet`",
		"inference: {cluster: fylke}\nreforms: [{id: a, from: 2019-07, months: 6, eligible: alle}]\n": "does not go with `reforms`",
		"inference: {cluster: fylke}\nheterogeneity: [fylke]\n":                                       "each of its values is one cluster",
		"inference: {cluster: fylke}\nheterogeneity: [nav_enhet]\n":                                   "each of its values is one cluster",
	} {
		if _, err := Parse([]byte(minimal + lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	plain, err := Parse([]byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	named, err := Parse([]byte(minimal + "inference: {cluster: person}\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := plain.canonical()
	b, _ := named.canonical()
	if string(a) != string(b) || strings.Contains(string(a), "cluster") {
		t.Error("a study that names the default is another study")
	}
	s, err := Parse([]byte(minimal + "inference: {cluster: nav_enhet}\nheterogeneity: [fylke]\n"))
	if err != nil {
		t.Fatal(err)
	}
	trials, reg, _ := madeTrials(5, 40, false, false)
	if err := (&runner{study: s, reg: reg, trials: trials}).findPlaces(); err == nil || !strings.Contains(err.Error(), "the register does not have; add the column, or use `inference.cluster: person`") {
		t.Errorf("no offices: %v", err)
	}
}

// Persons whose office is not known are one cluster, which the run says: not how many where that is few, or leaves few.
func TestUnknownPlacesAreSaid(t *testing.T) {
	const persons = 300
	trials, reg, _ := madeTrials(5, persons, false, false)
	rank := map[int32]int{} // of the persons with rows, who alone count
	for _, p := range trials.Rows.Person {
		if _, ok := rank[p]; !ok {
			rank[p] = len(rank)
		}
	}
	if len(rank) != 296 {
		t.Fatalf("%d persons have rows", len(rank))
	}
	for unknown, want := range map[int]string{
		0: "", 3: "not known for under 5 of 296 persons, who are one cluster together", 40: "not known for 40 of 296 persons",
		294: "not known for nearly all of 296 persons", 296: "not known for 296 of 296 persons",
	} {
		settle(reg, persons, 8, func(p int) int {
			if k, ok := rank[int32(p)]; ok && k < unknown {
				return -1
			}
			return p % 8
		})
		r := runnerOf(t, trials, reg, "methods: [nearest]\ninference: {cluster: nav_enhet}\n")
		if err := r.findPlaces(); err != nil {
			t.Fatal(err)
		}
		of := r.places.warnings(5)
		if len(of) > 1 || (len(of) == 0) != (want == "") || want != "" && !strings.Contains(of[0].Message, want) {
			t.Errorf("%d unknown: %v, want %q", unknown, of, want)
		}
	}
}

// Methods of a study with rows that go together in few offices of unequal size: intervals by person hold the effect far too seldom, those by office
// at least 93 %, Monte Carlo error aside. -v prints the table.
func TestFewOfficesAreCovered(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred fits: not under -short")
	}
	const draws, persons, offices, effect = 400, 600, 12, .4
	methods := "methods: [nearest, ebal, ipw, {name: nearest, id: reuse, replace: true}]\n"
	held := map[string][2]float64{}
	for d := range uint64(draws) {
		trials, reg, y := madeTrials(1000+d, persons, false, false)
		of := func(p int) int { return int(float64(offices) * math.Sqrt(float64(p)/persons)) } // office k has 2k + 1 parts
		settle(reg, persons, offices, of)
		rng := rand.New(rand.NewPCG(d, 3))
		var level, own [offices]float64
		for o := range level {
			level[o], own[o] = .6*rng.NormFloat64(), .6*rng.NormFloat64()
		}
		for i, p := range trials.Rows.Person {
			y[i] += level[of(int(p))]
			if trials.Tiltak[0].Treated[i] {
				y[i] += own[of(int(p))]
			}
		}
		for k, text := range []string{methods, methods + "inference: {cluster: nav_enhet}\n"} {
			r := runnerOf(t, trials, reg, text)
			if err := r.findPlaces(); err != nil {
				t.Fatal(err)
			}
			c := newCell(trials, &trials.Tiltak[0], 0, 1, r.places)
			for _, m := range r.study.Methods {
				f, why, err := r.fit(c, m)
				if err != nil || why != "" {
					t.Fatalf("%s: %v %s", m.ID, err, why)
				}
				if e := f.outcome(c, r, nil).effect(y); e.ConfLow <= effect && effect <= e.ConfHigh {
					h := held[m.ID]
					h[k] += 1. / draws
					held[m.ID] = h
				}
			}
		}
	}
	for _, m := range []string{"nearest", "ebal", "ipw", "reuse"} {
		h := held[m]
		t.Logf("| %s | by person %.1f %% | by office %.1f %% |", m, 100*h[0], 100*h[1])
		if error := math.Sqrt(.93 * .07 / draws); h[1] < .93-error || h[0] > h[1]-.1 {
			t.Errorf("%s: covers %.3f by office, %.3f by person", m, h[1], h[0])
		}
	}
}

// A number of places under the limit of disclosure is not in the warning either, nor is what one of them has.
func TestClusterWarningsKeepTheLimit(t *testing.T) {
	of := func(n float64) []results.Diagnostic {
		return []results.Diagnostic{{Tiltak: "A", Group: "unge", Name: "clusters_treated", Value: n, Text: "fylke"}, {Tiltak: "A", Group: "unge", Name: "cluster_over_half", Value: 1, Text: "one fylke"}}
	}
	if w := clusterWarnings(of(3), 5); len(w) != 1 || !strings.Contains(w[0].Message, "in under 5 of") || strings.Contains(w[0].Message, "3") {
		t.Errorf("%v", w)
	}
	if w := clusterWarnings(of(7), 5); len(w) != 2 || !strings.Contains(w[0].Message, "in 7 of") {
		t.Errorf("%v", w)
	}
}

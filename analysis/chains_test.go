package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// chainTables are the tables of chains of a simulated register, before disclosure control.
func chainTables(t *testing.T, persons int, seed uint64, study string) (*results.Tables, *results.ChainRule, *register.Register) {
	t.Helper()
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: persons, Seed: seed, Scenario: "chains"})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse([]byte(study))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{study: s, reg: reg, cat: catalog.Default()}
	d, err := r.compile()
	if err != nil {
		t.Fatal(err)
	}
	if r.trials, err = cohort.Build(t.Context(), reg, d); err != nil {
		t.Fatal(err)
	}
	var tables results.Tables
	rule, err := r.chains(t.Context(), &tables)
	if err != nil {
		t.Fatal(err)
	}
	return &tables, rule, reg
}

const chainStudy = `
study: chains
data: {register: memory}
population: {from: 2017-06, to: 2021-12}
tiltak: all
groups: [alle, unge, lav_utdanning, langtidsledige, nedsatt_arbeidsevne]
outcomes: [{id: arbeid, kind: work, position: 1}]
horizon: 24
cost: {price_year: 2023}
`

// Small registers full of small cells: nothing small can be had from what is left, though plenty could before.
func TestNothingSmallCanBeHadFromChains(t *testing.T) {
	before, shown := 0, 0
	for seed := range uint64(8) {
		persons := 600 + 700*int(seed%4)
		study := chainStudy + fmt.Sprintf("chains: {types: %s, months: %d, gap: %d months}\n", []string{"auto", "3", "none"}[seed%3], 12+12*seed%36, 1+seed%5)
		tables, _, _ := chainTables(t, persons, 40+seed, study)
		before += len(results.Attack(tables, 5))
		results.Suppress(tables, 5)
		for _, found := range results.Attack(tables, 5) {
			t.Errorf("seed %d: %s", seed, found)
		}
		for _, r := range tables.Transitions {
			if r.Reason == "" {
				shown++
			}
		}
	}
	if before < 60 || shown < 120 {
		t.Errorf("%d findings before, %d transitions left: the test tests little", before, shown)
	}
}

// Chains and transitions add up, group by group, and every name has words in both languages.
func TestChainTablesAddUp(t *testing.T) {
	tables, rule, reg := chainTables(t, 3000, 7, chainStudy)
	type key struct{ group, name string }
	links, after, before, followed, chains := map[key]int{}, map[key]int{}, map[key]int{}, map[key]float64{}, map[string]int{}
	labels := map[string]bool{}
	for _, l := range rule.Labels {
		if l.Text.NB == "" || l.Text.EN == "" {
			t.Errorf("%s has no words", l.ID)
		}
		labels[l.ID] = true
	}
	for _, r := range tables.Transitions {
		for _, name := range append(strings.Split(r.From, "+"), strings.Split(r.To, "+")...) {
			if !labels[name] {
				t.Errorf("%s has no label", name)
			}
		}
		if r.To == "all" {
			links[key{r.Group, r.From}] = r.N
			continue
		}
		after[key{r.Group, r.From}] += r.N
		before[key{r.Group, r.To}] += r.N
		if !math.IsNaN(r.Share) {
			followed[key{r.Group, r.From}] += r.Share
		}
	}
	for k, n := range links {
		if after[k] != n || k.name != "entry" && before[k] != n {
			t.Errorf("%v: %d links, %d after and %d before", k, n, after[k], before[k])
		}
		if s := followed[k]; s != 0 && math.Abs(s-1) > 1e-9 {
			t.Errorf("%v: shares add to %v", k, s)
		}
	}
	kinds := map[key]int{}
	for _, r := range tables.Chains {
		kinds[key{r.Group, r.Kind}] += r.N
		if r.Kind == "all" {
			chains[r.Group] = r.N
		}
	}
	for k, n := range kinds {
		if n != chains[k.group] || n != links[key{k.group, "entry"}] {
			t.Errorf("%v: %d chains, of %d", k, n, chains[k.group])
		}
	}
	states := map[[2]string]int{}
	for _, r := range tables.ChainStates {
		states[[2]string{r.Group, fmt.Sprint(r.Month)}] += r.N
	}
	for _, m := range tables.ChainMeasures {
		for month := range rule.Months {
			if n := states[[2]string{m.Group, fmt.Sprint(month)}]; n != m.N {
				t.Fatalf("%s, month %d: %d sequences in states, of %d", m.Group, month, n, m.N)
			}
		}
	}
	total := map[int]float64{}
	for _, r := range tables.ChainTypes {
		total[r.Type] += r.Months
	}
	for k, months := range total {
		if math.Abs(months-float64(rule.Months)) > 1e-9 {
			t.Errorf("type %d: %v months in all", k, months)
		}
	}
	if len(total) < 2 || chains["alle"] < 300 || reg.Persons.N == 0 {
		t.Errorf("%d types, %d chains: the test tests little", len(total), chains["alle"])
	}
}

func TestChainKeysAreReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"chains: {gap: soon}":            "3 months or 30 days",
		"chains: {switch: merge}":        "chains.switch",
		"chains: {by: code}":             "chains.by",
		"chains: {window: 0}":            "chains.window",
		"chains: {gap: 13}":              "chains.gap",
		"chains: {types: 1}":             "chains.types",
		"chains: {types: many}":          "chains.types",
		"chains: {costs: trate}":         "chains.costs",
		"chains: {months: 1}":            "chains.months",
		"chains: {length: 3}":            "no key",
		"chains: {min_length: 9 years}":  "length of time",
		"chains: {overlap: -3 days}":     "length of time",
		"chains: {min_length: 70 month}": "chains.min_length",
	} {
		_, err := Parse([]byte(chainStudy + text + "\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a sentence with %q", text, err, want)
		}
	}
	s, err := Parse([]byte(chainStudy + "chains: {gap: 45 dager, types: none}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Chains.Gap.String() != "45 days" || *s.Chains.Types != -1 || *s.Chains.Window != 12 {
		t.Errorf("read as %+v", s.Chains)
	}
}

// The tables of chains take the weights of the extract, and count its persons: with weights of 1 nothing moves, with others
// every figure may and no number does. Nothing small can be had from weighted tables, and the attack does not take their shares
// for numbers.
func TestChainsAreWeighted(t *testing.T) {
	moved := 0
	for seed := range uint64(4) {
		sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 1500, Seed: 70 + seed, Scenario: "chains"})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse([]byte(chainStudy))
		if err != nil {
			t.Fatal(err)
		}
		tables := func(weight func(i int) float64) *results.Tables {
			reg.Persons.Weight = nil
			if weight != nil {
				reg.Persons.Weight = make([]float64, reg.Persons.N)
				for i := range reg.Persons.Weight {
					reg.Persons.Weight[i] = weight(i)
				}
			}
			r := &runner{study: s, reg: reg, cat: catalog.Default()}
			d, err := r.compile()
			if err != nil {
				t.Fatal(err)
			}
			if r.trials, err = cohort.Build(t.Context(), reg, d); err != nil {
				t.Fatal(err)
			}
			var out results.Tables
			if _, err := r.chains(t.Context(), &out); err != nil {
				t.Fatal(err)
			}
			return &out
		}
		plain := tables(nil)
		if ones := tables(func(int) float64 { return 1 }); fmt.Sprintf("%v", plain.Chains) != fmt.Sprintf("%v", ones.Chains) || fmt.Sprintf("%v", plain.ChainTypes) != fmt.Sprintf("%v", ones.ChainTypes) {
			t.Errorf("seed %d: weights of 1 move the tables", seed)
		}
		got := tables(func(i int) float64 { return []float64{1, 5.5, 20}[i%3] })
		all := func(t *results.Tables) (rows []results.Chain) {
			for _, r := range t.Chains {
				if r.Kind == "all" {
					rows = append(rows, r)
				}
			}
			return rows
		}
		for i, r := range all(got) {
			if o := all(plain)[i]; r.N != o.N || r.Persons != o.Persons || r.Followed != o.Followed || r.WithWork != o.WithWork {
				t.Errorf("seed %d: %+v, without weights %+v", seed, r, o)
			} else if r.WorkShare != o.WorkShare {
				moved++
			}
		}
		results.Suppress(got, 5)
		for _, found := range results.Attack(got, 5) {
			t.Errorf("seed %d: %s", seed, found)
		}
	}
	if moved < 16 {
		t.Errorf("weights move %d shares", moved)
	}
}

package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// balanceStart is a start of somebody with a 0/1 trait and a share of months, in a group or not, kept by a method or not.
type balanceStart struct {
	trait        bool
	share        float64
	inside, kept bool
}

// balanceOf is what a study writes of such starts, each of its own person.
func balanceOf(starts []balanceStart) *Tables {
	t := &Tables{}
	month := 12
	for _, group := range []string{everybody, "unge"} {
		for _, method := range []string{"ebal", "nearest"} {
			n, persons := 0, 0
			for _, stage := range []string{"before", "after"} {
				for _, variable := range []string{"kvinne", "aap_1_3"} {
					var have, dropped Holders
					sum := 0.
					for _, s := range starts {
						if group == "unge" && !s.inside {
							continue
						}
						x := s.share
						if variable == "kvinne" {
							x = 0
							if s.trait {
								x = 1
							}
						}
						h := &have
						if stage == "after" && method == "nearest" && !s.kept {
							h = &dropped
						} else {
							sum += x
						}
						h.Starts, h.Persons = h.Starts+1, h.Persons+1
						if x != 0 {
							h.WithStarts, h.WithPersons = h.WithStarts+1, h.WithPersons+1
						}
						if x != 1 {
							h.WithoutStarts, h.WithoutPersons = h.WithoutStarts+1, h.WithoutPersons+1
						}
					}
					n, persons = have.Starts, max(persons, have.Starts)
					ratio := math.NaN()
					if variable != "kvinne" {
						ratio = 1.1
					}
					other := Holders{1000, 1000, 500, 500, 500, 500}
					t.Balance = append(t.Balance, Balance{Tiltak: "AFT", Group: group, Method: method, Variable: variable, Stage: stage, MeanTreated: sum / float64(n), MeanComparison: .31,
						SMD: .1, VarianceRatio: ratio, ECDFMean: .1, ECDFMax: .1, PersonsTreated: n, PersonsComparison: 1000, Treated: have, Comparison: other, Dropped: dropped})
				}
			}
			t.Estimates = append(t.Estimates, Estimate{Tiltak: "AFT", Group: group, Outcome: "lonn", Method: method, Month: &month, Estimand: "ATT", Role: "primary", Estimate: 100, StdError: 10,
				MeanTreated: 1000.5, MeanComparison: 900.5, NStarts: n, NStartsEligible: persons, NPersonsTreated: n, NPersonsComparison: 1000, ESS: 500,
				OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1})
		}
	}
	return t
}

// TestBalanceTellsOfNobody solves the means of the balance, as a reader could, for numbers of starts of 1 to 4: with a trait, of those
// dropped with it, of those outside the group with it, and what a few have of a share of months.
func TestBalanceTellsOfNobody(t *testing.T) {
	const limit = 5
	found, attacked := 0, 0
	shown, all := 0, 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		starts := make([]balanceStart, 40+r.IntN(200))
		p, q, k := .3*r.Float64(), .2*r.Float64(), .7+.3*r.Float64()
		for i := range starts {
			s := &starts[i]
			s.trait, s.inside, s.kept = r.Float64() < p, r.Float64() < .8, r.Float64() < k
			if r.Float64() < q {
				s.share = float64(1+r.IntN(3)) / 3
			}
		}
		tables := balanceOf(starts)
		found += len(small(tables, starts, limit))
		hits := Attack(tables, limit)
		Suppress(tables, limit)
		for _, b := range tables.Balance {
			all++
			if !math.IsNaN(b.SMD) {
				shown++
			}
		}
		for _, what := range small(tables, starts, limit) {
			t.Errorf("seed %d: %s", seed, what)
		}
		for _, hit := range Attack(tables, limit) {
			t.Errorf("seed %d: the attack says %s", seed, hit)
		}
		attacked += strings.Count(strings.Join(hits, ";"), "balance: ")
	}
	if found < 500 || attacked < 200 || shown < all*6/10 {
		t.Errorf("%d small cells before, of which the attack finds %d; %d of %d rows shown: the test tests little", found, attacked, shown, all)
	}
}

// small is what the shown means tell of fewer than the limit of the starts, by counting them.
func small(tables *Tables, starts []balanceStart, limit int) []string {
	shown := map[string]bool{}
	for _, b := range tables.Balance {
		shown[b.Group+b.Method+b.Variable+b.Stage] = !math.IsNaN(b.MeanTreated)
	}
	var out []string
	look := func(what, variable string, known bool, in func(s balanceStart) bool) {
		if !known {
			return
		}
		with, without := 0, 0
		for _, s := range starts {
			x := s.share
			if variable == "kvinne" {
				x = 0
				if s.trait {
					x = 1
				}
			}
			if !in(s) {
				continue
			}
			if x != 0 {
				with++
			}
			if x != 1 {
				without++
			}
		}
		if with > 0 && with < limit || without > 0 && without < limit {
			out = append(out, fmt.Sprintf("%s, %s: %d with and %d without", what, variable, with, without))
		}
	}
	for _, v := range []string{"kvinne", "aap_1_3"} {
		for _, g := range []string{everybody, "unge"} {
			in := func(s balanceStart) bool { return g == everybody || s.inside }
			before, after := shown[g+"nearest"+v+"before"], shown[g+"nearest"+v+"after"]
			look(g, v, before || shown[g+"ebal"+v+"after"], in)
			look(g+" kept", v, after, func(s balanceStart) bool { return in(s) && s.kept })
			look(g+" dropped", v, before && after, func(s balanceStart) bool { return in(s) && !s.kept })
		}
		look("others", v, shown["alle"+"ebal"+v+"before"] && shown["ungeebal"+v+"before"], func(s balanceStart) bool { return !s.inside })
	}
	return out
}

// TestBalanceOfParts hides a second part of groups that add up to everybody where one is hidden.
func TestBalanceOfParts(t *testing.T) {
	tables := &Tables{}
	month := 12
	for _, g := range []struct {
		id      string
		n, with int
	}{{everybody, 300, 63}, {"a", 100, 3}, {"b", 120, 40}, {"c", 80, 20}} {
		h := Holders{g.n, g.n, g.with, g.n - g.with, g.with, g.n - g.with}
		tables.Balance = append(tables.Balance, Balance{Tiltak: "AFT", Group: g.id, Method: "ebal", Variable: "kvinne", Stage: "before", MeanTreated: float64(g.with) / float64(g.n), MeanComparison: .3,
			VarianceRatio: math.NaN(), PersonsTreated: g.n, PersonsComparison: 1000, Treated: h, Comparison: Holders{1000, 1000, 500, 500, 500, 500}})
		tables.Estimates = append(tables.Estimates, Estimate{Tiltak: "AFT", Group: g.id, Outcome: "lonn", Method: "ebal", Month: &month, Estimand: "ATT", Role: "primary", Estimate: 100, StdError: 10,
			MeanTreated: 1000.5, MeanComparison: 900.5, NStarts: g.n, NStartsEligible: g.n, NPersonsTreated: g.n, NPersonsComparison: 1000, ESS: 500, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1})
	}
	Suppress(tables, 5)
	for i, hidden := range []bool{false, true, false, true} {
		if got := tables.Balance[i].Reason == suppressed; got != hidden {
			t.Errorf("%s: hidden %v, want %v", tables.Balance[i].Group, got, hidden)
		}
	}
}

package register

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

func TestMainJob(t *testing.T) {
	b := base()
	b["maaned"] = `
		person_id maaned stillingsprosent lonn arbeidsgiver_id sektor ansettelsesform naring
		10 202001 50 20000 B privat   fast        47.110
		10 202001 60 10000 A kommune  midlertidig 84
		10 202002 50 20000 B privat   fast        47.110
		10 202002 50 30000 C stat     .           .
		10 202003 50 20000 B privat   fast        47.110
		10 202003 50 20000 A .        fast        47.110
		20 202001 0  0     A stat     fast        84
		20 202002 0  100   . .        .           .
		20 202003 10 100   . kommune  .           .
		20 202003 10 100   D kommune  .           .
		30 202006 1  1     A stat     fast        84`
	r := mustRead(t, b, Options{Jobs: true})
	j := r.Panel.Jobs
	if !reflect.DeepEqual([][]string{j.Employers, j.Sectors, j.Contracts, j.Industries}, [][]string{{"A", "B", "C", "D"}, {"kommune", "privat", "stat"}, {"fast", "midlertidig"}, {"47.110", "84"}}) {
		t.Errorf("%v %v %v %v", j.Employers, j.Sectors, j.Contracts, j.Industries)
	}
	show := func(person int32) string {
		h := r.Panel.History(person).Jobs
		var s []string
		for k := range h.Employer {
			s = append(s, fmt.Sprintf("%d%d%d%d", h.Employer[k], h.Sector[k], h.Contract[k], h.Industry[k]))
		}
		return strings.Join(s, " ")
	}
	// The largest position; then the highest wage; then the first employer. A month without position and wage has no job.
	if got := show(0); got != "1122 3300 1011 0000 0000 0000" {
		t.Errorf("person 10: %s", got)
	}
	if got := show(1); got != "0000 0000 4100 0000 0000 0000" {
		t.Errorf("person 20: %s", got)
	}
	if r := mustRead(t, b, Options{}); r.Panel.Jobs != nil || r.Panel.History(0).Jobs != nil {
		t.Error("main jobs that nobody asked for")
	}

	// Neither order nor workers nor the type of the employer's key tell.
	rnd := rand.New(rand.NewPCG(10, 10))
	for range 20 {
		var rows strings.Builder
		rows.WriteString("person_id maaned stillingsprosent lonn arbeidsgiver_id sektor\n")
		for range 100 {
			fmt.Fprintf(&rows, "%d 2020%02d %d %d %d %s\n", 10*(1+rnd.IntN(4)), 1+rnd.IntN(2), rnd.IntN(3), rnd.IntN(3)-1, 100+rnd.IntN(3), []string{"stat", "privat", "."}[rnd.IntN(3)])
		}
		b["maaned"] = rows.String()
		want := mustRead(t, b, Options{Jobs: true, Workers: 1}).Panel
		b["maaned"] = shuffled(rnd, b["maaned"])
		got, err := Read(context.Background(), memory{tables(b), 7}, Options{Jobs: true, Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got.Panel) {
			t.Fatal("the main jobs depend on the order of rows")
		}
	}
}

func TestMemory(t *testing.T) {
	// 4 persons × 6 months × 14 bytes.
	if _, err := read(t, base(), Options{Memory: 336}); err != nil {
		t.Error(err)
	}
	_, err := read(t, base(), Options{Memory: 335})
	if fault.CodeOf(err) != "memory" || fault.StatusOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
}

func TestCorrections(t *testing.T) {
	b := edit("maaned", "30 202001 0 -10000", "30 202001 100 21474836.47", "30 202001 100 21474836.47", "30 202002 0 -99999", "30 202002 0 -99999")
	r := mustRead(t, b, Options{})
	h := r.Panel.History(2)
	// The sum stops at the largest wage before the correction is taken off; a negative sum is no wage.
	if h.Wage[0] != maxWage-1000000 || h.Wage[1] != 0 || h.OrdinaryWage[0] != maxWage-1000000 {
		t.Errorf("wages %v, ordinary %v", h.Wage, h.OrdinaryWage)
	}
	ledgerIs(t, r, cleanLedger+"\nmaaned wage_negative 3/1 kept\nmaaned wage_sum_negative 1/1 changed")
}

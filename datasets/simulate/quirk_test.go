package simulate

import (
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"tiltakseffekt/datasets/register"
)

// TestLedgerIsWhatWasInjected: with every quirk in it, the ledger of the register room says of each rule exactly the rows
// and persons that the simulation says it made, and nothing else.
func TestLedgerIsWhatWasInjected(t *testing.T) {
	r := generate(t, Options{Persons: 8000, Seed: 21, Quirks: QuirkNames(false)})
	reg, err := register.FromTables(ctx(), r.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[[2]string]Finding{}
	injected := map[string]bool{}
	for _, f := range r.Findings {
		if f.Rule != "" {
			want[[2]string{f.Table, f.Rule}] = f
		}
		injected[f.Name] = true
	}
	for _, e := range reg.Ledger {
		key := [2]string{e.Table, e.Rule}
		w := want[key]
		delete(want, key)
		if e.Rows != w.Rows || e.Persons != w.Persons {
			t.Errorf("%s %s: ledger has %d rows of %d persons, injected %d of %d", e.Table, e.Rule, e.Rows, e.Persons, w.Rows, w.Persons)
		}
	}
	for _, f := range want {
		t.Errorf("%s %s: %d rows injected, and the ledger knows no such rule", f.Table, f.Rule, f.Rows)
	}
	for _, f := range r.Findings {
		t.Logf("%2d %-18s %-24s %-40s injected %d rows %d persons %d", f.Quirk, f.Table, f.Rule, f.Name, f.Injected, f.Rows, f.Persons)
	}
}

// TestRestored: the rules bring the clean register back from every quirk that says so: the same panel, participations,
// registrations and persons. One quirk at a time, so that a failure names it, and all together.
func TestRestored(t *testing.T) {
	read := func(quirks []string) *register.Register {
		r := generate(t, Options{Persons: 800, Seed: 22, Quirks: quirks})
		reg, err := register.FromTables(ctx(), r.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return reg
	}
	clean := read(nil)
	sets := [][]string{QuirkNames(true)}
	for _, name := range QuirkNames(true) {
		sets = append(sets, []string{name})
	}
	for _, set := range sets {
		name := "all"
		if len(set) == 1 {
			name = set[0]
		}
		got := read(set)
		same := func(what string, a, b any) {
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s: %s differ", name, what)
			}
		}
		same("panels", got.Panel, clean.Panel)
		same("registrations", got.Registrations, clean.Registrations)
		same("persons", got.Persons, clean.Persons)
		same("codes of tiltak", got.Tiltak, clean.Tiltak)
		same("participations", plain(got.Participations), plain(clean.Participations))
	}
}

// TestQuirksStream: a register in pieces has the rows and the findings of one in memory, and the register room reads its
// files to the same ledger.
func TestQuirksStream(t *testing.T) {
	opt := Options{Persons: 3000, Months: 48, Seed: 24, Quirks: QuirkNames(false)}
	r := generate(t, opt)
	dir := filepath.Join(t.TempDir(), "register")
	w, err := write(ctx(), dir, opt, 800, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(w.Findings, r.Findings) {
		t.Errorf("findings in pieces %v, in memory %v", w.Findings, r.Findings)
	}
	for name, table := range r.Tables {
		if w.Rows[name] != int64(table.Rows) {
			t.Errorf("%s: %d rows in pieces, %d in memory", name, w.Rows[name], table.Rows)
		}
	}
	reg, err := register.Open(ctx(), dir, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		for _, e := range reg.Ledger {
			if e.Table == f.Table && e.Rule == f.Rule && (e.Rows != f.Rows || e.Persons != f.Persons) {
				t.Errorf("%s %s: ledger has %d rows of %d persons, injected %d of %d", e.Table, e.Rule, e.Rows, e.Persons, f.Rows, f.Persons)
			}
		}
	}
}

// plain takes out of participations what the rows of a file decide and no result uses, and makes NaN comparable.
func plain(list []register.Participation) []register.Participation {
	out := append([]register.Participation(nil), list...)
	for i := range out {
		p := &out[i]
		p.Row = 0
		for _, v := range []*float32{&p.PartTime, &p.Subsidy} {
			if *v != *v {
				*v = -1
			}
		}
		if math.IsNaN(p.Cost) {
			p.Cost = -1
		}
	}
	return out
}

// TestQuirksAlone: each quirk makes its own finding and no other than a clean register has.
func TestQuirksAlone(t *testing.T) {
	count := func(quirks []string) map[[2]string]int64 {
		r := generate(t, Options{Persons: 1400, Months: 60, Seed: 33, Quirks: quirks}) // a seed in which somebody dies in a tiltak
		reg, err := register.FromTables(ctx(), r.Tables, register.Options{})
		if err != nil {
			t.Fatal(quirks, err)
		}
		n := map[[2]string]int64{}
		for _, e := range reg.Ledger {
			if e.Rows > 0 {
				n[[2]string{e.Table, e.Rule}] = e.Rows
			}
		}
		for _, f := range r.Findings {
			if f.Rule != "" && n[[2]string{f.Table, f.Rule}] != f.Rows {
				t.Errorf("%s: %s %s: ledger %d, injected %d", quirks, f.Table, f.Rule, n[[2]string{f.Table, f.Rule}], f.Rows)
			}
		}
		delete(n, [2]string{"deltakelse", "between_month_ends"}) // a property of participations that many injections move
		return n
	}
	clean := count(nil)
	numbers := map[int]bool{}
	for _, q := range Quirks() {
		numbers[q.Number] = true
		n := count([]string{q.Name})
		if changed := !reflect.DeepEqual(n, clean); changed != (q.Name != "end_9999" && q.Name != "lawful_overlap" && q.Name != "within_month") {
			t.Errorf("%s: the ledger changes: %t", q.Name, changed)
		}
	}
	for n := 1; n <= 16; n++ {
		if !numbers[n] {
			t.Errorf("quirk %d of domain.md §7 is injected by none", n)
		}
	}
}

// TestSnapshotsAgainstSpells: participations that are over within the month are counted by the rule as many more times as they
// were made, and are what a reader of month-end snapshots, who drops them, lacks.
func TestSnapshotsAgainstSpells(t *testing.T) {
	rows := func(quirks []string, monthEnds bool) (between, dropped, participations int64) {
		r := generate(t, Options{Persons: 1400, Months: 60, Seed: 33, Quirks: quirks})
		opt := register.Options{}
		opt.Rules.MonthEnds = monthEnds
		reg, err := register.FromTables(ctx(), r.Tables, opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range reg.Ledger {
			switch {
			case e.Table != "deltakelse":
			case e.Rule == "between_month_ends":
				between = e.Rows
			case e.Rule == "between_month_ends_dropped":
				dropped = e.Rows
			}
		}
		injected := int64(0)
		for _, f := range r.Findings {
			if f.Rule == "between_month_ends" {
				injected = f.Injected
			}
		}
		if len(quirks) > 0 && injected == 0 {
			t.Error("none injected")
		}
		return between - injected, dropped - injected, int64(len(reg.Participations)) + dropped
	}
	clean, _, all := rows(nil, false)
	quirk, _, same := rows([]string{"within_month"}, false)
	_, gone, dropped := rows([]string{"within_month"}, true)
	if clean != quirk || clean != gone || all != same || all != dropped {
		t.Errorf("over within a month beside those injected: %d clean, %d with the quirk, %d dropped for snapshots; participations %d, %d and %d", clean, quirk, gone, all, same, dropped)
	}
}

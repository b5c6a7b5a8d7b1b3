package register

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"tiltakseffekt/internal/fault"
)

// elsewhere is a Source whose parts come in any order, one at a time, as from an engine of many machines.
type elsewhere struct {
	memory
	r    *rand.Rand
	fail string // a table that breaks off in its last part
}

func (e elsewhere) Scan(ctx context.Context, table string, columns []string, _ int, visit func(Part) error) error {
	var parts []Part
	if err := e.memory.Scan(ctx, table, columns, 1, func(p Part) error {
		parts = append(parts, p)
		return nil
	}); err != nil {
		return err
	}
	e.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for i, p := range parts {
		if table == e.fail && i == len(parts)-1 {
			return fault.Dataf("cannot_read", e.File(table), "", "the connection was lost")
		}
		if err := visit(p); err != nil {
			return err
		}
	}
	return nil
}

func TestSourceElsewhere(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	text := messy(r, 50, 150)
	opt := Options{Rules: Rules{MaxStrangers: 1}, Jobs: true}
	want := mustRead(t, text, opt)
	for range 5 {
		got, err := Read(context.Background(), elsewhere{memory: memory{tables(text), 1 + r.IntN(40)}, r: r}, opt)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "parts in any order", want, got, true)
	}
	for _, table := range []string{"person", "deltakelse", "arbeidssoker", "maaned"} {
		_, err := Read(context.Background(), elsewhere{memory: memory{tables(text), 20}, r: r, fail: table}, opt)
		if e := (*fault.Error)(nil); !errors.As(err, &e) || e.Code != "cannot_read" || e.File != table+".csv" {
			t.Errorf("%s breaks off: %v", table, err)
		}
	}
	if names := (memory{tables: tables(text)}).Tables(); !slices.IsSorted(names) {
		t.Errorf("tables: %v", names)
	}
}

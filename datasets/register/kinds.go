package register

import (
	"context"
	"slices"
	"sync"

	"tiltakseffekt/datasets"
)

// ownKinds are the physical types that a column has of its own right (CONTRACT.md); columns that are not named may be
// of any type that is read.
var ownKinds = func() map[string][]datasets.Kind {
	own := map[string][]datasets.Kind{}
	for _, of := range []struct {
		kinds   []datasets.Kind
		columns []string
	}{
		{[]datasets.Kind{datasets.Date}, []string{"dod_dato", "utvandret_dato", "start_dato", "slutt_dato", "henvist_dato", "vedtak_dato", "fra", "til", "gyldig_fra"}},
		{[]datasets.Kind{datasets.Date, datasets.Timestamp}, []string{"registrert", "endret", "opprettet"}},
		{[]datasets.Kind{datasets.Date, datasets.Int64, datasets.String}, []string{"maaned"}},
		{[]datasets.Kind{datasets.Int64, datasets.String}, []string{"person_id", "deltakelse_id", "gjelder_id"}},
		{[]datasets.Kind{datasets.Int64, datasets.Float64}, []string{"fodselsaar", "innvandret_aar", "vekt", "deltidsprosent", "lonnstilskudd_prosent", "kostnad", "stillingsprosent",
			"lonn", "tiltakslonn_belop", "belop", "prosent", "dager_per_uke", "ledighet", "stramhet", "storrelse", "portefolje", "budsjett"}},
		{[]datasets.Kind{datasets.Bool, datasets.Int64, datasets.Float64}, []string{"avtale", "tiltakslonn", "dagpenger", "aap", "ufore", "sosialhjelp", "tiltakspenger", "utdanning_igang"}},
	} {
		for _, c := range of.columns {
			own[c] = of.kinds
		}
	}
	return own
}()

// kindSource notes the values that a source gives in columns of another type than their own: dates as integers or texts,
// numbers as texts, ids as floating-point numbers.
type kindSource struct {
	Source
	mu    sync.Mutex
	other map[kindKey]int64 // values that are there, by part: a column may be scanned more than once
}

type kindKey struct {
	table, column string
	part          int
}

func newKindSource(s Source) *kindSource { return &kindSource{Source: s, other: map[kindKey]int64{}} }

// unwrapped is the source that the register was opened with.
func unwrapped(s Source) Source {
	if k, ok := s.(*kindSource); ok {
		return k.Source
	}
	return s
}

func (s *kindSource) Scan(ctx context.Context, table string, columns []string, workers int, visit func(Part) error) error {
	return s.Source.Scan(ctx, table, columns, workers, func(p Part) error {
		for _, c := range p.Table.Columns {
			if own := ownKinds[c.Name]; own == nil || slices.Contains(own, c.Kind) || p.Table.Rows == 0 {
				continue
			}
			n := present(c)
			s.mu.Lock()
			s.other[kindKey{table, c.Name, p.Number}] = n
			s.mu.Unlock()
		}
		return visit(p)
	})
}

// present counts the values of a column that are there; an empty text is none.
func present(c *datasets.Column) (n int64) {
	for i := range c.Len() {
		if !c.Missing(i) && (c.Kind != datasets.String || c.Levels[c.Codes[i]] != "") {
			n++
		}
	}
	return n
}

// otherTypes puts them into the ledger, one rule a table.
func (b *builder) otherTypes(s *kindSource) {
	values := map[string]int64{}
	for key, n := range s.other {
		values[key.table] += n
	}
	for _, t := range specs {
		if b.has(t.name) {
			b.ledger.rule(t.name, "other_type", Kept).rows.Add(values[t.name])
		}
	}
}

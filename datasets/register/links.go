package register

import (
	"strconv"

	"tiltakseffekt/internal/fault"
)

// links are the pairs of `person_kobling`: the rows of a person who has had several ids (a changed fødselsnummer) count
// as those of the id that gjelder_id names. Ids are compared as texts.
type links struct {
	to     map[string]string // without chains: the id that counts
	joined []string          // the ids that count, one a row of person that was left out
}

// readLinks reads person_kobling; nil where there is none.
func (b *builder) readLinks() (*links, error) {
	if !b.has("person_kobling") {
		return nil, nil
	}
	file := b.file("person_kobling")
	parts, err := collect(b.ctx, b.source, "person_kobling", b.columns["person_kobling"], b.opt.Workers)
	if err != nil {
		return nil, err
	}
	to := map[string]string{}
	for _, part := range parts {
		x := textColumns{file: file, t: part.Table}
		from, final := x.read("person_id"), x.read("gjelder_id")
		if x.err != nil {
			return nil, x.err
		}
		for i := range part.Table.Rows {
			a, z := from(i), final(i)
			if a == "" || z == "" || a == z {
				continue
			}
			if other, ok := to[a]; ok && other != z {
				return nil, fault.Dataf("ambiguous_link", file, "person_id", "an id counts as two others; keep one row an id").At(part.Row + int64(i) + 1)
			}
			to[a] = z
		}
	}
	flat := make(map[string]string, len(to))
	for a := range to {
		z, steps := to[a], 0
		for next, ok := to[z]; ok; next, ok = to[z] {
			if z = next; steps > len(to) {
				return nil, fault.Dataf("ambiguous_link", file, "gjelder_id", "ids count as one another in a circle; let every chain end in one id")
			}
			steps++
		}
		flat[a] = z
	}
	return &links{to: flat}, nil
}

// drop leaves out the rows of person whose id counts as another that has a row of its own.
func (l *links) drop(file string, parts []Part, order []place) ([]place, error) {
	ids := make([]func(int) string, len(parts))
	for k, p := range parts {
		var err error
		if ids[k], err = texts(file, p.Table.Column("person_id")); err != nil {
			return nil, err
		}
	}
	counts := map[string]bool{}
	for _, z := range l.to {
		counts[z] = false
	}
	for _, x := range order {
		if id := ids[x.part](int(x.row)); len(counts) > 0 {
			if _, ok := counts[id]; ok {
				counts[id] = true
			}
		}
	}
	kept := order[:0]
	for _, x := range order {
		if z, ok := l.to[ids[x.part](int(x.row))]; ok && counts[z] {
			l.joined = append(l.joined, z)
			continue
		}
		kept = append(kept, x)
	}
	return kept, nil
}

// apply makes the index find persons by their other ids too, and counts those whose rows were left out.
func (b *builder) apply(l *links) {
	x := b.index
	for a, z := range l.to {
		p := x.find(z)
		if p < 0 || x.find(a) >= 0 {
			continue
		}
		if x.text {
			x.texts[a] = p
		} else if n, err := strconv.ParseInt(a, 10, 64); err == nil {
			if x.also == nil {
				x.also = map[int64]int32{}
			}
			x.also[n] = p
		}
	}
	joined := b.ledger.rule("person", "joined_ids", Changed)
	for _, z := range l.joined {
		joined.add(x.find(z))
	}
}

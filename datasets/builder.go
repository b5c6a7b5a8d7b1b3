package datasets

import (
	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/calendar"
)

// valuesOf is a column without its name.
func valuesOf(c *Column) vector.Values {
	return vector.Values{
		Kind: vector.Kind(c.Kind), Rows: c.Len(), Ints: c.Ints, Floats: c.Floats, Bools: c.Bools,
		Codes: c.Codes, Levels: c.Levels, Dates: c.Dates, Null: c.Null,
	}
}

// columnOf gives values a name. A column of nothing but missing values is a text column.
func columnOf(name string, v vector.Values) *Column {
	kind := Kind(v.Kind)
	if v.Kind == vector.Null {
		kind = String
		v.Codes, v.Levels = make([]uint32, v.Rows), []string{""}
		v.Null = allTrue(v.Rows)
	}
	return &Column{
		Name: name, Kind: kind, Ints: v.Ints, Floats: v.Floats, Bools: v.Bools,
		Codes: v.Codes, Levels: v.Levels, Dates: v.Dates, Null: v.Null,
	}
}

func allTrue(n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// builder joins pieces of a column, whose texts may have levels of their own.
type builder struct {
	v     vector.Values
	texts vector.Texts
}

func newBuilder(kind vector.Kind) *builder {
	b := &builder{v: vector.Values{Kind: kind}}
	b.reset()
	return b
}

// reset forgets the rows and keeps the memory.
func (b *builder) reset() {
	v := &b.v
	v.Rows, v.Ints, v.Floats, v.Bools = 0, v.Ints[:0], v.Floats[:0], v.Bools[:0]
	v.Codes, v.Dates, v.Null = v.Codes[:0], v.Dates[:0], v.Null[:0]
	b.texts = vector.Texts{}
}

// reserve makes room for rows.
func (b *builder) reserve(rows int) {
	v := &b.v
	switch v.Kind {
	case vector.Int64, vector.Timestamp:
		v.Ints = make([]int64, 0, rows)
	case vector.Float64:
		v.Floats = make([]float64, 0, rows)
	case vector.Bool:
		v.Bools = make([]bool, 0, rows)
	case vector.String:
		v.Codes = make([]uint32, 0, rows)
	case vector.Date:
		v.Dates = make([]calendar.Date, 0, rows)
	}
}

func (b *builder) values() vector.Values {
	v := b.v
	v.Levels = b.texts.Levels
	if len(v.Null) == 0 {
		v.Null = nil
	}
	return v
}

// append adds values, which must not be changed afterwards in what Levels point to. Integers become numbers where the
// column is one of numbers; values of the kind Null are missing values of any kind.
func (b *builder) append(p vector.Values) {
	v := &b.v
	before := v.Rows
	v.Rows += p.Rows
	if p.Null != nil || p.Kind == vector.Null {
		for len(v.Null) < before {
			v.Null = append(v.Null, false)
		}
		if p.Kind == vector.Null {
			v.Null = append(v.Null, allTrue(p.Rows)...)
		} else {
			v.Null = append(v.Null, p.Null...)
		}
	} else if len(v.Null) > 0 {
		v.Null = append(v.Null, make([]bool, p.Rows)...)
	}
	if p.Kind == vector.Null {
		p = vector.Values{
			Kind: v.Kind, Rows: p.Rows, Ints: make([]int64, p.Rows), Floats: make([]float64, p.Rows), Bools: make([]bool, p.Rows),
			Codes: make([]uint32, p.Rows), Levels: []string{""}, Dates: make([]calendar.Date, p.Rows),
		}
	}
	switch v.Kind {
	case vector.Int64, vector.Timestamp:
		v.Ints = append(v.Ints, p.Ints...)
	case vector.Float64:
		if p.Kind == vector.Int64 {
			for _, n := range p.Ints {
				v.Floats = append(v.Floats, float64(n))
			}
		} else {
			v.Floats = append(v.Floats, p.Floats...)
		}
	case vector.Bool:
		v.Bools = append(v.Bools, p.Bools...)
	case vector.Date:
		v.Dates = append(v.Dates, p.Dates...)
	case vector.String:
		b.appendTexts(p)
	}
}

// appendTexts gives the texts the codes of this column, levels in order of first appearance.
func (b *builder) appendTexts(p vector.Values) {
	v := &b.v
	const unknown = ^uint32(0)
	codes := make([]uint32, len(p.Levels))
	for i := range codes {
		codes[i] = unknown
	}
	for _, old := range p.Codes {
		code := codes[old]
		if code == unknown {
			code = b.texts.CodeOf(p.Levels[old])
			codes[old] = code
		}
		v.Codes = append(v.Codes, code)
	}
}

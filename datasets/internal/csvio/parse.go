package csvio

import (
	"bytes"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/calendar"
)

// parse reads the values of some columns of a block.
func (f *File) parse(block []byte, columns []int) ([]vector.Values, int, error) {
	decoded, err := f.decode(block)
	if err != nil {
		return nil, 0, f.changed()
	}
	out := make([]columnParser, len(columns))
	for k, i := range columns {
		out[k] = newColumnParser(f.fields[i].Kind, f.guesses[i], bytes.Count(block, []byte{'\n'})+1)
	}
	r := records{b: decoded, separator: f.separator}
	rows := 0
	for {
		more, err := f.row(&r)
		if err != nil {
			return nil, 0, f.changed()
		}
		if !more {
			break
		}
		for k, i := range columns {
			if !out[k].add(r.fields[i]) {
				return nil, 0, f.changed()
			}
		}
		rows++
	}
	values := make([]vector.Values, len(columns))
	for k := range out {
		values[k] = out[k].values(rows)
	}
	return values, rows, nil
}

// columnParser collects the values of a column.
type columnParser struct {
	v       vector.Values
	comma   bool
	dotDate bool
	texts   vector.Texts
	scratch []byte
	rows    int
}

func newColumnParser(kind vector.Kind, g guess, rows int) columnParser {
	p := columnParser{v: vector.Values{Kind: kind}, comma: g.can&canComma != 0 && g.can&canPoint == 0, dotDate: g.can&canDate == 0}
	switch kind {
	case vector.Int64, vector.Timestamp:
		p.v.Ints = make([]int64, 0, rows)
	case vector.Float64:
		p.v.Floats = make([]float64, 0, rows)
	case vector.Bool:
		p.v.Bools = make([]bool, 0, rows)
	case vector.Date:
		p.v.Dates = make([]calendar.Date, 0, rows)
	case vector.String:
		p.v.Codes = make([]uint32, 0, rows)
	}
	return p
}

// add appends a value; ok is false where it is not of the type of the column, which only happens where the file changed.
func (p *columnParser) add(f field) (ok bool) {
	v := &p.v
	p.rows++
	missing := f.blank()
	if !missing && v.Kind != vector.String {
		missing = len(f.text) == 0 || !f.quoted && notAvailable(f.text)
	}
	if missing {
		if v.Null == nil {
			v.Null = make([]bool, p.rows-1, p.rows+16)
		}
		v.Null = append(v.Null, true)
	} else if v.Null != nil {
		v.Null = append(v.Null, false)
	}
	text := f.text
	if v.Kind != vector.String {
		text = trim(text)
	}
	ok = true
	switch v.Kind {
	case vector.Int64:
		var n int64
		if !missing {
			if ok = numberTypes(text, p.comma)&canInt != 0; ok {
				n = parseInt(text)
			}
		}
		v.Ints = append(v.Ints, n)
	case vector.Timestamp:
		var n int64
		if !missing {
			n, ok = parseTime(text)
		}
		v.Ints = append(v.Ints, n)
	case vector.Float64:
		var x float64
		if !missing {
			if ok = numberTypes(text, p.comma)&(canPoint|canComma) != 0; ok {
				x = parseFloat(text, p.comma, &p.scratch)
			}
		}
		v.Floats = append(v.Floats, x)
	case vector.Bool:
		var b bool
		if !missing {
			b, ok = parseBool(text)
		}
		v.Bools = append(v.Bools, b)
	case vector.Date:
		var d calendar.Date
		switch {
		case missing:
		case p.dotDate:
			d, ok = parseDotDate(text)
		default:
			d, ok = parseDate(text)
		}
		v.Dates = append(v.Dates, d)
	case vector.String:
		if missing {
			text = nil
		}
		v.Codes = append(v.Codes, p.texts.Code(text))
	case vector.Null:
		ok = missing
	}
	return ok
}

func (p *columnParser) values(rows int) vector.Values {
	p.v.Rows, p.v.Levels = rows, p.texts.Levels
	return p.v
}

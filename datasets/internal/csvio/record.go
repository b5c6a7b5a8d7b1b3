package csvio

import (
	"bytes"
	"fmt"
)

// field is one field of a record. text is without its quotes.
type field struct {
	text   []byte
	quoted bool
}

// blank tells whether there is nothing between the separators.
func (f field) blank() bool { return len(f.text) == 0 && !f.quoted }

// records parts a block into records of fields.
type records struct {
	b         []byte
	separator byte
	fields    []field
	scratch   []byte // texts with doubled quotes, undoubled
}

// badRecord is why a record cannot be read.
type badRecord struct {
	code, message string
}

func (e *badRecord) Error() string { return e.message }

// next reads the next record into r.fields; more is false at the end. Fields are valid until the next call.
func (r *records) next() (more bool, err error) {
	if len(r.b) == 0 {
		return false, nil
	}
	r.fields, r.scratch = r.fields[:0], r.scratch[:0]
	line := r.b
	end := bytes.IndexByte(r.b, '\n')
	if end >= 0 {
		line = r.b[:end]
	}
	if bytes.IndexByte(line, '"') < 0 { // the usual case: no quotes in the line
		if end < 0 {
			r.b = nil
		} else {
			r.b = r.b[end+1:]
		}
		line = trimReturn(line)
		start := 0
		for i, c := range line {
			if c == r.separator {
				r.fields = append(r.fields, field{text: line[start:i]})
				start = i + 1
			}
		}
		r.fields = append(r.fields, field{text: line[start:]})
		return true, nil
	}
	for {
		more, err := r.quotedField()
		if err != nil || !more {
			return true, err
		}
	}
}

func trimReturn(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}

// quotedField reads a field that may be quoted and what ends it; more is false at the end of the record.
func (r *records) quotedField() (more bool, err error) {
	if len(r.b) == 0 || r.b[0] != '"' {
		i := 0
		for i < len(r.b) && r.b[i] != r.separator && r.b[i] != '\n' {
			if r.b[i] == '"' {
				return false, &badRecord{"bad_quote", "has a quote (\") inside a field that does not begin with one: put the field in quotes and double the quote"}
			}
			i++
		}
		f := field{text: r.b[:i]}
		if i == len(r.b) || r.b[i] == '\n' {
			f.text = trimReturn(f.text)
		}
		r.fields = append(r.fields, f)
		return r.pass(i), nil
	}
	body := r.b[1:]
	start := len(r.scratch)
	doubled := false
	for {
		i := bytes.IndexByte(body, '"')
		if i < 0 {
			return false, &badRecord{"open_quote", "has a quote (\") that is never closed"}
		}
		after := body[i+1:]
		if len(after) > 0 && after[0] == '"' {
			r.scratch = append(r.scratch, body[:i+1]...)
			body, doubled = after[1:], true
			continue
		}
		text := body[:i]
		if doubled {
			r.scratch = append(r.scratch, text...)
			text = r.scratch[start:len(r.scratch):len(r.scratch)]
		}
		r.fields = append(r.fields, field{text: text, quoted: true})
		if len(after) > 1 && after[0] == '\r' && after[1] == '\n' || len(after) == 1 && after[0] == '\r' {
			after = after[1:]
		}
		if len(after) > 0 && after[0] != r.separator && after[0] != '\n' {
			return false, &badRecord{"bad_quote", fmt.Sprintf("goes on behind a closing quote (%q): double the quotes inside a field", string(after[:1]))}
		}
		r.b = after
		return r.pass(0), nil
	}
}

// pass goes beyond what ends a field at place i.
func (r *records) pass(i int) (more bool) {
	if i == len(r.b) {
		r.b = nil
		return false
	}
	separator := r.b[i] == r.separator
	r.b = r.b[i+1:]
	return separator
}

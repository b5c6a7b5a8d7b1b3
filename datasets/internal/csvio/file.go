package csvio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// File is a CSV file whose columns and types are known. It may be read by several goroutines.
type File struct {
	name      string
	open      func() (io.ReadCloser, error)
	latin1    bool
	separator byte
	skip      int64 // bytes before the first row
	fields    []vector.Field
	guesses   []guess
	rows      []int64 // of each block
	total     int64
}

// Open reads a file once to find its columns, their types and its number of rows. Errors name it as name.
func Open(ctx context.Context, path, name string, latin1 bool, workers int) (*File, error) {
	return newFile(ctx, func() (io.ReadCloser, error) { return open(path, name) }, name, latin1, workers)
}

func newFile(ctx context.Context, open func() (io.ReadCloser, error), name string, latin1 bool, workers int) (*File, error) {
	f := &File{name: name, open: open, latin1: latin1}
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return f, f.learn(ctx, r, workers)
}

// blockGuess is what a block says.
type blockGuess struct {
	guesses []guess
	rows    int64
	err     error // of the record behind its rows
}

func (f *File) learn(ctx context.Context, r io.Reader, workers int) error {
	rest, err := f.header(r)
	if err != nil {
		return err
	}
	s := &splitter{r: io.MultiReader(bytes.NewReader(rest), r)}
	var blocks []*blockGuess
	grown := make(chan struct{}, 1)
	grown <- struct{}{}
	err = each(ctx, s, workers, func(i int, block []byte) error {
		b := &blockGuess{}
		<-grown
		for len(blocks) <= i {
			blocks = append(blocks, nil)
		}
		blocks[i] = b
		grown <- struct{}{}
		b.err = f.look(block, b)
		return b.err
	})
	f.guesses = make([]guess, len(f.fields))
	for i := range f.guesses {
		f.guesses[i].can = canAnything
	}
	for _, b := range blocks {
		if b == nil {
			break
		}
		if b.err != nil {
			return f.at(b.err, f.total+b.rows+1)
		}
		f.rows = append(f.rows, b.rows)
		f.total += b.rows
		for i := range f.guesses {
			f.guesses[i].merge(b.guesses[i])
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return cannotRead(f.name, err)
	}
	for i, g := range f.guesses {
		f.fields[i].Kind, f.fields[i].Nullable = g.kind(), g.nullable()
	}
	return nil
}

// at names the row of a record that cannot be read.
func (f *File) at(err error, row int64) error {
	var bad *badRecord
	if errors.As(err, &bad) {
		return fault.Dataf(bad.code, f.name, "", "data row %d %s", row, bad.message).At(row)
	}
	return err
}

// header reads the first record that is no empty line: byte order mark, separator, names. It returns what it has read
// beyond.
func (f *File) header(r io.Reader) (rest []byte, err error) {
	s := &splitter{r: r}
	var block []byte
	for begun := false; ; begun = true {
		more, err := s.next()
		if err != nil {
			return nil, cannotRead(f.name, err)
		}
		if more == nil {
			return nil, empty(f.name)
		}
		block = append(block, more...)
		switch {
		case begun:
		case bytes.HasPrefix(block, []byte("\xef\xbb\xbf")):
			f.latin1, f.skip, block = false, 3, block[3:]
		case bytes.HasPrefix(block, []byte("\xff\xfe")), bytes.HasPrefix(block, []byte("\xfe\xff")):
			return nil, fault.Dataf("utf16", f.name, "", "is UTF-16: export it again as UTF-8")
		}
		full := len(block)
		block = bytes.TrimLeft(block, "\r\n")
		f.skip += int64(full - len(block))
		if len(block) > 0 {
			break
		}
	}
	end := firstRecordEnd(block)
	f.skip += int64(end)
	rest = append(block[end:len(block):len(block)], s.carry...)
	return rest, f.names(block[:end])
}

// names reads the header record.
func (f *File) names(line []byte) (err error) {
	if len(bytes.Trim(line, " \r\n")) == 0 {
		return empty(f.name)
	}
	if bytes.IndexByte(line, 0) >= 0 {
		return notText(f.name)
	}
	if i := bytes.IndexByte(line, '\r'); i >= 0 && i < len(line)-2 && bytes.IndexByte(line, '"') < 0 {
		return fault.Dataf("line_ends", f.name, "", "ends its lines with a carriage return alone: export it again with line feeds")
	}
	if line, err = f.decode(line); err != nil {
		return f.notUTF8("in its header")
	}
	f.separator = separatorOf(line)
	r := records{b: line, separator: f.separator}
	if _, err := r.next(); err != nil {
		return fault.Dataf("bad_header", f.name, "", "has a header that cannot be read: it %v", err)
	}
	seen := make(map[string]bool)
	for i, x := range r.fields {
		name := strings.TrimSpace(string(x.text))
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if seen[name] {
			return fault.Dataf("duplicate_column", f.name, name, "has two columns called `%s`: rename one in the file", name)
		}
		seen[name] = true
		f.fields = append(f.fields, vector.Field{Name: name})
	}
	return nil
}

func notText(name string) error {
	return fault.Dataf("not_text", name, "", "is not a text file: export it again as CSV")
}

func (f *File) notUTF8(where string) error {
	return fault.Dataf("not_utf8", f.name, "", "is not UTF-8 (%s): read it with --encoding latin1, or export it again as UTF-8", where)
}

// separatorOf is the most frequent of , ; and tab outside quotes in the header; a comma where there is none.
func separatorOf(line []byte) byte {
	count := map[byte]int{}
	quoted := false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted:
			count[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}

var errNotUTF8 = errors.New("not UTF-8")

// decode turns a block into UTF-8.
func (f *File) decode(b []byte) ([]byte, error) {
	if !f.latin1 {
		if !utf8.Valid(b) {
			return nil, errNotUTF8
		}
		return b, nil
	}
	high := 0
	for _, c := range b {
		if c >= 0x80 {
			high++
		}
	}
	if high == 0 {
		return b, nil
	}
	out := make([]byte, 0, len(b)+2*high)
	for _, c := range b {
		if c < 0x80 {
			out = append(out, c)
		} else {
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(c))
		}
	}
	return out, nil
}

// look counts the rows of a block and narrows the types of its columns.
func (f *File) look(block []byte, b *blockGuess) error {
	b.guesses = make([]guess, len(f.fields))
	for i := range b.guesses {
		b.guesses[i].can = canAnything
	}
	if bytes.IndexByte(block, 0) >= 0 {
		return notText(f.name)
	}
	decoded, notUTF8 := f.decode(block)
	if notUTF8 != nil {
		decoded = block // to find the row
	}
	r := records{b: decoded, separator: f.separator}
	for {
		more, err := f.row(&r)
		if !more || err != nil {
			return err
		}
		for i, x := range r.fields {
			if notUTF8 != nil && !utf8.Valid(x.text) {
				return &badRecord{"not_utf8", "is not UTF-8: read the file with --encoding latin1, or export it again as UTF-8"}
			}
			b.guesses[i].add(x, f.separator == ';')
		}
		b.rows++
	}
}

// row reads the next record that is a row: an empty line is none, but where the file has a single column.
func (f *File) row(r *records) (more bool, err error) {
	for {
		more, err := r.next()
		if !more || err != nil {
			return more, err
		}
		if len(r.fields) == len(f.fields) {
			return true, nil
		}
		if len(r.fields) == 1 && r.fields[0].blank() {
			continue
		}
		return true, &badRecord{"ragged_row", fmt.Sprintf("has %d fields and the header %d: a separator too many or too few, or a quote that is missing", len(r.fields), len(f.fields))}
	}
}

// Fields are the columns in the order of the file.
func (f *File) Fields() []vector.Field { return f.fields }

// Rows is the number of rows.
func (f *File) Rows() int64 { return f.total }

// Blocks is the number of rows in each block.
func (f *File) Blocks() []int64 { return f.rows }

// Scan calls use for each block, with the values of the given columns; blocks come in any order, several at a time.
func (f *File) Scan(ctx context.Context, columns []int, workers int, use func(block int, rows int, values []vector.Values) error) error {
	r, err := f.open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if _, err := io.CopyN(io.Discard, r, f.skip); err != nil {
		return f.changed()
	}
	s := &splitter{r: r}
	seen := make([]bool, len(f.rows))
	err = each(ctx, s, workers, func(i int, block []byte) error {
		if i >= len(f.rows) {
			return f.changed()
		}
		values, rows, err := f.parse(block, columns)
		if err != nil {
			return err
		}
		if int64(rows) != f.rows[i] {
			return f.changed()
		}
		seen[i] = true
		return use(i, rows, values)
	})
	if err != nil {
		var told *fault.Error
		if errors.As(err, &told) || ctx.Err() != nil {
			return err
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errLongRecord) {
			return cannotRead(f.name, err)
		}
		return err
	}
	for _, ok := range seen {
		if !ok {
			return f.changed()
		}
	}
	return nil
}

func (f *File) changed() error {
	return fault.Dataf("file_changed", f.name, "", "changed while it was read: wait until it is complete and run again")
}

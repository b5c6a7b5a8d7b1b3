package datasets

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"tiltakseffekt/datasets/internal/parquetio"
	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// Field is a column of a file: its name and its kind.
type Field struct {
	Name     string
	Kind     Kind
	Nullable bool // the column may hold missing values
}

// WriteOptions says how a table is written. The zero value is the usual choice.
type WriteOptions struct {
	// Rows is the number of rows in a row group of Parquet (default 1,048,576).
	Rows int
	// PageV1 writes Parquet data pages of version 1 (64 KiB each) for old readers that do not take version 2.
	PageV1 bool
	// Workers is the number of columns that are encoded at the same time (default: one a processor). The bytes do not
	// depend on it.
	Workers int
}

const defaultGroupRows = 1 << 20

// Write writes a table to a `.parquet` or `.csv` file. The same table gives the same bytes. It writes to a file beside
// the target, flushes it to the disk and renames it: the target is either the old file or the whole new one.
//
// Parquet: zstd, INT64, DOUBLE, BOOLEAN, UTF8, DATE and TIMESTAMP(MICROS, UTC); a column is optional where the table has
// missing values in it. CSV: comma, quotes where RFC 4180 asks for them, "\n" as line end, numbers with the fewest digits that
// give the same number back, a missing value as an empty field and an empty text as "".
func Write(path string, t *Table, opt WriteOptions) error {
	return WriteContext(context.Background(), path, t, opt)
}

// WriteContext is Write that stops, and leaves nothing behind, when ctx is cancelled.
func WriteContext(ctx context.Context, path string, t *Table, opt WriteOptions) error {
	w, err := NewWriter(path, FieldsOf(t), opt)
	if err != nil {
		return err
	}
	defer w.Abort()
	w.once = true
	if err := w.AppendContext(ctx, t); err != nil {
		return err
	}
	return w.Close()
}

// WriteTo writes a table to w in a format, "parquet" or "csv".
func WriteTo(w io.Writer, format string, t *Table, opt WriteOptions) error {
	writer, err := newWriter(w, format, FieldsOf(t), opt)
	if err != nil {
		return err
	}
	writer.once = true
	if err := writer.Append(t); err != nil {
		return err
	}
	return writer.Close()
}

// FieldsOf is the columns of a table as a Writer takes them; a column is nullable where it has missing values.
func FieldsOf(t *Table) []Field {
	fields := make([]Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = Field{Name: c.Name, Kind: c.Kind, Nullable: c.Nulls() > 0}
	}
	return fields
}

// formatOf is the format of a path, by its extension.
func formatOf(path string) (string, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".parquet":
		return "parquet", nil
	case ".csv":
		return "csv", nil
	}
	return "", fault.Usagef("unknown_format", "`%s` names no format that can be written: end it in .parquet or .csv", path)
}

// groupWriter is what a format needs to do: write a block of rows, and finish.
type groupWriter interface {
	WriteGroup(ctx context.Context, columns []vector.Values) error
	Close() error
}

// Writer writes a table piece by piece. Its memory is one row group, however many rows there are. It is for one
// goroutine.
type Writer struct {
	fields  []Field
	opt     WriteOptions
	rows    int64 // appended so far
	format  groupWriter
	pending []*builder
	waiting int // rows in pending
	target  *atomicFile
	once    bool // a single table is appended, which need not be copied
	err     error
}

// NewWriter begins a `.parquet` or `.csv` file with the given columns. Nothing stands under its name before Close has
// succeeded; Abort removes what was written.
func NewWriter(path string, fields []Field, opt WriteOptions) (*Writer, error) {
	format, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	if err := checkFields(path, fields); err != nil {
		return nil, err
	}
	target, err := createAtomic(path)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(target, format, fields, opt)
	if err != nil {
		target.abort()
		return nil, err
	}
	w.target = target
	return w, nil
}

func newWriter(sink io.Writer, format string, fields []Field, opt WriteOptions) (*Writer, error) {
	if err := checkFields("", fields); err != nil {
		return nil, err
	}
	if opt.Rows <= 0 {
		opt.Rows = defaultGroupRows
	}
	w := &Writer{fields: fields, opt: opt}
	vectors := make([]vector.Field, len(fields))
	for i, f := range fields {
		vectors[i] = vector.Field{Name: f.Name, Kind: vector.Kind(f.Kind), Nullable: f.Nullable}
	}
	switch format {
	case "parquet":
		w.format = parquetio.NewWriter(sink, vectors, parquetio.WriterOptions{PageV1: opt.PageV1, Workers: opt.Workers})
	case "csv":
		w.format = newCSVWriter(sink, vectors)
	default:
		return nil, fault.Usagef("unknown_format", "`%s` is not a format that can be written (parquet, csv)", format)
	}
	return w, nil
}

func checkFields(path string, fields []Field) error {
	if len(fields) == 0 {
		return fault.Dataf("no_columns", path, "", "a table without columns cannot be written")
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if seen[f.Name] {
			return fault.Dataf("duplicate_column", path, f.Name, "two columns are called `%s`: rename one", f.Name)
		}
		seen[f.Name] = true
		if f.Kind < Int64 || f.Kind > Timestamp {
			return fault.Dataf("unknown_kind", path, f.Name, "column `%s` has no kind", f.Name)
		}
	}
	return nil
}

// Append adds the rows of a table. It has the columns of the writer by name and kind, in any order.
func (w *Writer) Append(t *Table) error { return w.AppendContext(context.Background(), t) }

// AppendContext is Append that stops when ctx is cancelled; the writer then only takes Abort.
func (w *Writer) AppendContext(ctx context.Context, t *Table) error {
	if w.err == nil {
		w.err = w.append(ctx, t)
	}
	return w.err
}

func (w *Writer) append(ctx context.Context, t *Table) error {
	if len(t.Columns) != len(w.fields) {
		return fault.Wrap("wrong_columns", nil, "a table with %d columns was appended to a file with %d", len(t.Columns), len(w.fields))
	}
	columns := make([]vector.Values, len(w.fields))
	for i, f := range w.fields {
		c := t.Column(f.Name)
		if c == nil || c.Kind != f.Kind || c.Len() != t.Rows {
			return fault.Wrap("wrong_columns", nil, "the appended table has no column `%s` of kind %s with %d rows", f.Name, f.Kind, t.Rows)
		}
		if !f.Nullable && c.Nulls() > 0 {
			return fault.Wrap("wrong_columns", nil, "column `%s` has missing values and was declared to have none", f.Name)
		}
		columns[i] = valuesOf(c)
	}
	for from := 0; from < t.Rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(w.opt.Rows-w.waiting, t.Rows-from)
		if n == w.opt.Rows || w.once { // a whole row group: no need to copy it
			group := make([]vector.Values, len(columns))
			for i := range columns {
				group[i] = columns[i].Slice(from, from+n)
			}
			if err := w.write(ctx, group); err != nil {
				return err
			}
		} else {
			w.collect(columns, from, from+n)
			if w.waiting == w.opt.Rows {
				if err := w.flush(ctx); err != nil {
					return err
				}
			}
		}
		from += n
	}
	w.rows += int64(t.Rows)
	return nil
}

// collect copies rows to the pending row group.
func (w *Writer) collect(columns []vector.Values, from, to int) {
	if w.pending == nil {
		w.pending = make([]*builder, len(w.fields))
		for i, f := range w.fields {
			w.pending[i] = newBuilder(vector.Kind(f.Kind))
		}
	}
	for i, b := range w.pending {
		b.append(columns[i].Slice(from, to))
	}
	w.waiting += to - from
}

// flush writes the pending row group.
func (w *Writer) flush(ctx context.Context) error {
	if w.waiting == 0 {
		return nil
	}
	group := make([]vector.Values, len(w.pending))
	for i, b := range w.pending {
		group[i] = b.values()
	}
	if err := w.write(ctx, group); err != nil {
		return err
	}
	for _, b := range w.pending {
		b.reset()
	}
	w.waiting = 0
	return nil
}

func (w *Writer) write(ctx context.Context, group []vector.Values) error {
	if err := w.format.WriteGroup(ctx, group); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return w.failure(err)
	}
	return nil
}

func (w *Writer) failure(err error) error {
	name := "the table"
	if w.target != nil {
		name = w.target.path
	}
	return writeFailure(name, err)
}

// Rows is the number of rows appended so far.
func (w *Writer) Rows() int64 { return w.rows }

// Close writes what is left and puts the file in its place. After an error nothing stands under the file's name but
// what stood there before.
func (w *Writer) Close() error {
	if w.err != nil {
		w.Abort()
		return w.err
	}
	err := w.flush(context.Background())
	if err == nil {
		if err = w.format.Close(); err != nil {
			err = w.failure(err)
		}
	}
	if err == nil && w.target != nil {
		err = w.target.commit()
	}
	if err != nil {
		w.Abort()
	}
	w.err = err
	if err == nil {
		w.err = fmt.Errorf("datasets: the writer is closed")
	}
	return err
}

// Abort gives up and removes what was written. After Close it does nothing.
func (w *Writer) Abort() {
	if w.target != nil {
		w.target.abort()
	}
}

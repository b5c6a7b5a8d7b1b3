package parquetio

import (
	"context"
	"fmt"
	"io"
	"unsafe"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/parallel"
)

// WriterOptions says how to write. The zero value is right for all but old readers.
type WriterOptions struct {
	PageV1  bool // data pages of version 1 with 64 KiB, for readers that do not take version 2
	Workers int  // columns that are encoded at the same time; under 1: one a processor
}

// dictionaryLimit bounds the bytes of distinct texts with which a column begins to be dictionary encoded: half of the
// 1 MiB at which other writers give a dictionary up.
const dictionaryLimit = 512 << 10

// Writer writes row groups to w.
type Writer struct {
	sink    *stickyWriter
	fields  []vector.Field
	options WriterOptions
	file    *file.Writer // made with the first row group, whose texts decide about dictionaries
	failed  error
}

// stickyWriter remembers the first error, since Arrow drops some.
type stickyWriter struct {
	w   io.Writer
	err error
}

func (s *stickyWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// Close keeps Arrow from closing the file below.
func (s *stickyWriter) Close() error { return nil }

// NewWriter begins a file with the given columns.
func NewWriter(w io.Writer, fields []vector.Field, options WriterOptions) *Writer {
	return &Writer{sink: &stickyWriter{w: w}, fields: fields, options: options}
}

// WriteGroup writes one row group: one Values of equal length a field, of the kind of the field.
func (w *Writer) WriteGroup(ctx context.Context, columns []vector.Values) error {
	if w.failed == nil {
		w.failed = w.writeGroup(ctx, columns)
	}
	return w.failed
}

func (w *Writer) writeGroup(ctx context.Context, columns []vector.Values) (err error) {
	defer recovered(&err)
	if w.file == nil {
		if err := w.begin(columns); err != nil {
			return err
		}
	}
	group := w.file.AppendBufferedRowGroup()
	err = parallel.For(ctx, w.options.Workers, len(columns), func(i int) error {
		c, err := group.Column(i)
		if err != nil {
			return err
		}
		return encode(c, w.fields[i], columns[i])
	})
	if err != nil {
		return err
	}
	if err := group.Close(); err != nil {
		return err
	}
	return w.sink.err
}

// Close writes the footer. A file without rows has none but its schema.
func (w *Writer) Close() (err error) {
	if w.failed != nil {
		return w.failed
	}
	defer recovered(&err)
	if w.file == nil {
		if err := w.begin(nil); err != nil {
			return err
		}
	}
	if err := w.file.Close(); err != nil {
		return err
	}
	return w.sink.err
}

// begin settles the schema and the encodings.
func (w *Writer) begin(first []vector.Values) error {
	properties := []parquet.WriterProperty{
		parquet.WithDictionaryDefault(false),
		parquet.WithDictionaryPageSizeLimit(1 << 30), // see the package comment: a dictionary must not overflow
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithMaxRowGroupLength(1 << 31),
		parquet.WithVersion(parquet.V2_LATEST),
	}
	if w.options.PageV1 {
		properties = append(properties, parquet.WithDataPageVersion(parquet.DataPageV1), parquet.WithDataPageSize(64<<10))
	} else {
		properties = append(properties, parquet.WithDataPageVersion(parquet.DataPageV2))
	}
	nodes := make(schema.FieldList, len(w.fields))
	for i, f := range w.fields {
		node, err := nodeOf(f)
		if err != nil {
			return fmt.Errorf("column `%s`: %w", f.Name, err)
		}
		nodes[i] = node
		if first != nil && f.Kind == vector.String && fewTexts(first[i]) {
			properties = append(properties, parquet.WithDictionaryPath(parquet.ColumnPath{f.Name}, true))
		}
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1)
	if err != nil {
		return err
	}
	w.file = file.NewParquetWriter(w.sink, root, file.WithWriterProps(parquet.NewWriterProperties(properties...)))
	return nil
}

func nodeOf(f vector.Field) (schema.Node, error) {
	repetition := parquet.Repetitions.Required
	if f.Nullable || f.Kind == vector.Null {
		repetition = parquet.Repetitions.Optional
	}
	switch f.Kind {
	case vector.Int64:
		return schema.NewPrimitiveNodeLogical(f.Name, repetition, schema.NewIntLogicalType(64, true), parquet.Types.Int64, -1, -1)
	case vector.Float64:
		return schema.NewPrimitiveNode(f.Name, repetition, parquet.Types.Double, -1, -1)
	case vector.Bool:
		return schema.NewPrimitiveNode(f.Name, repetition, parquet.Types.Boolean, -1, -1)
	case vector.String:
		return schema.NewPrimitiveNodeLogical(f.Name, repetition, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
	case vector.Date:
		return schema.NewPrimitiveNodeLogical(f.Name, repetition, schema.DateLogicalType{}, parquet.Types.Int32, -1, -1)
	case vector.Timestamp:
		return schema.NewPrimitiveNodeLogical(f.Name, repetition, schema.NewTimestampLogicalType(true, schema.TimeUnitMicros), parquet.Types.Int64, -1, -1)
	}
	return nil, fmt.Errorf("cannot write kind %d", f.Kind)
}

// fewTexts tells whether a dictionary pays: its texts are short together and each stands for several rows.
func fewTexts(v vector.Values) bool {
	used := make([]bool, len(v.Levels))
	texts, size := 0, 0
	for i, c := range v.Codes {
		if (v.Null == nil || !v.Null[i]) && !used[c] {
			used[c] = true
			texts++
			size += 4 + len(v.Levels[c])
		}
	}
	return size <= dictionaryLimit && (texts <= 64 || texts <= v.Rows/4)
}

// encode writes the values of a column to its chunk. Missing values have definition level 0 and are not stored.
func encode(chunk file.ColumnChunkWriter, f vector.Field, v vector.Values) error {
	var levels []int16
	if f.Nullable {
		levels = make([]int16, v.Rows)
		for i := range levels {
			if v.Null == nil || !v.Null[i] {
				levels[i] = 1
			}
		}
	}
	var err error
	switch c := chunk.(type) {
	case *file.Int64ColumnChunkWriter:
		_, err = c.WriteBatch(present(v.Ints, v.Null), levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = c.WriteBatch(present(v.Floats, v.Null), levels, nil)
	case *file.BooleanColumnChunkWriter:
		_, err = c.WriteBatch(present(v.Bools, v.Null), levels, nil)
	case *file.Int32ColumnChunkWriter:
		days := present(v.Dates, v.Null)
		// calendar.Date is an int32, so the slice is one of int32 under another name.
		_, err = c.WriteBatch(unsafe.Slice((*int32)(unsafe.SliceData(days)), len(days)), levels, nil)
	case *file.ByteArrayColumnChunkWriter:
		texts := make([]parquet.ByteArray, 0, v.Rows)
		dictionary := make([]parquet.ByteArray, len(v.Levels))
		for i, s := range v.Levels {
			dictionary[i] = parquet.ByteArray(s)
		}
		for i, code := range v.Codes {
			if v.Null == nil || !v.Null[i] {
				texts = append(texts, dictionary[code])
			}
		}
		_, err = c.WriteBatch(texts, levels, nil)
	default:
		err = fmt.Errorf("cannot write %T", chunk)
	}
	if err != nil {
		return fmt.Errorf("column `%s`: %w", f.Name, err)
	}
	return nil
}

// present is the values that are not missing.
func present[T any](values []T, null []bool) []T {
	if null == nil {
		return values
	}
	out := make([]T, 0, len(values))
	for i, v := range values {
		if !null[i] {
			out = append(out, v)
		}
	}
	return out
}

// recovered turns a panic of Arrow into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		if e, ok := p.(error); ok {
			*err = e
		} else {
			*err = fmt.Errorf("%v", p)
		}
	}
}

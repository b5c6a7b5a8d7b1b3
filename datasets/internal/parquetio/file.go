package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/metadata"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

const maxFooter = 256 << 20

// maxGroupRows is 134 million: writers make groups of 1 million or so. The fuzz test makes it small.
var maxGroupRows int64 = 1 << 27

// File is a Parquet file whose footer has been read. It may be read by several goroutines, holds no open file, and need
// not be closed.
type File struct {
	name    string
	r       io.ReaderAt
	end     int64 // where the column chunks end: the footer begins
	meta    *metadata.FileMetaData
	columns []column
	rows    []int64 // of each row group
	total   int64
}

// Open reads the footer of a file. Errors name it as name.
func Open(path, name string) (*File, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, fault.Dataf("cannot_read", name, "", "cannot be read (%v)", reason(err))
	}
	return NewFile(onDisk(path), stat.Size(), name)
}

// onDisk opens the file for each read: a folder may hold more files than a process may have open, and a column chunk is
// read in one piece.
type onDisk string

func (path onDisk) ReadAt(b []byte, at int64) (int, error) {
	f, err := os.Open(string(path))
	if err != nil {
		return 0, err
	}
	n, err := f.ReadAt(b, at)
	_ = f.Close()
	if n == len(b) {
		err = nil
	}
	return n, err
}

// reason is an error of the system without the path, which stands in front already.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// NewFile reads the footer of a file of size bytes.
func NewFile(r io.ReaderAt, size int64, name string) (_ *File, err error) {
	f := &File{name: name, r: r}
	defer func() {
		if p := recover(); p != nil {
			err = f.notParquet(fmt.Sprint(p))
		}
	}()
	if size == 0 {
		return nil, fault.Dataf("empty_file", name, "", "is empty (0 bytes): export it again")
	}
	tail := make([]byte, 8)
	if size < 12 {
		return nil, f.notParquet("it is too short")
	}
	if _, err := r.ReadAt(tail, size-8); err != nil {
		return nil, fault.Dataf("cannot_read", name, "", "cannot be read (%v)", reason(err))
	}
	switch string(tail[4:]) {
	case "PAR1":
	case "PARE":
		return nil, fault.Dataf("encrypted_file", name, "", "is encrypted: export it without encryption")
	default:
		head := make([]byte, 4)
		if _, err := r.ReadAt(head, 0); err == nil && string(head) == "PAR1" {
			return nil, fault.Dataf("truncated_file", name, "", "is cut short (its end is missing): copy or export it again")
		}
		return nil, f.notParquet("it does not end like one")
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > size-12 || length > maxFooter {
		return nil, f.notParquet("its footer is longer than the file")
	}
	f.end = size - 8 - length
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, f.end); err != nil {
		return nil, fault.Dataf("cannot_read", name, "", "cannot be read (%v)", reason(err))
	}
	if footer, err = checkFooter(footer); err != nil {
		return nil, f.notParquet("its footer cannot be read")
	}
	if f.meta, err = metadata.NewFileMetaData(footer, nil); err != nil {
		return nil, f.notParquet("its footer cannot be read")
	}
	if f.meta.Schema == nil || f.meta.Schema.NumColumns() == 0 {
		return nil, fault.Dataf("no_columns", name, "", "has no columns: export it again")
	}
	if f.columns, err = columnsOf(f.meta.Schema); err != nil {
		return nil, fault.Dataf("duplicate_column", name, "", "%v: export it again with distinct names", err)
	}
	for i := range f.meta.RowGroups {
		n := f.meta.RowGroup(i).NumRows()
		if n < 0 || n > maxGroupRows {
			return nil, fault.Dataf("row_group_size", name, "", "has a row group of %d rows: export it again with row groups of about a million rows", n)
		}
		f.rows = append(f.rows, n)
		f.total += n
	}
	if f.total != f.meta.GetNumRows() {
		return nil, fault.Dataf("corrupt_file", name, "", "is damaged: its row groups hold %d rows and its footer says %d; export it again", f.total, f.meta.GetNumRows())
	}
	return f, nil
}

func (f *File) notParquet(why string) error {
	return fault.Dataf("not_parquet", f.name, "", "is not a Parquet file that can be read (%s): export it again", why)
}

// Fields are the columns in the order of the file; one that cannot be read has kind 0.
func (f *File) Fields() []vector.Field {
	fields := make([]vector.Field, len(f.columns))
	for i, c := range f.columns {
		fields[i] = c.field
	}
	return fields
}

// Rows is the number of rows of the file, as its footer says.
func (f *File) Rows() int64 { return f.total }

// Groups is the number of row groups.
func (f *File) Groups() int { return len(f.rows) }

// GroupRows is the number of rows of a row group.
func (f *File) GroupRows(group int) int { return int(f.rows[group]) }

// chunk is a column chunk that has been checked and read into memory.
type chunk struct {
	column    *column
	rows      int
	bytes     []byte
	codec     compress.Compression
	encodings []parquet.Encoding
}

var supportedCodecs = map[compress.Compression]bool{
	compress.Codecs.Uncompressed: true, compress.Codecs.Snappy: true, compress.Codecs.Gzip: true,
	compress.Codecs.Brotli: true, compress.Codecs.Zstd: true,
}

var supportedEncodings = map[parquet.Encoding]bool{
	parquet.Encodings.Plain: true, parquet.Encodings.PlainDict: true, parquet.Encodings.RLE: true,
	parquet.Encodings.RLEDict: true, parquet.Encodings.BitPacked: true, parquet.Encodings.DeltaBinaryPacked: true,
	parquet.Encodings.DeltaByteArray: true, parquet.Encodings.DeltaLengthByteArray: true, byteStreamSplit: true,
}

// encodingName is the name of an encoding, also of one that arrow v15 does not know.
func encodingName(e parquet.Encoding) string {
	if e == byteStreamSplit {
		return "BYTE_STREAM_SPLIT"
	}
	if s := e.String(); !strings.Contains(s, "UNSET") {
		return s
	}
	return fmt.Sprintf("number %d", int(e))
}

// codecName is the name of a codec.
func codecName(c compress.Compression) string {
	if s := c.String(); !strings.Contains(s, "UNSET") {
		return s
	}
	return fmt.Sprintf("number %d", int(c))
}

// check is the preflight of a column chunk: what cannot be read is refused here by name, before any page is touched.
func (f *File) check(group int, c *column) (*chunk, int64, int64, error) {
	if c.meaning == unsupported {
		return nil, 0, 0, fault.Dataf("unsupported_column", f.name, c.field.Name,
			"column `%s` is %s, which is not read: export it again %s, or drop the column in the mapping", c.field.Name, c.reason, c.advice)
	}
	g := f.meta.RowGroup(group)
	if g.NumColumns() != f.meta.Schema.NumColumns() {
		return nil, 0, 0, f.corrupt(c, fmt.Errorf("row group %d has %d columns of %d", group, g.NumColumns(), f.meta.Schema.NumColumns()))
	}
	m, err := g.ColumnChunk(c.leaf)
	if err != nil || m.CryptoMetadata() != nil {
		return nil, 0, 0, fault.Dataf("encrypted_file", f.name, c.field.Name, "column `%s` is encrypted: export it without encryption", c.field.Name)
	}
	if m.FilePath() != "" {
		return nil, 0, 0, fault.Dataf("external_column", f.name, c.field.Name, "column `%s` lies in another file (%s): name that file, or the folder", c.field.Name, m.FilePath())
	}
	if m.Type() != c.physical {
		return nil, 0, 0, f.corrupt(c, errors.New("its type is not that of the schema"))
	}
	if !supportedCodecs[m.Compression()] {
		return nil, 0, 0, fault.Dataf("unsupported_codec", f.name, c.field.Name,
			"column `%s` is compressed with %s, which is not read: export it again with zstd or snappy", c.field.Name, codecName(m.Compression()))
	}
	for _, e := range m.Encodings() {
		if !supportedEncodings[e] {
			return nil, 0, 0, fault.Dataf("unsupported_encoding", f.name, c.field.Name,
				"column `%s` is encoded with %s, which is not read: export it again with the encodings of Parquet 1.0", c.field.Name, encodingName(e))
		}
	}
	rows := f.rows[group]
	if m.NumValues() != rows {
		return nil, 0, 0, f.corrupt(c, fmt.Errorf("row group %d has %d rows and the column %d", group, rows, m.NumValues()))
	}
	if rows == 0 { // there may be no pages, and their place may be anything
		return &chunk{column: c}, 0, 0, nil
	}
	start, length := m.DataPageOffset(), m.TotalCompressedSize()
	if d := m.DictionaryPageOffset(); m.HasDictionaryPage() && d > 0 && d < start {
		start = d
	}
	if start < 4 || length < 0 || start > f.end || length > f.end-start {
		return nil, 0, 0, f.corrupt(c, errors.New("it lies outside the file"))
	}
	// parquet-mr before 1.2.9 left the header of the dictionary page out of the length (PARQUET-816).
	if f.meta.WriterVersion().LessThan(metadata.Parquet816FixedVersion) {
		length += min(100, f.end-start-length)
	}
	return &chunk{column: c, rows: int(rows), codec: m.Compression(), encodings: m.Encodings()}, start, length, nil
}

// load checks a column chunk and reads its bytes.
func (f *File) load(group, field int) (*chunk, error) {
	c := &f.columns[field]
	k, start, length, err := f.check(group, c)
	if err != nil {
		return nil, err
	}
	k.bytes = make([]byte, length)
	if _, err := f.r.ReadAt(k.bytes, start); err != nil {
		return nil, fault.Dataf("cannot_read", f.name, c.field.Name, "cannot be read (%v)", reason(err))
	}
	return k, nil
}

// explain says why a column cannot be read.
func (f *File) explain(c *column, err error) error {
	switch {
	case errors.Is(err, errNotText):
		return fault.Dataf("not_utf8", f.name, c.field.Name, "column `%s` holds bytes that are not UTF-8 text: export it again as text, or drop the column in the mapping", c.field.Name)
	case errors.Is(err, errRange):
		return fault.Dataf("out_of_range", f.name, c.field.Name, "column `%s` holds a value that is too large for 64 bits: export it again as a number, or drop the column in the mapping", c.field.Name)
	}
	return f.corrupt(c, err)
}

func (f *File) corrupt(c *column, why error) error {
	return fault.Dataf("corrupt_file", f.name, c.field.Name, "column `%s` is damaged (%v): export the file again", c.field.Name, why)
}

// Read reads a column of a row group.
func (f *File) Read(group, field int) (v vector.Values, err error) {
	c := &f.columns[field]
	defer func() {
		if p := recover(); p != nil {
			err = f.corrupt(c, fmt.Errorf("%v", p))
		}
	}()
	k, err := f.load(group, field)
	if err != nil {
		return v, err
	}
	v, err = k.decode()
	if err == nil && v.Rows != k.rows {
		err = fmt.Errorf("%d rows of %d", v.Rows, k.rows)
	}
	if err == nil && v.Null != nil && len(v.Null) != v.Rows {
		err = errors.New("levels of another length than the values")
	}
	if err != nil {
		return v, f.explain(c, err)
	}
	return v, nil
}

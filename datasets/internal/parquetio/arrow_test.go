package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"

	"tiltakseffekt/datasets/internal/vector"
)

// Arrow's own column readers are the reference that our decoders are held to, on lawful files. They do not read files
// outside tests: on damaged levels those of v15 never return (FuzzPages found one in seconds), nor do they on a damaged
// DELTA page, and BYTE_STREAM_SPLIT they do not know.

// arrowPages hands our checked pages to Arrow's column readers.
type arrowPages struct {
	pages pages
	page  file.Page
	err   error
}

func (a *arrowPages) SetMaxPageHeaderSize(int) {}
func (a *arrowPages) Page() file.Page          { return a.page }
func (a *arrowPages) Err() error               { return a.err }
func (a *arrowPages) Reset(parquet.BufferedReader, int64, compress.Compression, *file.CryptoContext) {
	panic("the pages of a chunk are read once")
}

func (a *arrowPages) Next() bool {
	a.page = nil
	p, err := a.pages.next()
	if err != nil || p == nil {
		a.err = err
		return false
	}
	// Arrow's texts point into their pages, over several of them: each needs bytes of its own.
	buffer, n, size := memory.NewBufferBytes(bytes.Clone(p.body)), int32(p.values), int32(len(p.body))
	switch {
	case p.dictionary:
		a.page = file.NewDictionaryPage(buffer, n, p.encoding)
	case p.version2:
		a.page = file.NewDataPageV2(buffer, n, int32(p.nulls), int32(p.rows), p.encoding, int32(p.defBytes), int32(p.repBytes), size, false)
	default:
		if p.encoding == byteStreamSplit {
			a.err = errors.New("an encoding that arrow v15 does not read")
			return false
		}
		a.page = file.NewDataPageV1(buffer, n, p.encoding, p.defEncoding, p.repEncoding, size)
	}
	return true
}

var bufferPool = sync.Pool{New: func() any { return memory.NewResizableBuffer(memory.DefaultAllocator) }}

// decodeArrow decodes a chunk with Arrow's column reader of its physical type, whose values it passes on in PLAIN
// encoding. It never asks for more than the rows of the chunk, and stops where a batch brings nothing.
func (k *chunk) decodeArrow() (sink, []bool, error) {
	c := k.column
	s := newSink(c)
	s.grow(k.begin())
	source := &arrowPages{pages: pages{chunk: k.bytes, codec: k.codec, values: int64(k.rows)}}
	reader := file.NewColumnReader(c.descr, source, memory.DefaultAllocator, &bufferPool)
	const batch = 8192
	levels := make([]int16, batch)
	var null []bool
	plain := make([]byte, 0, 8*batch)
	missing := make([]bool, batch)
	for rows := 0; rows < k.rows; {
		n := int64(min(batch, k.rows-rows))
		total, values, body, err := readBatch(reader, n, levels[:n], plain[:0], c)
		plain = body
		if err == nil {
			err = reader.Err()
		}
		if err == nil {
			err = source.err
		}
		if err != nil {
			return nil, nil, err
		}
		if !c.optional {
			total = int64(values)
		}
		if total <= 0 || total > n || int64(values) > total {
			return nil, nil, fmt.Errorf("%d rows of %d", rows, k.rows)
		}
		if err := s.plain(body, values); err != nil {
			return nil, nil, err
		}
		if int64(values) < total {
			if null == nil {
				null = make([]bool, rows, rows+int(total))
			}
			there := 0
			for i, l := range levels[:total] {
				missing[i] = l == 0
				if l != 0 {
					there++
				}
			}
			if there != values {
				return nil, nil, errors.New("levels that do not fit the values")
			}
			s.spread(missing[:total], values)
			null = append(null, missing[:total]...)
		} else if null != nil {
			null = append(null, make([]bool, total)...)
		}
		rows += int(total)
	}
	return s, null, nil
}

// readBatch reads up to n values and appends them to plain in PLAIN encoding.
func readBatch(reader file.ColumnChunkReader, n int64, levels []int16, plain []byte, c *column) (total int64, values int, body []byte, err error) {
	switch r := reader.(type) {
	case *file.Int32ColumnChunkReader:
		to := make([]int32, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			plain = binary.LittleEndian.AppendUint32(plain, uint32(v))
		}
	case *file.Int64ColumnChunkReader:
		to := make([]int64, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			plain = binary.LittleEndian.AppendUint64(plain, uint64(v))
		}
	case *file.Int96ColumnChunkReader:
		to := make([]parquet.Int96, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			plain = append(plain, v[:]...)
		}
	case *file.Float32ColumnChunkReader:
		to := make([]float32, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			plain = binary.LittleEndian.AppendUint32(plain, math.Float32bits(v))
		}
	case *file.Float64ColumnChunkReader:
		to := make([]float64, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			plain = binary.LittleEndian.AppendUint64(plain, math.Float64bits(v))
		}
	case *file.BooleanColumnChunkReader:
		to := make([]bool, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		plain = append(plain, make([]byte, (values+7)/8)...)
		for i, v := range to[:values] {
			if v {
				plain[i>>3] |= 1 << (i & 7)
			}
		}
	case *file.ByteArrayColumnChunkReader:
		to := make([]parquet.ByteArray, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			plain = append(binary.LittleEndian.AppendUint32(plain, uint32(len(v))), v...)
		}
	case *file.FixedLenByteArrayColumnChunkReader:
		to := make([]parquet.FixedLenByteArray, n)
		total, values, err = r.ReadBatch(n, to, levels, nil)
		for _, v := range to[:values] {
			if len(v) != c.width {
				return total, values, plain, errShort
			}
			plain = append(plain, v...)
		}
	default:
		return 0, 0, plain, fmt.Errorf("no reader for %T", reader)
	}
	return total, values, plain, err
}

// arrow decodes a chunk by Arrow's column readers.
func (k *chunk) arrow() (v vector.Values, err error) {
	defer recovered(&err)
	v.Kind = k.column.field.Kind
	if v.Kind == vector.Null {
		v.Rows = k.rows
		return v, nil
	}
	s, null, err := k.decodeArrow()
	if err != nil {
		return v, err
	}
	s.fill(&v)
	v.Null = null
	return v, nil
}

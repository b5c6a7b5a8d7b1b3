package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// page is a page of a column chunk, uncompressed.
type page struct {
	dictionary bool
	values     int // levels in a data page, entries in a dictionary
	encoding   parquet.Encoding
	// A data page of version 1 holds levels and values in one piece (body); one of version 2 knows where they part.
	version2    bool
	defEncoding parquet.Encoding
	repEncoding parquet.Encoding
	defBytes    int
	repBytes    int
	nulls, rows int
	body        []byte
}

// byteStreamSplit has no name in arrow v15.
const byteStreamSplit = parquet.Encoding(9)

// maxPage is the largest page that is accepted; writers keep to 1 MiB or so.
const maxPage = 1 << 30

// zstdReader decodes pages; unlike Arrow's it never writes more than the page was said to hold. It may be used by
// several goroutines.
var zstdReader, _ = zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(0))

// pages reads the pages of a column chunk one after the other.
type pages struct {
	chunk  []byte // what is left of the chunk
	codec  compress.Compression
	values int64  // levels that data pages must still bring
	buffer []byte // of data pages; a dictionary gets its own
	lazy   bool   // data pages are passed over without their bodies
}

// next returns the next data or dictionary page, or nil at the end of the chunk. A data page is valid until the
// next call.
func (p *pages) next() (*page, error) {
	for p.values > 0 {
		if len(p.chunk) == 0 {
			return nil, fmt.Errorf("%d values are missing at its end", p.values)
		}
		h, size, err := readPageHeader(p.chunk)
		if err != nil {
			return nil, err
		}
		if h.uncompressed < 0 || h.uncompressed > maxPage || h.compressed < 0 || h.compressed > int64(len(p.chunk)-size) {
			return nil, errors.New("a page is larger than the space it has")
		}
		data := p.chunk[size : size+int(h.compressed)]
		p.chunk = p.chunk[size+int(h.compressed):]
		if h.kind == 1 || h.kind > 3 || h.kind < 0 {
			continue // an index, or a kind of page yet unknown
		}
		if !h.hasBody || h.values < 0 || h.values > 1<<31-1 {
			return nil, errThrift
		}
		if h.hasCRC && crc32.ChecksumIEEE(data) != uint32(h.crc) {
			return nil, errors.New("the checksum of a page is wrong")
		}
		out := &page{
			dictionary: h.kind == 2, values: int(h.values), encoding: parquet.Encoding(h.encoding),
			defEncoding: parquet.Encoding(h.defEncoding), repEncoding: parquet.Encoding(h.repEncoding),
		}
		if h.kind != 2 {
			if h.values > p.values {
				return nil, errors.New("its pages hold more values than the file says")
			}
			p.values -= h.values
			if p.lazy {
				return out, nil
			}
		}
		switch h.kind {
		case 0, 2:
			out.body, err = p.decompress(nil, data, int(h.uncompressed), h.kind == 2)
		case 3:
			levels := h.defBytes + h.repBytes
			if h.defBytes < 0 || h.repBytes < 0 || levels > h.compressed || levels > h.uncompressed || h.nulls < 0 || h.nulls > h.values {
				return nil, errThrift
			}
			out.version2, out.defBytes, out.repBytes = true, int(h.defBytes), int(h.repBytes)
			out.nulls, out.rows = int(h.nulls), int(h.rows)
			codec := p.codec
			if h.plain {
				p.codec = compress.Codecs.Uncompressed
			}
			out.body, err = p.decompress(data[:levels], data[levels:], int(h.uncompressed), false)
			p.codec = codec
		}
		return out, err
	}
	return nil, nil
}

// decompress returns prefix followed by the decompressed data, size bytes in all.
func (p *pages) decompress(prefix, data []byte, size int, keep bool) ([]byte, error) {
	want := size - len(prefix)
	if p.codec == compress.Codecs.Uncompressed {
		if len(data) != want {
			return nil, fmt.Errorf("a page of %d bytes has %d", want, len(data))
		}
		if len(prefix) == 0 {
			return data, nil
		}
	}
	var b []byte
	if keep {
		b = make([]byte, size)
	} else {
		if cap(p.buffer) < size {
			p.buffer = make([]byte, size)
		}
		b = p.buffer[:size]
	}
	copy(b, prefix)
	to := b[len(prefix):]
	if want == 0 {
		return b, nil // some writers store nothing, some an empty frame
	}
	n, err := decompress(p.codec, to, data)
	if err != nil {
		return nil, err
	}
	if n != want {
		return nil, fmt.Errorf("a page of %d bytes has %d", want, n)
	}
	return b, nil
}

var errCompressed = errors.New("a page that cannot be decompressed")

// decompress fills to, and fails where the data is not exactly as long.
func decompress(codec compress.Compression, to, data []byte) (n int, err error) {
	defer func() {
		if recover() != nil { // some of Arrow's codecs panic where the data is damaged
			n, err = 0, errCompressed
		}
	}()
	switch codec {
	case compress.Codecs.Uncompressed:
		return copy(to, data), nil
	case compress.Codecs.Zstd:
		out, err := zstdReader.DecodeAll(data, to[:0:len(to)])
		if err != nil {
			return 0, fmt.Errorf("%w (%w)", errCompressed, err)
		}
		return len(out), nil
	case compress.Codecs.Snappy:
		// The length stands in front. Looking at it first keeps a damaged one from allocating gigabytes.
		if n, k := binary.Uvarint(data); k <= 0 || n != uint64(len(to)) {
			return 0, errCompressed
		}
		c, err := compress.GetCodec(codec)
		if err != nil {
			return 0, err
		}
		return len(c.Decode(to, data)), nil
	}
	c, err := compress.GetCodec(codec)
	if err != nil {
		return 0, err
	}
	r := c.NewReader(bytes.NewReader(data))
	defer func() { _ = r.Close() }()
	if n, err = io.ReadFull(r, to); err != nil {
		return n, fmt.Errorf("%w (%w)", errCompressed, err)
	}
	if extra, err := r.Read(make([]byte, 1)); extra > 0 || (err != nil && err != io.EOF) {
		return n, errCompressed
	}
	return n, nil
}

// split parts the body of a data page into definition levels and values, for a flat column. levels is nil for a column
// that cannot be missing.
func (p *page) split(optional bool) (levels, values []byte, err error) {
	if p.version2 {
		levels, values = p.body[p.repBytes:p.repBytes+p.defBytes], p.body[p.repBytes+p.defBytes:]
		if !optional {
			levels = nil
		}
		return levels, values, nil
	}
	if !optional || p.defEncoding == parquet.Encodings.BitPacked {
		return nil, p.body, nil
	}
	if len(p.body) < 4 {
		return nil, nil, errors.New("a page without levels")
	}
	n := binary.LittleEndian.Uint32(p.body)
	if uint64(n) > uint64(len(p.body)-4) {
		return nil, nil, errors.New("the levels of a page are longer than the page")
	}
	return p.body[4 : 4+n], p.body[4+n:], nil
}

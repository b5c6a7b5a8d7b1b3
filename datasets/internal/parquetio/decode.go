package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/parquet"

	"tiltakseffekt/datasets/internal/vector"
)

// decode reads all pages of a column chunk.
func (k *chunk) decode() (v vector.Values, err error) {
	v.Kind = k.column.field.Kind
	if v.Kind == vector.Null {
		v.Rows = k.rows
		return v, nil
	}
	s, null, err := k.decodePages()
	if err != nil {
		return v, err
	}
	s.fill(&v)
	v.Null = null
	return v, nil
}

// begin is the number of rows to make room for: what the file says, within reason, since a damaged file says anything.
func (k *chunk) begin() int { return min(k.rows, 1<<22) }

// decodePages decodes the pages of a flat column (Parquet's Encodings.md).
func (k *chunk) decodePages() (sink, []bool, error) {
	c := k.column
	s := newSink(c)
	s.grow(k.begin())
	var (
		p       = pages{chunk: k.bytes, codec: k.codec, values: int64(k.rows)}
		null    []bool // of the rows so far; nil while none is missing
		missing []bool // of a page
		codes   []uint32
		rows    int
		hasDict bool
	)
	for {
		page, err := p.next()
		if err != nil {
			return nil, nil, err
		}
		if page == nil {
			break
		}
		if page.dictionary {
			if hasDict {
				return nil, nil, errors.New("two dictionaries")
			}
			if page.encoding != parquet.Encodings.Plain && page.encoding != parquet.Encodings.PlainDict {
				return nil, nil, errors.New("a dictionary that is not PLAIN")
			}
			hasDict = true
			if err := s.dictionary(page.body, page.values); err != nil {
				return nil, nil, err
			}
			continue
		}
		levels, body, err := page.split(c.optional)
		if err != nil {
			return nil, nil, err
		}
		present := page.values
		if c.optional {
			missing, _ = extend(missing[:0], page.values)
			switch {
			case page.version2 && page.nulls == 0 && len(levels) == 0:
				clear(missing)
			case !page.version2 && page.defEncoding == parquet.Encodings.BitPacked:
				present, body, err = packedLevels(page.body, missing)
			default:
				present, err = decodeLevels(levels, missing)
			}
			if err != nil {
				return nil, nil, err
			}
			if page.version2 && present != page.values-page.nulls {
				return nil, nil, errors.New("a page with another number of missing values than it says")
			}
		}
		switch page.encoding {
		case parquet.Encodings.Plain:
			err = s.plain(body, present)
		case parquet.Encodings.PlainDict, parquet.Encodings.RLEDict:
			codes, _ = extend(codes[:0], present)
			if present > 0 { // a column of missing values may have no dictionary
				if !hasDict {
					return nil, nil, errors.New("codes without a dictionary")
				}
				if len(body) == 0 {
					return nil, nil, errShort
				}
				if err = decodeHybrid(body[1:], int(body[0]), codes); err == nil {
					err = s.codes(codes)
				}
			}
		case byteStreamSplit:
			width, ok := widths[c.physical]
			if c.physical == parquet.Types.FixedLenByteArray {
				width, ok = c.width, c.width > 0
			}
			if !ok || len(body) != present*width {
				return nil, nil, errShort
			}
			err = s.plain(unsplit(body, width), present)
		case parquet.Encodings.RLE:
			if c.physical != parquet.Types.Boolean {
				return nil, nil, errors.New("runs of something else than true and false")
			}
			err = plainBools(s, body, present, &codes)
		case parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.DeltaByteArray, parquet.Encodings.DeltaLengthByteArray:
			var plain []byte
			if plain, err = plainFromDelta(c, page.encoding, body, present); err == nil {
				err = s.plain(plain, present)
			}
		default:
			return nil, nil, fmt.Errorf("a page encoded with %s", encodingName(page.encoding))
		}
		if err != nil {
			return nil, nil, err
		}
		if present < page.values {
			if null == nil {
				null = make([]bool, rows, max(k.begin(), rows+page.values))
			}
			s.spread(missing, present)
			null = append(null, missing...)
		} else if null != nil {
			null, missing = extend(null, page.values)
			clear(missing)
			missing = nil
		}
		rows += page.values
	}
	return s, null, nil
}

var widths = map[parquet.Type]int{
	parquet.Types.Int32: 4, parquet.Types.Int64: 8, parquet.Types.Float: 4, parquet.Types.Double: 8,
}

// plainBools decodes runs of true and false, which have their length in front.
func plainBools(s sink, body []byte, n int, scratch *[]uint32) error {
	if n == 0 {
		return nil
	}
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return errShort
	}
	*scratch, _ = extend((*scratch)[:0], n)
	if err := decodeHybrid(body[4:4+binary.LittleEndian.Uint32(body)], 1, *scratch); err != nil {
		return err
	}
	packed := make([]byte, (n+7)/8)
	for i, bit := range *scratch {
		packed[i>>3] |= byte(bit&1) << (i & 7)
	}
	return s.plain(packed, n)
}

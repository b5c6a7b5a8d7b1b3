package parquetio

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"

	"tiltakseffekt/datasets/internal/vector"
)

// header writes the header of a page: the fields of PageHeader, where a slice is a struct.
func header(fields map[int]any) []byte {
	var b []byte
	last := 0
	for id := 1; id <= 8; id++ {
		v, ok := fields[id]
		if !ok {
			continue
		}
		delta := byte(id-last) << 4
		last = id
		switch v := v.(type) {
		case int:
			b = append(b, delta|tI32)
			b = binary.AppendVarint(b, int64(v))
		case bool:
			if v {
				b = append(b, delta|tTrue)
			} else {
				b = append(b, delta|tFalse)
			}
		case map[int]any:
			b = append(b, delta|tStruct)
			b = append(b, header(v)...)
		}
	}
	return append(b, tStop)
}

type m = map[int]any

// v1 is a data page of version 1.
func v1(values int, encoding, defEncoding parquet.Encoding, size int, body []byte) []byte {
	return append(header(m{1: 0, 2: size, 3: len(body), 5: m{1: values, 2: int(encoding), 3: int(defEncoding), 4: 3}}), body...)
}

func int64s(values ...int64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// TestOddPages: pages that the format allows and few writers write, made by hand.
func TestOddPages(t *testing.T) {
	optional := &column{field: vector.Field{Name: "x", Kind: vector.Int64}, physical: parquet.Types.Int64, meaning: asInt, optional: true}
	required := &column{field: vector.Field{Name: "x", Kind: vector.Int64}, physical: parquet.Types.Int64, meaning: asInt}
	plain, dict, rle, packed := parquet.Encodings.Plain, parquet.Encodings.RLEDict, parquet.Encodings.RLE, parquet.Encodings.BitPacked
	levels := func(b ...byte) []byte { return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...) }
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	index := append(header(m{1: 1, 2: 3, 3: 3, 6: m{}}), "abc"...)
	unknown := append(header(m{1: 9, 2: 3, 3: 3}), "abc"...)
	dictionary := func(values ...int64) []byte {
		b := int64s(values...)
		return append(header(m{1: 2, 2: len(b), 3: len(b), 7: m{1: len(values), 2: int(plain)}}), b...)
	}
	v2 := func(values, nulls, defBytes int, compressed bool, size int, body []byte) []byte {
		return append(header(m{1: 3, 2: size, 3: len(body), 8: m{1: values, 2: nulls, 3: values, 4: int(plain), 5: defBytes, 6: 0, 7: compressed}}), body...)
	}
	body := int64s(7, 8, 9)
	withCRC := func(crc uint32) []byte {
		return append(header(m{1: 0, 2: len(body), 3: len(body), 4: int(int32(crc)), 5: m{1: 3, 2: 0, 3: 3, 4: 3}}), body...)
	}
	none, zip := compress.Codecs.Uncompressed, compress.Codecs.Gzip
	const missing = -1
	for name, c := range map[string]struct {
		column *column
		codec  compress.Compression
		bytes  []byte
		want   []int64 // missing where it is; nil: an error
	}{
		"plain":                               {required, none, v1(3, plain, rle, 24, body), []int64{7, 8, 9}},
		"two pages":                           {required, none, join(v1(1, plain, rle, 8, int64s(7)), v1(2, plain, rle, 16, int64s(8, 9))), []int64{7, 8, 9}},
		"an empty page first":                 {required, none, join(v1(0, plain, rle, 0, nil), v1(3, plain, rle, 24, body)), []int64{7, 8, 9}},
		"an index page between":               {required, none, join(index, v1(3, plain, rle, 24, body)), []int64{7, 8, 9}},
		"a kind of page yet unknown":          {required, none, join(unknown, v1(3, plain, rle, 24, body)), []int64{7, 8, 9}},
		"all missing, codes, no dictionary":   {optional, none, v1(3, dict, rle, 6, levels(3<<1, 0)), []int64{missing, missing, missing}},
		"levels bit-packed, the old way":      {optional, none, v1(3, plain, packed, 17, join([]byte{0b10100000}, int64s(7, 9))), []int64{7, missing, 9}},
		"gzip in two members":                 {required, zip, v1(3, plain, rle, 24, join(gz(body[:5]), gz(body[5:]))), []int64{7, 8, 9}},
		"version 2, not compressed":           {optional, zip, v2(3, 1, 2, false, 18, join([]byte{3, 0b101}, int64s(7, 9))), []int64{7, missing, 9}},
		"version 2, nothing compressed":       {optional, zip, v2(3, 3, 2, true, 2, []byte{3 << 1, 0}), []int64{missing, missing, missing}},
		"version 2, an empty member":          {optional, zip, v2(3, 3, 2, true, 2, join([]byte{3 << 1, 0}, gz(nil))), []int64{missing, missing, missing}},
		"a checksum":                          {required, none, withCRC(crc32.ChecksumIEEE(body)), []int64{7, 8, 9}},
		"a dictionary and then plain":         {required, none, join(dictionary(5, 6), v1(2, dict, rle, 3, []byte{1, 3, 0b01}), v1(1, plain, rle, 8, int64s(9))), []int64{6, 5, 9}},
		"a wrong checksum":                    {required, none, withCRC(1), nil},
		"codes without a dictionary":          {required, none, v1(3, dict, rle, 3, []byte{1, 3, 1}), nil},
		"a code beyond the dictionary":        {required, none, join(dictionary(5), v1(3, dict, rle, 3, []byte{1, 3, 0b111})), nil},
		"two dictionaries":                    {required, none, join(dictionary(5), dictionary(6), v1(3, plain, rle, 24, body)), nil},
		"too few values":                      {required, none, v1(3, plain, rle, 16, body[:16]), nil},
		"too few pages":                       {required, none, v1(2, plain, rle, 16, body[:16]), nil},
		"too many values":                     {required, none, v1(4, plain, rle, 32, int64s(1, 2, 3, 4)), nil},
		"cut short":                           {required, none, v1(3, plain, rle, 24, body)[:20], nil},
		"another size than it says":           {required, none, v1(3, plain, rle, 25, body), nil},
		"gzip of another size":                {required, zip, v1(3, plain, rle, 23, gz(body)), nil},
		"gzip of a smaller size":              {required, zip, v1(3, plain, rle, 25, gz(body)), nil},
		"gzip with rubbish":                   {required, zip, v1(3, plain, rle, 24, gz(body)[:20]), nil},
		"an unknown encoding":                 {required, none, v1(3, 77, rle, 24, body), nil},
		"levels beyond the page":              {optional, none, v1(3, plain, rle, 5, append(binary.LittleEndian.AppendUint32(nil, 100), 1)), nil},
		"fewer missing values than it says":   {optional, none, v2(3, 2, 2, false, 18, join([]byte{3, 0b101}, int64s(7, 9))), nil},
		"version 2, levels beyond the page":   {optional, none, v2(3, 1, 40, false, 18, join([]byte{3, 0b101}, int64s(7, 9))), nil},
		"a negative number of values":         {required, none, v1(-1, plain, rle, 24, body), nil},
		"a page of two gigabytes":             {required, zip, v1(3, plain, rle, 1<<31-1, gz(body)), nil},
		"a dictionary of a billion values":    {required, none, append(header(m{1: 2, 2: 8, 3: 8, 7: m{1: 1 << 30, 2: 0}}), body[:8]...), nil},
		"differences of a billion miniblocks": {required, none, v1(3, parquet.Encodings.DeltaBinaryPacked, rle, 12, append([]byte{128, 1}, 0xff, 0xff, 0xff, 0xff, 15, 3, 0, 0, 0, 0)), nil},
		"nothing":                             {required, none, nil, nil},
	} {
		k := &chunk{column: c.column, rows: 3, bytes: c.bytes, codec: c.codec}
		v, err := k.decode()
		if c.want == nil {
			if err == nil {
				t.Errorf("%s: no error, %v", name, v.Ints)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := slices.Clone(v.Ints)
		for i := range v.Null {
			if v.Null[i] {
				got[i] = missing
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

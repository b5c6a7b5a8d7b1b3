package parquetio

import (
	"fmt"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/metadata"

	"tiltakseffekt/datasets/internal/vector"
)

// Outside tells whether the statistics of an integer column say that no value of a row group is in [low, high]. It is
// false where there are none.
func (f *File) Outside(group, field int, low, high int64) (outside bool) {
	defer func() {
		if recover() != nil {
			outside = false
		}
	}()
	c := &f.columns[field]
	if c.meaning != asInt {
		return false
	}
	m, err := f.meta.RowGroup(group).ColumnChunk(c.leaf)
	if err != nil {
		return false
	}
	s, err := m.Statistics()
	if err != nil || s == nil || !s.HasMinMax() {
		return false
	}
	switch s := s.(type) {
	case *metadata.Int64Statistics:
		return s.Max() < low || s.Min() > high
	case *metadata.Int32Statistics:
		return int64(s.Max()) < low || int64(s.Min()) > high
	}
	return false
}

// Texts is the distinct texts of a text column in a row group, without decoding its rows; ok is false where not all its
// pages are dictionary encoded. It may hold texts that no row has.
func (f *File) Texts(group, field int) (v vector.Values, ok bool, err error) {
	c := &f.columns[field]
	if c.meaning != asText {
		return v, false, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = f.corrupt(c, fmt.Errorf("%v", p))
		}
	}()
	k, err := f.load(group, field)
	if err != nil {
		return v, false, err
	}
	s := newSink(c).(*text)
	p := pages{chunk: k.bytes, codec: k.codec, values: int64(k.rows), lazy: true}
	for {
		page, err := p.next()
		if err != nil {
			return v, false, f.corrupt(c, err)
		}
		if page == nil {
			break
		}
		switch {
		case page.dictionary && (page.encoding == parquet.Encodings.Plain || page.encoding == parquet.Encodings.PlainDict):
			if err := s.dictionary(page.body, page.values); err != nil {
				return v, false, f.corrupt(c, err)
			}
		case page.encoding != parquet.Encodings.RLEDict && page.encoding != parquet.Encodings.PlainDict:
			return v, false, nil
		}
	}
	all := make([]uint32, len(s.dict))
	for i := range all {
		all[i] = uint32(i)
	}
	if err := s.codes(all); err != nil {
		return v, false, f.explain(c, err)
	}
	v.Kind = vector.String
	s.fill(&v)
	return v, true, nil
}

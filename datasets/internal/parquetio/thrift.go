package parquetio

import (
	"encoding/binary"
	"errors"
)

// compact reads the compact protocol of Thrift, as far as page headers and the check of a footer need it. It never
// reads outside its bytes, and gives up at a nesting of 32.
//
// Source: thrift-compact-protocol.md of Apache Thrift; parquet.thrift of Apache Parquet.
type compact struct {
	b   []byte
	pos int
}

var errThrift = errors.New("a header that cannot be read")

// The types of the compact protocol.
const (
	tStop   = 0
	tTrue   = 1
	tFalse  = 2
	tByte   = 3
	tI16    = 4
	tI32    = 5
	tI64    = 6
	tDouble = 7
	tBinary = 8
	tList   = 9
	tSet    = 10
	tMap    = 11
	tStruct = 12
	tUUID   = 13
)

func (c *compact) byte() (byte, error) {
	if c.pos >= len(c.b) {
		return 0, errThrift
	}
	c.pos++
	return c.b[c.pos-1], nil
}

func (c *compact) uvarint() (uint64, error) {
	v, n := binary.Uvarint(c.b[c.pos:])
	if n <= 0 {
		return 0, errThrift
	}
	c.pos += n
	return v, nil
}

// integer is a zigzag varint.
func (c *compact) integer() (int64, error) {
	v, err := c.uvarint()
	return int64(v>>1) ^ -int64(v&1), err
}

func (c *compact) advance(n uint64) error {
	if n > uint64(len(c.b)-c.pos) {
		return errThrift
	}
	c.pos += int(n)
	return nil
}

// fields calls field for each field of a struct; it must consume the value (skip does).
func (c *compact) fields(field func(id int16, typ byte) error) error {
	id := int16(0)
	for {
		head, err := c.byte()
		if err != nil {
			return err
		}
		typ := head & 15
		if typ == tStop {
			return nil
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			v, err := c.integer()
			if err != nil {
				return err
			}
			id = int16(v)
		}
		if err := field(id, typ); err != nil {
			return err
		}
	}
}

// list reads the head of a list.
func (c *compact) list() (size uint64, typ byte, err error) {
	head, err := c.byte()
	if err != nil {
		return 0, 0, err
	}
	size, typ = uint64(head>>4), head&15
	if size == 15 {
		if size, err = c.uvarint(); err != nil {
			return 0, 0, err
		}
	}
	if size > uint64(len(c.b)-c.pos) { // an element takes at least a byte
		return 0, 0, errThrift
	}
	return size, typ, nil
}

// skip passes over a value.
func (c *compact) skip(typ byte, depth int) error {
	if depth > 32 {
		return errThrift
	}
	switch typ {
	case tTrue, tFalse:
		return nil
	case tByte:
		return c.advance(1)
	case tI16, tI32, tI64:
		_, err := c.uvarint()
		return err
	case tDouble:
		return c.advance(8)
	case tUUID:
		return c.advance(16)
	case tBinary:
		n, err := c.uvarint()
		if err != nil {
			return err
		}
		return c.advance(n)
	case tList, tSet:
		n, element, err := c.list()
		if err != nil {
			return err
		}
		for range n {
			if err := c.skipElement(element, depth+1); err != nil {
				return err
			}
		}
		return nil
	case tMap:
		n, err := c.uvarint()
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		types, err := c.byte()
		if err != nil {
			return err
		}
		if n > uint64(len(c.b)-c.pos) {
			return errThrift
		}
		for range n {
			if err := c.skipElement(types>>4, depth+1); err != nil {
				return err
			}
			if err := c.skipElement(types&15, depth+1); err != nil {
				return err
			}
		}
		return nil
	case tStruct:
		return c.fields(func(_ int16, typ byte) error { return c.skip(typ, depth+1) })
	}
	return errThrift
}

// skipElement passes over an element of a list or map, where true and false take a byte.
func (c *compact) skipElement(typ byte, depth int) error {
	if typ == tTrue || typ == tFalse {
		return c.advance(1)
	}
	return c.skip(typ, depth)
}

// checkFooter walks through a footer before Arrow reads it: every size in it fits the bytes, and the schema is a tree
// of at most 64 levels whose numbers of children add up. Arrow allocates what a schema says without looking. It returns
// the footer without logical types that arrow v15 does not know (VARIANT, GEOMETRY and what comes), on which it gives up;
// the format says that a reader takes such a column by its physical type.
func checkFooter(b []byte) ([]byte, error) {
	c := &compact{b: b}
	var unknown [][2]int // where they stand
	err := c.fields(func(id int16, typ byte) error {
		if id != 2 || typ != tList {
			return c.skip(typ, 0)
		}
		n, element, err := c.list()
		if err != nil || element != tStruct {
			return errThrift
		}
		open := []int64{1} // children that are still to come, level by level
		for range n {
			children, cut, err := c.schemaElement()
			if err != nil {
				return err
			}
			if cut[1] > 0 {
				unknown = append(unknown, cut)
			}
			for len(open) > 0 && open[len(open)-1] == 0 {
				open = open[:len(open)-1]
			}
			if len(open) == 0 || len(open) > 64 || children < 0 || children > int64(n) {
				return errThrift
			}
			open[len(open)-1]--
			if children > 0 {
				open = append(open, children)
			}
		}
		for _, left := range open {
			if left != 0 {
				return errThrift
			}
		}
		return nil
	})
	if err != nil || unknown == nil {
		return b, err
	}
	var clean []byte
	from := 0
	for _, cut := range unknown {
		clean = append(clean, b[from:cut[0]]...)
		from = cut[1]
	}
	return append(clean, b[from:]...), nil
}

// schemaElement reads the number of children of an element of the schema, and where a logical type of an unknown kind
// stands in it, if it is the last field: the field behind would otherwise get another number.
func (c *compact) schemaElement() (children int64, unknown [2]int, err error) {
	at := c.pos // the head of the field that comes next
	err = c.fields(func(id int16, typ byte) error {
		defer func() { at = c.pos }()
		switch {
		case id == 5 && typ == tI32:
			children, err = c.integer()
			return err
		case id == 10 && typ == tStruct:
			known := false
			if err := c.fields(func(kind int16, typ byte) error {
				known = kind >= 1 && kind <= 8 || kind >= 10 && kind <= 15
				return c.skip(typ, 0)
			}); err != nil {
				return err
			}
			if !known && c.pos < len(c.b) && c.b[c.pos] == tStop {
				unknown = [2]int{at, c.pos}
			}
			return nil
		}
		return c.skip(typ, 0)
	})
	return children, unknown, err
}

// pageHeader is the header of a page.
type pageHeader struct {
	kind         int64 // 0 data, 1 index, 2 dictionary, 3 data of version 2
	uncompressed int64
	compressed   int64
	crc          int64
	hasCRC       bool
	values       int64
	nulls, rows  int64 // version 2
	encoding     int64
	defEncoding  int64 // version 1
	repEncoding  int64
	defBytes     int64 // version 2
	repBytes     int64
	plain        bool // version 2: the values are not compressed
	hasBody      bool // the header of its kind was there
}

// readPageHeader reads a header at the start of b and returns the number of bytes it took.
func readPageHeader(b []byte) (h pageHeader, size int, err error) {
	c := &compact{b: b}
	// into reads an integer field.
	into := func(target *int64, typ byte) error {
		if typ != tI32 {
			return errThrift
		}
		v, err := c.integer()
		*target = v
		return err
	}
	err = c.fields(func(id int16, typ byte) error {
		switch {
		case id == 1:
			return into(&h.kind, typ)
		case id == 2:
			return into(&h.uncompressed, typ)
		case id == 3:
			return into(&h.compressed, typ)
		case id == 4:
			h.hasCRC = true
			return into(&h.crc, typ)
		case id == 5 && h.kind == 0 && typ == tStruct, id == 7 && h.kind == 2 && typ == tStruct:
			h.hasBody = true
			return c.fields(func(id int16, typ byte) error {
				switch id {
				case 1:
					return into(&h.values, typ)
				case 2:
					return into(&h.encoding, typ)
				}
				if h.kind == 0 && id == 3 {
					return into(&h.defEncoding, typ)
				}
				if h.kind == 0 && id == 4 {
					return into(&h.repEncoding, typ)
				}
				return c.skip(typ, 0)
			})
		case id == 8 && h.kind == 3 && typ == tStruct:
			h.hasBody = true
			return c.fields(func(id int16, typ byte) error {
				switch id {
				case 1:
					return into(&h.values, typ)
				case 2:
					return into(&h.nulls, typ)
				case 3:
					return into(&h.rows, typ)
				case 4:
					return into(&h.encoding, typ)
				case 5:
					return into(&h.defBytes, typ)
				case 6:
					return into(&h.repBytes, typ)
				case 7:
					h.plain = typ == tFalse
					return nil
				}
				return c.skip(typ, 0)
			})
		}
		return c.skip(typ, 0)
	})
	return h, c.pos, err
}

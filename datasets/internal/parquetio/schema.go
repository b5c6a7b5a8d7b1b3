package parquetio

import (
	"fmt"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"tiltakseffekt/datasets/internal/vector"
)

// meaning says how the physical values of a column become values.
type meaning uint8

const (
	unsupported meaning = iota
	asInt
	asUint // unsigned: 32 bits fit, of 64 bits the upper half does not
	asDate
	asMillis
	asMicros
	asNanos
	asInt96
	asFloat
	asHalf
	asDecimal
	asBool
	asText
	asUUID
	asNull
)

// column is a leaf of the schema that reads as a column, or a top-level field that does not.
type column struct {
	field    vector.Field
	leaf     int // index of the column chunk
	descr    *schema.Column
	physical parquet.Type
	meaning  meaning
	scale    int    // asDecimal
	width    int    // bytes of a FIXED_LEN_BYTE_ARRAY
	optional bool   // has definition levels
	reason   string // unsupported: why
	advice   string // and what to do
}

// columnsOf is the top-level fields of a schema in order.
func columnsOf(s *schema.Schema) ([]column, error) {
	root := s.Root()
	columns := make([]column, 0, root.NumFields())
	leaf := 0
	seen := make(map[string]bool)
	for i := range root.NumFields() {
		node := root.Field(i)
		if seen[node.Name()] {
			return nil, fmt.Errorf("two columns are called `%s`", node.Name())
		}
		seen[node.Name()] = true
		c := column{field: vector.Field{Name: node.Name()}, leaf: leaf}
		switch n := node.(type) {
		case *schema.PrimitiveNode:
			c.descr = s.Column(leaf)
			c.physical = n.PhysicalType()
			c.width = n.TypeLength()
			c.optional = c.descr.MaxDefinitionLevel() == 1
			c.field.Nullable = c.optional
			if c.descr.MaxRepetitionLevel() > 0 {
				c.reason, c.advice = "a list", "with one value a row"
			} else {
				interpret(&c, n)
			}
			leaf++
		default:
			c.reason, c.advice = "nested", "with flat columns"
			switch node.LogicalType().(type) {
			case schema.ListLogicalType:
				c.reason, c.advice = "a list", "with one value a row"
			case schema.MapLogicalType:
				c.reason = "a map"
			}
			leaf += leaves(node)
		}
		columns = append(columns, c)
	}
	return columns, nil
}

func leaves(n schema.Node) int {
	g, ok := n.(*schema.GroupNode)
	if !ok {
		return 1
	}
	total := 0
	for i := range g.NumFields() {
		total += leaves(g.Field(i))
	}
	return total
}

// interpret finds the meaning of a primitive column from its physical and logical (or older, converted) type.
func interpret(c *column, n *schema.PrimitiveNode) {
	set := func(kind vector.Kind, m meaning) { c.field.Kind, c.meaning = kind, m }
	refuse := func(what, advice string) { c.reason, c.advice = what, advice }
	logical := n.LogicalType()
	if _, ok := logical.(schema.NullLogicalType); ok {
		set(vector.Null, asNull)
		return
	}
	if d, ok := logical.(*schema.DecimalLogicalType); ok {
		decimal(c, int(d.Scale()))
		return
	}
	if n.ConvertedType() == schema.ConvertedTypes.Decimal {
		decimal(c, int(n.DecimalMetadata().Scale))
		return
	}
	switch c.physical {
	case parquet.Types.Boolean:
		set(vector.Bool, asBool)
	case parquet.Types.Float, parquet.Types.Double:
		set(vector.Float64, asFloat)
	case parquet.Types.Int96:
		set(vector.Timestamp, asInt96)
	case parquet.Types.Int32, parquet.Types.Int64:
		set(vector.Int64, asInt)
		switch l := logical.(type) {
		case schema.DateLogicalType:
			if c.physical == parquet.Types.Int32 {
				set(vector.Date, asDate)
			}
		case *schema.TimestampLogicalType:
			switch l.TimeUnit() {
			case schema.TimeUnitMillis:
				set(vector.Timestamp, asMillis)
			case schema.TimeUnitMicros:
				set(vector.Timestamp, asMicros)
			default:
				set(vector.Timestamp, asNanos)
			}
		case *schema.TimeLogicalType:
			set(0, unsupported)
			refuse("a time of day", "as an integer or a text")
		case *schema.IntLogicalType:
			if !l.IsSigned() {
				set(vector.Int64, asUint)
			}
		}
	case parquet.Types.ByteArray:
		set(vector.String, asText)
		if _, ok := logical.(schema.BSONLogicalType); ok {
			set(0, unsupported)
			refuse("BSON", "with flat columns")
		}
	case parquet.Types.FixedLenByteArray:
		set(vector.String, asText)
		switch logical.(type) {
		case schema.UUIDLogicalType:
			if c.width == 16 {
				set(vector.String, asUUID)
			}
		case schema.Float16LogicalType:
			if c.width == 2 {
				set(vector.Float64, asHalf)
			}
		case schema.IntervalLogicalType:
			set(0, unsupported)
			refuse("an interval", "as a number of days")
		}
	default:
		refuse("of an unknown type", "with another type")
	}
}

func decimal(c *column, scale int) {
	switch {
	case scale < 0 || scale > 76 || c.physical == parquet.Types.FixedLenByteArray && (c.width < 1 || c.width > 64):
		c.reason, c.advice = "a decimal of unusual size", "as a double"
	case c.physical == parquet.Types.Int32, c.physical == parquet.Types.Int64,
		c.physical == parquet.Types.ByteArray, c.physical == parquet.Types.FixedLenByteArray:
		c.field.Kind, c.meaning, c.scale = vector.Float64, asDecimal, scale
	default:
		c.reason, c.advice = "a decimal of unusual type", "as a double"
	}
}

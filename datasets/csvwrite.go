package datasets

import (
	"bufio"
	"context"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"tiltakseffekt/datasets/internal/vector"
)

// csvWriter writes rows as CSV; Write says how.
type csvWriter struct {
	w      *bufio.Writer
	fields []vector.Field
	begun  bool
	line   []byte
}

func newCSVWriter(w io.Writer, fields []vector.Field) *csvWriter {
	return &csvWriter{w: bufio.NewWriterSize(w, 1<<16), fields: fields}
}

func (c *csvWriter) header() error {
	if c.begun {
		return nil
	}
	c.begun = true
	for i, f := range c.fields {
		if i > 0 {
			c.line = append(c.line, ',')
		}
		c.line = appendText(c.line, f.Name)
	}
	return c.end()
}

func (c *csvWriter) end() error {
	c.line = append(c.line, '\n')
	_, err := c.w.Write(c.line)
	c.line = c.line[:0]
	return err
}

// WriteGroup writes rows.
func (c *csvWriter) WriteGroup(ctx context.Context, columns []vector.Values) error {
	if err := c.header(); err != nil {
		return err
	}
	for row := range columns[0].Rows {
		if row%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for i := range columns {
			v := &columns[i]
			if i > 0 {
				c.line = append(c.line, ',')
			}
			if v.Null != nil && v.Null[row] {
				continue
			}
			switch v.Kind {
			case vector.Int64:
				c.line = strconv.AppendInt(c.line, v.Ints[row], 10)
			case vector.Float64:
				c.line = appendFloat(c.line, v.Floats[row])
			case vector.Bool:
				c.line = strconv.AppendBool(c.line, v.Bools[row])
			case vector.String:
				c.line = appendText(c.line, v.Levels[v.Codes[row]])
			case vector.Date:
				c.line = append(c.line, v.Dates[row].String()...)
			case vector.Timestamp:
				c.line = append(c.line, formatTime(v.Ints[row])...)
			}
		}
		if err := c.end(); err != nil {
			return err
		}
	}
	return nil
}

// Close writes the header of a table without rows, and what is buffered.
func (c *csvWriter) Close() error {
	if err := c.header(); err != nil {
		return err
	}
	return c.w.Flush()
}

// formatTime writes microseconds since 1970.
func formatTime(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.999999Z")
}

// appendFloat writes the fewest digits that give the number back; infinities as R and Python write them.
func appendFloat(b []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(b, "Inf"...)
	case math.IsInf(v, -1):
		return append(b, "-Inf"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// appendText writes a text, in quotes where it would otherwise be read differently.
func appendText(b []byte, s string) []byte {
	if s != "" && !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		return append(b, s...)
	}
	b = append(b, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		b = append(append(b, s[:i]...), `""`...)
		s = s[i+1:]
	}
	return append(append(b, s...), '"')
}

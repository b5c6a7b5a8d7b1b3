package datasets

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// Mapping says how the columns of tables are called in their files, what their codes mean, and which are dropped. It
// is a YAML file with one block a table, all of whose parts are optional:
//
//	person:
//	  file: uttrekk_personer.parquet                  # in the folder of the register; default: a file called after the table
//	  rename: {LOPENR: person_id, FODT: fodselsaar}   # column of the file: our name
//	  drop: [NAVN, MERKNAD]                           # columns of the file that are not read at all
//	  codes:                                          # by our name: value of the file: our value
//	    kjonn: {"1": mann, "2": kvinne, "9": null}    # null: missing
//
// Columns that are not named keep their names, and values that are not listed stay as they are. Values are compared as
// text, so that 1 and "1" are the same; a translated column is a text column. A dropped column may hold direct
// identifiers: it is neither read nor searched.
type Mapping struct {
	tables map[string]tableMapping
}

// MappedTables are the names of the tables that a mapping may have: those of a register folder, and `data` for the
// file of a table-level command.
var MappedTables = []string{
	"person", "person_historikk", "deltakelse", "arbeidssoker", "maaned", "arbeidsforhold", "inntekt", "ytelse",
	"deltakelsesmengde", "omrade_maaned", "enhet", "tildeling", "person_kobling", "satser", "data",
}

// tableMapping is the mapping of a table; the zero value changes nothing.
type tableMapping struct {
	rename map[string]string
	drop   []string
	codes  map[string]map[string]*string
	lines  map[string]int // of the columns named, for messages
	file   string
	source string // file of the register that holds the table; "": one called after it
}

// LoadMapping reads a mapping file. An unknown table or key, a wrong type and a repeated key are errors that name the
// line (status 2).
func LoadMapping(path string) (*Mapping, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	return ParseMapping(path, b)
}

// ParseMapping reads a mapping; errors call it name.
func ParseMapping(name string, b []byte) (m *Mapping, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser of YAML panics on some broken texts
			err = mappingError(name, 0, "is not YAML (%v)", p)
		}
	}()
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return &Mapping{}, nil
		}
		what, where := strings.TrimPrefix(err.Error(), "yaml: "), ""
		if strings.HasSuffix(what, "did not find expected key") { // the parser names where the block begins, not where it goes wrong
			where = ": somewhere in the block that begins there a line is indented otherwise than its neighbours, or the line above it that it belongs to is a comment"
		}
		return nil, mappingError(name, 0, "is not YAML (%s)%s", what, where)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, mappingError(name, 0, "holds more than one document: write one")
	}
	m = &Mapping{tables: make(map[string]tableMapping)}
	root := document.Content[0]
	if isNull(root) {
		return m, nil
	}
	err = eachKey(name, root, "the names of tables", MappedTables, func(table string, value *yaml.Node) error {
		t, err := parseTable(name, table, value)
		m.tables[table] = t
		return err
	})
	return m, err
}

// File is the file or folder, inside that of the register, that holds a table; "" where it is called after the table.
func (m *Mapping) File(table string) string {
	if m == nil {
		return ""
	}
	return m.tables[table].source
}

// FileFault is a fault of the file that the mapping names for a table (status 2); it names the mapping file and the line.
func (m *Mapping) FileFault(table, format string, args ...any) error {
	return mappingError(m.tables[table].file, m.tables[table].lines["file "], format, args...)
}

// Rename is one line of `rename`: a column of the file and what the mapping calls it.
type Rename struct {
	From, To string
	Line     int // in the mapping file
}

// Renames are the renamed columns of a table, in the order of the mapping file; nil where there are none.
func (m *Mapping) Renames(table string) []Rename {
	if m == nil {
		return nil
	}
	t := m.tables[table]
	var list []Rename
	for from, to := range t.rename {
		list = append(list, Rename{from, to, t.lines[from]})
	}
	slices.SortFunc(list, func(a, b Rename) int { return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.From, b.From)) })
	return list
}

// Fault is a fault of a line of the mapping of a table (status 2); it names the mapping file.
func (m *Mapping) Fault(table string, line int, format string, args ...any) error {
	return mappingError(m.tables[table].file, line, format, args...)
}

func mappingError(name string, line int, format string, args ...any) error {
	where := ""
	if line > 0 {
		where = fmt.Sprintf("line %d: ", line)
	}
	e := fault.Usagef("mapping", "%s%s", where, fmt.Sprintf(format, args...))
	return e.In(name)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// eachKey calls f for each key of a mapping node, in order. Keys are among allowed where that is not nil, and are not
// repeated.
func eachKey(name string, n *yaml.Node, what string, allowed []string, f func(key string, value *yaml.Node) error) error {
	n = resolveAlias(n)
	if n.Kind != yaml.MappingNode {
		return mappingError(name, n.Line, "here stand %s, each followed by a colon", what)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolveAlias(n.Content[i+1])
		if key.Kind != yaml.ScalarNode {
			return mappingError(name, key.Line, "here stand %s, each followed by a colon", what)
		}
		if seen[key.Value] {
			return mappingError(name, key.Line, "`%s` stands here twice", key.Value)
		}
		seen[key.Value] = true
		if allowed != nil && !slices.Contains(allowed, key.Value) {
			hint := fault.Suggest(key.Value, allowed)
			if hint == "" {
				hint = " (known are " + strings.Join(allowed, ", ") + ")"
			}
			return mappingError(name, key.Line, "unknown key `%s`%s", key.Value, hint)
		}
		if err := f(key.Value, value); err != nil {
			return err
		}
	}
	return nil
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	for range 8 { // an alias of an alias is as deep as it gets
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			return n
		}
		n = n.Alias
	}
	return n
}

func parseTable(name, table string, n *yaml.Node) (tableMapping, error) {
	t := tableMapping{file: name, lines: make(map[string]int)}
	if isNull(n) {
		return t, nil
	}
	err := eachKey(name, n, "file, rename, drop and codes", []string{"file", "rename", "drop", "codes"}, func(key string, value *yaml.Node) error {
		switch key {
		case "file":
			if table == "data" {
				return mappingError(name, value.Line, "`file` is for the tables of a register: `--data` names this one")
			}
			var err error
			t.lines["file "] = value.Line // no column is called so: names of columns hold no space at their end
			t.source, err = scalar(name, value, "the name of a file in the folder of the register")
			return err
		case "rename":
			return t.parseRename(name, value)
		case "drop":
			return t.parseDrop(name, value)
		}
		return t.parseCodes(name, value)
	})
	if err != nil {
		return t, err
	}
	for from := range t.rename {
		if slices.Contains(t.drop, from) {
			return t, mappingError(name, t.lines[from], "column `%s` of table `%s` is both renamed and dropped", from, table)
		}
	}
	return t, nil
}

// text is the text of a scalar; a number or a date counts as it is written.
func scalar(name string, n *yaml.Node, what string) (string, error) {
	n = resolveAlias(n)
	if n.Kind != yaml.ScalarNode || isNull(n) || n.Value == "" {
		return "", mappingError(name, n.Line, "here stands %s", what)
	}
	return n.Value, nil
}

func (t *tableMapping) parseRename(name string, n *yaml.Node) error {
	t.rename = make(map[string]string)
	targets := make(map[string]bool)
	return eachKey(name, n, "columns of the file", nil, func(from string, value *yaml.Node) error {
		to, err := scalar(name, value, "the new name of a column")
		if err != nil {
			return err
		}
		if targets[to] {
			return mappingError(name, value.Line, "two columns would be called `%s`", to)
		}
		targets[to] = true
		t.rename[from] = to
		t.lines[from] = value.Line
		return nil
	})
}

func (t *tableMapping) parseDrop(name string, n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return mappingError(name, n.Line, "`drop` is a list of columns, such as [a, b]")
	}
	for _, item := range n.Content {
		column, err := scalar(name, item, "the name of a column")
		if err != nil {
			return err
		}
		if slices.Contains(t.drop, column) {
			return mappingError(name, item.Line, "`%s` stands here twice", column)
		}
		t.drop = append(t.drop, column)
		t.lines[column] = item.Line
	}
	return nil
}

func (t *tableMapping) parseCodes(name string, n *yaml.Node) error {
	t.codes = make(map[string]map[string]*string)
	if isNull(n) { // a draft whose codes are all left to the reader
		return nil
	}
	return eachKey(name, n, "columns", nil, func(column string, value *yaml.Node) error {
		if isNull(value) {
			return nil
		}
		t.lines["codes "+column] = value.Line
		codes := make(map[string]*string)
		t.codes[column] = codes
		return eachKey(name, value, "values of the file", nil, func(from string, to *yaml.Node) error {
			if isNull(to) {
				codes[from] = nil
				return nil
			}
			if to.Kind != yaml.ScalarNode {
				return mappingError(name, to.Line, "here stands the value that `%s` means, or null", from)
			}
			codes[from] = &to.Value
			return nil
		})
	})
}

func (t tableMapping) drops(column string) bool { return slices.Contains(t.drop, column) }

func (t tableMapping) nameOf(column string) string {
	if to, ok := t.rename[column]; ok {
		return to
	}
	return column
}

func (t tableMapping) codesOf(column string) map[string]*string { return t.codes[column] }

// check holds the columns that the mapping names against those of the file.
func (t tableMapping) check(path string, fields []vector.Field) error {
	names := make([]string, len(fields))
	ours := make([]string, len(fields))
	for i, f := range fields {
		names[i], ours[i] = f.Name, t.nameOf(f.Name)
	}
	missing := func(column, line string, allowed []string) error {
		return mappingError(t.file, t.lines[line], "%s has no column `%s`%s", path, column, fault.Suggest(column, allowed))
	}
	// in the order of lines, so that the message does not depend on the order of a map
	var wrong []string
	for from := range t.rename {
		if !slices.Contains(names, from) {
			wrong = append(wrong, from)
		}
	}
	for _, column := range t.drop {
		if !slices.Contains(names, column) {
			wrong = append(wrong, column)
		}
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b string) int {
			if d := t.lines[a] - t.lines[b]; d != 0 {
				return d
			}
			return strings.Compare(a, b)
		})
		return missing(wrong[0], wrong[0], names)
	}
	for column := range t.codes {
		if !slices.Contains(ours, column) {
			wrong = append(wrong, column)
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return missing(wrong[0], "codes "+wrong[0], ours)
	}
	return nil
}

// translate turns a column into a text column with other codes.
func translate(c *Column, codes map[string]*string) *Column {
	texts := asText(c)
	out := &Column{Name: c.Name, Kind: String, Codes: make([]uint32, c.Len()), Null: texts.Null}
	index := make(map[string]uint32)
	levelOf := func(text string) uint32 {
		code, ok := index[text]
		if !ok {
			code = uint32(len(out.Levels))
			index[text] = code
			out.Levels = append(out.Levels, text)
		}
		return code
	}
	copied := false
	for i, old := range texts.Codes {
		text := texts.Levels[old]
		if !texts.Missing(i) {
			if to, ok := codes[text]; ok {
				if to != nil {
					text = *to
				} else {
					if !copied {
						null := make([]bool, len(out.Codes))
						copy(null, out.Null)
						out.Null, copied = null, true
					}
					out.Null[i], text = true, ""
				}
			}
		}
		out.Codes[i] = levelOf(text)
	}
	return out
}

// asText writes the values of a column as texts, as a mapping names them.
func asText(c *Column) *Column {
	if c.Kind == String {
		return c
	}
	texts := make([]string, c.Len())
	for i := range texts {
		if !c.Missing(i) {
			texts[i] = c.format(i)
		}
	}
	return TextColumn(c.Name, texts, c.Null)
}

// format writes the value of a row, as messages and mappings show it.
func (c *Column) format(i int) string {
	if c.Missing(i) {
		return "missing"
	}
	switch c.Kind {
	case Int64:
		return strconv.FormatInt(c.Ints[i], 10)
	case Float64:
		return string(appendFloat(nil, c.Floats[i]))
	case Bool:
		return strconv.FormatBool(c.Bools[i])
	case String:
		return c.Text(i)
	case Date:
		return c.Dates[i].String()
	case Timestamp:
		return formatTime(c.Ints[i])
	}
	return ""
}

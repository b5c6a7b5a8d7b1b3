package datasets

import (
	"context"
	"slices"
	"strings"
	"sync"

	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
)

// ReadOptions says how a file is read. The zero value reads all columns with the checks of CONTRACT.md.
type ReadOptions struct {
	// Columns are the columns that Read returns, in this order (nil: all). Nothing else is read.
	Columns []string
	// Encoding of CSV: "" or "utf-8", or "latin1" (read as Windows-1252, its superset).
	Encoding string
	// Workers is the number of goroutines of Read (under 1: one a processor).
	Workers int
	// Mapping renames, translates and drops columns of the table named Table (LoadMapping).
	Mapping *Mapping
	Table   string
	// IDs are columns that hold keys of persons or things, besides those called `id` or `…_id`: a key may look like a
	// national identity number by chance, and is judged by the share of such values.
	IDs []string
	// Unchecked leaves out the search for direct identifiers, for files that this program wrote itself.
	Unchecked bool
}

// Source is a file or folder whose columns are known and whose rows are read as they are needed. It holds no open file
// and may be used by several goroutines.
type Source struct {
	path    string
	opt     ReadOptions
	in      input
	columns []sourceColumn
	mu      sync.Mutex
	checked bool // whether the columns that the first Scan did not read have been searched
	verdict error
}

// sourceColumn is a column as callers see it, after the mapping.
type sourceColumn struct {
	name  string
	kind  vector.Kind // 0: cannot be read
	null  bool
	from  int // index in the fields of the input
	codes map[string]*string
	id    bool
}

// part is a piece of the rows of an input: a row group of Parquet, a block of CSV.
type part struct {
	index int
	file  string // for messages
	first int64  // rows of the same file before it
	rows  int
}

// input is a file or folder of one format.
type input interface {
	fields() []vector.Field
	rows() int64
	parts() int
	// scan calls use with the values of some fields, part by part, from several goroutines.
	scan(ctx context.Context, fields []int, workers int, use func(p part, values []vector.Values) error) error
	// inspect calls use with values among which every text of a field is found; it may leave out repetitions. Integers
	// may be left out where none of a part is in [low, high].
	inspect(ctx context.Context, field int, low, high int64, workers int, use func(p part, values vector.Values) error) error
}

// Open finds the columns and the number of rows of a `.parquet`, `.csv` or `.csv.gz` file, or of a folder of Parquet
// files, and refuses it where a column is a direct identifier by its name. See OpenContext.
func Open(path string, opt ReadOptions) (*Source, error) {
	return OpenContext(context.Background(), path, opt)
}

// OpenContext is Open that can be cancelled: a CSV file is read through to find the types of its columns, which
// internal/csvio describes.
//
// In a folder all files are read in the order of their names; folders called key=value inside it (hive partitions)
// become text columns. A column that not all files have can be read only where its absence does not matter, that is not
// at all; integers in one file and numbers in another become numbers.
func OpenContext(ctx context.Context, path string, opt ReadOptions) (*Source, error) {
	latin1, err := parseEncoding(opt.Encoding)
	if err != nil {
		return nil, err
	}
	in, err := openInput(ctx, path, latin1, opt.Workers)
	if err != nil {
		return nil, err
	}
	s := &Source{path: path, opt: opt, in: in}
	if err := s.bind(); err != nil {
		return nil, err
	}
	return s, nil
}

// Encoding is the one name of an encoding of CSV, by any of its names: "" for UTF-8 (utf-8, utf8, or nothing) and
// "latin1" for Latin-1 (latin1, iso-8859-1) and its superset Windows-1252, as which it is read. Any other name comes back
// as it is, with known false.
func Encoding(name string) (canonical string, known bool) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8":
		return "", true
	case "latin1", "latin-1", "iso-8859-1", "windows-1252", "cp1252":
		return "latin1", true
	}
	return name, false
}

func parseEncoding(name string) (latin1 bool, err error) {
	name, known := Encoding(name)
	if !known {
		return false, fault.Usagef("unknown_encoding", "`--encoding %s` is not known: write utf-8 or latin1", name)
	}
	return name == "latin1", nil
}

// bind names the columns as the mapping says, and refuses direct identifiers by name.
func (s *Source) bind() error {
	var m tableMapping
	if s.opt.Mapping != nil {
		m = s.opt.Mapping.tables[s.opt.Table]
	}
	fields := s.in.fields()
	if err := m.check(s.path, fields); err != nil {
		return err
	}
	seen := make(map[string]string, len(fields))
	for i, f := range fields {
		if m.drops(f.Name) {
			continue
		}
		c := sourceColumn{name: m.nameOf(f.Name), kind: f.Kind, null: f.Nullable, from: i}
		if other, ok := seen[c.name]; ok {
			return fault.Dataf("duplicate_column", s.path, c.name, "columns `%s` and `%s` would both be called `%s`: drop or rename one in the mapping", other, f.Name, c.name)
		}
		seen[c.name] = f.Name
		if c.codes = m.codesOf(c.name); c.codes != nil && c.kind != 0 {
			c.kind, c.null = vector.String, true
		}
		c.id = isIDName(f.Name) || isIDName(c.name) || slices.Contains(s.opt.IDs, c.name)
		if !s.opt.Unchecked {
			if err := checkName(s.path, f.Name, c.name); err != nil {
				return err
			}
		}
		s.columns = append(s.columns, c)
	}
	if len(s.columns) == 0 {
		return fault.Dataf("no_columns", s.path, "", "has no columns left: the mapping drops them all")
	}
	return nil
}

// Path is the path as it was given to Open, as messages name it.
func (s *Source) Path() string { return s.path }

// Schema is the columns that can be read, in the order of the file and with the names of the mapping.
func (s *Source) Schema() []Field {
	fields := make([]Field, 0, len(s.columns))
	for _, c := range s.columns {
		if c.kind != 0 {
			fields = append(fields, Field{Name: c.name, Kind: publicKind(c.kind), Nullable: c.null})
		}
	}
	return fields
}

// publicKind is the kind that callers see: a column of missing values only is a text column.
func publicKind(k vector.Kind) Kind {
	if k == vector.Null {
		return String
	}
	return Kind(k)
}

// Has tells whether there is a column of that name.
func (s *Source) Has(name string) bool { return s.find(name) >= 0 }

func (s *Source) find(name string) int {
	return slices.IndexFunc(s.columns, func(c sourceColumn) bool { return c.name == name })
}

// NumRows is the number of rows.
func (s *Source) NumRows() int64 { return s.in.rows() }

// Parts is the number of parts in which Scan reads.
func (s *Source) Parts() int { return s.in.parts() }

// resolve finds columns by name; nil means all.
func (s *Source) resolve(names []string) ([]int, error) {
	if names == nil {
		all := make([]int, len(s.columns))
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	out := make([]int, len(names))
	for k, name := range names {
		i := s.find(name)
		if i < 0 {
			return nil, s.missing(name)
		}
		if slices.Contains(out[:k], i) {
			return nil, fault.Usagef("duplicate_column", "column `%s` is named twice", name)
		}
		out[k] = i
	}
	return out, nil
}

func (s *Source) missing(name string) error {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	if s.opt.Mapping != nil && s.opt.Mapping.tables[s.opt.Table].drops(name) {
		return fault.Dataf("missing_column", s.path, name, "has no column `%s`: the mapping drops it", name)
	}
	if hint := fault.Suggest(name, names); hint != "" {
		return fault.Dataf("missing_column", s.path, name, "has no column `%s`%s", name, hint)
	}
	list := strings.Join(names[:min(len(names), 20)], ", ")
	if len(names) > 20 {
		list += ", …"
	}
	return fault.Dataf("missing_column", s.path, name, "has no column `%s`: rename one of its columns (%s) in the file or the mapping", name, list)
}

// Scan reads some columns (nil: all) and calls f with each part of the rows: a row group of Parquet or a block of CSV.
// Parts are numbered from 0 in the order of the rows, the cut depends on the files alone, and f may be called for several
// parts at the same time and in any order, so that a caller who keeps a result a part and folds them in order gets
// the same whatever the number of workers (under 1: one a processor). Text columns have levels of their own in each part. Table.First tells
// where the part begins in its file. f may keep what it is given. Memory is at most the parts that are being worked on.
//
// Values are searched for direct identifiers on the way, columns that are not asked for on the first Scan only; the
// error may come after f has seen rows, also all of them. The error of the lowest part that failed is returned.
func (s *Source) Scan(ctx context.Context, columns []string, workers int, f func(part int, t *Table) error) error {
	which, err := s.resolve(columns)
	if err != nil {
		return err
	}
	guards, err := s.guards(ctx, which, workers)
	if err != nil {
		return err
	}
	from := make([]int, len(which))
	for k, i := range which {
		from[k] = s.columns[i].from
	}
	err = s.in.scan(ctx, from, workers, func(p part, values []vector.Values) error {
		t := &Table{File: p.file, First: p.first, Rows: p.rows, Columns: make([]*Column, len(which))}
		for k, i := range which {
			c := &s.columns[i]
			if guards != nil {
				if err := guards[k].inspect(p, values[k]); err != nil {
					return err
				}
			}
			t.Columns[k] = columnOf(c.name, values[k])
			if c.codes != nil {
				t.Columns[k] = translate(t.Columns[k], c.codes)
			}
			t.Columns[k].file, t.Columns[k].first = p.file, p.first
		}
		return f(p.index, t)
	})
	if err != nil {
		return err
	}
	for _, g := range guards {
		if err := g.conclude(); err != nil {
			return err
		}
	}
	return nil
}

// guards are the searches for identifiers in the columns of a Scan. The other columns are searched through here, once.
func (s *Source) guards(ctx context.Context, which []int, workers int) ([]*guard, error) {
	if s.opt.Unchecked {
		return nil, nil
	}
	if err := s.checkOthers(ctx, which, workers); err != nil {
		return nil, err
	}
	guards := make([]*guard, len(which))
	for k, i := range which {
		guards[k] = newGuard(s.path, &s.columns[i])
	}
	return guards, nil
}

// checkOthers searches the columns that a Scan does not read, once for a Source.
func (s *Source) checkOthers(ctx context.Context, which []int, workers int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.checked {
		return s.verdict
	}
	for i := range s.columns {
		if slices.Contains(which, i) {
			continue
		}
		if err := s.inspect(ctx, i, workers); err != nil {
			s.checked, s.verdict = ctx.Err() == nil, err
			return err
		}
	}
	s.checked = true
	return nil
}

// inspect searches one column for identifiers.
func (s *Source) inspect(ctx context.Context, i, workers int) error {
	c := &s.columns[i]
	g := newGuard(s.path, c)
	if !g.concerns(s.in.fields()[c.from].Kind) {
		return nil
	}
	low, high := g.numbers()
	if err := s.in.inspect(ctx, c.from, low, high, workers, g.inspect); err != nil {
		return err
	}
	return g.conclude()
}

// CheckIdentifiers searches all columns for direct identifiers, as the first Scan does.
func (s *Source) CheckIdentifiers(ctx context.Context, workers int) error {
	for i := range s.columns {
		if err := s.inspect(ctx, i, workers); err != nil {
			return err
		}
	}
	return nil
}

// Read reads a file or folder into one table: the columns of opt.Columns, or all. A text column has one list of levels,
// in order of first appearance.
func Read(ctx context.Context, path string, opt ReadOptions) (*Table, error) {
	s, err := OpenContext(ctx, path, opt)
	if err != nil {
		return nil, err
	}
	return s.Read(ctx, opt.Columns)
}

// Read reads columns (nil: all) of all rows into one table.
func (s *Source) Read(ctx context.Context, columns []string) (*Table, error) {
	which, err := s.resolve(columns)
	if err != nil {
		return nil, err
	}
	pieces := make([]*Table, s.Parts())
	if err := s.Scan(ctx, columns, s.opt.Workers, func(part int, t *Table) error {
		pieces[part] = t
		return nil
	}); err != nil {
		return nil, err
	}
	out := &Table{File: s.path, Columns: make([]*Column, len(which)), Rows: int(s.NumRows())}
	for k, i := range which {
		kind := publicKind(s.columns[i].kind)
		if len(pieces) == 1 {
			out.Columns[k] = pieces[0].Columns[k]
		} else {
			b := newBuilder(vector.Kind(kind))
			b.reserve(out.Rows)
			for _, t := range pieces {
				b.append(valuesOf(t.Columns[k]))
				t.Columns[k] = nil // as much memory as rows are copied
			}
			out.Columns[k] = columnOf(s.columns[i].name, b.values())
		}
		out.Columns[k].file = s.path
	}
	return out, nil
}

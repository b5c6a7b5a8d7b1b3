package register

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// extensions are how a table may be stored, besides a folder of Parquet files of its name.
var extensions = []string{".parquet", ".csv", ".csv.gz"}

// folder is a Source of files: <table>.parquet, <table>.csv, <table>.csv.gz or a folder <table> of Parquet files.
type folder struct {
	dir     string
	paths   map[string]string // table → path
	sources map[string]*datasets.Source
	months  map[string]*datasets.Source // of the tables by month: for a look at the months alone
}

var _ Source = (*folder)(nil)

// Open reads the register of a folder; see Read for what it does and refuses. Only the columns that are used are read;
// the others are searched for direct identifiers.
func Open(ctx context.Context, dir string, opt Options) (*Register, error) {
	source, err := OpenFolder(ctx, dir, opt)
	if err != nil {
		return nil, err
	}
	return Read(ctx, source, opt)
}

// OpenFolder is the Source of a folder: it finds the files of the tables and reads their schemas, but no rows of
// Parquet files. Of opt it uses Mapping, Encoding and Workers.
func OpenFolder(ctx context.Context, dir string, opt Options) (Source, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Dataf("missing_file", dir, "", "there is no such folder; give the folder that holds person, deltakelse, arbeidssoker and maaned")
	} else if err != nil {
		return nil, fault.Wrap("unreadable", err, "the folder cannot be read").In(dir)
	} else if !info.IsDir() {
		return nil, fault.Dataf("not_a_folder", dir, "", "a register is a folder; give the folder that holds person, deltakelse, arbeidssoker and maaned")
	}
	f := &folder{dir: dir, paths: map[string]string{}, sources: map[string]*datasets.Source{}, months: map[string]*datasets.Source{}}
	for _, table := range tableNames() {
		if err := f.find(table, opt.Mapping); err != nil {
			return nil, err
		}
	}
	for _, table := range f.Tables() {
		read := datasets.ReadOptions{Mapping: opt.Mapping, Table: table, Encoding: opt.Encoding, Workers: opt.Workers}
		if f.sources[table], err = datasets.OpenContext(ctx, f.paths[table], read); err != nil {
			return nil, err
		}
		// The first scan of a Source searches the columns that it does not read for identifiers. The scan of the months
		// comes first, and would make it read all columns of maaned once more; the scan of the rows searches them anyway.
		// (A CSV file is not opened twice: its types take a pass over all of it.)
		if !strings.Contains(filepath.Base(f.paths[table]), ".csv") && (table == "maaned" || table == "inntekt") {
			read.Unchecked = true
			if f.months[table], err = datasets.OpenContext(ctx, f.paths[table], read); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// Unread are the .parquet, .csv and .csv.gz files of a register folder that no table is read from, in the order of their names: a table under
// a name of its own is not read unless the mapping says which it is, and of one that no register needs nobody would miss it. What
// `evaluate simulate` writes beside the tables is not counted.
func Unread(dir string, mapping *datasets.Mapping) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap("unreadable", err, "the folder cannot be read").In(dir)
	}
	f := &folder{dir: dir, paths: map[string]string{}}
	read := map[string]bool{"counterfactual.parquet": true, "quirks.csv": true}
	for _, table := range tableNames() {
		if err := f.find(table, mapping); err != nil {
			return nil, err
		}
		if path := f.paths[table]; path != "" {
			first, _, _ := strings.Cut(filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(path, filepath.Clean(dir)), string(filepath.Separator))), "/")
			read[first] = true
		}
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if !read[name] && !e.IsDir() && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") &&
			slices.ContainsFunc(extensions, func(x string) bool { return strings.HasSuffix(strings.ToLower(name), x) }) {
			names = append(names, name)
		}
	}
	return names, nil
}

// find finds the file or folder of a table, the one that the mapping names or one called after it; two of them are refused, since one would be silently left out.
func (f *folder) find(table string, mapping *datasets.Mapping) error {
	if file := mapping.File(table); file != "" {
		path := filepath.Join(f.dir, filepath.FromSlash(file))
		if _, err := os.Stat(path); err != nil || !filepath.IsLocal(filepath.FromSlash(file)) {
			return mapping.FileFault(table, "there is no `%s` in `%s`; `file` names a file or folder in the folder of the register", file, f.dir)
		}
		f.paths[table] = path
		return nil
	}
	var found []string
	for _, extension := range extensions {
		path := filepath.Join(f.dir, table+extension)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			found = append(found, path)
		}
	}
	if info, err := os.Stat(filepath.Join(f.dir, table)); err == nil && info.IsDir() {
		found = append(found, filepath.Join(f.dir, table))
	}
	if len(found) > 1 {
		names := make([]string, len(found))
		for i, path := range found {
			names[i] = filepath.Base(path)
		}
		return fault.Dataf("ambiguous_table", f.dir, "", "the table `%s` is there more than once (%s); remove all but one", table, strings.Join(names, ", "))
	}
	if len(found) == 1 {
		f.paths[table] = found[0]
	}
	return nil
}

func (f *folder) Tables() []string {
	var names []string
	for name := range f.paths {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f *folder) File(table string) string {
	if path, ok := f.paths[table]; ok {
		return filepath.Base(path)
	}
	return table
}

func (f *folder) Columns(_ context.Context, table string) ([]string, error) {
	var names []string
	for _, field := range f.sources[table].Schema() {
		names = append(names, field.Name)
	}
	return names, nil
}

func (f *folder) Rows(table string) int64 { return f.sources[table].NumRows() }

func (f *folder) Scan(ctx context.Context, table string, columns []string, workers int, visit func(Part) error) error {
	source := f.sources[table]
	if f.months[table] != nil && len(columns) == 1 && columns[0] == "maaned" {
		source = f.months[table]
	}
	return source.Scan(ctx, columns, workers, func(part int, t *datasets.Table) error {
		return visit(Part{part, t.First, t})
	})
}

// where is the path of the file of a table; that of a table that is not there is the folder, and other names stay as they
// are.
func (f *folder) where(file string) string {
	for _, path := range f.paths {
		if filepath.Base(path) == file {
			return path
		}
	}
	if slices.Contains(tableNames(), file) && f.paths[file] == "" {
		return f.dir
	}
	return file
}

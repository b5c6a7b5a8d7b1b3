package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tiltakseffekt/datasets/internal/parquetio"
	"tiltakseffekt/datasets/internal/vector"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// openInput opens a path by what it is.
func openInput(ctx context.Context, path string, latin1 bool, workers int) (input, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	if stat.IsDir() {
		return openFolder(path)
	}
	lower := strings.ToLower(path)
	switch {
	case strings.HasSuffix(lower, ".parquet"):
		f, err := parquetio.Open(path, path)
		if err != nil {
			return nil, err
		}
		return newParquetInput(path, []*parquetFile{{name: path, file: f}})
	case strings.HasSuffix(lower, ".csv"), strings.HasSuffix(lower, ".csv.gz"):
		return openCSV(ctx, path, latin1, workers)
	}
	return nil, fault.Dataf("unknown_format", path, "", "is not a file that is read: give a .parquet, .csv or .csv.gz file, or a folder of Parquet files")
}

func cannotOpen(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Dataf("missing_file", path, "", "does not exist: check the path")
	case errors.Is(err, fs.ErrPermission):
		return fault.Dataf("cannot_read", path, "", "cannot be read: you have no right to")
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fault.Dataf("cannot_read", path, "", "cannot be read (%v)", err)
}

// parquetFile is a file of a folder.
type parquetFile struct {
	name  string // for messages
	file  *parquetio.File
	index []int     // field of the input to field of the file, −1 where it is not there or is a partition
	hive  []*string // values of the partitions, nil where missing
}

// parquetInput is one Parquet file or a folder of them.
type parquetInput struct {
	path   string
	files  []*parquetFile
	all    []vector.Field
	keys   int // the last fields are partitions
	pieces []part
	groups []group // of each part
	total  int64
}

// group is where a part lies.
type group struct{ file, group int }

// partitionFiles lists the Parquet files below a folder by name, with the keys of their hive partitions.
func partitionFiles(path string) (files []string, keys [][]string, values [][]*string, err error) {
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, nil, nil, cannotOpen(path, err)
	}
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name := d.Name()
		if relative != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil // _SUCCESS, _metadata, .crc
		}
		if d.IsDir() {
			return nil
		}
		lower := strings.ToLower(name)
		if strings.HasSuffix(lower, ".csv") || strings.HasSuffix(lower, ".csv.gz") {
			return fault.Dataf("mixed_folder", path, "", "holds `%s`: a folder is read where all its files are Parquet; name the file itself, or move it", filepath.ToSlash(relative))
		}
		if !strings.HasSuffix(lower, ".parquet") {
			return nil
		}
		var k []string
		var v []*string
		folders := strings.Split(filepath.ToSlash(relative), "/")
		for _, folder := range folders[:len(folders)-1] {
			key, value, ok := strings.Cut(folder, "=")
			if !ok {
				continue
			}
			k = append(k, unescape(key))
			if value == "__HIVE_DEFAULT_PARTITION__" {
				v = append(v, nil)
			} else {
				text := unescape(value)
				v = append(v, &text)
			}
		}
		files, keys, values = append(files, relative), append(keys, k), append(values, v)
		return nil
	})
	if err != nil {
		var told *fault.Error
		if errors.As(err, &told) {
			return nil, nil, nil, err
		}
		return nil, nil, nil, cannotOpen(path, err)
	}
	return files, keys, values, nil
}

func unescape(s string) string {
	if t, err := url.PathUnescape(s); err == nil {
		return t
	}
	return s
}

func openFolder(path string) (input, error) {
	names, keys, values, err := partitionFiles(path)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fault.Dataf("no_files", path, "", "is a folder without Parquet files: name a file, or a folder that holds .parquet files")
	}
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(filepath.ToSlash(names[a]), filepath.ToSlash(names[b])) })
	files := make([]*parquetFile, len(names))
	for k, i := range order {
		if !slices.Equal(keys[i], keys[order[0]]) {
			return nil, fault.Dataf("partitions_differ", path, "", "has files in partitions (%s) and files in others (%s): give a folder in which all lie in the same",
				strings.Join(keys[order[0]], ", "), strings.Join(keys[i], ", "))
		}
		shown := filepath.ToSlash(filepath.Join(path, names[i]))
		f, err := parquetio.Open(filepath.Join(path, names[i]), shown)
		if err != nil {
			return nil, err
		}
		files[k] = &parquetFile{name: shown, file: f, hive: values[i]}
	}
	in, err := newParquetInput(path, files)
	if err != nil {
		return nil, err
	}
	for k, key := range keys[order[0]] {
		if slices.ContainsFunc(in.all, func(f vector.Field) bool { return f.Name == key }) {
			return nil, fault.Dataf("partition_clash", path, key, "has a partition `%s` and a column of that name in its files: export it without one of them", key)
		}
		field := vector.Field{Name: key, Kind: vector.String}
		for _, f := range in.files {
			field.Nullable = field.Nullable || f.hive[k] == nil
		}
		in.all = append(in.all, field)
		in.keys++
	}
	return in, nil
}

// newParquetInput joins the columns of files.
func newParquetInput(path string, files []*parquetFile) (*parquetInput, error) {
	in := &parquetInput{path: path, files: files}
	place := make(map[string]int)
	from := make(map[string]string) // the file that settled the kind of a column
	for _, f := range files {
		for _, field := range f.file.Fields() {
			i, ok := place[field.Name]
			if !ok {
				place[field.Name] = len(in.all)
				from[field.Name] = f.name
				in.all = append(in.all, field)
				continue
			}
			kind, ok := jointKind(in.all[i].Kind, field.Kind)
			if !ok {
				return nil, fault.Dataf("types_differ", f.name, field.Name, "column `%s` is %s here and %s in %s: export the files again with one type",
					field.Name, kindName(field.Kind), kindName(in.all[i].Kind), from[field.Name])
			}
			if in.all[i].Kind == vector.Null {
				from[field.Name] = f.name
			}
			in.all[i].Kind = kind
			in.all[i].Nullable = in.all[i].Nullable || field.Nullable
		}
	}
	for k, f := range files {
		f.index = make([]int, len(in.all))
		fields := f.file.Fields()
		for i, field := range in.all {
			f.index[i] = slices.IndexFunc(fields, func(x vector.Field) bool { return x.Name == field.Name })
		}
		first := int64(0)
		for g := range f.file.Groups() {
			rows := f.file.GroupRows(g)
			if rows == 0 {
				continue
			}
			in.pieces = append(in.pieces, part{index: len(in.pieces), file: f.name, first: first, rows: rows})
			in.groups = append(in.groups, group{k, g})
			first += int64(rows)
		}
		in.total += f.file.Rows()
	}
	return in, nil
}

// jointKind is the kind of a column that has one kind in a file and another in the next.
func jointKind(a, b vector.Kind) (vector.Kind, bool) {
	switch {
	case a == b, b == vector.Null:
		return a, true
	case a == vector.Null:
		return b, true
	case a == vector.Int64 && b == vector.Float64, a == vector.Float64 && b == vector.Int64:
		return vector.Float64, true
	}
	return 0, false
}

func kindName(k vector.Kind) string {
	if k == 0 {
		return "of a type that is not read"
	}
	return Kind(k).String()
}

func (in *parquetInput) fields() []vector.Field { return in.all }
func (in *parquetInput) rows() int64            { return in.total }
func (in *parquetInput) parts() int             { return len(in.pieces) }

// read is the values of a field in a part.
func (in *parquetInput) read(p, field int) (vector.Values, error) {
	at := in.groups[p]
	f := in.files[at.file]
	if key := field - (len(in.all) - in.keys); key >= 0 {
		return constant(f.hive[key], in.pieces[p].rows), nil
	}
	i := f.index[field]
	name := in.all[field].Name
	if i < 0 {
		return vector.Values{}, fault.Dataf("missing_column", f.name, name, "has no column `%s`, which other files of the folder have: export it again", name)
	}
	v, err := f.file.Read(at.group, i)
	if err != nil {
		return v, err
	}
	if kind := in.all[field].Kind; v.Kind != kind && kind != vector.Null {
		b := newBuilder(kind)
		b.append(v)
		v = b.values()
	}
	return v, nil
}

// constant is a text column of one value.
func constant(value *string, rows int) vector.Values {
	v := vector.Values{Kind: vector.String, Rows: rows, Codes: make([]uint32, rows), Levels: []string{""}}
	if value == nil {
		v.Null = allTrue(rows)
	} else {
		v.Levels[0] = *value
	}
	return v
}

func (in *parquetInput) scan(ctx context.Context, fields []int, workers int, use func(part, []vector.Values) error) error {
	// All files must have the columns, also where the part that lacks one is far away.
	for _, field := range fields {
		if field >= len(in.all)-in.keys {
			continue
		}
		for _, f := range in.files {
			if f.index[field] < 0 && f.file.Rows() > 0 {
				name := in.all[field].Name
				return fault.Dataf("missing_column", f.name, name, "has no column `%s`, which other files of the folder have: export it again", name)
			}
		}
	}
	// Where there are fewer parts than workers, the columns of a part are read at the same time.
	inner := max(1, parallel.Workers(workers)/max(1, len(in.pieces)))
	return parallel.For(ctx, workers, len(in.pieces), func(p int) error {
		values := make([]vector.Values, len(fields))
		if err := parallel.For(ctx, inner, len(fields), func(k int) error {
			v, err := in.read(p, fields[k])
			if err != nil {
				return err
			}
			if v.Rows != in.pieces[p].rows {
				return fmt.Errorf("datasets: %d rows of %d", v.Rows, in.pieces[p].rows)
			}
			values[k] = v
			return nil
		}); err != nil {
			return err
		}
		return use(in.pieces[p], values)
	})
}

func (in *parquetInput) inspect(ctx context.Context, field int, low, high int64, workers int, use func(part, vector.Values) error) error {
	return parallel.For(ctx, workers, len(in.pieces), func(p int) error {
		at := in.groups[p]
		f := in.files[at.file]
		if field < len(in.all)-in.keys {
			i := f.index[field]
			if i < 0 {
				return nil
			}
			if in.all[field].Kind == vector.Int64 && f.file.Outside(at.group, i, low, high) {
				return nil
			}
			if v, ok, err := f.file.Texts(at.group, i); err != nil {
				return err
			} else if ok {
				v.Rows = -1 // its texts are not those of the rows in turn
				return use(in.pieces[p], v)
			}
		}
		v, err := in.read(p, field)
		if err != nil {
			return err
		}
		return use(in.pieces[p], v)
	})
}

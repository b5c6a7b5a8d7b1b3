package register

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
)

// Draft is a guess at the mapping of a register whose files and columns have names of their own, by their names alone. It is text for a
// person to check: what is guessed stands in it as if it were so, what is not is a comment, and no value of a
// person is in it, only the codes of columns with few.
type Draft struct {
	Dir    string
	Tables []DraftTable
	Others []DraftFile // files that look like no table
	Unread []DraftFile // files that could not be opened, and why
}

// DraftTable is a table of the register, in the order of tables.
type DraftTable struct {
	Table   string
	File    string // in the folder
	Own     bool   // the file is called after the table
	Rename  []datasets.Rename
	Drop    []string    // by name direct identifiers
	Unused  []DraftFile // columns without a guess, with their type
	Missing []string    // required columns that none of the file's looks like
	Free    []string    // further columns that the table may have
	Codes   []DraftCodes
}

// DraftFile is a name and what is said of it.
type DraftFile struct{ Name, Text string }

// DraftCodes are the values of a column that hold codes and are not ours; To is "" where there is no guess.
type DraftCodes struct {
	Column  string
	From    []string
	To      []string
	Allowed string
}

// drafter is what a Draft is made with.
type drafter struct {
	catalog  *catalog.Catalog
	encoding string
	workers  int
}

// coded are the columns that hold codes, and what they may be; by table where tables differ.
var coded = []struct{ table, column, name, allowed string }{
	{"person", "kjonn", "kjonn", "kvinne, mann"},
	{"person", "landgruppe", "landgruppe", "norge, eos, utenfor_eos"},
	{"deltakelse", "tiltakskode", "tiltakskode", "`evaluate catalog tiltak`"},
	{"deltakelse", "status", "deltakelse.status", "`evaluate catalog statuses`"},
	{"arbeidssoker", "status", "arbeidssoker.status", "ledig, delvis_ledig, nedsatt_arbeidsevne"},
	{"ytelse", "ytelse", "ytelse", "DP, AAP, UFO, TP, SOSIALHJELP, UTDANNING; others (sykepenger …) are left out"},
	{"arbeidssoker", "innsatsgruppe", "innsatsgruppe", "standard, situasjonsbestemt, spesielt_tilpasset, gradert_varig, varig"},
}

// mostCodes is how many values a column of codes has at most; with more they are not listed, for they may be no codes.
const mostCodes = 80

// longestKey is how many bytes of a name or a code the draft takes; YAML reads no key of more than 1,024 characters.
const longestKey = 200

// NewDraft looks at the names in a folder, and at the values of the columns that it takes for codes. A file that cannot be read as a table
// is passed over and named. It uses Catalog, Encoding and Workers of opt.
func NewDraft(ctx context.Context, dir string, opt Options) (*Draft, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Dataf("missing_file", dir, "", "is no folder that can be read; give the folder with the files of the register")
	}
	d := &drafter{opt.Catalog, opt.Encoding, opt.Workers}
	if d.catalog == nil {
		d.catalog = catalog.Default()
	}
	type candidate struct {
		name   string
		source *datasets.Source
	}
	var files []candidate
	var unread error
	out := &Draft{Dir: dir}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "counterfactual.parquet" {
			continue
		}
		if !e.IsDir() && !slices.ContainsFunc(extensions, func(x string) bool { return strings.HasSuffix(strings.ToLower(name), x) }) {
			continue
		}
		source, err := datasets.OpenContext(ctx, filepath.Join(dir, name), datasets.ReadOptions{Encoding: opt.Encoding, Workers: opt.Workers, Unchecked: true})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			if unread == nil {
				unread = err
			}
			out.Unread = append(out.Unread, DraftFile{name, err.Error()})
			continue
		}
		files = append(files, candidate{name, source})
	}
	if len(files) == 0 && unread != nil {
		return nil, unread
	}
	if len(files) == 0 {
		return nil, fault.Dataf("no_table", dir, "", "holds no .parquet or .csv file that can be read; give the folder with the files of the register")
	}
	type pair struct {
		file, spec int
		score      float64
	}
	var pairs []pair
	for i, f := range files {
		for k, spec := range specs {
			fits := float64(likeness(stem(f.name), spec.name, namesOfTables[spec.name]))
			found := match(spec, f.source.Schema())
			share := 0.
			for _, c := range spec.required {
				if _, ok := found[c]; ok {
					share += 1 / float64(len(spec.required))
				}
			}
			if fits >= 2 && share > 0 || share >= 0.7 && (spec.needed || spec.name == "maaned" || share == 1 && fits > 0) {
				pairs = append(pairs, pair{i, k, fits + 2*share})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return a.spec - b.spec
	})
	taken := map[int]int{} // file → spec
	given := map[int]bool{}
	for _, p := range pairs {
		if _, ok := taken[p.file]; !ok && !given[p.spec] {
			taken[p.file], given[p.spec] = p.spec, true
		}
	}
	for k, spec := range specs {
		for i, f := range files {
			if of, ok := taken[i]; ok && of == k {
				t, err := d.table(ctx, spec, f.name, f.source)
				if err != nil {
					return nil, err
				}
				out.Tables = append(out.Tables, t)
			}
		}
	}
	for i, f := range files {
		if _, ok := taken[i]; !ok {
			var names []string
			for _, c := range f.source.Schema() {
				names = append(names, c.Name)
			}
			out.Others = append(out.Others, DraftFile{f.name, "looks like no table; its columns are " + strings.Join(names, ", ")})
		}
	}
	return out, nil
}

// stem is a file's name without its ending.
func stem(name string) string {
	for _, x := range extensions {
		if n := len(name) - len(x); n > 0 && strings.EqualFold(name[n:], x) {
			name = name[:n]
		}
	}
	return name
}

// match gives the columns of a table those of a file that look like them, each at most once, the most alike first.
func match(spec tableSpec, have []datasets.Field) map[string]string {
	found, used := map[string]string{}, map[string]bool{}
	for level := 3; level > 0; level-- {
		for _, ours := range slices.Concat(spec.required, spec.optional) {
			if found[ours] != "" {
				continue
			}
			for _, c := range have {
				if !used[c.Name] && len(c.Name) <= longestKey && !datasets.NamesIdentifier(c.Name) && likeness(c.Name, ours, namesOfColumns[ours]) == level {
					found[ours], used[c.Name] = c.Name, true
					break
				}
			}
		}
	}
	return found
}

// table guesses at one table.
func (d *drafter) table(ctx context.Context, spec tableSpec, file string, source *datasets.Source) (DraftTable, error) {
	t := DraftTable{Table: spec.name, File: file, Own: stem(file) == spec.name}
	found := match(spec, source.Schema())
	ours := map[string]string{}
	for name, foreign := range found {
		ours[foreign] = name
	}
	for _, c := range source.Schema() {
		switch name := ours[c.Name]; {
		case len(c.Name) > longestKey:
		case datasets.NamesIdentifier(c.Name):
			t.Drop = append(t.Drop, c.Name)
		case name == "":
			t.Unused = append(t.Unused, DraftFile{c.Name, c.Kind.String()})
		case name != c.Name:
			t.Rename = append(t.Rename, datasets.Rename{From: c.Name, To: name})
		}
	}
	for _, name := range spec.required {
		if found[name] == "" {
			t.Missing = append(t.Missing, name)
		}
	}
	for _, name := range spec.optional {
		if found[name] == "" {
			t.Free = append(t.Free, name)
		}
	}
	for _, c := range coded {
		if c.table != spec.name || found[c.column] == "" {
			continue
		}
		values, err := codesOf(ctx, source, found[c.column], d.workers)
		if err != nil {
			return t, err
		}
		codes := DraftCodes{Column: c.column, Allowed: c.allowed}
		for _, v := range values {
			if guess, known := d.guessedCode(c.name, v); !known {
				codes.From, codes.To = append(codes.From, v), append(codes.To, guess)
			}
		}
		if len(codes.From) > 0 {
			t.Codes = append(t.Codes, codes)
		}
	}
	return t, nil
}

// codesOf are the values of a column, sorted; none where they are too many to be codes, or look like something about a person.
func codesOf(ctx context.Context, source *datasets.Source, column string, workers int) ([]string, error) {
	var mu sync.Mutex
	seen := map[string]bool{}
	if err := source.Scan(ctx, []string{column}, workers, func(_ int, t *datasets.Table) error {
		texts, null, err := t.Columns[0].AsTexts()
		if err != nil {
			return nil // no texts, no codes
		}
		mu.Lock()
		defer mu.Unlock()
		for i, v := range texts {
			if (null == nil || !null[i]) && len(seen) <= mostCodes {
				seen[v] = true
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if len(seen) > mostCodes {
		return nil, nil
	}
	var values []string
	for v := range seen {
		if len(v) > longestKey || datasets.Identifies(v) != "" {
			return nil, nil
		}
		values = append(values, v)
	}
	slices.Sort(values)
	return values, nil
}

// Lacking are the tables that every register needs and none of the files looks like.
func (d *Draft) Lacking() (names []string) {
	have := map[string]bool{}
	for _, t := range d.Tables {
		have[t.Table] = true
	}
	for _, spec := range specs {
		if spec.needed && !have[spec.name] || spec.name == "maaned" && !have["maaned"] && !have["arbeidsforhold"] && !have["inntekt"] {
			names = append(names, spec.name)
		}
	}
	return names
}

// Unknown is how many columns and values are left to a person: required columns without a guess, and codes without one.
func (d *Draft) Unknown() int {
	n := 0
	for _, t := range d.Tables {
		n += len(t.Missing)
		for _, c := range t.Codes {
			for _, to := range c.To {
				if to == "" {
					n++
				}
			}
		}
	}
	return n
}

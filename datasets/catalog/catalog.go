package catalog

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"tiltakseffekt/internal/fault"
)

//go:embed data/*.csv
var embedded embed.FS

// Catalog is the tables, read and checked.
type Catalog struct {
	tables []Table
	files  []string

	tiltak   map[string]Tiltak
	order    []string // codes of the table tiltak, in its order
	codes    map[string]Code
	statuses map[[2]string]Status

	groups     map[string]Group
	groupIDs   []string
	reforms    map[string]Reform
	limits     map[string][]Limit
	rates      map[string][]Rate
	partTime   map[string][]PartTimeStep
	proration  map[string][]Proration
	subsidies  map[string][]SubsidyStep
	g          []G
	kpi        []Index
	benefits   map[[2]string][]Benefit
	payroll    map[[2]string][]Payroll
	parameters map[string][]Parameter
	user       map[string]userFile
}

// Default is the embedded catalogue.
func Default() *Catalog { return defaultCatalog() }

var defaultCatalog = sync.OnceValue(func() *Catalog {
	c, err := build(nil, nil)
	if err != nil {
		panic("catalog: the embedded tables are refused: " + err.Error()) // a test reads them
	}
	return c
})

// Load is the embedded catalogue with the files of a folder put over it: tiltak.csv, koder.csv, satser.csv and so on, of
// the same names and columns as the embedded ones. A row replaces the embedded row with its key; in dated tables it wins
// on the days it covers. An empty dir gives the embedded catalogue.
//
// It refuses (fault.Data) a folder that is not there, a CSV file whose name is no table, and any cell it cannot read,
// naming file, line, column and a remedy.
func Load(dir string) (*Catalog, error) {
	if dir == "" {
		return Default(), nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Dataf("missing_file", dir, "", "there is no such folder of catalogue files; give its path or leave it out")
	} else if err != nil {
		return nil, fault.Wrap("unreadable", err, "the folder of catalogue files cannot be read").In(dir)
	}
	user := map[string]userFile{}
	for _, e := range entries { // sorted by name
		name, isCSV := strings.CutSuffix(e.Name(), ".csv")
		if !isCSV || e.IsDir() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if !slices.ContainsFunc(schemas, func(s *schema) bool { return s.name == name }) {
			return nil, fault.Dataf("unknown_table", path, "", "`%s` is no table of the catalogue%s; the tables are %s",
				name, fault.Suggest(name, tableNames()), strings.Join(tableNames(), ", "))
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fault.Wrap("unreadable", err, "the file cannot be read").In(path)
		}
		user[name] = userFile{path, content}
	}
	return build(user, nil)
}

// WithRates is the catalogue with rates from elsewhere, such as table satser of a register: they replace and extend the
// embedded ones by the rules of Load, and the rates of the user's own satser.csv win over them on the days that these cover.
// content is a CSV file with the columns of satser; file is what messages call it. c is not changed.
func (c *Catalog) WithRates(file string, content []byte) (*Catalog, error) {
	return build(c.user, &userFile{file, content})
}

func tableNames() []string {
	names := make([]string, len(schemas))
	for i, s := range schemas {
		names[i] = s.name
	}
	return names
}

// userFile is a file of the user.
type userFile struct {
	path    string
	content []byte
}

// Files lists the user's files that were put over the embedded tables, sorted by name: a run's identity depends on them.
func (c *Catalog) Files() []string { return slices.Clone(c.files) }

// build reads the embedded tables, puts the user's over them and makes them searchable.
func build(user map[string]userFile, rates *userFile) (*Catalog, error) {
	c := &Catalog{user: user}
	records := map[string][]record{}
	for _, s := range schemas {
		content, err := embedded.ReadFile("data/" + s.file())
		if err != nil {
			return nil, fault.Wrap("unreadable", err, "an embedded table is missing").In(s.file())
		}
		base, err := s.read(s.file(), content, false)
		if err != nil {
			return nil, err
		}
		if s.name == "satser" && rates != nil {
			between, err := s.read(rates.path, rates.content, true)
			if err != nil {
				return nil, err
			}
			if base, err = s.merge(base, between); err != nil {
				return nil, err
			}
		}
		var own []record
		if u, ok := user[s.name]; ok {
			if own, err = s.read(u.path, u.content, true); err != nil {
				return nil, err
			}
			c.files = append(c.files, u.path)
		}
		merged, err := s.merge(base, own)
		if err != nil {
			return nil, err
		}
		records[s.name] = merged
		t := Table{Name: s.name, Title: s.title, Columns: s.columns, Rows: make([][]string, len(merged))}
		for i, r := range merged {
			t.Rows[i] = r.cells
		}
		c.tables = append(c.tables, t)
	}
	slices.Sort(c.files)
	for _, step := range []func(map[string][]record) error{c.readTiltak, c.readCodes, c.readStatuses, c.readGroups, c.readReforms, c.readLimits,
		c.readRates, c.readPartTime, c.readProration, c.readSubsidies, c.readIndices, c.readBenefits, c.readParameters} {
		if err := step(records); err != nil {
			return nil, err
		}
	}
	return c, nil
}

package catalog

import (
	"slices"
	"strings"
)

// Kind is what the cells of a column hold.
type Kind uint8

// The kinds of column.
const (
	Text   Kind = iota // any text
	Number             // a decimal number
	Whole              // a whole number
	Day                // a date, 2024-03-31
	YesNo              // ja or nei
	Choice             // one of Column.Choices
	Sure               // ja, nei, or "unntatt" and the names of the columns that are not confirmed
)

// Column is a column of a table: its name in the file, what it holds, and what it means.
type Column struct {
	Name    string
	Kind    Kind
	Empty   bool     // the cell may be empty
	Choices []string // for Choice
	Help    string   // meaning and unit, one line
}

// Table is a table of the catalogue as it is used: the embedded rows with the user's put over them, as text.
type Table struct {
	Name    string // such as satser; the file is satser.csv
	Title   string // what a row is, one line
	Columns []Column
	Rows    [][]string // one cell a column, in the order of Columns
}

// Tables lists the tables in the order in which the documentation has them. The caller may not change the rows.
func (c *Catalog) Tables() []Table { return c.tables }

// Table is the table of a name such as satser; ok is false where there is none.
func (c *Catalog) Table(name string) (t Table, ok bool) {
	i := slices.IndexFunc(c.tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return c.tables[i], true
}

// Provenance says where a row comes from and how sure it is.
type Provenance struct {
	Source    string   // kilde
	Confirmed bool     // every figure of the row was read in the source
	Doubtful  []string // the columns that were not, where some were; nil with Confirmed false means all of them
	NoteNB    string   // merknad
	NoteEN    string   // merknad_en
}

// Note is the remark in a language, nb or en; the other one where that is empty.
func (p Provenance) Note(lang string) string {
	if lang == "en" && p.NoteEN != "" || p.NoteNB == "" {
		return p.NoteEN
	}
	return p.NoteNB
}

// Sure tells whether the figure in a column of the row is confirmed.
func (p Provenance) Sure(column string) bool {
	return p.Confirmed || p.Doubtful != nil && !slices.Contains(p.Doubtful, column)
}

// provenance reads the cells `kilde`, `bekreftet`, `merknad` and `merknad_en`.
func provenance(r record) Provenance {
	p := Provenance{Source: r.text("kilde"), NoteNB: r.text("merknad"), NoteEN: r.text("merknad_en")}
	switch b := r.text("bekreftet"); {
	case b == "ja":
		p.Confirmed = true
	case b != "nei":
		p.Doubtful = strings.Fields(b)[1:]
	}
	return p
}

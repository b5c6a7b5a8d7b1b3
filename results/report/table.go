package report

import (
	"html/template"
	"math"
	"strconv"

	"tiltakseffekt/results/figure"
)

// table is a table of the page. Its rows can be sorted and saved as CSV in the browser.
type table struct {
	Caption string
	Head    []string
	Rows    []row
	Wide    bool // columns of running text
	Stack   bool // on a narrow screen each row becomes a block with its headings
	Words   words
}

type row struct{ Cells []tableCell }

// tableCell is what a cell shows, what it sorts by and is saved as, and a second line.
type tableCell struct {
	Text, Raw, Sub string
	Number         bool
	Tags           []string
	Head           string // of its column, for narrow screens
}

// words are the texts of the controls of a table.
type words struct{ Sort, Save, Filter, Of string }

func (b *builder) table(caption string, head ...string) *table {
	return &table{Caption: caption, Head: head, Words: words{b.say("Sorter etter", "Sort by"), b.say("Lagre som CSV", "Save as CSV"), b.say("Vis bare rader med", "Show only rows with"), b.say("av", "of")}}
}

func (t *table) add(cells ...tableCell) {
	if t.Stack {
		for i := range cells {
			cells[i].Head = t.Head[i]
		}
	}
	t.Rows = append(t.Rows, row{cells})
}

// Number tells whether a column holds numbers.
func (t *table) Number(column int) bool {
	for _, r := range t.Rows {
		if r.Cells[column].Number && r.Cells[column].Raw != "" {
			return true
		}
	}
	return false
}

func textCell(s string) tableCell { return tableCell{Text: s, Raw: s} }

func numberCell(text string, raw float64) tableCell {
	c := tableCell{Text: text, Number: true}
	if !math.IsNaN(raw) && !math.IsInf(raw, 0) {
		c.Raw = strconv.FormatFloat(raw, 'g', 7, 64) // the tables of the run have every digit
	}
	return c
}

func (b *builder) countCell(n int) tableCell {
	raw := float64(n)
	if n < 0 {
		raw = math.NaN()
	}
	return numberCell(b.l.Count(n), raw)
}

// dataTable is what a figure shows, where it has no table of its own.
func (b *builder) dataTable(f *figure.Figure) *table {
	t := b.table(f.Title, f.Data.Head...)
	if len(t.Head) > 0 && t.Head[0] == "" {
		t.Head[0] = b.say("Navn", "Name")
	}
	for _, r := range f.Data.Rows {
		var cells []tableCell
		for _, v := range r {
			if v.IsText {
				cells = append(cells, textCell(v.Text))
			} else {
				cells = append(cells, numberCell(v.Text, v.Number))
			}
		}
		t.add(cells...)
	}
	return t
}

// drawing is a figure with its table.
type drawing struct {
	SVG   template.HTML
	Text  string // said below it
	Table *table
	Label string // of the fold that holds the table
	Name  string // read aloud when the figure is reached by the keyboard
}

// draw makes a drawing of a figure; nil of nil.
func (b *builder) draw(f *figure.Figure, t *table) (*drawing, error) {
	if f == nil {
		return nil, nil
	}
	svg, err := f.Inline("")
	if err != nil {
		return nil, err
	}
	if t == nil && f.Data != nil {
		t = b.dataTable(f)
	}
	if t != nil && len(t.Rows) == 0 {
		t = nil
	}
	return &drawing{SVG: template.HTML(svg), Table: t, Name: f.Title + b.say(". Piltastene leser tallene.", ". The arrow keys read the figures."), Label: b.say("Tallene bak figuren", "The figures behind this")}, nil //nolint:gosec // made by ourselves, texts in it are escaped
}

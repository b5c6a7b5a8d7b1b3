package export

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// mostRows is how many rows a sheet of Excel holds, its head included.
const mostRows = 1 << 20

// Workbook is an Excel workbook: a sheet on the run, a sheet for each table of a paper, and one for each tidy table of the
// run with every number at full precision. Numbers are shown as their column wants them and stored whole; what is missing
// is an empty cell. A table of more rows than a sheet holds is refused: its Parquet and CSV are in the run.
func Workbook(r *results.Run, t *results.Tables, lang string) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing was written to disk
	w := &book{f: f}
	if err := w.styles(); err != nil {
		return nil, err
	}
	title := r.Title.In(lang)
	if title == "" {
		title = r.Study
	}
	// Times in the properties would make each writing of the same run another file.
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "evaluate " + r.Version, LastModifiedBy: "evaluate", Title: title, Identifier: r.RunID, Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z", Language: lang}); err != nil {
		return nil, fault.Wrap("export_failed", err, "cannot make the workbook")
	}
	p := newPaper(r, t, lang)
	about := table{ID: p.say("om", "about"), Head: []string{p.say("Hva", "What"), p.say("Verdi", "Value")}, Rows: [][]string{{p.say("Tittel", "Title"), title}, {p.say("Studie", "Study"), r.Study}, {p.say("Kjøring", "Run"), r.RunID},
		{p.say("Program", "Program"), r.Version}, {p.say("Starter", "Starts"), r.From + " – " + r.To}, {p.say("Fulgt til", "Followed until"), r.Cut}, {p.say("Spørsmål", "Question"), r.Notes.Question.In(lang)},
		{p.say("Forbehold", "Reservations"), r.Notes.Limitations.In(lang)}}}
	if err := w.texts(about); err != nil {
		return nil, err
	}
	for _, x := range p.tables() {
		if x.Long { // the others are there as numbers
			if err := w.texts(x); err != nil {
				return nil, err
			}
		}
	}
	for _, x := range t.Columns() {
		if err := w.columns(x.Name, x.Table); err != nil {
			return nil, err
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		return nil, fault.Wrap("export_failed", err, "cannot make the workbook")
	}
	f.SetActiveSheet(0)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fault.Wrap("export_failed", err, "cannot make the workbook")
	}
	return sorted(b.Bytes())
}

// sorted is a zip archive with its files in the order of their names: the library writes its sheets in the order of a map.
func sorted(archive []byte) ([]byte, error) {
	failed := func(err error) ([]byte, error) {
		return nil, fault.Wrap("export_failed", err, "cannot make the workbook")
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return failed(err)
	}
	slices.SortFunc(r.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		if err := w.Copy(f); err != nil {
			return failed(err)
		}
	}
	if err := w.Close(); err != nil {
		return failed(err)
	}
	return out.Bytes(), nil
}

type book struct {
	f                              *excelize.File
	head, text, whole, fine, probe int // styles: heads, wrapped text, whole numbers, four decimals, p-values
}

func (w *book) styles() error {
	for _, s := range []struct {
		to    *int
		style excelize.Style
	}{
		{&w.head, excelize.Style{Font: &excelize.Font{Bold: true}, Border: []excelize.Border{{Type: "bottom", Color: "202733", Style: 2}}}},
		{&w.text, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&w.whole, excelize.Style{NumFmt: 3}}, // #,##0, with the separator of the reader's own Excel
		{&w.fine, excelize.Style{CustomNumFmt: format("#,##0.0000")}},
		{&w.probe, excelize.Style{CustomNumFmt: format("0.000")}},
	} {
		id, err := w.f.NewStyle(&s.style)
		if err != nil {
			return fault.Wrap("export_failed", err, "cannot make the workbook")
		}
		*s.to = id
	}
	return nil
}

func format(s string) *string { return &s }

// sheet begins a sheet with its head: frozen, and with a filter where there are rows.
func (w *book) sheet(name string, widths []float64, head []string) (*excelize.StreamWriter, error) {
	if _, err := w.f.NewSheet(name); err != nil {
		return nil, fault.Wrap("export_failed", err, "cannot make sheet `%s`", name)
	}
	s, err := w.f.NewStreamWriter(name)
	if err != nil {
		return nil, fault.Wrap("export_failed", err, "cannot make sheet `%s`", name)
	}
	for i, width := range widths {
		if err := s.SetColWidth(i+1, i+1, width); err != nil {
			return nil, fault.Wrap("export_failed", err, "cannot make sheet `%s`", name)
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, fault.Wrap("export_failed", err, "cannot make sheet `%s`", name)
	}
	cells := make([]any, len(head))
	for i, h := range head {
		cells[i] = excelize.Cell{StyleID: w.head, Value: h}
	}
	return s, s.SetRow("A1", cells)
}

func (w *book) row(s *excelize.StreamWriter, at int, cells []any) error {
	name, err := excelize.CoordinatesToCellName(1, at)
	if err == nil {
		err = s.SetRow(name, cells)
	}
	if err != nil {
		return fault.Wrap("export_failed", err, "cannot write row %d of a sheet", at)
	}
	return nil
}

// texts writes a table of running text.
func (w *book) texts(t table) error {
	s, err := w.sheet(t.ID, []float64{18, 48, 90}[:len(t.Head)], t.Head)
	if err != nil {
		return err
	}
	for i, r := range t.Rows {
		cells := make([]any, len(r))
		for j, c := range r {
			cells[j] = excelize.Cell{StyleID: w.text, Value: c}
		}
		if err := w.row(s, i+2, cells); err != nil {
			return err
		}
	}
	return s.Flush()
}

// columns writes a tidy table.
func (w *book) columns(name string, t *datasets.Table) error {
	rows := t.Rows
	if rows == 0 {
		return nil
	}
	if rows >= mostRows {
		return fault.Dataf("too_many_rows", name, "", "has %d rows, and a sheet of Excel holds %d; use its Parquet or CSV in the run, or write LaTeX or Markdown", rows, mostRows-1)
	}
	columns := t.Columns
	head, widths, styles := make([]string, len(columns)), make([]float64, len(columns)), make([]int, len(columns))
	for j, c := range columns {
		head[j], widths[j] = c.Name, max(10, min(30, float64(len(c.Name))+3))
		switch {
		case c.Kind == datasets.Float64 && strings.HasPrefix(c.Name, "p_"):
			styles[j] = w.probe
		case c.Kind == datasets.Float64:
			styles[j] = w.fine
		case c.Kind == datasets.Int64 && c.Name != "year" && c.Name != "price_year" && c.Name != "month":
			styles[j] = w.whole
		}
	}
	s, err := w.sheet(name, widths, head)
	if err != nil {
		return err
	}
	cells := make([]any, len(columns))
	for i := range rows {
		for j, c := range columns {
			cells[j] = cell(c, i, styles[j])
		}
		if err := w.row(s, i+2, cells); err != nil {
			return err
		}
	}
	return s.Flush()
}

func cell(c *datasets.Column, i, style int) any {
	if c.Missing(i) {
		return nil
	}
	switch c.Kind {
	case datasets.Float64:
		return excelize.Cell{StyleID: style, Value: c.Floats[i]}
	case datasets.Int64:
		return excelize.Cell{StyleID: style, Value: c.Ints[i]}
	case datasets.Bool:
		return c.Bools[i]
	}
	return c.Text(i)
}

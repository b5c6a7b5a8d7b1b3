package simulate

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// mostForeign is how many persons a foreign register may have: it is for practice, and is made in memory.
const mostForeign = 50_000

// foreignTable says how a table of the simulated register looks when it comes from elsewhere.
type foreignTable struct {
	table, file string
	columns     []foreignColumn
}

// foreignColumn is a column under another name, where the scenario has it; codes are other words for its values.
type foreignColumn struct {
	name, foreign string
	codes         map[string]string
}

var foreignTables = []foreignTable{
	{"person", "personer.parquet", []foreignColumn{
		{"person_id", "LOPENR", nil}, {"fodselsaar", "FAAR", nil}, {"kjonn", "KJ", map[string]string{"mann": "M", "kvinne": "K"}},
		{"landgruppe", "VERDENSDEL", map[string]string{"norge": "NOR", "eos": "EU", "utenfor_eos": "TREDJE"}}, {"utdanning", "NUS1", nil}, {"innvandret_aar", "INNV", nil},
		{"fylke", "FYLKENR", nil}, {"nav_enhet", "ENHETNR", nil}, {"dod_dato", "DOD", nil}, {"utvandret_dato", "UTV", nil}, {"", "NAVN", nil}}},
	{"deltakelse", "tiltak.parquet", []foreignColumn{
		{"deltakelse_id", "ID", nil}, {"person_id", "LOPENR", nil},
		{"tiltakskode", "TILTAK", map[string]string{"ARBEIDSFORBEREDENDE_TRENING": "AFT", "ARBEIDSMARKEDSOPPLAERING": "KURS_AMO", "ARBEIDSTRENING": "PRAKSIS", "JOBBKLUBB": "JOBBK",
			"MIDLERTIDIG_LONNSTILSKUDD": "MIDL_LTS", "OPPFOLGING": "OPPF"}},
		{"status", "STATUS", nil}, {"start_dato", "FRADATO", nil}, {"slutt_dato", "TILDATO", nil}, {"deltidsprosent", "PROSENT", nil}, {"henvist_dato", "HENVIST", nil}, {"nav_enhet", "ENHETNR", nil},
		{"status_aarsak", "AARSAK", nil}, {"opphav", "KILDE", nil}, {"arbeidsgiver_id", "ORGNR", nil}, {"lonnstilskudd_prosent", "TILSKUDD", nil}, {"anskaffelse", "ANSKAFFELSESFORM", nil}}},
	{"arbeidssoker", "registreringer.parquet", []foreignColumn{
		{"person_id", "LOPENR", nil}, {"fra", "FRADATO", nil}, {"til", "TILDATO", nil},
		{"status", "HOVEDGRUPPE", map[string]string{"ledig": "HLED", "delvis_ledig": "DELV", "nedsatt_arbeidsevne": "NEDS"}}, {"innsatsgruppe", "INNSATS", nil}}},
	{"maaned", "ansettelser.csv", []foreignColumn{
		{"person_id", "LOPENR", nil}, {"maaned", "AARMND", nil}, {"stillingsprosent", "STILLING", nil}, {"lonn", "BRUTTO", nil}, {"tiltakslonn", "TILTLONN", nil}, {"arbeidsgiver_id", "ORGNR", nil},
		{"dagpenger", "DP", nil}, {"aap", "AAP", nil}, {"ufore", "UFO", nil}, {"sosialhjelp", "SOS", nil}, {"tiltakspenger", "TP", nil}, {"utdanning_igang", "UTD", nil}}},
	{areaTable, "arbeidsmarked.csv", []foreignColumn{ // in scenarios that have local markets
		{"fylke", "FYLKENR", nil}, {"maaned", "AARMND", nil}, {"ledighet", "LEDIGHETSRATE", nil}}},
}

// WriteForeign simulates a register and writes it as another agency might hand it out: files and columns under other names,
// codes of its own, ids that are texts, dates as 31.12.2020, months in a CSV file with semicolons and decimal comma, and
// a column with a name, which no register may have. It is for practising a mapping. The bytes depend on the options alone.
//
// The folder must not be there, or be empty (status 2). It returns the rows by file.
func WriteForeign(ctx context.Context, dir string, opt Options) (map[string]int, error) {
	if err := opt.resolve(); err != nil {
		return nil, err
	}
	if opt.Persons > mostForeign {
		return nil, fault.Usagef("bad_flag", "`--foreign` is for practice and takes at most %d persons, not %d", mostForeign, opt.Persons)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fault.Usagef("folder_exists", "`--out %s` holds files; name a folder that is not there", dir)
	}
	w := newWorld(opt)
	blocks := make([]*block, parallel.NumBlocks(opt.Persons, blockPersons))
	if err := parallel.Blocks(ctx, opt.Workers, opt.Persons, blockPersons, func(i, a, b int) error {
		blocks[i] = w.simulate(a, b, false)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make the folder %s", dir)
	}
	rows, tables := map[string]int{}, w.tables(blocks)
	tables[areaTable] = w.areas()
	for _, f := range foreignTables {
		t := tables[f.table]
		if t == nil {
			continue // a scenario without local markets
		}
		f.columns = slices.DeleteFunc(slices.Clone(f.columns), func(c foreignColumn) bool { return c.name != "" && t.Column(c.name) == nil })
		rows[f.file] = t.Rows
		path := filepath.Join(dir, f.file)
		if strings.HasSuffix(f.file, ".csv") {
			if err := os.WriteFile(path, f.csv(t), 0o666); err != nil {
				return nil, fault.Wrap("write_failed", err, "cannot write %s", path)
			}
			continue
		}
		out := &datasets.Table{Rows: t.Rows}
		for _, c := range f.columns {
			out.Columns = append(out.Columns, c.column(t))
		}
		if err := datasets.WriteContext(ctx, path, out, datasets.WriteOptions{Workers: opt.Workers}); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// column is a foreign column of Parquet: numbers stay numbers, everything else is text.
func (c foreignColumn) column(t *datasets.Table) *datasets.Column {
	values, null := make([]string, t.Rows), make([]bool, t.Rows)
	if from := t.Column(c.name); from != nil && c.name != "person_id" && (from.Kind == datasets.Int64 || from.Kind == datasets.Float64) {
		same := *from
		same.Name = c.foreign
		return &same
	}
	for i := range values {
		values[i], null[i] = c.text(t, i, ".")
	}
	return datasets.TextColumn(c.foreign, values, null)
}

// csv is a table with semicolons and decimal commas.
func (f foreignTable) csv(t *datasets.Table) []byte {
	var b bytes.Buffer
	for i, c := range f.columns {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(c.foreign)
	}
	for row := range t.Rows {
		b.WriteByte('\n')
		for i, c := range f.columns {
			if i > 0 {
				b.WriteByte(';')
			}
			text, _ := c.text(t, row, ",")
			b.WriteString(text)
		}
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// text is a value as the other agency writes it; missing is true where there is none.
func (c foreignColumn) text(t *datasets.Table, i int, comma string) (text string, missing bool) {
	if c.name == "" {
		return "Ola Nordmann", false
	}
	from := t.Column(c.name)
	if from == nil || from.Missing(i) {
		return "", true
	}
	switch {
	case c.name == "person_id":
		return fmt.Sprintf("P%07d", from.Ints[i]), false
	case from.Kind == datasets.Int64:
		return strconv.FormatInt(from.Ints[i], 10), false
	case from.Kind == datasets.Float64:
		return strings.Replace(strconv.FormatFloat(from.Floats[i], 'f', -1, 64), ".", comma, 1), false
	case from.Kind == datasets.Bool:
		return map[bool]string{true: "J", false: "N"}[from.Bools[i]], false
	case from.Kind == datasets.Date:
		day := from.Dates[i].String() // 2020-12-31
		if c.name == "maaned" {
			return day[:4] + day[5:7], false
		}
		return day[8:] + "." + day[5:7] + "." + day[:4], false
	}
	text = from.Text(i)
	if other, ok := c.codes[text]; ok {
		text = other
	}
	return text, false
}

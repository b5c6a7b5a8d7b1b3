package results

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// knownTables are the rows a run folder may hold, by the name of the table.
var knownTables = func() map[string]reflect.Type {
	known := map[string]reflect.Type{}
	for _, t := range new(Tables).each() {
		known[t.name] = reflect.TypeOf(t.rows).Elem()
	}
	return known
}()

var (
	elevenDigits = regexp.MustCompile(`(?:^|[^0-9A-Za-z.,\-])([0-9]{11})(?:[^0-9A-Za-z.,\-]|$)`)
	spacedDigits = regexp.MustCompile(`(?:^|[^0-9A-Za-z.,\-])([0-9]{6})(?: |-|\x{a0})([0-9]{5})(?:[^0-9A-Za-z]|$)`)
	eMail        = regexp.MustCompile(`[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}`)
)

// Scan searches a run folder for anything that could identify a person before it leaves the zone: a file or a table or a
// column that a run does not have, an identity number or an e-mail address in any text, and a figure that rests on
// fewer persons than the limit of the run. Each finding is named by file; the error has status 4. It checks no hashes:
// that is Check's work.
func Scan(dir string) error {
	run, tables, err := Load(dir)
	if err != nil {
		return err
	}
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	found := Attack(tables, run.MinCell) // what can be had by adding and subtracting
	for _, e := range m.Files {
		full := filepath.Join(dir, filepath.FromSlash(e.Name))
		switch ext := path.Ext(e.Name); {
		case path.Dir(e.Name) == "tables" && (ext == ".csv" || ext == ".parquet"):
			findings, err := scanTable(full, e.Name, run.MinCell)
			if err != nil {
				return err
			}
			found = append(found, findings...)
		case ext == ".json" || ext == ".html" || ext == ".svg":
			text, err := os.ReadFile(full)
			if err != nil {
				return fault.Wrap("read_failed", err, "cannot read %s", e.Name)
			}
			for _, hit := range elevenDigits.FindAllSubmatch(text, -1) {
				if datasets.IsNationalNumber(string(hit[1])) {
					found = append(found, e.Name+" holds a national identity number")
					break
				}
			}
			if ext == ".json" { // what people wrote; in a figure two coordinates may stand so
				for _, hit := range spacedDigits.FindAllSubmatch(text, -1) {
					if datasets.IsNationalNumber(string(hit[1]) + string(hit[2])) {
						found = append(found, e.Name+" holds a national identity number")
						break
					}
				}
			}
			if eMail.Match(text) {
				found = append(found, e.Name+" holds an e-mail address")
			}
		case ext == ".png":
		default:
			found = append(found, e.Name+" is no file of a run")
		}
	}
	if err := Revealed(found); err != nil {
		return err.In(dir)
	}
	return nil
}

// Revealed is the error (status 4) of what an Attack or a Scan found, nil where it found nothing.
func Revealed(found []string) *fault.Error {
	if len(found) == 0 {
		return nil
	}
	more := ""
	if len(found) > 10 {
		found, more = found[:10], fmt.Sprintf(" and %d more", len(found)-10)
	}
	return fault.Differsf("identifying", "%s%s%s%s", oneRun, strings.Join(found, "; "), more, oneRunRemedy)
}

// What is said around the findings in one run.
const (
	oneRun       = "this run must not leave the zone: "
	oneRunRemedy = "; find out where it comes from and run the study again"
)

// scanTable searches one table.
func scanTable(file, name string, minCell int) ([]string, error) {
	row, known := knownTables[strings.TrimSuffix(path.Base(name), path.Ext(name))]
	if !known {
		return []string{name + " is no table of a run"}, nil
	}
	t, err := datasets.Read(context.Background(), file, datasets.ReadOptions{})
	if err != nil {
		if fault.StatusOf(err) == fault.Data { // the reader refuses identifiers itself
			return []string{name + " is refused: " + err.Error()}, nil
		}
		return nil, err
	}
	var found []string
	columns := fieldsOf(row)
	for _, c := range t.Columns {
		if !slices.ContainsFunc(columns, func(f field) bool { return f.name == c.Name }) {
			found = append(found, fmt.Sprintf("%s has a column `%s` that no such table has", name, c.Name))
		}
		for _, level := range c.Levels {
			if what := datasets.Identifies(level); what != "" {
				found = append(found, fmt.Sprintf("%s holds %s in `%s`", name, what, c.Name))
				break
			}
		}
	}
	for _, count := range []string{"n_persons_treated", "n_persons_comparison"} {
		small := 0
		if c := t.Column(count); c != nil && c.Kind == datasets.Int64 {
			for i, n := range c.Ints {
				if !c.Missing(i) && n > 0 && n < int64(minCell) {
					small++
				}
			}
		}
		if small > 0 {
			found = append(found, fmt.Sprintf("%s shows %d rows with `%s` under %d", name, small, count, minCell))
		}
	}
	return found, nil
}

package analysis

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// TrialFolder is what WriteTrials wrote: trials.json of the folder.
type TrialFolder struct {
	Schema  int         `json:"schema"`
	Study   string      `json:"study"`
	Private bool        `json:"private"` // always true
	Level   float64     `json:"level"`
	Cells   []TrialCell `json:"cells"`
}

// TrialCell is one file of the folder.
type TrialCell struct {
	Tiltak  string          `json:"tiltak"`
	Group   string          `json:"group"`
	File    string          `json:"file"` // relative to the folder; "" where the cell has no rows
	Rows    int             `json:"rows"`
	Treated int             `json:"treated"`
	Reason  estimate.Reason `json:"reason,omitempty"` // why there are no estimates
	Recipes []Recipe        `json:"recipes"`

	columns []TrialColumn
}

// WriteTrials writes the analysis rows of a study into a folder of their own: one file a tiltak × group, trials.json and
// commands.txt, which say what makes the study's estimates of them, columns.csv, and PRIVATE.txt. format is parquet or csv.
//
// The folder must not be there before, and not lie among runs. It appears whole, readable by its owner alone, or not at all.
func WriteTrials(ctx context.Context, s *Study, o Options, t TrialOptions, out, format string) (*TrialFolder, error) {
	if err := results.OutsideRuns(out); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(out); err == nil {
		return nil, fault.Usagef("folder_exists", "`--out %s` is there already; rows about persons get a folder of their own: choose another, or remove it", out)
	}
	out = filepath.Clean(out)
	if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make the folder above `%s`", out)
	}
	work, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+".work")
	if err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make the folder `%s`", out)
	}
	defer os.RemoveAll(work)
	if err := results.WriteAtomic(filepath.Join(work, results.PrivateName), []byte(results.PrivateNote)); err != nil {
		return nil, err
	}
	folder := &TrialFolder{Schema: 1, Study: s.Study, Private: true, Level: s.Inference.Level}
	var mu sync.Mutex
	if err := Trials(ctx, s, o, t, func(r *TrialRows) error {
		cell := TrialCell{Tiltak: r.Tiltak, Group: r.Group, Treated: r.Treated, Reason: r.Reason, Recipes: r.Recipes, columns: r.Columns}
		if cell.Recipes == nil {
			cell.Recipes = []Recipe{}
		}
		if r.Table != nil {
			cell.Rows = r.Table.Rows
			cell.File = path.Join(r.Tiltak, r.Group+"."+format)
			file := filepath.Join(work, filepath.FromSlash(cell.File))
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				return fault.Wrap("write_failed", err, "cannot make a folder in `%s`", out)
			}
			if err := datasets.WriteContext(ctx, file, r.Table, datasets.WriteOptions{Workers: 1}); err != nil {
				return err
			}
			if err := os.Chmod(file, 0o600); err != nil {
				return fault.Wrap("write_failed", err, "cannot make a file of `%s` private", out)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		folder.Cells = append(folder.Cells, cell)
		return nil
	}); err != nil {
		return nil, err
	}
	groups := s.groupIDs()
	slices.SortFunc(folder.Cells, func(a, b TrialCell) int {
		return cmp.Or(cmp.Compare(a.Tiltak, b.Tiltak), cmp.Compare(slices.Index(groups, a.Group), slices.Index(groups, b.Group)))
	})
	if err := folder.writeNotes(work, format); err != nil {
		return nil, err
	}
	if err := os.Rename(work, out); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fault.Usagef("folder_exists", "`--out %s` has come about meanwhile; choose another", out)
		}
		return nil, fault.Wrap("write_failed", err, "cannot finish the folder `%s`", out)
	}
	return folder, nil
}

// writeNotes writes what says what the rows are.
func (f *TrialFolder) writeNotes(dir, format string) error {
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return fault.Wrap("write_failed", err, "cannot write trials.json")
	}
	var commands strings.Builder
	commands.WriteString("# Run in this folder. `again` runs the method on the rows once more, `given` takes the weights it found.\n")
	var column, nb, en []string
	seen := map[string]bool{}
	for _, cell := range f.Cells {
		fmt.Fprintf(&commands, "\n# %s × %s: %d rows, %d treated", cell.Tiltak, cell.Group, cell.Rows, cell.Treated)
		if cell.Reason != "" {
			fmt.Fprintf(&commands, "; no estimates: %s", cell.Reason)
		}
		commands.WriteString("\n")
		for _, r := range cell.Recipes {
			errors := "errors of the study"
			switch r.Errors {
			case knownWeights:
				errors = "errors take the weights as known"
			case manyClusters:
				errors = "errors as of many clusters; the study's are CR2 with t, since these are few"
			}
			fmt.Fprintf(&commands, "# %s, %s, %s\n%s\n", r.Method, r.How, errors, shellLine(append([]string{"evaluate"}, r.CommandLine(cell.File)...)))
		}
		for _, c := range cell.columns {
			if !seen[c.Name] {
				seen[c.Name] = true
				column, nb, en = append(column, c.Name), append(nb, c.NB), append(en, c.EN)
			}
		}
	}
	columns := datasets.NewTable(datasets.TextColumn("column", column, nil), datasets.TextColumn("nb", nb, nil), datasets.TextColumn("en", en, nil))
	if err := datasets.Write(filepath.Join(dir, "columns.csv"), columns, datasets.WriteOptions{}); err != nil {
		return err
	}
	if err := results.WriteAtomic(filepath.Join(dir, "trials.json"), append(b, '\n')); err != nil {
		return err
	}
	return results.WriteAtomic(filepath.Join(dir, "commands.txt"), []byte(commands.String()))
}

// CommandLine is the recipe as arguments of evaluate, on a file of rows.
func (r Recipe) CommandLine(file string) []string {
	args := []string{r.Command, "--data", file, "--outcome", strings.Join(r.Outcomes, ",")}
	return append(args, r.Args...)
}

// shellLine quotes arguments for a POSIX shell.
func shellLine(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsFunc(a, func(r rune) bool { return !plainRune(r) }) {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func plainRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,=+:", r)
}

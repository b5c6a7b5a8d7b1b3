package results

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Find is the run folder that a path means: the path itself where it is a run, or the only finished run below it where it
// is the folder of a study, DIR/<study>. Of several runs one has to be named.
func Find(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fault.Dataf("not_a_run", path, "", "is not a run folder: it is not there; give what `evaluate run` printed")
	}
	if err != nil || !info.IsDir() {
		return "", fault.Dataf("not_a_run", path, "", "is not a run folder; give what `evaluate run` printed")
	}
	if _, err := os.Stat(filepath.Join(path, manifestName)); err == nil {
		return path, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", fault.Wrap("read_failed", err, "cannot list `%s`", path)
	}
	var runs []string
	for _, e := range entries {
		if !e.IsDir() || !runName.MatchString(e.Name()) {
			continue
		}
		if _, err := os.Stat(filepath.Join(path, e.Name(), manifestName)); err == nil {
			runs = append(runs, e.Name())
		}
	}
	switch len(runs) {
	case 0:
		return path, nil // whoever reads it says that it is none
	case 1:
		return filepath.Join(path, runs[0]), nil
	}
	return "", fault.Usagef("several_runs", "`%s` holds %d runs (%s); name one of them", path, len(runs), strings.Join(runs[:min(4, len(runs))], ", "))
}

package results

import (
	"os"
	"path/filepath"

	"tiltakseffekt/internal/fault"
)

// PrivateName is the file that marks a folder as rows about persons, which stay in the zone.
const PrivateName = "PRIVATE.txt"

// PrivateNote is what it says.
const PrivateNote = `PRIVAT – rader om enkeltpersoner. Mappen skal ikke forlate sonen og ikke legges i en kjøring.
Bare en kjøring (evaluate run) som evaluate validate godtar, er ment for andre.

PRIVATE – rows about persons. This folder must not leave the zone nor lie inside a run.
Only a run (evaluate run) that evaluate validate accepts is meant for others.
`

// OutsideRuns refuses a place for rows about persons that lies in a run, or in a folder of runs: what is copied out of the
// zone with a run must not hold them. A place counts as among runs where it, or a folder above it, is a run, holds one, or
// holds the studies that hold one, and where it lies under a folder results/runs.
func OutsideRuns(path string) error {
	full, err := filepath.Abs(path)
	if err != nil {
		return fault.Wrap("bad_name", err, "`%s` is no path", path)
	}
	if real, err := filepath.EvalSymlinks(filepath.Dir(full)); err == nil {
		full = filepath.Join(real, filepath.Base(full))
	}
	refuse := func(where, what string) error {
		return fault.Usagef("among_runs", "`%s` lies in `%s`, which is %s: rows about persons stay outside; choose another folder", path, where, what)
	}
	for dir, above := full, ""; ; dir, above = filepath.Dir(dir), filepath.Base(dir) {
		switch {
		case isRun(dir):
			return refuse(dir, "a run")
		case holdsRuns(dir, "*") || holdsRuns(dir, filepath.Join("*", "*")):
			return refuse(dir, "a folder of runs")
		case above == "runs" && filepath.Base(dir) == "results":
			return refuse(filepath.Join(dir, above), "where runs are written")
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, manifestName))
	if err != nil {
		_, err = os.Stat(filepath.Join(dir, "run.json"))
	}
	return err == nil
}

// holdsRuns tells whether a folder whose path below dir matches the pattern is a run by name and content.
func holdsRuns(dir, pattern string) bool {
	found, err := filepath.Glob(filepath.Join(glob(dir), pattern, manifestName))
	if err != nil {
		return false
	}
	for _, f := range found {
		if runName.MatchString(filepath.Base(filepath.Dir(f))) {
			return true
		}
	}
	return false
}

// glob quotes what a pattern reads as more than itself.
func glob(path string) string {
	out := make([]rune, 0, len(path))
	for _, r := range path {
		switch r {
		case '*', '?', '[', '\\':
			if os.PathSeparator == '/' || r != '\\' {
				out = append(out, '\\')
			}
		}
		out = append(out, r)
	}
	return string(out)
}

// IsPrivate tells whether a folder is marked as rows about persons.
func IsPrivate(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, PrivateName))
	return err == nil
}

package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Marker is the file by which a folder is known as a simulated register. It lists the other files with their sizes, so
// that a folder in which somebody has put real tables in place of simulated ones is not taken for one: the names alone
// are those of any register. No room that reads a register reads it.
const Marker = "simulated.txt"

const markerHead = "Written by `evaluate simulate`, which may replace these files (name, bytes) when it writes here again.\n"

// writeMarker lists the files of a finished folder in its marker.
func writeMarker(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.Wrap("write_failed", err, "cannot list the files of %s", dir)
	}
	var b bytes.Buffer
	b.WriteString(markerHead)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return fault.Wrap("write_failed", err, "cannot list the files of %s", dir)
		}
		fmt.Fprintf(&b, "%s %d\n", e.Name(), info.Size())
	}
	if err := os.WriteFile(filepath.Join(dir, Marker), b.Bytes(), 0o666); err != nil {
		return fault.Wrap("write_failed", err, "cannot write %s", filepath.Join(dir, Marker))
	}
	return nil
}

// readMarker is the sizes that the marker of a folder lists, by name; nil where there is none.
func readMarker(dir string) (map[string]int64, error) {
	b, err := os.ReadFile(filepath.Join(dir, Marker))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, ok := strings.CutPrefix(string(b), markerHead)
	if !ok {
		return nil, nil
	}
	sizes := map[string]int64{}
	for line := range strings.Lines(list) {
		name, size, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil || !slices.Contains(ownFiles(), name) {
			return nil, nil
		}
		sizes[name] = n
	}
	return sizes, nil
}

// Vacant refuses a folder that Write must not write into: one that holds anything but a register that Write wrote there,
// every file as it was. A folder that is not there, or is empty, is vacant. The error (status 2) names the folder as
// `--out`.
func Vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Usagef("out_not_folder", "`--out %s` is not a folder that can be read; choose another folder", dir)
	}
	if len(entries) == 0 {
		return nil
	}
	sizes, err := readMarker(dir)
	if err != nil {
		return fault.Wrap("read_failed", err, "cannot read %s", filepath.Join(dir, Marker))
	}
	for _, e := range entries {
		name := e.Name()
		if name == Marker && sizes != nil {
			continue
		}
		size, listed := sizes[name]
		info, err := e.Info()
		switch {
		case err != nil:
			return fault.Wrap("read_failed", err, "cannot look at %s", filepath.Join(dir, name))
		case sizes == nil:
			return fault.Usagef("out_not_empty", "`--out %s` holds `%s` and nothing that says it was simulated (%s): choose an empty folder", dir, name, Marker)
		case !listed:
			return fault.Usagef("out_not_empty", "`--out %s` holds `%s`, which was not simulated: choose an empty folder", dir, name)
		case info.IsDir() || info.Size() != size:
			return fault.Usagef("out_not_empty", "`--out %s` holds `%s`, which is not as it was simulated: choose an empty folder", dir, name)
		}
	}
	return nil
}

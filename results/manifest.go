package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tiltakseffekt/internal/fault"
)

const manifestName = "manifest.json"

// Entry is a file of a run in its manifest.
type Entry struct {
	Name   string `json:"name"` // relative to the run, forward slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Manifest is manifest.json: every other file of the run, sorted by name. It is written last, and it alone means that
// the run is finished.
type Manifest struct {
	Schema int     `json:"schema"`
	RunID  string  `json:"run_id"`
	Files  []Entry `json:"files"`
}

func (f *Folder) manifest() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := Manifest{Schema: 1, RunID: f.id}
	for _, e := range f.files {
		m.Files = append(m.Files, e)
	}
	slices.SortFunc(m.Files, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	b, err := json.MarshalIndent(m, "", " ")
	return append(b, '\n'), err
}

// ReadManifest reads the manifest of a run; a folder without one is refused (status 3) as unfinished.
func ReadManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Dataf("not_a_run", dir, "", "is no finished run: it has no manifest.json; give the folder that `evaluate run` printed")
	case err != nil:
		return nil, fault.Wrap("read_failed", err, "cannot read the manifest")
	}
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&m); err != nil || m.Schema != 1 {
		return nil, fault.Dataf("bad_manifest", filepath.Join(dir, manifestName), "", "cannot be read as the manifest of a run; run the study again")
	}
	return &m, nil
}

// Check compares every byte of a run with its manifest. A difference is an error of status 4 that names the files:
// changed, missing, or not in the manifest.
func Check(dir string) error {
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	var wrong []string
	known := map[string]bool{manifestName: true}
	for _, e := range m.Files {
		known[e.Name] = true
		if !filepath.IsLocal(filepath.FromSlash(e.Name)) {
			wrong = append(wrong, e.Name+" lies outside the run")
			continue
		}
		sum, err := hashFile(filepath.Join(dir, filepath.FromSlash(e.Name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			wrong = append(wrong, e.Name+" is missing")
		case err != nil:
			return fault.Wrap("read_failed", err, "cannot check %s", e.Name)
		case sum != e.SHA256:
			wrong = append(wrong, e.Name+" has changed")
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil && !known[filepath.ToSlash(name)] {
			wrong = append(wrong, filepath.ToSlash(name)+" is not in the manifest")
		}
		return err
	})
	if err != nil {
		return fault.Wrap("read_failed", err, "cannot list the files of the run")
	}
	if len(wrong) == 0 {
		return nil
	}
	more := ""
	if len(wrong) > 10 {
		wrong, more = wrong[:10], fmt.Sprintf(" and %d more", len(wrong)-10)
	}
	return fault.Differsf("run_differs", "the run is not what its manifest says: %s%s; run the study again into another folder", strings.Join(wrong, ", "), more).In(dir)
}

func hashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

package results

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// ErrFinished and ErrBusy are the causes of Begin's refusals; test them with errors.Is.
var (
	ErrFinished = errors.New("the run is finished already")
	ErrBusy     = errors.New("another process is making the same run")
)

var (
	studyName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	runName   = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// Folder is a run folder in the making. It lies hidden in DIR/<study>/.<run-id>.work/out and becomes DIR/<study>/<run-id>
// by one rename, so that no moment exists at which an unfinished run looks finished. Its methods are safe for concurrent
// use.
type Folder struct {
	final, work, out string
	id               string
	lock             *lock

	mu    sync.Mutex
	files map[string]Entry
	run   *Run // as written
}

// Path is the folder a run has, or will have, once finished.
func Path(dir, study, runID string) string { return filepath.Join(dir, study, runID) }

// Begin takes the lock of a run and makes its work folder. Whatever an earlier attempt left half-written is removed, its
// finished tasks (see Tasks) are kept, or removed too where the run is there: a process can end between the rename that
// finishes a run and the removal of its work folder. Errors: ErrFinished where the run is there and its manifest holds; a difference
// (status 4) where it is there and does not; ErrBusy where another process holds the lock.
func Begin(dir, study, runID string) (*Folder, error) {
	if !studyName.MatchString(study) {
		return nil, fault.Usagef("bad_study_name", "`study: %s` must be 1–40 of a–z, 0–9 and -", study)
	}
	if !runName.MatchString(runID) {
		return nil, fault.Wrap("bad_run_id", nil, "`%s` is not a run id of 16 hex digits", runID)
	}
	parent := filepath.Join(dir, study)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make the folder of the study")
	}
	f := &Folder{final: Path(dir, study, runID), work: filepath.Join(parent, "."+runID+".work"), id: runID, files: map[string]Entry{}}
	f.out = filepath.Join(f.work, "out")
	var err error
	if f.lock, err = takeLock(filepath.Join(parent, "."+runID+".lock")); err != nil {
		if errors.Is(err, ErrBusy) {
			return nil, fault.Wrap("run_busy", ErrBusy, "run %s of study %s", runID, study)
		}
		return nil, fault.Wrap("write_failed", err, "cannot lock run %s", runID)
	}
	if _, err := os.Stat(f.final); err == nil {
		err := Check(f.final)
		if err == nil {
			err = f.tidy()
		}
		f.lock.release()
		if err != nil {
			return nil, err
		}
		return nil, fault.Wrap("run_finished", ErrFinished, "%s", f.final)
	}
	for _, d := range []string{"tables", "figures"} {
		if d == "tables" {
			err = os.RemoveAll(f.out)
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(f.out, d), 0o777)
		}
	}
	if err != nil {
		f.lock.release()
		return nil, fault.Wrap("write_failed", err, "cannot make the work folder of run %s", runID)
	}
	return f, nil
}

// Wait is Begin that waits while another process makes the same run: it then returns ErrFinished where that process
// finished, and the folder where it gave up.
func Wait(ctx context.Context, dir, study, runID string) (*Folder, error) {
	for {
		f, err := Begin(dir, study, runID)
		if !errors.Is(err, ErrBusy) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Finished tells whether a run is there. A folder that is there and does not hold what its manifest says is an error.
func Finished(dir, study, runID string) (bool, error) {
	path := Path(dir, study, runID)
	if _, err := os.Stat(path); err != nil {
		return false, nil //nolint:nilerr // not there is an answer
	}
	return true, Check(path)
}

// Dir is where the files lie until Finish; Final is where they lie after it.
func (f *Folder) Dir() string { return f.out }

// Final is the path of the finished run.
func (f *Folder) Final() string { return f.final }

// Tasks is a folder, kept from one attempt to the next, for the results of finished tasks; it never enters the run.
func (f *Folder) Tasks() (string, error) {
	dir := filepath.Join(f.work, "tasks")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fault.Wrap("write_failed", err, "cannot make the folder for finished tasks")
	}
	return dir, nil
}

// WriteFile writes one file of the run, such as figures/effect-AFT.svg, and remembers its hash. The name has forward
// slashes and stays inside the folder; a file is written once.
func (f *Folder) WriteFile(name string, data []byte) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, "\\") || name == manifestName {
		return fault.Wrap("bad_name", nil, "`%s` cannot be the name of a file of a run", name)
	}
	f.mu.Lock()
	_, twice := f.files[name]
	if !twice {
		sum := sha256.Sum256(data)
		f.files[name] = Entry{Name: name, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
	}
	f.mu.Unlock()
	if twice {
		return fault.Wrap("written_twice", nil, "`%s` is written twice into the run", name)
	}
	return f.put(name, data)
}

func (f *Folder) put(name string, data []byte) error {
	path := filepath.Join(f.out, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = writeSynced(path, data)
	}
	if err != nil {
		return fault.Wrap("write_failed", err, "cannot write %s", name)
	}
	return nil
}

// WriteRun writes run.json. It comes first: everything else can be read in its light.
func (f *Folder) WriteRun(r *Run) error {
	b, err := Canonical(r)
	if err != nil {
		return fault.Wrap("bad_run", err, "cannot write run.json")
	}
	f.run = r
	return f.WriteFile("run.json", append(b, '\n'))
}

// WriteTables writes each table as CSV and as Parquet under tables/. Suppress comes before it.
func (f *Folder) WriteTables(t *Tables) error {
	for _, e := range t.each() {
		table := tableOf(e.rows)
		for _, format := range []string{"csv", "parquet"} {
			var b bytes.Buffer
			err := datasets.WriteTo(&b, format, table, datasets.WriteOptions{})
			if err == nil {
				err = f.WriteFile("tables/"+e.name+"."+format, b.Bytes())
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Finish writes the manifest and renames the work folder to the run. After an error the run is not there, and Abandon
// or another Begin cleans up.
func (f *Folder) Finish() error {
	if _, ok := f.files["run.json"]; !ok {
		return fault.Wrap("no_run_json", nil, "run %s has no run.json", f.id)
	}
	if err := f.writeCrate(); err != nil {
		return err
	}
	m, err := f.manifest()
	if err != nil {
		return err
	}
	if err := f.put(manifestName, m); err != nil {
		return err
	}
	if err := syncTree(f.out); err != nil {
		return fault.Wrap("write_failed", err, "cannot finish run %s", f.id)
	}
	if err := os.Rename(f.out, f.final); err != nil {
		return fault.Wrap("write_failed", err, "cannot finish run %s", f.id)
	}
	if err := syncDir(filepath.Dir(f.final)); err != nil {
		return fault.Wrap("write_failed", err, "cannot finish run %s", f.id)
	}
	err = f.tidy()
	f.lock.release()
	return err
}

// tidy removes the work folder of a finished run.
func (f *Folder) tidy() error {
	if err := os.RemoveAll(f.work); err != nil {
		return fault.Wrap("write_failed", err, "run %s is finished, but its work folder cannot be removed", f.id)
	}
	return nil
}

// writeCrate writes the RO-Crate of the files so far.
func (f *Folder) writeCrate() error {
	f.mu.Lock()
	files := make([]Entry, 0, len(f.files))
	for _, e := range f.files {
		files = append(files, e)
	}
	f.mu.Unlock()
	b, err := crate(f.run, files)
	if err != nil {
		return fault.Wrap("bad_run", err, "cannot write %s", crateName)
	}
	return f.WriteFile(crateName, b)
}

// Pause gives the lock back and keeps finished tasks for the next attempt; what was written of the run is removed.
func (f *Folder) Pause() {
	_ = os.RemoveAll(f.out)
	_ = os.Remove(filepath.Join(f.work, "tasks")) // both go where no task was finished
	_ = os.Remove(f.work)
	f.lock.release()
}

// Abandon removes all that was written, finished tasks too, and gives the lock back. After Finish it does nothing.
func (f *Folder) Abandon() {
	if f.lock.held() {
		_ = os.RemoveAll(f.work)
	}
	f.lock.release()
}

// Write makes a whole run folder of a run, its tables and further files (figures, reports) and returns its path.
func Write(dir string, r *Run, t *Tables, files map[string][]byte) (string, error) {
	f, err := Begin(dir, r.Study, r.RunID)
	if err != nil {
		return "", err
	}
	defer f.Abandon()
	if err := f.WriteRun(r); err != nil {
		return "", err
	}
	if err := f.WriteTables(t); err != nil {
		return "", err
	}
	for name, data := range files {
		if err := f.WriteFile(name, data); err != nil {
			return "", err
		}
	}
	return f.final, f.Finish()
}

// Clean removes the work folders under dir/<study>/ that no process holds, and returns them.
func Clean(dir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", ".*.work"))
	if err != nil {
		return nil, fault.Wrap("bad_name", err, "cannot look for work folders")
	}
	var gone []string
	for _, work := range found {
		l, err := takeLock(strings.TrimSuffix(work, ".work") + ".lock")
		if errors.Is(err, ErrBusy) {
			continue
		}
		if err == nil {
			err = os.RemoveAll(work)
			l.release()
		}
		if err != nil {
			return gone, fault.Wrap("write_failed", err, "cannot remove a work folder")
		}
		gone = append(gone, work)
	}
	return gone, nil
}

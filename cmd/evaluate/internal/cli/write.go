package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// writeWhole writes a file whole or not at all, and says in a sentence about that file why it could not: what lies beside
// it on the way has a name that tells nobody anything. A folder that is not there is a mistake in the argument (status 2).
func writeWhole(path string, data []byte) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fault.Usagef("no_folder", "`%s` cannot be written: there is no folder `%s`; make it first", path, dir)
	} else if err == nil && !info.IsDir() || errors.Is(err, syscall.ENOTDIR) {
		return fault.Usagef("no_folder", "`%s` cannot be written: `%s` is not a folder; choose another", path, dir)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fault.Usagef("is_folder", "`%s` cannot be written: it is a folder; name a file", path)
	}
	return writeFailure(path, results.WriteAtomic(path, data))
}

// writeFailure is the sentence about a file that could not be written; nil where err is.
func writeFailure(path string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fault.Wrap("disk_full", nil, "`%s` cannot be written: the disk is full; make room on it", path)
	case errors.Is(err, syscall.EROFS):
		return fault.Wrap("write_failed", nil, "`%s` cannot be written: the disk is read-only; choose another folder", path)
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap("write_failed", nil, "`%s` cannot be written: you may not write there; choose another folder", path)
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fault.Wrap("write_failed", err, "`%s` cannot be written", path)
}

// output is stdout that remembers its first failure.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// failure is the sentence about an output that could not be written; a closed pipe stays what it is.
func (o *output) failure() error {
	if errors.Is(o.err, syscall.EPIPE) {
		return o.err
	}
	return writeFailure("stdout", o.err)
}

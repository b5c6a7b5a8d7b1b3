package datasets

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"tiltakseffekt/internal/fault"
)

// atomicFile is a file that is written beside its target and takes its name when it is whole.
type atomicFile struct {
	path   string
	file   *os.File // nil once committed or aborted
	buffer *bufio.Writer
}

func createAtomic(path string) (*atomicFile, error) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, "."+base+".tmp-*")
	if err != nil {
		return nil, writeFailure(path, err)
	}
	// CreateTemp makes files that only their owner can read; a result has the rights of any new file.
	if mask := umask(); mask >= 0 {
		_ = f.Chmod(os.FileMode(0o666 &^ mask))
	}
	return &atomicFile{path: path, file: f, buffer: bufio.NewWriterSize(f, 1<<20)}, nil
}

func (a *atomicFile) Write(p []byte) (int, error) { return a.buffer.Write(p) }

// writeFailure is one sentence about a file that cannot be written. The name of the file beside it is left out.
func writeFailure(path string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fault.Wrap("disk_full", nil, "cannot write %s: the disk is full", path)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fault.Wrap("write_failed", err, "cannot write %s", path)
}

// commit flushes the file to the disk and renames it, and then the folder, so that the name survives a power cut.
func (a *atomicFile) commit() error {
	err := a.buffer.Flush()
	if err == nil {
		err = a.file.Sync()
	}
	temporary := a.file.Name()
	if e := a.file.Close(); err == nil {
		err = e
	}
	a.file = nil
	if err == nil {
		err = os.Rename(temporary, a.path)
	}
	if err != nil {
		_ = os.Remove(temporary)
		return writeFailure(a.path, err)
	}
	if d, err := os.Open(filepath.Dir(a.path)); err == nil {
		_ = d.Sync() // not every file system can
		_ = d.Close()
	}
	return nil
}

func (a *atomicFile) abort() {
	if a.file == nil {
		return
	}
	temporary := a.file.Name()
	_ = a.file.Close()
	_ = os.Remove(temporary)
	a.file = nil
}

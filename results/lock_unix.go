//go:build unix

package results

import (
	"errors"
	"os"
	"syscall"
)

// takeLock takes an flock on a file of its own. The file may have been removed between opening and locking: then the
// lock is on nothing that others see, and it is taken again.
func takeLock(path string) (*lock, error) {
	for {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = file.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, ErrBusy
			}
			return nil, err
		}
		mine, err := file.Stat()
		if err == nil {
			there, err := os.Stat(path)
			if err == nil && os.SameFile(mine, there) {
				return &lock{file, path}, nil
			}
		}
		_ = file.Close()
	}
}

// syncDir makes a rename or a new name in a folder survive a loss of power.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

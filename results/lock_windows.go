package results

import (
	"errors"
	"os"
	"syscall"
)

// takeLock opens a file that no other handle may share; the system deletes it when the handle goes.
func takeLock(path string) (*lock, error) {
	const deleteOnClose = 0x04000000
	const sharingViolation = syscall.Errno(32)
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, deleteOnClose, 0)
	if errors.Is(err, sharingViolation) {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, err
	}
	return &lock{os.NewFile(uintptr(h), path), path}, nil
}

// syncDir does nothing: Windows cannot sync a folder.
func syncDir(string) error { return nil }

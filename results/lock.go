package results

import "os"

// lock is held by one process at a time and given back by the system when the process dies, however it dies.
type lock struct {
	file *os.File
	path string
}

func (l *lock) held() bool { return l.file != nil }

// release removes the file while the lock is still held, so that nobody can take a lock on a file that is on its way out
// without noticing (takeLock looks again).
func (l *lock) release() {
	if l.file == nil {
		return
	}
	_ = os.Remove(l.path) // on Windows it goes when the handle is closed
	_ = l.file.Close()
	l.file = nil
}

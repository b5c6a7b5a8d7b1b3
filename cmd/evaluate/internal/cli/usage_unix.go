//go:build unix

package cli

import (
	"runtime"
	"syscall"
	"time"
)

// usage is the processor time of the process and its peak resident memory in bytes.
func usage() (cpu time.Duration, peak int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	unit := int64(1024) // Linux and the BSDs count KiB, darwin bytes
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		unit = 1
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Maxrss) * unit
}

//go:build unix

package datasets

import (
	"sync"
	"syscall"
)

// umask is the mask of rights that new files do not get. It can only be read by setting it, which is done once.
var umask = sync.OnceValue(func() int {
	mask := syscall.Umask(0o022)
	syscall.Umask(mask)
	return mask
})

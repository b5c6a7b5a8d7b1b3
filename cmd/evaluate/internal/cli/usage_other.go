//go:build !unix

package cli

import (
	"runtime"
	"time"
)

// usage is what Go's runtime knows of memory where the system is not asked.
func usage() (cpu time.Duration, peak int64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return 0, int64(m.Sys)
}

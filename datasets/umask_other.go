//go:build !unix

package datasets

// umask is −1 where the system has none.
func umask() int { return -1 }

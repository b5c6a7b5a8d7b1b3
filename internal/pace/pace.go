// Package pace says how much garbage a run lets gather before it is collected: what the collector is set by, and what a forecast of
// memory adds to what lives.
package pace

const (
	most  = 1 << 30 // bytes of garbage, but of a very large heap
	tenth = 10      // at least one part in so many of what lives, or the collector would never rest
)

// Garbage is the most bytes that wait for the collector beside so many that live: as many as live, at most 1 GiB or a tenth of
// what lives, whichever is more.
func Garbage(live int64) int64 { return min(live, max(most, live/tenth)) }

// Growth is Garbage in per cent of what lives, the GOGC of the moment: 100 where nothing does.
func Growth(live int64) int {
	if live <= 0 {
		return 100
	}
	return int(100 * float64(Garbage(live)) / float64(live))
}

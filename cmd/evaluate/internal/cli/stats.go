package cli

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"tiltakseffekt/internal/fault"
)

// startProfiles begins what --cpuprofile and --memprofile ask for; stopProfiles ends it.
func (g *globals) startProfiles() error {
	var cpu *os.File
	if g.cpuProfile != "" {
		var err error
		if cpu, err = os.Create(g.cpuProfile); err != nil {
			return fault.Usagef("bad_flag", "`--cpuprofile`: %v", err)
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return fault.Wrap("profile", err, "the processor profile cannot be started")
		}
	}
	if cpu == nil && g.memProfile == "" {
		return nil
	}
	g.stopProfiles = func() error {
		if cpu != nil {
			pprof.StopCPUProfile()
			if err := cpu.Close(); err != nil {
				return fault.Wrap("profile", err, "the processor profile cannot be written")
			}
		}
		if g.memProfile == "" {
			return nil
		}
		f, err := os.Create(g.memProfile)
		if err != nil {
			return fault.Usagef("bad_flag", "`--memprofile`: %v", err)
		}
		defer f.Close()
		runtime.GC()
		if err := pprof.WriteHeapProfile(f); err != nil {
			return fault.Wrap("profile", err, "the heap profile cannot be written")
		}
		return nil
	}
	return nil
}

// printStats prints wall time, processor time and peak memory, where the system tells them.
func (g *globals) printStats(begin time.Time) {
	cpu, peak := usage()
	fmt.Fprintf(g.stderr, "wall %.2f s", time.Since(begin).Seconds())
	if cpu > 0 {
		fmt.Fprintf(g.stderr, ", processor %.2f s", cpu.Seconds())
	}
	if peak > 0 {
		fmt.Fprintf(g.stderr, ", peak memory %.0f MiB", float64(peak)/(1<<20))
	}
	fmt.Fprintln(g.stderr)
}

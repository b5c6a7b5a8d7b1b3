package cli

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"tiltakseffekt/internal/fault"
)

// memoryUnits are what a size may end in.
var memoryUnits = []struct {
	suffix string
	bytes  float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}}

// setMemory reads --memory: a size such as 8GiB, by default 80 % of what the machine or its control group has. The
// collector works harder near the limit and where much lives (paceCollector), and a register whose panel cannot fit is refused before its rows are read.
func (g *globals) setMemory() error {
	paceCollector()
	if g.memory == "" {
		g.memoryBytes = machineMemory() / 5 * 4
	} else {
		text, unit := strings.TrimSpace(g.memory), 1.
		for _, u := range memoryUnits {
			if n, ok := strings.CutSuffix(text, u.suffix); ok {
				text, unit = strings.TrimSpace(n), u.bytes
				break
			}
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n > 0) || n*unit > 1<<60 {
			return fault.Usagef("bad_flag", "`--memory` is a size such as 8GiB or 500MB, not `%s`", g.memory)
		}
		if last := g.memory[len(g.memory)-1]; last >= '0' && last <= '9' && n < 1<<20 { // GiB were meant
			return fault.Usagef("bad_flag", "`--memory %s` is %[1]s bytes; a size has a unit, such as %[1]sGiB", strings.TrimSpace(g.memory))
		}
		g.memoryBytes = int64(n * unit)
	}
	if g.memoryBytes > 0 {
		debug.SetMemoryLimit(g.memoryBytes / 16 * 15) // the heap's; the program itself, stacks and pages not yet given back need the rest
	}
	return nil
}

// machineMemory is the smaller of the machine's memory and the control group's limit, in bytes; 0 where neither is told.
func machineMemory() int64 {
	var total int64
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			fields := strings.Fields(s.Text())
			if len(fields) >= 2 && fields[0] == "MemTotal:" {
				if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
					total = kib << 10
				}
				break
			}
		}
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := os.ReadFile(path); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && limit > 0 && (total == 0 || limit < total) {
				total = limit
			}
		}
	}
	return total
}

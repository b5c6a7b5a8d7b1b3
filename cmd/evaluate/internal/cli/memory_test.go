package cli

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestMemorySizes(t *testing.T) {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	for text, want := range map[string]int64{"8GiB": 8 << 30, "500MB": 500e6, "1.5 G": 3 << 29, "1024": 1024} {
		g := &globals{memory: text}
		if err := g.setMemory(); err != nil || g.memoryBytes != want {
			t.Errorf("%s: %d, %v; want %d", text, g.memoryBytes, err, want)
		}
	}
	for _, text := range []string{"much", "-1GiB", "0", "8 apples", "1e30GiB"} {
		if _, stderr, status := runCLI(t, "catalog", "g", "--memory", text); status != 2 {
			t.Errorf("%s: status %d, %s", text, status, stderr)
		}
	}
	g := &globals{}
	if err := g.setMemory(); err != nil {
		t.Error(err)
	}
	if total := machineMemory(); total > 0 && g.memoryBytes != total/5*4 {
		t.Errorf("default %d of %d", g.memoryBytes, total)
	}
	if _, stderr, status := runCLI(t, "validate", writeStudy(t, testStudy), "--memory", "1MB"); status != 3 && status != 2 {
		t.Errorf("a panel that cannot fit: status %d, %s", status, stderr)
	}
}

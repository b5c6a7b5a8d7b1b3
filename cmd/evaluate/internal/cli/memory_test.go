package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestMemorySizes(t *testing.T) {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	for text, want := range map[string]int64{"8GiB": 8 << 30, "500MB": 500e6, "1.5 G": 3 << 29, "2000000000": 2e9} {
		g := &globals{memory: text}
		if err := g.setMemory(); err != nil || g.memoryBytes != want {
			t.Errorf("%s: %d, %v; want %d", text, g.memoryBytes, err, want)
		}
	}
	for _, text := range []string{"much", "-1GiB", "0", "8 apples", "1e30GiB", "8", "1024"} {
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

// A table that cannot fit is refused with what it needs before a row of it is read; with enough it is read.
func TestMemoryOfTables(t *testing.T) {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	path := filepath.Join(t.TempDir(), "t.csv")
	var text strings.Builder
	text.WriteString("d,x,y,s\n")
	for i := range 400 {
		fmt.Fprintf(&text, "%d,%d,%d,%d\n", i%2, i*7%31, i*5%13, i%9)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"match", "--data", path, "--treatment", "d", "--covariates", "x", "--outcome", "y", "--method", "ebal", "--quiet"}
	if _, stderr, status := runCLI(t, append(args, "--memory", "1GiB")...); status != 0 {
		t.Fatalf("1 GiB is too little for 400 rows: %s", stderr)
	}
	for _, args := range [][]string{args,
		{"did", "--data", path, "--id", "s", "--time", "x", "--start", "d", "--outcome", "y"},
		{"duration", "--data", path, "--time", "x", "--event", "d"},
		{"meta", "--data", path, "--estimate", "x", "--std-error", "s"},
	} {
		_, stderr, status := runCLI(t, append(args, "--memory", "1KiB")...)
		if status != 2 || !strings.Contains(stderr, "400 rows × ") || !strings.Contains(stderr, "over the limit of 1 KiB; allow more with `--memory`") {
			t.Errorf("evaluate %s --memory 1KiB: status %d, %s", args[0], status, stderr)
		}
	}
}

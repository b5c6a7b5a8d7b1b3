// Command list runs every speed bar of the module and prints bar, time, peak memory and verdict.
//
//	go run ./internal/bar/list [-slow] [REGEXP]
//
// The regexp chooses among the names (default: all). With -slow the national sizes run too (EVALUATE_SLOW=1).
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	slow := flag.Bool("slow", false, "national sizes too")
	flag.Parse()
	pattern := "."
	if flag.NArg() > 0 {
		pattern = flag.Arg(0)
	}
	if err := run(os.Stdout, pattern, *slow); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, pattern string, slow bool) error {
	choose, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	c := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkBar", "-benchtime", "2x", "-timeout", "2h", "-p", "1", "./...")
	c.Env = os.Environ()
	if slow {
		c.Env = append(c.Env, "EVALUATE_SLOW=1")
	}
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("go test: %w\n%s", err, out)
	}
	fmt.Fprintf(w, "%-78s %10s %10s %10s %10s  %s\n", "bar", "bar s", "time s", "bar MiB", "peak MiB", "verdict")
	for _, line := range strings.Split(string(out), "\n") {
		name, figures, ok := parse(line)
		if !ok || !choose.MatchString(name) {
			continue
		}
		fmt.Fprintf(w, "%-78s %10s %10s %10s %10s  %s\n", name, show(figures, "bar-s"), show(figures, "best-s"), show(figures, "bar-MiB"), show(figures, "peak-MiB"), verdict(figures))
	}
	return nil
}

// parse reads a line of benchmark output into its metrics.
func parse(line string) (name string, figures map[string]float64, ok bool) {
	f := strings.Fields(line)
	if len(f) < 4 || !strings.HasPrefix(f[0], "BenchmarkBar") {
		return "", nil, false
	}
	figures = map[string]float64{}
	for i := 2; i+1 < len(f); i += 2 {
		if v, err := strconv.ParseFloat(f[i], 64); err == nil {
			figures[f[i+1]] = v
		}
	}
	return strings.TrimPrefix(f[0], "Benchmark"), figures, true
}

func show(figures map[string]float64, unit string) string {
	v, ok := figures[unit]
	if !ok {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// verdict compares time and memory with the bar.
func verdict(figures map[string]float64) string {
	verdict := "no bar"
	for _, pair := range [][2]string{{"bar-s", "best-s"}, {"bar-MiB", "peak-MiB"}} {
		bar, promised := figures[pair[0]]
		got, measured := figures[pair[1]]
		switch {
		case !promised:
		case !measured:
			return "not measured"
		case got > bar:
			return "MISSED"
		default:
			verdict = "held"
		}
	}
	return verdict
}

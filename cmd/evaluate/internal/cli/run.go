package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

func newRunCmd(g *globals) *cobra.Command {
	var out, encoding, plan string
	var level float64
	var dryRun bool
	c := &cobra.Command{
		Use:   "run STUDY.yaml",
		Short: "Run a study and write its run folder",
		Long: `Run a study: read its register, estimate every tiltak × group × outcome × month × method, and write
DIR/<study>/<run-id>/ with tables, figures and a report. The path is printed last. The same study on the same data is the
same run: where it is there already it is checked and nothing is run.`,
		Example: "  $ evaluate init my-study.yaml\n  $ evaluate run my-study.yaml --out results/runs",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("level") && !(level > 0.5 && level < 1) {
				return fault.Usagef("bad_flag", "`--level` must lie between 0.5 and 1, such as 0.95, not %v", level)
			}
			s, err := analysis.Load(args[0])
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return fault.Usagef("no_study", "study file `%s` cannot be read: %v", args[0], err)
			}
			if c.Flags().Changed("seed") {
				s.Seed = &g.seed
			}
			if c.Flags().Changed("level") {
				s.Inference.Level = level
			}
			if plan != "" {
				s.Plan = plan
			}
			if err := setEncoding(s, encoding); err != nil {
				return err
			}
			if dryRun {
				return g.dryRun(c, s)
			}
			result, err := g.runStudy(c, s, text, out)
			if err != nil {
				g.resumes = errors.Is(err, context.Canceled)
				return err
			}
			return g.printRun(result)
		},
	}
	c.Flags().StringVar(&out, "out", "results/runs", "`folder` of run folders")
	c.Flags().StringVar(&plan, "plan", "", "`file` of the plan, from `evaluate plan`: each estimate is marked planned or exploratory (default: plan of the study)")
	c.Flags().Float64Var(&level, "level", 0.95, "level of intervals (default: inference.level of the study)")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print the plan: tasks, rows, expected time and memory; estimate nothing")
	c.Flags().StringVar(&encoding, "encoding", "", "`encoding` of CSV in the register, utf-8 or latin1 (default: data.encoding of the study)")
	return c
}

// setEncoding gives a study the encoding of a flag, where there is one; the run is that of a study that says so itself.
func setEncoding(s *analysis.Study, encoding string) error {
	if encoding == "" {
		return nil
	}
	name, known := datasets.Encoding(encoding)
	if !known {
		return fault.Usagef("bad_flag", "`--encoding` is utf-8 or latin1, not `%s`", encoding)
	}
	s.Data.Encoding = name
	return nil
}

// runStudy runs a study into out and writes study and times beside the run folder.
func (g *globals) runStudy(c *cobra.Command, s *analysis.Study, text []byte, out string) (*analysis.FolderResult, error) {
	program, err := programIdentity()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	p := g.newProgress()
	var log stageLog
	result, err := analysis.RunFolder(c.Context(), s, analysis.FolderOptions{
		Options: analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: func(done, total float64, what string) {
			if done == 0 {
				log.stage(what)
			}
			if name, ok := stageNames[what]; ok {
				what = name
			}
			p.report(done, total, what)
		}},
		Out: out, Program: program, Platform: platform(), Render: g.render,
	})
	p.done()
	if fault.CodeOf(err) == "write_failed" {
		err = writeFailure(out, err)
	}
	if err != nil {
		return nil, err
	}
	g.warn(result.Run.Warnings)
	if result.Already {
		return result, nil
	}
	log.stage("")
	type file struct {
		extension string
		text      []byte
	}
	files := []file{{".yaml", text}, {".log", log.text(s.Place(), begin, time.Since(begin), g.workers)}}
	if s.Plan != "" {
		plan, err := os.ReadFile(s.Plan)
		if err != nil {
			return nil, fault.Usagef("no_plan", "plan `%s` cannot be read: %v", s.Plan, err)
		}
		files = append(files, file{planExtension, plan})
	}
	for _, beside := range files {
		if err := result.Beside(beside.extension, beside.text); err != nil {
			return nil, writeFailure(filepath.Clean(result.Path)+beside.extension, err)
		}
	}
	return result, nil
}

// printRun prints what a run has and, last, where it lies.
func (g *globals) printRun(r *analysis.FolderResult) error {
	if g.format == "json" {
		type document struct {
			header
			RunID    string          `json:"run_id"`
			Study    string          `json:"study"`
			Path     string          `json:"path"`
			Already  bool            `json:"already"`
			Rows     map[string]int  `json:"rows"`
			Warnings []fault.Warning `json:"warnings"`
		}
		return writeJSON(g.stdout, document{newHeader("run", r.Run.Level), r.Run.RunID, r.Run.Study, r.Path, r.Already,
			map[string]int{"estimates": len(r.Tables.Estimates), "balance": len(r.Tables.Balance), "overlap": len(r.Tables.Overlap), "flow": len(r.Tables.Flow),
				"durations": len(r.Tables.Durations), "costs": len(r.Tables.Costs), "diagnostics": len(r.Tables.Diagnostics)}, warningsOf(r.Run.Warnings)})
	}
	if r.Already {
		fmt.Fprintf(g.stdout, "This study has been run on the same data by the same program before; its files are as they were.\n")
	} else {
		fmt.Fprintf(g.stdout, "%d estimates%s, %d rows of balance, %d of durations, %d of costs; report.nb.html and report.en.html open without a network.\n",
			len(r.Tables.Estimates), withoutFigure(r.Tables.Estimates), len(r.Tables.Balance), len(r.Tables.Durations), len(r.Tables.Costs))
	}
	_, err := fmt.Fprintln(g.stdout, r.Path)
	return err
}

// withoutFigure says how many of the estimates have none, and why: a run in which nothing could be estimated ends like any other.
func withoutFigure(rows []results.Estimate) string {
	why := map[string]int{}
	n := 0
	for _, e := range rows {
		if e.Reason != "" && math.IsNaN(e.Estimate) {
			why[string(e.Reason)]++
			n++
		}
	}
	if n == 0 {
		return ""
	}
	parts := make([]string, 0, len(why))
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		parts = append(parts, fmt.Sprintf("%s %d", reason, why[reason]))
	}
	return fmt.Sprintf(" (%d of them without a figure: %s)", n, strings.Join(parts, ", "))
}

// stageNames are what progress calls the stages that the analysis names.
var stageNames = map[string]string{
	"inputs": "hashing the inputs", "register": "reading the register", "cohort": "drawing trials", "estimates": "estimating", "results": "writing tables, figures and reports",
}

// programIdentity is what a run id knows the program by: its release version, otherwise the SHA-256 of its executable.
var programIdentity = sync.OnceValues(func() (string, error) {
	if Version != "devel" {
		return Version, nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", fault.Wrap("no_executable", err, "the program cannot find its own executable, by which runs are identified")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fault.Wrap("no_executable", err, "the program cannot read its own executable, by which runs are identified")
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fault.Wrap("no_executable", err, "the program cannot read its own executable, by which runs are identified")
	}
	return "devel+" + hex.EncodeToString(h.Sum(nil)), nil
})

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH + " " + runtime.Version() }

// stageLog takes the time of each stage, for the log beside the run folder.
type stageLog struct {
	mu    sync.Mutex
	names []string
	at    []time.Time
}

func (l *stageLog) stage(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names, l.at = append(l.names, name), append(l.at, time.Now())
}

// countWorkers says how many workers there were; 0 asks for one a processor.
func countWorkers(workers int) string {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if workers == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", workers)
}

func (l *stageLog) text(study string, begin time.Time, total time.Duration, workers int) []byte {
	var b strings.Builder
	if study != "" {
		fmt.Fprintf(&b, "%s%s\n", studyInLog, study)
	}
	fmt.Fprintf(&b, "begun %s, %s\n", begin.UTC().Format(time.RFC3339), countWorkers(workers))
	for i := 0; i+1 < len(l.names); i++ {
		fmt.Fprintf(&b, "%8.2f s  %s\n", l.at[i+1].Sub(l.at[i]).Seconds(), l.names[i])
	}
	fmt.Fprintf(&b, "%8.2f s  in all\n", total.Seconds())
	return []byte(b.String())
}

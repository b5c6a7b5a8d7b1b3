// Package cli is the command line of evaluate: flags, help, progress and printing, one file a command. It computes no
// statistic.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
)

// Version is the release version, set by -ldflags -X; "devel" otherwise.
var Version = "devel"

// globals are the flags and streams that all commands share.
type globals struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	format  string // text or json
	quiet   bool
	lang    string // nb or en; "" means the default of the command
	workers int
	seed    uint64
	stats   bool
	resumes bool // what was interrupted goes on where it stopped

	memory      string // as given
	memoryBytes int64  // 0: not known

	cpuProfile, memProfile string
	stopProfiles           func() error
}

// Main runs the program and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		if s, ok := <-signals; ok {
			cancel(interruption{s})
			<-signals // a second signal does not wait
			os.Exit(int(interruption{s}.status()))
		}
	}()
	done := make(chan error, 1)
	go func() { done <- run(ctx, args, stdin, stdout, stderr) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(grace): // a long computation that holds no file is left behind
			err = ctx.Err()
			fmt.Fprintln(stderr, "evaluate: interrupted")
		}
	}
	if err == nil {
		return int(fault.OK)
	}
	var cut interruption
	if errors.As(context.Cause(ctx), &cut) {
		return int(cut.status())
	}
	return int(fault.StatusOf(err))
}

// interruption is the cause of a context that a signal cancelled.
type interruption struct{ os.Signal }

func (i interruption) Error() string { return "interrupted by " + i.String() }

func (i interruption) status() fault.Status {
	if i.Signal == syscall.SIGTERM {
		return fault.Terminated
	}
	return fault.Interrupted
}

// grace is how long an interrupted command may take to put away what it was writing.
const grace = 800 * time.Millisecond

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	out := &output{w: stdout}
	g := &globals{stdin: stdin, stdout: out, stderr: stderr}
	root := newRoot(g)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	begin := time.Now()
	err := root.ExecuteContext(ctx)
	if stop := g.stopProfiles; stop != nil {
		if e := stop(); err == nil {
			err = e
		}
	}
	if g.stats {
		g.printStats(begin)
	}
	if out.err != nil && (err == nil || errors.Is(err, out.err)) { // also where a printer, such as that of help, drops it
		err = out.failure()
	}
	if err == nil || errors.Is(err, syscall.EPIPE) { // a reader that has seen enough is no failure
		return nil
	}
	err = asUsage(err)
	g.printError(err)
	return err
}

func newRoot(g *globals) *cobra.Command {
	root := &cobra.Command{
		Use:           "evaluate",
		Short:         "Effects, durations and costs of labour-market measures (tiltak)",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       Version,
		Args:          oneCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if g.format != "text" && g.format != "json" {
				return fault.Usagef("bad_flag", "`--format` is text or json, not `%s`", g.format)
			}
			if g.lang != "" && g.lang != "nb" && g.lang != "en" {
				return fault.Usagef("bad_flag", "`--lang` is nb or en, not `%s`", g.lang)
			}
			if g.workers < 0 {
				return fault.Usagef("bad_flag", "`--workers` must be 0 (one a processor) or more")
			}
			if err := g.setMemory(); err != nil {
				return err
			}
			return g.startProfiles()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVar(&g.format, "format", "text", "text, or json for one JSON document on stdout")
	flags.BoolVar(&g.quiet, "quiet", false, "no progress and no warnings on stderr")
	flags.StringVar(&g.lang, "lang", "", "nb or en (default: nb for reports and figures, en for help)")
	flags.IntVar(&g.workers, "workers", 0, "number of workers (default: one a processor); results do not depend on it")
	flags.StringVar(&g.cpuProfile, "cpuprofile", "", "write a processor profile to `file`")
	flags.StringVar(&g.memProfile, "memprofile", "", "write a heap profile to `file`")
	flags.StringVar(&g.memory, "memory", "", "memory that may be used, a `size` such as 8GiB (default 80 % of the machine)")
	flags.BoolVar(&g.stats, "stats", false, "print wall time, processor time and peak memory on stderr")
	flags.Uint64Var(&g.seed, "seed", 1, "seed of everything random")
	root.SetFlagErrorFunc(flagFault)
	root.AddCommand(commands(g)...)
	ownArguments(root)
	fitHelp(root)
	return root
}

// commands lists the commands; each lives in a file of its own.
func commands(g *globals) []*cobra.Command {
	return append(unservedCommands(),
		newCleanCmd(g),
		newCompareCmd(g),
		newCoverageCmd(g),
		newDemoCmd(g),
		newExportCmd(g),
		newLicensesCmd(g),
		newManCmd(),
		newVersionCmd(g),
		newInitCmd(g),
		newSchemaCmd(g),
		newRunCmd(g),
		newCatalogCmd(g),
		newCostCmd(g),
		newSimulateCmd(g),
		newValidateCmd(g),
		newVerifyCmd(g),
		newDurationCmd(g),
		newTimingCmd(g),
		newExperimentCmd(g),
		newMetaCmd(g),
		newReportCmd(g),
		newTrialsCmd(g),
		newDescribeCmd(g),
		newPowerCmd(g),
		newPlanCmd(g),
		newDidCmd(g),
		newMatchCmd(g),
	)
}

// asUsage turns cobra's own complaints (unknown command, wrong number of arguments) into usage errors.
func asUsage(err error) error {
	var e *fault.Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) {
		return err
	}
	s := err.Error()
	for _, prefix := range []string{"unknown command", "accepts ", "requires at least", "required flag", "unknown flag", "invalid argument"} {
		if strings.HasPrefix(s, prefix) {
			return fault.Usagef("bad_flag", "%s", strings.ReplaceAll(s, "\"", "`"))
		}
	}
	return err
}

// printError writes one sentence, or under --format json the error document of CONTRACT.md, on stderr.
func (g *globals) printError(err error) {
	if errors.Is(err, context.Canceled) {
		err = &fault.Error{Status: fault.Interrupted, Code: "interrupted", Message: "interrupted; nothing half-written is left"}
		if g.resumes {
			err.(*fault.Error).Message = "interrupted; nothing half-written is left, and the same command goes on where this one stopped (`evaluate clean` removes what is kept for that)"
		}
	}
	if g.format != "json" {
		fmt.Fprintf(g.stderr, "evaluate: %v\n", err)
		return
	}
	type body struct {
		Code    string  `json:"code"`
		Message string  `json:"message"`
		File    *string `json:"file"`
		Column  *string `json:"column"`
		Row     *int64  `json:"row"`
	}
	b := body{Code: fault.CodeOf(err), Message: err.Error()}
	var e *fault.Error
	if errors.As(err, &e) {
		if e.File != "" {
			b.File = &e.File
		}
		if e.Column != "" {
			b.Column = &e.Column
		}
		if e.Row > 0 {
			b.Row = &e.Row
		}
	}
	enc := json.NewEncoder(g.stderr)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(map[string]body{"error": b})
}

// warn prints warnings on stderr, unless --quiet.
func (g *globals) warn(warnings []fault.Warning) {
	if g.quiet {
		return
	}
	for _, w := range warnings {
		fmt.Fprintf(g.stderr, "warning: %s\n", w.Message)
	}
}

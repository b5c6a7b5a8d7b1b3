package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiltakseffekt/internal/fault"
)

// newManCmd is hidden: a release is made with it.
func newManCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write a manual page for each command into a folder",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return fault.Usagef("no_folder", "there is no folder `%s`; make it first", args[0])
			}
			for _, page := range manPages(c.Root()) {
				if err := writeWhole(filepath.Join(args[0], page.name), []byte(page.text)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

type manPage struct{ name, text string }

// manPages are the manual pages of a command and those below it, from their help. They carry no date, so that a release
// built twice is the same.
func manPages(c *cobra.Command) []manPage {
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	var b strings.Builder
	fmt.Fprintf(&b, ".TH \"%s\" 1 \"\" \"evaluate %s\" \"evaluate\"\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.nf\n%s\n.fi\n", strings.ToUpper(name), roff(Version), roff(name), roff(c.Short), roff(c.UseLine()))
	long := c.Long
	if long == "" {
		long = c.Short
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(long))
	for _, s := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"OPTIONS", c.NonInheritedFlags()}, {"OPTIONS OF ALL COMMANDS", c.InheritedFlags()}} {
		if s.flags.HasAvailableFlags() {
			fmt.Fprintf(&b, ".SH %s\n.nf\n%s.fi\n", s.title, roff(s.flags.FlagUsages()))
		}
	}
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	var below []string
	pages := []manPage{}
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" {
			continue
		}
		below = append(below, ".BR "+roff(strings.ReplaceAll(sub.CommandPath(), " ", "-"))+" (1)")
		pages = append(pages, manPages(sub)...)
	}
	if c.HasParent() {
		below = append(below, ".BR "+roff(strings.ReplaceAll(c.Parent().CommandPath(), " ", "-"))+" (1)")
	}
	if len(below) > 0 {
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s\n", strings.Join(below, ",\n"))
	}
	return append([]manPage{{name + ".1", b.String()}}, pages...)
}

// roff escapes what troff would read as a command: backslashes and hyphens, and a point or quote that begins a line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

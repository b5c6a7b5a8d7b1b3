package cli

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
)

// ownArguments gives every command below c arguments that are refused in the words of this program: what the command
// takes, how many were given and where its help is.
func ownArguments(c *cobra.Command) {
	for _, sub := range c.Commands() {
		ownArguments(sub)
		check := sub.Args
		if check == nil {
			continue
		}
		sub.Args = func(c *cobra.Command, args []string) error {
			if check(c, args) == nil {
				return nil
			}
			takes, _, _ := strings.Cut(strings.TrimPrefix(c.Use, c.Name()), " --") // what follows is options
			takes = strings.TrimSpace(takes)
			switch {
			case takes == "":
				return fault.Usagef("bad_flag", "`%s` takes options alone, and `%s` is none (see `%[1]s --help`)", c.CommandPath(), args[0])
			case len(args) == 0:
				return fault.Usagef("bad_flag", "`%s` needs %s (see `%[1]s --help`)", c.CommandPath(), takes)
			}
			return fault.Usagef("bad_flag", "`%s` takes %s, and %d arguments were given (see `%[1]s --help`)", c.CommandPath(), takes, len(args))
		}
	}
}

// oneCommand refuses what is no command, naming the one that may be meant.
func oneCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	return fault.Usagef("bad_flag", "unknown command `%s`%s; `%s --help` lists the commands", args[0], fault.Suggest(args[0], names), c.CommandPath())
}

var badValue = regexp.MustCompile(`^invalid argument "(.*)" for "(?:-., )?(--[a-z0-9-]+)" flag: (?s:.*)$`)

// flagFault says what is wrong with a flag, without the words of the parser.
func flagFault(c *cobra.Command, err error) error {
	text := err.Error()
	see := fmt.Sprintf("(see `%s --help`)", c.CommandPath())
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return fault.Usagef("bad_flag", "`%s` needs a value %s", name, see)
	}
	if m := badValue.FindStringSubmatch(text); m != nil {
		kind := "what belongs there"
		if f := c.Flags().Lookup(strings.TrimPrefix(m[2], "--")); f != nil {
			switch f.Value.Type() {
			case "int", "int64":
				kind = "a whole number"
			case "uint", "uint64":
				kind = "a whole number from 0 up"
			case "float64":
				kind = "a number with a decimal point"
			case "bool":
				kind = "true or false"
			}
		}
		return fault.Usagef("bad_flag", "`%s` is %s, not `%s` %s", m[2], kind, m[1], see)
	}
	return fault.Usagef("bad_flag", "%s %s", strings.ReplaceAll(text, "\"", "`"), see)
}

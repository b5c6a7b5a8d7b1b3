package cli

import (
	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
)

// unservedCommands are the commands that scripts may expect and this version does not have: each is refused by its name
// with status 2 and with what does part of the same today.
func unservedCommands() []*cobra.Command {
	var list []*cobra.Command
	for _, u := range []struct{ use, short, today string }{} {
		list = append(list, &cobra.Command{
			Use:                u.use,
			Short:              "Not served yet: " + u.short,
			FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true}, // whatever follows, the answer is the same
			RunE:               func(c *cobra.Command, _ []string) error { return notServed("evaluate "+c.Name(), u.today) },
		})
	}
	return list
}

// notServed is the refusal of a command or flag that is promised and not there yet.
func notServed(name, today string) error {
	return fault.Usagef("not_served", "`%s` is not served yet; %s", name, today)
}

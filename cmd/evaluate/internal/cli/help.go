package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// helpWidth is how wide help is, in characters: that of the narrowest terminals in use.
const helpWidth = 80

// fitHelp makes the help of all commands fit helpWidth: what a flag does is wrapped beside its name, the text of a command anew.
func fitHelp(root *cobra.Command) {
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages ", "Flags.FlagUsagesWrapped 80 "))
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		long := c.Long
		c.Long = rewrapped(long, helpWidth)
		help(c, args)
		c.Long = long
	})
}

// rewrapped is a text with its paragraphs wrapped at a width. A line that ends a sentence ends its paragraph; one that begins with a space
// stands by itself, and what does not fit goes on under its second column (or its first word).
func rewrapped(text string, width int) string {
	var out []string
	paragraph := ""
	flush := func() {
		if paragraph != "" {
			out = append(out, wrap(paragraph, width)...)
		}
		paragraph = ""
	}
	for _, line := range strings.Split(text, "\n") {
		body := strings.TrimLeft(line, " ")
		switch {
		case body == "":
			flush()
			out = append(out, "")
		case body != line:
			flush()
			indent := len(line) - len(body)
			hang := indent
			if at := strings.Index(body, "  "); at > 0 { // a list of two columns
				hang += at + len(body[at:]) - len(strings.TrimLeft(body[at:], " "))
			}
			head := strings.Repeat(" ", indent) + body[:hang-indent]
			lines := wrap(body[hang-indent:], max(width-hang, 20))
			for i, l := range lines {
				if i > 0 {
					head = strings.Repeat(" ", hang)
				}
				out = append(out, head+l)
			}
		default:
			paragraph = strings.TrimLeft(paragraph+" "+line, " ")
			if strings.ContainsAny(line[len(line)-1:], ".:") {
				flush()
			}
		}
	}
	flush()
	return strings.Join(out, "\n")
}

package register

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// YAML is the mapping file, to be read and mended.
func (d *Draft) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# A first guess at the mapping of the files in %s, by their names alone: read every line, for a wrong one is a wrong figure.\n", oneLine(d.Dir))
	b.WriteString("# `rename` is column of the file: our name; `codes` is value of the file: our value; `null` is missing. What stands behind # has no guess, or is not needed.\n")
	b.WriteString("# The columns and what they hold: docs/register.md. Then: evaluate validate FOLDER --mapping THIS_FILE\n")
	for _, t := range d.Tables {
		t.write(&b)
	}
	lacking := d.Lacking()
	for _, spec := range specs {
		if slices.Contains(lacking, spec.name) {
			fmt.Fprintf(&b, "# %s: {file: ?}    # needed, and no file looks like it; it has the columns %s\n", spec.name, strings.Join(spec.required, ", "))
		}
	}
	for _, f := range d.Unread {
		fmt.Fprintf(&b, "# %s cannot be read: %s\n", oneLine(f.Name), oneLine(f.Text))
	}
	for _, f := range d.Others {
		fmt.Fprintf(&b, "# %s %s\n", oneLine(f.Name), oneLine(f.Text))
	}
	return []byte(b.String())
}

func (t *DraftTable) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s:\n", t.Table)
	fmt.Fprintf(b, "  file: %s\n", scalar(t.File))
	if len(t.Rename) > 0 {
		b.WriteString("  rename:\n")
		for _, r := range t.Rename {
			fmt.Fprintf(b, "    %s: %s\n", scalar(r.From), r.To)
		}
	}
	for _, name := range t.Missing {
		fmt.Fprintf(b, "    # ?: %s    # needed, and no column looks like it\n", name)
	}
	for _, c := range t.Unused {
		fmt.Fprintf(b, "    # %s: ?    # %s, not read as it stands\n", scalar(c.Name), c.Text)
	}
	if len(t.Unused) > 0 && len(t.Free) > 0 {
		fmt.Fprintf(b, "    # it may be one of: %s\n", strings.Join(t.Free, ", "))
	}
	if len(t.Drop) > 0 {
		quoted := make([]string, len(t.Drop))
		for i, name := range t.Drop {
			quoted[i] = scalar(name)
		}
		fmt.Fprintf(b, "  drop: [%s]    # direct identifiers by their names\n", strings.Join(quoted, ", "))
	}
	if len(t.Codes) > 0 { // the heads stand without # also over codes that all have one, so that to fill in a code is to change its line alone
		b.WriteString("  codes:\n")
	}
	for _, c := range t.Codes {
		fmt.Fprintf(b, "    %s:    # %s\n", c.Column, c.Allowed)
		for i, from := range c.From {
			if c.To[i] == "" {
				fmt.Fprintf(b, "      # %s: ?\n", scalar(from))
			} else {
				fmt.Fprintf(b, "      %s: %s\n", scalar(from), c.To[i])
			}
		}
	}
}

// oneLine is a text as a comment takes it: without ends of lines and characters of control.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)), " ")
}

// scalar is a text as YAML takes it, on one line: plain where it can be read as nothing else.
func scalar(text string) string {
	plainText := text != ""
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		plainText = plainText && (letter || i > 0 && (r >= '0' && r <= '9' || r == '.' || r == '-'))
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		plainText = false
	}
	if plainText {
		return text
	}
	quoted, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: strings.ToValidUTF8(text, "\ufffd")})
	if err != nil {
		panic("register: " + err.Error())
	}
	return strings.TrimSuffix(string(quoted), "\n")
}

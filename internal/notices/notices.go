// Package notices holds the licence texts of everything that is linked into the program, for `evaluate licenses`. The text
// is generated from the module cache; a test holds it against the modules that are linked.
package notices

import (
	_ "embed"
	"strings"
)

//go:generate go run ./generate

//go:embed notices.txt
var text string

// Notice is a module with its licence.
type Notice struct {
	Module, Version, Text string
}

// mark begins the line that names a module.
const mark = "=== "

// Text is everything, for people.
func Text() string { return text }

// All are the modules in the order of their names, Go itself first.
func All() []Notice {
	var out []Notice
	for _, part := range strings.Split("\n"+text, "\n"+mark)[1:] {
		head, body, _ := strings.Cut(part, "\n")
		module, version, _ := strings.Cut(head, " ")
		out = append(out, Notice{module, version, strings.TrimSpace(body)})
	}
	return out
}

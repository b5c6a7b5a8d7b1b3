package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the platform and what it was built from",
		Example: `  $ evaluate version
  $ evaluate version --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return g.version() },
	}
}

type moduleLine struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum"`
}

type versionDocument struct {
	Schema   int          `json:"schema"`
	Version  string       `json:"version"`
	Command  string       `json:"command"`
	Level    *float64     `json:"level"` // null: nothing is estimated
	Program  string       `json:"program"`
	Platform string       `json:"platform"`
	Revision *string      `json:"revision"` // of the source, where the build knew it
	Modified *bool        `json:"modified"` // the source had changes that were not committed
	Modules  []moduleLine `json:"modules"`
}

func (g *globals) version() error {
	program, err := programIdentity()
	if err != nil {
		return err
	}
	d := versionDocument{Schema: 1, Version: Version, Command: "version", Program: program, Platform: platform(), Modules: []moduleLine{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			d.Modules = append(d.Modules, moduleLine{m.Path, m.Version, m.Sum})
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				d.Revision = &s.Value
			case "vcs.modified":
				changed := s.Value == "true"
				d.Modified = &changed
			}
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, d)
	}
	_, err = fmt.Fprintf(g.stdout, "evaluate %s\nprogram %s\n%s\n%d modules; their licences: evaluate licenses\n", d.Version, d.Program, d.Platform, len(d.Modules))
	return err
}

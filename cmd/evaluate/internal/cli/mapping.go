package cli

import (
	"github.com/spf13/cobra"

	"tiltakseffekt/datasets"
)

// mappingFlag registers --mapping of a command on one table.
func mappingFlag(c *cobra.Command, path *string) {
	c.Flags().StringVar(path, "mapping", "", "mapping `file`; its table `data` renames, translates and drops columns")
}

// withMapping gives reading the table `data` of a mapping file, where there is one.
func withMapping(opt datasets.ReadOptions, path string) (datasets.ReadOptions, error) {
	if path == "" {
		return opt, nil
	}
	m, err := datasets.LoadMapping(path)
	if err != nil {
		return opt, err
	}
	opt.Mapping, opt.Table = m, "data"
	return opt, nil
}

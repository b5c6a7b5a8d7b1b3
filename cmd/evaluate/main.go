// Command evaluate estimates what labour-market measures (tiltak) do for the people who take part in them.
package main

import (
	"os"

	"tiltakseffekt/cmd/evaluate/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

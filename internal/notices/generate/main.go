// Command generate writes notices.txt: the licence of Go and of every module whose packages are linked into evaluate on any
// of the systems that it is released for, read from the module cache.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// systems are those that a release is built for: what is linked differs a little between them.
var systems = []string{"linux/amd64", "linux/arm64", "windows/amd64", "darwin/arm64"}

func main() {
	if err := generate("notices.txt"); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func generate(path string) error {
	modules := map[string]string{} // "path version" to its folder
	for _, s := range systems {
		goos, goarch, _ := strings.Cut(s, "/")
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "tiltakseffekt/cmd/evaluate")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return err
		}
		for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			if name, dir, ok := strings.Cut(line, "\t"); ok {
				modules[name] = dir
			}
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	names := make([]string, 0, len(modules))
	for name := range modules {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString("evaluate is linked with the following, under these licences.\n")
	if err := add(&b, "Go (standard library and runtime)", strings.TrimSpace(string(goroot))); err != nil {
		return err
	}
	for _, name := range names {
		if err := add(&b, name, modules[name]); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

// add writes the licence files of a folder. A module without any is an error: it may not be linked.
func add(b *strings.Builder, name, dir string) error {
	var files []string
	for _, pattern := range []string{"LICEN[SC]E*", "License*", "license*", "COPYING*", "NOTICE*", "PATENTS"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	files = slices.Compact(files)
	fmt.Fprintf(b, "\n=== %s\n", name)
	written := 0
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil || info.IsDir() || strings.HasSuffix(f, ".go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n--- %s\n\n%s\n", filepath.Base(f), strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
		written++
	}
	if written > 0 {
		return nil
	}
	// Some state their licence at the end of what they tell of themselves.
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		return fmt.Errorf("%s has no licence in %s", name, dir)
	}
	at := strings.Index(string(text), "MIT License")
	if at < 0 {
		return fmt.Errorf("%s has no licence in %s", name, dir)
	}
	fmt.Fprintf(b, "\n--- README.md\n\n%s\n", strings.TrimSpace(string(text[at:])))
	return nil
}

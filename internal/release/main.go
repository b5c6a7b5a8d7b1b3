// Command release builds the archives of a release: one for each system, with the program, the manual pages, completions
// for shells, the licences of what is linked and the list of changes, and SHA256SUMS over them. Built twice from the same
// source with the same Go, wherever that lies, they are the same bytes: nothing in them knows when or where.
//
//	go run ./internal/release -version v1.2.3 -out dist
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const systems = "linux/amd64,linux/arm64,windows/amd64,darwin/arm64"

func main() {
	version := flag.String("version", "", "the `version` that the program calls itself, such as v1.2.3 (required)")
	out := flag.String("out", "dist", "`folder` for the archives; it must be empty or not there")
	targets := flag.String("targets", systems, "`systems` to build for")
	flag.Parse()
	if err := release(*version, *out, strings.Split(*targets, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(version, out string, targets []string) error {
	if version == "" || strings.ContainsAny(version, " /\\'\"") {
		return errors.New("name the version with -version, such as -version v1.2.3")
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	if left, err := os.ReadDir(out); err == nil && len(left) > 0 {
		return fmt.Errorf("%s is not empty; name another folder with -out", out)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a folder of the system's own
	host := filepath.Join(work, "host"+suffix(runtime.GOOS))
	if err := build(root, host, version, runtime.GOOS, runtime.GOARCH); err != nil {
		return err
	}
	shared, err := documents(root, host, work)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, target := range targets {
		goos, goarch, ok := strings.Cut(target, "/")
		if !ok {
			return fmt.Errorf("%q is no system such as linux/amd64", target)
		}
		program := host
		if goos != runtime.GOOS || goarch != runtime.GOARCH {
			program = filepath.Join(work, goos+"-"+goarch)
			if err := build(root, program, version, goos, goarch); err != nil {
				return err
			}
		}
		binary, err := os.ReadFile(program)
		if err != nil {
			return err
		}
		name := "evaluate-" + version + "-" + goos + "-" + goarch
		files := append([]file{{"evaluate" + suffix(goos), 0o755, binary}}, shared...)
		archive, ext := []byte(nil), ".tar.gz"
		if goos == "windows" {
			ext = ".zip"
			archive, err = zipped(name, files)
		} else {
			archive, err = tarred(name, files)
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name+ext), archive, 0o644); err != nil {
			return err
		}
		sum := sha256.Sum256(archive)
		line := hex.EncodeToString(sum[:]) + "  " + name + ext + "\n"
		sums.WriteString(line)
		fmt.Printf("%s  %d KiB\n", strings.TrimSuffix(line, "\n"), len(archive)/1024)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

func suffix(goos string) string {
	if goos == "windows" {
		return ".exe"
	}
	return ""
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	mod := strings.TrimSpace(string(out))
	if filepath.Base(mod) != "go.mod" {
		return "", errors.New("run it inside the project")
	}
	return filepath.Dir(mod), nil
}

// build makes the program without anything of the machine in it: no paths, no state of the repository, no build id.
func build(root, out, version, goos, goarch string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", "-s -w -buildid= -X tiltakseffekt/cmd/evaluate/internal/cli.Version="+version, "-o", out, "./cmd/evaluate")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building for %s/%s: %w", goos, goarch, err)
	}
	return nil
}

// documents are what is the same in every archive.
func documents(root, host, work string) ([]file, error) {
	var files []file
	for _, name := range []string{"README.md", "CHANGELOG.md"} {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, 0o644, b})
	}
	for name, args := range map[string][]string{
		"LICENSES.txt": {"licenses"}, "completions/evaluate.bash": {"completion", "bash"}, "completions/_evaluate": {"completion", "zsh"},
		"completions/evaluate.fish": {"completion", "fish"}, "completions/evaluate.ps1": {"completion", "powershell"},
	} {
		out, err := exec.Command(host, args...).Output()
		if err != nil {
			return nil, fmt.Errorf("evaluate %s: %w", strings.Join(args, " "), err)
		}
		files = append(files, file{name, 0o644, out})
	}
	man := filepath.Join(work, "man")
	if err := os.Mkdir(man, 0o777); err != nil {
		return nil, err
	}
	if out, err := exec.Command(host, "man", man).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("evaluate man: %w: %s", err, bytes.TrimSpace(out))
	}
	pages, err := os.ReadDir(man)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		b, err := os.ReadFile(filepath.Join(man, p.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{"man/" + p.Name(), 0o644, b})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

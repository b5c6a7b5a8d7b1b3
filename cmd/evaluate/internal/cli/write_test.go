package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A file that cannot be written is named as it was given: no temporary name, no folder that nobody asked for.
func TestUnwritableFiles(t *testing.T) {
	run := smallRun(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "a file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "folder.html")
	if err := os.Mkdir(page, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"init", filepath.Join(dir, "nope", "x.yaml")}, "there is no folder `" + filepath.Join(dir, "nope") + "`; make it first"},
		{[]string{"init", filepath.Join(file, "x.yaml")}, "`" + file + "` is not a folder"},
		{[]string{"report", run, "--out", page}, "`" + page + "` cannot be written: it is a folder"},
	} {
		stdout, stderr, status := runCLI(t, c.args...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Contains(stderr, ".tmp-") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stderr %q", c.args, status, stderr)
		}
	}
	for cause, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "`r.html` cannot be written: the disk is full; make room on it",
		syscall.EROFS:  "`r.html` cannot be written: the disk is read-only; choose another folder",
		syscall.EACCES: "`r.html` cannot be written: you may not write there; choose another folder",
		syscall.EIO:    "`r.html` cannot be written: " + syscall.EIO.Error(),
	} {
		if err := writeFailure("r.html", &fs.PathError{Op: "write", Path: "/x/.tmp-305", Err: cause}); err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

// fullDisk is a stdout on a full disk.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

// A help text, a table or a document that cannot be printed is a failure in one sentence.
func TestOutputOnAFullDisk(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"match", "--help"}, {"--version"}, {"catalog", "tiltak"}, {"catalog", "tiltak", "--format", "json"}} {
		var stderr strings.Builder
		status := Main(args, strings.NewReader(""), fullDisk{}, &stderr)
		if status != 1 || !strings.Contains(stderr.String(), "`stdout` cannot be written: the disk is full") || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: status %d, stderr %q", args, status, stderr.String())
		}
	}
}

func TestInitAsJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ny.yaml")
	stdout, stderr, status := runCLI(t, "init", path, "--format", "json")
	var d struct {
		Schema   int
		Command  string
		File     string
		Warnings []any
	}
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || status != 0 || stderr != "" || d.Schema != 1 || d.Command != "init" || d.File != path || d.Warnings == nil {
		t.Errorf("status %d, stderr %q, %v\n%s", status, stderr, err, stdout)
	}
}

func TestLogCountsWorkers(t *testing.T) {
	var log stageLog
	for workers, want := range map[int]string{1: ", 1 worker\n", 3: ", 3 workers\n"} {
		if text := string(log.text("", time.Now(), 0, workers)); !strings.Contains(text, want) {
			t.Errorf("%d: %q", workers, text)
		}
	}
	if text := string(log.text("", time.Now(), 0, 0)); strings.Contains(text, ", 0 workers") {
		t.Errorf("%q", text)
	}
}

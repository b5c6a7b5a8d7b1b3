package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var made = []file{{"evaluate", 0o755, []byte("program")}, {"man/evaluate.1", 0o644, bytes.Repeat([]byte("æøå "), 1000)}}

// An archive has its files, whole, and is the same bytes when it is made again.
func TestArchives(t *testing.T) {
	a, err := tarred("evaluate-v1", made)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := tarred("evaluate-v1", made); !bytes.Equal(a, again) {
		t.Error("a tar archive made again is another")
	}
	z, err := gzip.NewReader(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(z)
	for i := 0; ; i++ {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			if i != len(made) {
				t.Errorf("%d files", i)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(r)
		if h.Name != "evaluate-v1/"+made[i].name || h.Mode != int64(made[i].mode) || !bytes.Equal(data, made[i].data) || !h.ModTime.Equal(when) || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%+v", h)
		}
	}
	b, err := zipped("evaluate-v1", made)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := zipped("evaluate-v1", made); !bytes.Equal(b, again) {
		t.Error("a zip archive made again is another")
	}
	zr, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(zr.File) != len(made) {
		t.Fatal(err)
	}
	for i, f := range zr.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(rc)
		if f.Name != "evaluate-v1/"+made[i].name || f.Mode() != made[i].mode || !bytes.Equal(data, made[i].data) {
			t.Errorf("%s %v", f.Name, f.Mode())
		}
	}
}

func TestRefusals(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for version, out := range map[string]string{"": t.TempDir(), "v 1": t.TempDir(), "v1": full} {
		if err := release(version, out, nil); err == nil {
			t.Errorf("version %q into %s is not refused", version, out)
		}
	}
}

// Slow: a release of this system built from the source in two places, the second time from nothing, is the same bytes, its sums are right, and the
// program in it calls itself by its version.
func TestBuiltTwiceIsTheSame(t *testing.T) {
	if os.Getenv("EVALUATE_SLOW") == "" {
		t.Skip("builds the program twice; EVALUATE_SLOW=1")
	}
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	target := runtime.GOOS + "/" + runtime.GOARCH
	first, second, elsewhere := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "et annet sted æøå")
	if out, err := exec.Command("cp", "-r", root, elsewhere).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := release("v0.0.1", first, []string{target}); err != nil {
		t.Fatal(err)
	}
	t.Chdir(elsewhere)
	t.Setenv("GOCACHE", t.TempDir()) // nothing compiled before is used again
	if err := release("v0.0.1", second, []string{target}); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := os.ReadFile(filepath.Join(second, "SHA256SUMS")); string(other) != string(sums) {
		t.Errorf("built elsewhere: %s, here: %s", other, sums)
	}
	want, name, _ := strings.Cut(strings.TrimSpace(string(sums)), "  ")
	archive, err := os.ReadFile(filepath.Join(first, name))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(archive); hex.EncodeToString(sum[:]) != want {
		t.Error("the sum is not that of the archive")
	}
}

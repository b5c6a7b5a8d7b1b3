package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tiltakseffekt/datasets/internal/parquetio"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Fingerprint says what a file was when it was read.
type Fingerprint struct {
	Name   string `json:"name"` // relative to the folder that was opened, with forward slashes
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"` // −1 where not counted
}

// FingerprintOf reads a file, or all files below a folder that Open would read from it, and returns their SHA-256, sizes and numbers
// of rows, sorted by name. A single file is named by its base name. Rows are those of the footer in Parquet and −1 in
// other formats: a Source of a CSV file knows them.
func FingerprintOf(ctx context.Context, path string) ([]Fingerprint, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	if !stat.IsDir() {
		f, err := fingerprint(ctx, path, filepath.Base(path))
		if err != nil {
			return nil, err
		}
		return []Fingerprint{f}, nil
	}
	names, _, _, err := partitionFiles(path)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(filepath.ToSlash(a), filepath.ToSlash(b)) })
	out := make([]Fingerprint, len(names))
	err = parallel.For(ctx, 0, len(names), func(i int) (err error) {
		out[i], err = fingerprint(ctx, filepath.Join(path, names[i]), filepath.ToSlash(names[i]))
		return err
	})
	return out, err
}

func fingerprint(ctx context.Context, path, name string) (Fingerprint, error) {
	f, err := os.Open(path)
	if err != nil {
		return Fingerprint{}, cannotOpen(path, err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	n := int64(0)
	buffer := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return Fingerprint{}, err
		}
		k, err := f.Read(buffer)
		h.Write(buffer[:k])
		n += int64(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var p *fs.PathError
			if errors.As(err, &p) {
				err = p.Err
			}
			return Fingerprint{}, fault.Dataf("cannot_read", path, "", "cannot be read (%v)", err)
		}
	}
	rows := int64(-1)
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		p, err := parquetio.Open(path, path)
		if err != nil {
			return Fingerprint{}, err
		}
		rows = p.Rows()
	}
	return Fingerprint{Name: name, SHA256: hex.EncodeToString(h.Sum(nil)), Bytes: n, Rows: rows}, nil
}

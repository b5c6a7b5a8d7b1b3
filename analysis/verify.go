package analysis

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// VerifyOptions is what Verify takes besides the run folder.
type VerifyOptions struct {
	Options
	Study    *Study // as loaded from the study file, whose paths hold; seed, level and encoding are taken from the run
	Program  string // what identifies this program
	Platform string
	Scratch  string // an empty folder for the second run; the caller removes it
	Render   func(ctx context.Context, run *results.Run, tables *results.Tables) (map[string][]byte, error)
}

// Difference is one thing that is not as the run says.
type Difference struct {
	What   string `json:"what"` // manifest | study | input | program | file
	Name   string `json:"name"`
	Detail string `json:"detail"`
}

// Verification is what a second run showed.
type Verification struct {
	Run         *results.Run
	Differences []Difference
	Files       int  // compared with the second run
	Rerun       bool // false: an input or the study differs, and a second run would have answered another question
	// Platform is set where the run was made on another platform: tables are then compared to 1e-9, figures and reports not.
	Platform string
}

// platformTolerance is how far two platforms may differ in a figure, relative to its size (DESIGN.md, "Numbers"):
// math.Exp uses fused multiply-add where the processor has it, and the differences grow through some hundred iterations.
const platformTolerance = 1e-9

// Verify checks a finished run: every file against the manifest, the study beside it against the resolved study inside,
// the content of every input, and, where these hold, the whole run once more, byte by byte. On another platform than the
// run's own, tables are compared to a relative 1e-9 instead. What differs is listed and is no error; an error is a run, a
// register or a study that cannot be read.
func Verify(ctx context.Context, dir string, opt VerifyOptions) (*Verification, error) {
	v := &Verification{}
	differ := func(what, name, format string, args ...any) {
		v.Differences = append(v.Differences, Difference{what, name, fmt.Sprintf(format, args...)})
	}
	run, _, err := results.Load(dir)
	if fault.StatusOf(err) == fault.Differs {
		differ("manifest", filepath.Base(dir), "%s", err.Error())
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.Run = run
	s := opt.Study
	if err := s.AsRun(run); err != nil {
		return nil, err
	}
	resolved, err := s.canonical()
	if err != nil {
		return nil, err
	}
	was, err := results.Canonical(run.Resolved)
	if err != nil {
		return nil, err
	}
	for _, key := range differingKeys(was, resolved) {
		differ("study", key, "the study file says something else here than the run did")
	}
	cat, err := catalog.Load(s.Data.Catalog)
	if err != nil {
		return nil, err
	}
	source, _, err := s.source(ctx, cat, opt.Options)
	if err != nil {
		return nil, err
	}
	opt.progress(0, 1, "inputs")
	inputs, err := until(ctx, func() ([]datasets.Fingerprint, error) { return source.Inputs(ctx) })
	if err != nil {
		return nil, err
	}
	if inputs, err = s.otherInputs(ctx, cat, inputs); err != nil {
		return nil, err
	}
	v.Differences = append(v.Differences, inputDifferences(run.Inputs, inputs)...)
	if len(v.Differences) > 0 {
		return v, nil
	}
	if run.Version != opt.Program {
		differ("program", opt.Program, "the run was made by %s", run.Version)
	}
	again, err := RunFolder(ctx, s, FolderOptions{Options: opt.Options, Out: opt.Scratch, Program: run.Version, Platform: run.Platform, Render: opt.Render})
	if err != nil {
		return nil, err
	}
	v.Rerun = true
	if run.Platform != opt.Platform {
		v.Platform = run.Platform
		v.Files, v.Differences, err = compareTables(dir, again.Path, v.Differences)
		return v, err
	}
	v.Files, v.Differences, err = compareFiles(dir, again.Path, v.Differences)
	return v, err
}

// AsRun gives a study what flags gave the run besides its file: seed, level and encoding.
func (s *Study) AsRun(run *results.Run) error {
	var given struct {
		Data struct {
			Encoding string `json:"encoding"`
		} `json:"data"`
		Inference struct {
			Level float64 `json:"level"`
		} `json:"inference"`
		Seed *uint64 `json:"seed"`
	}
	if err := json.Unmarshal(run.Resolved, &given); err != nil {
		return fault.Dataf("bad_run", "run.json", "resolved", "cannot be read as a study; use the program that made the run")
	}
	s.Data.Encoding, s.Inference.Level, s.Seed = given.Data.Encoding, given.Inference.Level, given.Seed
	return nil
}

// differingKeys are the keys, as dotted paths, at which two JSON objects differ.
func differingKeys(a, b []byte) []string {
	if bytes.Equal(a, b) {
		return nil
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return []string{"study"}
	}
	var keys []string
	var walk func(path string, x, y any)
	walk = func(path string, x, y any) {
		m, ok := x.(map[string]any)
		n, also := y.(map[string]any)
		if !ok || !also {
			p, _ := json.Marshal(x)
			q, _ := json.Marshal(y)
			if !bytes.Equal(p, q) {
				keys = append(keys, path)
			}
			return
		}
		names := map[string]bool{}
		for k := range m {
			names[k] = true
		}
		for k := range n {
			names[k] = true
		}
		for k := range names {
			walk(strings.TrimPrefix(path+"."+k, "."), m[k], n[k])
		}
	}
	walk("", x, y)
	slices.Sort(keys)
	return keys
}

// inputDifferences compares the inputs of a run with those of now, by name and content.
func inputDifferences(was, is []datasets.Fingerprint) []Difference {
	var out []Difference
	now := map[string]datasets.Fingerprint{}
	for _, f := range is {
		now[f.Name] = f
	}
	for _, f := range was {
		g, there := now[f.Name]
		switch {
		case !there:
			out = append(out, Difference{"input", f.Name, "is not there any more"})
		case g.SHA256 != f.SHA256:
			out = append(out, Difference{"input", f.Name, fmt.Sprintf("has other content: sha256 %.12s…, and the run had %.12s…", g.SHA256, f.SHA256)})
		}
		delete(now, f.Name)
	}
	for _, f := range is {
		if _, more := now[f.Name]; more {
			out = append(out, Difference{"input", f.Name, "is new: the run did not have it"})
		}
	}
	return out
}

// compareFiles compares every file of two run folders, manifests too.
func compareFiles(a, b string, out []Difference) (int, []Difference, error) {
	m, err := results.ReadManifest(a)
	if err != nil {
		return 0, out, err
	}
	n, err := results.ReadManifest(b)
	if err != nil {
		return 0, out, err
	}
	second := map[string]string{}
	for _, e := range n.Files {
		second[e.Name] = e.SHA256
	}
	for _, e := range m.Files {
		sum, there := second[e.Name]
		switch {
		case !there:
			out = append(out, Difference{"file", e.Name, "is not made by the second run"})
		case sum != e.SHA256:
			out = append(out, Difference{"file", e.Name, firstDifference(filepath.Join(a, e.Name), filepath.Join(b, e.Name))})
		}
		delete(second, e.Name)
	}
	for _, e := range n.Files {
		if _, more := second[e.Name]; more {
			out = append(out, Difference{"file", e.Name, "is made by the second run alone"})
		}
	}
	return len(m.Files), out, nil
}

// firstDifference says where two files part: the line for text.
func firstDifference(a, b string) string {
	x, errX := os.ReadFile(a)
	y, errY := os.ReadFile(b)
	if errX != nil || errY != nil {
		return "differs"
	}
	n := min(len(x), len(y))
	at := n
	for i := range n {
		if x[i] != y[i] {
			at = i
			break
		}
	}
	if bytes.IndexByte(x[:min(len(x), 512)], 0) >= 0 {
		return fmt.Sprintf("differs from byte %d on", at+1)
	}
	return fmt.Sprintf("differs from line %d on", 1+bytes.Count(x[:at], []byte{'\n'}))
}

// compareTables compares the tables of two run folders to platformTolerance.
func compareTables(a, b string, out []Difference) (int, []Difference, error) {
	paths, err := filepath.Glob(filepath.Join(a, "tables", "*.csv"))
	if err != nil {
		return 0, out, fault.Wrap("read_failed", err, "cannot list the tables of the run")
	}
	for _, path := range paths {
		name := "tables/" + filepath.Base(path)
		x, err := cells(path)
		if err != nil {
			return 0, out, err
		}
		y, err := cells(filepath.Join(b, filepath.FromSlash(name)))
		if err != nil {
			return 0, out, err
		}
		if what := differingRows(x, y); what != "" {
			out = append(out, Difference{"file", name, what})
		}
	}
	return len(paths), out, nil
}

func cells(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap("read_failed", err, "cannot read a table of the run")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fault.Dataf("bad_table", path, "", "is not a table of a run: %v", err)
	}
	return rows, nil
}

func differingRows(x, y [][]string) string {
	if len(x) != len(y) {
		return fmt.Sprintf("has %d rows, and the second run %d", len(x)-1, len(y)-1)
	}
	for i := range x {
		for j := range x[i] {
			if j >= len(y[i]) || !sameFigure(x[i][j], y[i][j]) {
				return fmt.Sprintf("row %d, column %s: %s, and the second run %s", i, x[0][j], x[i][j], y[i][min(j, len(y[i])-1)])
			}
		}
	}
	return ""
}

// sameFigure tells whether two cells hold the same text, or numbers that differ by no more than platforms do.
func sameFigure(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && math.Abs(x-y) <= platformTolerance*math.Max(1, math.Max(math.Abs(x), math.Abs(y)))
}

package simulate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Counterfactual is the file of the reference paths in a register folder. No estimating room reads it.
const Counterfactual = "counterfactual.parquet"

// Written says what Write wrote: rows by table, the reference paths under "counterfactual".
type Written struct {
	Persons int
	Starts  int64 // starts in a tiltak; rows of deltakelse hold referrals too
	Rows    map[string]int64
	// Findings are what the ledger of the register room must say: nil without Options.Quirks.
	Findings []Finding
}

// chunkPersons is how many persons are in memory at once while a register streams to files.
const chunkPersons = 64 * blockPersons

// Write simulates a register straight into Parquet files of the folder dir, made where it is missing: person,
// deltakelse, arbeidssoker, maaned, omrade_maaned where the scenario has local markets, counterfactual.parquet where Options.Counterfactual is set, and with Options.Quirks
// the tables that they add and quirks.csv, which says what the ledger must find. Memory is bounded
// by some 16,000 persons and a row group a table, however many persons there are. The bytes depend on the options
// alone, not on Workers. Each file takes its name only when all are finished; after an error or a cancelled context
// nothing new stands in dir. A folder that holds anything but an earlier simulated register is refused (Vacant); Marker
// tells one from a real register.
//
// Progress, where it is not nil, is called with the number of persons done.
func Write(ctx context.Context, dir string, opt Options, progress func(done, of int)) (*Written, error) {
	return write(ctx, dir, opt, chunkPersons, progress)
}

// write is Write with so many persons in memory at once.
func write(ctx context.Context, dir string, opt Options, chunk int, progress func(done, of int)) (*Written, error) {
	if err := opt.resolve(); err != nil {
		return nil, err
	}
	if err := Vacant(dir); err != nil {
		return nil, err
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make the folder %s", parent)
	}
	work, err := os.MkdirTemp(parent, "."+filepath.Base(filepath.Clean(dir))+".work-")
	if err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make a folder in %s", parent)
	}
	defer os.RemoveAll(work)
	files := filepath.Join(work, "register") // a folder of its own, with the permissions that the user gives folders
	if err := os.Mkdir(files, 0o777); err != nil {
		return nil, fault.Wrap("write_failed", err, "cannot make a folder in %s", parent)
	}
	out, err := writeAll(ctx, files, opt, chunk, progress)
	if err == nil {
		err = writeMarker(files)
	}
	var e *fault.Error
	if errors.As(err, &e) { // a file is called by the name that it was to have
		e.Message = strings.ReplaceAll(e.Message, files, filepath.Clean(dir))
	}
	if err != nil {
		return nil, err
	}
	return out, publish(files, dir)
}

// publish moves the finished files into their place: a new folder at once, into one that is there file by file.
func publish(work, dir string) error {
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		if err := os.Rename(work, dir); err != nil {
			return fault.Wrap("write_failed", err, "cannot write %s", dir)
		}
		return nil
	}
	for _, name := range append(ownFiles(), Marker) { // the marker last: a folder half replaced is not as its marker says
		from, to := filepath.Join(work, name), filepath.Join(dir, name)
		if _, err := os.Stat(from); os.IsNotExist(err) {
			os.Remove(to) // what an earlier register left behind says nothing of this one
			continue
		}
		if err := os.Rename(from, to); err != nil {
			return fault.Wrap("write_failed", err, "cannot write %s", to)
		}
	}
	return nil
}

func writeAll(ctx context.Context, work string, opt Options, chunk int, progress func(done, of int)) (*Written, error) {
	w := newWorld(opt)
	out := &Written{Persons: opt.Persons, Rows: map[string]int64{}}
	writers := map[string]*datasets.Writer{}
	defer func() {
		for _, f := range writers {
			f.Abort()
		}
	}()
	put := func(name string, t *datasets.Table) error {
		f := writers[name]
		if f == nil {
			var err error
			if f, err = datasets.NewWriter(filepath.Join(work, name+".parquet"), fields(name, t, len(opt.Quirks) > 0), datasets.WriteOptions{Workers: opt.Workers}); err != nil {
				return err
			}
			writers[name] = f
		}
		out.Rows[name] += int64(t.Rows)
		return f.AppendContext(ctx, t)
	}
	if t := w.areas(); t != nil {
		if err := put(areaTable, t); err != nil {
			return nil, err
		}
	}
	findings := newFindings()
	for from := 0; from < opt.Persons; from += chunk {
		n := min(chunk, opt.Persons-from)
		blocks := make([]*block, parallel.NumBlocks(n, blockPersons))
		err := parallel.Blocks(ctx, opt.Workers, n, blockPersons, func(i, a, b int) error {
			blocks[i] = w.simulate(from+a, from+b, opt.Counterfactual)
			return nil
		})
		if err != nil {
			return nil, err
		}
		tables := w.tables(blocks)
		if len(opt.Quirks) > 0 {
			found := newFindings()
			tables = w.spoilTables(tables, blocks, found)
			findings.add(found)
		}
		for _, name := range append(append([]string(nil), tableNames...), quirkTables...) {
			if tables[name] == nil {
				continue
			}
			if err := put(name, tables[name]); err != nil {
				return nil, err
			}
		}
		if opt.Counterfactual {
			if err := put("counterfactual", w.counterfactualTable(blocks)); err != nil {
				return nil, err
			}
		}
		for _, b := range blocks {
			out.Starts += int64(len(b.parts))
		}
		if progress != nil {
			progress(from+n, opt.Persons)
		}
	}
	for _, f := range writers {
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	if len(opt.Quirks) > 0 {
		out.Findings = findings.list(opt.Quirks)
		if err := datasets.WriteContext(ctx, filepath.Join(work, quirkFile), FindingsTable(out.Findings), datasets.WriteOptions{}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

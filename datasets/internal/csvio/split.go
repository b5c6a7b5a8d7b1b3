package csvio

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

var (
	// blockSize is the size of the pieces in which a file is parsed; tests make it small.
	blockSize = 4 << 20
	// maxRecord bounds a record, which a missing quote can make as long as the file.
	maxRecord = 64 << 20
)

// splitter cuts a stream into blocks that end where a record ends.
type splitter struct {
	r      io.Reader
	carry  []byte // the beginning of the next block
	ended  bool
	failed error
}

var errLongRecord = errors.New("record too long")

// next returns the next block, or nil at the end. The block belongs to the caller.
func (s *splitter) next() ([]byte, error) {
	if s.failed != nil || (s.ended && len(s.carry) == 0) {
		return nil, s.failed
	}
	b := make([]byte, len(s.carry), max(blockSize, 2*len(s.carry)))
	copy(b, s.carry)
	s.carry = s.carry[:0]
	for {
		for !s.ended && len(b) < cap(b) {
			n, err := s.r.Read(b[len(b):cap(b)])
			b = b[:len(b)+n]
			if err == io.EOF {
				s.ended = true
			} else if err != nil {
				s.failed = err
				return nil, err
			}
		}
		if s.ended {
			if len(b) == 0 {
				return nil, nil
			}
			return b, nil
		}
		if end := lastRecordEnd(b); end > 0 {
			s.carry = append(s.carry, b[end:]...)
			return b[:end], nil
		}
		if len(b) > maxRecord {
			s.failed = errLongRecord
			return nil, s.failed
		}
		b = append(make([]byte, 0, 2*len(b)), b...)
	}
}

// lastRecordEnd is the place behind the last line feed that is outside quotes, 0 where there is none: one with an even
// number of quotes before it, since a block begins outside quotes and a quote inside quotes is doubled.
func lastRecordEnd(b []byte) int {
	quotes := bytes.Count(b, []byte{'"'})
	end := len(b)
	for {
		i := bytes.LastIndexByte(b[:end], '\n')
		if i < 0 {
			return 0
		}
		quotes -= bytes.Count(b[i:end], []byte{'"'})
		if quotes%2 == 0 {
			return i + 1
		}
		end = i
	}
}

// firstRecordEnd is the place behind the first line feed outside quotes, or the length.
func firstRecordEnd(b []byte) int {
	quoted := false
	for i, c := range b {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			return i + 1
		}
	}
	return len(b)
}

// open opens a file, through gzip where its name ends in .gz.
func open(path, name string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotRead(name, err)
	}
	if !strings.HasSuffix(strings.ToLower(path), ".gz") {
		return f, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		_ = f.Close()
		if err == io.EOF {
			return nil, empty(name)
		}
		return nil, fault.Dataf("not_gzip", name, "", "is not a gzip file: unpack it, or export it again")
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

func cannotRead(name string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Dataf("truncated_file", name, "", "is cut short: copy or export it again")
	case errors.Is(err, errLongRecord):
		return fault.Dataf("long_record", name, "", "has a record of more than %d MiB: a quote (\") is missing somewhere", maxRecord>>20)
	}
	return fault.Dataf("cannot_read", name, "", "cannot be read (%v)", err)
}

func empty(name string) error {
	return fault.Dataf("empty_file", name, "", "is empty: export it again with a header line")
}

// each calls work for each block on several goroutines, and returns the error of the first block that failed; all blocks
// before that one have then been worked on. It holds at most two blocks a worker in memory.
func each(ctx context.Context, s *splitter, workers int, work func(i int, block []byte) error) error {
	workers = parallel.Workers(workers)
	type task struct {
		i     int
		block []byte
	}
	var (
		tasks   = make(chan task, workers)
		wait    sync.WaitGroup
		mutex   sync.Mutex
		failed  = -1 // the lowest block that failed
		failure error
	)
	report := func(i int, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		if failed < 0 || i < failed {
			failed, failure = i, err
		}
	}
	stopped := func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		return failed >= 0 || ctx.Err() != nil
	}
	for range workers {
		wait.Go(func() {
			for t := range tasks {
				if ctx.Err() != nil {
					continue
				}
				if err := guarded(work, t.i, t.block); err != nil {
					report(t.i, err)
				}
			}
		})
	}
	var broken error
	for i := 0; !stopped(); i++ {
		block, err := s.next()
		if err != nil {
			broken = err
			break
		}
		if block == nil {
			break
		}
		tasks <- task{i, block}
	}
	close(tasks)
	wait.Wait()
	if failure != nil {
		return failure
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return broken
}

// guarded turns a panic into an error, as package parallel does.
func guarded(work func(int, []byte) error, i int, block []byte) error {
	return parallel.For(context.Background(), 1, 1, func(int) error { return work(i, block) })
}

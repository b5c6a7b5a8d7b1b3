package analysis

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/fxamacker/cbor/v2"

	"tiltakseffekt/results"
)

// taskStore keeps the results of finished tasks of a run in a folder that is there again when an interrupted run is taken up.
// The folder lies under the run id, which is made of the study, of every input and of the program: what is found in it is
// the answer to the same question. The zero value keeps nothing. Its methods are safe for concurrent use on different tasks.
type taskStore struct{ dir string }

// sumLength is the length of the checksum in front of a stored result, in hex digits.
const sumLength = 2 * sha256.Size

// load fills to with the result of a task and tells whether it was there. A file that is cut short or damaged is as none:
// the task is done again.
func (s taskStore) load(task string, to any) bool {
	if s.dir == "" {
		return false
	}
	b, err := os.ReadFile(s.path(task))
	if err != nil || len(b) < sumLength {
		return false
	}
	sum := sha256.Sum256(b[sumLength:])
	if hex.EncodeToString(sum[:]) != string(b[:sumLength]) {
		return false
	}
	return cbor.Unmarshal(b[sumLength:], to) == nil
}

// save keeps the result of a task. Where it cannot, the run goes on without: nothing but time depends on it.
func (s taskStore) save(task string, result any) {
	if s.dir == "" {
		return
	}
	b, err := cbor.Marshal(result) // CBOR keeps NaN, the sign of 0 and the difference between no number and 0: JSON and gob do not
	if err != nil {
		return
	}
	sum := sha256.Sum256(b)
	_ = results.WriteAtomic(s.path(task), append([]byte(hex.EncodeToString(sum[:])), b...))
}

// path is the file of a task: its name may hold anything.
func (s taskStore) path(task string) string {
	sum := sha256.Sum256([]byte(task))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:16]))
}

// resumed is the result of a task: the stored one, or that of do, which is then stored.
func resumed[T any](s taskStore, task string, do func() (T, error)) (T, error) {
	var stored T
	if s.load(task, &stored) {
		return stored, nil
	}
	result, err := do()
	if err == nil {
		s.save(task, result)
	}
	return result, err
}

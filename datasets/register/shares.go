package register

import (
	"fmt"
	"sync"

	"tiltakseffekt/internal/fault"
)

// shares tells whether the positions of a table are shares of full time (0–1) and not percent, as `stillingsprosent`
// must be: read as percent, nobody would work more than 1 %, and no outcome of stable work would ever be true, without
// a word. Positions are shares where none is over 1 and some lies between 0 and 1; where all are 1, which a few real
// jobs may be, only from fullTime rows on.
type shares struct {
	mu      sync.Mutex
	percent bool  // a position over 1 has been seen
	parts   bool  // a position between 0 and 1 has been seen
	rows    int64 // with a position over 0
	first   int64 // of these, from 1
}

// fullTime is how many rows with a position of exactly 1 there must be before they are taken for full time.
const fullTime = 20

// hundredths is 1 % as the panel counts.
const hundredths = 100

// look takes the positions of a part, in hundredths of a percent, of rows that have a person; row is that of the first.
func (s *shares) look(person []int32, position []float64, row int64) {
	s.mu.Lock()
	done := s.percent
	s.mu.Unlock()
	if done {
		return
	}
	var mine shares
	for i, v := range position {
		if v <= 0 || person[i] < 0 {
			continue
		}
		if v > hundredths {
			mine.percent = true
			break
		}
		mine.parts = mine.parts || v < hundredths
		if mine.rows++; mine.rows == 1 {
			mine.first = row + int64(i) + 1
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.percent, s.parts = s.percent || mine.percent, s.parts || mine.parts
	if mine.rows > 0 && (s.rows == 0 || mine.first < s.first) {
		s.first = mine.first
	}
	s.rows += mine.rows
}

// found tells whether the values seen are shares.
func (s *shares) found() bool {
	return !s.percent && s.rows > 0 && (s.parts || s.rows >= fullTime)
}

// refuse is the refusal (status 3) of a table whose positions are shares.
func (s *shares) refuse(file string) error {
	if !s.found() {
		return nil
	}
	over := fmt.Sprintf("all %d values of `stillingsprosent` over 0 are at most 1", s.rows)
	if s.rows == 1 {
		over = "the only value of `stillingsprosent` over 0 is at most 1"
	}
	return fault.Dataf("position_share", file, "stillingsprosent", "%s (the first in data row %d), which looks like shares of full time, and it is read as percent; multiply the column by 100", over, s.first).At(s.first)
}

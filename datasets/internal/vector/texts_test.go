package vector

import (
	"fmt"
	"testing"

	"tiltakseffekt/internal/random"
)

// TestTexts holds the table against a map.
func TestTexts(t *testing.T) {
	r := random.New(1, "texts")
	for _, n := range []int{0, 1, 10, 1000, 50_000} {
		var texts Texts
		codes := make(map[string]uint32)
		buffer := make([]byte, 0, 64)
		for i := range n {
			s := fmt.Sprintf("%0*d", r.IntN(20), r.IntN(1+n/2))
			if r.IntN(10) == 0 {
				s = ""
			}
			want, ok := codes[s]
			if !ok {
				want = uint32(len(codes))
				codes[s] = want
			}
			buffer = append(buffer[:0], s...)
			got := texts.Code(buffer)
			if i%2 == 0 {
				got = texts.CodeOf(s)
			}
			for k := range buffer {
				buffer[k] = 'x' // the table must not hold on to it
			}
			if got != want || texts.Levels[got] != s {
				t.Fatalf("%q: %d, want %d", s, got, want)
			}
		}
		if len(texts.Levels) != len(codes) {
			t.Errorf("%d levels of %d", len(texts.Levels), len(codes))
		}
	}
}

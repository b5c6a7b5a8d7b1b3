package report

import "testing"

// Blocks with one drawing stand two by two, and only next to each other.
func TestHalve(t *testing.T) {
	one, two, none := []*drawing{{}}, []*drawing{{}, {}}, []*drawing(nil)
	for _, c := range []struct {
		drawings [][]*drawing
		want     string
	}{{[][]*drawing{one, one}, "hh"}, {[][]*drawing{one, one, one}, "hh-"}, {[][]*drawing{one, none, one}, "---"}, {[][]*drawing{two, one, one, two}, "-hh-"}, {nil, ""}} {
		blocks := make([]block, len(c.drawings))
		for i, d := range c.drawings {
			blocks[i].Drawings = d
		}
		halve(blocks)
		got := ""
		for _, b := range blocks {
			got += map[bool]string{true: "h", false: "-"}[b.Half]
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.drawings, got, c.want)
		}
	}
}

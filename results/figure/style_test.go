package figure

import (
	"fmt"
	"testing"
)

// Nine methods are nine lines and nine marks that can be told apart.
func TestSeriesDiffer(t *testing.T) {
	lines, signs := map[string]int{}, map[string]int{}
	for i := range 36 {
		l, m := lineOf(i), markOf(i, 2)
		line, sign := fmt.Sprint(l.Color, l.Dashes), fmt.Sprintf("%v %T", m.Color, m.Shape)
		if k, ok := lines[line]; ok {
			t.Errorf("series %d has the line of series %d", i, k)
		}
		if k, ok := signs[sign]; ok {
			t.Errorf("series %d has the mark of series %d", i, k)
		}
		lines[line], signs[sign] = i, i
	}
}

// Months are whole on an axis, also where five ticks would stand 2.5 apart.
func TestMonthsAreWhole(t *testing.T) {
	for most := 1.; most < 130; most++ {
		if by := Months.step(0, most, 5); by != float64(int(by)) || by < 1 {
			t.Errorf("0 to %v: %v", most, by)
		}
	}
	if by := Plain.step(0, 12, 5); by != 2.5 {
		t.Errorf("numbers: %v", by)
	}
}

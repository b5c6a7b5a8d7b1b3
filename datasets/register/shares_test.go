package register

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

func TestPositionsThatAreShares(t *testing.T) {
	months := func(position func(i int) string, n int) map[string]string {
		var b strings.Builder
		b.WriteString("person_id maaned stillingsprosent lonn\n")
		for i := range n {
			fmt.Fprintf(&b, "10 %d %s 1\n", 202001+i%12, position(i))
		}
		return replaced("maaned", b.String())
	}
	spells := replaced("arbeidsforhold", "person_id fra til stillingsprosent\n10 2020-01-01 . 0.8\n10 2020-03-01 . 1")
	delete(spells, "maaned")
	spells["inntekt"] = "person_id maaned belop\n10 202001 1"
	for _, c := range []struct {
		name   string
		tables map[string]string
		row    int64 // 0: accepted
		want   string
	}{
		{"shares", months(func(i int) string { return []string{"0", "0.5", "1", "."}[i%4] }, 40), 2, "all 20 values of `stillingsprosent` over 0 are at most 1"},
		{"one share", months(func(int) string { return "0.5" }, 1), 1, "the only value"},
		{"all full time", months(func(int) string { return "1" }, 25), 1, "all 25 values"},
		{"spells", spells, 1, "all 2 values"},
		{"a few jobs of 1 %", months(func(int) string { return "1" }, 3), 0, ""},
		{"one job of half a percent among others", months(func(i int) string { return []string{"0.5", "100"}[i%2] }, 30), 0, ""},
		{"nobody works", months(func(int) string { return "0" }, 30), 0, ""},
	} {
		for _, workers := range []int{1, 3} {
			_, err := Read(context.Background(), memory{tables(c.tables), 7}, Options{Workers: workers})
			if c.row == 0 {
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				continue
			}
			var e *fault.Error
			if !errors.As(err, &e) || e.Status != fault.Data || e.Code != "position_share" || e.Row != c.row || !strings.Contains(e.Message, c.want) || !strings.Contains(e.Message, "multiply the column by 100") {
				t.Errorf("%s: %v (row %d)", c.name, err, e.Row)
			}
		}
	}
}

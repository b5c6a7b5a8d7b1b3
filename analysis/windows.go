package analysis

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiltakseffekt/internal/fault"
)

// Window is a range of months after the start, first and last included, over which an outcome is summed: months in work,
// kroner earned. It is fixed before anybody's outcome is seen, and the same for everybody. The length of a participation is
// itself an outcome: to cut each person's months at their own end, and the comparison's at a borrowed one, would compare
// those who left early because they found work with comparison rows that did not, so no window depends on it.
type Window struct{ From, To int }

// String is the key of the table, such as 1-12.
func (w Window) String() string { return fmt.Sprintf("%d-%d", w.From, w.To) }

// MarshalText writes the key.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalYAML reads 1-12.
func (w *Window) UnmarshalYAML(n *yaml.Node) error {
	from, to, ok := strings.Cut(n.Value, "-")
	a, err1 := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if n.Kind != yaml.ScalarNode || !ok || err1 != nil || err2 != nil || a < 1 || b < a {
		return fault.Usagef("bad_study", "line %d: `windows` is a list of months after the start, first and last, such as [1-12, 13-36]; `%s` is not one", n.Line, n.Value).At(int64(n.Line))
	}
	w.From, w.To = a, b
	return nil
}

// resolveWindows checks the windows against the horizon.
func (s *Study) resolveWindows() error {
	seen := map[Window]bool{}
	for _, w := range s.Windows {
		if w.To > s.Horizon {
			return fault.Usagef("bad_study", "`windows` holds %s, which ends after the horizon of %d months", w, s.Horizon)
		}
		if seen[w] {
			return fault.Usagef("bad_study", "`windows` holds %s twice", w)
		}
		seen[w] = true
	}
	return nil
}

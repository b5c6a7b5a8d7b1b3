package register

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
)

// What a status says of whether the person took part.
const (
	statusNo uint8 = iota
	statusYes
	statusIfStarted
	statusUnknown // not in the catalogue: no participation
)

type statusRule struct {
	kind      uint8
	completed bool
}

// status looks a status up in the catalogue; the rule for whether it is participation is Nav's own, see
// catalog.Status.Participation.
func (b *builder) status(origin, status string) statusRule {
	s, ok := b.catalog.Status(origin, status)
	if !ok {
		b.unknownStatus.add(strings.TrimSpace(status))
		return statusRule{kind: statusUnknown}
	}
	r := statusRule{completed: s.Completed}
	switch s.TookPart {
	case catalog.Yes:
		r.kind = statusYes
	case catalog.IfStarted:
		r.kind = statusIfStarted
	}
	return r
}

// took tells whether a status means that the person took part; reference is the last day with data.
func took(kind uint8, start, reference calendar.Date) bool {
	return kind == statusYes || kind == statusIfStarted && start > badDate && start <= reference
}

// counter counts texts.
type counter struct{ n map[string]int64 }

func newCounter() *counter { return &counter{map[string]int64{}} }

func (c *counter) add(text string) { c.n[text]++ }

// each calls f for each text in byte order.
func (c *counter) each(f func(text string, n int64)) {
	keys := make([]string, 0, len(c.n))
	for k := range c.n {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	for _, k := range keys {
		f(k, c.n[k])
	}
}

// quote writes a code from the data so that it can stand in a message: at most 40 characters.
func quote(code string) string {
	if code == "" {
		return "(empty)"
	}
	if r := []rune(code); len(r) > 40 {
		code = string(r[:40]) + "…"
	}
	return strconv.Quote(code)
}

package cli

import (
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		tty, mute bool
		want      string
	}{
		{true, false, "\r 50 %  AFT × unge  (20s left)"},
		{false, false, " 50 %  AFT × unge  (20s left)\n"},
		{false, true, ""},
	} {
		var b strings.Builder
		at := time.Unix(0, 0)
		p := &progress{w: &b, tty: c.tty, mute: c.mute, now: func() time.Time { return at }}
		p.begin, p.last = at, at
		p.report(0, 4, "begin")
		at = at.Add(20 * time.Second)
		p.report(2, 4, "AFT × unge")
		at = at.Add(time.Millisecond)
		p.report(3, 4, "too soon to say")
		if b.String() != c.want {
			t.Errorf("tty %v, mute %v: %q, want %q", c.tty, c.mute, b.String(), c.want)
		}
	}
}

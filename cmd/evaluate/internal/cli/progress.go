package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work has come: on a terminal one line that is written over, elsewhere a plain line every
// ten seconds. It is silent under --quiet and is safe for several goroutines.
type progress struct {
	w    io.Writer
	tty  bool
	mute bool
	now  func() time.Time

	mu    sync.Mutex
	begin time.Time // of the present stage
	last  time.Time // of the last print
	width int
}

const (
	terminalPause = 100 * time.Millisecond
	plainPause    = 10 * time.Second
)

func (g *globals) newProgress() *progress {
	p := &progress{w: g.stderr, mute: g.quiet, now: time.Now}
	if f, ok := g.stderr.(*os.File); ok {
		p.tty = term.IsTerminal(int(f.Fd()))
	}
	p.begin = p.now()
	p.last = p.begin
	return p
}

// report takes how much of total is done and what is being done. Remaining time is that of what was done so far.
func (p *progress) report(done, total float64, what string) {
	if p.mute {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if done == 0 {
		p.begin = now
	}
	pause := plainPause
	if p.tty {
		pause = terminalPause
	}
	if now.Sub(p.last) < pause {
		return
	}
	p.last = now
	line := what
	if done > 0 && total > 0 {
		elapsed := now.Sub(p.begin)
		left := time.Duration(float64(elapsed) * (total - done) / done)
		line = fmt.Sprintf("%3.0f %%  %s  (%s left)", 100*done/total, what, round(left))
	}
	if p.tty {
		pad := max(p.width-len([]rune(line)), 0)
		fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", pad))
		p.width = len([]rune(line))
		return
	}
	fmt.Fprintln(p.w, line)
}

// done clears the line on a terminal.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tty && p.width > 0 && !p.mute {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

func round(d time.Duration) time.Duration {
	if d > time.Minute {
		return d.Round(10 * time.Second)
	}
	return d.Round(time.Second)
}

package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/jamba-threat/jamba/lib/threat"
)

// progress shows training: one line per finished epoch and, on a terminal, a line below them that is redrawn in place.
type progress struct {
	app   *app
	width int // of the terminal; 0 is none
	drawn bool
}

func (a *app) newProgress() *progress {
	p := &progress{app: a}
	if a.Terminal != nil && a.log == nil && !a.quiet && a.env("TERM") != "dumb" {
		if width, ok := a.Terminal(); ok {
			p.width = width
		}
	}
	return p
}

// step redraws the line of the epoch in progress.
func (p *progress) step(e threat.StepEvent) {
	if p.width == 0 {
		return
	}
	if width, ok := p.app.Terminal(); ok { // windows are resized
		p.width = width
	}
	fmt.Fprintf(p.app.Stderr, "\r\x1b[K%s", stepLine(e, p.width-1))
	p.drawn = true
}

// stepLine is the line in progress, cut to the width: the bar gives way first, then the end of the line.
func stepLine(e threat.StepEvent, width int) string {
	total := fmt.Sprint(e.Epochs)
	head := fmt.Sprintf("epoch %*d/%s ", len(total), e.Epoch, total)
	tail := fmt.Sprintf(" step %d/%d  loss %.4f  %s rows/s  %s left", e.Step, e.Steps, e.Loss, thousands(e.RowsPerSecond), e.Remaining.Round(time.Second))
	line := head + tail[1:]
	if bar := min(30, width-len(head)-len(tail)-2); bar >= 5 {
		full := bar * e.Step / max(1, e.Steps)
		line = head + "[" + strings.Repeat("#", full) + strings.Repeat("-", bar-full) + "]" + tail
	}
	return line[:min(len(line), max(0, width))]
}

func thousands(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1fk", v/1000)
}

// epoch writes the line of a finished epoch.
func (p *progress) epoch(e threat.Event) {
	p.clear()
	if p.app.log != nil {
		args := []any{"epoch", e.Epoch, "epochs", e.Epochs, "rows_per_second", e.RowsPerSecond,
			"elapsed_seconds", e.Elapsed.Seconds(), "remaining_seconds", e.Remaining.Seconds(), "best", e.Best}
		for name, v := range e.Metrics {
			args = append(args, name, v)
		}
		p.app.log.Info("epoch", args...)
		return
	}
	p.app.note("%v", e)
}

// clear takes the line in progress away, so that the next output begins on a clean one.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.app.Stderr, "\r\x1b[K")
		p.drawn = false
	}
}

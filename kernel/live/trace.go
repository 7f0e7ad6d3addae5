package live

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jamba-threat/jamba/kernel/live/cells"
)

// sources keeps the text of cells, to quote lines of it in errors.
type sources struct {
	mu    sync.Mutex
	lines map[string][]string
	order []string
}

func newSources() *sources { return &sources{lines: map[string][]string{}} }

// sourceLimit is the number of cells that are kept.
const sourceLimit = 500

func (s *sources) add(name, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.lines[name]; !again {
		s.order = append(s.order, name)
	}
	s.lines[name] = strings.Split(code, "\n")
	if len(s.order) > sourceLimit {
		delete(s.lines, s.order[0])
		s.order = s.order[1:]
	}
}

func (s *sources) line(name string, n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lines := s.lines[name]; n >= 1 && n <= len(lines) {
		return lines[n-1]
	}
	return ""
}

const red, bold, plain = "\x1b[31m", "\x1b[1m", "\x1b[0m"

// describe turns an error of a cell into the three things that Jupyter shows.
func (k *Kernel) describe(err error) (name, value string, trace []string) {
	var diagnostics cells.Diagnostics
	var panicked *cells.PanicError
	var exit *cells.ExitError
	switch {
	case errors.As(err, &diagnostics) && len(diagnostics) > 0:
		d := diagnostics[0]
		for _, d := range diagnostics {
			trace = append(trace, k.quote(d))
		}
		return "CompileError", fmt.Sprintf("%s, line %d: %s", d.Cell, d.Line, d.Message), trace
	case errors.Is(err, cells.ErrInterrupted):
		return "Interrupted", "the cell was interrupted", []string{red + "interrupted" + plain}
	case errors.Is(err, cells.ErrAbandoned):
		return "Interrupted", err.Error(), []string{red + err.Error() + plain}
	case errors.As(err, &exit):
		return "Exit", exit.Error(), []string{red + exit.Error() + plain}
	case errors.As(err, &panicked):
		name, value = "panic", err.Error()
		trace = []string{red + bold + "panic: " + plain + red + value + plain}
		for _, f := range panicked.Trace {
			in := ""
			if f.Function != "" {
				in = ", in " + f.Function
			}
			trace = append(trace, fmt.Sprintf("  %s, line %d%s%s", f.Cell, f.Line, in, quoted(k.sources.line(f.Cell, f.Line))))
		}
		if errors.Is(err, context.Canceled) {
			name = "Interrupted"
		}
		return name, value, trace
	}
	var result *resultError
	if errors.As(err, &result) {
		name = "error"
		if errors.Is(err, context.Canceled) {
			name = "Interrupted"
		}
		return name, err.Error(), []string{red + bold + "error: " + plain + red + err.Error() + plain}
	}
	var sorry *excuse
	if errors.As(err, &sorry) {
		name = "KernelUnavailable"
	} else {
		name = "Error"
	}
	return name, err.Error(), []string{red + err.Error() + plain}
}

// quote is a diagnostic with the line that it is about, and a mark under the column.
func (k *Kernel) quote(d cells.Diagnostic) string {
	text := fmt.Sprintf("%s%s, line %d, column %d:%s %s", red+bold, d.Cell, d.Line, d.Column, plain, d.Message)
	line := k.sources.line(d.Cell, d.Line)
	if strings.TrimSpace(line) == "" {
		return text
	}
	lead := ""
	for i, r := range line {
		if i >= d.Column-1 {
			break
		}
		if r == '\t' {
			lead += "\t"
		} else {
			lead += " "
		}
	}
	return text + "\n    " + line + "\n    " + lead + red + "^" + plain
}

func quoted(line string) string {
	if line = strings.TrimSpace(line); line == "" {
		return ""
	}
	return "\n    " + line
}

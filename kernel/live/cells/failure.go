package cells

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/goplus/ixgo"
)

// PanicError is a panic that ended a cell or a goroutine.
type PanicError struct {
	Value any
	Cell  string  // the cell that ran, "" for a goroutine
	Trace []Frame // innermost first
}

// Frame is a place in a cell.
type Frame struct {
	Function string
	Cell     string
	Line     int
}

// Error returns what Go prints after "panic: ".
func (e *PanicError) Error() string {
	switch v := e.Value.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case string:
		return v
	}
	return fmt.Sprintf("%v", e.Value)
}

// Unwrap returns the value when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

var errFatal = errors.New("log.Fatal ends the cell, not the kernel")

// exitRequest is the panic by which os.Exit leaves a cell.
type exitRequest struct{ code int }

// runError turns what the interpreter returns into an error of this package.
func (s *Session) runError(err error, cell string) error {
	if err == nil {
		return nil
	}
	var p ixgo.PanicError
	if errors.As(err, &p) {
		return s.panicError(p.Value, p.Stack(), cell)
	}
	var f ixgo.FatalError
	if errors.As(err, &f) {
		return s.panicError(f.Value, f.Stack(), cell)
	}
	return err
}

// panicError describes a panic; stack is the interpreter's trace, nil when there is none.
func (s *Session) panicError(v any, stack []byte, cell string) error {
	for {
		switch p := v.(type) {
		case exitRequest:
			return &ExitError{Code: p.code}
		case ixgo.PanicError:
			v, stack = p.Value, append(p.Stack(), stack...)
			continue
		case *reflect.ValueError:
			stack = append(stack, debug.Stack()...)
		}
		p := &PanicError{Value: v, Cell: cell, Trace: s.frames(stack)}
		p.Trace = s.origin(p)
		return p
	}
}

// frames reads the interpreter's stack trace: pairs of lines, a function and an indented file:line.
func (s *Session) frames(stack []byte) []Frame {
	var out []Frame
	lines := strings.Split(string(stack), "\n")
	for i := 0; i+1 < len(lines); i++ {
		place, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok {
			continue
		}
		place, _, _ = strings.Cut(place, " ")
		at := strings.LastIndexByte(place, ':')
		if at < 0 || !strings.HasPrefix(place, "In[") {
			continue
		}
		var line int
		if _, err := fmt.Sscan(place[at+1:], &line); err != nil || line == 0 {
			continue
		}
		f := Frame{Function: s.functionName(lines[i], place[:at]), Cell: place[:at], Line: line}
		if len(out) == 0 || out[len(out)-1] != f {
			out = append(out, f)
		}
	}
	return out
}

// functionName turns the interpreter's name of a function into the cell's: main.cell·.func2 is the second function that
// the cell declares. The statements of the cell have no name.
func (s *Session) functionName(name, cell string) string {
	name = strings.TrimPrefix(strings.TrimSuffix(name, "()"), "main.")
	rest, inBody := strings.CutPrefix(name, bodyName)
	if !inBody {
		return name
	}
	rest = strings.TrimPrefix(rest, ".func")
	number, inner, _ := strings.Cut(rest, ".")
	if n, err := strconv.Atoi(number); err == nil && n >= 1 && n <= len(s.literals[cell]) {
		name, _, _ := strings.Cut(s.literals[cell][n-1], "·")
		if inner != "" {
			return name + "." + inner
		}
		return name
	}
	if rest == "" {
		return ""
	}
	return "func" + rest
}

// panicked is the place of the last panic. The interpreter's trace ends where a function of one cell calls one of another;
// what is beyond is told by the hook that the interpreter calls at the panic itself.
type panicked struct {
	message string
	frames  []Frame
}

// notePanic is the hook.
func (s *Session) notePanic(info *ixgo.PanicInfo) {
	if _, top := info.Error.(ixgo.FatalError); top { //nolint:errorlint // the interpreter does not wrap it: it tells again what it told
		return
	}
	p := &panicked{message: info.Error.Error()}
	for _, f := range info.CallerFrames() {
		if strings.HasPrefix(f.File, "In[") && f.Line > 0 {
			p.frames = append(p.frames, Frame{Function: s.functionName(f.Function, f.File), Cell: f.File, Line: f.Line})
		}
	}
	s.lastPanic.Store(p)
}

// origin puts the place of the panic in front of the trace, when it is not there.
func (s *Session) origin(p *PanicError) []Frame {
	last := s.lastPanic.Load()
	if last == nil || last.message != p.Error() || len(last.frames) == 0 || slices.Contains(p.Trace, last.frames[0]) {
		return p.Trace
	}
	return append(slices.Clone(last.frames), p.Trace...)
}

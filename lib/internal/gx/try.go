package gx

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrInternal marks a panic of the engine or of graph building code: a bug, not a mistake of the caller.
var ErrInternal = errors.New("internal error of the engine")

// PanicError is what Try makes of a panic. Format it with %+v to see the stack of the place that panicked.
type PanicError struct {
	Op    string // what was being done
	Value any    // what was passed to panic
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Value) }

// Unwrap makes errors.Is see ErrInternal and, when the panic value was an error, that error as well.
func (e *PanicError) Unwrap() []error {
	if err, ok := e.Value.(error); ok {
		return []error{ErrInternal, err}
	}
	return []error{ErrInternal}
}

// Format implements fmt.Formatter: %+v adds the stack.
func (e *PanicError) Format(s fmt.State, verb rune) {
	fmt.Fprint(s, e.Error())
	if verb == 'v' && s.Flag('+') {
		fmt.Fprintf(s, "\n%s", e.Stack)
	}
}

// Try runs fn and turns any panic, whatever its value, into an error. GoMLX panics while it builds graphs, sometimes
// with plain strings, which its own helper lets through.
func Try(op string, fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Op: op, Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}

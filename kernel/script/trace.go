package script

import (
	"bytes"
	"fmt"
	"go/token"
	"io"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// trace knows the statements of a script and where its panics passed.
type trace struct {
	set    *token.FileSet
	funcs  []function
	points []point // statements that can panic, by number

	last    []atomic.Int64 // by function: the statement at which it was left last
	current int            // the function entered last, written by the script; only a hint, goroutines race for it

	mu     sync.Mutex
	frames map[int][]frame // by goroutine: the way of its latest panic so far, innermost first
	latest int             // the goroutine that a panic passed through last
	out    io.Writer       // gets what is not a frame
	each   func(goroutine int, f frame)
}

type function struct {
	name  string
	start token.Position // as yaegi names it: where the body begins
}

type point struct {
	function int
	at       token.Position
}

// frame is one line of a trace of the script.
type frame struct {
	Function string
	At       token.Position
	depth    int // how many panics were in progress; it starts again with a new panic
}

func (f frame) String() string { return fmt.Sprintf("%s()\n\t%s", f.Function, f.At) }

// symbols are what the changed script calls.
func (t *trace) symbols() map[string]map[string]reflect.Value {
	return map[string]map[string]reflect.Value{tracePath + "/trace": {
		"Leave":   reflect.ValueOf(t.leave),
		"Current": reflect.ValueOf(&t.current), // the interpreter takes a variable of a basic type for a constant
	}}
}

func (t *trace) leave(at *int) {
	if n := *at; n < len(t.points) {
		t.last[t.points[n].function].Store(int64(n))
	}
}

// Write implements io.Writer for the interpreter's standard error, to which it writes one line for each function that a
// panic leaves, even if it is recovered later: "file:line:column: panic: main.f(...)". They are kept, everything else
// (the built-in println) is passed on.
func (t *trace) Write(line []byte) (int, error) {
	f, ok := t.parse(string(line))
	if !ok {
		return t.out.Write(line)
	}
	g, depth := goroutine(), panicDepth()
	f.depth = depth
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames[g] = appendFrame(t.frames[g], f)
	t.latest = g
	if t.each != nil {
		t.each(g, f)
	}
	return len(line), nil
}

func (t *trace) parse(line string) (frame, bool) {
	place, name, ok := strings.Cut(strings.TrimSpace(line), ": panic: ")
	if !ok || !strings.HasSuffix(name, "(...)") {
		return frame{}, false
	}
	for i := range t.funcs {
		if t.funcs[i].start.String() == place {
			f := frame{Function: t.funcs[i].name, At: t.funcs[i].start}
			if n := t.last[i].Load(); t.points[n].function == i {
				f.At = t.points[n].at
			}
			return f, true
		}
	}
	parts := strings.Split(place, ":")
	if len(parts) < 3 {
		return frame{}, false
	}
	f := frame{Function: strings.TrimSuffix(name, "(...)"), At: token.Position{Filename: strings.Join(parts[:len(parts)-2], ":")}}
	f.At.Line, _ = strconv.Atoi(parts[len(parts)-2])
	f.At.Column, _ = strconv.Atoi(parts[len(parts)-1])
	return f, f.At.Line > 0
}

// lastPanic returns the way of the latest panic.
func (t *trace) lastPanic() []frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames[t.latest]
}

// entered returns the function that the script entered last.
func (t *trace) entered() (frame, bool) {
	if n := t.current; n < len(t.funcs) {
		return frame{Function: t.funcs[n].name, At: t.funcs[n].start}, true
	}
	return frame{}, false
}

// goroutine returns the number of the running goroutine, as Go's crash reports have it. There is no other way to ask.
func goroutine() int {
	var buf [64]byte
	text, _ := bytes.CutPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	n, _ := strconv.Atoi(string(number)) // 0 when Go changes its text: traces then mix, nothing else
	return n
}

// maxDepth bounds the search for panics in a deep stack.
const maxDepth = 1000

// panicDepth counts the panics in progress on this goroutine: the interpreter panics anew in every function.
func panicDepth() int {
	pc := make([]uintptr, 3*maxDepth)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	depth := 0
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			depth++
		}
		if !more || depth == maxDepth {
			return depth
		}
	}
}

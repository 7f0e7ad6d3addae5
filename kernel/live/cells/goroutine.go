package cells

import (
	"errors"
	"log"
	"reflect"
)

// spawn runs a go statement of a cell.
func (s *Session) spawn(fn any, spread bool, args []any) {
	f := reflect.ValueOf(fn)
	if !f.IsValid() || f.IsNil() {
		panic(errors.New("go of nil func value"))
	}
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		t := parameter(f.Type(), i, spread)
		switch v := reflect.ValueOf(a); {
		case !v.IsValid():
			in[i] = reflect.Zero(t)
		case v.Type().AssignableTo(t):
			in[i] = v
		default:
			in[i] = v.Convert(t)
		}
	}
	var begin func() func()
	if s.options.OnGo != nil {
		begin = s.options.OnGo()
	}
	go func() {
		defer func() {
			if v := recover(); v != nil {
				s.goPanic(v)
			}
		}()
		if begin != nil {
			if end := begin(); end != nil {
				defer end()
			}
		}
		if spread {
			f.CallSlice(in)
		} else {
			f.Call(in)
		}
	}()
}

// parameter returns the type of a function's i-th argument.
func parameter(t reflect.Type, i int, spread bool) reflect.Type {
	if t.IsVariadic() && !spread && i >= t.NumIn()-1 {
		return t.In(t.NumIn() - 1).Elem()
	}
	return t.In(i)
}

// goPanic reports a panic in a goroutine. In a compiled program it would be the end of everything; here it is the end of
// the cell that runs, if one does.
func (s *Session) goPanic(v any) {
	err := s.panicError(v, nil, "")
	var p *PanicError
	if !errors.As(err, &p) {
		s.Stop(err) // os.Exit
		return
	}
	s.running.mu.Lock()
	busy := s.running.busy
	s.running.mu.Unlock()
	if busy {
		s.Stop(&GoroutineError{Panic: p})
	} else if s.options.GoPanic != nil {
		s.options.GoPanic(p)
	}
}

// GoroutineError is returned for a cell during which a goroutine panicked, its own or one of an earlier cell.
type GoroutineError struct{ Panic *PanicError }

// Error returns the panic's message.
func (e *GoroutineError) Error() string { return e.Panic.Error() + " (in a goroutine)" }

// Unwrap returns the panic.
func (e *GoroutineError) Unwrap() error { return e.Panic }

// replacements are functions that would end the process, which a cell must not.
func replacements() map[string]any {
	exit := func(code int) { panic(exitRequest{code}) }
	return map[string]any{
		"os.Exit":               exit,
		"syscall.Exit":          exit,
		"log.Fatal":             func(a ...any) { log.Print(a...); panic(errFatal) },
		"log.Fatalf":            func(f string, a ...any) { log.Printf(f, a...); panic(errFatal) },
		"log.Fatalln":           func(a ...any) { log.Println(a...); panic(errFatal) },
		"(*log.Logger).Fatal":   func(l *log.Logger, a ...any) { l.Print(a...); panic(errFatal) },
		"(*log.Logger).Fatalf":  func(l *log.Logger, f string, a ...any) { l.Printf(f, a...); panic(errFatal) },
		"(*log.Logger).Fatalln": func(l *log.Logger, a ...any) { l.Println(a...); panic(errFatal) },
	}
}

package cells

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/goplus/ixgo"
)

// Errors of Run, besides Diagnostics and *PanicError.
var (
	// ErrInterrupted is returned for a cell that Interrupt stopped.
	ErrInterrupted = errors.New("interrupted")
	// ErrAbandoned is returned for a cell that was interrupted while it waited: for a channel, or in a compiled function
	// that knows no context. Nothing can end that from outside. When it ends by itself the cell goes on in the background.
	ErrAbandoned = errors.New("interrupted, but what the cell waits for cannot be; the cell goes on in the background when that ends")
)

// ExitError is returned for a cell that called os.Exit: it ends the cell and not the kernel.
type ExitError struct{ Code int }

// Error says what was called.
func (e *ExitError) Error() string {
	return fmt.Sprintf("os.Exit(%d) ends the cell, not the kernel", e.Code)
}

// Result is what a cell leaves besides its declarations.
type Result struct {
	// Values are those of the last expression: several for a call with several results, none for a cell that does not
	// end in an expression.
	Values []any
	// Call is set when the last expression is a call; Printing when it is one of fmt.Print, Printf, Println or Fprint...
	Call, Printing bool
}

// Warm loads what the compiler needs to know about packages, which takes some time for each, before a cell asks for it.
func (s *Session) Warm(paths ...string) {
	for _, path := range paths {
		s.mu.Lock()
		_, _ = s.loader.Import(path) // a cell that imports it will be told
		s.mu.Unlock()
	}
}

// running is what Interrupt needs to know.
type running struct {
	mu      sync.Mutex
	interps []weak.Pointer[ixgo.Interp] // those that may have code that runs
	busy    bool                        // between the beginning and the end of Run
	stopped bool                        // the current cell has been told to stop
	stop    context.CancelCauseFunc     // ends the current cell, once it runs
	early   error                       // why to stop a cell that does not run yet
}

// begin and end are called by Run.
func (r *running) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy, r.stopped, r.early = true, false, nil
}

func (r *running) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy, r.stop = false, nil
}

// Run compiles and runs a cell under a name, which its positions have: In[3]. When it does not compile nothing has
// changed, and the error is a Diagnostics. When it fails half-way (*PanicError, *ExitError, ErrInterrupted, ErrAbandoned)
// the variables that it had set by then are there.
func (s *Session) Run(name, src string) (res Result, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { // the type checker and the interpreter can fail on what nobody has tried
		if r := recover(); r != nil {
			err = fmt.Errorf("cells: internal error: %v\n%s", r, debug.Stack())
		}
	}()
	s.running.begin()
	defer s.running.end()
	c, err := parse(s.ctx.FileSet, name, src)
	if err != nil {
		return Result{}, err
	}
	values, err := s.newShown()
	if err != nil {
		return Result{}, err
	}
	u, err := s.compile(c)
	if err != nil {
		return Result{}, err
	}
	if u.wrapped {
		res.Call, res.Printing = describe(u)
	}
	l := s.lower(u)
	s.literals[name] = l.funcs
	interp, err := s.load(l)
	if err != nil {
		return Result{}, err
	}
	if len(l.body.Body.List) == 0 {
		s.commit(l, interp, false)
		return res, nil
	}
	err = s.execute(l, interp)
	s.commit(l, interp, err == nil)
	res.Values = values.take()
	return res, err
}

// describe says what kind of call the last expression is.
func describe(u *unit) (call, printing bool) {
	x, ok := ast.Unparen(u.last.X.(*ast.CallExpr).Args[0]).(*ast.CallExpr)
	if !ok || u.info.Types[x.Fun].IsType() {
		return false, false
	}
	sel, ok := x.Fun.(*ast.SelectorExpr)
	if !ok {
		return true, false
	}
	f, ok := u.info.Uses[sel.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "fmt" {
		return true, false
	}
	switch f.Name() {
	case "Print", "Printf", "Println", "Fprint", "Fprintf", "Fprintln":
		return true, true
	}
	return true, false
}

// shown receives the values of the last expression of one cell. Each cell has its own: one that was given up may come to its
// end while another runs.
type shown struct {
	mu     sync.Mutex
	values []any
}

func (r *shown) take() []any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.values
}

// newShown makes the function that the next cell hands its last expression to.
func (s *Session) newShown() (*shown, error) {
	r := &shown{}
	show := func(values ...any) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.values = values
	}
	if old := s.slotOf(s.names[showName]); old != nil {
		delete(s.loader.slots, old.path)
	}
	return r, s.predeclare(showName, reflect.ValueOf(&show))
}

// execute runs the cell in a goroutine of its own, so that it can be given up.
func (s *Session) execute(l *lowered, interp *ixgo.Interp) error {
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	r := &s.running
	r.mu.Lock()
	early := r.early
	r.stop = stop
	r.interps = append(r.interps, weak.Make(interp))
	r.mu.Unlock()
	if early != nil {
		return early
	}
	done := make(chan struct{})
	err := errors.New("runtime.Goexit ended the cell") // written before done is closed, read after
	var begin func() func()
	if s.options.OnGo != nil {
		begin = s.options.OnGo()
	}
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				err = s.panicError(v, nil, l.name)
			}
		}()
		if begin != nil {
			if end := begin(); end != nil {
				defer end()
			}
		}
		_, e := interp.RunFunc(bodyName)
		err = s.runError(e, l.name)
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
	}
	// The interpreter stops by itself; a compiled function stops when it looks at its context, if it has one.
	s.abort()
	select {
	case <-done:
		s.revive()
		return context.Cause(ctx)
	case <-time.After(2 * time.Second):
		// Functions of this cell are there for later ones, and must not do nothing when they are called.
		s.revive()
	}
	if cause := context.Cause(ctx); !errors.Is(cause, ErrInterrupted) {
		return cause
	}
	return ErrAbandoned
}

// Interrupt stops the cell that runs, if one does, and every goroutine that cells have started and that runs interpreted
// code. Run then returns ErrInterrupted.
func (s *Session) Interrupt() { s.Stop(ErrInterrupted) }

// Stop is Interrupt with another error for Run to return.
func (s *Session) Stop(cause error) {
	s.running.mu.Lock()
	stop, first := s.running.stop, s.running.busy && !s.running.stopped
	if first {
		s.running.stopped = true
		if stop == nil {
			s.running.early = cause
		}
	}
	s.running.mu.Unlock()
	if !first {
		return
	}
	if stop != nil {
		stop(cause)
	}
	if s.options.Stopped != nil {
		s.options.Stopped()
	}
}

// abort stops interpreted code, whichever cell it is from.
func (s *Session) abort() {
	for _, interp := range s.interpreters() {
		interp.Abort()
	}
}

// revive lets functions of stopped cells run again.
func (s *Session) revive() {
	for _, interp := range s.interpreters() {
		// An interpreter is told so by running its init, which for a cell is empty.
		_ = interp.RunInit()
	}
}

func (s *Session) interpreters() []*ixgo.Interp {
	s.running.mu.Lock()
	defer s.running.mu.Unlock()
	var live []*ixgo.Interp
	var pointers []weak.Pointer[ixgo.Interp]
	for _, p := range s.running.interps {
		if interp := p.Value(); interp != nil {
			live, pointers = append(live, interp), append(pointers, p)
		}
	}
	s.running.interps = pointers
	return live
}

// commit makes what the cell declared part of the session.
func (s *Session) commit(l *lowered, interp *ixgo.Interp, whole bool) {
	done := len(l.steps)
	if !whole {
		done = 0
		if p, ok := interp.GetVarAddr(stepName); ok {
			done = *p.(*int)
		}
	}
	reached := map[types.Object]bool{}
	pending := map[types.Object]bool{}
	for i, set := range l.steps {
		for _, obj := range set {
			if i < done {
				reached[obj] = true
			} else if !reached[obj] {
				pending[obj] = true
			}
		}
	}
	s.rememberTypes(l, interp)
	moved := map[types.Object]types.Object{}
	for _, v := range l.globals {
		p, ok := interp.GetVarAddr(v.Name())
		if !ok {
			continue
		}
		ptr := reflect.ValueOf(p)
		s.loader.remember(v.Type(), ptr.Type().Elem())
		sl := s.newSlot(v.Name(), v.Type(), ptr)
		moved[v] = sl.obj
	}
	for _, v := range l.globals {
		obj := moved[v]
		if obj == nil || l.isMethod(v) {
			continue
		}
		if pending[v] && !reached[v] {
			continue
		}
		s.declare(obj.Name(), obj)
	}
	for obj := range l.reused {
		if !pending[obj] || reached[obj] {
			s.declare(obj.Name(), obj)
		}
	}
	for id, obj := range l.info.Uses {
		if to := moved[obj]; to != nil {
			l.info.Uses[id] = to
		}
	}
	s.commitNames(l, moved)
	atomic.AddInt64(&s.generation, 1)
}

func (l *lowered) isMethod(v *types.Var) bool {
	for _, set := range l.methods {
		for _, m := range set {
			if m == v {
				return true
			}
		}
	}
	return false
}

// declare makes a name mean an object from now on. A variable that no name means any more is forgotten, and what it holds
// with it; code that was compiled with it has its own pointer.
func (s *Session) declare(name string, obj types.Object) {
	if old := s.slotOf(s.names[name]); old != nil && old.obj != obj && !s.usedBySource(old) {
		delete(s.loader.slots, old.path)
	}
	delete(s.imports, name)
	s.names[name] = obj
}

// usedBySource reports whether code that is compiled anew for each cell, as generic functions are, mentions a variable.
func (s *Session) usedBySource(sl *slot) bool {
	for _, lib := range s.libs {
		if slices.Contains(lib.needs.pkgs, sl.obj.Pkg()) {
			return true
		}
	}
	return false
}

// rememberTypes records the types that the cell has declared.
func (s *Session) rememberTypes(l *lowered, interp *ixgo.Interp) {
	for _, spec := range l.types {
		obj, ok := l.info.Defs[spec.Name].(*types.TypeName)
		if !ok || l.kept[spec.Name.Name] != nil || spec.TypeParams != nil {
			continue
		}
		if rt, ok := interp.GetType(spec.Name.Name); ok {
			s.loader.remember(obj.Type(), rt)
		}
	}
}

// commitNames takes over constants, types, generic functions, imports and the library.
func (s *Session) commitNames(l *lowered, moved map[types.Object]types.Object) {
	for _, d := range l.consts {
		for _, spec := range d.Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				if obj := l.info.Defs[id]; obj != nil && id.Name != "_" {
					s.declare(id.Name, obj)
				}
			}
		}
	}
	for _, spec := range l.types {
		obj, ok := l.info.Defs[spec.Name].(*types.TypeName)
		if !ok || l.kept[spec.Name.Name] != nil {
			continue
		}
		s.declare(obj.Name(), obj)
		src := &typeSource{spec: text(spec), text: l.texts[spec], generic: map[string]string{}, uses: usesOf(l.info, spec), methods: map[string]*method{}}
		delete(src.uses, obj.Name())
		for _, d := range l.stubs {
			if receiver(d) != obj.Name() {
				continue
			}
			v := moved[l.methods[obj][d.Name.Name]]
			src.methods[d.Name.Name] = &method{
				signature: signature(d), text: l.texts[l.written[d]], uses: usesOf(l.info, d.Recv, d.Type), slot: s.slotOf(v),
			}
			delete(src.methods[d.Name.Name].uses, obj.Name())
		}
		for _, d := range l.generic {
			if receiver(d) == obj.Name() {
				src.generic[d.Name.Name] = l.texts[d]
			}
		}
		s.sources[obj] = src
	}
	for _, d := range l.generic {
		if f, ok := l.info.Defs[d.Name].(*types.Func); ok && d.Recv == nil {
			s.declare(f.Name(), f)
		}
	}
	for _, spec := range l.imports {
		s.remember(spec)
	}
	for name, path := range l.extra {
		delete(s.names, name)
		s.imports[name] = path
	}
	s.keep(l)
}

package cells

import (
	"context"
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/goplus/ixgo"
	_ "github.com/goplus/reflectx/icall/icall8192" // room for 8192 methods
	"golang.org/x/tools/go/ssa"

	"github.com/jamba-threat/jamba/kernel/internal/ixsymbols"
)

// Session is the state of a notebook: what its cells have declared so far. Run, Complete and Inspect take turns;
// Interrupt may be called at any time.
type Session struct {
	options Options
	ctx     *ixgo.Context
	loader  *loader

	mu         sync.Mutex // held while a cell is compiled and runs
	names      map[string]types.Object
	imports    map[string]string // name -> path
	dots       []string          // paths imported with a dot
	sources    map[types.Object]*typeSource
	libs       map[types.Object]*library // by the types and the generic functions in them
	pkg        *types.Package            // of every cell, see renew
	literals   map[string][]string       // by cell: the functions among the literals of its body, for stack traces
	nextID     int
	generation int64 // counts cells that declared something

	running   running
	lastPanic atomic.Pointer[panicked]
}

// Options are what a session needs from its surroundings.
type Options struct {
	// Vars are variables that exist before the first cell, by name: pointers to them. Cells may declare them anew.
	Vars map[string]any
	// Replace maps compiled functions to what cells call in their place: "fmt.Println", "(*log.Logger).Fatal".
	// The types must be the same.
	Replace map[string]any
	// GoPanic is told about a panic in a goroutine that a cell started, which would end a compiled program.
	GoPanic func(*PanicError)
	// OnGo is called at a go statement, in the goroutine that runs it. What it returns is called in the new goroutine
	// before anything else, and what that returns at its end. Nil does nothing.
	OnGo func() func() (end func())
	// Stopped is called when a cell is to stop, before it has.
	Stopped func()
}

// New starts an empty session.
func New(o Options) (*Session, error) {
	ixsymbols.Register()
	s := &Session{
		options:  o,
		ctx:      ixgo.NewContext(ixgo.SupportMultipleInterp),
		names:    map[string]types.Object{},
		literals: map[string][]string{},
		imports:  map[string]string{},
		sources:  map[types.Object]*typeSource{},
		libs:     map[types.Object]*library{},
		pkg:      types.NewPackage(cellPath, "main"),
	}
	s.loader = newLoader(s.ctx.Loader)
	s.ctx.Loader = s.loader
	s.ctx.BuilderMode |= ssa.BareInits                                      // nothing is initialised but by the statements of a cell
	s.ctx.SetEvalMode(true)                                                 // unused imports are no errors
	s.ctx.Lookup = func(string, string) (string, bool) { return "", false } // never ask the go command
	s.ctx.RunContext = context.Background()                                 // a panic in a goroutine must not end the process
	s.ctx.SetPanic(s.notePanic)
	for name, fn := range replacements() {
		s.ctx.RegisterExternal(name, fn)
	}
	for name, fn := range o.Replace {
		s.ctx.RegisterExternal(name, fn)
	}
	spawn := func(fn any, args ...any) { s.spawn(fn, false, args) }
	spread := func(fn any, args ...any) { s.spawn(fn, true, args) }
	for _, vars := range []map[string]any{o.Vars, {goName: &spawn, goSpreadName: &spread}} {
		for name, ptr := range vars {
			if err := s.predeclare(name, reflect.ValueOf(ptr)); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// Names that cells cannot write, for what the compiler of cells puts into them.
const (
	showName     = "show·"
	goName       = "go·"
	goSpreadName = "go·spread"
	stepName     = "step·"
	bodyName     = "cell·" // the function with the statements
)

// slot is a variable that outlives its cell. Functions are variables too: a cell that calls one calls what the variable
// holds then, so that a corrected function is used by everything that calls it.
type slot struct {
	obj   *types.Var // in a package of its own, so that variables of the same name do not meet
	path  string
	ptr   reflect.Value // the address
	table *ixgo.Package // what the interpreter sees of it
	given bool          // belongs to the session; a declaration in a cell does not write to it
}

func (s *Session) newSlot(name string, t types.Type, ptr reflect.Value) *slot {
	s.nextID++
	path := fmt.Sprintf("·%d", s.nextID)
	pkg := types.NewPackage(path, "cell")
	sl := &slot{
		obj: types.NewVar(token.NoPos, pkg, name, t), path: path, ptr: ptr,
		table: &ixgo.Package{Name: "cell", Path: path, Vars: map[string]reflect.Value{name: ptr}},
	}
	pkg.Scope().Insert(sl.obj)
	pkg.MarkComplete()
	s.loader.slots[path] = sl
	return sl
}

// predeclare makes a variable that no cell has written.
func (s *Session) predeclare(name string, ptr reflect.Value) error {
	if ptr.Kind() != reflect.Pointer || ptr.IsNil() {
		return fmt.Errorf("cells: variable %s: %s is not a pointer to a variable", name, ptr.Type())
	}
	t, err := s.loader.typeOf(ptr.Type().Elem())
	if err != nil {
		return fmt.Errorf("cells: variable %s: %w", name, err)
	}
	sl := s.newSlot(name, t, ptr)
	sl.given = true
	s.names[name] = sl.obj
	return nil
}

// slotOf returns the slot of a live variable, nil for other objects.
func (s *Session) slotOf(obj types.Object) *slot {
	v, ok := obj.(*types.Var)
	if !ok || v.Pkg() == nil {
		return nil
	}
	return s.loader.slots[v.Pkg().Path()]
}

// renew empties the package of the cells. All cells share one package and its one scope, since the type checker lets
// nobody else at unexported fields and methods; but each begins with the scope empty, and takes into it what it uses of
// the cells before it.
func (s *Session) renew() {
	*s.pkg.Scope() = *types.NewScope(types.Universe, token.NoPos, token.NoPos, "cell")
}

package script

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"
	"github.com/traefik/yaegi/stdlib/unrestricted"

	"github.com/jamba-threat/jamba/kernel/internal/symbols"
)

// Exit codes of a script beside its own.
const (
	exitPanic     = 2   // as in compiled Go
	exitInterrupt = 130 // 128 + SIGINT, as a shell says it
)

const module = "github.com/jamba-threat/jamba/"

// maxStack bounds the stack of a script's goroutine. Interpreted calls need some 600 bytes each, so this is a recursion of
// about 400,000 calls; Go's own bound would fill the memory of a small machine before it is reached.
const maxStack = 256 << 20

// Child runs the script path with arguments in this process and returns its exit code; it is what Run's child process
// calls, and nothing else should: it sets os.Args and flag.CommandLine, and the script may end the process. The end of ctx
// counts as the first interrupt.
func Child(ctx context.Context, path string, args []string) int {
	link := openLink()
	debug.SetMaxStack(maxStack)
	os.Args = append([]string{path}, args...)
	flag.CommandLine = flag.NewFlagSet(path, flag.ExitOnError)
	flag.CommandLine.Usage = func() { flag.Usage() }
	log.SetOutput(os.Stderr)

	r := newRunner()
	src, err := read(path, r.interp.FileSet())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitPanic
	}
	r.trace = instrument(src)
	r.trace.out = os.Stderr
	r.trace.each = link.frame
	r.stderr.w = r.trace
	go link.watch(r.trace)
	return r.run(ctx, src, link)
}

// runner is one script in one interpreter.
type runner struct {
	interp  *interp.Interpreter
	trace   *trace
	stderr  *lateWriter
	context context.Context // what context.Background is to the script
	cancel  context.CancelFunc
	handles atomic.Bool // the script asked for interrupts itself
}

// lateWriter is a writer whose target is known later than the interpreter is made.
type lateWriter struct{ w io.Writer }

func (l *lateWriter) Write(p []byte) (int, error) { return l.w.Write(p) }

func newRunner() *runner {
	r := &runner{stderr: &lateWriter{w: io.Discard}}
	r.context, r.cancel = context.WithCancel(context.Background())
	// What the interpreter calls its standard output is where the built-in println goes.
	r.interp = interp.New(interp.Options{Stdout: os.Stderr, Stderr: r.stderr, Unrestricted: true})
	return r
}

// use loads the symbols. The interpreter replaces some of the standard library by versions for a sandbox; the last tables
// put the real ones back, so that the script prints, logs, parses flags and exits as a compiled program does.
func (r *runner) use() error {
	for _, table := range []interp.Exports{stdlib.Symbols, unrestricted.Symbols, symbols.Exports(), r.real(), r.trace.symbols()} {
		if err := r.interp.Use(table); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) real() interp.Exports {
	real := interp.Exports{}
	for key, names := range map[string][]string{
		"fmt/fmt": {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
		"log/log": {"Flags", "Output", "Panic", "Panicf", "Panicln", "Prefix", "Print", "Printf", "Println", "SetFlags", "SetOutput", "SetPrefix", "Writer"},
	} {
		real[key] = map[string]reflect.Value{}
		for _, name := range names {
			real[key][name] = stdlib.Symbols[key][name]
		}
	}
	real["log/log"]["Fatal"], real["log/log"]["Fatalf"], real["log/log"]["Fatalln"] = reflect.ValueOf(log.Fatal), reflect.ValueOf(log.Fatalf), reflect.ValueOf(log.Fatalln)
	real["flag/flag"] = map[string]reflect.Value{"CommandLine": reflect.ValueOf(&flag.CommandLine).Elem()}
	real["os/os"] = map[string]reflect.Value{
		"Args": reflect.ValueOf(&os.Args).Elem(), "Exit": reflect.ValueOf(os.Exit),
		"Stdin": reflect.ValueOf(&os.Stdin).Elem(), "Stdout": reflect.ValueOf(&os.Stdout).Elem(), "Stderr": reflect.ValueOf(&os.Stderr).Elem(),
	}
	real["context/context"] = map[string]reflect.Value{
		"Background": reflect.ValueOf(func() context.Context { return r.context }),
		"TODO":       reflect.ValueOf(func() context.Context { return r.context }),
	}
	// The key "fmt/fmt" would make the interpreter set up its sandbox again; only the path before the name counts.
	real["fmt/real"] = real["fmt/fmt"]
	delete(real, "fmt/fmt")
	real["os/signal/signal"] = map[string]reflect.Value{
		"Notify": reflect.ValueOf(func(c chan<- os.Signal, sig ...os.Signal) { r.asked(sig); signal.Notify(c, sig...) }),
		"Ignore": reflect.ValueOf(func(sig ...os.Signal) { r.asked(sig); signal.Ignore(sig...) }),
		"NotifyContext": reflect.ValueOf(func(parent context.Context, sig ...os.Signal) (context.Context, context.CancelFunc) {
			r.asked(sig)
			return signal.NotifyContext(parent, sig...)
		}),
	}
	return real
}

// asked notes that the script wants to handle interrupts.
func (r *runner) asked(signals []os.Signal) {
	for _, s := range signals {
		if s == os.Interrupt {
			r.handles.Store(true)
		}
	}
	if len(signals) == 0 {
		r.handles.Store(true)
	}
}

// run compiles and executes the script.
func (r *runner) run(ctx context.Context, src *source, link *link) (code int) {
	program, err := r.compile(src)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitPanic
	}
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	interrupted := make(chan struct{})
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt)
	go r.interrupts(ctx, signals, link, func() { close(interrupted); cancel() })

	_, err = r.interp.ExecuteWithContext(stop, program)
	select {
	case <-interrupted:
		r.settle()
		fmt.Fprintf(os.Stderr, "%s: interrupted\n", src.path)
		return exitInterrupt
	default:
	}
	var p interp.Panic
	if errors.As(err, &p) {
		fmt.Fprint(os.Stderr, report(panicText(p.Value), r.trace.lastPanic()))
		return exitPanic
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitPanic
	}
	return 0
}

// compile also catches the panics of the interpreter's compiler.
func (r *runner) compile(src *source) (program *interp.Program, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: the interpreter cannot compile this script: %v; `go run` can", src.path, v)
		}
	}()
	if err := r.use(); err != nil {
		return nil, err
	}
	log.SetOutput(io.Discard) // the interpreter logs what it then panics with
	defer log.SetOutput(os.Stderr)
	program, err = r.interp.CompileAST(src.file)
	if err != nil {
		return nil, fmt.Errorf("%s", describeCompile(src.path, err))
	}
	return program, nil
}

// describeCompile puts the path before messages that the interpreter gives without.
func describeCompile(path string, err error) string {
	text := err.Error()
	if !strings.HasPrefix(text, path+":") {
		text = path + ": " + text
	}
	return text + " (from the interpreter; `go run` may accept it)"
}

// interrupts handles Ctrl-C. The first one is the script's own when it asked for it with package signal, as in a compiled
// program. Else the script's context ends, so that training saves its state, and interpreted code stops. A second one
// ends the process at once.
func (r *runner) interrupts(ctx context.Context, signals chan os.Signal, link *link, stop func()) {
	select {
	case <-signals:
	case <-ctx.Done():
	case <-link.interrupt:
		r.raise(signals)
	}
	first := time.Now()
	if !r.handles.Load() {
		r.cancel()
		stop()
	}
	for range signals {
		// A terminal's Ctrl-C reaches parent and child, so one may arrive twice.
		if time.Since(first) > 300*time.Millisecond {
			os.Exit(exitInterrupt)
		}
	}
}

// raise delivers an interrupt that only the parent got to the script's own handlers, unless it arrives by itself.
func (r *runner) raise(signals chan os.Signal) {
	select {
	case <-signals:
		return
	case <-time.After(50 * time.Millisecond):
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil && p.Signal(os.Interrupt) == nil {
		<-signals
	}
}

// settle waits until no goroutine of the script is inside a call of this library: a training that has seen the end of its
// context is saving its state.
func (r *runner) settle() {
	told := time.Now().Add(time.Second)
	for inLibrary() {
		time.Sleep(10 * time.Millisecond)
		if !told.IsZero() && time.Now().After(told) {
			fmt.Fprintln(os.Stderr, "interrupted; waiting for what is under way to save its state (Ctrl-C again ends it at once)")
			told = time.Time{}
		}
	}
}

// inLibrary looks for functions of this module on the stacks of all goroutines; those that run the script do not count.
func inLibrary() bool {
	buf := make([]byte, 1<<20)
	for line := range strings.Lines(string(buf[:runtime.Stack(buf, true)])) {
		name, found := strings.CutPrefix(line, module+"lib/")
		if found && !strings.HasPrefix(name, "cli") { // cli is what runs the script, and its tests
			return true
		}
	}
	return false
}

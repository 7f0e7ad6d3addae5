package script

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// The child writes to its parent on file descriptor 2, where Go itself and native code write when they crash. Its own
// records are lines that begin with mark. The script's standard error is another descriptor, which goes past the parent,
// so that the script finds the terminal there that the user has.
const (
	linkEnv    = "JAMBA_SCRIPT_LINK" // set for the child: there is a parent
	mark       = "\x1ejamba "
	stderrFile = 3
	orderFile  = 4
)

// link is the child's end. Its zero value has no parent.
type link struct {
	records   *os.File
	orders    *os.File
	interrupt chan struct{} // closed when the parent was told to stop the script
}

// openLink takes over the descriptors that the parent has passed. os.Stderr is replaced for all code of this process.
func openLink() *link {
	l := &link{interrupt: make(chan struct{})}
	if os.Getenv(linkEnv) == "" {
		return l
	}
	_ = os.Unsetenv(linkEnv) // programs that the script starts are no children of this kind; the name is valid
	hide(stderrFile, orderFile)
	l.records = os.Stderr
	l.orders = os.NewFile(orderFile, "orders")
	os.Stderr = os.NewFile(stderrFile, "/dev/stderr")
	return l
}

// frame tells the parent what a panic passed through; if the process ends by it, this is its trace.
func (l *link) frame(goroutine int, f frame) {
	if l.records != nil {
		fmt.Fprintf(l.records, "%sframe\t%d\t%d\t%s\t%s\t%d\t%d\n", mark, goroutine, f.depth, f.Function, f.At.Filename, f.At.Line, f.At.Column)
	}
}

// deepStack is how much all stacks take when a recursion is worth a note.
const deepStack = 64 << 20

// watch obeys the parent, ends with it, and notes where the script is when its stack grows: an overflow ends the process
// before it could say so.
func (l *link) watch(t *trace) {
	if l.orders == nil {
		return
	}
	go l.watchStack(t)
	orders := bufio.NewReader(l.orders)
	told := false
	for {
		_, err := orders.ReadByte()
		if err != nil {
			os.Exit(exitInterrupt) // the parent is gone: nobody waits for this process
		}
		if !told {
			close(l.interrupt)
			told = true
		}
	}
}

func (l *link) watchStack(t *trace) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	for range time.Tick(20 * time.Millisecond) {
		metrics.Read(sample)
		if sample[0].Value.Kind() != metrics.KindUint64 || sample[0].Value.Uint64() < deepStack {
			continue
		}
		if f, ok := t.entered(); ok {
			fmt.Fprintf(l.records, "%sdeep\t%s\t%s\t%d\t%d\n", mark, f.Function, f.At.Filename, f.At.Line, f.At.Column)
		}
	}
}

// listener is the parent's end: it passes on what native code writes, and keeps what explains a crash.
type listener struct {
	out    io.Writer
	frames map[int][]frame
	deep   []frame         // functions seen while the stack was large, each once
	crash  strings.Builder // what Go writes when it ends a process, from its first line on
}

// crashes are the beginnings of the first line of a crash.
var crashes = []string{"panic: ", "fatal error: ", "runtime: goroutine stack exceeds", "runtime: out of memory", "SIGSEGV: ", "SIGBUS: ", "SIGFPE: ", "SIGABRT: ", "SIGILL: ", "unexpected fault address"}

// listen reads until the child has ended.
func (l *listener) listen(from io.Reader) {
	l.frames = map[int][]frame{}
	lines := bufio.NewReaderSize(from, 64<<10)
	for {
		line, err := lines.ReadString('\n')
		l.line(line)
		if err != nil {
			return
		}
	}
}

const maxCrash = 1 << 20 // of a crash's text, which has all stacks

func (l *listener) line(line string) {
	if record, ok := strings.CutPrefix(line, mark); ok {
		l.record(strings.Split(strings.TrimSuffix(record, "\n"), "\t"))
		return
	}
	crashed := l.crash.Len() > 0
	for _, c := range crashes {
		crashed = crashed || strings.HasPrefix(line, c)
	}
	switch {
	case !crashed:
		_, _ = io.WriteString(l.out, line) // nowhere to report a closed standard error to
	case l.crash.Len() < maxCrash:
		l.crash.WriteString(line)
	}
}

func (l *listener) record(fields []string) {
	var numbers []int
	for _, f := range fields {
		n, _ := strconv.Atoi(f) // 0 for what is no number
		numbers = append(numbers, n)
	}
	switch {
	case fields[0] == "frame" && len(fields) == 7:
		f := frame{Function: fields[3], depth: numbers[2]}
		f.At.Filename, f.At.Line, f.At.Column = fields[4], numbers[5], numbers[6]
		g := numbers[1]
		l.frames[g] = appendFrame(l.frames[g], f)
	case fields[0] == "deep" && len(fields) == 5:
		f := frame{Function: fields[1]}
		f.At.Filename, f.At.Line, f.At.Column = fields[2], numbers[3], numbers[4]
		for _, old := range l.deep {
			if old == f {
				return
			}
		}
		l.deep = append(l.deep, f)
	}
}

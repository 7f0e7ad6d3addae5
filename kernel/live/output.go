package live

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// streamLimit is how much text of one cell reaches the notebook. A notebook that holds more can no longer be opened.
const streamLimit = 2 << 20

// run is one request whose code may print: while it runs, and afterwards from goroutines that it left behind.
type run struct {
	parent *message
	silent bool

	mu      sync.Mutex
	printed int
}

// outputs brings what is printed to the notebook. What the process writes to its standard output and standard error, be
// it from a cell, from a compiled package or from a library in C, goes through two pipes. The goroutines of cells are
// known besides, so that one that outlives its cell still prints under that cell.
type outputs struct {
	k       *Kernel
	streams [2]*stream // standard output, standard error
	undo    func()
	crash   *os.File // the standard error that the process was started with

	mu          sync.Mutex
	current     *run
	byGoroutine map[uint64]*run
}

// captureOutput redirects the standard streams of the process.
func captureOutput(k *Kernel) (*outputs, error) {
	o := &outputs{k: k, byGoroutine: map[uint64]*run{}, current: &run{}}
	for i, name := range []string{"stdout", "stderr"} {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("live: capture output: %w", err)
		}
		o.streams[i] = &stream{o: o, name: name, r: r, w: w, mark: "\x00" + rand.Text() + ":"}
		o.streams[i].synced = map[string]chan struct{}{}
	}
	undo, stderr, err := redirect(o.streams[0].w, o.streams[1].w)
	if err != nil {
		return nil, fmt.Errorf("live: capture output: %w", err)
	}
	o.undo, o.crash = undo, stderr
	// What Go prints when the whole process must end cannot go through a pipe that the process reads itself.
	_ = debug.SetCrashOutput(stderr, debug.CrashOptions{})
	for _, s := range o.streams {
		go s.read()
	}
	return o, nil
}

func (o *outputs) restore() {
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	o.undo()
}

// begin makes a request the one whose output the pipes carry.
func (o *outputs) begin(m *message, silent bool) *run {
	r := &run{parent: m, silent: silent}
	o.mu.Lock()
	o.current = r
	o.mu.Unlock()
	return r
}

// sync waits until everything that has been written to the pipes has been published.
func (o *outputs) sync() {
	for _, s := range o.streams {
		s.sync(2 * time.Second)
	}
}

// runOf returns the request whose cell started this goroutine, nil when no cell did.
func (o *outputs) runOf(id uint64) *run {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.byGoroutine[id]
}

// follow is for cells.Options.OnGo: a new goroutine belongs to the cell of the one that starts it.
func (o *outputs) follow() func() func() {
	r := o.runOf(goroutineID())
	if r == nil {
		o.mu.Lock()
		r = o.current
		o.mu.Unlock()
	}
	return func() func() {
		id := goroutineID()
		o.mu.Lock()
		o.byGoroutine[id] = r
		o.mu.Unlock()
		return func() {
			o.mu.Lock()
			delete(o.byGoroutine, id)
			o.mu.Unlock()
		}
	}
}

// owner returns the request that output of this goroutine belongs to, and whether its cell has ended.
func (o *outputs) owner() (r *run, late bool) {
	id := goroutineID()
	o.mu.Lock()
	defer o.mu.Unlock()
	r = o.byGoroutine[id]
	if r == nil || r == o.current {
		return o.current, false
	}
	return r, true
}

// Write is os.Stdout and os.Stderr of the functions of package fmt in cells.
func (s *stream) Write(p []byte) (int, error) {
	if r, late := s.o.owner(); late {
		s.o.publish(r, s.name, p)
		return len(p), nil
	}
	return s.w.Write(p) // in the order of everything else that the cell writes
}

// publish sends text of a request, up to the limit.
func (o *outputs) publish(r *run, name string, text []byte) {
	if len(text) == 0 || r.silent || r.parent == nil {
		return
	}
	r.mu.Lock()
	left := streamLimit - r.printed
	r.printed += len(text)
	r.mu.Unlock()
	if left < 0 { // what went beyond the limit has said so
		return
	}
	if len(text) > left {
		text = append(bytes.Clone(text[:left]), fmt.Sprintf("\n[output ends here: the cell has printed %d MiB, what it prints further is dropped; write it to a file]\n", streamLimit>>20)...)
	}
	o.k.publish(r.parent, "stream", content{"name": name, "text": string(text)})
}

// stream is one of the pipes.
type stream struct {
	o    *outputs
	name string
	r, w *os.File
	mark string // begins what sync writes; cannot be guessed, so that no cell writes it

	mu     sync.Mutex
	synced map[string]chan struct{}
	n      int
}

// markWidth is the number of digits after the mark.
const markWidth = 8

// sync writes a mark and waits until the reader has come to it.
func (s *stream) sync(patience time.Duration) {
	s.mu.Lock()
	s.n++
	id := fmt.Sprintf("%0*d", markWidth, s.n)
	done := make(chan struct{})
	s.synced[id] = done
	s.mu.Unlock()
	go func() { _, _ = s.w.WriteString(s.mark + id) }() // waits while the pipe is full
	select {
	case <-done:
	case <-time.After(patience):
	}
}

// read publishes what comes through the pipe.
func (s *stream) read() {
	var held []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := s.r.Read(buf)
		if err != nil {
			return
		}
		held = s.pass(append(held, buf[:n]...))
		if s.o.room() {
			time.Sleep(5 * time.Millisecond) // fewer and larger messages
		}
	}
}

// room reports whether the current request may still print: when not, reading fast is all that is left to do.
func (o *outputs) room() bool {
	o.mu.Lock()
	r := o.current
	o.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.printed < streamLimit
}

// pass publishes text and obeys marks. It returns the end that may be the beginning of a mark or of a character.
func (s *stream) pass(text []byte) (held []byte) {
	s.o.mu.Lock()
	r := s.o.current
	s.o.mu.Unlock()
	mark := []byte(s.mark)
	for {
		at := bytes.Index(text, mark)
		if at < 0 || len(text) < at+len(mark)+markWidth {
			break
		}
		s.o.publish(r, s.name, text[:at])
		id := string(text[at+len(mark) : at+len(mark)+markWidth])
		text = text[at+len(mark)+markWidth:]
		s.mu.Lock()
		if done := s.synced[id]; done != nil {
			close(done)
			delete(s.synced, id)
		}
		s.mu.Unlock()
	}
	keep := len(text)
	if at := bytes.Index(text, mark); at >= 0 {
		keep = at
	} else {
		for n := min(len(mark)-1, len(text)); n > 0; n-- {
			if bytes.HasSuffix(text, mark[:n]) {
				keep = len(text) - n
				break
			}
		}
	}
	for i := 1; i < utf8.UTFMax && i <= keep && keep == len(text); i++ {
		if c := text[len(text)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(text[len(text)-i:]) {
				keep = len(text) - i
			}
			break
		}
	}
	s.o.publish(r, s.name, text[:keep])
	return bytes.Clone(text[keep:])
}

// goroutineID is the number that Go prints in stack traces; there is no other way to it.
func goroutineID() uint64 {
	var buf [64]byte
	text := buf[:runtime.Stack(buf[:], false)]
	text = bytes.TrimPrefix(text, []byte("goroutine "))
	end := bytes.IndexByte(text, ' ')
	if end < 0 {
		return 0
	}
	id, err := strconv.ParseUint(string(text[:end]), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

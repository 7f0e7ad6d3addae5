package gocpu

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// workers are the helpers of a backend: goroutines that take a part in passes of several tasks.
//
// Waking a thread takes longer than most passes do. So a helper that has come to a frame watches it for the next pass,
// without sleeping, until nothing has happened for a while; one pass then follows the other within a microsecond.
type workers struct {
	threads int // 0: as many as Go uses
	start   sync.Once
	invited chan *frame
	quit    chan struct{}
	stopped atomic.Bool
	rested  atomic.Int64 // no helpers before this time, in nanoseconds since the epoch
}

// A helper that the operating system has stopped in the middle of a task keeps everybody waiting. Where that happens,
// the processors are busy with something else, and the backend does without helpers for a while.
const (
	late = 200 * time.Microsecond
	rest = 20 * time.Millisecond
)

// patience is for how long a helper watches a frame on which nothing happens: longer than what lies between two training
// steps, short enough not to be felt when training is over.
const patience = 200 * time.Microsecond

func newWorkers(threads int) *workers {
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &workers{threads: threads, invited: make(chan *frame, threads), quit: make(chan struct{})}
}

func (w *workers) stop() {
	if !w.stopped.Swap(true) {
		close(w.quit)
	}
}

// begin starts an execution, and asks for helpers if they are wanted. It does not wait for them: an execution that is
// over first did not need any.
func (w *workers) begin(f *frame, wanted bool) {
	j := &f.job
	j.alone = !wanted || w.threads == 1 || time.Now().UnixNano() < w.rested.Load()
	if j.alone {
		return
	}
	j.running.Store(true)
	w.invite(f)
}

// end is the end of an execution.
func (w *workers) end(f *frame) {
	f.job.running.Store(false)
	if f.job.waited > late {
		w.rested.Store(time.Now().Add(rest).UnixNano())
	}
	f.job.waited = 0
}

func (w *workers) invite(f *frame) {
	w.start.Do(func() {
		for id := 1; id < w.threads; id++ {
			go w.help(id)
		}
	})
	for range w.threads - 1 - int(f.job.watched.Load()) {
		select {
		case w.invited <- f:
		default: // there are more than enough invitations
			return
		}
	}
}

// help is the life of a helper, which has a number and, in every frame, memory of that number.
func (w *workers) help(id int) {
	for {
		select {
		case f := <-w.invited:
			f.job.watched.Add(1)
			f.job.watch(id)
			f.job.watched.Add(-1)
		case <-w.quit:
			return
		}
	}
}

// job is a pass being executed. Each thread that may join has a share of neighbouring tasks, the same in every pass of
// equal shape, so that it finds in its cache what it wrote in the pass before; who is done with its own takes tasks of
// the others, so that nobody waits for a thread that is late. What a task computes does not depend on who does it.
type job struct {
	frame  *frame
	pass   pass
	shares []share
	fault  atomic.Pointer[fault]
	alone  bool          // no helpers in this execution
	waited time.Duration // longest wait for helpers to finish

	// A pass is open to helpers while turn is odd. A helper enters by counting itself in inside and then looking whether
	// the turn is still the same; the thread that executes closes the pass and waits until nobody is inside.
	turn    atomic.Uint64
	inside  atomic.Int64
	watched atomic.Int64 // helpers that are watching
	running atomic.Bool  // between the first pass of an execution and the last
}

// share is a range of tasks of which next is the first that nobody has taken.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // one share a cache line
}

// fault is a panic in a task.
type fault struct {
	value any
	stack []byte
}

func (e *fault) Error() string { return fmt.Sprintf("gocpu: execute: internal error: %v", e.value) }

// Format implements fmt.Formatter: %+v adds the stack of the place that panicked.
func (e *fault) Format(s fmt.State, verb rune) {
	fmt.Fprint(s, e.Error())
	if verb == 'v' && s.Flag('+') {
		fmt.Fprintf(s, "\n%s", e.stack)
	}
}

// do runs all tasks of a pass, on several threads if there are several tasks and helpers are there.
func (j *job) do(p pass) error {
	tasks := p.tasks()
	j.pass = p
	if threads := min(tasks, len(j.frame.workers)); threads == 1 || j.alone || j.watched.Load() == 0 {
		j.shares = j.frame.shares[:1]
		j.shares[0].next.Store(0)
		j.shares[0].end = int64(tasks)
		j.work(0)
	} else {
		j.shares = j.frame.shares[:threads]
		for i := range j.shares {
			j.shares[i].next.Store(int64(i * tasks / threads))
			j.shares[i].end = int64((i + 1) * tasks / threads)
		}
		j.turn.Add(1)
		j.work(0)
		j.turn.Add(1)
		j.wait()
	}
	if e := j.fault.Swap(nil); e != nil {
		return e
	}
	return guard(func() { p.finish(j.frame) })
}

// wait returns when no helper is inside.
func (j *job) wait() {
	var since time.Time
	for spins := 1; j.inside.Load() > 0; spins++ {
		if spins%spinsPerYield > 0 {
			continue
		}
		if since.IsZero() {
			since = time.Now()
		}
		if waited := time.Since(since); waited > late {
			j.waited, j.alone = max(j.waited, waited), true
			time.Sleep(late / 4) // lets the operating system run the helper
		} else {
			runtime.Gosched()
		}
	}
}

// spinsPerYield is how often a waiting thread looks before it lets others run.
const spinsPerYield = 64

// watch takes part in the passes of a frame until none has come for a while.
func (j *job) watch(id int) {
	var last uint64
	idle := time.Now()
	for spins := 1; ; spins++ {
		if turn := j.turn.Load(); turn%2 == 1 && turn != last {
			last = turn
			j.inside.Add(1)
			if j.turn.Load() == turn {
				j.work(id)
			}
			j.inside.Add(-1)
			idle = time.Now()
			continue
		}
		if spins%spinsPerYield == 0 {
			if j.running.Load() {
				idle = time.Now()
			} else if time.Since(idle) > patience {
				return
			}
			runtime.Gosched()
		}
	}
}

// work does tasks until there are none left: those of the thread's share, then those of the others.
func (j *job) work(id int) {
	caught := attempt(func() {
		for i := range j.shares {
			s := &j.shares[(id+i)%len(j.shares)]
			for t := s.next.Add(1) - 1; t < s.end; t = s.next.Add(1) - 1 {
				j.pass.run(j.frame, j.frame.workers[id], int(t))
			}
		}
	})
	if caught != nil {
		j.fault.CompareAndSwap(nil, caught)
		for i := range j.shares {
			j.shares[i].next.Store(j.shares[i].end)
		}
	}
}

// guard turns a panic into an error.
func guard(fn func()) error {
	if f := attempt(fn); f != nil {
		return f
	}
	return nil
}

// attempt runs fn and returns its panic, or nil.
func attempt(fn func()) (caught *fault) {
	defer func() {
		if v := recover(); v != nil {
			caught = &fault{v, debug.Stack()}
		}
	}()
	fn()
	return nil
}

package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"

	"github.com/jamba-threat/jamba/kernel/live/cells"
)

// Kernel is one kernel that serves one connection.
type Kernel struct {
	options Options
	signer  signer
	id      string // of this kernel, in its messages' headers
	excuse  string // why no cell can run, see Explain

	shell, control, iopub, stdin, heartbeat zmq4.Socket
	sending                                 [2]sync.Mutex // of shell and control
	publishing                              sync.Mutex

	session *cells.Session
	out     *outputs
	context *cellContext
	sources *sources
	history history
	count   int // of executions that are in the history
	queue   queue

	stop context.CancelFunc
}

// Options are what a kernel is told.
type Options struct {
	Connection Connection
	Version    string // of the program, for kernel_info
	// Log receives what goes wrong in the protocol, such as messages with a wrong signature. Nil discards it.
	Log *log.Logger
	// MemoryLimit stops a cell when the process holds more bytes than that; 0 is what it holds and four fifths of what is
	// free when the cell begins.
	MemoryLimit uint64
}

// Run serves a connection until it is told to shut down or ctx ends. It takes over the standard output and standard error
// of the process, so there is one kernel to a process.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = log.New(io.Discard, "", 0)
	}
	k := newKernel(o)
	return k.serve(ctx, func() (end func(), err error) {
		if k.out, err = captureOutput(k); err != nil {
			return nil, err
		}
		if k.session, err = k.newSession(); err != nil {
			k.out.restore()
			return nil, err
		}
		go k.session.Warm("fmt", "time", "context", "github.com/jamba-threat/jamba/lib/threat", "github.com/jamba-threat/jamba/lib/plot",
			"github.com/jamba-threat/jamba/kernel/notebook", "github.com/go-gota/gota/dataframe")
		return func() {
			k.session.Interrupt()
			k.out.restore()
		}, nil
	})
}

// Explain serves a connection with a kernel whose every cell fails with the message. It is for another kernel that cannot
// start: of a program that ends at once Jupyter says that the kernel died, and not why.
func Explain(ctx context.Context, connectionFile, message string) error {
	c, err := ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	k := newKernel(Options{Connection: c})
	k.excuse = message
	return k.serve(ctx, func() (func(), error) { return func() {}, nil })
}

func newKernel(o Options) *Kernel {
	if o.Log == nil {
		o.Log = log.New(io.Discard, "", 0)
	}
	k := &Kernel{options: o, signer: signer{key: []byte(o.Connection.Key)}, id: newID(), sources: newSources()}
	k.queue.init()
	return k
}

// serve listens, calls start, and handles messages until ctx ends or stop is called.
func (k *Kernel) serve(ctx context.Context, start func() (end func(), err error)) error {
	ctx, k.stop = context.WithCancel(ctx)
	defer k.stop()
	if err := k.listen(ctx); err != nil {
		return err
	}
	defer k.close()
	end, err := start()
	if err != nil {
		return err
	}
	defer end()
	k.publish(nil, "status", content{"execution_state": "starting"})
	go k.echo(ctx)
	go k.receive(ctx, k.shell, k.queue.push)
	go k.receive(ctx, k.control, func(m *message) { k.handle(k.control, m) })
	go k.receive(ctx, k.stdin, func(*message) {}) // nothing is ever asked for
	go k.watch(ctx)
	go func() {
		for {
			m, ok := k.queue.pop(ctx)
			if !ok {
				return
			}
			k.handle(k.shell, m)
		}
	}()
	<-ctx.Done()
	time.Sleep(150 * time.Millisecond) // for what is on its way: the transport drops it when it closes
	return nil
}

// content is the content of a message.
type content map[string]any

func (k *Kernel) listen(ctx context.Context) error {
	c := k.options.Connection
	quiet := zmq4.WithLogger(log.New(io.Discard, "", 0))
	for _, s := range []struct {
		socket *zmq4.Socket
		make   func(context.Context, ...zmq4.Option) zmq4.Socket
		name   string
		port   int
	}{
		{&k.shell, zmq4.NewRouter, "shell", c.Shell}, {&k.control, zmq4.NewRouter, "control", c.Control},
		{&k.stdin, zmq4.NewRouter, "stdin", c.Stdin}, {&k.heartbeat, zmq4.NewRouter, "heartbeat", c.Heartbeat},
		{&k.iopub, zmq4.NewPub, "iopub", c.IOPub},
	} {
		*s.socket = s.make(context.WithoutCancel(ctx), quiet)
		if err := (*s.socket).Listen(c.endpoint(s.port)); err != nil {
			k.close()
			return fmt.Errorf("live: %s socket at %s: %w", s.name, c.endpoint(s.port), err)
		}
	}
	return nil
}

func (k *Kernel) close() {
	for _, s := range []zmq4.Socket{k.shell, k.control, k.iopub, k.stdin, k.heartbeat} {
		if s != nil {
			_ = s.Close() // there is nobody left to tell
		}
	}
}

// receive hands the messages of a socket on. A client that goes away is an error of the socket, not its end.
func (k *Kernel) receive(ctx context.Context, s zmq4.Socket, handle func(*message)) {
	for ctx.Err() == nil {
		raw, err := s.Recv()
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, io.EOF) {
				k.options.Log.Printf("live: receive: %v", err)
				time.Sleep(10 * time.Millisecond)
			}
			continue
		}
		m, err := k.signer.decode(raw.Frames)
		if err != nil {
			k.options.Log.Print(err)
			continue
		}
		handle(m)
	}
}

// echo answers heartbeats with what they hold.
func (k *Kernel) echo(ctx context.Context) {
	for ctx.Err() == nil {
		m, err := k.heartbeat.Recv()
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, io.EOF) {
				time.Sleep(10 * time.Millisecond)
			}
			continue
		}
		_ = k.heartbeat.SendMulti(zmq4.NewMsgFrom(m.Frames...)) // a client that is gone needs no answer
	}
}

// reply answers a request on the socket it came from.
func (k *Kernel) reply(s zmq4.Socket, to *message, kind string, c content) {
	frames, err := k.signer.encode(to.ids, newHeader(kind, k.id), to, c)
	if err != nil {
		k.options.Log.Print(err)
		return
	}
	mu := &k.sending[0]
	if s == k.control {
		mu = &k.sending[1]
	}
	mu.Lock()
	defer mu.Unlock()
	if err := s.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		k.options.Log.Printf("live: %s: %v", kind, err)
	}
}

// publish sends a message to everyone who listens. parent is the request that it belongs to, nil for none.
func (k *Kernel) publish(parent *message, kind string, c content) {
	frames, err := k.signer.encode([][]byte{[]byte("kernel." + k.id + "." + kind)}, newHeader(kind, k.id), parent, c)
	if err != nil {
		k.options.Log.Print(err)
		return
	}
	k.publishing.Lock()
	defer k.publishing.Unlock()
	if err := k.iopub.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		k.options.Log.Printf("live: %s: %v", kind, err)
	}
}

// queue holds the requests that wait for the cell that runs.
type queue struct {
	mu      sync.Mutex
	waiting []*message
	aborted map[*message]bool
	ready   chan struct{}
}

func (q *queue) init() { q.ready, q.aborted = make(chan struct{}, 1), map[*message]bool{} }

func (q *queue) push(m *message) {
	q.mu.Lock()
	q.waiting = append(q.waiting, m)
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) pop(ctx context.Context) (*message, bool) {
	for {
		q.mu.Lock()
		if len(q.waiting) > 0 {
			m := q.waiting[0]
			q.waiting = q.waiting[1:]
			q.mu.Unlock()
			return m, true
		}
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, false
		case <-q.ready:
		}
	}
}

// abort marks the cells that wait, because one before them failed.
func (q *queue) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.waiting {
		if m.header.Type == "execute_request" {
			q.aborted[m] = true
		}
	}
}

// wasAborted reports whether a message was marked, once.
func (q *queue) wasAborted(m *message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	marked := q.aborted[m]
	delete(q.aborted, m)
	return marked
}

package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// client is Jupyter's side of the protocol, as far as the tests need it.
type client struct {
	t                      testing.TB
	file                   string
	signer                 signer
	shell, control, listen zmq4.Socket
	heartbeat              zmq4.Socket
	published              chan *message
	process                *exec.Cmd
	exited                 chan error
}

// startKernel starts a kernel process and connects to it. Variables are added to its environment.
func startKernel(t testing.TB, vars ...string) *client {
	t.Helper()
	c := connection(t)
	file := filepath.Join(t.TempDir(), "connection.json")
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	k := &client{t: t, file: file, signer: signer{key: []byte(c.Key)}, exited: make(chan error, 1)}
	k.process = exec.Command(os.Args[0])
	k.process.Env = append(append(os.Environ(), "JAMBA_TEST_CONNECTION="+file), vars...)
	k.process.Stderr = os.Stderr
	if err := k.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { k.exited <- k.process.Wait() }()
	t.Cleanup(k.stop)
	k.connect(c)
	return k
}

// connection finds five free ports.
func connection(t testing.TB) Connection {
	t.Helper()
	c := Connection{Transport: "tcp", IP: "127.0.0.1", Scheme: "hmac-sha256", Key: newID()}
	for _, port := range []*int{&c.Shell, &c.Control, &c.IOPub, &c.Stdin, &c.Heartbeat} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all are taken before the first is given back
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return c
}

func (k *client) connect(c Connection) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	k.t.Cleanup(cancel)
	options := []zmq4.Option{zmq4.WithLogger(log.New(io.Discard, "", 0)), zmq4.WithDialerRetry(20 * time.Millisecond), zmq4.WithDialerMaxRetries(500)}
	k.shell, k.control, k.heartbeat = zmq4.NewDealer(ctx, options...), zmq4.NewDealer(ctx, options...), zmq4.NewReq(ctx, options...)
	k.listen = zmq4.NewSub(ctx, options...)
	for socket, port := range map[zmq4.Socket]int{k.shell: c.Shell, k.control: c.Control, k.listen: c.IOPub, k.heartbeat: c.Heartbeat} {
		if err := socket.Dial(c.endpoint(port)); err != nil {
			k.t.Fatal(err)
		}
	}
	if err := k.listen.SetOption(zmq4.OptionSubscribe, ""); err != nil {
		k.t.Fatal(err)
	}
	k.published = make(chan *message, 10_000)
	go func() {
		for {
			raw, err := k.listen.Recv()
			if err != nil {
				return
			}
			if m, err := k.signer.decode(raw.Frames); err == nil {
				k.published <- m
			} else {
				k.t.Error(err)
			}
		}
	}()
	for deadline := time.Now().Add(20 * time.Second); ; { // until the subscription has arrived
		k.ask(k.shell, "kernel_info_request", content{})
		select {
		case m := <-k.published:
			for m.header.Type != "status" { // what was published before
				m = <-k.published
			}
			time.Sleep(50 * time.Millisecond)
			for len(k.published) > 0 {
				<-k.published
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			k.t.Fatal("the kernel publishes nothing")
		}
	}
}

// send sends a request and returns its header.
func (k *client) send(s zmq4.Socket, kind string, c content) header {
	k.t.Helper()
	h := newHeader(kind, "test")
	frames, err := k.signer.encode(nil, h, nil, c)
	if err != nil {
		k.t.Fatal(err)
	}
	if err := s.SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		k.t.Fatal(err)
	}
	return h
}

// reply waits for the answer to a request.
func (k *client) reply(s zmq4.Socket, to header) (string, content) {
	k.t.Helper()
	type received struct {
		m   *message
		err error
	}
	for deadline := time.After(30 * time.Second); ; {
		got := make(chan received, 1)
		go func() {
			raw, err := s.Recv()
			if err != nil {
				got <- received{nil, err}
				return
			}
			m, err := k.signer.decode(raw.Frames)
			got <- received{m, err}
		}()
		select {
		case <-deadline:
			k.t.Fatalf("no answer to %s", to.Type)
		case r := <-got:
			if r.err != nil {
				k.t.Fatal(r.err)
			}
			var parent header
			if err := json.Unmarshal(r.m.parent, &parent); err != nil {
				k.t.Fatal(err)
			}
			if parent.ID == to.ID {
				return r.m.header.Type, k.content(r.m)
			}
		}
	}
}

func (k *client) ask(s zmq4.Socket, kind string, c content) content {
	k.t.Helper()
	_, out := k.reply(s, k.send(s, kind, c))
	return out
}

func (k *client) content(m *message) content {
	k.t.Helper()
	var c content
	if err := json.Unmarshal(m.content, &c); err != nil {
		k.t.Fatal(err)
	}
	return c
}

// output is what was published for a request, up to the message that the kernel is idle again.
type output struct {
	kind string
	content
}

func (k *client) outputs(of header) []output {
	k.t.Helper()
	var out []output
	for {
		select {
		case m := <-k.published:
			var parent header
			_ = json.Unmarshal(m.parent, &parent) // {} for none
			if parent.ID != of.ID {
				continue
			}
			c := k.content(m)
			out = append(out, output{m.header.Type, c})
			if m.header.Type == "status" && c["execution_state"] == "idle" {
				return out
			}
		case <-time.After(30 * time.Second):
			k.t.Fatalf("the kernel is not idle again after %s; published: %v", of.Type, out)
		}
	}
}

// run runs a cell and returns its reply and what it published.
func (k *client) run(code string) (content, []output) {
	k.t.Helper()
	h := k.send(k.shell, "execute_request", content{"code": code, "silent": false, "store_history": true, "allow_stdin": false, "stop_on_error": true})
	_, reply := k.reply(k.shell, h)
	return reply, k.outputs(h)
}

// must runs a cell that has to succeed, and returns the text of its result and of what it printed.
func (k *client) must(code string) string {
	k.t.Helper()
	reply, out := k.run(code)
	if reply["status"] != "ok" {
		k.t.Fatalf("%s\n%v: %v", code, reply["ename"], reply["evalue"])
	}
	return text(out)
}

func text(out []output) string {
	all := ""
	for _, o := range out {
		switch o.kind {
		case "stream":
			all += o.content["text"].(string)
		case "execute_result", "display_data":
			all += fmt.Sprint(o.content["data"].(map[string]any)["text/plain"])
		}
	}
	return all
}

func of(out []output, kind string) []content {
	var found []content
	for _, o := range out {
		if o.kind == kind {
			found = append(found, o.content)
		}
	}
	return found
}

// stop ends the process, kindly at first.
func (k *client) stop() {
	_ = k.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-k.exited:
	case <-time.After(5 * time.Second):
		_ = k.process.Process.Kill()
		k.t.Error("the kernel does not end with SIGTERM")
	}
}

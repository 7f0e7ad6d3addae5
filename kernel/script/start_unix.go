//go:build unix

package script

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// start starts the child with two more descriptors: its real standard error, and a pipe for orders.
func start(cmd *exec.Cmd, stderr io.Writer) (*process, error) {
	p := &process{cmd: cmd, listener: &listener{out: stderr}}
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], linkEnv+"=1")
	var passed []*os.File // to be closed here once the child has them
	defer func() {
		for _, f := range passed {
			f.Close()
		}
	}()
	pipe := func() (r, w *os.File, err error) {
		r, w, err = os.Pipe()
		return r, w, err
	}
	records, recordsEnd, err := pipe()
	if err != nil {
		return nil, err
	}
	passed = append(passed, recordsEnd)
	cmd.Stderr = recordsEnd

	script, isFile := stderr.(*os.File)
	var copied *os.File
	if !isFile {
		if copied, script, err = pipe(); err != nil {
			return nil, errors.Join(err, records.Close())
		}
		passed = append(passed, script)
	}
	ordersEnd, orders, err := pipe()
	if err != nil {
		return nil, errors.Join(err, records.Close())
	}
	passed = append(passed, ordersEnd)
	p.orders = orders
	cmd.ExtraFiles = []*os.File{stderrFile - 3: script, orderFile - 3: ordersEnd}
	if err := cmd.Start(); err != nil {
		orders.Close()
		records.Close()
		if copied != nil {
			copied.Close()
		}
		return nil, err
	}
	p.read(func() { p.listener.listen(records); records.Close() })
	if copied != nil {
		p.read(func() {
			if _, err := io.Copy(stderr, copied); err != nil {
				_, _ = io.Copy(io.Discard, copied) // the script must not wait for a writer that has failed
			}
			copied.Close()
		})
	}
	return p, nil
}

func (p *process) read(f func()) {
	done := make(chan struct{})
	p.done = append(p.done, done)
	go func() { defer close(done); f() }()
}

// hide keeps the descriptors from programs that the script starts.
func hide(descriptors ...int) {
	for _, fd := range descriptors {
		syscall.CloseOnExec(fd)
	}
}

// interrupt tells the child what a terminal would have told it too.
func (p *process) interrupt() { _, _ = p.orders.Write([]byte{'i'}) } // a child that has ended needs none

// exitCode is the code that a shell would give.
func exitCode(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

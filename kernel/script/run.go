package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Options say what to run and with what.
type Options struct {
	Path string   // of the script
	Args []string // of the script, without its name

	// Streams of the script; nil is none. Files are passed as they are, so that the script finds a terminal where there is
	// one and ends by a closed pipe as a compiled program does; anything else is copied.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	Dir     string   // working folder; "" is the current one
	Environ []string // "KEY=value"; nil is that of this process

	// Program is the command that calls Child with its further arguments: the path of the script and Args. It is this
	// program again.
	Program []string
	// Debug appends Go's own text to the report of a crash.
	Debug bool
}

// Run runs a script and returns its exit code: its own, 2 after a panic, 130 after an interrupt, 128 plus the number of the
// signal that ended it. It does not check the script, see Check.
//
// When ctx ends the script is interrupted as by Ctrl-C: once. Run returns when it has ended. The error, which is
// ErrScript for a file that is no script, says that nothing was run; what happens in the script is told on Stderr.
func Run(ctx context.Context, o Options) (int, error) {
	if len(o.Program) == 0 {
		return 0, errors.New("script: run: there is no program that interprets")
	}
	cmd := exec.Command(o.Program[0], append(append(o.Program[1:len(o.Program):len(o.Program)], o.Path), o.Args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Dir = o.Stdin, o.Stdout, o.Dir
	cmd.Env = o.Environ
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	p, err := start(cmd, o.Stderr)
	if err != nil {
		return 0, fmt.Errorf("script: run %s: %w", o.Path, err)
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			p.interrupt()
		case <-ended:
		}
	}()
	err = p.wait()
	close(ended)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("script: run %s: %w", o.Path, err)
	}
	code := exitCode(cmd.ProcessState)
	if p.listener.crash.Len() > 0 {
		text := p.listener.explain()
		if o.Debug {
			text += "\n" + p.listener.crash.String()
		}
		_, _ = io.WriteString(o.Stderr, text) // nowhere to report a closed standard error to
	} else if code == 128+9 {
		fmt.Fprintf(o.Stderr, "%s: killed, perhaps for want of memory\n", o.Path)
	}
	return code, nil
}

// process is a running child.
type process struct {
	cmd      *exec.Cmd
	listener *listener
	orders   io.WriteCloser
	done     []chan struct{} // what is still read from the child
}

// wait waits for the child and for everything that it wrote.
func (p *process) wait() error {
	err := p.cmd.Wait()
	for _, d := range p.done {
		<-d
	}
	if p.orders != nil {
		p.orders.Close()
	}
	return err
}

package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// State is the process as a command sees it.
type State struct {
	Args    []string // without the name of the program
	Environ []string // "KEY=value"

	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal returns the width of the terminal that Stderr is, and false when it is none; nil is no terminal.
	Terminal func() (width int, ok bool)

	// Executable is this program, for the child process that tries a plugin; "" tries none.
	Executable string
	// Context ends when the user interrupts; nil never does.
	Context context.Context
}

// OS returns the state of this process. The first interrupt (SIGINT, SIGTERM) ends its context, so that a command can
// save what it has; the second ends the process.
func OS() State {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	exe, err := os.Executable()
	if err != nil {
		exe = "" // only needed to try plugins
	}
	return State{
		Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Executable: exe, Context: ctx,
		Terminal: func() (int, bool) {
			fd := int(os.Stderr.Fd())
			if !term.IsTerminal(fd) {
				return 0, false
			}
			width, _, err := term.GetSize(fd)
			return width, err == nil && width > 0
		},
	}
}

// env returns an environment variable; the last one counts, as in a shell.
func (s *State) env(name string) string {
	value := ""
	for _, e := range s.Environ {
		if k, v, _ := strings.Cut(e, "="); k == name {
			value = v
		}
	}
	return value
}

// on reports whether an environment variable is set to something other than no.
func (s *State) on(name string) bool {
	switch strings.ToLower(s.env(name)) {
	case "", "0", "false", "no", "off":
		return false
	}
	return true
}

// stickyWriter remembers the first error of its writer: a report that did not reach the disk must not exit with 0.
type stickyWriter struct {
	w   io.Writer
	err error
}

func (s *stickyWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

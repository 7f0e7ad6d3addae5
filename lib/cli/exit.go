package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/threat"
	"github.com/jamba-threat/jamba/lib/track"
	"github.com/jamba-threat/jamba/lib/train"
)

// Code is an exit code. The numbers are part of the interface: scripts test them.
type Code int

// Exit codes of every command.
const (
	OK          Code = 0   // done
	Failure     Code = 1   // anything that is not the input's fault: a full disk, a loss that diverged, a bug
	Usage       Code = 2   // an unknown command or flag, a missing or malformed argument
	BadInput    Code = 3   // data or configuration that cannot be used
	BadRun      Code = 4   // a run directory that cannot be used: other run, in use, newer format, damaged, unfinished
	Interrupted Code = 130 // SIGINT or SIGTERM; what was trained is saved
)

const exitCodesHelp = `Exit codes of every command:

    0  done
    1  failure: a full disk, a loss that is no longer a number, a limit of 'jamba complexity' not kept, a bug
    2  usage: an unknown command or flag, a missing or malformed argument
    3  bad input: data or a configuration that cannot be used; the message says where
    4  bad run directory: it holds another run, is in use, unfinished, damaged or of a newer jamba
  130  interrupted (Ctrl-C, SIGTERM); training has saved its state and continues with the same command
`

// coded is an error with its exit code and, where there is one, a way out.
type coded struct {
	code Code
	err  error
	hint string
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }
func (c *coded) Hint() string  { return c.hint }

func usagef(format string, args ...any) error {
	return &coded{code: Usage, err: fmt.Errorf(format, args...)}
}

// withHint adds advice to an error; nil stays nil.
func withHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &coded{code: codeOf(err), err: err, hint: fmt.Sprintf(format, args...)}
}

// inputError marks an error about a file that the user named, whatever its cause.
func inputError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	hint := ""
	if errors.Is(err, fs.ErrNotExist) {
		hint = "paths are relative to the current folder"
	}
	return &coded{code: BadInput, err: err, hint: hint}
}

// runError marks an error of opening a run directory.
func runError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	hint := ""
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, track.ErrNotRun) {
		hint = "`jamba train --out DIR` makes a run directory; `jamba runs DIR` lists those below a folder"
	}
	return &coded{code: BadRun, err: err, hint: hint}
}

// codeOf finds the exit code of an error.
func codeOf(err error) Code {
	if err == nil {
		return OK
	}
	var c *coded
	if errors.As(err, &c) {
		return c.code
	}
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	var cell *data.CellError
	switch {
	case is(context.Canceled):
		return Interrupted
	case is(threat.ErrOtherRun, track.ErrNotRun, track.ErrExists, track.ErrNewer, track.ErrLocked, train.ErrCheckpoint):
		return BadRun
	case is(threat.ErrConfig, threat.ErrMismatch, data.ErrSchema, data.ErrFormat, metrics.ErrInput), errors.As(err, &cell):
		return BadInput
	}
	return Failure
}

// hintOf finds advice in an error, "" when there is none.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

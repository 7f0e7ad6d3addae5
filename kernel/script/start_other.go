//go:build !unix

package script

import (
	"io"
	"os"
	"os/exec"
)

// start starts the child without further descriptors, which this system does not pass: a crash shows Go's own text.
func start(cmd *exec.Cmd, stderr io.Writer) (*process, error) {
	cmd.Stderr = stderr
	return &process{cmd: cmd, listener: &listener{out: io.Discard}}, cmd.Start()
}

func hide(...int) {}

func (p *process) interrupt() { _ = p.cmd.Process.Kill() } // there is no signal to send

func exitCode(s *os.ProcessState) int { return s.ExitCode() }

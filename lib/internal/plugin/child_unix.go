//go:build unix

package plugin

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the child into a process group of its own and makes cancelling kill the whole group: pip and Python
// wrappers start children of their own, which would otherwise survive and keep our pipes open.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// deathSignal returns the name of the signal that ended the process, or "".
func deathSignal(exit *exec.ExitError) string {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}

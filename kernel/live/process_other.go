//go:build !unix

package live

import "os/exec"

// alive cannot tell here: the parent's number, which the caller compares, must do.
func alive(int) bool { return true }

// killWhole leaves the command as it is: its context ends the command alone.
func killWhole(*exec.Cmd) {}

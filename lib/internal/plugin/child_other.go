//go:build !unix

package plugin

import "os/exec"

// ownGroup leaves the child as it is: cancelling kills the child alone.
func ownGroup(*exec.Cmd) {}

// deathSignal returns "": these systems report a crash as an exit code.
func deathSignal(*exec.ExitError) string { return "" }

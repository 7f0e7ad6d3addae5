// Package cli is the jamba command as a library: Main runs one command line in a given State and returns its exit code.
//
// A command line is a function call: everything that it reads from and writes to the process (arguments, environment,
// streams, terminal, signals) is in State, so a test runs commands in process and looks at what they wrote. Only file
// paths are resolved by the operating system as usual.
//
// Flags and files end in the same values that a Go program would fill in, and the work is done by lib/threat: nothing
// here can be done by the command alone.
//
// What a person reads goes to standard error (progress, notes, errors), what a program reads to standard output
// (reports, scores, tables). An error is one line, "jamba: ...", sometimes followed by "hint: ..."; exit codes are
// enumerated, see Code.
package cli

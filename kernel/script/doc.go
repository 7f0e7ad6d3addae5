// Package script runs one Go file without a Go toolchain, by the interpreter yaegi 0.16.1, so that what it does is what
// `go run` of the same file does, or is refused.
//
// Yaegi is silently wrong about some Go: closures share a loop variable, deferred calls see later values of their
// arguments, package variables are initialised in the order of the text, types of the script lose their methods inside
// compiled code. Check finds these before anything runs, with the types of everything the script uses, and says how to
// write each in a way that means the same in both; it also reports what the compiler would refuse and yaegi accepts.
//
// Run starts the script in a child process, because what can end a Go process cannot be caught inside it: a panic in a
// goroutine of the script, a recursion without end, a write to a closed pipe, a crash in native code. The child is this
// program again, calling Child. Arguments, flags, standard streams, exit codes and signals are those of the compiled
// program; a panic is reported with the lines of the script.
//
// A script imports lib/threat and the packages whose types it hands out, gonum/plot, gota, and the part of the standard
// library that is not generic and not newer than Go 1.22.
package script

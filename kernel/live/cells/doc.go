// Package cells compiles and runs the cells of a notebook, one after the other, so that what a cell declares is there for
// the next: variables, functions, types, constants, imports.
//
// A cell is Go: declarations, and statements as they would stand in a function, in any order. It is checked by the Go type
// checker and run by the interpreter github.com/goplus/ixgo, which is given compiled packages as tables of symbols. Each
// cell is a program of its own, made of the cell and of what it mentions, so that the time it takes does not depend on how
// many cells there were. docs/decisions/005-live-kernel.md says how it is done and why.
//
// Rules:
//   - A variable that is declared again with the same type is the same variable: functions and pointers that refer to it
//     see the new value. With another type it is a new variable.
//   - A function that is declared again with the same signature is replaced for everyone who calls it. So is a method.
//   - A type that is declared again word for word is the same type. When anything about it has changed it is a new type of
//     the same name, and values of the old one stay what they are.
//   - A cell that does not compile changes nothing. One that fails half-way has set what it had set.
//   - var before the first statement declares package variables, which are initialised in the order of their
//     dependencies; afterwards it is a statement.
//   - A package that is not imported, but is the only one of its name with the symbol in question, is imported by itself.
package cells

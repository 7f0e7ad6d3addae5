// Package complexity measures how hard Go code is to read and to test, function by function: cyclomatic and cognitive
// complexity, Halstead's counts, the maintainability index, lines and nesting.
//
// [Analyze] reads the files that patterns name and returns a [Report] with figures for every function, file and package.
// [AnalyzeRevision] does the same with a commit of a git repository, and [Compare] tells what a change made worse. Only
// text is read: nothing is built, no tool chain is needed, and code that does not compile is measured as long as it parses.
//
// # What the figures are
//
// Cyclomatic complexity is that of github.com/fzipp/gocyclo: 1, and 1 more for each if, for, case that is not the default,
// && and || (McCabe 1976). Function literals count into the function that holds them; a literal that is the value of a
// package-level variable is a function of its own, with the name of the variable.
//
// Cognitive complexity is that of github.com/uudashr/gocognit ([Gocognit]), or with [Paper] that of the definition it
// follows (SonarSource, "Cognitive Complexity", version 1.5, 2021). They differ in four points. In the paper a plain else
// is a level of nesting; parentheses do not end a run of equal logical operators, only a negation does; recursion counts
// once for each function of a cycle, and for methods too. A cycle is looked for within a package and without types: among
// functions called by name and methods called on the receiver.
//
// Halstead's counts (Halstead 1977) are taken from the tokens of the function, from the word func to the closing brace.
// Operators are keywords and operator tokens, without closing brackets and without the semicolons that the compiler adds;
// operands are identifiers and literals. The counts of a file are those of all its tokens, the counts of a package those of
// its files together.
//
// The maintainability index is that of github.com/yagipy/maintidx, the formula of Visual Studio:
// (171 - 5.2 ln V - 0.23 C - 16.2 ln L) * 100/171 cut off at 0 and truncated, with C the cyclomatic complexity and L the
// lines. Its V is maintidx's own Halstead volume, taken from the syntax tree; it is not [Halstead].Volume.
//
// Lines go from func to the closing brace, with blank lines and comments. Nesting is the deepest level inside if, else,
// for, switch, select and function literals; the body of a function is level 0, and else if is no level of its own.
//
// # What is read
//
// A pattern is a file, a folder, or a folder and everything below it: dir/... . All files are measured whatever their
// build constraints, since the code of the other systems has readers too; [Options].Build restricts that. Left out, and
// listed in the report, are folders named vendor or testdata and folders and files that begin with _ or a dot, functions
// with the directive //gocyclo:ignore in their comment, and files marked "Code generated ... DO NOT EDIT.". A file that is
// named itself is measured in any case. Links to folders are not followed. Files that use cgo are measured like others,
// their C is not. Lines are those of the file itself, whatever //line comments say. A file that does not parse is one of
// [Report].Problems, and the others are measured.
//
// Results are deterministic: the same files give the same report, in the same order.
package complexity

// Package gocpu runs GoMLX graphs on the processor, in Go and the kernels of lib/internal/simd: the engine of those who
// have no XLA.
//
// It is GoMLX's own Go backend, which it embeds, with another way to run what it has recorded. That backend keeps
// everything else: buffers, the check of shapes, the graph. While GoMLX builds the main function of a graph, this
// package notes which operation made each value (record.go). When the graph is compiled and every output is made of
// noted operations alone, on float32, int32, uint32 and booleans of static shape, then it runs here; else it runs on
// the embedded backend, slower and as right. All graphs of this repository are of the first sort.
//
// # What is fused
//
// A tensor that only looks at another one in a different way, by a reshape, transpose, broadcast or slice, is never
// made: whoever reads it walks over the original (layout.go). What is element-wise is compiled into loops that compute
// as many operations as possible in one pass over blocks of about a thousand elements, so that values between them stay
// in the first-level cache; sums, products and extremes over any axes take their input from such a loop as it goes by
// (group.go, loop.go, reduce.go). A row that is repeated along a matrix is laid out once, not once a block. What depends
// on constants alone is computed when the graph is compiled. Products of matrices read operands in any order of axes
// that a kernel can (dot.go), and the parts of a concatenation are computed where they belong (plan.go).
//
// # Memory
//
// The memory of an execution is laid out when the graph is compiled, tensors that are in use at different times in the
// same place, and is kept for the next execution. An execution allocates its outputs only, and not those that take the
// memory of a donated input: state that is read and replaced stays where it is. A donated buffer must not be used again.
//
// # Threads
//
// A pass with enough to do is divided into tasks, and other threads help with them, one for each processor that Go
// uses. They are asked for by executions of a millisecond and more, watch for the next pass without sleeping, since
// waking up takes longer than most passes, and give up a fraction of a millisecond after the last one. Executables may
// be executed by several goroutines at the same time.
//
// # Agreement
//
// Tasks and the order of every sum depend on the shapes alone: the same graph on the same inputs gives the same bits on
// one processor and on many, in every execution. The instruction sets differ by rounding, and so do this package and
// the embedded backend: sums are taken in another order here, and exponentials and logarithms are a few units in the
// last place off. Sign of NaN is NaN, as compute.Function has it; the sum of two tensors that are padded with zeros to
// lie side by side keeps the sign of a negative zero.
//
// A bug in a pass is an error of the execution, never a panic; formatted with %+v it tells the place.
package gocpu

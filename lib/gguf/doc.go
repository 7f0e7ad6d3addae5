// Package gguf reads and writes GGUF, the model container of ggml and llama.cpp, and converts weights to and from its
// block types. It uses the standard library alone, no cgo, and prints nothing.
//
// A file is a header, key-values, a table of tensors, and the tensors' data, all little-endian. Read and Open check the
// whole structure before anything is allocated by a number of the file: what they return has unique names, shapes whose
// size in bytes cannot overflow, and data that lie one after the other inside the file. The data are read on demand, and
// checked then: File.Data and File.Values refuse NaN and infinities, in weights as in the scales of blocks.
//
// Write gives the bytes that ggml's own writer gives for the same keys and tensors, and refuses what that writer, or the
// reader of the Python package gguf, could not give back: other alignments, empty arrays, shapes that end in 1.
//
// Quantize produces the blocks of ggml's reference quantiser on x86-64 without contraction of products and sums, bit for
// bit on every machine. That takes two rules. No product may be fused with the sum it feeds, so each is written
// float32(x*y): a Go compiler may fuse otherwise on arm64, and on amd64 with GOAMD64=v3. And a number that does not fit
// an int32 is stored as 0, the low byte of what x86 converts it to. ggml built with -march=native, or for arm64, may
// give other bits of the same quality.
//
// The types with a K in their name are super-blocks of 256 weights, with scales that are quantised themselves; they
// have nothing to do with k-means. A Mix says which tensor gets which type, by llama.cpp's rules.
//
// Sources: the GGUF specification and the sources of ggml 0.21 (gguf.cpp, ggml-quants.c) and llama.cpp
// (llama-quant.cpp) of August 2026, for behaviour; the code is written anew.
package gguf

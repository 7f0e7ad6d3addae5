// Package modelfile defines what a model file of this library holds: which GGUF keys and tensors there are, how they are
// named, and what a valid file is. Package export writes with it and package score reads with it, so the two cannot
// disagree. The keys are listed for other readers in docs/model-file.md.
//
// A Model is the content as plain values. Encode turns it into key-values and float32 tensors, in a fixed order; Decode
// reads a GGUF file back and refuses whatever an exporter would not have written, with one error that names the key or
// tensor, what was expected and what was found.
//
//	Model ──Encode──▶ []gguf.KV, []Tensor ──(quantise, write)──▶ file ──gguf.Read──▶ *gguf.File ──Decode──▶ Model
package modelfile

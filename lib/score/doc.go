// Package score opens a model file and predicts, in pure Go: no cgo, no training engine, no other files.
//
//	m, err := score.Open("flows.gguf")
//	row, err := m.PredictRow(map[string]any{"bytes": 1840, "protocol": "tcp"})
//	if row.Flagged { ... }
//
// A model file is what `jamba convert` or threat.Fitted.Export writes. It carries everything that a prediction needs: the
// schema, the fitted features, the weights, the calibration, the threshold and the class names. Open refuses a file that is
// damaged or that does not hold together, with one error that says where.
//
// # Ways to predict
//
// PredictRow takes one row by name, Predict several, PredictTable a table that package data has read. PredictBatch takes
// numbers in the order of Inputs and allocates nothing, for a service that has its own records. All give the same
// result for the same row, whatever the other rows are. A Model may be used by many goroutines at once.
//
// # Agreement with training
//
// Probabilities agree with those of the engine that trained the model to 1e-5 when the weights are stored as f32, and
// the kernels for AVX-512, AVX2 and plain Go agree with each other to rounding. A model that was trained with bfloat16
// products is computed in float32 here: more exact than in training, and equal to it only to the precision of
// bfloat16 (about 1e-2 in the probability).
//
// The instruction set is chosen when the file is opened. The environment variable JAMBA_SIMD (portable, avx2 or avx512)
// or Options.ISA overrules the choice.
package score

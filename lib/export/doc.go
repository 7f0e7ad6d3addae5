// Package export writes a trained network as a model file: one GGUF that holds weights, features, calibration, threshold and
// class names, which package score opens.
//
// Write maps the network's parameters to the names of the file, gives every tensor the type that the Mix says, and
// returns a Summary of what became of the weights. It is deterministic: the same source and mix give the same bytes.
// What cannot be written exactly as asked is refused: weights that are NaN, infinite, or too large for the type.
//
// A mix is a recipe, not a promise: rows that do not fill a block fall back to a wider type, as in llama.cpp, so that a
// network of narrow layers ends up larger, and more exact, than the name of the mix says. The summary tells.
package export

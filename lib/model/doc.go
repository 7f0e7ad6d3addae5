// Package model is the architecture of the detector, as GoMLX graph functions.
//
// A row becomes one token per feature; attention lets the tokens see one another; the raw tokens and the mean of the
// attended ones feed a tower of feature layers, whose members vote:
//
//	row -> tokens [B, F, D] -> attention blocks -> [raw tokens ; mean] -> feature layers [B, K, W] -> logits [B, K, C]
//
// B rows, F features, D token width, H heads, K members, W layer width, C outputs.
//
// All trainable numbers live in one flat vector, described by a Layout: the optimizer is then a handful of operations
// on one array, a checkpoint is a few arrays, and a graph has few inputs, which matters at small batches.
package model

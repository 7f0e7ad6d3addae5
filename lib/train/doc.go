// Package train fits a model: the loop over steps and epochs, schedules, early stopping, checkpoints and predictions.
//
// Everything random in a step is a function of the seed and of the number of the step, and the order of rows one of
// the seed and of the number of the epoch. A run that is interrupted, by a signal or by the power switch, therefore
// continues from its last checkpoint to the same weights, bit for bit, on the same engine and machine.
package train

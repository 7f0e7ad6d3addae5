// Package threat is the whole of the library in one vocabulary: Read telemetry, Split it, Fit a detector, Evaluate it,
// Save it, Open it, Predict. Notebooks, scripts, programs and the jamba command all use these names.
//
// An experiment is a value: a Config, which is copied to change it. Fitting it gives a *Fitted, the only thing that can
// predict. Run does the same inside a folder, so that a second call with the same configuration and data opens the
// finished run, and one that was interrupted goes on where it stopped.
//
// Every number that a Fitted reports follows from the configuration, the seed in it, and the data. Nothing is chosen by
// the labels of test rows: early stopping, calibration and threshold all use the validation rows.
package threat

// Package track keeps the record of training runs: one folder per run, written so that a crash loses nothing that was
// already reported, and read back to compare runs.
//
// A run directory holds
//
//	run.json      format version, library version, fingerprint of configuration and data, when it was started
//	config.json   the resolved configuration (written by the caller, as are the next three)
//	data.json     schema, row counts, split
//	features.json the fitted features
//	report.json   the evaluation
//	metrics.csv   one row per epoch, see WriteCSV
//	checkpoints/  plots/
//	DONE          written last, by Finish: a run without it was interrupted or is still going
//	.lock         present while a process writes the directory
//
// Whole files are replaced atomically (AtomicWrite): a reader sees the old content or the new one, never half of it.
// Create and Resume take the lock, so two processes cannot write one run; Open reads without it and may be used while the
// run is going.
//
// Runs reads every run below a folder; Compare groups them by configuration without the seed, and ParameterImpact says
// which settings moved a metric.
package track

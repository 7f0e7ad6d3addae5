// Package data reads labelled telemetry into typed columns and divides it for training.
//
// A Table holds features as float32 columns (NaN is a missing value) or as dictionary-coded categories (Missing), and
// beside them what is no feature: class labels, attack families, groups and times. A Schema says which column is what;
// the zero Schema takes every column of a file as a feature. Read chooses the reader by the extension of the file, Scan
// does the same in chunks for files larger than memory, Write is the way back. Table.Split makes the training, validation
// and test parts, Table.Fingerprint says whether two tables are the same.
//
// # Text files
//
// CSV follows RFC 4180 as encoding/csv reads it: quoted fields may hold delimiters, doubled quotes and line ends, and
// blank lines are skipped. The text is UTF-8, with or without a byte order mark, with LF or CRLF line ends. A record may
// be up to 16 MiB long. Blanks around names and unquoted cells are not part of them.
//
// These unquoted cells are missing values: the empty cell, NA, N/A, NaN, nan, null, NULL, None and ?, and the words of
// Schema.Missing. In numeric columns NaN and infinities in any spelling are missing too. A quoted word in a categorical
// column is a value ("NA" is Namibia), except the empty one. "-" is a value: in UNSW-NB15 it is a service.
//
// A column whose kind the schema does not fix is numeric if the first rows, 10,000 or as many as lie in the first 512
// KiB, hold only numbers and missing values in it, and categorical otherwise. A later text in a column taken for
// numeric is a *CellError that says how to declare the column. Numbers that float32 cannot hold, such as 1e400, are bad
// cells and not infinities.
//
// # Labels
//
// A binary table has the classes Benign (0) and Threat (1), whatever the file calls them: see Schema.Positive. Label
// values are compared without regard to case, and numbers by value, so that 1.0 is 1. A row without a label is an error;
// a file without the label column is read as unlabelled, because files to predict on have none, and CheckTrainable
// refuses it for training.
//
// # Memory
//
// Beyond the table Read needs about 20 MB whatever the size of the file. Scan needs that for text; for binary files one
// chunk of about a million values and, for Parquet, a page of every column (40 MB with 80 columns). Reading uses
// GOMAXPROCS processors; no result depends on their number.
package data

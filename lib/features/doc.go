// Package features turns a table of telemetry into the numbers that a network reads, the same way in training and in
// production.
//
// Fit looks at training rows only and returns a Fitted: per numeric column a scaler, quantile bins and the value that
// stands in for missing cells; per categorical column the list of known categories; and the definitions of derived
// columns. Transform applies it to any table, matching columns by name, and TransformRow to one row without allocating.
//
//	config ──Fit(train)──▶ Fitted ──Transform(table)──▶ Matrix{Numeric [rows, n], Categorical [rows, c]}
//	                         │ └─TransformRow(row)────▶ the same numbers for one row
//	                         └─State / JSON──Open────▶ an equal Fitted, in a run directory or a GGUF file
//
// Fitted is a type of its own, so that transforming with something that was never fitted does not compile. It is
// immutable and safe for concurrent use.
//
// Numeric scaling follows scikit-learn (StandardScaler; QuantileTransformer with output_distribution="normal") to
// within 1e-6, with these deviations: quantiles are taken over all training rows instead of a random subsample of
// 10,000, so that no seed is involved; values beyond the training range clip at ±5.199 as there, but the margin at the
// ends (1e-7) shrinks with the range of a column narrower than 1, which scikit-learn would flatten; and an infinite
// value counts as missing.
package features

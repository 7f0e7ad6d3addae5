// Package notebook shows values: figures, tables, reports and learning curves, where the program happens to run.
//
//	notebook.Show(report, model.History())
//
// In a cell of the GoNB kernel or of Jamba's live kernel a value becomes what its output area shows: an image, a table, a
// text. In a terminal or a script a value that is a picture becomes a PNG file whose path is printed, and everything else
// becomes text. The same source does all three.
//
// What a value looks like is decided by Render: a value that has the methods PNG, SVG, HTML or Markdown draws itself;
// tables, reports, histories, data frames, plots and images are drawn here; everything else is text. Nothing refers to
// another host, and no script runs in the page, so that a saved notebook shows everything to anyone.
//
// TrainingPlot and Progress change in place while a cell runs. Context ends when the user interrupts the cell:
//
//	plot := notebook.TrainingPlot("flows")
//	cfg.Train.OnEpoch = plot.OnEpoch
//	model, err := cfg.Fit(notebook.Context(), split.Train, split.Valid)
package notebook

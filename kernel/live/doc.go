// Package live is a Jupyter kernel for Go whose variables stay: a model that one cell trains is a value in the next. It
// speaks Jupyter's protocol 5.3 over ZeroMQ. Cells are interpreted by package cells; what they show is drawn by package
// notebook.
package live

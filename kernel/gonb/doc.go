// Package gonb sets up GoNB, the Jupyter kernel that compiles each cell with the Go toolchain, so that a notebook's first
// cell can import this library.
//
// Install builds GoNB and goimports at pinned versions, warms the build cache, and writes a kernelspec. Jupyter then
// starts `jamba kernel gonb`, which is Launch: it checks that everything is still in its place and becomes GoNB, with an
// environment in which
//
//   - a cell's imports resolve to one folder that holds this module (Installed.Module), at the versions of its go.mod:
//     GoNB makes a go.work with it for every notebook;
//   - nothing is fetched (GOPROXY=off, GOTOOLCHAIN=local), so that a cell either builds or says at once what it lacks;
//   - cells are built without XLA, without Parquet and without debug information, because a cell is linked each time it
//     runs and those are most of what there is to link. The line `%goflags -tags=xla` in a cell that trains brings both
//     back, from that cell on; `%goflags -tags=noxla` brings back Parquet alone; `%goflags ""` leaves them out again.
//
// When something is missing, Jupyter itself would only say that the kernel died. Launch instead serves a kernel whose
// every cell answers with the reason and the command that mends it. Doctor looks for the same faults from a terminal.
//
// The folder that cells import from is the checkout that Install is called in, else the version of the module that the
// program was built from, in Go's module cache. Everything that Install writes is in Options.Dir and in Jupyter's folder
// of kernels; a repository is left as it is.
package gonb

//go:build noparquet

package data

import (
	"errors"
	"fmt"
	"io"
)

// errNoParquet is the answer of a program that left Parquet out. Half of what such a program links otherwise is
// parquet-go and what that needs, and its use of reflection keeps the linker from dropping unused methods anywhere else;
// cells of a notebook are linked anew each time they run.
var errNoParquet = errors.New("this program was built without Parquet (tag noparquet); " +
	"in a cell of the GoNB kernel, begin the cell with the line %goflags -tags=noxla")

func openParquet(path string, _ Schema) (source, error) {
	return nil, fmt.Errorf("data: read: %s: %w", path, errNoParquet)
}

// WriteParquet is there, and returns an error: this program was built without Parquet.
func WriteParquet(io.Writer, *Table) error {
	return fmt.Errorf("data: write: %w", errNoParquet)
}

package gonb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/kernel/gonb"
)

// On a machine without Go, Jupyter and the kernel, each is named with the command that gets it.
func ExampleDoctor() {
	dir, err := os.MkdirTemp("", "gonb")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	checks := gonb.Doctor(context.Background(), gonb.Options{
		Dir: filepath.Join(dir, "gonb"), Jupyter: filepath.Join(dir, "jupyter"), Environ: []string{"PATH=" + dir},
	})
	for _, c := range checks {
		fmt.Printf("%s: %v: %s\n", c.Name, c.OK, c.Fix)
	}
	// Output:
	// go: false: install Go 1.26.5 or newer and put it on PATH
	// jupyter: false: python3 -m pip install jupyterlab
	// gonb: false: jamba kernel install
	// goimports: false: jamba kernel install
	// kernelspec: false: jamba kernel install
	// imports: false: jamba kernel install
}

//go:build !amd64

package simd

// tableOf returns the kernels of an instruction set, nil where this machine cannot run them.
func tableOf(isa ISA) *table {
	if isa == Portable {
		return &portable
	}
	return nil
}

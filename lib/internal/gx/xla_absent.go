//go:build !(cgo && !noxla && (linux || darwin))

package gx

import (
	"errors"

	"github.com/gomlx/compute"
)

// XLALinked reports whether this binary contains the XLA engine. It takes a C compiler at build time.
const XLALinked = false

func openXLA(string, string, int) (compute.Backend, error) {
	return nil, errors.New("this binary was built without XLA (it needs a C compiler, CGO_ENABLED=1 and no noxla tag)")
}

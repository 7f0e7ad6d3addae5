package torchfile

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Metrics beside a state are often NumPy scalars: a type object and its bytes. They become bool, int64 or float64.

// maxScalar bounds the bytes of a NumPy scalar; it keeps repeated encoding of one long string from filling memory.
const maxScalar = 32

// numpyType is numpy.dtype of a plain number.
type numpyType struct {
	code  string // "f8", "i4", "b1", ...
	order binary.ByteOrder
}

func newNumpyType(_ *machine, args tuple) (any, error) {
	if len(args) == 0 {
		return nil, badArguments("numpy.dtype", args)
	}
	code, ok := args[0].(string)
	if !ok {
		return nil, badArguments("numpy.dtype", args)
	}
	switch code {
	case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
		return &numpyType{code, binary.LittleEndian}, nil
	}
	return nil, fmt.Errorf("%w: a NumPy value of type %s, want a plain number", ErrFormat, shorten(code))
}

// build takes the state (version, byte order, ...): of the attributes of a plain type only the order says anything.
func (n *numpyType) build(state any) error {
	fields, ok := state.(tuple)
	if !ok || len(fields) < 2 {
		return badArguments("numpy.dtype.__setstate__", tuple{state})
	}
	switch fields[1] {
	case "<", "|", "=":
		n.order = binary.LittleEndian
	case ">":
		n.order = binary.BigEndian
	default:
		return badArguments("numpy.dtype.__setstate__", fields)
	}
	return nil
}

// latin1 is _codecs.encode(text, "latin1"), how protocol 2 writes bytes.
func latin1(_ *machine, args tuple) (any, error) {
	if len(args) != 2 {
		return nil, badArguments("_codecs.encode", args)
	}
	text, ok := args[0].(string)
	encoding, isText := args[1].(string)
	if !ok || !isText || encoding != "latin1" || len(text) > 2*maxScalar {
		return nil, badArguments("_codecs.encode", args)
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 255 {
			return nil, badArguments("_codecs.encode", args)
		}
		b = append(b, byte(r))
	}
	return b, nil
}

func numpyScalar(_ *machine, args tuple) (any, error) {
	if len(args) != 2 {
		return nil, badArguments("numpy scalar", args)
	}
	n, ok := args[0].(*numpyType)
	b, isBytes := args[1].([]byte)
	if !ok || !isBytes || len(b) != int(n.code[1]-'0') {
		return nil, badArguments("numpy scalar", args)
	}
	var bits uint64
	for i := range b { // most significant byte first
		at := i
		if n.order == binary.LittleEndian {
			at = len(b) - 1 - i
		}
		bits = bits<<8 | uint64(b[at])
	}
	unused := 64 - 8*len(b)
	switch n.code {
	case "f2":
		return float64(fromHalf(uint16(bits))), nil
	case "f4":
		return float64(math.Float32frombits(uint32(bits))), nil
	case "f8":
		return math.Float64frombits(bits), nil
	case "b1":
		return bits != 0, nil
	case "u8":
		if bits > math.MaxInt64 {
			return float64(bits), nil
		}
		return int64(bits), nil
	case "u1", "u2", "u4":
		return int64(bits), nil
	}
	return int64(bits<<unused) >> unused, nil // sign-extended
}

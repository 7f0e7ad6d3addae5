package gguf

import (
	"encoding/binary"
	"math"
)

// array reads n elements, for which value has found room in the file. Elements of a fixed width are read at once.
func (c *cursor) array(elem ValueType, n uint64, what string) any {
	if elem == String {
		return c.strings(n, what)
	}
	at := c.at
	b := c.bytes(n*elem.width(), what)
	if c.err != nil {
		return nil
	}
	le := binary.LittleEndian
	switch elem {
	case Uint8:
		return append([]uint8{}, b...)
	case Int8:
		return convert(b, 1, func(b []byte) int8 { return int8(b[0]) })
	case Uint16:
		return convert(b, 2, le.Uint16)
	case Int16:
		return convert(b, 2, func(b []byte) int16 { return int16(le.Uint16(b)) })
	case Uint32:
		return convert(b, 4, le.Uint32)
	case Int32:
		return convert(b, 4, func(b []byte) int32 { return int32(le.Uint32(b)) })
	case Float32:
		return convert(b, 4, func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) })
	case Uint64:
		return convert(b, 8, le.Uint64)
	case Int64:
		return convert(b, 8, func(b []byte) int64 { return int64(le.Uint64(b)) })
	case Float64:
		return convert(b, 8, func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) })
	}
	bools := make([]bool, n)
	for i := range bools {
		bools[i] = c.boolean(b[i], at+uint64(i), what)
	}
	return bools
}

func (c *cursor) strings(n uint64, what string) []string {
	list := []string{}
	for i := uint64(0); i < n && c.err == nil; i++ {
		list = append(list, c.text(maxElements, what))
	}
	return list
}

// convert reads elements of width bytes each.
func convert[T any](b []byte, width int, one func([]byte) T) []T {
	list := make([]T, len(b)/width)
	for i := range list {
		list[i] = one(b[i*width:])
	}
	return list
}

package torchfile

import (
	"encoding/binary"
	"math"
)

// kind is a type of number as it stands in a storage.
type kind struct {
	name   string
	size   int
	decode func(order binary.ByteOrder, b []byte) float32
}

// kindOf returns the type of numbers by PyTorch's name.
func kindOf(name string) (kind, bool) {
	switch name {
	case "float32":
		return kind{name, 4, func(o binary.ByteOrder, b []byte) float32 { return math.Float32frombits(o.Uint32(b)) }}, true
	case "float64":
		return kind{name, 8, func(o binary.ByteOrder, b []byte) float32 { return float32(math.Float64frombits(o.Uint64(b))) }}, true
	case "float16":
		return kind{name, 2, func(o binary.ByteOrder, b []byte) float32 { return fromHalf(o.Uint16(b)) }}, true
	case "bfloat16":
		return kind{name, 2, func(o binary.ByteOrder, b []byte) float32 { return math.Float32frombits(uint32(o.Uint16(b)) << 16) }}, true
	case "int64":
		return kind{name, 8, func(o binary.ByteOrder, b []byte) float32 { return float32(int64(o.Uint64(b))) }}, true
	case "int32":
		return kind{name, 4, func(o binary.ByteOrder, b []byte) float32 { return float32(int32(o.Uint32(b))) }}, true
	case "int16":
		return kind{name, 2, func(o binary.ByteOrder, b []byte) float32 { return float32(int16(o.Uint16(b))) }}, true
	case "int8":
		return kind{name, 1, func(_ binary.ByteOrder, b []byte) float32 { return float32(int8(b[0])) }}, true
	case "uint8":
		return kind{name, 1, func(_ binary.ByteOrder, b []byte) float32 { return float32(b[0]) }}, true
	case "bool":
		return kind{name, 1, func(_ binary.ByteOrder, b []byte) float32 { return float32(min(b[0], 1)) }}, true
	}
	return kind{}, false
}

// storageKind maps the classes of storages that a pickle names to their numbers.
func storageKind(class string) (kind, bool) {
	return kindOf(map[string]string{
		"FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
		"LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
		"ByteStorage": "uint8", "BoolStorage": "bool",
	}[class])
}

func safetensorsKind(name string) (kind, bool) {
	return kindOf(map[string]string{
		"F32": "float32", "F64": "float64", "F16": "float16", "BF16": "bfloat16",
		"I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
	}[name])
}

// fromHalf widens an IEEE 754 half-precision number; every one of them is exact in float32.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exponent {
	case 0: // zero and subnormal: the fraction counts units of 2^-24
		v := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(v))
	case 31: // infinity and NaN
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

package gguf

import (
	"fmt"
	"math"
)

// KV is one key-value of a file. Value is a uint8, int8, uint16, int16, uint32, int32, float32, bool, string, uint64,
// int64 or float64, or a slice of one of these. A Go int is none: say which width the file shall have.
type KV struct {
	Key   string
	Value any
}

// ValueType is the type of a value in a file. The numbers are those of the file format.
type ValueType uint32

// The types of values. An array holds values of one of the others.
const (
	Uint8   ValueType = 0
	Int8    ValueType = 1
	Uint16  ValueType = 2
	Int16   ValueType = 3
	Uint32  ValueType = 4
	Int32   ValueType = 5
	Float32 ValueType = 6
	Bool    ValueType = 7
	String  ValueType = 8
	Array   ValueType = 9
	Uint64  ValueType = 10
	Int64   ValueType = 11
	Float64 ValueType = 12
)

// String returns the name of the type in the style of ggml: "u32", "f32", "str", "arr".
func (t ValueType) String() string {
	names := [...]string{"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "str", "arr", "u64", "i64", "f64"}
	if uint64(t) < uint64(len(names)) {
		return names[t]
	}
	return fmt.Sprintf("value type %d", uint32(t))
}

// width returns the least bytes that a value takes: strings begin with their length. It is 0 for arrays and for what is
// no type.
func (t ValueType) width() uint64 {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Uint16, Int16:
		return 2
	case Uint32, Int32, Float32:
		return 4
	case Uint64, Int64, Float64, String:
		return 8
	}
	return 0
}

// TypeOf returns the type of a KV's value, and for an array that of its elements and how many there are. ok is false
// for Go values that a file cannot hold.
func TypeOf(value any) (t, elem ValueType, n int, ok bool) {
	array := func(elem ValueType, n int) (ValueType, ValueType, int, bool) { return Array, elem, n, true }
	switch v := value.(type) {
	case []uint8:
		return array(Uint8, len(v))
	case []int8:
		return array(Int8, len(v))
	case []uint16:
		return array(Uint16, len(v))
	case []int16:
		return array(Int16, len(v))
	case []uint32:
		return array(Uint32, len(v))
	case []int32:
		return array(Int32, len(v))
	case []float32:
		return array(Float32, len(v))
	case []bool:
		return array(Bool, len(v))
	case []string:
		return array(String, len(v))
	case []uint64:
		return array(Uint64, len(v))
	case []int64:
		return array(Int64, len(v))
	case []float64:
		return array(Float64, len(v))
	}
	t, ok = scalarType(value)
	return t, t, 1, ok
}

func scalarType(value any) (ValueType, bool) {
	switch value.(type) {
	case uint8:
		return Uint8, true
	case int8:
		return Int8, true
	case uint16:
		return Uint16, true
	case int16:
		return Int16, true
	case uint32:
		return Uint32, true
	case int32:
		return Int32, true
	case float32:
		return Float32, true
	case bool:
		return Bool, true
	case string:
		return String, true
	case uint64:
		return Uint64, true
	case int64:
		return Int64, true
	case float64:
		return Float64, true
	}
	return 0, false
}

// describe names the type of a value for a message: "u32", "arr[str,20]".
func describe(value any) string {
	t, elem, n, ok := TypeOf(value)
	switch {
	case !ok:
		return fmt.Sprintf("Go type %T", value)
	case t == Array:
		return fmt.Sprintf("arr[%s,%d]", elem, n)
	}
	return t.String()
}

// unsigned returns an integer of any width as a uint64, ok false when it is negative or no integer.
func unsigned(value any) (u uint64, ok bool) {
	switch v := value.(type) {
	case uint8:
		return uint64(v), true
	case uint16:
		return uint64(v), true
	case uint32:
		return uint64(v), true
	case uint64:
		return v, true
	}
	i, ok := signed(value)
	return uint64(i), ok && i >= 0
}

// signed returns an integer of any width as an int64, ok false when it does not fit or is no integer.
func signed(value any) (i int64, ok bool) {
	switch v := value.(type) {
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint64:
		return int64(v), v <= math.MaxInt64
	}
	return 0, false
}

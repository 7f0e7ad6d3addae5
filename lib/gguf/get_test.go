package gguf

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// sampleOpen reads the sample file.
func sampleOpen(t *testing.T) *File {
	t.Helper()
	f, err := readBytes(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAccessors(t *testing.T) {
	f := sampleOpen(t)
	get := func(v any, err error) any {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		return v
	}
	for _, c := range []struct {
		got  func() (any, error)
		want any
	}{
		{func() (any, error) { return f.String("general.architecture") }, "sample"},
		{func() (any, error) { return f.Bool("sample.yes") }, true},
		{func() (any, error) { return f.Uint32("sample.u32") }, uint32(4000000000)},
		{func() (any, error) { return f.Uint32("sample.u8") }, uint32(200)},
		{func() (any, error) { return f.Uint32("sample.u16") }, uint32(60000)},
		{func() (any, error) { return f.Uint64("sample.u64") }, uint64(1 << 63)},
		{func() (any, error) { return f.Int64("sample.i8") }, int64(-100)},
		{func() (any, error) { return f.Int64("sample.i16") }, int64(-30000)},
		{func() (any, error) { return f.Int64("sample.i32") }, int64(-2000000000)},
		{func() (any, error) { return f.Int64("sample.i64") }, int64(-1 << 62)},
		{func() (any, error) { return f.Int64("sample.u32") }, int64(4000000000)},
		{func() (any, error) { return f.Float32("sample.f32") }, float32(1.5)},
		{func() (any, error) { return f.Float64("sample.f32") }, 1.5},
		{func() (any, error) { return f.Float64("sample.f64") }, 0.1},
		{func() (any, error) { return f.Bytes("sample.u8s") }, []byte{1, 2, 255}},
		{func() (any, error) { return f.Strings("sample.names") }, []string{"duration", "", "src bytes"}},
		{func() (any, error) { return f.Bools("sample.bools") }, []bool{true, false, true}},
		{func() (any, error) { return f.Int32s("sample.i32s") }, []int32{-1, 2}},
		{func() (any, error) { return f.Uint32s("sample.u32s") }, []uint32{1, 4000000000}},
		{func() (any, error) { return f.Int64s("sample.i64s") }, []int64{-1, 2}},
		{func() (any, error) { return f.Uint64s("sample.u64s") }, []uint64{1, 1 << 63}},
		{func() (any, error) { return f.Float32s("sample.f32s") }, []float32{0.1, -2, 1e30}},
		{func() (any, error) { return f.Float64s("sample.f64s") }, []float64{0.1, 1e300}},
	} {
		if got := get(c.got()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("got %#v, want %#v", got, c.want)
		}
	}
}

func TestAccessorsRefuse(t *testing.T) {
	f := sampleOpen(t)
	for _, c := range []struct {
		got  func() (any, error)
		want string
	}{
		{func() (any, error) { return f.String("sample.f32") }, `gguf: key "sample.f32" is f32, want str`},
		{func() (any, error) { return f.Bool("sample.u8") }, `is u8, want bool`},
		{func() (any, error) { return f.Uint32("sample.u64") }, `is 9223372036854775808, want at most 4294967295`},
		{func() (any, error) { return f.Uint32("sample.i8") }, `is -100, want 0 or more`},
		{func() (any, error) { return f.Uint32("sample.names") }, `is arr[str,3], want an integer`},
		{func() (any, error) { return f.Uint64("sample.f32") }, `is f32, want an integer`},
		{func() (any, error) { return f.Int64("sample.u64") }, `is 9223372036854775808, want at most 9223372036854775807`},
		{func() (any, error) { return f.Int64("sample.empty") }, `is str, want an integer`},
		{func() (any, error) { return f.Float32("sample.f64") }, `is f64, want f32`},
		{func() (any, error) { return f.Float64("sample.u8") }, `is u8, want f64 or f32`},
		{func() (any, error) { return f.Strings("sample.f32s") }, `is arr[f32,3], want an array of str`},
		{func() (any, error) { return f.Float32s("sample.f32") }, `is f32, want an array of f32`},
	} {
		got, err := c.got()
		if !errors.Is(err, ErrType) || !strings.Contains(err.Error(), c.want) || !reflect.ValueOf(got).IsZero() {
			t.Errorf("got %v, %v, want the error %q", got, err, c.want)
		}
	}
	for name, missing := range map[string]func() error{
		"String":  func() error { return second(f.String("none")) },
		"Uint32":  func() error { return second(f.Uint32("none")) },
		"Int64":   func() error { return second(f.Int64("none")) },
		"Bool":    func() error { return second(f.Bool("none")) },
		"Float32": func() error { return second(f.Float32("none")) },
		"Float64": func() error { return second(f.Float64("none")) },
		"Strings": func() error { return second(f.Strings("none")) },
	} {
		if err := missing(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), `key "none" is missing`) {
			t.Errorf("%s of a key that is not there gives %v", name, err)
		}
	}
}

func TestTypeOf(t *testing.T) {
	for _, kv := range sampleKVs() {
		typ, elem, n, ok := TypeOf(kv.Value)
		array := reflect.TypeOf(kv.Value).Kind() == reflect.Slice
		if !ok || n < 1 || (typ == Array) != array || (typ == elem) == array {
			t.Errorf("TypeOf(%T) is %v, %v, %d, %v", kv.Value, typ, elem, n, ok)
		}
	}
	for _, v := range []any{nil, 1, uint(1), complex64(1), []int{1}, [][]uint8{{1}}, map[string]int{}, []any{1}, math.Sin} {
		if _, _, _, ok := TypeOf(v); ok {
			t.Errorf("TypeOf(%T) says that a file can hold it", v)
		}
	}
}

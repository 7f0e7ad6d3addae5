package gguf

// Accessors of arrays; their errors are those of the accessors of single values. The slices belong to the File.

// Strings returns an array of strings.
func (f *File) Strings(key string) ([]string, error) { return sliceOf[string](f, key, String) }

// Bools returns an array of bools.
func (f *File) Bools(key string) ([]bool, error) { return sliceOf[bool](f, key, Bool) }

// Bytes returns an array of uint8.
func (f *File) Bytes(key string) ([]byte, error) { return sliceOf[byte](f, key, Uint8) }

// Int32s returns an array of int32.
func (f *File) Int32s(key string) ([]int32, error) { return sliceOf[int32](f, key, Int32) }

// Uint32s returns an array of uint32.
func (f *File) Uint32s(key string) ([]uint32, error) { return sliceOf[uint32](f, key, Uint32) }

// Int64s returns an array of int64.
func (f *File) Int64s(key string) ([]int64, error) { return sliceOf[int64](f, key, Int64) }

// Uint64s returns an array of uint64.
func (f *File) Uint64s(key string) ([]uint64, error) { return sliceOf[uint64](f, key, Uint64) }

// Float32s returns an array of float32.
func (f *File) Float32s(key string) ([]float32, error) { return sliceOf[float32](f, key, Float32) }

// Float64s returns an array of float64.
func (f *File) Float64s(key string) ([]float64, error) { return sliceOf[float64](f, key, Float64) }

func sliceOf[T any](f *File, key string, elem ValueType) ([]T, error) {
	v, err := f.find(key)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]T)
	if !ok {
		return nil, wrongType(key, v, "an array of "+elem.String())
	}
	return list, nil
}

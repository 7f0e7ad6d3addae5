package gguf

import "math"

// Get returns the value of a key, see KV for its types.
func (f *File) Get(key string) (value any, ok bool) {
	i, ok := f.keys[key]
	if !ok {
		return nil, false
	}
	return f.KVs[i].Value, true
}

// find is Get with an error that names the key.
func (f *File) find(key string) (any, error) {
	v, ok := f.Get(key)
	if !ok {
		return nil, tagf(ErrMissing, "gguf: key %s is missing", quote(key))
	}
	return v, nil
}

func wrongType(key string, found any, want string) error {
	return tagf(ErrType, "gguf: key %s is %s, want %s", quote(key), describe(found), want)
}

// The accessors below return ErrMissing when the key is not there and ErrType, naming the type that was found, when its
// value is of another type. Integers are taken from any width, signed or not, as long as the number fits: writers
// disagree about the width of counts.

// String returns a string.
func (f *File) String(key string) (string, error) {
	v, err := f.find(key)
	if err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok {
		return "", wrongType(key, v, "str")
	}
	return s, nil
}

// Bool returns a bool.
func (f *File) Bool(key string) (bool, error) {
	v, err := f.find(key)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, wrongType(key, v, "bool")
	}
	return b, nil
}

// Uint64 returns an integer of 0 or more.
func (f *File) Uint64(key string) (uint64, error) {
	v, err := f.find(key)
	if err != nil {
		return 0, err
	}
	u, ok := unsigned(v)
	if !ok {
		if i, isInt := signed(v); isInt {
			return 0, tagf(ErrType, "gguf: key %s is %d, want 0 or more", quote(key), i)
		}
		return 0, wrongType(key, v, "an integer")
	}
	return u, nil
}

// Uint32 returns an integer of 0 or more that fits 32 bits.
func (f *File) Uint32(key string) (uint32, error) {
	u, err := f.Uint64(key)
	if err == nil && u > math.MaxUint32 {
		err = tagf(ErrType, "gguf: key %s is %d, want at most %d", quote(key), u, uint32(math.MaxUint32))
	}
	if err != nil {
		return 0, err
	}
	return uint32(u), nil
}

// Int64 returns an integer.
func (f *File) Int64(key string) (int64, error) {
	v, err := f.find(key)
	if err != nil {
		return 0, err
	}
	i, ok := signed(v)
	if !ok {
		if u, isInt := unsigned(v); isInt {
			return 0, tagf(ErrType, "gguf: key %s is %d, want at most %d", quote(key), u, int64(math.MaxInt64))
		}
		return 0, wrongType(key, v, "an integer")
	}
	return i, nil
}

// Float32 returns a float32. NaN and infinities are allowed in metadata; whether they make sense is the caller's to say.
func (f *File) Float32(key string) (float32, error) {
	v, err := f.find(key)
	if err != nil {
		return 0, err
	}
	x, ok := v.(float32)
	if !ok {
		return 0, wrongType(key, v, "f32")
	}
	return x, nil
}

// Float64 returns a float64, or a float32 widened.
func (f *File) Float64(key string) (float64, error) {
	v, err := f.find(key)
	if err != nil {
		return 0, err
	}
	switch x := v.(type) {
	case float64:
		return x, nil
	case float32:
		return float64(x), nil
	}
	return 0, wrongType(key, v, "f64 or f32")
}

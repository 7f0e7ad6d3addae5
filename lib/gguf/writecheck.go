package gguf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	keyArchitecture = "general.architecture"
	keyAlignment    = "general.alignment"
	keyQuantization = "general.quantization_version"
	keyFileType     = "general.file_type"
)

func valueErrorf(format string, args ...any) error {
	return tagf(ErrValue, "gguf: write: "+format, args...)
}

// checkKVs finds the first key-value that Write must refuse.
func checkKVs(kvs []KV, tensors []TensorData) error {
	if len(kvs) == 0 || kvs[0].Key != keyArchitecture {
		return valueErrorf("the first key must be %s", keyArchitecture)
	}
	seen := map[string]bool{}
	for _, kv := range kvs {
		switch {
		case len(kv.Key) > maxKey:
			return valueErrorf("key %s has %d bytes, at most %d are allowed", quote(kv.Key), len(kv.Key), maxKey)
		case !validKey(kv.Key):
			return valueErrorf("key %s must be segments of a-z, 0-9 and _ joined by dots", quote(kv.Key))
		case seen[kv.Key]:
			return valueErrorf("key %s is there twice", quote(kv.Key))
		}
		seen[kv.Key] = true
		err := checkReserved(kv)
		if err == nil {
			err = checkValue(kv.Value)
		}
		if err != nil {
			return valueErrorf("key %s %w", quote(kv.Key), err)
		}
	}
	for _, t := range tensors {
		if t.Type.Quantized() && !seen[keyQuantization] {
			return valueErrorf("tensor %s is quantised, which needs the key %s = uint32(%d)", quote(t.Name), keyQuantization, quantizationVersion)
		}
	}
	return nil
}

// validKey reports whether a key is lower_snake segments joined by dots.
func validKey(key string) bool {
	for segment := range strings.SplitSeq(key, ".") {
		if segment == "" || strings.Trim(segment, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}

// checkReserved checks the keys that this package gives a meaning to. The error completes a message that begins with
// the key.
func checkReserved(kv KV) error {
	switch kv.Key {
	case keyArchitecture:
		s, ok := kv.Value.(string)
		if !ok || s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return fmt.Errorf("is %s, must be a string of a-z and 0-9", show(kv.Value))
		}
	case keyAlignment:
		return fmt.Errorf("cannot be set: files are written with the alignment of %d that needs no key", defaultAlignment)
	case keyQuantization:
		if kv.Value != uint32(quantizationVersion) {
			return fmt.Errorf("is %s, must be uint32(%d)", show(kv.Value), quantizationVersion)
		}
	case keyFileType:
		if _, ok := kv.Value.(uint32); !ok {
			return fmt.Errorf("is %s, must be u32", describe(kv.Value))
		}
	}
	return nil
}

// show writes a short value for a message, else its type.
func show(value any) string {
	switch v := value.(type) {
	case string:
		return quote(v)
	case uint32:
		return fmt.Sprint(v)
	}
	return describe(value)
}

// checkValue refuses what other readers could not give back.
func checkValue(value any) error {
	t, _, n, ok := TypeOf(value)
	switch {
	case !ok:
		return fmt.Errorf("is of Go type %T, must be a number of stated width, a bool, a string, or a slice of one of them", value)
	case n == 0:
		return fmt.Errorf("is an empty array, which other readers cannot tell the type of; leave the key out")
	case t == Array && n > maxElements:
		return fmt.Errorf("has %d elements, at most %d are allowed", n, maxElements)
	}
	switch v := value.(type) {
	case string:
		return checkString(v)
	case []string:
		for i, s := range v {
			if err := checkString(s); err != nil {
				return fmt.Errorf("element %d %w", i, err)
			}
		}
	}
	return nil
}

func checkString(s string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("is %s, which is not UTF-8", quote(s))
	case strings.ContainsRune(s, 0):
		return fmt.Errorf("is %s, which holds a NUL, where other writers would cut it", quote(s))
	case len(s) > maxElements:
		return fmt.Errorf("has %d bytes, at most %d are allowed", len(s), maxElements)
	}
	return nil
}

// checkTensors finds the first tensor that Write must refuse.
func checkTensors(tensors []TensorData) error {
	seen := map[string]bool{}
	for i, t := range tensors {
		name := fmt.Sprintf("tensor %s", quote(t.Name))
		switch {
		case t.Name == "":
			return valueErrorf("tensor %d has no name", i)
		case len(t.Name) > maxName:
			return valueErrorf("%s has a name of %d bytes, at most %d are allowed", name, len(t.Name), maxName)
		case badText(t.Name):
			return valueErrorf("%s has a NUL in its name, or it is not UTF-8", name)
		case seen[t.Name]:
			return valueErrorf("%s is there twice", name)
		case !convertible(t.Type):
			return valueErrorf("%s is %s, which this package does not write", name, t.Type)
		}
		seen[t.Name] = true
		size, err := tensorBytes(t.Type, t.Dims)
		switch {
		case err != nil:
			return valueErrorf("%s %w", name, err)
		case len(t.Dims) > 1 && t.Dims[len(t.Dims)-1] == 1:
			return valueErrorf("%s has shape %v, whose last dimension of 1 ggml would drop; leave it out", name, t.Dims)
		case uint64(len(t.Data)) != size:
			return valueErrorf("%s has %d bytes of data, its shape %v of %s takes %d", name, len(t.Data), t.Dims, t.Type, size)
		}
		if err := Validate(t.Type, t.Data); err != nil {
			return valueErrorf("%s: %s", name, strings.TrimPrefix(err.Error(), "gguf: "))
		}
	}
	return nil
}

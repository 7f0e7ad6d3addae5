package torchfile

import (
	"encoding/binary"
	"fmt"
	"math"
)

// maxDims bounds the axes of a tensor; the networks read here have two.
const maxDims = 8

// storage is a run of numbers that tensors are views of.
type storage struct {
	kind  kind
	count int64 // numbers
	data  []byte
	order binary.ByteOrder
}

// tensor is a strided view of a storage. Its bounds were checked against the storage when it was built.
type tensor struct {
	storage *storage
	offset  int
	shape   []int
	stride  []int
}

// storageID takes apart the persistent id ("storage", class, key, location, count) of a storage. The location is the
// device it lived on, which says nothing about the numbers.
func storageID(id tuple) (key string, s *storage, err error) {
	bad := func() (string, *storage, error) {
		return "", nil, badArguments("a persistent id", id)
	}
	if len(id) != 5 && len(id) != 6 || id[0] != "storage" {
		return bad()
	}
	class, ok := id[1].(storageClass)
	key, isText := id[2].(string)
	count, isInt := id[4].(int64)
	if !ok || !isText || !isInt {
		return bad()
	}
	if len(id) == 6 && id[5] != nil {
		return "", nil, fmt.Errorf("%w: storage %s is a view of another one (PyTorch before 0.4): load and save it with a newer version",
			ErrFormat, shorten(key))
	}
	if count < 0 || count > maxFile {
		return "", nil, fmt.Errorf("%w: storage %s of %d numbers", ErrFormat, shorten(key), count)
	}
	return key, &storage{kind: class.kind, count: count, order: binary.LittleEndian}, nil
}

// rebuildTensor is torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]), of
// which version 1 had the first four arguments.
func rebuildTensor(_ *machine, args tuple) (any, error) {
	if len(args) < 4 || len(args) > 7 {
		return nil, badArguments("_rebuild_tensor_v2", args)
	}
	s, ok := args[0].(*storage)
	offset, isInt := args[1].(int64)
	shape, isShape := integers(args[2])
	stride, isStride := integers(args[3])
	if !ok || !isInt || !isShape || !isStride || len(shape) != len(stride) {
		return nil, badArguments("_rebuild_tensor_v2", args)
	}
	t := &tensor{storage: s, shape: shape, stride: stride}
	if offset < 0 || offset > s.count || !within(s.count-offset, shape, stride) {
		return nil, fmt.Errorf("%w: a tensor of shape %v, stride %v, offset %d leaves its storage of %d numbers",
			ErrFormat, shape, stride, offset, s.count)
	}
	t.offset = int(offset)
	return t, nil
}

// rebuildParameter is torch._utils._rebuild_parameter(tensor, requires_grad, hooks).
func rebuildParameter(_ *machine, args tuple) (any, error) {
	if len(args) != 3 {
		return nil, badArguments("_rebuild_parameter", args)
	}
	t, ok := args[0].(*tensor)
	if !ok {
		return nil, badArguments("_rebuild_parameter", args)
	}
	return t, nil
}

// integers converts a short tuple of non-negative integers.
func integers(v any) ([]int, bool) {
	items, ok := v.(tuple)
	if !ok || len(items) > maxDims {
		return nil, false
	}
	out := make([]int, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok || n < 0 || n > math.MaxInt32 {
			return nil, false
		}
		out[i] = int(n)
	}
	return out, true
}

// within reports whether the last element of a view lies in the first count numbers. A count is at most 2^30 and a
// factor less than 2^31, so that nothing here can wrap in 64 bits.
func within(count int64, shape, stride []int) bool {
	var last int64
	for i, n := range shape {
		if n == 0 {
			return true
		}
		last += int64(n-1) * int64(stride[i])
		if last >= count {
			return false
		}
	}
	return last < count
}

// values copies the view into row-major order. budget is what all tensors of the file may still have together: views
// with stride 0 and shared storages would otherwise let a small file ask for any amount of memory.
func (t *tensor) values(budget *int) ([]float32, error) {
	n := 1
	for _, d := range t.shape {
		if d == 0 {
			return []float32{}, nil
		}
		if n > *budget/d {
			return nil, fmt.Errorf("%w: a tensor of shape %v repeats the numbers of its storage too often", ErrFormat, t.shape)
		}
		n *= d
	}
	if n > *budget {
		return nil, fmt.Errorf("%w: tensors repeat the numbers of their storages too often", ErrFormat)
	}
	*budget -= n
	size, index, at := t.storage.kind.size, make([]int, len(t.shape)), t.offset
	out := make([]float32, n)
	for i := range out {
		out[i] = t.storage.kind.decode(t.storage.order, t.storage.data[at*size:])
		for axis := len(index) - 1; axis >= 0; axis-- { // the next element: an odometer over the axes
			index[axis]++
			at += t.stride[axis]
			if index[axis] < t.shape[axis] {
				break
			}
			at -= t.shape[axis] * t.stride[axis]
			index[axis] = 0
		}
	}
	return out, nil
}

//go:build !noparquet

package data

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// lengthOf returns the number of values in the memory of a page of so many rows.
func lengthOf(v encoding.Values, rows int) int {
	switch v.Kind() {
	case encoding.Boolean:
		return min(rows, 8*len(v.Boolean()))
	case encoding.Int32:
		return len(v.Int32())
	case encoding.Int64:
		return len(v.Int64())
	case encoding.Int96:
		return len(v.Int96())
	case encoding.Float:
		return len(v.Float())
	case encoding.Double:
		return len(v.Double())
	case encoding.ByteArray:
		_, offsets := v.ByteArray()
		return max(0, len(offsets)-1)
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		return len(data) / max(1, size)
	}
	return rows // of the type that has only nulls, which no memory holds
}

// valueAt returns one value of the memory of a page. It serves what is rare, such as errors, and what costs more than
// a parquet.Value anyway, such as texts.
func valueAt(v encoding.Values, i int) parquet.Value {
	switch v.Kind() {
	case encoding.Boolean:
		return parquet.BooleanValue(v.Boolean()[i/8]>>(i%8)&1 != 0)
	case encoding.Int32:
		return parquet.Int32Value(v.Int32()[i])
	case encoding.Int64:
		return parquet.Int64Value(v.Int64()[i])
	case encoding.Int96:
		return parquet.Int96Value(v.Int96()[i])
	case encoding.Float:
		return parquet.FloatValue(v.Float()[i])
	case encoding.Double:
		return parquet.DoubleValue(v.Double()[i])
	case encoding.ByteArray:
		data, offsets := v.ByteArray()
		return parquet.ByteArrayValue(data[offsets[i]:offsets[i+1]])
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		return parquet.FixedLenByteArrayValue(data[i*size : (i+1)*size])
	}
	return parquet.NullValue()
}

// narrowAll converts the values from the given one on to float32, by the rules of number. It returns false where that
// must be done value by value: because the kind is rare, or because a value is beyond float32. dst is then undefined.
func (p *parquetColumn) narrowAll(dst []float32, v encoding.Values, from int) bool {
	if p.decimal != 0 {
		return false
	}
	to := from + len(dst)
	switch v.Kind() {
	case encoding.Float:
		narrowFloats(dst, v.Float()[from:to])
	case encoding.Double:
		return narrowDoubles(dst, v.Double()[from:to])
	case encoding.Int32:
		if p.unsigned {
			toFloats(dst, v.Uint32()[from:to])
		} else {
			toFloats(dst, v.Int32()[from:to])
		}
	case encoding.Int64:
		if p.unsigned {
			toFloats(dst, v.Uint64()[from:to])
		} else {
			toFloats(dst, v.Int64()[from:to])
		}
	case encoding.Boolean:
		bits := v.Boolean()
		for i := range dst {
			dst[i] = float32(bits[(from+i)/8] >> ((from + i) % 8) & 1)
		}
	default:
		return false
	}
	return true
}

// narrowFloats copies floats and replaces infinities, in blocks that are still in the nearest cache for the second.
func narrowFloats(dst, src []float32) {
	const block = 2048
	for len(dst) > 0 {
		n := copy(dst[:min(block, len(dst))], src)
		missInfinities(dst[:n])
		dst, src = dst[n:], src[n:]
	}
}

// narrowDoubles is narrow for many; it returns false at a value that narrow refuses. It asks for four values at a time
// whether one is no number or too large, because almost none is.
func narrowDoubles(dst []float32, src []float64) bool {
	const lane = 4
	for len(dst) >= lane {
		from, to := (*[lane]float64)(src), (*[lane]float32)(dst)
		a, b, c, d := float32(from[0]), float32(from[1]), float32(from[2]), float32(from[3])
		to[0], to[1], to[2], to[3] = a, b, c, d
		if (a-a)+(b-b)+((c-c)+(d-d)) != 0 && !narrowEach(to[:], from[:]) {
			return false
		}
		dst, src = dst[lane:], src[lane:]
	}
	return narrowEach(dst, src)
}

func narrowEach(dst []float32, src []float64) bool {
	for i, v := range src[:len(dst)] {
		f, err := narrow(v)
		if err != nil {
			return false
		}
		dst[i] = f
	}
	return true
}

func toFloats[T int32 | int64 | uint32 | uint64](dst []float32, src []T) {
	for i, v := range src[:len(dst)] {
		dst[i] = float32(v)
	}
}

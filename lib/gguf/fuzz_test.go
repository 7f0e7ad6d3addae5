package gguf

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"testing"
)

// FuzzRead gives the reader any bytes: it must not panic, must say ErrFormat, and what it accepts must hold what its
// documentation promises. A file that Write also accepts must come back the same.
func FuzzRead(f *testing.F) {
	f.Add(sampleFile(f))
	f.Add(rawParts().bytes())
	for _, c := range badFiles {
		if p := rawParts(); c.name != "10,000 arrays in each other" && c.name != "key too long" {
			c.change(p)
			f.Add(p.bytes())
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := readBytes(b)
		if err != nil {
			if file != nil || !errors.Is(err, ErrFormat) {
				t.Fatalf("Read gives %v, %v", file, err)
			}
			return
		}
		var at uint64
		data := make([]TensorData, len(file.Tensors))
		sound := true
		for i, tensor := range file.Tensors {
			if tensor.Offset != at || file.DataOffset+at+tensor.Size > uint64(len(b)) {
				t.Fatalf("tensor %d lies at %d of %d bytes", i, file.DataOffset+tensor.Offset, len(b))
			}
			at += (tensor.Size + file.Alignment - 1) / file.Alignment * file.Alignment
			p, err := file.Data(tensor)
			if err != nil && !errors.Is(err, ErrFormat) {
				t.Fatal(err)
			}
			sound = sound && err == nil
			if v, err := file.Values(tensor); err == nil && uint64(len(v)) != tensor.Elements() {
				t.Fatalf("tensor %d has %d values", i, len(v))
			}
			data[i] = TensorData{tensor.Name, tensor.Type, tensor.Dims, p}
		}
		checked := file.Check(t.Context())
		if checked == nil && !sound {
			t.Fatal("Check finds nothing in data that Data refuses")
		}
		var again bytes.Buffer
		if err := Write(&again, file.KVs, data); err != nil {
			if !errors.Is(err, ErrValue) {
				t.Fatal(err)
			}
			return
		}
		if checked == nil && file.Version == version && len(data) > 0 && !bytes.Equal(again.Bytes(), b) {
			t.Fatalf("the file comes back as\n%x, was\n%x", again.Bytes(), b)
		}
		twice, err := readBytes(again.Bytes())
		if err != nil || !sameKVs(twice.KVs, file.KVs) {
			t.Fatalf("the file that was written again is not the same: %v", err)
		}
	})
}

// sameKVs compares with NaN equal to itself.
func sameKVs(a, b []KV) bool {
	var x, y output
	var p, q bytes.Buffer
	x.w, y.w = bufio.NewWriter(&p), bufio.NewWriter(&q)
	x.header(a, nil)
	y.header(b, nil)
	return x.w.Flush() == nil && y.w.Flush() == nil && reflect.DeepEqual(p.Bytes(), q.Bytes())
}

// FuzzQuantizeRoundTrip gives the quantisers any float32: no panic, and what they accept widens to finite numbers that
// are as near as the type allows.
func FuzzQuantizeRoundTrip(f *testing.F) {
	for i, in := range edgeInputs() {
		f.Add(uint8(i), floatBytes(in.values[:256]))
	}
	f.Add(uint8(0), []byte("\x00\x00\xc0\x7f"))
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		typ := edgeTypes[int(which)%len(edgeTypes)]
		x := make([]float32, max(256, typ.BlockSize()))
		finite := true
		var most float64
		for i := range x {
			if len(b) >= 4 {
				x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i%(len(b)/4*4):]))
			}
			finite = finite && x[i]-x[i] == 0
			most = max(most, math.Abs(float64(x[i])))
		}
		blocks := make([]byte, len(x)/typ.BlockSize()*typ.BlockBytes())
		err := Quantize(typ, blocks, x)
		if err != nil {
			if !errors.Is(err, ErrValue) || finite && most < 6e4 {
				t.Fatalf("%s of at most %v: %v", typ, most, err)
			}
			return
		}
		if !finite {
			t.Fatalf("%s accepts NaN or infinity", typ)
		}
		if err := Validate(typ, blocks); err != nil {
			t.Fatal(err)
		}
		y := make([]float32, len(x))
		if err := Dequantize(typ, y, blocks); err != nil {
			t.Fatal(err)
		}
		for i := range x {
			if difference := math.Abs(float64(x[i]) - float64(y[i])); !(difference <= coarsest(typ)*most+1e-3) {
				t.Fatalf("%s: weight %d, %v of at most %v, becomes %v", typ, i, x[i], most, y[i])
			}
		}
	})
}

// coarsest bounds the error of a weight, relative to the largest magnitude in 256 of them.
func coarsest(t Type) float64 {
	switch t {
	case F16, BF16:
		return 1.0 / 256
	case Q8_0:
		return 1.0 / 127
	case Q4_0:
		return 1.0 / 4
	case Q5_0, Q5_1:
		return 1.0 / 8
	}
	return 1 // a least-squares fit may give up a single weight
}

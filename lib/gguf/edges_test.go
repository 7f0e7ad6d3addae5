package gguf

import (
	"math"
	"testing"
)

// edgeInputs are values that quantisers trip over: ties, zeros, subnormals, blocks of wide range. 64 rows of 256 each.
func edgeInputs() []struct {
	name   string
	values []float32
} {
	var list []struct {
		name   string
		values []float32
	}
	add := func(name string, value func(s uint32, i int) float32) {
		x := make([]float32, 64*256)
		s := uint32(2463534242)
		for i := range x {
			s ^= s << 13
			s ^= s >> 17
			s ^= s << 5
			x[i] = value(s, i)
		}
		list = append(list, struct {
			name   string
			values []float32
		}{name, x})
	}
	unit := func(s uint32) float32 { return (float32(s>>8) - 8388608) / 8388608 }
	power := func(e int) float32 { return math.Float32frombits(uint32(e+127) << 23) }
	add("ties", func(s uint32, _ int) float32 { return float32(int(s>>24)-128) / 2 })
	add("integers", func(s uint32, _ int) float32 { return float32(int(s>>28) - 8) })
	add("ternary", func(s uint32, _ int) float32 { return float32(int(s>>16%3) - 1) })
	add("sparse", func(s uint32, _ int) float32 {
		if s>>28 != 0 {
			return 0
		}
		return unit(s << 4)
	})
	add("positive", func(s uint32, _ int) float32 { return unit(s) + 1 })
	add("negative", func(s uint32, _ int) float32 { return unit(s) - 1 })
	add("constant", func(_ uint32, i int) float32 { return float32(i/256) - 32 })
	add("ramp", func(_ uint32, i int) float32 { return float32(i%256) / 7 })
	add("subnormal", func(s uint32, _ int) float32 { return math.Float32frombits(s&0x807fffff>>8 | s&(1<<31)) })
	add("tiny", func(s uint32, _ int) float32 { return unit(s) * power(-60) })
	add("huge", func(s uint32, _ int) float32 { return unit(s) * 60000 })
	add("range", func(s uint32, _ int) float32 { return unit(s<<3) * power(int(s>>27)-24) })
	return list
}

// edgeHashes begin the SHA-256 hashes of what ggml 0.21's reference quantiser (commit d99724f2, gcc 12 -O2, x86-64 without
// FMA) makes of edgeInputs, in the order of edgeTypes.
var edgeHashes = map[string][9]string{
	"ties":      {"9fb574157627", "f255d3e7f0ab", "1a11d22c76c1", "85a6101382b3", "b2a27de4ec44", "e64fadcd95b3", "ae57214d90a6", "91ae9f78bbaa", "1697195dbc22"},
	"integers":  {"2bc88997de8a", "1011cb035450", "fbc21fe5e93a", "06bb667a595a", "1d84357887bf", "38d5b83fe88b", "a5a85db1f072", "9bf078e26af8", "ac7eb099d12d"},
	"ternary":   {"eaa8e573271c", "48a6a080fe2d", "eeb5984f225f", "f22b7febf7ae", "99033c83485e", "0609b341ce66", "7d2f0613e4f0", "455a02ba99f9", "4519de86c308"},
	"sparse":    {"946ec05a16ab", "aa4d26719e78", "9895d54c4e87", "69ab1bcb8fdd", "4a75fb52fb85", "b8cc71212d53", "3af8f2a9e10d", "d7e887a8af8d", "0e8ddb4b0156"},
	"positive":  {"0fdbc9fee481", "dce29b9f777a", "a36d85b4df9d", "7cf1fa71b54c", "f9505fe54fbb", "a26d80397718", "5214ad40c4b4", "7c4bd6bdf141", "4b62c6f2cee3"},
	"negative":  {"83e78e9b7c28", "7ecba6fa9bd3", "9450ee0b2556", "91ee11624c30", "66bb3f517a3a", "cafcb0861b8b", "f0d7721c762f", "6a95ca78117d", "501144f0d207"},
	"constant":  {"ff235feaf8be", "792e4e58213c", "efc8b20ca3ad", "5c38b6591310", "112ce50780ba", "8ccc14327c2c", "c7e867310196", "eea1c97ce270", "98f5b857fa90"},
	"ramp":      {"a542564148f8", "51a44470cfd2", "45334dda557e", "d16abafb92c2", "097f6b04dad6", "d694c6571435", "0ff801855909", "88e9e2c692e6", "1fd844bb32ac"},
	"subnormal": {"79e2f38bbdf1", "5ab333234918", "3f1f6f76c522", "5dd9b03c0b71", "5309e677c79c", "2d07a41ae992", "9e8e4d1848b6", "5309e677c79c", "2d07a41ae992"},
	"tiny":      {"cf2f70a8aa25", "4026e74f93be", "eb5ac1fa607f", "61f71f2b6d65", "f16136d01718", "5939922cb630", "9e8e4d1848b6", "8e4ce116c08e", "6fde93ec6f4d"},
	"huge":      {"cb8d0143c9f8", "22df37c1c398", "5dcf3b1b23d0", "1d966989f9fe", "0516f2f88745", "c71f92fe012e", "28581051a86f", "196ae8dbf5fa", "3406e9d9179f"},
	"range":     {"67a7b2ed1852", "8dea31b8336c", "e86c82a525bf", "e0e079df3a25", "3e37be55985e", "3bf66096e7c0", "62ebfe848197", "dbd9f06c01ed", "a7bbbed3850a"}}

var edgeTypes = [9]Type{F16, BF16, Q8_0, Q5_1, Q5_0, Q4_0, Q6_K, Q5_K, Q4_K}

func TestEdgeBlocksEqualGGML(t *testing.T) {
	for _, in := range edgeInputs() {
		for i, typ := range edgeTypes {
			size, err := RowBytes(typ, len(in.values))
			if err != nil {
				t.Fatal(err)
			}
			blocks := make([]byte, size)
			if err := Quantize(typ, blocks, in.values); err != nil {
				t.Errorf("%s as %s: %v", in.name, typ, err)
				continue
			}
			if got := hash(blocks)[:12]; got != edgeHashes[in.name][i] {
				t.Errorf("%s as %s has hash %s, want %s", in.name, typ, got, edgeHashes[in.name][i])
			}
		}
	}
}

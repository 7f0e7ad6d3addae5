package gguf

import (
	"encoding/binary"
	"slices"
	"strings"
)

// The pieces of a file, for files that Write would not write.

func le32(v uint32) string { return string(binary.LittleEndian.AppendUint32(nil, v)) }
func le64(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }
func rawText(s string) string {
	return le64(uint64(len(s))) + s
}

func rawKV(key string, t ValueType, value string) string {
	return rawText(key) + le32(uint32(t)) + value
}

func rawArray(elem ValueType, n uint64, elements string) string {
	return le32(uint32(elem)) + le64(n) + elements
}

// rawTensor is an entry for the table of tensors.
func rawTensor(name string, typ uint32, offset uint64, dims ...uint64) string {
	s := rawText(name) + le32(uint32(len(dims)))
	for _, d := range dims {
		s += le64(d)
	}
	return s + le32(typ) + le64(offset)
}

// parts are the pieces of a small valid file, for tests to spoil.
type parts struct {
	magic        string
	version      uint32
	tensors, kvs uint64
	kv, infos    []string
	data         []byte
}

// rawParts are two key-values, a tensor of three float32 and one of two rows of q8_0.
func rawParts() *parts {
	blocks := make([]byte, 68)
	blocks[1] = 0x3c // the scale of the first block is 1
	return &parts{
		magic: magic, version: 3, tensors: 2, kvs: 2,
		kv: []string{
			rawKV("general.architecture", String, rawText("sample")),
			rawKV("sample.block_count", Uint32, le32(3)),
		},
		infos: []string{rawTensor("a", 0, 0, 3), rawTensor("b", 8, 32, 32, 2)},
		data:  padTo(append(padTo(floatBytes([]float32{1, 2, 3})), blocks...)),
	}
}

// header is the file up to the padding before the data.
func (p *parts) header() []byte {
	s := p.magic + le32(p.version) + le64(p.tensors) + le64(p.kvs)
	return []byte(s + strings.Join(p.kv, "") + strings.Join(p.infos, ""))
}

func (p *parts) bytes() []byte { return append(padTo(p.header()), p.data...) }

// with appends a key-value.
func (p *parts) with(kv string) {
	p.kv = append(p.kv, kv)
	p.kvs++
}

// padTo appends zeros up to a multiple of 32.
func padTo(b []byte) []byte { return append(slices.Clip(b), make([]byte, -len(b)&31)...) }

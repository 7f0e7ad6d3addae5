package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// group is the number of lanes that buffers are padded to: simd.Group.
const group = 16

// machine is an instruction set: AVX-512 with 16 floats and 32 registers, or AVX2 with 8 floats and 16 registers.
type machine struct {
	suffix string
	width  int // floats in a vector
	height int // rows of the tallest tile of Gemm
	unroll int // steps of k in one turn of Gemm's loop
	data   map[string]Mem
	labels int
}

func (m *machine) avx512() bool { return m.width == 16 }

// perGroup is the number of vectors in a group of lanes.
func (m *machine) perGroup() int { return group / m.width }

// bytes is the size of a vector.
func (m *machine) bytes() int { return 4 * m.width }

// text starts a function; the name gets the machine's suffix.
func (m *machine) text(name, signature, doc string) {
	TEXT(name+m.suffix, attr.NOSPLIT, "func"+signature)
	Pragma("noescape")
	Doc(name + m.suffix + " " + doc)
}

// end leaves the function with clean upper halves of the vector registers. Without it, every scalar float instruction
// that follows, anywhere in the process, would wait for the halves it does not use.
func (m *machine) end() {
	VZEROUPPER()
	RET()
}

// label makes a name that is not used yet.
func (m *machine) label(name string) string {
	m.labels++
	return fmt.Sprintf("%s%d", name, m.labels)
}

// loop runs body count times, count > 0, and leaves 0 in count.
func (m *machine) loop(name string, count Register, body func()) {
	l := m.label(name)
	Label(l)
	body()
	DECQ(count)
	JNZ(LabelRef(l))
}

// vec returns a new vector register.
func (m *machine) vec() VecVirtual {
	if m.avx512() {
		return ZMM()
	}
	return YMM()
}

func (m *machine) vecs(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = m.vec()
	}
	return v
}

// zero returns a vector of zeros.
func (m *machine) zero() VecVirtual {
	v := m.vec()
	VXORPS(v, v, v)
	return v
}

// load returns a new vector with the values at an address.
func (m *machine) load(from Op) VecVirtual {
	v := m.vec()
	VMOVUPS(from, v)
	return v
}

// broadcast returns a new vector that repeats the float at an address.
func (m *machine) broadcast(from Op) VecVirtual {
	v := m.vec()
	VBROADCASTSS(from, v)
	return v
}

// fmaBroadcast adds x times the float at an address to acc.
func (m *machine) fmaBroadcast(from Mem, x, acc Register) {
	if m.avx512() {
		VFMADD231PS_BCST(from, x, acc)
		return
	}
	VFMADD231PS(m.broadcast(from), x, acc)
}

// mulBroadcast returns x times the float at an address.
func (m *machine) mulBroadcast(from Mem, x Register) VecVirtual {
	v := m.vec()
	if m.avx512() {
		VMULPS_BCST(from, x, v)
	} else {
		VMULPS(m.broadcast(from), x, v)
	}
	return v
}

// constant returns an operand that repeats a float: a register where there are plenty, else an address. In a loop, call
// it before the loop.
func (m *machine) constant(name string, value float64) Op {
	if m.avx512() {
		return m.constantReg(name, value)
	}
	return m.repeated(name, math.Float32bits(float32(value)))
}

// constantReg is constant in a register, for the operands that cannot be an address.
func (m *machine) constantReg(name string, value float64) VecVirtual {
	at := m.repeated(name, math.Float32bits(float32(value)))
	if m.avx512() {
		return m.broadcast(at)
	}
	return m.load(at)
}

// repeated returns read-only data of eight equal words.
func (m *machine) repeated(name string, bits uint32) Mem {
	return m.static(name, 8, func(int) uint32 { return bits })
}

// static returns read-only data of n words, the same address for the same name.
func (m *machine) static(name string, n int, word func(i int) uint32) Mem {
	name += m.suffix
	if at, ok := m.data[name]; ok {
		return at
	}
	at := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range n {
		DATA(4*i, operand.U32(word(i)))
	}
	if m.data == nil {
		m.data = map[string]Mem{}
	}
	m.data[name] = at
	return at
}

// mask is the set of a vector's lanes that loads and stores touch.
type mask struct {
	m   *machine
	reg Register
}

func (m *machine) newMask() mask {
	if m.avx512() {
		return mask{m, K()}
	}
	return mask{m, YMM()}
}

// first sets the mask to the first count lanes; count is at most the width and is left as it is.
func (k mask) first(count Register) {
	at := GP64()
	if k.m.avx512() {
		table := k.m.static("tailBits", group+1, func(i int) uint32 { return 1<<i - 1 })
		LEAQ(table, at)
		KMOVW(Mem{Base: at, Index: count, Scale: 4}, k.reg)
		return
	}
	table := k.m.static("tailLanes", 2*k.m.width, func(i int) uint32 {
		if i < k.m.width {
			return math.MaxUint32
		}
		return 0
	})
	LEAQ(table.Offset(k.m.bytes()), at)
	negative := GP64()
	MOVQ(count, negative)
	NEGQ(negative)
	VMOVUPS(Mem{Base: at, Index: negative, Scale: 4}, k.reg)
}

// load returns the masked lanes at an address and zero in the others, which are not read.
func (k mask) load(from Mem) VecVirtual {
	v := k.m.vec()
	if k.m.avx512() {
		VMOVUPS_Z(from, k.reg, v)
	} else {
		VMASKMOVPS(from, k.reg, v)
	}
	return v
}

// store writes the masked lanes.
func (k mask) store(v Register, to Mem) {
	if k.m.avx512() {
		VMOVUPS(v, k.reg, to)
	} else {
		VMASKMOVPS(v, k.reg, to)
	}
}

// arg loads an argument.
func arg(name string) Register { return Load(Param(name), GP64()) }

// base loads the address of a slice.
func base(name string) Register { return Load(Param(name).Base(), GP64()) }

// stride loads an argument in floats as a number of bytes.
func stride(name string) Register {
	r := arg(name)
	SHLQ(Imm(2), r)
	return r
}

// groups loads a number of lanes as a number of groups, rounded up.
func groups(name string) Register {
	r := arg(name)
	ADDQ(Imm(group-1), r)
	SHRQ(Imm(4), r)
	return r
}

// clone copies a general register.
func clone(r Register) Register {
	c := GP64()
	MOVQ(r, c)
	return c
}

// times3 returns three times a stride, for addresses of rows that a scale of 1, 2, 4 or 8 does not reach.
func times3(stride Register) Register {
	r := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, r)
	return r
}

// row is the address of row i, 0..3, below base.
func row(base, stride, stride3 Register, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: stride3, Scale: 1}
	default:
		return Mem{Base: base, Index: stride, Scale: uint8(i)}
	}
}

// imm is an immediate operand of a size that every instruction takes.
func imm(n int) Op {
	if n < 128 {
		return U8(n)
	}
	return U32(n)
}

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// attention is the state of the generator of one row's attention: for each head, for each vector of queries, the
// scores of all keys, their weights, and the weighted values. A vector holds one value of as many queries; what
// belongs to a key is broadcast.
type attention struct {
	*machine
	q, k, v, out Mem // on the stack: where the current head starts
	ld, ld3      Register
	offset       Register // of the current queries, bytes
	scratch      Register
	mask         mask // the lanes of the current queries
	factor, inv  VecVirtual
}

func (m *machine) attention() {
	m.text("attendRow", "(out, q, k, v []float32, ld, heads, dh, tokens int, factor float32, scratch []float32)",
		"is attention among the tokens of one row; scores times factor are exponents of 2.")
	a := &attention{machine: m, ld: stride("ld"), scratch: base("scratch"), mask: m.newMask(), factor: m.broadcast(paramMem("factor")),
		inv: m.vec(), offset: GP64()}
	a.ld3 = times3(a.ld)
	local := func(value Register) Mem {
		at := AllocLocal(8)
		MOVQ(value, at)
		return at
	}
	a.q, a.k, a.v, a.out = local(base("q")), local(base("k")), local(base("v")), local(base("out"))
	exp2, low := m.exp2(), m.constant("softmaxMin", softmaxMin)

	head, queries := m.label("head"), m.label("queries")
	heads := local(arg("heads"))
	Label(head)
	XORQ(a.offset, a.offset)
	Label(queries)
	a.setMask()
	a.scores()
	a.weights(exp2, low)
	a.values()
	ADDQ(imm(m.bytes()), a.offset)
	tokens := stride("tokens")
	CMPQ(a.offset, tokens)
	JL(LabelRef(queries))

	next := arg("dh")
	IMULQ(a.ld, next)
	for _, at := range []Mem{a.q, a.k, a.v, a.out} {
		ADDQ(next, at)
	}
	DECQ(heads)
	JNZ(LabelRef(head))
	m.end()
}

// setMask selects the queries that are left, at most a vector of them.
func (a *attention) setMask() {
	left, width := stride("tokens"), GP64()
	SUBQ(a.offset, left)
	SHRQ(Imm(2), left)
	MOVQ(U32(a.width), width)
	CMPQ(left, width)
	CMOVQGT(width, left)
	a.mask.first(left)
}

// rows are the addresses of n <= 8 rows of a matrix with stride ld, in a loop that moves on along the rows.
type rows struct {
	a      *attention
	p0, p4 Register
}

func (a *attention) rows(at Register, n int) rows {
	r := rows{a: a, p0: clone(at)}
	if n > 4 {
		r.p4 = GP64()
		LEAQ(Mem{Base: at, Index: a.ld, Scale: 4}, r.p4)
	}
	return r
}

func (r rows) at(i int) Mem {
	if i < 4 {
		return row(r.p0, r.a.ld, r.a.ld3, i)
	}
	return row(r.p4, r.a.ld, r.a.ld3, i-4)
}

func (r rows) advance(bytes int) {
	ADDQ(imm(bytes), r.p0)
	if r.p4 != nil {
		ADDQ(imm(bytes), r.p4)
	}
}

// chunks cuts the dh features of a head into pieces of 8, 4, 2 and 1, whose vectors fit the registers, and runs body on
// each. With apart set, body is told which piece is the first.
func (a *attention) chunks(apart bool, body func(n int, first bool), next func(n int)) {
	left := arg("dh")
	more, done := a.label("more"), a.label("done")
	ladder := func(first bool) {
		for n := 8; n >= 1; n /= 2 {
			smaller := a.label("smaller")
			if n > 1 {
				CMPQ(left, imm(n))
				JL(LabelRef(smaller))
			}
			body(n, first)
			next(n)
			SUBQ(imm(n), left)
			JZ(LabelRef(done))
			JMP(LabelRef(more))
			if n > 1 {
				Label(smaller)
			}
		}
	}
	if apart {
		ladder(true)
	}
	Label(more)
	ladder(false)
	Label(done)
}

// scores writes the products of the queries with every key to the scratch memory, [tokens][width].
func (a *attention) scores() {
	q, k := GP64(), GP64()
	MOVQ(a.q, q)
	ADDQ(a.offset, q)
	MOVQ(a.k, k)
	a.chunks(true, func(n int, first bool) {
		var x []VecVirtual
		from := a.rows(q, n)
		for i := range n {
			v := a.mask.load(from.at(i))
			VMULPS(a.factor, v, v)
			x = append(x, v)
		}
		key, to := a.rows(k, n), clone(a.scratch)
		a.loop("key", arg("tokens"), func() {
			var s VecVirtual
			if first {
				s = a.mulBroadcast(key.at(0), x[0])
			} else {
				s = a.load(Mem{Base: to})
				a.fmaBroadcast(key.at(0), x[0], s)
			}
			for i := 1; i < n; i++ {
				a.fmaBroadcast(key.at(i), x[i], s)
			}
			VMOVUPS(s, Mem{Base: to})
			key.advance(4)
			ADDQ(imm(a.bytes()), to)
		})
	}, func(n int) {
		size := clone(a.ld)
		IMUL3Q(imm(n), size, size)
		ADDQ(size, q)
		ADDQ(size, k)
	})
}

// weights replaces the scores by powers of 2 of their difference to the largest, and sets inv to 1 over their sum.
func (a *attention) weights(exp2 func(Register) VecVirtual, low Op) {
	// The maximum has a latency of four cycles: four of them take turns.
	top := a.vecs(4)
	for _, v := range top {
		VMOVUPS(Mem{Base: a.scratch}, v)
	}
	at, left := clone(a.scratch), arg("tokens")
	four, last, single, done := a.label("four"), a.label("last"), a.label("single"), a.label("done")
	SUBQ(Imm(4), left)
	JL(LabelRef(last))
	Label(four)
	for i, v := range top {
		VMAXPS(Mem{Base: at, Disp: i * a.bytes()}, v, v)
	}
	ADDQ(imm(4*a.bytes()), at)
	SUBQ(Imm(4), left)
	JGE(LabelRef(four))
	Label(last)
	ADDQ(Imm(4), left)
	JZ(LabelRef(done))
	Label(single)
	VMAXPS(Mem{Base: at}, top[0], top[0])
	ADDQ(imm(a.bytes()), at)
	DECQ(left)
	JNZ(LabelRef(single))
	Label(done)
	VMAXPS(top[1], top[0], top[0])
	VMAXPS(top[3], top[2], top[2])
	VMAXPS(top[2], top[0], top[0])

	sum := a.zero()
	to := clone(a.scratch)
	a.loop("weight", arg("tokens"), func() {
		t := a.load(Mem{Base: to})
		VSUBPS(top[0], t, t)
		VMAXPS(low, t, t)
		w := exp2(t)
		VADDPS(w, sum, sum)
		VMOVUPS(w, Mem{Base: to})
		ADDQ(imm(a.bytes()), to)
	})
	one := a.constantReg("exp0", 1)
	VDIVPS(sum, one, a.inv)
}

// values writes the sums of the values under their weights. Two keys take turns where registers allow it: a sum takes
// four cycles.
func (a *attention) values() {
	v, out := GP64(), GP64()
	MOVQ(a.v, v)
	MOVQ(a.out, out)
	ADDQ(a.offset, out)
	a.chunks(false, func(n int, _ bool) {
		turns := 2
		if n == 8 {
			turns = 1
		}
		sums := make([][]VecVirtual, turns)
		for t := range sums {
			for range n {
				sums[t] = append(sums[t], a.zero())
			}
		}
		key, from, left := a.rows(v, n), clone(a.scratch), arg("tokens")
		add := func(count int) {
			for t := range count {
				w := a.load(Mem{Base: from, Disp: t * a.bytes()})
				for i := range n {
					a.fmaBroadcast(key.at(i).Offset(4*t), w, sums[t][i])
				}
			}
			key.advance(4 * count)
			ADDQ(imm(count*a.bytes()), from)
		}
		if turns == 1 {
			a.loop("key", left, func() { add(1) })
		} else {
			pair, odd, done := a.label("pair"), a.label("odd"), a.label("done")
			SUBQ(Imm(2), left)
			JL(LabelRef(odd))
			Label(pair)
			add(2)
			SUBQ(Imm(2), left)
			JGE(LabelRef(pair))
			Label(odd)
			ADDQ(Imm(2), left)
			JZ(LabelRef(done))
			add(1)
			Label(done)
		}
		to := a.rows(out, n)
		for i := range n {
			if turns == 2 {
				VADDPS(sums[1][i], sums[0][i], sums[0][i])
			}
			VMULPS(a.inv, sums[0][i], sums[0][i])
			a.mask.store(sums[0][i], to.at(i))
		}
	}, func(n int) {
		size := clone(a.ld)
		IMUL3Q(imm(n), size, size)
		ADDQ(size, v)
		ADDQ(size, out)
	})
}

package gocpu

import (
	"slices"

	"github.com/gomlx/compute"
)

// loop is a compiled group: a program of block instructions that runs over all elements of the domain, one block after
// the other, so that what passes from one instruction to the next stays in the first-level cache.
type loop struct {
	n, block, task int // elements in all, of a block and of a task

	once  []instr // what is the same for all blocks of a task
	code  []instr // what each block does
	sinks []*sink

	uniforms []ref // operands of one value for all elements
	scratch  []int // by register: which block of the worker's memory it is, or -1 where it is bound to a tensor
	blocks   int   // of the worker's memory
}

// action is what an instruction does.
type action uint8

const (
	doBind     action = iota // let dst be a part of a tensor
	doLoad                   // copy elements of a tensor to dst
	doCount                  // dst = number of the element
	doUnary                  // dst = unary(a)
	doBinary                 // dst = binary(a, b)
	doScalar                 // dst = scalar(a, uniform)
	doSelect                 // dst = b where a, else c
	doSelectSB               // dst = b where a, else the uniform
	doSelectSA               // dst = the uniform where a, else b
	doFill                   // dst = the uniform
	doNarrow                 // store mask a as booleans
	doSink                   // feed a to a reduction
)

// instr is one instruction. Operands are numbers of registers.
type instr struct {
	do        action
	dst       int
	a, b, c   int
	uniform   int
	ref       ref // doBind, doLoad: what to read
	out       *buffer
	dense     bool // doBind: the tensor is whole and in order
	unary     unaryBody
	binary    binaryBody
	scalar    scalarBody
	sink      *sink
	temporary bool // doBind to out: written, not read
}

// Sizes of blocks in elements: what is aimed at, and what alignment may lead to.
const (
	wantBlock = 1024
	maxBlock  = 4096
)

// grain is how much work is worth a task of its own, which another thread may do. What an executable computes depends
// on it, since tasks sum apart; so it is the same on every machine.
type grain struct {
	loop     int // elements times instructions
	products int // floating-point operations
	moved    int // elements that are only copied
	helpers  int // tasks, in passes of more than one, from which on an execution asks for helpers
}

// coarseGrain is the grain of every backend but those of tests: about 10 microseconds.
// Helpers are asked for from a millisecond or so on, since they cost a core each for as long as they watch.
func coarseGrain() grain {
	return grain{loop: 1 << 16, products: 1 << 20, moved: 1 << 14, helpers: 128}
}

// maxTasks bounds the tasks of one pass, and with them the memory for partial sums.
const maxTasks = 16

// loopCompiler holds what is known while the instructions of a loop are written.
type loopCompiler struct {
	*loop
	group    *group
	register map[*item]int
	leaves   []leaf
	hoisted  []bool // by register
}

type leaf struct {
	ref      ref
	register int
}

func compileLoop(g *group, worth grain) *loop {
	c := &loopCompiler{loop: &loop{n: g.domain}, group: g, register: map[*item]int{}}
	c.chooseBlock()
	for _, it := range g.items {
		if it.class == reduction {
			c.reduce(it)
		} else {
			c.compute(it)
		}
	}
	c.allocate()
	c.chooseTask(worth)
	return c.loop
}

// chooseBlock makes blocks multiples of the rows that the group's inputs repeat in, where these are short enough: a row
// that is added to every row of a matrix is then laid out once.
func (c *loopCompiler) chooseBlock() {
	unit := c.group.align
	widen := func(by int) {
		if m := lcm(unit, by); m <= maxBlock {
			unit = m
		}
	}
	// Short rows first: all blocks then begin at the beginning of a row, and perhaps of a row of rows.
	for depth := 1; depth < 4; depth++ {
		for _, it := range c.group.items {
			for _, r := range it.in {
				if len(r.view.axes) > depth {
					widen(product(dimsOf(r.view.axes[len(r.view.axes)-depth:])))
				}
			}
		}
	}
	c.block = min(unit*max(1, wantBlock/unit), c.n)
}

func dimsOf(axes []axis) []int {
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = a.dim
	}
	return dims
}

// newRegister returns the number of another register, in scratch memory or bound.
func (c *loopCompiler) newRegister(scratch, hoisted bool) int {
	place := -1
	if scratch {
		place = 0
	}
	c.scratch = append(c.scratch, place)
	c.hoisted = append(c.hoisted, hoisted)
	return len(c.scratch) - 1
}

// emit appends an instruction to the part of the program where it belongs.
func (c *loopCompiler) emit(in instr, hoisted bool) {
	if hoisted {
		c.once = append(c.once, in)
	} else {
		c.code = append(c.code, in)
	}
}

// operand returns the register that holds r, loading it if need be, or the number of a uniform.
func (c *loopCompiler) operand(r ref) (register, uniform int) {
	if reg, ok := c.register[r.item]; ok && r.view.isWhole(r.item.n) {
		return reg, -1
	}
	if r.view.isUniform() && c.n > 1 {
		for i, u := range c.uniforms {
			if u.item == r.item && u.view.equal(r.view) {
				return -1, i
			}
		}
		c.uniforms = append(c.uniforms, r)
		return -1, len(c.uniforms) - 1
	}
	for _, l := range c.leaves {
		if l.ref.item == r.item && l.ref.view.equal(r.view) {
			return l.register, -1
		}
	}
	reg := c.load(r, -1)
	c.leaves = append(c.leaves, leaf{r, reg})
	return reg, -1
}

// load emits the instruction that fills a register, into if that is not negative.
func (c *loopCompiler) load(r ref, into int) int {
	v := r.view
	hoisted := c.periodic(v) && into < 0
	last := axis{1, 1}
	if len(v.axes) > 0 {
		last = v.axes[len(v.axes)-1]
	}
	dense := last.stride == 1 && (len(v.axes) <= 1 || last.dim%c.block == 0)
	if dense && into < 0 && r.item.kind != boolean {
		into = c.newRegister(false, hoisted)
		c.emit(instr{do: doBind, dst: into, ref: r, dense: v.isFlat(), a: -1, b: -1, c: -1}, hoisted)
		return into
	}
	if into < 0 {
		into = c.newRegister(true, hoisted)
	}
	c.emit(instr{do: doLoad, dst: into, ref: r, dense: v.isFlat(), a: -1, b: -1, c: -1}, hoisted)
	return into
}

// fill emits the instruction that repeats a uniform over a register.
func (c *loopCompiler) fill(uniform int) int {
	hoisted := c.block < c.n
	reg := c.newRegister(true, hoisted)
	c.emit(instr{do: doFill, dst: reg, uniform: uniform, a: -1, b: -1, c: -1}, hoisted)
	return reg
}

// periodic reports whether every block reads the same of the view.
func (c *loopCompiler) periodic(v view) bool {
	return c.block < c.n && len(v.axes) > 1 && c.block%v.period() == 0
}

// result returns the register that an item's value goes to: memory of the tensor if it has some.
func (c *loopCompiler) result(it *item, hoisted bool) int {
	bound := it.buffer != nil && it.kind != boolean
	reg := c.newRegister(!bound, hoisted)
	if bound {
		c.emit(instr{do: doBind, dst: reg, out: it.buffer, temporary: true, a: -1, b: -1, c: -1}, false)
	}
	c.register[it] = reg
	return reg
}

// compute emits the instructions of an element-wise item.
func (c *loopCompiler) compute(it *item) {
	regs, unis := make([]int, len(it.in)), make([]int, len(it.in))
	stored := it.buffer != nil
	if it.op == compute.OpTypeIdentity && stored && it.kind != boolean {
		if _, held := c.register[it.in[0].item]; !held && !it.in[0].view.isUniform() {
			c.load(it.in[0], c.result(it, false)) // a copy needs no register in between
			return
		}
	}
	hoisted := !stored && len(it.in) > 0
	for i, r := range it.in {
		regs[i], unis[i] = c.operand(r)
		hoisted = hoisted && (regs[i] < 0 || c.hoisted[regs[i]])
	}
	in := instr{a: -1, b: -1, c: -1}
	spread := func(i int) int { // a uniform where no body takes one
		if regs[i] < 0 {
			regs[i] = c.fill(unis[i])
		}
		return regs[i]
	}
	key := opKey{it.op, it.from}
	switch {
	case it.op == compute.OpTypeIota:
		in.do = doCount
	case it.op == compute.OpTypeConvertDType:
		in.do, in.unary, in.a = doUnary, conversions[[2]kind{it.from, it.kind}], spread(0)
	case it.op == compute.OpTypeWhere:
		in.a = spread(0)
		switch {
		case regs[1] >= 0 && regs[2] < 0:
			in.do, in.b, in.uniform = doSelectSB, regs[1], unis[2]
		case regs[1] < 0 && regs[2] >= 0:
			in.do, in.b, in.uniform = doSelectSA, regs[2], unis[1]
		default:
			in.do, in.b, in.c = doSelect, spread(1), spread(2)
		}
	case unaryOps[key] != nil:
		in.do, in.unary, in.a = doUnary, unaryOps[key], spread(0)
	default:
		bodies := binaryOps[key]
		switch {
		case regs[0] >= 0 && regs[1] < 0 && bodies.vs != nil:
			in.do, in.scalar, in.a, in.uniform = doScalar, bodies.vs, regs[0], unis[1]
		case regs[0] < 0 && regs[1] >= 0 && bodies.sv != nil:
			in.do, in.scalar, in.a, in.uniform = doScalar, bodies.sv, regs[1], unis[0]
		default:
			in.do, in.binary, in.a, in.b = doBinary, bodies.vv, spread(0), spread(1)
		}
	}
	in.dst = c.result(it, hoisted)
	c.emit(in, hoisted)
	if stored && it.kind == boolean {
		c.emit(instr{do: doNarrow, dst: -1, a: in.dst, out: it.buffer, b: -1, c: -1}, false)
	}
}

// reduce emits the instruction that feeds a reduction.
func (c *loopCompiler) reduce(it *item) {
	reg, uni := c.operand(it.in[0])
	if reg < 0 {
		reg = c.fill(uni)
	}
	s := &sink{item: it, form: it.attr.(reduced), combine: combiners[it.op]}
	c.sinks = append(c.sinks, s)
	c.emit(instr{do: doSink, dst: -1, a: reg, b: -1, c: -1, sink: s}, false)
}

// allocate gives scratch registers their places in the worker's memory, one place to registers that are not in use at
// the same time. What is the same for all blocks keeps its place.
func (c *loopCompiler) allocate() {
	last := make([]int, len(c.scratch))
	for at, in := range c.code {
		for _, reg := range []int{in.dst, in.a, in.b, in.c} {
			if reg >= 0 {
				last[reg] = at
			}
		}
	}
	var free []int
	given := make([]bool, len(c.scratch))
	give := func(reg int) {
		if reg < 0 || given[reg] || c.scratch[reg] < 0 {
			return
		}
		given[reg] = true
		if k := len(free); k > 0 {
			c.scratch[reg], free = free[k-1], free[:k-1]
			return
		}
		c.scratch[reg] = c.blocks
		c.blocks++
	}
	for _, in := range c.once {
		give(in.dst)
	}
	for at, in := range c.code {
		// Operands that end here give their place to the result: every body may write where it reads.
		for _, reg := range []int{in.a, in.b, in.c} {
			if reg >= 0 && given[reg] && last[reg] == at && !c.hoisted[reg] && !slices.Contains(free, c.scratch[reg]) {
				free = append(free, c.scratch[reg])
			}
		}
		give(in.dst)
		if in.dst >= 0 && given[in.dst] && last[in.dst] == at && !c.hoisted[in.dst] && !slices.Contains(free, c.scratch[in.dst]) {
			free = append(free, c.scratch[in.dst])
		}
	}
}

// chooseTask divides the loop into tasks, by the shapes alone: the order of every sum depends on it.
func (c *loopCompiler) chooseTask(worth grain) {
	const loading = 4 // gathering elements takes as long as so many other instructions
	weight := len(c.code) + len(c.sinks)
	for _, in := range c.code {
		if in.do == doLoad {
			weight += loading
		}
	}
	work := c.n * weight
	tasks := min(max(work/worth.loop, 1), maxTasks)
	unit := lcm(c.block, c.group.plane)
	c.task = (c.n/tasks + unit - 1) / unit * unit
	if c.task == 0 || tasks == 1 {
		c.task = c.n
	}
}

func (l *loop) tasks() int { return (l.n + l.task - 1) / l.task }

// run does one task.
func (l *loop) run(f *frame, w *worker, task int) {
	from := task * l.task
	to := min(l.n, from+l.task)
	regs := w.registers[:len(l.scratch)]
	l.resize(w, min(l.block, to-from))
	for i, u := range l.uniforms {
		w.uniforms[i] = f.value(u)
	}
	for _, s := range l.sinks {
		s.begin(f, w, task, from, to)
	}
	for i := range l.once {
		l.step(f, w, regs, &l.once[i], from, min(l.block, to-from), task)
	}
	for at := from; at < to; at += l.block {
		n := min(l.block, to-at)
		if n < l.block && at > from {
			for i, reg := range regs {
				regs[i] = reg[:min(n, len(reg))]
			}
		}
		for i := range l.code {
			l.step(f, w, regs, &l.code[i], at, n, task)
		}
	}
}

// resize sets the registers in scratch memory to n elements.
func (l *loop) resize(w *worker, n int) {
	for reg, place := range l.scratch {
		if place >= 0 {
			w.registers[reg] = w.scratch[place*l.block:][:n]
		}
	}
}

func (l *loop) step(f *frame, w *worker, regs [][]float32, in *instr, at, n, task int) {
	k := f.kernels
	switch in.do {
	case doBind:
		switch {
		case in.temporary:
			regs[in.dst] = f.floats(in.out)[at:][:n]
		case in.dense:
			regs[in.dst] = f.floats(in.ref.item.buffer)[in.ref.view.offset+at:][:n]
		default:
			regs[in.dst] = f.floats(in.ref.item.buffer)[in.ref.view.place(at):][:n]
		}
	case doLoad:
		f.load(w, regs[in.dst], in.ref, at)
	case doCount:
		d := bits(regs[in.dst])
		for i := range d {
			d[i] = uint32(at + i)
		}
	case doUnary:
		in.unary(k, regs[in.dst], regs[in.a])
	case doBinary:
		in.binary(k, regs[in.dst], regs[in.a], regs[in.b])
	case doScalar:
		in.scalar(k, regs[in.dst], regs[in.a], w.uniforms[in.uniform])
	case doSelect:
		k.Select(regs[in.dst], bits(regs[in.a]), regs[in.b], regs[in.c])
	case doSelectSB:
		k.SelectSB(regs[in.dst], bits(regs[in.a]), regs[in.b], w.uniforms[in.uniform])
	case doSelectSA:
		k.SelectSA(regs[in.dst], bits(regs[in.a]), w.uniforms[in.uniform], regs[in.b])
	case doFill:
		k.Fill(regs[in.dst], w.uniforms[in.uniform])
	case doNarrow:
		k.Narrow(f.flags(in.out)[at:][:n], bits(regs[in.a]))
	case doSink:
		in.sink.feed(f, w, regs[in.a], task, at)
	}
}

// finish combines what the tasks have reduced.
func (l *loop) finish(f *frame) {
	for _, s := range l.sinks {
		s.finish(f, l.tasks())
	}
}

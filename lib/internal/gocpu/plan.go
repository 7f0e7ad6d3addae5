package gocpu

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/gomlx/compute"
)

// pass is one step of an execution. Its tasks are independent of each other; finish comes after the last of them.
type pass interface {
	tasks() int
	run(f *frame, w *worker, task int)
	finish(f *frame)
}

// home says whose memory a buffer is.
type home uint8

const (
	inArena  home = iota // the frame's, shared with buffers that live at other times
	inInput              // a parameter's
	inOutput             // a result's
	inFixed              // the executable's: constants and what is made of them
)

// buffer is a tensor in memory.
type buffer struct {
	id     int
	kind   kind
	n      int
	home   home
	at     int     // in the arena; or the number of the parameter or output
	root   *buffer // the buffer that this one is a part of, or nil
	offset int     // in root
	first  int     // the pass that writes it first
	last   int     // the last pass that reads it
}

// floats is the memory that the buffer takes.
func (b *buffer) floats() int {
	if b.kind == boolean {
		return words(b.n)
	}
	return b.n
}

// plan is a compiled graph.
type plan struct {
	passes  []pass // per execution
	once    []pass // when the graph is compiled
	buffers []*buffer
	inputs  []*buffer // by parameter; nil if it is not used
	outputs []*buffer
	reuse   [][]int // by output: parameters whose memory it may take when they are donated
	fixed   map[*buffer][]float32
	arena   int // floats

	parallel bool // enough to do for several threads

	registers, scratch, uniforms, block int // of a worker
}

// plan compiles the recorded function, or returns nil when an output was not recorded.
func (f *function) plan() *plan {
	var outputs []*node
	for _, v := range f.outputs {
		n := f.nodes[v]
		if n == nil || n.wide {
			return nil
		}
		outputs = append(outputs, n)
	}
	for _, n := range f.params {
		if n == nil {
			return nil
		}
	}
	items, results := lower(outputs, f.params)
	p := &planner{plan: &plan{fixed: map[*buffer][]float32{}}, worth: f.builder.backend.worth, items: items, results: results}
	groups := assign(items)
	p.allocate(len(f.params))
	p.compile(schedule(groups))
	p.lifetimes()
	p.arrange()
	p.donations(outputs, f.params)
	p.measure()
	return p.plan
}

type planner struct {
	*plan
	worth          grain
	items, results []*item
	groups         []*group // by pass
	loops          []*loop  // by pass; nil for others
}

func (p *planner) newBuffer(k kind, n int) *buffer {
	b := &buffer{id: len(p.buffers), kind: k, n: n, first: -1, last: -1}
	p.buffers = append(p.buffers, b)
	return b
}

// allocate gives a buffer to every item that is more than a value in a register.
func (p *planner) allocate(params int) {
	p.inputs = make([]*buffer, params)
	for _, it := range p.items {
		if !p.stored(it) {
			continue
		}
		it.buffer = p.newBuffer(it.kind, it.n)
		switch {
		case it.op == compute.OpTypeParameter:
			it.buffer.home, it.buffer.at = inInput, it.attr.(parameter).index
			p.inputs[it.buffer.at] = it.buffer
		case it.class == source:
			it.buffer.home = inFixed
			p.fixed[it.buffer] = it.attr.([]float32)
		case it.static:
			it.buffer.home = inFixed
			p.fixed[it.buffer] = make([]float32, it.buffer.floats())
		}
	}
	for i, it := range p.results {
		it.buffer.home, it.buffer.at = inOutput, i
		p.outputs = append(p.outputs, it.buffer)
	}
	for _, it := range p.items {
		if it.class == concat && !it.static {
			p.placeParts(it)
		}
	}
}

// stored reports whether the item's value must be in memory.
func (p *planner) stored(it *item) bool {
	if it.class != elementwise || it.output {
		return true
	}
	for _, u := range it.users {
		if u.group != it.group {
			return true
		}
	}
	return false
}

// placeParts lets the parts of a concatenation be computed where they belong.
func (p *planner) placeParts(it *item) {
	if it.attr.(joined).outer != 1 || it.kind == boolean {
		return
	}
	at := 0
	for _, part := range it.in {
		b := part.item.buffer
		if b.home == inArena && b.root == nil && part.view.isWhole(b.n) {
			b.root, b.offset = it.buffer, at
		}
		at += part.view.size()
	}
}

// compile turns groups into passes.
func (p *planner) compile(groups []*group) {
	for _, g := range groups {
		it := g.items[0]
		var made pass
		var l *loop
		switch it.class {
		case matrix:
			made = compileDot(it, p.worth)
		case rows:
			made = compileRows(it)
		case sumRows:
			made = compileSumRows(it)
		case concat:
			made = compileConcat(it, p.worth)
		case pad:
			made = compilePad(it)
		default:
			l = compileLoop(g, p.worth)
			made = l
		}
		if g.static {
			p.once = append(p.once, made)
			p.own(l, -1)
			continue
		}
		p.groups, p.loops = append(p.groups, g), append(p.loops, l)
		p.passes = append(p.passes, made)
		p.own(l, len(p.passes)-1)
	}
}

// own gives the reductions of a loop of several tasks memory for their parts.
func (p *planner) own(l *loop, at int) {
	if l == nil || l.tasks() == 1 {
		return
	}
	for _, s := range l.sinks {
		if !s.shared() {
			continue
		}
		s.partial = p.newBuffer(float, l.tasks()*s.form.inner)
		s.partial.first, s.partial.last = at, at
		if at < 0 {
			s.partial.home = inFixed
			p.fixed[s.partial] = make([]float32, s.partial.n)
		}
	}
}

// lifetimes finds the passes between which each buffer is in use.
func (p *planner) lifetimes() {
	for at, g := range p.groups {
		for _, it := range g.items {
			for b := it.buffer; b != nil; b = b.root {
				if b.first < 0 {
					b.first = at
				}
				b.last = max(b.last, at)
			}
			for _, r := range it.in {
				if r.item.group == g && r.item.class != source {
					continue
				}
				for b := r.item.buffer; b != nil; b = b.root {
					b.last = max(b.last, at)
				}
			}
		}
	}
	for _, b := range p.outputs {
		b.last = len(p.passes)
	}
	// A part lives as long as the whole.
	for _, b := range p.buffers {
		for root := b.root; root != nil; root = root.root {
			root.first = min(root.first, b.first)
		}
	}
}

// arrange gives buffers their places in the arena: those in use at the same time do not overlap.
func (p *planner) arrange() {
	const line = 16 // floats of a cache line
	type span struct{ from, to, last int }
	var live []span
	order := slices.Clone(p.buffers)
	slices.SortStableFunc(order, func(a, b *buffer) int { return cmp.Compare(a.first, b.first) })
	for _, b := range order {
		if b.home != inArena || b.root != nil || b.first < 0 {
			continue
		}
		size := (b.floats() + line - 1) / line * line
		live = slices.DeleteFunc(live, func(s span) bool { return s.last < b.first })
		b.at = 0
		for _, s := range live { // in order of place
			if b.at+size <= s.from {
				break
			}
			b.at = max(b.at, s.to)
		}
		live = append(live, span{b.at, b.at + size, b.last})
		slices.SortFunc(live, func(a, b span) int { return cmp.Compare(a.from, b.from) })
		p.arena = max(p.arena, b.at+size)
	}
}

// donations finds for each output the parameters whose memory it may be computed in.
func (p *planner) donations(outputs, params []*node) {
	p.reuse = make([][]int, len(p.outputs))
	for i, out := range p.outputs {
		for j, in := range p.inputs {
			if params[j].kind != outputs[i].kind || !slices.Equal(params[j].dims, outputs[i].dims) {
				continue
			}
			if in.last < out.first || in.last == out.first && p.loops[in.last] != nil && p.loops[in.last].inPlace(in, out) {
				p.reuse[i] = append(p.reuse[i], j)
			}
		}
	}
}

// inPlace reports whether a loop may write out over in: whether each block is read for the last time before, or by the
// instruction by which, the same block of out is written.
func (l *loop) inPlace(in, out *buffer) bool {
	whole := func(i *instr) bool { return i.ref.view.isWhole(in.n) }
	for _, u := range l.uniforms {
		if u.item.buffer == in {
			return false
		}
	}
	for i := range l.once {
		if l.once[i].ref.item != nil && l.once[i].ref.item.buffer == in {
			return false
		}
	}
	lastRead, firstWrite := -1, len(l.code)
	var reads, writes []int // registers
	for at := range l.code {
		i := &l.code[at]
		for _, operand := range []int{i.a, i.b, i.c} {
			if slices.Contains(reads, operand) {
				lastRead = at
			}
		}
		if i.dst >= 0 && slices.Contains(writes, i.dst) {
			firstWrite = min(firstWrite, at)
		}
		switch {
		case i.do == doBind && i.temporary && i.out == out:
			writes = append(writes, i.dst)
		case i.do == doNarrow && i.out == out:
			firstWrite = min(firstWrite, at)
		case (i.do == doBind || i.do == doLoad) && i.ref.item != nil && i.ref.item.buffer == in:
			if !whole(i) {
				return false
			}
			if i.do == doBind {
				reads = append(reads, i.dst)
			}
			lastRead = max(lastRead, at)
		}
	}
	return lastRead <= firstWrite && (len(writes) > 0 || firstWrite < len(l.code))
}

// measure finds how much memory a worker needs.
func (p *planner) measure() {
	for _, made := range slices.Concat(p.passes, p.once) {
		switch m := made.(type) {
		case *loop:
			p.registers = max(p.registers, len(m.scratch))
			p.scratch = max(p.scratch, m.blocks*m.block)
			p.uniforms = max(p.uniforms, len(m.uniforms))
			p.block = max(p.block, m.block)
		case *matrixPass:
			p.scratch = max(p.scratch, m.scratch)
		}
	}
	p.block = max(p.block, wantBlock)
	tasks := 0
	for _, made := range p.passes {
		if n := made.tasks(); n > 1 {
			tasks += n
		}
	}
	p.parallel = tasks >= p.worth.helpers
}

// schedule puts groups into an order of computation that stays close to the order of recording, so that values are used
// soon after they are made.
func schedule(groups []*group) []*group {
	waits := map[*group]int{}
	users := map[*group][]*group{}
	for _, g := range groups {
		before := map[*group]bool{}
		for _, it := range g.items {
			for _, r := range it.in {
				if from := r.item.group; from != nil && from != g && !before[from] {
					before[from] = true
					waits[g]++
					users[from] = append(users[from], g)
				}
			}
		}
	}
	var ready groupHeap
	for _, g := range groups {
		if waits[g] == 0 {
			heap.Push(&ready, g)
		}
	}
	var order []*group
	for len(ready) > 0 {
		g := heap.Pop(&ready).(*group)
		order = append(order, g)
		for _, u := range users[g] {
			if waits[u]--; waits[u] == 0 {
				heap.Push(&ready, u)
			}
		}
	}
	return order
}

// groupHeap is a heap of groups, the one whose last item was recorded first on top.
type groupHeap []*group

func (h groupHeap) last(i int) int     { return h[i].items[len(h[i].items)-1].order }
func (h groupHeap) Len() int           { return len(h) }
func (h groupHeap) Less(i, j int) bool { return h.last(i) < h.last(j) }
func (h groupHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *groupHeap) Push(x any)        { *h = append(*h, x.(*group)) }
func (h *groupHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

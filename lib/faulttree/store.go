package faulttree

import (
	"context"
	"errors"
)

// node is one decision: the variable at level, and where to go when it is true (hi) and false (lo). What hi and lo mean
// (edges with a complement bit, or plain indices) is up to the kind of diagram.
type node struct{ level, hi, lo uint32 }

const terminalLevel = ^uint32(0) // below every variable

// errFull ends an operation that would need more nodes than allowed.
var errFull = errors.New("more nodes than the memory limit allows")

// store keeps every node once. Children are created before their parents, so ascending index order is a topological
// order, and every bottom-up computation is a loop over the slice.
type store struct {
	ctx   context.Context
	nodes []node
	table []uint32 // open addressing; 0 is an empty slot (index 0 is a terminal, which is never looked up)
	limit int      // of nodes
	steps int      // operations so far that were not answered from a memo
	err   error    // errFull or the context's error, once set every operation returns quickly with nonsense
}

func newStore(ctx context.Context, limit, terminals int) store {
	s := store{ctx: ctx, limit: limit, table: make([]uint32, 1<<12)}
	for range terminals {
		s.nodes = append(s.nodes, node{level: terminalLevel})
	}
	return s
}

// stepsPerNode bounds the operations by the limit of nodes. A bad variable order can spend hours on nodes that exist
// already, because the memo forgets faster than it is asked; the limit of nodes alone would never end that.
const stepsPerNode = 6

// step counts an operation and reports whether the store can go on.
func (s *store) step() bool {
	s.steps++
	switch {
	case s.err != nil:
	case s.steps > stepsPerNode*s.limit:
		s.err = errFull
	case s.steps&0xffff == 0:
		s.err = s.ctx.Err()
	}
	return s.err == nil
}

// mix spreads three words over 64 bits; its upper half indexes the tables.
func mix(a, b, c uint32) uint64 {
	h := uint64(a)*0x9e3779b97f4a7c15 ^ uint64(b)*0xc2b2ae3d27d4eb4f ^ uint64(c)*0x165667b19e3779f9
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return h >> 20
}

// find returns the index of the node, which is made if it is not there yet.
func (s *store) find(n node) uint32 {
	mask := uint64(len(s.table) - 1)
	at := mix(n.level, n.hi, n.lo) & mask
	for s.table[at] != 0 {
		if s.nodes[s.table[at]] == n {
			return s.table[at]
		}
		at = (at + 1) & mask
	}
	if len(s.nodes) >= s.limit {
		s.err = errFull
		return 0
	}
	index := uint32(len(s.nodes))
	s.nodes = append(s.nodes, n)
	s.table[at] = index
	if len(s.nodes)*4 > len(s.table)*3 {
		s.grow()
	}
	return index
}

func (s *store) grow() { s.fill(make([]uint32, 2*len(s.table))) }

// rehash makes the table anew after nodes were put into the slice directly.
func (s *store) rehash() {
	size := len(s.table)
	for 3*size < 4*len(s.nodes) {
		size *= 2
	}
	s.fill(make([]uint32, 2*size))
}

// fill enters all nodes but the terminals into an empty table.
func (s *store) fill(table []uint32) {
	mask := uint64(len(table) - 1)
	for i, n := range s.nodes {
		if n.level == terminalLevel {
			continue
		}
		index := uint32(i)
		at := mix(n.level, n.hi, n.lo) & mask
		for table[at] != 0 {
			at = (at + 1) & mask
		}
		table[at] = index
	}
	s.table = table
}

// memo remembers results of operations and forgets the older of two that fall on the same slot. Forgetting costs time,
// never correctness.
type memo struct {
	slots []memoSlot
	used  int
}

type memoSlot struct{ a, b, c, result uint32 }

const maxMemo = 1 << 23 // slots, 128 MB

func newMemo() memo { return memo{slots: make([]memoSlot, 1<<12)} }

func (m *memo) get(a, b, c uint32) (uint32, bool) {
	slot := &m.slots[mix(a, b, c)&uint64(len(m.slots)-1)]
	// No operation is remembered for a == b == 0, so an empty slot matches nothing.
	return slot.result, slot.a == a && slot.b == b && slot.c == c
}

func (m *memo) put(a, b, c, result uint32) {
	slot := &m.slots[mix(a, b, c)&uint64(len(m.slots)-1)]
	if slot.a == 0 && slot.b == 0 {
		m.used++
	}
	*slot = memoSlot{a, b, c, result}
	if 2*m.used > len(m.slots) && len(m.slots) < maxMemo {
		m.grow()
	}
}

func (m *memo) grow() {
	old := m.slots
	m.slots, m.used = make([]memoSlot, 4*len(old)), 0
	for _, slot := range old {
		if slot.a == 0 && slot.b == 0 {
			continue
		}
		at := &m.slots[mix(slot.a, slot.b, slot.c)&uint64(len(m.slots)-1)]
		if at.a == 0 && at.b == 0 {
			m.used++
		}
		*at = slot
	}
}

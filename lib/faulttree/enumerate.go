package faulttree

import (
	"container/heap"
	"context"
)

// bestFirst calls visit with the sets in the order of falling probability until visit returns false. literals are levels
// of the family, ascending; visit must not keep them. Sets of equal probability come in a fixed order.
//
// It is a best-first search in the diagram: a partial choice is worth its probability times that of the most probable
// completion, so the first finished choice to leave the queue is the most probable set.
func (f *family) bestFirst(ctx context.Context, o odds, visit func(literals []uint32, p float64) bool) error {
	best := f.best(o)
	queue := &choices{}
	push := func(at uint32, p float64, chosen *choice) {
		if at == noSets {
			return
		}
		heap.Push(queue, option{at: at, p: p, worth: p * best[at], chosen: chosen, seq: queue.seq})
		queue.seq++
	}
	push(f.root, 1, nil)
	var literals []uint32
	for steps := 0; queue.Len() > 0; steps++ {
		if steps&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		next := heap.Pop(queue).(option)
		// Follow the better branch as far as it goes; only the other ones wait in the queue.
		for next.at > emptySet {
			n := f.nodes[next.at]
			p := f.chance(n, o)
			// hi is never without sets, so an impossible choice (all best are 0 then) ends in a set too.
			if p*best[n.hi] >= best[n.lo] {
				push(n.lo, next.p, next.chosen)
				next.chosen = &choice{n.level, next.chosen}
				next.at, next.p = n.hi, next.p*p
			} else {
				push(n.hi, next.p*p, &choice{n.level, next.chosen})
				next.at = n.lo
			}
		}
		literals = literals[:0]
		for c := next.chosen; c != nil; c = c.before {
			literals = append(literals, c.level)
		}
		for i, j := 0, len(literals)-1; i < j; i, j = i+1, j-1 {
			literals[i], literals[j] = literals[j], literals[i]
		}
		if !visit(literals, next.p) {
			return nil
		}
	}
	return nil
}

// choice is a chosen literal and those chosen before it.
type choice struct {
	level  uint32
	before *choice
}

// option is a partial choice, waiting at a node.
type option struct {
	at     uint32
	p      float64
	worth  float64
	chosen *choice
	seq    int
}

// choices is a heap of options, the most worthy first.
type choices struct {
	list []option
	seq  int
}

func (c *choices) Len() int { return len(c.list) }
func (c *choices) Less(i, j int) bool {
	if c.list[i].worth != c.list[j].worth {
		return c.list[i].worth > c.list[j].worth
	}
	return c.list[i].seq < c.list[j].seq
}
func (c *choices) Swap(i, j int) { c.list[i], c.list[j] = c.list[j], c.list[i] }
func (c *choices) Push(x any)    { c.list = append(c.list, x.(option)) }
func (c *choices) Pop() any {
	last := c.list[len(c.list)-1]
	c.list = c.list[:len(c.list)-1]
	return last
}

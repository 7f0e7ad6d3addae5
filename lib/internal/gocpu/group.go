package gocpu

import (
	"cmp"
	"slices"
)

// group is a set of items that one pass computes: element-wise items and reductions that run over the same number of
// elements, or a single item of another class.
type group struct {
	items  []*item
	domain int
	static bool
	align  int // a block holds a multiple of so many elements
	plane  int // a task holds a multiple of so many elements
}

// widest is the longest block that fusing may lead to; a reduction over longer rows is a group of its own.
const widest = 1 << 14

// inLoop reports whether loops over elements compute the item.
func (it *item) inLoop() bool { return it.class == elementwise || it.class == reduction }

// fusable reports whether user can take the value of r from a register.
func fusable(r ref, user *item) bool {
	return r.item.class == elementwise && user.inLoop() && r.item.static == user.static &&
		r.item.n == user.domain() && r.view.isWhole(r.item.n)
}

// assign puts every item but sources into a group.
//
// An item's depth is the number of passes that must be over before its own can begin. A value taken from a register
// does not count, every other input does. So of two items of equal depth and domain neither waits for a pass that the
// other has a part in, and any set of such items may share a pass.
func assign(items []*item) []*group {
	for _, it := range items {
		for _, r := range it.in {
			r.item.users = append(r.item.users, it)
			it.depth = max(it.depth, r.item.depth+distance(r, it))
		}
	}
	for _, it := range slices.Backward(items) {
		postpone(it)
	}
	type key struct {
		depth, domain int
		static        bool
	}
	passes := map[key][]*item{}
	var order []key
	var groups []*group
	for _, it := range items {
		switch {
		case it.class == source:
		case it.inLoop():
			k := key{it.depth, it.domain(), it.static}
			if passes[k] == nil {
				order = append(order, k)
			}
			passes[k] = append(passes[k], it)
		default:
			groups = append(groups, newGroup(it.n, it))
		}
	}
	for _, k := range order {
		groups = append(groups, connected(passes[k])...)
	}
	for _, g := range groups {
		for _, it := range g.items {
			it.group = g
		}
	}
	return groups
}

// distance is 0 where a value may stay in a register, or is there before everything, else 1.
func distance(r ref, user *item) int {
	if r.item.class == source || r.item.static && !user.static || fusable(r, user) {
		return 0
	}
	return 1
}

// postpone moves an item to the pass of its users if it then needs no memory, and keeping its inputs until then takes no
// more memory than it saves.
func postpone(it *item) {
	if it.class != elementwise || len(it.users) == 0 || it.output {
		return
	}
	last := -1
	for _, u := range it.users {
		for _, r := range u.in {
			if r.item != it {
				continue
			}
			if !fusable(r, u) || last >= 0 && u.depth != last {
				return
			}
			last = u.depth
		}
	}
	if last <= it.depth {
		return
	}
	cost := -bytes(it)
	for i, r := range it.in {
		// An input that another item of a later pass reads is in memory anyway.
		if !fusable(r, it) || slices.ContainsFunc(it.in[:i], func(o ref) bool { return o.item == r.item }) {
			continue
		}
		if !slices.ContainsFunc(r.item.users, func(u *item) bool { return u != it && u.depth > r.item.depth }) {
			cost += bytes(r.item)
		}
	}
	if cost <= 0 {
		it.depth = last
	}
}

func bytes(it *item) int {
	if it.kind == boolean {
		return it.n
	}
	return 4 * it.n
}

func newGroup(domain int, items ...*item) *group {
	g := &group{items: items, domain: domain, align: 1, plane: 1, static: items[0].static}
	for _, it := range items {
		if form, ok := it.attr.(reduced); ok {
			align, plane := form.bounds()
			g.align, g.plane = lcm(g.align, align), lcm(g.plane, plane)
		}
	}
	return g
}

// bounds says what blocks and tasks of a loop must be multiples of so that no row of the reduction is cut in two, unless
// there is only one.
func (f reduced) bounds() (align, plane int) {
	switch {
	case f.inner == 1 && f.outer == 1:
		return 1, 1
	case f.inner == 1:
		return f.r, f.r
	case f.outer == 1:
		return f.inner, f.inner
	}
	return f.inner, f.r * f.inner
}

// connected divides items of one depth and domain into groups of those that have to do with each other: by a value in
// a register, or by reading the same memory in the same way.
func connected(items []*item) []*group {
	parent := map[*item]*item{}
	var find func(it *item) *item
	find = func(it *item) *item {
		if p := parent[it]; p != nil && p != it {
			parent[it] = find(p)
			return parent[it]
		}
		return it
	}
	sets := map[*item]*group{}
	for _, it := range items {
		sets[it] = newGroup(it.domain(), it)
	}
	unite := func(a, b *item) bool {
		a, b = find(a), find(b)
		if a == b {
			return true
		}
		ga, gb := sets[a], sets[b]
		align := lcm(ga.align, gb.align)
		if align != max(ga.align, gb.align) && align > widest || min(ga.align, gb.align) > 1 && align > widest && ga.align != gb.align {
			return false
		}
		parent[b] = a
		ga.items = append(ga.items, gb.items...)
		ga.align, ga.plane = align, lcm(ga.plane, gb.plane)
		delete(sets, b)
		return true
	}
	alone := map[*item]bool{} // reductions that do not fit into the pass that makes their input
	for _, of := range []class{elementwise, reduction} {
		for _, it := range items {
			for _, r := range it.in {
				if it.class == of && r.item.depth == it.depth && fusable(r, it) {
					alone[it] = !unite(r.item, it)
				}
			}
		}
	}
	for i, it := range items {
		for _, other := range items[:i] {
			if !alone[it] && !alone[other] && shares(it, other) {
				unite(other, it)
			}
		}
	}
	var groups []*group
	for _, g := range sets {
		slices.SortFunc(g.items, func(a, b *item) int { return cmp.Compare(a.order, b.order) })
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Compare(a.items[0].order, b.items[0].order) })
	return groups
}

// shares reports whether both items read the same memory in the same way, and enough of it to be worth reading once.
func shares(a, b *item) bool {
	const worth = 256
	for _, x := range a.in {
		for _, y := range b.in {
			if x.item == y.item && x.view.distinct() >= worth && x.view.equal(y.view) {
				return true
			}
		}
	}
	return false
}

func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

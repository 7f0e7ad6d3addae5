package faulttree

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// cutSets finds the family, sums it up and lists its most probable members.
func (a *analyzer) cutSets(ctx context.Context) error {
	if err := a.findFamily(ctx); err != nil {
		return err
	}
	a.bdd = nil
	out := a.out
	out.Engine.CutNodes = len(a.family.nodes)
	missed := float64(out.CutOffBound)
	var err error
	if a.opts.Order > 0 && out.Engine.MaxOrder == 0 {
		if missed, err = a.cutOrder(ctx); err != nil {
			return err
		}
	}
	if a.opts.CutOff > 0 {
		a.summary, err = a.family.enumerateAbove(ctx, a.odds, a.opts.CutOff)
	} else {
		a.summary, err = a.family.summarize(ctx, a.odds)
	}
	if err != nil {
		return err
	}
	s := a.summary
	out.CutOffBound = Number(min(1, missed+s.cut))
	out.Probability.RareEvent, out.Probability.RareEventClamped = Number(s.sum), Number(min(s.sum, 1))
	out.Probability.MCUB = Number(s.upperBound)
	if s.sum > 1 {
		a.warn("the rare-event sum %v is above 1: the approximation does not hold here", Number(s.sum))
	}
	out.CutSets = CutSets{Count: new(Count), ByOrder: Orders{}}
	for order, n := range s.byOrder {
		if n.Sign() > 0 {
			out.CutSets.ByOrder[order] = &Count{*n}
			out.CutSets.Count.Add(&out.CutSets.Count.Int, n)
		}
	}
	return a.list(ctx)
}

// findFamily finds the cut sets from the BDD, or straight from the tree when one of the two diagrams does not fit.
func (a *analyzer) findFamily(ctx context.Context) error {
	if a.diagram != nil {
		z := newZBDD(ctx, a.opts.maxNodes())
		var root uint32
		if a.bdd != nil {
			a.bdd.limit = a.opts.maxNodes()
			root = primeImplicants(z, a.bdd, a.root)
			z.err = cmp.Or(z.err, a.bdd.err)
		} else {
			root = minimalCutSets(z, a.diagram)
		}
		if z.err == nil {
			a.family = z.compact(root, a.diagram.vars)
			return nil
		}
		if !errors.Is(z.err, errFull) {
			return z.err
		}
		if a.bdd != nil {
			return fmt.Errorf("the prime implicants need %w: look for minimal cut sets instead, or allow more memory", errFull)
		}
	} else if a.opts.PrimeImplicants && !a.out.Coherent {
		return fmt.Errorf("prime implicants need the BDD, which takes %w: look for minimal cut sets up to an order instead", errFull)
	}
	return a.truncated(ctx)
}

// truncated finds the cut sets up to the order asked for, or up to the highest order that fits.
func (a *analyzer) truncated(ctx context.Context) error {
	first, last := a.opts.Order, a.opts.Order
	if last == 0 {
		first, last = 1, a.circuit.vars
	}
	rules := []string{"heavy first", "file"}
	// The first orders cost little; an order that needs a share of the memory is the last one tried.
	limit := a.opts.maxNodes()
	if a.opts.Order == 0 {
		limit /= 8
	}
	for order := first; order <= last; order++ {
		found := false
		for _, rule := range rules {
			vars := variableOrder(a.circuit, rule)
			z := newZBDD(ctx, limit)
			root := truncatedCutSets(z, a.circuit, vars, order)
			if errors.Is(z.err, errFull) {
				continue
			}
			if z.err != nil {
				return z.err
			}
			a.family, found = z.compact(root, vars), true
			a.out.Engine.MaxOrder = order
			break
		}
		if !found {
			break
		}
	}
	if a.family == nil {
		return fmt.Errorf("the cut sets up to order %d need %w: ask for a lower order or allow more memory", first, errFull)
	}
	a.out.CutOffBound = Number(a.missedBound(a.out.Engine.MaxOrder))
	if a.opts.Order == 0 {
		a.warn("cut sets were found up to order %d only", a.out.Engine.MaxOrder)
	}
	return nil
}

// missedBound bounds the probability that only cut sets of a higher order occur: then more than order events occur at
// all. It is the upper tail of the number of occurring events (a Poisson-binomial distribution).
func (a *analyzer) missedBound(order int) float64 {
	used := a.circuit.used()
	exactly := make([]float64, order+1) // probability of exactly i events so far, i <= order
	exactly[0] = 1
	more := 0.0 // of more than order
	for v, x := range a.odds {
		if !used[v] {
			continue
		}
		more += exactly[order] * x.yes
		for i := order; i > 0; i-- {
			exactly[i] = exactly[i]*x.no + exactly[i-1]*x.yes
		}
		exactly[0] *= x.no
	}
	return min(more, 1)
}

// cutOrder drops the sets with more literals than asked for and returns a bound on their probability. It sums them up
// themselves: the difference of the sums of all and of the kept ones would lose what is small beside them.
func (a *analyzer) cutOrder(ctx context.Context) (missed float64, err error) {
	z := newZBDD(ctx, a.opts.maxNodes())
	z.nodes = append(z.nodes[:0], a.family.nodes...)
	z.rehash()
	z.countNegations = true
	all := a.family
	root := z.truncate(all.root, a.opts.Order)
	if z.err != nil || root == all.root {
		return 0, z.err
	}
	a.family = z.compact(root, all.vars)
	sum := func(f *family) float64 { return f.powerSum(a.odds, 1, make([]float64, len(f.nodes))) }
	rest := z.without(all.root, root)
	switch {
	case z.err == nil:
		missed = sum(z.compact(rest, all.vars))
	case errors.Is(z.err, errFull):
		const rounding = 1e-12 // of a sum, relative
		missed = max(0, sum(all)-sum(a.family)) + rounding*sum(all)
	default:
		return 0, z.err
	}
	if a.opts.PrimeImplicants && !a.out.Coherent {
		return missed, nil // a long implicant may be long by its absences
	}
	return min(missed, a.missedBound(a.opts.Order)), nil
}

// list fills in the most probable cut sets.
func (a *analyzer) list(ctx context.Context) error {
	n := a.opts.TopN
	if n == 0 {
		n = 10
	}
	if n < 0 {
		return nil
	}
	err := a.family.bestFirst(ctx, a.odds, func(literals []uint32, p float64) bool {
		if len(a.out.TopCutSets) == n || p < a.opts.CutOff {
			return false
		}
		a.out.TopCutSets = append(a.out.TopCutSets, CutSet{a.names(literals), Number(p)})
		return true
	})
	slices.SortStableFunc(a.out.TopCutSets, func(x, y CutSet) int {
		return cmp.Or(cmp.Compare(y.Probability, x.Probability), cmp.Compare(len(x.Events), len(y.Events)), slices.Compare(x.Events, y.Events))
	})
	return err
}

// names returns the events of a set in the order of the model.
func (a *analyzer) names(literals []uint32) []string {
	type member struct {
		v       int32
		negated bool
	}
	members := make([]member, len(literals))
	for i, level := range literals {
		members[i].v, members[i].negated = a.family.literal(level)
	}
	rank := func(m member) int { return a.compiled.events[m.v].rank }
	slices.SortFunc(members, func(x, y member) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.v, y.v)) })
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = a.compiled.events[m.v].id
		if m.negated {
			list[i] = "not " + list[i]
		}
	}
	return list
}

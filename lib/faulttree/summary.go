package faulttree

import (
	"context"
	"math"
	"math/big"
)

// summary holds the totals over a family.
type summary struct {
	byOrder    []*big.Int
	sum        float64 // rare-event
	upperBound float64
	containing []float64 // by variable
	cut        float64   // sum of the sets that were left out
}

func (f *family) summarize(ctx context.Context, o odds) (*summary, error) {
	s := &summary{containing: f.containing(o), sum: f.powerSum(o, 1, make([]float64, len(f.nodes)))}
	var err error
	if s.byOrder, err = f.counts(ctx); err != nil {
		return nil, err
	}
	s.upperBound, err = f.upperBound(ctx, o)
	return s, err
}

// enumerateAbove sums up the sets with a probability of at least cutOff. It walks the diagram depth first and leaves a
// branch as soon as its most probable completion is too improbable, so it costs as much as it finds.
func (f *family) enumerateAbove(ctx context.Context, o odds, cutOff float64) (*summary, error) {
	best := f.best(o)
	below := make([]float64, len(f.nodes))
	f.powerSum(o, 1, below)
	s := &summary{containing: make([]float64, len(o))}
	var counts []uint64
	logs := 0.0
	var chosen []int32
	steps := 0
	var walk func(at uint32, p float64) error
	walk = func(at uint32, p float64) error {
		for ; at > emptySet && p*best[at] >= cutOff; at = f.nodes[at].lo {
			if steps++; steps&0xffff == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			n := f.nodes[at]
			v, _ := f.literal(n.level)
			chosen = append(chosen, v)
			if err := walk(n.hi, p*f.chance(n, o)); err != nil {
				return err
			}
			chosen = chosen[:len(chosen)-1]
		}
		if at != emptySet || p < cutOff {
			s.cut += p * below[at]
			return nil
		}
		for len(counts) <= len(chosen) {
			counts = append(counts, 0)
		}
		counts[len(chosen)]++
		s.sum += p
		logs += math.Log1p(-p)
		for _, v := range chosen {
			s.containing[v] += p
		}
		return nil
	}
	if err := walk(f.root, 1); err != nil {
		return nil, err
	}
	s.upperBound = -math.Expm1(logs)
	for _, n := range counts {
		s.byOrder = append(s.byOrder, new(big.Int).SetUint64(n))
	}
	return s, nil
}

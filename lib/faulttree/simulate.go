package faulttree

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// lanes is how many trials one pass over the diagram evaluates. The pass is bound by memory, so lanes are nearly free.
const lanes = 8

// simulate draws the uncertain numbers Options.Samples times and returns the spread of the top's probability. Every trial
// has a generator of its own, made from the seed and its number, and the results are put together in the order of the
// trials: who computed them does not matter.
func (a *analyzer) simulate(ctx context.Context) (*Uncertainty, error) {
	uncertain := false
	for _, e := range a.compiled.events {
		uncertain = uncertain || a.compiled.world.uncertain(e.value)
	}
	if !uncertain {
		a.warn("no number below the top is uncertain: all trials give the same probability")
	}
	if a.diagram == nil {
		a.warn("the uncertainty is that of the rare-event approximation")
	}
	results := make([]float64, a.opts.Samples)
	workers := a.opts.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	chunks := (len(results) + lanes - 1) / lanes
	var next atomic.Int64
	var group sync.WaitGroup
	type failure struct {
		chunk int
		err   error
	}
	failures := make([]failure, min(workers, chunks))
	for worker := range failures {
		group.Go(func() {
			t, failed := a.newTrials(), &failures[worker]
			for chunk := int(next.Add(1)) - 1; chunk < chunks && failed.err == nil; chunk = int(next.Add(1)) - 1 {
				failed.chunk = chunk
				if failed.err = ctx.Err(); failed.err == nil {
					failed.err = t.run(results, chunk*lanes)
				}
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// The earliest of the trials that failed: chunks are handed out in order, so some worker always meets that one.
	slices.SortFunc(failures, func(x, y failure) int { return cmp.Compare(x.chunk, y.chunk) })
	for _, failed := range failures {
		if failed.err != nil {
			return nil, failed.err
		}
	}
	return spread(results, a.opts.Seed), nil
}

// trials is the state of one worker.
type trials struct {
	a        *analyzer
	compiled compiled
	p        [][lanes]chances // by variable
	at       [][lanes]chances // by node of the diagram
	sums     []float64        // by node of the family, when there is no diagram
}

func (a *analyzer) newTrials() *trials {
	t := &trials{a: a, compiled: *a.compiled, p: make([][lanes]chances, len(a.odds))}
	shared := a.compiled.world
	t.compiled.world = &world{parameters: shared.parameters, time: shared.time, hasTime: shared.hasTime, known: make(map[string]float64), active: make(map[string]bool)}
	if a.diagram != nil {
		t.at = make([][lanes]chances, len(a.diagram.nodes))
	} else {
		t.sums = make([]float64, len(a.family.nodes))
	}
	return t
}

// run does the trials from first on.
func (t *trials) run(results []float64, first int) error {
	n := min(lanes, len(results)-first)
	for lane := range n {
		t.compiled.world.trial(generator(t.a.opts.Seed, uint64(first+lane)))
		p, err := t.compiled.probabilities()
		if err != nil {
			return err
		}
		if t.a.diagram == nil {
			results[first+lane] = min(1, t.a.family.powerSum(newOdds(p), 1, t.sums))
			continue
		}
		for v, p := range p {
			t.p[v][lane] = chances{p, 1 - p}
		}
	}
	if d := t.a.diagram; d != nil {
		d.evaluateLanes(t.p, t.at)
		for lane := range n {
			results[first+lane] = t.at[d.root.index()][lane].flip(uint32(d.root)).yes
		}
	}
	return nil
}

// evaluateLanes is evaluate for several assignments at once.
func (d *diagram) evaluateLanes(p, into [][lanes]chances) {
	for lane := range lanes {
		into[0][lane] = chances{1, 0}
	}
	for i := 1; i < len(d.nodes); i++ {
		n := d.nodes[i]
		x, hi, lo, r := &p[d.vars[n.level]], &into[n.hi>>1], &into[n.lo>>1], &into[i]
		for lane := range lanes {
			low := lo[lane].flip(n.lo)
			r[lane] = chances{
				math.FMA(x[lane].yes, hi[lane].yes, x[lane].no*low.yes),
				math.FMA(x[lane].yes, hi[lane].no, x[lane].no*low.no),
			}
		}
	}
}

// generator returns the generator of one trial. The words of its seed are scrambled, because neighbouring trials should
// not start from neighbouring states.
func generator(seed, trial uint64) *rand.Rand {
	scramble := func(x uint64) uint64 { // splitmix64 (Steele, Lea and Flood 2014)
		x += 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		return x ^ x>>31
	}
	high := scramble(seed)
	return rand.New(rand.NewPCG(high, scramble(high^trial)))
}

// spread returns mean, deviation and quantiles (linear between neighbours) of the results.
func spread(results []float64, seed uint64) *Uncertainty {
	n := float64(len(results))
	mean, squares := 0.0, 0.0
	for i, x := range results { // Welford: no cancellation for small spreads
		delta := x - mean
		mean += delta / float64(i+1)
		squares += delta * (x - mean)
	}
	sorted := slices.Clone(results)
	slices.Sort(sorted)
	quantile := func(q float64) Number {
		at := q * (n - 1)
		i := int(at)
		if i+1 >= len(sorted) {
			return Number(sorted[len(sorted)-1])
		}
		return Number(sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i]))
	}
	return &Uncertainty{
		Mean: Number(mean), Std: Number(math.Sqrt(squares / (n - 1))), P05: quantile(0.05), P50: quantile(0.5), P95: quantile(0.95),
		Samples: len(results), Seed: seed,
	}
}

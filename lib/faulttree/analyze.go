package faulttree

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Options of an analysis. The zero value analyses the only top of the model completely.
type Options struct {
	// Top is the gate to analyse; "" means the model's only top.
	Top string
	// Order keeps cut sets with at most that many events; 0 keeps all.
	Order int
	// CutOff keeps cut sets with at least that probability; 0 keeps all. What is kept is enumerated.
	CutOff float64
	// Time of the analysis, in the unit of the model's rates; 0 means the model's mission time.
	Time float64
	// Samples is the number of Monte-Carlo trials; 0 means no uncertainty analysis.
	Samples int
	// Seed of the trials. The same seed gives the same result with any number of workers.
	Seed uint64
	// Workers for the trials; 0 means one per processor.
	Workers int
	// TopN is the number of cut sets to list; 0 means 10, negative none.
	TopN int
	// PrimeImplicants looks for prime implicants, which may contain absences of events, instead of minimal cut sets. For
	// coherent trees they are the same.
	PrimeImplicants bool
	// MaxMemory bounds the diagrams, in bytes; 0 means 1 GiB.
	MaxMemory int64
}

// defaultMemory is Options.MaxMemory when that is 0.
const defaultMemory = 1 << 30

func (o Options) check() error {
	switch {
	case o.Order < 0:
		return fmt.Errorf("faulttree: analyze: order %d: must be 1 or more, or 0 for all", o.Order)
	case !(o.CutOff >= 0 && o.CutOff <= 1):
		return fmt.Errorf("faulttree: analyze: cut-off %g: must be 0 to 1", o.CutOff)
	case !(o.Time >= 0) || math.IsInf(o.Time, 0):
		return fmt.Errorf("faulttree: analyze: time %g: must be a number of at least 0", o.Time)
	case o.Samples < 0 || o.Samples == 1 || o.Samples > 100_000_000:
		return fmt.Errorf("faulttree: analyze: %d samples: must be 2 to 100000000, or 0 for none", o.Samples)
	case o.Workers < 0:
		return fmt.Errorf("faulttree: analyze: %d workers: must be 1 or more, or 0 for one per processor", o.Workers)
	case o.MaxMemory < 0 || o.MaxMemory > 0 && o.MaxMemory < 1<<20:
		return fmt.Errorf("faulttree: analyze: %d bytes of memory: must be at least 1 MiB, or 0 for 1 GiB", o.MaxMemory)
	}
	return nil
}

// maxNodes is how many nodes a diagram may have.
func (o Options) maxNodes() int {
	memory := o.MaxMemory
	if memory == 0 {
		memory = defaultMemory
	}
	return int(min(memory/bytesPerNode, math.MaxInt32-1))
}

// Analyze returns the probability of a top event, its minimal cut sets, the importance of the basic events below it, and
// with Options.Samples the uncertainty. The model is validated first.
//
// The exact probability comes from a binary decision diagram. When that does not fit into Options.MaxMemory, Exact is nil
// and the cut sets are found up to an order only; Warnings and CutOffBound say so. The work stops when ctx ends.
func Analyze(ctx context.Context, m *Model, opts Options) (*Analysis, error) {
	a, err := newAnalyzer(ctx, m, opts)
	if err != nil {
		return nil, err
	}
	if err := a.cutSets(ctx); err != nil {
		return nil, a.fail(err)
	}
	a.out.Importance = a.importance()
	if opts.Samples > 0 {
		if a.out.Uncertainty, err = a.simulate(ctx); err != nil {
			return nil, a.fail(err)
		}
	}
	return a.out, nil
}

// analyzer is one analysis under way.
type analyzer struct {
	opts     Options
	model    *Model
	compiled *compiled
	circuit  *circuit // flattened
	odds     odds
	bdd      *bdd // kept only for prime implicants
	root     edge
	diagram  *diagram // nil when it did not fit
	family   *family
	summary  *summary
	out      *Analysis
}

// newAnalyzer validates, compiles, evaluates the probabilities and builds the BDD.
func newAnalyzer(ctx context.Context, m *Model, opts Options) (*analyzer, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	top := opts.Top
	if top == "" {
		tops := m.Tops()
		if len(tops) != 1 {
			return nil, fmt.Errorf("faulttree: analyze: model %q has %d tops, name one of them: %s", m.Name, len(tops), strings.Join(tops, ", "))
		}
		top = tops[0]
	}
	time := opts.Time
	if time == 0 {
		time = m.MissionTime
	}
	c, err := m.compile(top, time)
	if err != nil {
		return nil, err
	}
	a := &analyzer{opts: opts, model: m, compiled: c, circuit: c.circuit.flatten()}
	a.out = &Analysis{Model: m.Name, Top: top, MissionTime: Number(time), Coherent: a.circuit.monotone(), Warnings: slices.Clone(m.Warnings), TopCutSets: []CutSet{}}
	p, err := c.probabilities()
	if err != nil {
		return nil, err
	}
	a.odds = newOdds(p)
	if err := a.build(ctx); err != nil {
		return nil, a.fail(err)
	}
	return a, nil
}

func (a *analyzer) fail(err error) error {
	return fmt.Errorf("faulttree: analyze %s: %w", a.out.Top, err)
}

func (a *analyzer) warn(format string, args ...any) {
	a.out.Warnings = append(a.out.Warnings, fmt.Sprintf(format, args...))
}

// probabilities evaluates the variables in the current world.
func (c *compiled) probabilities() ([]float64, error) {
	list := make([]float64, len(c.events))
	for v, e := range c.events {
		p, err := c.world.value(e.value)
		switch {
		case err != nil:
			return nil, err
		case p >= 0 && p <= 1:
		case c.world.rng != nil: // a draw beyond the ends, as from a normal distribution
			p = min(max(p, 0), 1)
		default:
			return nil, &ModelError{e.pos, fmt.Sprintf("basic event %q has probability %g at the time %g: must be 0 to 1", e.id, p, c.world.time)}
		}
		list[v] = p
	}
	return list, nil
}

// quickNodes bounds the BDD when only cut sets up to an order are asked for, which can be had without it.
const quickNodes = 2_000_000

func (a *analyzer) build(ctx context.Context) error {
	limit := a.opts.maxNodes()
	if a.opts.Order > 0 {
		limit = min(limit, quickNodes)
	}
	b, root, vars, stats, err := build(ctx, a.circuit, limit)
	a.out.Engine = Engine{Method: "bdd", Order: stats.rule, Attempts: stats.attempts}
	if errors.Is(err, errFull) {
		a.out.Engine.Method = "zbdd"
		a.warn("the exact probability is not known: the BDD needs more than %d nodes in every variable order tried; more memory may help", limit)
		return nil
	}
	if err != nil {
		return err
	}
	if a.opts.PrimeImplicants && !a.out.Coherent {
		a.bdd, a.root = b, root
	}
	a.diagram = b.compact(root, vars)
	a.out.Engine.Nodes = len(a.diagram.nodes)
	exact := Number(a.diagram.chances(a.odds, make([]chances, len(a.diagram.nodes))).yes)
	a.out.Probability.Exact = &exact
	return nil
}

// cutSets finds the family, sums it up and lists its most probable members.
func (a *analyzer) cutSets(ctx context.Context) error {
	if err := a.findFamily(ctx); err != nil {
		return err
	}
	a.bdd = nil
	out := a.out
	out.Engine.CutNodes = len(a.family.nodes)
	all := a.family.powerSum(a.odds, 1, make([]float64, len(a.family.nodes)))
	cut := false
	if a.opts.Order > 0 && out.Engine.MaxOrder == 0 {
		var err error
		if cut, err = a.cutOrder(ctx); err != nil {
			return err
		}
	}
	var err error
	if a.opts.CutOff > 0 {
		a.summary, err = a.family.enumerateAbove(ctx, a.odds, a.opts.CutOff)
		cut = true
	} else {
		a.summary, err = a.family.summarize(ctx, a.odds)
	}
	if err != nil {
		return err
	}
	s := a.summary
	if cut {
		missed := max(0, all-s.sum)
		if a.opts.CutOff == 0 {
			missed = min(missed, a.missedBound(a.opts.Order))
		}
		out.CutOffBound = Number(min(1, float64(out.CutOffBound)+missed))
	}
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

// cutOrder drops the sets with more events than asked for and reports whether there were any.
func (a *analyzer) cutOrder(ctx context.Context) (bool, error) {
	z := newZBDD(ctx, a.opts.maxNodes())
	z.nodes = append(z.nodes[:0], a.family.nodes...)
	z.rehash()
	root := z.truncate(a.family.root, a.opts.Order)
	if z.err != nil || root == a.family.root {
		return false, z.err
	}
	a.family = z.compact(root, a.family.vars)
	return true, nil
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
	slices.SortFunc(members, func(x, y member) int { return cmp.Compare(x.v, y.v) })
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = a.compiled.events[m.v].id
		if m.negated {
			list[i] = "not " + list[i]
		}
	}
	return list
}

// importance returns the measures of all events, exact where the BDD is there, else from the cut sets as SCRAM does.
func (a *analyzer) importance() []Importance {
	var list []Importance
	s := a.summary
	if a.diagram != nil {
		list = a.diagram.importances(a.odds)
	} else {
		a.warn("importance is that of the rare-event approximation")
		for v, x := range a.odds {
			share := s.containing[v]
			marginal := 0.0
			if x.yes > 0 {
				marginal = share / x.yes
			}
			list = append(list, measures(x.yes, s.sum, s.sum+x.no*marginal, s.sum-share, marginal))
		}
	}
	for v := range list {
		list[v].Event = a.compiled.events[v].id
		list[v].FussellVesely = Number(s.containing[v] / s.sum)
	}
	sortImportance(list)
	return list
}

// summary holds the totals over a family.
type summary struct {
	byOrder    []*big.Int
	sum        float64 // rare-event
	upperBound float64
	containing []float64 // by variable
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

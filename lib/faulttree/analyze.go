package faulttree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Options of an analysis. The zero value analyses the only top of the model completely.
type Options struct {
	// Top is the gate to analyse; "" means the model's only top.
	Top string
	// Order keeps cut sets with at most that many events (absences of a prime implicant count); 0 keeps all.
	Order int
	// CutOff keeps cut sets with at least that probability; 0 keeps all. What is kept is enumerated.
	CutOff float64
	// Time of the analysis, in the unit of the model's rates; 0 means the model's mission time.
	Time float64
	// Samples is the number of Monte-Carlo trials; 0 means no uncertainty analysis.
	Samples int
	// Curve is the number of equal steps of the mission at which the probability is evaluated, see [TimeCurve]; 0 means no
	// curve.
	Curve int
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
	case o.Curve < 0 || o.Curve > maxPoints:
		return fmt.Errorf("faulttree: analyze: a curve of %d steps: must be 1 to %d, or 0 for none", o.Curve, maxPoints)
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
	a, err := analyzed(ctx, m, opts)
	if err != nil {
		return nil, err
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
	top, err := m.chooseTop("analyze", opts.Top)
	if err != nil {
		return nil, err
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
		help := "more memory may help"
		if limit < a.opts.maxNodes() {
			help = "it is tried harder when the order of the cut sets is not limited"
		}
		a.warn("the exact probability is not known: the BDD needs more than %d nodes in every variable order tried; %s", limit, help)
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

// analyzed does the work that Analyze and Assess have in common.
func analyzed(ctx context.Context, m *Model, opts Options) (*analyzer, error) {
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
	if opts.Curve > 0 {
		if a.out.Curve, err = a.curve(ctx, opts.Curve); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// chooseTop returns the named top, or the only one of the model when none is named.
func (m *Model) chooseTop(op, name string) (string, error) {
	if name != "" {
		return name, nil
	}
	tops := m.Tops()
	if len(tops) != 1 {
		return "", fmt.Errorf("faulttree: %s: model %q has %d tops, name one of them: %s", op, m.Name, len(tops), strings.Join(tops, ", "))
	}
	return tops[0], nil
}

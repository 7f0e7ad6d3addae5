package faulttree

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The engine against the truth table of random trees with every operator, shared parts, constants and house events.

// randomModel returns a tree over n events and gates of random kinds; monotone leaves out what negates.
func randomModel(rng *rand.Rand, n int, monotone bool) *Model {
	m := New("random")
	names := []string{"on", "off"}
	m.Houses = []*House{{ID: "on", State: true}, {ID: "off"}}
	for v := range n {
		name := fmt.Sprintf("e%d", v)
		m.Event(name, []float64{0, 1, 0.5, 0.01, 1e-6, rng.Float64(), rng.Float64()}[rng.IntN(7)])
		names = append(names, name, name) // more often than house events
	}
	ops := []Op{And, Or, Atleast, Inhibit, Pass, And, Or}
	if !monotone {
		ops = append(ops, Xor, Not, Nand, Nor, Iff, Imply, Xor)
	}
	gates := 2 + rng.IntN(8)
	for g := range gates {
		op := ops[rng.IntN(len(ops))]
		low, high, _ := op.arity()
		if high < 0 {
			high = low + 3
		}
		gate := m.Gate(fmt.Sprintf("g%d", g), op)
		for range low + rng.IntN(high-low+1) {
			arg := &Formula{Op: Ref, Name: names[rng.IntN(len(names))]}
			if rng.IntN(6) == 0 { // a nested formula
				arg = &Formula{Op: And, Args: []*Formula{arg, {Op: Ref, Name: names[rng.IntN(len(names))]}}}
			}
			gate.Formula.Args = append(gate.Formula.Args, arg)
		}
		gate.Formula.K = 1 + rng.IntN(len(gate.Formula.Args))
		names = append(names, gate.ID, gate.ID, gate.ID)
	}
	m.Top = []string{fmt.Sprintf("g%d", gates-1)}
	return m
}

// truth evaluates a formula for a set of events.
func (m *Model) truth(f *Formula, on map[string]bool) bool {
	count := 0
	var args []bool
	for _, a := range f.Args {
		x := m.truth(a, on)
		args = append(args, x)
		if x {
			count++
		}
	}
	switch f.Op {
	case Ref:
		for _, g := range m.Gates {
			if g.ID == f.Name {
				return m.truth(g.Formula, on)
			}
		}
		return on[f.Name]
	case True, False:
		return f.Op == True
	case And, Inhibit:
		return count == len(args)
	case Or:
		return count > 0
	case Atleast:
		return count >= f.K
	case Xor:
		return count%2 == 1
	case Not, Nor:
		return count == 0
	case Nand:
		return count < len(args)
	case Pass:
		return args[0]
	case Iff:
		return args[0] == args[1]
	}
	return !args[0] || args[1] // Imply
}

// table is the truth table of a top: bit i of the index is event i.
func (m *Model) table(top string) []bool {
	rows := make([]bool, 1<<len(m.Events))
	for row := range rows {
		on := map[string]bool{"on": true}
		for v, e := range m.Events {
			on[e.ID] = row>>v&1 == 1
		}
		rows[row] = m.truth(&Formula{Op: Ref, Name: top}, on)
	}
	return rows
}

func (m *Model) brute(rows []bool, given func(row int) bool) float64 {
	sum := 0.0
	for row, yes := range rows {
		if !yes || !given(row) {
			continue
		}
		p := 1.0
		for v, e := range m.Events {
			if row>>v&1 == 1 {
				p *= e.Probability.Number
			} else {
				p *= 1 - e.Probability.Number
			}
		}
		sum += p
	}
	return sum
}

// minimal returns the minimal rows that are true, as masks.
func minimal(rows []bool) []int {
	var list []int
	for row, yes := range rows {
		if yes && !slices.ContainsFunc(list, func(r int) bool { return r&^row == 0 }) {
			list = append(list, row) // ascending rows: subsets come first
		}
	}
	return list
}

// primes returns the prime implicants as pairs of masks: events that occur, events that do not.
func primes(rows []bool, n int) map[[2]int]bool {
	implies := func(yes, no int) bool {
		for row, value := range rows {
			if row&yes == yes && row&no == 0 && !value {
				return false
			}
		}
		return true
	}
	result := make(map[[2]int]bool)
	for used := range 1 << n {
		for yes := used; ; yes = (yes - 1) & used {
			no := used &^ yes
			prime := implies(yes, no)
			for v := range n {
				if bit := 1 << v; used&bit != 0 && prime && implies(yes&^bit, no&^bit) {
					prime = false
				}
			}
			if prime {
				result[[2]int{yes, no}] = true
			}
			if yes == 0 {
				break
			}
		}
	}
	return result
}

func (m *Model) mask(names []string) (yes, no int) {
	for _, name := range names {
		plain, negated := strings.CutPrefix(name, "not ")
		v := slices.IndexFunc(m.Events, func(e *Event) bool { return e.ID == plain })
		if negated {
			no |= 1 << v
		} else {
			yes |= 1 << v
		}
	}
	return yes, no
}

func TestAgainstTruthTables(t *testing.T) {
	const events = 6
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(7, seed))
		m := randomModel(rng, events, seed%3 == 0)
		rows := m.table(m.Top[0])
		all := func(int) bool { return true }
		exact := m.brute(rows, all)
		a, err := Analyze(t.Context(), m, Options{TopN: 1 << events})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !near(float64(*a.Probability.Exact), exact, 1e-13, 1e-300) {
			t.Fatalf("seed %d: probability %v, want %v", seed, *a.Probability.Exact, exact)
		}
		checkSets(t, seed, m, rows, a)
		for _, i := range a.Importance {
			v := slices.IndexFunc(m.Events, func(e *Event) bool { return e.ID == i.Event })
			p := m.Events[v].Probability.Number
			m.Events[v].Probability.Number = 1
			with := m.brute(rows, all)
			m.Events[v].Probability.Number = 0
			without := m.brute(rows, all)
			m.Events[v].Probability.Number = p
			want := measures(p, exact, with, without, with-without)
			for name, pair := range map[string][2]Number{"MIF": {i.MIF, want.MIF}, "CIF": {i.CIF, want.CIF}, "DIF": {i.DIF, want.DIF}, "RAW": {i.RAW, want.RAW}, "RRW": {i.RRW, want.RRW}} {
				got, want := float64(pair[0]), float64(pair[1])
				if got != want && !(math.IsNaN(got) && math.IsNaN(want)) && !near(got, want, 1e-9, 1e-14) {
					t.Fatalf("seed %d: %s of %s is %v, want %v", seed, name, i.Event, got, want)
				}
			}
		}
	}
}

// checkSets compares cut sets, counts and sums with the truth table.
func checkSets(t *testing.T, seed uint64, m *Model, rows []bool, a *Analysis) {
	t.Helper()
	sets := minimal(rows)
	byOrder := make(map[int]int)
	sum, product := 0.0, 1.0
	for _, mask := range sets {
		byOrder[bits.OnesCount(uint(mask))]++
		p := 1.0
		for v, e := range m.Events {
			if mask>>v&1 == 1 {
				p *= e.Probability.Number
			}
		}
		sum += p
		product *= 1 - p
	}
	if got := fmt.Sprint(a.CutSets.Count); got != fmt.Sprint(len(sets)) {
		t.Fatalf("seed %d: %s cut sets, want %d", seed, got, len(sets))
	}
	for order, n := range byOrder {
		if got := a.CutSets.ByOrder[order]; got == nil || got.String() != fmt.Sprint(n) {
			t.Fatalf("seed %d: %v cut sets of order %d, want %d", seed, got, order, n)
		}
	}
	if !near(float64(a.Probability.RareEvent), sum, 1e-13, 1e-300) || !near(float64(a.Probability.MCUB), 1-product, 1e-12, 1e-15) {
		t.Fatalf("seed %d: rare event %v and bound %v, want %v and %v", seed, a.Probability.RareEvent, a.Probability.MCUB, sum, 1-product)
	}
	if len(a.TopCutSets) != len(sets) {
		t.Fatalf("seed %d: %d cut sets listed, want %d", seed, len(a.TopCutSets), len(sets))
	}
	for i, c := range a.TopCutSets {
		if mask, _ := m.mask(c.Events); !slices.Contains(sets, mask) {
			t.Fatalf("seed %d: %v is no minimal cut set", seed, c.Events)
		}
		if i > 0 && c.Probability > a.TopCutSets[i-1].Probability {
			t.Fatalf("seed %d: the list is not sorted by probability", seed)
		}
	}
}

func TestPrimeImplicantsAgainstTruthTables(t *testing.T) {
	const events = 5
	for seed := range uint64(200) {
		m := randomModel(rand.New(rand.NewPCG(8, seed)), events, false)
		for _, e := range m.Events {
			e.Probability.Number = 0.5 // so that every implicant is possible and listed
		}
		want := primes(m.table(m.Top[0]), events)
		a, err := Analyze(t.Context(), m, Options{PrimeImplicants: true, TopN: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.TopCutSets) != len(want) || a.CutSets.Count.String() != fmt.Sprint(len(want)) {
			t.Fatalf("seed %d: %d prime implicants listed, %v counted, want %d", seed, len(a.TopCutSets), a.CutSets.Count, len(want))
		}
		for _, c := range a.TopCutSets {
			yes, no := m.mask(c.Events)
			if !want[[2]int{yes, no}] {
				t.Fatalf("seed %d: %v is no prime implicant", seed, c.Events)
			}
		}
	}
}

// The way without a BDD gives the same cut sets up to each order.
func TestTruncatedAgainstTruthTables(t *testing.T) {
	const events = 6
	for seed := range uint64(400) {
		m := randomModel(rand.New(rand.NewPCG(9, seed)), events, seed%2 == 0)
		rows := m.table(m.Top[0])
		c, err := m.compile(m.Top[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		circuit := c.circuit.flatten()
		for order := range events + 1 {
			z := newZBDD(t.Context(), 1<<20)
			vars := variableOrder(circuit, "file")
			f := z.compact(truncatedCutSets(z, circuit, vars, order), vars)
			counts, err := f.counts(t.Context())
			if err != nil || z.err != nil {
				t.Fatal(err, z.err)
			}
			want := make([]int, events+1)
			for _, mask := range minimal(rows) {
				want[bits.OnesCount(uint(mask))]++
			}
			for k := range want {
				got := "0"
				if k < len(counts) {
					got = counts[k].String()
				}
				if k > order {
					want[k] = 0
				}
				if got != fmt.Sprint(want[k]) {
					t.Fatalf("seed %d, order %d: %s cut sets of order %d, want %d", seed, order, got, k, want[k])
				}
			}
		}
	}
}

// The orders of variables are permutations, and all lead to the same function.
func TestVariableOrders(t *testing.T) {
	for seed := range uint64(50) {
		m := randomModel(rand.New(rand.NewPCG(10, seed)), 8, false)
		c, err := m.compile(m.Top[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.probabilities()
		if err != nil {
			t.Fatal(err)
		}
		var first float64
		for i, rule := range orderRules {
			for j, circuit := range []*circuit{c.circuit, c.circuit.flatten()} {
				vars := variableOrder(circuit, rule)
				sorted := slices.Clone(vars)
				slices.Sort(sorted)
				if len(slices.Compact(sorted)) != len(vars) {
					t.Fatalf("seed %d: %s: a variable twice in %v", seed, rule, vars)
				}
				b := newBDD(t.Context(), 1<<20)
				root, _, err := b.evaluate(circuit, vars)
				if err != nil {
					t.Fatal(err)
				}
				d := b.compact(root, vars)
				got := d.chances(newOdds(p), make([]chances, len(d.nodes))).yes
				if i+j == 0 {
					first = got
				} else if !near(got, first, 1e-13, 1e-300) {
					t.Fatalf("seed %d: %s gives %v, want %v", seed, rule, got, first)
				}
			}
		}
	}
}

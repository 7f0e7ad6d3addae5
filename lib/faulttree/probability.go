package faulttree

import "math"

// chances are the probabilities that a function is true and that it is false. Both are sums of products of positive
// numbers, so both are accurate to a few units in the last place; 1 minus the one would lose the small one.
type chances struct{ yes, no float64 }

func (c chances) flip(negate uint32) chances {
	if negate&1 == 1 {
		return chances{c.no, c.yes}
	}
	return c
}

// odds holds the chances of each variable.
type odds []chances

func newOdds(p []float64) odds {
	o := make(odds, len(p))
	for v, p := range p {
		o[v] = chances{p, 1 - p}
	}
	return o
}

// evaluate fills into with the chances of every node; it must have the length of d.nodes.
func (d *diagram) evaluate(o odds, into []chances) {
	into[0] = chances{1, 0}
	for i := 1; i < len(d.nodes); i++ {
		n := d.nodes[i]
		x := o[d.vars[n.level]]
		hi, lo := into[n.hi>>1], into[n.lo>>1].flip(n.lo)
		into[i] = chances{math.FMA(x.yes, hi.yes, x.no*lo.yes), math.FMA(x.yes, hi.no, x.no*lo.no)}
	}
}

// chances returns the probability of the root; scratch as for evaluate.
func (d *diagram) chances(o odds, scratch []chances) chances {
	d.evaluate(o, scratch)
	return scratch[d.root.index()].flip(uint32(d.root))
}

// marginals returns for each variable P(root | x) - P(root | not x), the partial derivative of the probability, in one
// pass down from the root. at holds the chances of all nodes.
func (d *diagram) marginals(o odds, at []chances) []float64 {
	// reach[i][c] is the probability that the walk from the root passes node i, c telling whether what is found there
	// counts negated.
	reach := make([][2]float64, len(d.nodes))
	reach[d.root.index()][d.root&1] = 1
	result := make([]float64, len(o))
	for i := len(d.nodes) - 1; i > 0; i-- {
		r := reach[i]
		if r[0] == 0 && r[1] == 0 {
			continue
		}
		n := d.nodes[i]
		v := d.vars[n.level]
		hi, lo := at[n.hi>>1], at[n.lo>>1].flip(n.lo)
		// The same difference either way; the smaller numbers cancel less.
		difference := hi.yes - lo.yes
		if math.Max(hi.no, lo.no) < math.Max(hi.yes, lo.yes) {
			difference = lo.no - hi.no
		}
		result[v] += (r[0] - r[1]) * difference
		for c := range uint32(2) {
			reach[n.hi>>1][c] += r[c] * o[v].yes
			reach[n.lo>>1][c^n.lo&1] += r[c] * o[v].no
		}
	}
	return result
}

// Importance says how much one basic event matters for the top event T. P is the probability of T, p that of the event e.
type Importance struct {
	Event string `json:"event"`
	// Probability is p.
	Probability Number `json:"probability"`
	// MIF is the marginal (Birnbaum) importance P(T|e) - P(T|not e).
	MIF Number `json:"mif"`
	// CIF is the critical importance p MIF / P.
	CIF Number `json:"cif"`
	// DIF is the diagnostic importance P(e|T) = p P(T|e) / P.
	DIF Number `json:"dif"`
	// RAW is the risk achievement worth P(T|e) / P.
	RAW Number `json:"raw"`
	// RRW is the risk reduction worth P / P(T|not e), infinite when T cannot happen without e.
	RRW Number `json:"rrw"`
	// FussellVesely is the sum of the probabilities of the minimal cut sets with e over the sum for all of them.
	FussellVesely Number `json:"fussell_vesely"`
}

// importances returns the exact measures of all variables; Fussell-Vesely is left to the cut sets.
func (d *diagram) importances(o odds) []Importance {
	at := make([]chances, len(d.nodes))
	total := d.chances(o, at).yes
	marginal := d.marginals(o, at)
	used := make([]bool, len(o))
	for _, v := range d.vars {
		used[v] = true
	}
	result := make([]Importance, len(o))
	changed := make(odds, len(o))
	for v := range o {
		p := o[v].yes
		with := total + o[v].no*marginal[v]
		without := total - p*marginal[v]
		// Where the difference cancels, up to the case that nothing is left of P without e, evaluate it instead.
		const cancelled = 1e-3
		if used[v] && (without < cancelled*total || with < cancelled*total) {
			copy(changed, o)
			changed[v] = chances{1, 0}
			with = d.chances(changed, at).yes
			changed[v] = chances{0, 1}
			without = d.chances(changed, at).yes
		}
		result[v] = measures(p, total, with, without, marginal[v])
	}
	return result
}

// measures computes the importance measures from P(T), P(T|e) and P(T|not e). Ratios over P = 0 are NaN.
func measures(p, total, with, without, marginal float64) Importance {
	return Importance{
		Probability: Number(p), MIF: Number(marginal), CIF: Number(p * marginal / total), DIF: Number(p * with / total),
		RAW: Number(with / total), RRW: Number(total / without), FussellVesely: Number(math.NaN()),
	}
}

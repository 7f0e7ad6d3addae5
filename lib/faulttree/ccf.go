package faulttree

import (
	"fmt"
	"strings"
)

// maxCombinations bounds the events that one common-cause group expands to.
const maxCombinations = 100_000

// levels returns the sizes of combinations that can fail together, ascending.
func (g *Group) levels() []int {
	n := len(g.Members)
	if g.Model == BetaFactor {
		return []int{1, n}
	}
	highest := len(g.Factors)
	if g.Model == MGL {
		highest++
	}
	levels := make([]int, 0, n)
	for k := 1; k <= min(highest, n); k++ {
		levels = append(levels, k)
	}
	return levels
}

// probabilityOf returns the probability that exactly the members of one given combination of size k fail together. Q is
// the total probability of a member (Mosleh et al., NUREG/CR-5485, section 5):
//
//	beta   Q1 = (1-b) Q, Qn = b Q
//	mgl    Qk = 1/C(n-1,k-1) rho_2 ... rho_k (1 - rho_(k+1)) Q
//	alpha  Qk = k/C(n-1,k-1) a_k / sum(i a_i) Q
//	phi    Qk = phi_k Q
//
// It is an expression over the parameters of the group, so that a Monte-Carlo trial draws each of them once.
func (g *Group) probabilityOf(k int) *Expr {
	n := len(g.Members)
	total := Param(g.parameter("total"))
	factor := func(level, first int) *Expr { // of a level; the lowest one given is first
		if i := level - first; i < len(g.Factors) {
			return Param(g.parameter(fmt.Sprint(i + 1)))
		}
		return Const(0)
	}
	switch g.Model {
	case BetaFactor:
		if k == 1 {
			return Call("mul", Call("sub", Const(1), factor(2, 2)), total)
		}
		return Call("mul", factor(2, 2), total)
	case MGL:
		product := []*Expr{Const(1 / binomial(n-1, k-1))}
		for level := 2; level <= k; level++ {
			product = append(product, factor(level, 2))
		}
		return Call("mul", append(product, Call("sub", Const(1), factor(k+1, 2)), total)...)
	case AlphaModel:
		var sum []*Expr
		for i := range g.Factors {
			sum = append(sum, Call("mul", Const(float64(i+1)), factor(i+1, 1)))
		}
		return Call("mul", Const(float64(k)/binomial(n-1, k-1)), Call("div", factor(k, 1), Call("add", sum...)), total)
	}
	return Call("mul", factor(k, 1), total)
}

// parameter returns the name of a number of the group. The zero byte keeps it apart from every name of a model.
func (g *Group) parameter(what string) string { return "\x00" + g.ID + "\x00" + what }

// parameters returns the numbers of the group as parameters of the model.
func (g *Group) parameters() []*Parameter {
	list := []*Parameter{{ID: g.parameter("total"), Value: g.Total, Pos: g.Pos}}
	for i, factor := range g.Factors {
		list = append(list, &Parameter{ID: g.parameter(fmt.Sprint(i + 1)), Value: factor, Pos: g.Pos})
	}
	return list
}

// combination is one shared failure of members of a group, a basic event of the expanded tree.
type combination struct {
	members []int
	id      string
	value   *Expr
}

// combinations returns the shared failures of the group, by size and then in the order of the members. A single member's
// own failure and a shared one are named alike: "[a]", "[a b]".
func (g *Group) combinations() []combination {
	var list []combination
	for _, k := range g.levels() {
		value := g.probabilityOf(k)
		chosen := make([]int, 0, k)
		var choose func(from int)
		choose = func(from int) {
			if len(chosen) == k {
				names := make([]string, k)
				for i, m := range chosen {
					names[i] = g.Members[m]
				}
				list = append(list, combination{append([]int(nil), chosen...), "[" + strings.Join(names, " ") + "]", value})
				return
			}
			for m := from; m <= len(g.Members)-(k-len(chosen)); m++ {
				chosen = append(chosen, m)
				choose(m + 1)
				chosen = chosen[:len(chosen)-1]
			}
		}
		choose(0)
	}
	return list
}

// combinations returns how many combinations of n members have one of the sizes.
func combinations(n int, sizes []int) float64 {
	sum := 0.0
	for _, k := range sizes {
		sum += binomial(n, k)
	}
	return sum
}

func binomial(n, k int) float64 {
	result := 1.0
	for i := range k {
		result *= float64(n-i) / float64(i+1)
	}
	return result
}

package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/faulttree"
)

const topUsage = "gate to look at (default: the only one that no other gate uses)"

// treeFlags say how a fault tree is analysed.
type treeFlags struct {
	faulttree.Options
	memory int // MiB
}

func (t *treeFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.Top, "top", "", topUsage)
	f.IntVar(&t.Order, "order", 0, "leave out cut sets of more events than that; 0 keeps all")
	f.Float64Var(&t.CutOff, "cut-off", 0, "leave out cut sets less probable than that; 0 keeps all")
	f.Float64Var(&t.Time, "time", 0, "time of the analysis, in the unit of the model's rates (default: the model's mission time)")
	f.IntVar(&t.Curve, "curve", 0, "steps of a curve over the mission, with PFDavg, PFH and their safety integrity levels; 0 is none")
	f.IntVar(&t.Samples, "samples", 0, "Monte-Carlo trials for the uncertainty; 0 is none")
	f.Uint64Var(&t.Seed, "seed", 0, "chooses the trials")
	f.IntVar(&t.TopN, "cut-sets", 10, "most probable cut sets to list; 0 lists none")
	f.BoolVar(&t.PrimeImplicants, "prime-implicants", false, "prime implicants instead of minimal cut sets, for trees with negations")
	f.IntVar(&t.memory, "memory", 1024, "bound of the diagrams, in MiB")
}

// check refuses values that no model fits.
func (t *treeFlags) check(cmd *cobra.Command) error {
	bad := func(flag string, value any, want string) error {
		return usagef("%s--%s is %v, must be %s", prefix(cmd), flag, value, want)
	}
	switch {
	case t.Order < 0:
		return bad("order", t.Order, "1 or more, or 0 for all")
	case !(t.CutOff >= 0 && t.CutOff <= 1): // written so that not-a-number is refused
		return bad("cut-off", t.CutOff, "0..1")
	case cmd.Flags().Changed("time") && !(t.Time > 0) || math.IsInf(t.Time, 0):
		return bad("time", t.Time, "a number above 0")
	case t.Samples < 0 || t.Samples == 1 || t.Samples > 100_000_000:
		return bad("samples", t.Samples, "2..100000000, or 0 for none")
	case t.Curve < 0 || t.Curve > 10_000_000:
		return bad("curve", t.Curve, "1..10000000, or 0 for none")
	case t.TopN < 0:
		return bad("cut-sets", t.TopN, "0 or more")
	case t.memory < 1 || t.memory > 1<<20:
		return bad("memory", t.memory, fmt.Sprintf("1..%d (MiB)", 1<<20))
	}
	return nil
}

func (t *treeFlags) options() faulttree.Options {
	opts := t.Options
	opts.MaxMemory = int64(t.memory) << 20
	if opts.TopN == 0 {
		opts.TopN = -1 // there 0 is the default
	}
	return opts
}

// needTop refuses a --top that the model lacks, and a model that needs one.
func needTop(cmd *cobra.Command, m *faulttree.Model, top string) error {
	tops := m.Tops()
	switch {
	case top == "" && len(tops) == 0:
		return inputError(fmt.Errorf("fault tree %s has no gates", m.Name))
	case top == "" && len(tops) > 1:
		return withHint(usagef("%s--top is needed: the model has %d tops", prefix(cmd), len(tops)), "the tops are %s", shortList(tops))
	case top != "" && !slices.ContainsFunc(m.Gates, func(g *faulttree.Gate) bool { return g.ID == top }):
		return withHint(usagef("%s--top %s is not a gate of the model", prefix(cmd), top), "the tops are %s; every other gate will do too", shortList(tops))
	}
	return nil
}

// shortList is a list for a line that people read.
func shortList(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// treeError gives an error about a model the exit code of bad input; what is left is a failure or an interrupt.
func treeError(err error) error {
	if errors.Is(err, faulttree.ErrModel) {
		return inputError(err)
	}
	return err
}

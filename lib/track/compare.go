package track

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Stat summarises a metric over the runs of a group.
type Stat struct {
	N    int     `json:"n"` // runs with a value
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"` // sample standard deviation (n-1); 0 with one run
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
}

// String returns "0.9631 ± 0.0012 (5)", or "0.9631" for one run.
func (s Stat) String() string {
	switch s.N {
	case 0:
		return "-"
	case 1:
		return short(s.Mean)
	}
	return fmt.Sprintf("%s ± %s (%d)", short(s.Mean), short(s.Std), s.N)
}

// Group is the runs that share a configuration except for the seed.
type Group struct {
	Params  map[string]string `json:"params"` // only the settings that differ between the groups
	Runs    []string          `json:"runs"`   // names
	Metrics map[string]Stat   `json:"metrics"`
}

// Name is the group's settings as text, "lr=0.001 width=64", or "all runs" when nothing differs.
func (g Group) Name() string {
	if len(g.Params) == 0 {
		return "all runs"
	}
	keys := slices.Sorted(maps.Keys(g.Params))
	for i, k := range keys {
		keys[i] = k[strings.LastIndexByte(k, '.')+1:] + "=" + g.Params[k]
	}
	return strings.Join(keys, " ")
}

// Comparison is a table of groups.
type Comparison struct {
	Varying []string `json:"varying"` // the settings that differ between groups, sorted
	Metrics []string `json:"metrics"` // the columns, in the order asked for
	Groups  []Group  `json:"groups"`  // best mean of the first metric first
}

// Compare groups runs by their settings without the seed (a key whose last part is "seed" or "random_state") and gives
// mean and standard deviation of the metrics, sorted by the first one, best first. Without metrics it takes every
// metric that some run has. A metric that no run has is an error that lists those that exist; broken runs are left out.
func Compare(runs []Summary, metrics ...string) (*Comparison, error) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(s Summary) bool { return s.State == Broken })
	for _, m := range metrics {
		if _, err := having(runs, m); err != nil {
			return nil, err
		}
	}
	if len(metrics) == 0 {
		names := map[string]bool{}
		for _, r := range runs {
			for n := range r.Metrics {
				names[n] = true
			}
		}
		metrics = sortedKeys(names)
	}
	c := &Comparison{Varying: varying(runs), Metrics: metrics}
	byKey := map[string]int{}
	var members [][]Summary
	for _, r := range runs {
		key := ""
		for _, p := range c.Varying {
			v, ok := r.Params[p]
			key += fmt.Sprintf("%t %q ", ok, v)
		}
		i, ok := byKey[key]
		if !ok {
			i = len(members)
			byKey[key] = i
			members = append(members, nil)
		}
		members[i] = append(members[i], r)
	}
	for _, m := range members {
		c.Groups = append(c.Groups, group(m, c.Varying, metrics))
	}
	if len(metrics) > 0 {
		slices.SortStableFunc(c.Groups, func(a, b Group) int { return betterFirst(a, b, metrics[0]) })
	}
	return c, nil
}

func group(runs []Summary, varying, metrics []string) Group {
	g := Group{Params: map[string]string{}, Metrics: map[string]Stat{}}
	for _, p := range varying {
		if v, ok := runs[0].Params[p]; ok {
			g.Params[p] = v
		}
	}
	for _, r := range runs {
		g.Runs = append(g.Runs, r.Name)
	}
	for _, m := range metrics {
		var values []float64
		for _, r := range runs {
			if v, ok := r.Metrics[m]; ok {
				values = append(values, v)
			}
		}
		if len(values) > 0 {
			g.Metrics[m] = statOf(values)
		}
	}
	return g
}

// betterFirst orders groups by the mean of a metric; groups without it come last.
func betterFirst(a, b Group, metric string) int {
	x, okX := a.Metrics[metric]
	y, okY := b.Metrics[metric]
	switch {
	case !okX && !okY:
		return 0
	case !okX:
		return 1
	case !okY:
		return -1
	case x.Mean == y.Mean:
		return 0
	case (x.Mean > y.Mean) == HigherIsBetter(metric):
		return -1
	}
	return 1
}

// varying returns the sorted settings that do not have one and the same value in all runs, seeds left out.
func varying(runs []Summary) []string {
	keys := map[string]bool{}
	for _, r := range runs {
		for k := range r.Params {
			keys[k] = true
		}
	}
	for k := range keys {
		if isSeed(k) || !differs(runs, k) {
			delete(keys, k)
		}
	}
	return sortedKeys(keys)
}

func differs(runs []Summary, key string) bool {
	first, ok := runs[0].Params[key]
	for _, r := range runs[1:] {
		if v, has := r.Params[key]; has != ok || v != first {
			return true
		}
	}
	return false
}

func isSeed(key string) bool {
	last := key[strings.LastIndexByte(key, '.')+1:]
	return last == "seed" || last == "random_state"
}

func statOf(v []float64) Stat {
	s := Stat{N: len(v), Min: slices.Min(v), Max: slices.Max(v)}
	for _, x := range v {
		s.Mean += x / float64(len(v))
	}
	if len(v) > 1 {
		var square float64
		for _, x := range v {
			square += (x - s.Mean) * (x - s.Mean)
		}
		s.Std = math.Sqrt(square / float64(len(v)-1))
	}
	return s
}

// String returns the comparison as a text table.
func (c *Comparison) String() string {
	t := table{header: append(slices.Clone(c.Varying), "runs")}
	t.header = append(t.header, c.Metrics...)
	for _, g := range c.Groups {
		var row []string
		for _, p := range c.Varying {
			v, ok := g.Params[p]
			if !ok {
				v = "-"
			}
			row = append(row, v)
		}
		row = append(row, fmt.Sprint(len(g.Runs)))
		for _, m := range c.Metrics {
			row = append(row, g.Metrics[m].String())
		}
		t.rows = append(t.rows, row)
	}
	return t.String()
}

package track

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// Impact says how strongly a setting and a metric go together over a set of runs. It describes the runs that were made and
// does not prove a cause: two settings that were changed together share the credit.
type Impact struct {
	Param   string `json:"param"`
	Numeric bool   `json:"numeric"` // every value is a number
	N       int    `json:"n"`       // runs that have both the setting and the metric

	// Explained is the share of the metric's variance between the values of the setting, 0..1, corrected for what as many
	// random groups would explain: epsilon squared, (SSB - (k-1)·MSW) / SST, not below 0. A numeric setting with more
	// than five distinct values is cut into five groups of equal size first. 0 when no group has two runs.
	Explained float64 `json:"explained"`

	// Spearman is the rank correlation of a numeric setting with the metric, -1..1, ties averaged; 0 for others.
	Spearman float64 `json:"spearman"`

	Values []ValueStat `json:"values"` // the metric by value of the setting: numbers ascending, or text by name
}

// ValueStat is the metric over the runs with one value of a setting.
type ValueStat struct {
	Value string `json:"value"`
	Stat
}

// maxGroups bounds the groups of a numeric setting: with one run per value the groups would explain everything.
const maxGroups = 5

// ParameterImpact ranks the settings that differ between runs (seeds left out) by their impact on a metric, strongest
// first. A metric that no run has is an error that lists those that exist; a single run gives an empty result.
// Source: epsilon squared after T. L. Kelley, "An unbiased correlation ratio measure", PNAS 21 (1935).
func ParameterImpact(runs []Summary, metric string) ([]Impact, error) {
	found, err := having(runs, metric)
	if err != nil {
		return nil, err
	}
	impacts := []Impact{}
	for _, param := range varying(found) {
		impacts = append(impacts, impactOf(found, param, metric))
	}
	slices.SortStableFunc(impacts, func(a, b Impact) int {
		return cmp.Or(cmp.Compare(b.Explained, a.Explained), cmp.Compare(math.Abs(b.Spearman), math.Abs(a.Spearman)))
	})
	return impacts, nil
}

// trial is a run's value of one setting and of the metric.
type trial struct {
	text  string
	x     float64 // the value as a number, when the setting is numeric
	group int
	y     float64
}

func impactOf(runs []Summary, param, metric string) Impact {
	im := Impact{Param: param, Numeric: true}
	var trials []trial
	for _, r := range runs {
		text, ok := r.Params[param]
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) {
			im.Numeric = false
		}
		trials = append(trials, trial{text: text, x: x, y: r.Metrics[metric]})
	}
	im.N = len(trials)
	slices.SortStableFunc(trials, func(a, b trial) int {
		if im.Numeric {
			return cmp.Compare(a.x, b.x)
		}
		return cmp.Compare(a.text, b.text)
	})
	same := func(a, b trial) bool {
		if im.Numeric {
			return a.x == b.x // 0.001 and 1e-3 are one value
		}
		return a.text == b.text
	}
	for i := range trials {
		if i > 0 {
			trials[i].group = trials[i-1].group
			if !same(trials[i], trials[i-1]) {
				trials[i].group++
			}
		}
	}
	im.Values = valueStats(trials)
	if im.Numeric {
		im.Spearman = spearman(trials)
		if len(im.Values) > maxGroups {
			mergeGroups(trials)
		}
	}
	im.Explained = epsilonSquared(trials)
	return im
}

// valueStats summarises the metric by group; the trials are sorted by group.
func valueStats(trials []trial) []ValueStat {
	var out []ValueStat
	for lo := 0; lo < len(trials); {
		hi := lo
		var y []float64
		for ; hi < len(trials) && trials[hi].group == trials[lo].group; hi++ {
			y = append(y, trials[hi].y)
		}
		out = append(out, ValueStat{Value: trials[lo].text, Stat: statOf(y)})
		lo = hi
	}
	return out
}

// mergeGroups joins neighbouring values into maxGroups groups of about equal size; equal values stay together.
func mergeGroups(trials []trial) {
	first := 0 // the first trial with this value decides for all of them
	merged := make([]int, len(trials))
	for i := range trials {
		if trials[i].group != trials[first].group {
			first = i
		}
		merged[i] = first * maxGroups / len(trials)
	}
	for i := range trials {
		trials[i].group = merged[i]
	}
}

// epsilonSquared is the bias-corrected share of variance between groups; the trials are sorted by group.
func epsilonSquared(trials []trial) float64 {
	groups := valueStats(trials)
	n, k := float64(len(trials)), float64(len(groups))
	if n <= k || k < 2 {
		return 0
	}
	var all []float64
	for _, t := range trials {
		all = append(all, t.y)
	}
	total := statOf(all)
	sst := total.Std * total.Std * (n - 1)
	if sst == 0 {
		return 0
	}
	var within float64
	for _, g := range groups {
		within += g.Std * g.Std * float64(g.N-1)
	}
	between := sst - within
	return math.Min(1, math.Max(0, (between-(k-1)*within/(n-k))/sst))
}

// spearman is the correlation of the ranks of x and y; 0 when one of them is constant.
func spearman(trials []trial) float64 {
	x := make([]float64, len(trials))
	y := make([]float64, len(trials))
	for i, t := range trials {
		x[i], y[i] = t.x, t.y
	}
	rx, ry := ranks(x), ranks(y)
	mean := float64(len(trials)+1) / 2
	var xy, xx, yy float64
	for i := range rx {
		a, b := rx[i]-mean, ry[i]-mean
		xy += a * b
		xx += a * a
		yy += b * b
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// ranks returns the rank of each value from 1, ties sharing their mean rank.
func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	rank := make([]float64, len(v))
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && v[order[hi]] == v[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			rank[i] = float64(lo+1+hi) / 2
		}
		lo = hi
	}
	return rank
}

// ImpactTable returns impacts as a text table.
func ImpactTable(impacts []Impact) string {
	t := table{header: []string{"parameter", "runs", "explained", "spearman", "by value"}}
	for _, im := range impacts {
		rho := "-"
		if im.Numeric {
			rho = strconv.FormatFloat(im.Spearman, 'f', 2, 64)
		}
		values := ""
		for i, v := range im.Values {
			if i == maxGroups {
				values += " …"
				break
			}
			if i > 0 {
				values += ", "
			}
			values += v.Value + ": " + short(v.Mean)
		}
		t.rows = append(t.rows, []string{im.Param, strconv.Itoa(im.N), strconv.FormatFloat(im.Explained, 'f', 2, 64), rho, values})
	}
	return t.String()
}

package faulttree

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Analysis is what is known about one top event. Its JSON form is stable and has the same bytes for the same model and
// options on every machine and with any number of workers.
type Analysis struct {
	Model string `json:"model"`
	Top   string `json:"top"`
	// MissionTime is the time of the analysis, 0 when none was needed.
	MissionTime Number      `json:"mission_time,omitempty"`
	Probability Probability `json:"probability"`
	CutSets     CutSets     `json:"cut_sets"`
	TopCutSets  []CutSet    `json:"top_cut_sets"` // by falling probability
	// Importance of every basic event below the top, by falling critical importance.
	Importance  []Importance `json:"importance"`
	Uncertainty *Uncertainty `json:"uncertainty"`     // nil when no samples were asked for
	Curve       *Curve       `json:"curve,omitempty"` // nil when none was asked for
	// CutOffBound bounds what was cut: the probability of the top event is at most that of the reported cut sets together
	// plus this. 0 when nothing was cut.
	CutOffBound Number `json:"cut_off_bound"`
	// Coherent reports that no failure can repair the system: no negation and no XOR below the top.
	Coherent bool     `json:"coherent"`
	Engine   Engine   `json:"engine"`
	Warnings []string `json:"warnings,omitempty"`
}

// Probability of the top event, exactly and by the usual approximations over the reported cut sets.
type Probability struct {
	// Exact comes from the BDD; nil when it did not fit into the memory allowed.
	Exact *Number `json:"exact"`
	// RareEvent is the sum of the probabilities of the cut sets. It can exceed 1.
	RareEvent        Number `json:"rare_event"`
	RareEventClamped Number `json:"rare_event_clamped"` // at most 1
	// MCUB is the min-cut upper bound 1 - product(1 - P(cut set)); an upper bound for coherent trees only.
	MCUB Number `json:"mcub"`
}

// CutSets counts the minimal cut sets (prime implicants when they were asked for).
type CutSets struct {
	Count   *Count `json:"count"`
	ByOrder Orders `json:"by_order"`
}

// Orders counts by number of events; orders without sets are absent.
type Orders map[int]*Count

// MarshalJSON writes the orders ascending, as the keys of an object.
func (o Orders) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, order := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			out.WriteByte(',')
		}
		text, err := json.Marshal(o[order])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%q:%s", strconv.Itoa(order), text)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// CutSet is one minimal cut set.
type CutSet struct {
	// Events in the order of the model; "not x" stands for the absence of x in a prime implicant.
	Events      []string `json:"events"`
	Probability Number   `json:"probability"`
}

// Uncertainty of the top event's probability, from a Monte-Carlo simulation over the uncertain parameters.
type Uncertainty struct {
	Mean    Number `json:"mean"`
	Std     Number `json:"std"` // sample standard deviation
	P05     Number `json:"p05"`
	P50     Number `json:"p50"`
	P95     Number `json:"p95"`
	Samples int    `json:"samples"`
	Seed    uint64 `json:"seed"`
}

// Engine says how the result was found.
type Engine struct {
	Method   string `json:"method"`              // "bdd", or "zbdd" when the BDD did not fit
	Order    string `json:"order,omitempty"`     // rule of the variable order that worked
	Attempts int    `json:"attempts"`            // variable orders tried, with repetitions under larger limits
	Nodes    int    `json:"nodes,omitempty"`     // of the final BDD
	CutNodes int    `json:"cut_nodes"`           // of the ZBDD of the cut sets
	MaxOrder int    `json:"max_order,omitempty"` // cut sets with more events were not looked for
}

// sortImportance orders by falling critical importance, undefined ones last, then by name.
func sortImportance(list []Importance) {
	slices.SortStableFunc(list, func(a, b Importance) int {
		return cmp.Or(cmp.Compare(b.CIF, a.CIF), cmp.Compare(a.Event, b.Event))
	})
}

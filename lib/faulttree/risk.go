package faulttree

import (
	"cmp"
	"context"
	"slices"
)

// Report is an analysis with what it means for people: which causes weigh most, which combinations lead to the top, and
// which mitigation buys most. Text, JSON, CSV and HTML present it.
type Report struct {
	Analysis *Analysis `json:"analysis"`
	// Severity of the top gate, 0 when not rated, and its risk score severity x probability.
	Severity  int    `json:"severity,omitempty"`
	RiskScore Number `json:"risk_score"`
	// Risks of the basic events, by falling score, then by falling critical importance.
	Risks []EventRisk `json:"risks"`
	// CriticalPaths are the most probable cut sets with the way from the top to each of their events.
	CriticalPaths []CriticalPath `json:"critical_paths"`
	// Mitigations by what they take from the probability of the top.
	Mitigations []MitigationGain `json:"mitigations"`

	model *Model
}

// EventRisk rates one basic event.
type EventRisk struct {
	Event       string `json:"event"`
	Name        string `json:"name,omitempty"`
	Severity    int    `json:"severity,omitempty"`
	Probability Number `json:"probability"`
	// Score is severity x probability, 0 when the severity is not rated.
	Score      Number     `json:"score"`
	Mitigation string     `json:"mitigation,omitempty"`
	Importance Importance `json:"importance"`
}

// CriticalPath is a minimal cut set and how its events reach the top.
type CriticalPath struct {
	CutSet
	// Share of the sum of all cut sets.
	Share Number `json:"share"`
	// Score is the highest severity among the events times the probability of the cut set.
	Score Number `json:"score"`
	// Routes lead from the top gate down to each event, by the fewest gates.
	Routes [][]string `json:"routes"`
}

// MitigationGain is what one mitigation is worth. A mitigation named by several events acts on all of them at once.
type MitigationGain struct {
	Mitigation string   `json:"mitigation"`
	Events     []string `json:"events"`
	// After is the probability of the top with the mitigation in place: that of each event reduced by its effect.
	After Number `json:"probability_after"`
	// Reduction is the difference to the probability now, Share the difference over it.
	Reduction Number `json:"reduction"`
	Share     Number `json:"share"`
}

// Assess analyses a top event as [Analyze] does and draws the conclusions.
func Assess(ctx context.Context, m *Model, opts Options) (*Report, error) {
	a, err := analyzed(ctx, m, opts)
	if err != nil {
		return nil, err
	}
	r := &Report{Analysis: a.out, model: m, Risks: []EventRisk{}, CriticalPaths: []CriticalPath{}, Mitigations: []MitigationGain{}}
	for _, g := range m.Gates {
		if g.ID == a.out.Top {
			r.Severity = g.Severity
		}
	}
	r.RiskScore = Number(float64(r.Severity) * r.probability())
	a.risks(r)
	a.paths(r)
	return r, a.mitigations(ctx, r)
}

// probability is the best figure there is: exact, else the clamped rare-event sum.
func (r *Report) probability() float64 {
	if p := r.Analysis.Probability.Exact; p != nil {
		return float64(*p)
	}
	return float64(r.Analysis.Probability.RareEventClamped)
}

func (a *analyzer) risks(r *Report) {
	events := make(map[string]*Event)
	for _, e := range a.compiled.events {
		events[e.id] = e.event
	}
	for _, i := range a.out.Importance {
		risk := EventRisk{Event: i.Event, Probability: i.Probability, Importance: i}
		if e := events[i.Event]; e != nil {
			risk.Name, risk.Severity, risk.Mitigation = e.Name, e.Severity, e.Mitigation
			risk.Score = Number(float64(e.Severity) * float64(i.Probability))
		}
		r.Risks = append(r.Risks, risk)
	}
	slices.SortStableFunc(r.Risks, func(x, y EventRisk) int { return cmp.Compare(y.Score, x.Score) })
}

// paths finds for each listed cut set the routes to its events.
func (a *analyzer) paths(r *Report) {
	above := a.model.shortest(a.out.Top)
	severity := make(map[string]int)
	for _, e := range a.model.Events {
		severity[e.ID] = e.Severity
	}
	for _, set := range a.out.TopCutSets {
		path := CriticalPath{CutSet: set, Share: Number(float64(set.Probability) / a.summary.sum), Routes: [][]string{}}
		worst := 0
		for _, id := range set.Events {
			worst = max(worst, severity[id])
			if _, known := above[id]; !known {
				continue // a shared failure of a common-cause group, or an absence
			}
			var route []string
			for at := id; at != ""; at = above[at] {
				route = append(route, at)
			}
			slices.Reverse(route)
			path.Routes = append(path.Routes, route)
		}
		path.Score = Number(float64(worst) * float64(set.Probability))
		r.CriticalPaths = append(r.CriticalPaths, path)
	}
}

// shortest returns for every gate and event below top the gate above it on a shortest way, "" for top itself.
func (m *Model) shortest(top string) map[string]string {
	gates := make(map[string]*Gate, len(m.Gates))
	for _, g := range m.Gates {
		gates[g.ID] = g
	}
	above := map[string]string{top: ""}
	for queue := []string{top}; len(queue) > 0; queue = queue[1:] {
		g := gates[queue[0]]
		if g == nil {
			continue
		}
		g.Formula.each(func(ref *Formula) {
			if _, met := above[ref.Name]; !met {
				above[ref.Name] = g.ID
				queue = append(queue, ref.Name)
			}
		})
	}
	return above
}

// mitigations evaluates the top with each mitigation in place.
func (a *analyzer) mitigations(ctx context.Context, r *Report) error {
	var order []string
	events := make(map[string][]int) // variables by mitigation
	for v, e := range a.compiled.events {
		if e.event == nil || e.event.Mitigation == "" {
			continue
		}
		if events[e.event.Mitigation] == nil {
			order = append(order, e.event.Mitigation)
		}
		events[e.event.Mitigation] = append(events[e.event.Mitigation], v)
	}
	before := r.probability()
	for _, mitigation := range order {
		if ctx.Err() != nil {
			return a.fail(ctx.Err())
		}
		gain := MitigationGain{Mitigation: mitigation}
		changed := slices.Clone(a.odds)
		for _, v := range events[mitigation] {
			e := a.compiled.events[v]
			effect := e.event.MitigationEffect
			if effect == 0 {
				effect = 1
			}
			p := a.odds[v].yes * (1 - effect)
			changed[v] = chances{p, 1 - p}
			gain.Events = append(gain.Events, e.id)
		}
		after := a.evaluate(changed)
		gain.After, gain.Reduction, gain.Share = Number(after), Number(before-after), Number((before-after)/before)
		r.Mitigations = append(r.Mitigations, gain)
	}
	slices.SortStableFunc(r.Mitigations, func(x, y MitigationGain) int { return cmp.Compare(y.Reduction, x.Reduction) })
	return nil
}

// evaluate returns the probability of the top for other probabilities of the events.
func (a *analyzer) evaluate(o odds) float64 {
	if a.diagram != nil {
		return a.diagram.chances(o, make([]chances, len(a.diagram.nodes))).yes
	}
	return min(1, a.family.powerSum(o, 1, make([]float64, len(a.family.nodes))))
}

package faulttree_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/jamba-threat/jamba/lib/faulttree"
)

// A tree built in Go: detection fails when both detectors miss, or when the collector is down.
func ExampleAnalyze() {
	m := faulttree.New("detection")
	m.Gate("missed", faulttree.Or, "both-miss", "collector-down")
	m.Gate("both-miss", faulttree.And, "model-misses", "rules-miss")
	m.Event("model-misses", 0.1)
	m.Event("rules-miss", 0.3)
	m.Event("collector-down", 0.01)

	a, err := faulttree.Analyze(context.Background(), m, faulttree.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("P = %v, %v cut sets\n", *a.Probability.Exact, a.CutSets.Count)
	for _, c := range a.TopCutSets {
		fmt.Println(c.Probability, strings.Join(c.Events, " + "))
	}
	fmt.Println("most critical:", a.Importance[0].Event)
	// Output:
	// P = 0.0397, 2 cut sets
	// 0.03 model-misses + rules-miss
	// 0.01 collector-down
	// most critical: model-misses
}

// The text form; every fault of a file is named with its place.
func ExampleParse() {
	_, err := faulttree.Parse(strings.NewReader(`
top: outage
gates:
  outage: {type: or, inputs: [power, netwrok]}
events:
  power: 0.01
  network: 1.5
`), "outage.yaml")
	fmt.Println(err)
	// Output:
	// faulttree: outage.yaml:4:38: gate "outage": input "netwrok" is not defined
}

// The risk report ranks mitigations by what they buy.
func ExampleAssess() {
	m, err := faulttree.Parse(strings.NewReader(`
name: alarm
gates:
  no-alarm: {severity: 4, and: [sensor, watch]}
events:
  sensor: {probability: 0.1, severity: 3, mitigation: a second sensor, mitigation_effect: 0.9}
  watch: {probability: 0.5, severity: 2, mitigation: train the watch, mitigation_effect: 0.4}
`), "alarm.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := faulttree.Assess(context.Background(), m, faulttree.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("risk score", r.RiskScore)
	for _, g := range r.Mitigations {
		fmt.Printf("%s: %v\n", g.Mitigation, g.After)
	}
	// Output:
	// risk score 0.2
	// a second sensor: 0.005
	// train the watch: 0.03
}

// The probability over the mission of a component that is repaired.
func ExampleTimeCurve() {
	m := faulttree.New("pump")
	m.MissionTime = 1000
	m.Gate("down", faulttree.Or, "pump")
	m.Event("pump", 0).Probability = faulttree.Exponential(1e-4)
	c, err := faulttree.TimeCurve(context.Background(), m, faulttree.Options{}, 1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("at the end %v, on average %v (SIL %d)\n", c.Points[1000].Probability, c.PFDavg, c.SILLowDemand)
	// Output:
	// at the end 0.0951626, on average 0.0483742 (SIL 1)
}

// Package faulttree analyses fault trees: what can make a system fail, how probable that is, which combinations of causes
// do it, and which cause is worth fixing first.
//
// A [Model] is built in Go, or read by [Read] from the text form below or from the Open-PSA Model Exchange Format.
// [Analyze] computes the exact probability of a top event from a binary decision diagram (Bryant 1986), the minimal cut
// sets (Rauzy 1993) or prime implicants (Coudert and Madre 1992) with counts by order, the classical approximations and
// importance measures, and the uncertainty by simulation. [TimeCurve] follows the probability over the mission, [Assess]
// draws the conclusions for a risk report. Trees with negations are handled like all others.
//
// Results are deterministic: the same model and options give the same bytes, whatever the number of processors.
//
// # Text form
//
// YAML, or JSON with the same keys:
//
//	name: pumping
//	description: Two pumps and a valve.
//	mission_time: 8760                  # in the unit of the rates
//	top: no-flow                        # or a list; without it, the gates that no other gate uses
//	parameters:                         # numbers shared by several events
//	  rate: {value: 1e-5, uncertainty: {lognormal: {error_factor: 3}}}
//	house: {maintenance: false}         # conditions switched by the analyst
//	gates:
//	  no-flow:
//	    name: No flow at the outlet     # also description, severity (1..5), mitigation
//	    type: or                        # and or atleast xor not nand nor inhibit iff imply pass; atleast needs k
//	    inputs: [pumps, valve, {and: [maintenance, {not: spare}]}]
//	  pumps: {and: [pump-a, pump-b]}    # short form
//	events:
//	  valve: 1e-4                       # short form of {probability: 1e-4}
//	  spare:
//	    probability: 0.1
//	    uncertainty: {beta: {alpha: 2, beta: 18}}
//	    severity: 2
//	    mitigation: monthly test        # events with the same mitigation are mitigated together
//	    mitigation_effect: 0.5          # share of the probability that it removes, 1 when not given
//	  pump-a: {}                        # members of a common-cause group have no probability of their own
//	  pump-b: {}
//	ccf:
//	  pumps-fail: {model: beta, members: [pump-a, pump-b], probability: {exponential: {rate: rate}}, factors: [0.1]}
//
// A number is a constant, the name of a parameter, mission_time, or an operator with its arguments:
//
//	exponential {rate, time}            glm {gamma, failure_rate, repair_rate, time}
//	weibull {scale, shape, start, time} periodic-test {rate, interval, first, time} and with repair_rate, or
//	                                    rate_in_test, failure_by_test, duration, available_in_test, detection, bad_restart
//	lognormal {mean, error_factor, level}   normal {mean, std}   uniform {low, high}   beta {alpha, beta}
//	gamma {shape, scale}   histogram {bounds, weights}           add, mul and the others of [Call]: a list
//
// time is the mission time when not given. Models of common-cause groups are beta, mgl, alpha and phi.
package faulttree

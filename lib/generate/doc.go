// Package generate makes labelled synthetic telemetry: hosts that go about their work and are attacked from time to
// time. It serves demonstrations and tests; results on it say nothing about real traffic and must be called synthetic.
//
// Every host has a load that rises and falls with the day, and activities that follow one another: office work, a
// nightly backup, a batch job, a rush of visitors, an inventory scan, an upgrade, and four kinds of threat (burst,
// exfiltration, slow_scan, resource_exhaustion). An activity shifts several measurements; the shifts build up and fade
// as an exponential moving average, on top of correlated and white noise. Each threat has an innocent twin that moves
// the same measurement: what tells a backup from an exfiltration is not how much is sent, but that the many bytes come
// with a high entropy, to few destinations, at any hour. So no single measurement separates threats from the rest,
// a linear model does moderately well, and a model that sees combinations does well.
//
// The label is the activity that the schedule has at that moment, not a rule over the numbers.
//
// The same Config gives the same bytes on every machine: the arithmetic keeps to operations that IEEE 754 defines to
// the last bit (see exact.go).
package generate

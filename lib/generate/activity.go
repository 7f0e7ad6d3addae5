package generate

// shifts are levels by feature.
type shifts [named]float64

// activity is what a host does for some time. Innocent activities come first.
type activity struct {
	name     string // family of a threat; innocent activities are all of family "normal"
	shifts   shifts
	min, max int     // rows
	rise     float64 // share of the way to the shifts that one row takes
	from, to float64 // innocent: hours of the day in which it begins; from > to spans midnight
	weight   float64 // innocent: how often it begins within these hours
}

// families are the kinds of rows, by code.
var families = []string{"normal", "burst", "exfiltration", "slow_scan", "resource_exhaustion"}

const firstThreat = 6 // position of the first threat among the activities

// activities pairs each threat with innocent work that moves the same measurement as far: the differences are in the
// signs of the others.
var activities = []activity{
	{name: "office", min: 10, max: 40, rise: 0.5, from: 0, to: 24, weight: 2},
	{name: "backup", min: 8, max: 30, rise: 0.5, from: 20, to: 6, weight: 1, shifts: shifts{
		bytesOut: 1.6, packets: 1.1, duration: 0.9, destinations: -0.9, entropy: -0.9, diskWrite: 0.6, tlsShare: 0.3, openFiles: 0.7, connections: -0.4}},
	{name: "rush", min: 5, max: 20, rise: 0.6, from: 8, to: 19, weight: 1, shifts: shifts{
		connections: 1.6, packets: 1.2, bytesOut: 0.9, bytesIn: 0.9, cpu: 0.8, synShare: -0.5, interval: -1.2, memory: 0.5, destinations: 0.9, duration: 0.4}},
	{name: "batch", min: 10, max: 40, rise: 0.4, from: 0, to: 24, weight: 0.8, shifts: shifts{
		cpu: 1.5, memory: 1.2, diskWrite: 1.3, openFiles: 0.9, processes: 0.5, connections: -0.5, dns: -0.4, privileged: -0.4}},
	{name: "inventory", min: 6, max: 20, rise: 0.6, from: 22, to: 7, weight: 0.8, shifts: shifts{
		ports: 1.6, destinations: 1.3, connections: 0.9, failedLogins: 0.5, dns: 0.9, duration: -0.8, interval: -0.6, privileged: 0.5}},
	{name: "upgrade", min: 6, max: 24, rise: 0.5, from: 0, to: 24, weight: 0.6, shifts: shifts{
		bytesIn: 1.5, privileged: 1.4, failedLogins: 0.6, processes: 0.8, entropy: 0.8, dns: 0.5, diskWrite: 0.8, tlsShare: 0.4}},

	{name: "burst", min: 8, max: 24, rise: 0.7, shifts: shifts{
		connections: 1.5, packets: 1.0, synShare: 0.9, interval: -0.9, failedLogins: 1.1, bytesOut: -0.8, bytesIn: 0.3, duration: -0.8, destinations: -0.8, entropy: -0.3}},
	{name: "exfiltration", min: 15, max: 60, rise: 0.5, shifts: shifts{
		bytesOut: 1.5, entropy: 0.9, destinations: -0.7, duration: 0.7, dns: 0.7, tlsShare: 0.5, diskWrite: -0.5, packets: 0.6, failedLogins: 0.5, ports: -0.4}},
	{name: "slow_scan", min: 30, max: 120, rise: 0.5, shifts: shifts{
		ports: 1.3, destinations: 0.7, connections: -0.8, interval: 1.0, duration: -0.7, failedLogins: 0.7, bytesOut: -0.5, synShare: 0.6, cpu: -0.3}},
	{name: "resource_exhaustion", min: 15, max: 50, rise: 0.4, shifts: shifts{
		cpu: 1.4, memory: 1.1, processes: 0.8, diskWrite: -0.7, openFiles: -0.4, privileged: 0.7, failedLogins: 0.4, connections: 0.2, dns: 0.4, entropy: 0.4}},
}

// begins reports whether an innocent activity may begin at that hour.
func (a *activity) begins(hour float64) bool {
	if a.from <= a.to {
		return a.from <= hour && hour < a.to
	}
	return hour >= a.from || hour < a.to
}

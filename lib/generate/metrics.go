package generate

import "math"

// The named features, in the order in which Config.Features takes them: the first are the ones that a threat and its
// innocent twin share, so that few features already need to be seen together.
const (
	bytesOut = iota
	connections
	cpu
	entropy
	ports
	failedLogins
	destinations
	memory
	packets
	duration
	bytesIn
	synShare
	diskWrite
	interval
	dns
	processes
	privileged
	openFiles
	tlsShare
	hour
	named
)

// unit says how a level, a number around 0 of about ±3, becomes a value.
type unit uint8

const (
	amount unit = iota // log-normal around typical, three or four digits
	count              // the same, in whole numbers
	share              // typical/(1+typical) at level 0, between 0 and max
	clock              // the hour of the day, whatever the level
)

// metric is one named feature.
type metric struct {
	name    string
	unit    unit
	typical float64 // value at level 0; for share the odds
	spread  float64 // natural logarithms per level
	load    float64 // levels per unit of the host's load
	max     float64 // share: upper bound
}

var metrics = [named]metric{
	bytesOut:     {"bytes_out", count, 60_000, 0.9, 0.6, 0},
	connections:  {"connections_per_min", count, 40, 0.6, 0.7, 0},
	cpu:          {"cpu_percent", share, 0.45, 0.7, 0.6, 100},
	entropy:      {"payload_entropy", share, 1.7, 0.4, 0, 8},
	ports:        {"distinct_ports", count, 12, 0.6, 0.3, 0},
	failedLogins: {"failed_logins", count, 1.2, 0.9, 0.2, 0},
	destinations: {"distinct_destinations", count, 18, 0.6, 0.5, 0},
	memory:       {"memory_mb", amount, 3_000, 0.35, 0.4, 0},
	packets:      {"packets", count, 900, 0.7, 0.6, 0},
	duration:     {"flow_duration_ms", amount, 450, 0.8, -0.1, 0},
	bytesIn:      {"bytes_in", count, 250_000, 0.9, 0.6, 0},
	synShare:     {"syn_ratio", share, 0.12, 0.6, 0.1, 1},
	diskWrite:    {"disk_write_mb", amount, 25, 0.8, 0.4, 0},
	interval:     {"packet_interval_ms", amount, 35, 0.7, -0.5, 0},
	dns:          {"dns_queries", count, 25, 0.6, 0.6, 0},
	processes:    {"process_count", count, 160, 0.25, 0.3, 0},
	privileged:   {"privileged_calls", count, 8, 0.8, 0.2, 0},
	openFiles:    {"open_files", count, 900, 0.4, 0.4, 0},
	tlsShare:     {"tls_ratio", share, 2.2, 0.5, 0, 1},
	hour:         {"hour_of_day", clock, 0, 0, 0, 0},
}

// value turns a level into what a sensor would report.
func (m *metric) value(level, hourOfDay float64) float64 {
	switch m.unit {
	case amount:
		return digits(mul(m.typical, exp(mul(m.spread, level))), 4)
	case count:
		return digits(math.Round(mul(m.typical, exp(mul(m.spread, level)))), 6)
	case share:
		odds := mul(m.typical, exp(mul(m.spread, level)))
		return digits(mul(m.max, odds/(1+odds)), 4)
	default:
		return digits(hourOfDay, 4)
	}
}

// FeatureNames returns the names of the columns that n features have.
func FeatureNames(n int) []string {
	names := make([]string, 0, max(n, 0))
	for i := range n {
		names = append(names, featureName(i))
	}
	return names
}

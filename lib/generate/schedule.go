package generate

import (
	"math"
	"math/rand/v2"
)

// allot divides total, at most the sum of sizes, among parts in proportion to their sizes. The parts are differences of
// rounded running totals: they add up exactly, and none exceeds its size.
func allot(total int, sizes []int) []int {
	out := make([]int, len(sizes))
	all := 0
	for _, n := range sizes {
		all += n
	}
	before, given := 0, 0
	for i, n := range sizes {
		before += n
		upTo := int(int64(total) * int64(before) / int64(all))
		out[i], given = upTo-given, upTo
	}
	return out
}

// schedule returns the activity of each of a host's rows, of which exactly threats are threats. hourAt gives the hour
// of the day of a row.
func schedule(rng *rand.Rand, rows, threats int, hourAt func(row int) float64) []uint8 {
	attacks := attackLengths(rng, threats)
	// Innocent rows go before, between and after the attacks, in stretches of very different lengths.
	gaps := make([]int, len(attacks)+1)
	weights, sum := make([]float64, len(gaps)), 0.0
	for i := range weights {
		u := rng.Float64()
		weights[i] = 0.1 + mul(u, u)
		sum += weights[i]
	}
	innocent, run, given := rows-threats, 0.0, 0
	for i, w := range weights {
		run += w
		upTo := min(innocent, int(math.Round(mul(float64(innocent), run/sum))))
		if i == len(weights)-1 {
			upTo = innocent
		}
		gaps[i], given = upTo-given, upTo
	}
	out := make([]uint8, 0, rows)
	for i, gap := range gaps {
		out = appendInnocent(out, rng, gap, hourAt)
		if i < len(attacks) {
			for range attacks[i].rows {
				out = append(out, attacks[i].activity)
			}
		}
	}
	return out
}

type attack struct {
	activity uint8
	rows     int
}

// attackLengths draws attacks until they fill exactly n rows; the kinds get about equal numbers of rows.
func attackLengths(rng *rand.Rand, n int) []attack {
	var out []attack
	used := make([]int, len(activities))
	for n > 0 {
		// The kind that has had the fewest rows comes next, with some chance, so that short hosts vary too.
		kind := firstThreat + rng.IntN(len(activities)-firstThreat)
		for k := firstThreat; k < len(activities); k++ {
			if used[k] < used[kind] && rng.IntN(4) > 0 {
				kind = k
			}
		}
		a := &activities[kind]
		rows := min(n, a.min+rng.IntN(a.max-a.min+1))
		out = append(out, attack{uint8(kind), rows})
		used[kind] += rows
		n -= rows
	}
	return out
}

// appendInnocent appends rows of innocent activities that may begin at their hour.
func appendInnocent(out []uint8, rng *rand.Rand, rows int, hourAt func(row int) float64) []uint8 {
	for rows > 0 {
		hour, sum := hourAt(len(out)), 0.0
		for k := range activities[:firstThreat] {
			if activities[k].begins(hour) {
				sum += activities[k].weight
			}
		}
		pick, kind := mul(rng.Float64(), sum), 0
		for k := range activities[:firstThreat] {
			if activities[k].begins(hour) {
				kind = k
				if pick -= activities[k].weight; pick < 0 {
					break
				}
			}
		}
		a := &activities[kind]
		n := min(rows, a.min+rng.IntN(a.max-a.min+1))
		for range n {
			out = append(out, uint8(kind))
		}
		rows -= n
	}
	return out
}

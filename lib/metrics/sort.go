package metrics

import (
	"math"
	"slices"
)

const (
	digitBits   = 11
	digits      = (64 + digitBits - 1) / digitBits
	radix       = 1 << digitBits
	smallEnough = 1 << 11 // below this comparing beats six tables of counts
)

// descending maps a finite score to a key whose unsigned order is the score's order turned round, so that equal scores
// (0 and -0 included) have equal keys.
func descending(score float64) uint64 {
	bits := math.Float64bits(score + 0) // -0 + 0 is 0
	if bits>>63 == 0 {
		return ^(bits | 1<<63) // positive: above all negatives before the turn
	}
	return bits
}

// scoreOf is the inverse of descending.
func scoreOf(key uint64) float64 {
	if key>>63 == 0 {
		return math.Float64frombits(^key &^ (1 << 63))
	}
	return math.Float64frombits(key)
}

// sortKeys sorts keys ascending: least significant digit first, six passes of 11 bits, of which those where all keys
// agree are left out (scores that were float32 have 29 equal low bits).
func sortKeys(keys []uint64) {
	if len(keys) < smallEnough {
		slices.Sort(keys)
		return
	}
	var count [digits][radix]uint32
	for _, k := range keys {
		for d := range digits {
			count[d][k>>(d*digitBits)&(radix-1)]++
		}
	}
	from, to := keys, make([]uint64, len(keys))
	for d := range digits {
		shift := d * digitBits
		if count[d][from[0]>>shift&(radix-1)] == uint32(len(keys)) {
			continue
		}
		start := uint32(0)
		for b := range count[d] {
			start, count[d][b] = start+count[d][b], start
		}
		next := &count[d]
		for _, k := range from {
			b := k >> shift & (radix - 1)
			to[next[b]] = k
			next[b]++
		}
		from, to = to, from
	}
	if &from[0] != &keys[0] {
		copy(keys, from)
	}
}

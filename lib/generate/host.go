package generate

import (
	"math/rand/v2"

	"github.com/jamba-threat/jamba/lib/data"
)

// Sizes of the noise, in levels: what a host keeps for good, what drifts from row to row, and what is new in each row.
const (
	hostNoise  = 0.3
	driftNoise = 0.4
	whiteNoise = 0.5
	driftShare = 0.2 // share of the way that the drift takes to its next target
)

// host is the state of one host between two rows.
type host struct {
	rng      *rand.Rand
	index    int
	hosts    int
	strength float64 // of threats

	fixed   []float64 // level of each feature that belongs to the host
	drift   []float64
	shift   shifts
	load    float64
	busy    float64 // how strongly the present activity shows
	present uint8
}

func newHost(cfg Config, index, hosts int) *host {
	h := &host{
		rng: rand.New(rand.NewPCG(uint64(cfg.Seed), uint64(index))), index: index, hosts: hosts,
		strength: 2 - cfg.Difficulty,
		fixed:    make([]float64, cfg.Features), drift: make([]float64, cfg.Features),
		present: uint8(len(activities)), // none
	}
	for f := range h.fixed {
		h.fixed[f] = mul(hostNoise, normal(h.rng))
	}
	return h
}

// run fills the host's rows: index, index+hosts, index+2*hosts...
func (h *host) run(t *data.Table, rows, threats int) {
	plan := schedule(h.rng, rows, threats, func(row int) float64 { return hourOf(h.at(row)) })
	for k, kind := range plan {
		row, at := k*h.hosts+h.index, h.at(k)
		t.Time[row], t.Group[row] = at, int32(h.index)
		if kind >= firstThreat {
			t.Label[row], t.Family[row] = 1, int32(kind-firstThreat)+1
		}
		h.step(kind, hourOf(at))
		for f := range t.Columns {
			t.Columns[f].Num[row] = float32(h.value(f, hourOf(at)))
		}
	}
}

// at is the time of the host's k-th report; the hosts take turns within five minutes.
func (h *host) at(k int) int64 {
	turn := reportEvery * int64(h.index) / int64(h.hosts)
	return start + int64(k)*reportEvery + turn - turn%1e6 // whole milliseconds, which every file format keeps
}

func hourOf(at int64) float64 {
	return float64((at-start)%(24*hourLength)/1e6) / float64(hourLength/1e6)
}

// step moves the state on by one row of an activity.
func (h *host) step(kind uint8, hour float64) {
	a := &activities[kind]
	if kind != h.present {
		h.present, h.busy = kind, between(h.rng, 0.7, 1.3)
		if kind >= firstThreat {
			h.busy = mul(h.busy, h.strength)
		}
	}
	for f := range h.shift {
		h.shift[f] = toward(h.shift[f], mul(a.shifts[f], h.busy), a.rise)
	}
	h.load = toward(h.load, mul(1.6, daylight(hour))-0.8+mul(0.8, normal(h.rng)), 0.3)
	for f := range h.drift {
		// The factor keeps the deviation of the moving average at 1: sqrt((2-s)/s).
		h.drift[f] = toward(h.drift[f], mul(3, normal(h.rng)), driftShare)
	}
}

// value is what the host reports for feature f.
func (h *host) value(f int, hour float64) float64 {
	level := h.fixed[f] + mul(driftNoise, h.drift[f]) + mul(whiteNoise, normal(h.rng))
	if f >= named {
		return h.extra(f, level)
	}
	m := &metrics[f]
	return m.value(level+h.shift[f]+mul(m.load, h.load), hour)
}

// extra is a feature beyond the named ones: a mixture of two of them, or nothing but noise.
func (h *host) extra(f int, level float64) float64 {
	if f%2 == 0 {
		a, b := f/2%hour, f/3%hour // not the hour itself, which has no level
		level += mul(0.5, h.shift[a]) - mul(0.5, h.shift[b]) + mul(0.3, h.load)
	}
	return digits(level, 4)
}

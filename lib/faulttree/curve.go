package faulttree

import (
	"context"
	"fmt"
	"math"
)

// Point is the probability of the top event at one time.
type Point struct {
	Time        Number `json:"time"`
	Probability Number `json:"probability"`
}

// Curve is the probability of a top event over the mission, and the safety integrity that follows from it (IEC 61508-1,
// tables 2 and 3; times in hours).
type Curve struct {
	Top    string  `json:"top"`
	Points []Point `json:"points"`
	// PFDavg is the mean of the probability over the mission: the average probability of failure on demand.
	PFDavg Number `json:"pfd_avg"`
	// PFH is the mean frequency of the top event over the mission, per unit of time: the integral of the sum over events
	// of MIF times failure intensity, divided by the mission time.
	PFH Number `json:"pfh"`
	// SILLowDemand and SILHighDemand are the safety integrity levels 1..4 of PFDavg and PFH, 0 for none. Where no event
	// fails at a rate, PFH is 0 and claims no level.
	SILLowDemand  int `json:"sil_low_demand"`
	SILHighDemand int `json:"sil_high_demand"`
}

const maxPoints = 10_000_000

// TimeCurve evaluates the top event at points+1 equal steps from time 0 to Options.Time or the mission time, and
// integrates by the trapezoidal rule. points 0 means 1000. It needs the BDD; Order, CutOff and Samples are ignored.
func TimeCurve(ctx context.Context, m *Model, opts Options, points int) (*Curve, error) {
	if points == 0 {
		points = 1000
	}
	if points < 1 || points > maxPoints {
		return nil, fmt.Errorf("faulttree: curve: %d points: must be 1 to %d", points, maxPoints)
	}
	opts.Order, opts.CutOff, opts.Samples, opts.Curve = 0, 0, 0, 0
	a, err := newAnalyzer(ctx, m, opts)
	if err != nil {
		return nil, err
	}
	return a.curve(ctx, points)
}

// curve evaluates the top over the mission. It leaves the world of the analysis at the end of the mission.
func (a *analyzer) curve(ctx context.Context, points int) (*Curve, error) {
	end := float64(a.out.MissionTime)
	switch {
	case end == 0:
		return nil, &ModelError{Msg: fmt.Sprintf("curve of %s: the mission time is not set: give mission_time in the model or a time", a.out.Top)}
	case a.diagram == nil:
		return nil, a.fail(fmt.Errorf("the curve over time needs the exact probability, and that %w", errFull))
	}
	c := &Curve{Top: a.out.Top, Points: make([]Point, 0, points+1)}
	world := a.compiled.world
	world.hasTime = true // the time 0 is one of the points
	at := make([]chances, len(a.diagram.nodes))
	var demand, frequency float64
	for i := range points + 1 {
		if ctx.Err() != nil {
			return nil, a.fail(ctx.Err())
		}
		time := end * float64(i) / float64(points)
		odds, err := a.oddsAt(time)
		if err != nil {
			return nil, err
		}
		p := a.diagram.chances(odds, at).yes
		c.Points = append(c.Points, Point{Number(time), Number(p)})
		rate, err := a.frequency(odds, a.diagram.marginals(odds, at), time, end*1e-6)
		if err != nil {
			return nil, err
		}
		weight := 1.0
		if i == 0 || i == points {
			weight = 0.5
		}
		demand += weight * p
		frequency += weight * rate
	}
	c.PFDavg, c.PFH = Number(demand/float64(points)), Number(frequency/float64(points))
	c.SILLowDemand, c.SILHighDemand = sil(float64(c.PFDavg), 1e-1), sil(float64(c.PFH), 1e-5)
	if c.PFH == 0 {
		c.SILHighDemand = 0
	}
	return c, nil
}

func (a *analyzer) oddsAt(time float64) (odds, error) {
	world := a.compiled.world
	world.time = time
	clear(world.known)
	p, err := a.compiled.probabilities()
	if err != nil {
		return nil, err
	}
	return newOdds(p), nil
}

// frequency is the unconditional failure intensity of the top: the sum over events of MIF times the intensity of the
// event (Vesely 1970).
func (a *analyzer) frequency(o odds, marginals []float64, time, step float64) (float64, error) {
	sum := 0.0
	for v, e := range a.compiled.events {
		if marginals[v] <= 0 {
			continue
		}
		w, err := a.intensity(e.value, o[v].yes, time, step)
		if err != nil {
			return 0, err
		}
		sum += marginals[v] * w
	}
	return sum, nil
}

// intensity is the number of failures per unit of time that an event with unavailability q contributes: the failure rate
// of its law times 1-q. A fixed probability fails on demand only. A law times fixed factors, as the shared failures of a
// common-cause group are, fails that much less often. Other arithmetic over laws is differentiated numerically, which is
// right as long as nothing in it is repaired.
func (a *analyzer) intensity(e *Expr, q, time, step float64) (float64, error) {
	world := a.compiled.world
	switch {
	case !world.timed(e):
		return 0, nil
	case e.Op == "parameter":
		return a.intensity(world.parameters[e.Name], q, time, step)
	case e.Op == "uncertain":
		return a.intensity(e.Args[0], q, time, step)
	case e.Op == "mul":
		if law, factor, err := world.scaled(e); err != nil || law != nil {
			if err != nil || factor == 0 {
				return 0, err
			}
			w, err := a.intensity(law, q/factor, time, step)
			return factor * w, err
		}
	}
	if _, isLaw := laws(e.Op); isLaw && world.follows(e) {
		return world.rate(e, q, time)
	}
	defer func(t float64) { world.time = t; clear(world.known) }(world.time)
	world.time = time + step
	clear(world.known)
	later, err := world.value(e)
	return math.Max(0, (later-q)/step), err
}

// scaled takes a product apart into its only factor that depends on time and the product of the others; law is nil when
// several do.
func (w *world) scaled(e *Expr) (law *Expr, factor float64, err error) {
	factor = 1
	for _, arg := range e.Args {
		switch {
		case !w.timed(arg):
			x, err := w.value(arg)
			if err != nil {
				return nil, 0, err
			}
			factor *= x
		case law != nil:
			return nil, 0, nil
		default:
			law = arg
		}
	}
	return law, factor, nil
}

// follows reports whether a law runs in the time of the analysis itself, with fixed arguments otherwise.
func (w *world) follows(law *Expr) bool {
	last := len(law.Args) - 1
	for i, arg := range law.Args {
		if i < last && w.timed(arg) {
			return false
		}
	}
	clock := law.Args[last]
	for clock.Op == "parameter" {
		clock = w.parameters[clock.Name]
	}
	return clock.Op == "mission-time"
}

// rate is the failure rate of a law times the availability 1-q.
func (w *world) rate(law *Expr, q, time float64) (float64, error) {
	argument := func(i int) (float64, error) { return w.value(law.Args[i]) }
	switch law.Op {
	case "glm":
		rate, err := argument(1)
		return rate * (1 - q), err
	case "weibull":
		var x [3]float64
		for i := range x {
			var err error
			if x[i], err = argument(i); err != nil {
				return 0, err
			}
		}
		scale, shape, start := x[0], x[1], x[2]
		if time <= start {
			return 0, nil
		}
		return shape / scale * math.Pow((time-start)/scale, shape-1) * (1 - q), nil
	}
	rate, err := argument(0) // exponential, periodic-test
	return rate * (1 - q), err
}

// sil returns the safety integrity level of a figure: level 1 ends at the limit, each higher one a decade below.
func sil(x, limit float64) int {
	level := 0
	for level < 4 && x < limit {
		level++
		limit /= 10
	}
	return level
}

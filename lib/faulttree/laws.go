package faulttree

import (
	"fmt"
	"math"
)

// laws returns the row of a law of time: the probability that a component is failed at a time.
func laws(op string) (operator, bool) {
	switch op {
	case "exponential":
		return operator{min: 2, max: 2, compute: func(a []float64) (float64, error) {
			if err := nonNegative(op, a, "rate", "time"); err != nil {
				return 0, err
			}
			return -math.Expm1(-a[0] * a[1]), nil
		}}, true
	case "glm":
		return operator{min: 4, max: 4, compute: func(a []float64) (float64, error) {
			if err := nonNegative(op, a, "gamma", "failure rate", "repair rate", "time"); err != nil {
				return 0, err
			}
			if a[0] > 1 {
				return 0, fmt.Errorf("glm: gamma %g is above 1", a[0])
			}
			return glm(a[0], a[1], a[2], a[3]), nil
		}}, true
	case "weibull":
		return operator{min: 4, max: 4, compute: func(a []float64) (float64, error) {
			scale, shape, start, time := a[0], a[1], a[2], a[3]
			if err := nonNegative(op, a, "scale", "shape", "start", "time"); err != nil {
				return 0, err
			}
			if scale == 0 || shape == 0 {
				return 0, fmt.Errorf("weibull: scale %g and shape %g must be above 0", scale, shape)
			}
			if time <= start {
				return 0, nil
			}
			return -math.Expm1(-math.Pow((time-start)/scale, shape)), nil
		}}, true
	case "periodic-test":
		return operator{min: 4, max: 11, compute: periodicTest}, true
	}
	return operator{}, false
}

// clip moves drawn arguments of a law into their range: a normal distribution of a rate goes below 0 now and then.
func clip(op string, a []float64) {
	if _, isLaw := laws(op); !isLaw {
		return
	}
	for i := range a {
		a[i] = max(a[i], 0)
	}
	switch {
	case op == "glm" && len(a) == 4:
		a[0] = min(a[0], 1)
	case op == "weibull" && len(a) == 4:
		a[0], a[1] = max(a[0], math.SmallestNonzeroFloat64), max(a[1], math.SmallestNonzeroFloat64)
	case op == "periodic-test" && len(a) == 11:
		for _, i := range []int{5, 8, 9} { // failure by the test, detection, bad restart
			a[i] = min(a[i], 1)
		}
	}
}

func nonNegative(op string, a []float64, names ...string) error {
	for i, name := range names {
		if !(a[i] >= 0) || math.IsInf(a[i], 0) {
			return fmt.Errorf("%s: %s is %g, must be a number of at least 0", op, name, a[i])
		}
	}
	return nil
}

// glm is the unavailability of a component that fails on demand with probability g, in operation with rate l, and is
// repaired with rate m: (l - (l - g(l+m)) exp(-(l+m)t)) / (l+m), in a form that does not cancel for small rates.
func glm(g, l, m, t float64) float64 {
	rate := l + m
	if rate == 0 {
		return g
	}
	return g*math.Exp(-rate*t) - l/rate*math.Expm1(-rate*t)
}

// periodicTest is the unavailability of a component whose failures show only in tests at theta, theta+tau, theta+2tau...
// Exactly at a test the value is the one just before it, the worst of the cycle. With 4 arguments a test restores the
// component at once, with 5 it starts a repair with rate mu; with 11 the test itself takes time and may go wrong.
func periodicTest(a []float64) (float64, error) {
	t := tested{available: true, sigma: 1}
	var time float64
	instant := false
	switch len(a) {
	case 4:
		t.lambda, t.tau, t.theta, time = a[0], a[1], a[2], a[3]
		instant = true
	case 5:
		t.lambda, t.mu, t.tau, t.theta, time = a[0], a[1], a[2], a[3], a[4]
	case 11:
		t.lambda, t.lambdaTest, t.mu, t.tau, t.theta, t.gamma, t.pi = a[0], a[1], a[2], a[3], a[4], a[5], a[6]
		t.available, t.sigma, t.omega, time = a[7] != 0, a[8], a[9], a[10]
	default:
		return 0, fmt.Errorf("periodic-test has %d arguments, needs 4, 5 or 11", len(a))
	}
	for i, x := range a {
		if !(x >= 0) || math.IsInf(x, 0) {
			return 0, fmt.Errorf("periodic-test: argument %d is %g, must be a number of at least 0", i+1, x)
		}
	}
	switch {
	case t.tau == 0:
		return 0, fmt.Errorf("periodic-test: the test interval is 0")
	case t.gamma > 1 || t.sigma > 1 || t.omega > 1:
		return 0, fmt.Errorf("periodic-test: a probability is above 1")
	case t.pi > t.tau:
		return 0, fmt.Errorf("periodic-test: the test takes %g, longer than the interval %g", t.pi, t.tau)
	}
	if time <= t.theta {
		return -math.Expm1(-t.lambda * time), nil
	}
	since := time - t.theta
	tests := math.Ceil(since/t.tau) - 1 // full intervals before the current one
	rest := since - tests*t.tau
	if instant {
		return -math.Expm1(-t.lambda * rest), nil
	}
	const maxTests = 1e7
	if tests > maxTests {
		return 0, fmt.Errorf("periodic-test: %g tests before the time %g are more than %g", tests, time, float64(maxTests))
	}
	s := states{ok: math.Exp(-t.lambda * t.theta)}
	s.failed = -math.Expm1(-t.lambda * t.theta)
	for range int(tests) {
		next := t.interval(s, t.tau)
		if next == s {
			break // steady
		}
		s = next
	}
	if t.pi > 0 && rest < t.pi {
		s = t.test(s, rest)
		if !t.available {
			return 1, nil
		}
		return s.failed + s.repair, nil
	}
	s = t.interval(s, rest)
	return s.failed + s.repair, nil
}

// tested holds the arguments of a periodic test under their usual letters.
type tested struct {
	lambda, lambdaTest, mu, tau, theta float64
	gamma, pi                          float64 // failure by the start of the test, duration of the test
	available                          bool    // during the test
	sigma, omega                       float64 // a test finds the failure, a repaired component fails at restart
}

// states are the probabilities that a component works, is failed unnoticed, and is under repair.
type states struct{ ok, failed, repair float64 }

// interval goes from the beginning of a test over the time dt (test included) towards the next one.
func (t tested) interval(s states, dt float64) states {
	s = t.test(s, t.pi)
	s = states{ok: s.ok, failed: (1 - t.sigma) * s.failed, repair: s.repair + t.sigma*s.failed}
	return t.operate(s, dt-t.pi)
}

// test goes through the first dt of a test.
func (t tested) test(s states, dt float64) states {
	if t.gamma > 0 {
		s = states{ok: (1 - t.gamma) * s.ok, failed: s.failed + t.gamma*s.ok, repair: s.repair}
	}
	if dt > 0 {
		lost := -s.ok * math.Expm1(-t.lambdaTest*dt)
		s.ok, s.failed = s.ok-lost, s.failed+lost
		s = t.mend(s, dt, 0)
	}
	return s
}

// operate goes through a time dt between tests.
func (t tested) operate(s states, dt float64) states {
	lost := -s.ok * math.Expm1(-t.lambda*dt)
	s.ok, s.failed = s.ok-lost, s.failed+lost
	return t.mend(s, dt, t.lambda)
}

// mend moves what is repaired within dt; some of it fails again in the rest of dt with the given rate.
func (t tested) mend(s states, dt, lambda float64) states {
	if s.repair == 0 || t.mu == 0 {
		return s
	}
	repaired := -s.repair * math.Expm1(-t.mu*dt)
	// ok after repair and no new failure: integral of mu exp(-mu u) exp(-lambda (dt-u)) over u.
	var alive float64
	if difference := t.mu - lambda; math.Abs(difference*dt) < 1e-8 {
		alive = t.mu * dt * math.Exp(-lambda*dt)
	} else {
		alive = -t.mu / difference * math.Exp(-lambda*dt) * math.Expm1(-difference*dt)
	}
	alive *= s.repair * (1 - t.omega)
	return states{ok: s.ok + alive, failed: s.failed + repaired - alive, repair: s.repair - repaired}
}

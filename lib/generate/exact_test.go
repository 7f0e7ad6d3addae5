package generate

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestExp(t *testing.T) {
	for x := -30.0; x <= 30; x += 0.0137 {
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 4e-15 {
			t.Fatalf("exp(%v) is %v, want %v", x, got, want)
		}
	}
	if exp(0) != 1 {
		t.Errorf("exp(0) is %v", exp(0))
	}
}

func TestNormalMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n = 200_000
	var sum, squares, cubes, fourths float64
	for range n {
		z := normal(rng)
		sum, squares, cubes, fourths = sum+z, squares+z*z, cubes+z*z*z, fourths+z*z*z*z
	}
	for _, m := range []struct {
		name      string
		got, want float64
		tolerance float64 // about four standard errors
	}{{"mean", sum / n, 0, 0.01}, {"variance", squares / n, 1, 0.013}, {"skewness", cubes / n, 0, 0.035}, {"kurtosis", fourths / n, 2.85, 0.09}} {
		if math.Abs(m.got-m.want) > m.tolerance {
			t.Errorf("%s is %.4f, want %v ± %v", m.name, m.got, m.want, m.tolerance)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, c := range []struct {
		x    float64
		n    int
		want float64
	}{
		{0, 4, 0}, {123456, 4, 123500}, {-0.00123456, 3, -0.00123}, {9.9996, 4, 10}, {1, 6, 1}, {999949, 4, 999900},
		{1e-40, 4, 0}, {5.5555e12, 2, 5.6e12},
	} {
		if got := digits(c.x, c.n); got != c.want {
			t.Errorf("digits(%v, %d) is %v, want %v", c.x, c.n, got, c.want)
		}
	}
}

func TestAllot(t *testing.T) {
	for _, c := range []struct {
		total int
		sizes []int
	}{{0, []int{1, 2}}, {3, []int{1, 2}}, {5, []int{3, 3, 3}}, {1, []int{1, 1, 1, 1}}, {100_000_000, []int{50_000_001, 49_999_999}}} {
		sum := 0
		for i, n := range allot(c.total, c.sizes) {
			if n < 0 || n > c.sizes[i] {
				t.Errorf("allot(%d, %v) gives part %d %d", c.total, c.sizes, i, n)
			}
			sum += n
		}
		if sum != c.total {
			t.Errorf("allot(%d, %v) adds up to %d", c.total, c.sizes, sum)
		}
	}
}

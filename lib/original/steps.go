package original

import "math"

// epsilon is what torch.nn's norms add to a variance.
const epsilon = 1e-5

// step is one layer: src [rows, in] -> dst [rows, out]. Steps hold no state and may run concurrently.
type step interface {
	widths() (in, out int)
	run(dst, src []float32, rows int)
}

// linear is x·Wᵀ + bias with weight [out, in].
type linear struct {
	in, out      int
	weight, bias []float32
}

func (s linear) widths() (int, int) { return s.in, s.out }

func (s linear) run(dst, src []float32, rows int) {
	for r := range rows {
		x, y := src[r*s.in:(r+1)*s.in], dst[r*s.out:(r+1)*s.out]
		for o := range y {
			y[o] = s.bias[o] + dot(s.weight[o*s.in:(o+1)*s.in], x)
		}
	}
}

// dot sums in four lanes, which is faster than one chain of additions and closer to the exact sum.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// relu is max(x, 0).
type relu struct{ width int }

func (s relu) widths() (int, int) { return s.width, s.width }

func (s relu) run(dst, src []float32, rows int) {
	for i, v := range src[:rows*s.width] {
		dst[i] = max(v, 0)
	}
}

// silu is x·sigmoid(x).
type silu struct{ width int }

func (s silu) widths() (int, int) { return s.width, s.width }

func (s silu) run(dst, src []float32, rows int) {
	for i, v := range src[:rows*s.width] {
		dst[i] = float32(float64(v) * sigmoid(float64(v)))
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// scale is x·factor + addend by column: batch norm in evaluation mode.
type scale struct{ factor, addend []float32 }

func (s scale) widths() (int, int) { return len(s.factor), len(s.factor) }

func (s scale) run(dst, src []float32, rows int) {
	n := len(s.factor)
	for r := range rows {
		for j := range n {
			dst[r*n+j] = src[r*n+j]*s.factor[j] + s.addend[j]
		}
	}
}

// layerNorm normalises a row by its mean and its variance, the latter divided by n.
type layerNorm struct{ weight, bias []float32 }

func (s layerNorm) widths() (int, int) { return len(s.weight), len(s.weight) }

func (s layerNorm) run(dst, src []float32, rows int) {
	n := len(s.weight)
	for r := range rows {
		x := src[r*n : (r+1)*n]
		var sum, squares float64
		for _, v := range x {
			sum += float64(v)
		}
		mean := sum / float64(n)
		for _, v := range x {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
		inverse := 1 / math.Sqrt(squares/float64(n)+epsilon)
		for j, v := range x {
			dst[r*n+j] = float32((float64(v)-mean)*inverse)*s.weight[j] + s.bias[j]
		}
	}
}

// gru is one step of a GRU in both directions from a zero state; the halves of the output stand side by side.
type gru struct{ halves [2]gruHalf }

// gruHalf is one direction: gates [3·hidden] = reset, update, new, and the biases of the recurrent part.
type gruHalf struct {
	gates linear
	state []float32
}

func (s gru) widths() (int, int) { return s.halves[0].gates.in, 2 * s.halves[0].gates.out / 3 }

func (s gru) run(dst, src []float32, rows int) {
	in, out := s.widths()
	n := out / 2
	gates := make([]float32, 3*n)
	for r := range rows {
		for i, half := range s.halves {
			half.gates.run(gates, src[r*in:(r+1)*in], 1)
			y := dst[r*out+i*n : r*out+(i+1)*n]
			for j := range y {
				reset := sigmoid(float64(gates[j]) + float64(half.state[j]))
				update := sigmoid(float64(gates[n+j]) + float64(half.state[n+j]))
				y[j] = float32((1 - update) * math.Tanh(float64(gates[2*n+j])+reset*float64(half.state[2*n+j])))
			}
		}
	}
}

package simd

import "math"

// LayerNorm normalises every lane over its features, then scales and shifts:
//
//	y = (x - mean) / sqrt(variance + eps) * w[f] + b[f]
//
// with the biased variance, in two passes: first the mean, then the squares of the differences. w and b have one value
// per feature. y may be x.
//
// Source: Ba, Kiros, Hinton, "Layer Normalization", 2016.
func (s *Kernels) LayerNorm(y []float32, ldy int, x []float32, ldx int, w, b []float32, eps float32, features, n int) {
	checkMatrix("layer norm: y", y, ldy, features, n)
	checkMatrix("layer norm: x", x, ldx, features, n)
	checkLen("layer norm: w", w, features)
	checkLen("layer norm: b", b, features)
	s.layerNorm(y, ldy, x, ldx, w, b, eps, 1/float32(features), features, n)
}

func layerNormPortable(y []float32, ldy int, x []float32, ldx int, w, b []float32, eps, share float32, features, n int) {
	for at := 0; at < n; at += Group {
		lanes := min(Group, n-at)
		var mean, inv [Group]float32
		for f := range features {
			for i, v := range x[f*ldx+at:][:lanes] {
				mean[i] += v
			}
		}
		for i := range mean {
			mean[i] *= share
		}
		for f := range features {
			for i, v := range x[f*ldx+at:][:lanes] {
				d := v - mean[i]
				inv[i] += float32(d * d)
			}
		}
		for i, v := range inv {
			inv[i] = 1 / float32(math.Sqrt(float64(float32(v*share)+eps)))
		}
		for f := range features {
			to := y[f*ldy+at:][:lanes]
			for i, v := range x[f*ldx+at:][:lanes] {
				to[i] = float32(float32((v-mean[i])*inv[i])*w[f]) + b[f]
			}
		}
	}
}

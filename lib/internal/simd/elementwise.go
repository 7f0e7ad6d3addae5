package simd

// ReLU sets x = max(x, 0) in place, for features rows of n lanes. NaN stays NaN.
func (s *Kernels) ReLU(x []float32, ld, features, n int) {
	checkMatrix("relu", x, ld, features, n)
	features, n = contiguous(ld, features, n)
	s.relu(x, ld, features, n)
}

// SiLU sets x = x*sigmoid(x) in place, for features rows of n lanes. It is within 4 units in the last place down to
// x = -87 and stays at -1.4e-36 below, -Inf included; +Inf stays +Inf, NaN stays NaN.
func (s *Kernels) SiLU(x []float32, ld, features, n int) {
	checkMatrix("silu", x, ld, features, n)
	features, n = contiguous(ld, features, n)
	s.silu(x, ld, features, n)
}

// SiLUMul sets gate = SiLU(gate)*up, the gated activation of a feed-forward block. Both have stride ld.
func (s *Kernels) SiLUMul(gate, up []float32, ld, features, n int) {
	checkMatrix("silu mul: gate", gate, ld, features, n)
	checkMatrix("silu mul: up", up, ld, features, n)
	features, n = contiguous(ld, features, n)
	s.siluMul(gate, up, ld, features, n)
}

// contiguous turns rows that follow each other without a gap into one long row.
func contiguous(ld, features, n int) (int, int) {
	if ld == roundUp(n) {
		return 1, features * ld
	}
	return features, n
}

func reluPortable(x []float32, ld, features, n int) {
	for f := range features {
		row := x[f*ld:][:n]
		for i, v := range row {
			if v < 0 {
				row[i] = 0
			}
		}
	}
}

func siluPortable(x []float32, ld, features, n int) {
	for f := range features {
		row := x[f*ld:][:n]
		for i, v := range row {
			row[i] = silu32(v)
		}
	}
}

func siluMulPortable(gate, up []float32, ld, features, n int) {
	for f := range features {
		g, u := gate[f*ld:][:n], up[f*ld:][:n]
		for i, v := range g {
			g[i] = silu32(v) * u[i]
		}
	}
}

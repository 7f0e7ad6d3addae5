package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

func silu64(x float64) float64 { return x / (1 + math.Exp(-x)) }

// shapes calls test with many numbers of features and lanes.
func shapes(test func(r *rand.Rand, features, n int)) {
	r := rand.New(rand.NewPCG(5, 1))
	for n := 1; n <= 70; n++ {
		for range 3 {
			test(r, 1+r.IntN(70), n)
		}
	}
	test(r, 3, 700)
}

func TestElementwise(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		shapes(func(r *rand.Rand, features, n int) {
			x := newMatrix(r, features, n, func() float32 { return float32(4 * r.NormFloat64()) })
			relu, silu, gate, up := x.clone(), x.clone(), x.clone(), x.clone()
			for f := range features {
				copy(up.row(f), fill(n, normal(r)))
			}
			s.ReLU(relu.x, relu.ld, features, n)
			s.SiLU(silu.x, silu.ld, features, n)
			s.SiLUMul(gate.x, up.x, gate.ld, features, n)
			for _, m := range []*matrix{relu, silu, gate, up} {
				m.intact(t)
			}
			for f := range features {
				for l, v := range x.row(f) {
					want := silu64(float64(v))
					near(t, relu.row(f)[l], math.Max(float64(v), 0), 0, 0, "relu [%d][%d]", f, l)
					near(t, silu.row(f)[l], want, math.Abs(want), agreement, "silu [%d][%d]", f, l)
					want *= float64(up.row(f)[l])
					near(t, gate.row(f)[l], want, math.Abs(want), agreement, "silu mul [%d][%d]", f, l)
				}
			}
		})
	})
}

func TestLayerNorm(t *testing.T) {
	const eps = 1e-5
	eachISA(t, func(t *testing.T, s *Kernels) {
		shapes(func(r *rand.Rand, features, n int) {
			offset := float64(r.IntN(3)) * 10
			x := newMatrix(r, features, n, func() float32 { return float32(offset + r.NormFloat64()) })
			y, w, b := newMatrix(r, features, n, normal(r)), fill(features, normal(r)), fill(features, normal(r))
			s.LayerNorm(y.x, y.ld, x.x, x.ld, w, b, eps, features, n)
			y.intact(t)
			same := x.clone()
			s.LayerNorm(same.x, same.ld, same.x, same.ld, w, b, eps, features, n)
			same.intact(t)
			for l := range n {
				mean, variance, largest := 0.0, 0.0, 0.0
				for f := range features {
					mean += float64(x.row(f)[l]) / float64(features)
					largest = math.Max(largest, math.Abs(float64(x.row(f)[l])))
				}
				for f := range features {
					d := float64(x.row(f)[l]) - mean
					variance += d * d / float64(features)
				}
				inv := 1 / math.Sqrt(variance+eps)
				for f := range features {
					gain := inv * float64(w[f])
					want := (float64(x.row(f)[l])-mean)*gain + float64(b[f])
					// x and its mean are rounded before they are subtracted: the error is that of their size
					scale := math.Abs(float64(b[f])) + 2*largest*math.Abs(gain) + math.Abs(want)
					near(t, y.row(f)[l], want, scale, agreement, "[%d][%d] of [%d][%d]", f, l, features, n)
					near(t, same.row(f)[l], float64(y.row(f)[l]), 0, 0, "in place, [%d][%d]", f, l)
				}
			}
		})
	})
}

func TestMembers(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(6, 1))
		for K := 1; K <= 33; K++ {
			for _, rows := range []int{1, 2, 1 + r.IntN(40)} {
				features := 1 + r.IntN(20)
				n := rows * K
				a, b := fill(features*K, normal(r)), fill(features*K, normal(r))
				scale, shift := PackMembers(features, K, a), PackMembers(features, K, b)
				if f, k := scale.Dims(); f != features || k != K {
					t.Fatalf("[%d, %d] says [%d, %d]", features, K, f, k)
				}
				rowsX, x := newMatrix(r, features, rows, normal(r)), newMatrix(r, features, n, normal(r))
				spread, mul := newMatrix(r, features, n, normal(r)), newMatrix(r, features, n, normal(r))
				affine, silu := x.clone(), x.clone()
				s.SpreadMembers(spread.x, spread.ld, rowsX.x, rowsX.ld, scale, rows)
				s.MulMembers(mul.x, mul.ld, x.x, x.ld, scale, n)
				s.Affine(affine.x, affine.ld, scale, shift, n)
				s.AffineSiLU(silu.x, silu.ld, scale, shift, n)
				for _, m := range []*matrix{spread, mul, affine, silu} {
					m.intact(t)
				}
				for f := range features {
					for l := range n {
						i := f*K + l%K
						v, factor, add := float64(x.row(f)[l]), float64(a[i]), float64(b[i])
						one := float64(rowsX.row(f)[l/K]) * factor
						near(t, spread.row(f)[l], one, math.Abs(one), agreement, "spread K=%d [%d][%d]", K, f, l)
						near(t, mul.row(f)[l], v*factor, math.Abs(v*factor), agreement, "mul K=%d [%d][%d]", K, f, l)
						size := math.Abs(v*factor) + math.Abs(add)
						near(t, affine.row(f)[l], v*factor+add, size, agreement, "affine K=%d [%d][%d]", K, f, l)
						near(t, silu.row(f)[l], silu64(v*factor+add), size, agreement, "affine silu K=%d [%d][%d]", K, f, l)
					}
				}
			}
		}
	})
}

func TestTokens(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(7, 1))
		for tokens := 1; tokens <= 70; tokens++ {
			for _, rows := range []int{1, 8, 1 + r.IntN(30)} {
				features := 1 + r.IntN(10)
				x := newMatrix(r, features, rows*tokens, normal(r))
				mean, flat := newMatrix(r, features, rows, normal(r)), newMatrix(r, features*tokens, rows, normal(r))
				s.MeanTokens(mean.x, mean.ld, x.x, x.ld, features, tokens, rows)
				s.TokensToRows(flat.x, flat.ld, x.x, x.ld, features, tokens, rows)
				mean.intact(t)
				flat.intact(t)
				for f := range features {
					for row := range rows {
						sum, size := 0.0, 0.0
						for tok, v := range x.row(f)[row*tokens:][:tokens] {
							sum += float64(v) / float64(tokens)
							size += math.Abs(float64(v)) / float64(tokens)
							near(t, flat.row(tok*features + f)[row], float64(v), 0, 0, "tokens to rows: row %d, token %d, feature %d", row, tok, f)
						}
						near(t, mean.row(f)[row], sum, size, agreement, "mean of %d tokens: row %d, feature %d", tokens, row, f)
					}
				}
				// the source of Transpose ends with its last value
				ldx := tokens + r.IntN(5)
				m := fill((rows-1)*ldx+tokens, normal(r))
				turned := newMatrix(r, tokens, rows, normal(r))
				s.Transpose(turned.x, turned.ld, m, ldx, rows, tokens)
				turned.intact(t)
				for c := range tokens {
					for row, v := range turned.row(c) {
						near(t, v, float64(m[row*ldx+c]), 0, 0, "transpose %d by %d: [%d][%d]", rows, tokens, c, row)
					}
				}
			}
		}
	})
}

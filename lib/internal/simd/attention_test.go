package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// attention64 is the reference for one query: the output and the sum of the absolute terms of every feature of a head.
func attention64(q, k, v *matrix, head, dh, tokens, row, query int) (out, size []float64, steepest float64) {
	weights, sum, top := make([]float64, tokens), 0.0, math.Inf(-1)
	for j := range weights {
		terms := 0.0
		for d := range dh {
			p := float64(q.row(head*dh + d)[row*tokens+query]) * float64(k.row(head*dh + d)[row*tokens+j])
			weights[j] += p / math.Sqrt(float64(dh))
			terms += math.Abs(p) / math.Sqrt(float64(dh))
		}
		top, steepest = math.Max(top, weights[j]), math.Max(steepest, terms)
	}
	for j, s := range weights {
		weights[j] = math.Exp(s - top)
		sum += weights[j]
	}
	out, size = make([]float64, dh), make([]float64, dh)
	for d := range dh {
		for j, w := range weights {
			p := w / sum * float64(v.row(head*dh + d)[row*tokens+j])
			out[d] += p
			size[d] += math.Abs(p)
		}
	}
	return out, size, steepest
}

func TestAttention(t *testing.T) {
	type shape struct {
		heads, dh, tokens, rows int
		spread                  float64 // of q: how far scores are apart
	}
	r := rand.New(rand.NewPCG(8, 1))
	var list []shape
	for tokens := 1; tokens <= 70; tokens++ {
		list = append(list, shape{1 + r.IntN(4), 1 + r.IntN(16), tokens, 1 + r.IntN(3), 1})
	}
	for dh := 1; dh <= 64; dh += 1 + dh/4 {
		list = append(list, shape{1, dh, 20, 2, 1})
	}
	for dh := 1; dh <= 17; dh++ { // the last vector of queries reaches beyond the matrix, with 8 and with 16 lanes
		list = append(list, shape{1, dh, 9, 7, 1}, shape{1, dh, 17, 2, 1})
	}
	list = append(list, shape{4, 2, 20, 5, 1}, shape{4, 2, 40, 3, 30}, shape{8, 8, 32, 2, 1}, shape{1, 2, 1024, 1, 1}, shape{2, 3, 33, 2, 1000},
		shape{2, 8, 17, 3, 1e30})
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(8, 2))
		for _, sh := range list {
			features, lanes := sh.heads*sh.dh, sh.rows*sh.tokens
			q := newMatrix(r, features, lanes, func() float32 { return float32(sh.spread * r.NormFloat64()) })
			k, v, out := q.clone(), q.clone(), q.clone()
			for _, m := range []*matrix{k, v} {
				for f := range features {
					copy(m.row(f), fill(lanes, normal(r)))
				}
			}
			scratch := newMatrix(r, 1, AttentionScratch(sh.tokens), normal(r))
			s.Attention(out.x, q.x, k.x, v.x, q.ld, sh.heads, sh.dh, sh.tokens, sh.rows, scratch.x)
			same := q.clone()
			s.Attention(same.x, same.x, k.x, v.x, q.ld, sh.heads, sh.dh, sh.tokens, sh.rows, scratch.x)
			for _, m := range []*matrix{out, same, scratch} {
				m.intact(t)
			}
			for f := range features {
				for i := lanes; i < roundUp(lanes); i++ {
					if math.Float32bits(out.x[f*out.ld+i]) != math.Float32bits(q.x[f*q.ld+i]) {
						t.Fatalf("%+v: wrote lane %d of feature %d", sh, i, f)
					}
				}
			}
			for h := range sh.heads {
				for lane := range lanes {
					want, size, steepest := attention64(q, k, v, h, sh.dh, sh.tokens, lane/sh.tokens, lane%sh.tokens)
					for d, w := range want {
						got := out.row(h*sh.dh + d)[lane]
						near(t, same.row(h*sh.dh + d)[lane], float64(got), 0, 0, "%+v in place", sh)
						// A score is off by its own rounding, and a weight by as much, relatively.
						if steepest < 1e3 {
							near(t, got, w, size[d]*(1+steepest), agreement, "%+v: head %d, feature %d, lane %d", sh, h, d, lane)
						} else if math.IsNaN(float64(got)) || math.Abs(float64(got)) > 10 {
							t.Fatalf("%+v: head %d, feature %d, lane %d: %v", sh, h, d, lane, got)
						}
					}
				}
			}
		}
	})
}

// TestAttentionRowIndependence scores a row among others and alone: not a bit may differ.
func TestAttentionRowIndependence(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		const heads, dh, tokens, rows = 2, 3, 21, 5
		r := rand.New(rand.NewPCG(9, 1))
		q := newMatrix(r, heads*dh, tokens*rows, normal(r))
		scratch := make([]float32, AttentionScratch(tokens))
		all := q.clone()
		s.Attention(all.x, q.x, q.x, q.x, q.ld, heads, dh, tokens, rows, scratch)
		for row := range rows {
			one := newMatrix(r, heads*dh, tokens, normal(r))
			for f := range heads * dh {
				copy(one.row(f), q.row(f)[row*tokens:][:tokens])
			}
			out := one.clone()
			s.Attention(out.x, one.x, one.x, one.x, one.ld, heads, dh, tokens, 1, scratch)
			for f := range heads * dh {
				for i, v := range out.row(f) {
					near(t, v, float64(all.row(f)[row*tokens+i]), 0, 0, "row %d, feature %d, token %d", row, f, i)
				}
			}
		}
	})
}

package simd

import "math"

// AttentionScratch returns how many floats Attention needs for rows of so many tokens.
func AttentionScratch(tokens int) int { return tokens * Group }

// Attention is multi-head self-attention among the tokens of each row, with a soft-max over the row's own tokens:
//
//	out = sum over j of softmax_j(q . k[j] / sqrt(dh)) v[j]
//
// q, k, v and out are [heads*dh][rows*tokens lanes], all with stride ld; token t of row r is lane r*tokens+t, feature d
// of head h is feature h*dh+d. out may be q, and must not overlap k or v. scratch has AttentionScratch(tokens) floats
// and is not shared between goroutines. The largest score of a query is subtracted from its others, so that scores may
// be large; they must be finite, else the results of that row are not specified.
//
// Unlike the other kernels it writes the lanes of the rows and no others.
//
// Source: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.
func (s *Kernels) Attention(out, q, k, v []float32, ld, heads, dh, tokens, rows int, scratch []float32) {
	features, lanes := heads*dh, rows*tokens
	checkMatrix("attention: out", out, ld, features, lanes)
	checkMatrix("attention: q", q, ld, features, lanes)
	checkMatrix("attention: k", k, ld, features, lanes)
	checkMatrix("attention: v", v, ld, features, lanes)
	checkLen("attention: scratch", scratch, AttentionScratch(tokens))
	// Scores are kept in base 2, which saves the exponential a multiplication per element.
	factor := float32(log2e / math.Sqrt(float64(dh)))
	for at := 0; at < lanes; at += tokens {
		s.attend(out[at:], q[at:], k[at:], v[at:], ld, heads, dh, tokens, factor, scratch)
	}
}

func attendRowPortable(out, q, k, v []float32, ld, heads, dh, tokens int, factor float32, scratch []float32) {
	for h := range heads {
		head := h * dh * ld
		for t := 0; t < tokens; t += Group {
			attendPortable(out[head+t:], q[head+t:], k[head:], v[head:], ld, dh, tokens, min(Group, tokens-t), factor, scratch)
		}
	}
}

// attendPortable is attention of up to Group queries of one head and row. e holds scores, then weights: [tokens][Group].
func attendPortable(out, q, k, v []float32, ld, dh, tokens, queries int, factor float32, e []float32) {
	var top, sum [Group]float32
	for i := range queries {
		top[i] = float32(math.Inf(-1))
	}
	clear(e[:tokens*Group])
	for d := range dh {
		var query [Group]float32
		for i, x := range q[d*ld:][:queries] {
			query[i] = x * factor
		}
		for j, y := range k[d*ld:][:tokens] {
			s := e[j*Group:][:queries]
			for i, x := range query[:queries] {
				s[i] += float32(x * y)
			}
		}
	}
	for j := range tokens {
		for i, s := range e[j*Group:][:queries] {
			top[i] = max(top[i], s)
		}
	}
	for j := range tokens {
		weights := e[j*Group:][:queries]
		for i, s := range weights {
			w := exp2Core(max(s-top[i], softmaxMin))
			weights[i] = w
			sum[i] += w
		}
	}
	for i := range queries {
		sum[i] = 1 / sum[i]
	}
	for d := range dh {
		var acc [Group]float32
		for j, y := range v[d*ld:][:tokens] {
			for i, w := range e[j*Group:][:queries] {
				acc[i] += float32(w * y)
			}
		}
		for i := range queries {
			out[d*ld+i] = acc[i] * sum[i]
		}
	}
}

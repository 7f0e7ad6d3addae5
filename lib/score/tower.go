package score

import (
	"math"

	"github.com/jamba-threat/jamba/lib/internal/modelfile"
	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// tower is the feature layers and the heads.
type tower struct {
	shared   []sharedLayer // all members alike: lanes are rows
	own      []memberLayer // members differ: lanes are rows x members; none without members
	head     head
	members  int
	memberIn int // widest input of the own layers and the heads
	widest   int // of the outputs of all layers
}

// sharedLayer is Linear -> BatchNorm -> SiLU, with the norm folded into the matrix.
type sharedLayer struct {
	out    int
	matrix *simd.Packed
}

// memberLayer is a layer whose members share the matrix: out = silu(scale * (W (in * r)) + shift), with scale and shift
// made of the members' factors and biases and of the norm.
type memberLayer struct {
	in, out      int
	matrix       *simd.Packed
	r            *simd.Members // [in, K]
	scale, shift *simd.Members // [out, K]
}

// head maps the features of each member to its own logits, one for each output.
type head struct {
	in, outputs int
	plain       *simd.Packed    // [outputs, in] with bias, when there are no members
	weight      []*simd.Members // else per output [in, K]
	sum         *simd.Packed    // and a row of ones, which adds up the products
	bias        [][]float32     // and per output [K]
}

func newTower(k *simd.Kernels, m *modelfile.Model, tokens int) tower {
	c := &m.Network
	t := tower{members: c.Members}
	in := c.TowerInput(tokens)
	for i, out := range c.Widths {
		get := func(part string) []float32 { return m.Weights[modelfile.Tower(i, part)] }
		factor, shift := foldNorm(get("norm.weight"), get("norm.bias"), get("norm.mean"), get("norm.variance"), c.NormEpsilon)
		if c.HasMembers(i) {
			t.own = append(t.own, newMemberLayer(k, get, factor, shift, out, in, c.Members))
		} else {
			t.shared = append(t.shared, sharedLayer{out, foldedMatrix(k, get, factor, shift, out, in)})
		}
		t.widest = max(t.widest, out)
		in = out
	}
	t.head = newHead(k, m.Weights[modelfile.OutputWeight], m.Weights[modelfile.OutputBias], c.Members, c.Outputs, in)
	t.memberIn = in
	for _, l := range t.own {
		t.memberIn = max(t.memberIn, l.in)
	}
	return t
}

// foldNorm returns factor and shift such that the batch norm of x is factor*x + shift.
func foldNorm(weight, bias, mean, variance []float32, epsilon float32) (factor, shift []float64) {
	for i := range weight {
		f := float64(weight[i]) / math.Sqrt(float64(variance[i])+float64(epsilon))
		factor = append(factor, f)
		shift = append(shift, float64(bias[i])-float64(mean[i])*f)
	}
	return factor, shift
}

func foldedMatrix(k *simd.Kernels, get func(string) []float32, factor, shift []float64, out, in int) *simd.Packed {
	w, b := get("weight"), get("bias")
	matrix, bias := make([]float32, out*in), make([]float32, out)
	for o := range out {
		for i := range in {
			matrix[o*in+i] = float32(float64(w[o*in+i]) * factor[o])
		}
		bias[o] = float32(float64(b[o])*factor[o] + shift[o])
	}
	return k.Pack(out, in, matrix, bias)
}

func newMemberLayer(k *simd.Kernels, get func(string) []float32, factor, shift []float64, out, in, K int) memberLayer {
	b, s, own := get("bias"), get("member_out"), get("member_bias") // s and own are [K, out]
	scales, shifts := make([]float32, out*K), make([]float32, out*K)
	for o := range out {
		for j := range K {
			sk := float64(s[j*out+o])
			scales[o*K+j] = float32(factor[o] * sk)
			shifts[o*K+j] = float32(factor[o]*(sk*float64(b[o])+float64(own[j*out+o])) + shift[o])
		}
	}
	return memberLayer{in: in, out: out, matrix: k.Pack(out, in, get("weight"), nil),
		r: simd.PackMembers(in, K, transposed(get("member_in"), K, in)), scale: simd.PackMembers(out, K, scales), shift: simd.PackMembers(out, K, shifts)}
}

func newHead(k *simd.Kernels, weight, bias []float32, K, C, in int) head {
	h := head{in: in, outputs: C}
	if K == 1 {
		h.plain = k.Pack(C, in, weight, bias)
		return h
	}
	for c := range C {
		w, b := make([]float32, in*K), make([]float32, K)
		for j := range K {
			b[j] = bias[j*C+c]
			for i := range in {
				w[i*K+j] = weight[(j*C+c)*in+i]
			}
		}
		h.weight, h.bias = append(h.weight, simd.PackMembers(in, K, w)), append(h.bias, b)
	}
	ones := make([]float32, in)
	for i := range ones {
		ones[i] = 1
	}
	h.sum = k.Pack(1, in, ones, nil)
	return h
}

// run writes logits [outputs][lanes] of x [in][lanes] with stride ld; products is as large as x.
func (h *head) run(k *simd.Kernels, logits []float32, ldl int, products, x []float32, ld, lanes int) {
	if h.plain != nil {
		k.Gemm(logits, ldl, h.plain, x, ld, lanes, false)
		return
	}
	for c, weight := range h.weight {
		k.MulMembers(products, ld, x, ld, weight, lanes)
		z := logits[c*ldl:]
		k.Gemm(z, ldl, h.sum, products, ld, lanes, false)
		bias := h.bias[c]
		for at := 0; at < lanes; at += len(bias) {
			own := z[at : at+len(bias)]
			for j, b := range bias {
				own[j] += b
			}
		}
	}
}

// transposed returns a [m, n] matrix as [n, m].
func transposed(a []float32, m, n int) []float32 {
	out := make([]float32, len(a))
	for i := range m {
		for j := range n {
			out[j*m+i] = a[i*n+j]
		}
	}
	return out
}

// run takes the input of the tower from s.input [in][rows], with stride ld, and writes the vote of the members to out. It works
// on chunk rows at a time where the members differ.
func (t *tower) run(k *simd.Kernels, s *scratch, out []float64, ld, rows, chunk int) {
	x := s.input
	for i, l := range t.shared {
		y := s.shared[i%2]
		k.Gemm(y, ld, l.matrix, x, ld, rows, false)
		k.SiLU(y, ld, l.out, rows)
		x = y
	}
	K, C := t.members, t.head.outputs
	for first := 0; first < rows; first += chunk {
		m := min(chunk, rows-first)
		ldm := simd.Stride(m * K)
		h, ldh := x[first:], ld
		if len(t.own) > 0 {
			h, ldh = t.runMembers(k, s, h, ld, m), ldm
		}
		t.head.run(k, s.logits, ldm, s.members[0], h, ldh, m*K)
		if C == 1 {
			voteBinary(k, s, out[first:first+m], m, K)
		} else {
			voteClasses(k, s, out[first*C:(first+m)*C], m, K, C, ldm)
		}
	}
}

// runMembers runs the layers where members differ for m rows of x and returns [width][m*K].
func (t *tower) runMembers(k *simd.Kernels, s *scratch, x []float32, ldx, m int) []float32 {
	K := t.members
	ldm := simd.Stride(m * K)
	var y []float32
	for i := range t.own {
		l := &t.own[i]
		in := s.members[0]
		if i == 0 {
			k.SpreadMembers(in, ldm, x, ldx, l.r, m)
		} else {
			k.MulMembers(in, ldm, y, ldm, l.r, m*K)
		}
		y = s.members[1]
		k.Gemm(y, ldm, l.matrix, in, ldm, m*K, false)
		k.AffineSiLU(y, ldm, l.scale, l.shift, m*K)
	}
	return y
}

// logitBound keeps exponentials of logits inside float32, as in training: see model.Vote.
const logitBound = 60

// voteBinary averages the members' probabilities and returns their log-odds, which keep the order of rows whose
// probability rounds to 1. s.logits holds [rows*K] logits.
func voteBinary(k *simd.Kernels, s *scratch, out []float64, rows, K int) {
	z := s.logits[:rows*K]
	for i, v := range z {
		z[i] = -min(max(v, -logitBound), logitBound)
	}
	k.Exp(z, z) // e^-z: sigmoid(z) is 1/(1+e^-z), and sigmoid(-z) is e^-z times that
	for r := range out {
		var yes, no float32
		for _, e := range z[r*K : (r+1)*K] {
			p := 1 / (1 + e)
			yes += p
			no += e * p
		}
		out[r] = math.Log(float64(yes)) - math.Log(float64(no))
	}
}

// voteClasses averages the members' class probabilities: logits [C][rows*K] to out [rows, C].
func voteClasses(k *simd.Kernels, s *scratch, out []float64, rows, K, C, ld int) {
	clear(out)
	for lane := range rows * K {
		top := float32(-logitBound)
		for c := range C {
			z := &s.logits[c*ld+lane]
			*z = min(max(*z, -logitBound), logitBound)
			top = max(top, *z)
		}
		for c := range C {
			s.logits[c*ld+lane] -= top
		}
	}
	for c := range C {
		k.Exp(s.logits[c*ld:][:rows*K], s.logits[c*ld:][:rows*K])
	}
	for lane := range rows * K {
		var sum float32
		for c := range C {
			sum += s.logits[c*ld+lane]
		}
		row := out[lane/K*C:][:C]
		for c := range row {
			row[c] += float64(s.logits[c*ld+lane]/sum) / float64(K)
		}
	}
}

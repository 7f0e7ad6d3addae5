package original

import (
	"fmt"
	"math"
)

// encoder is the transformer of the Python project: token j is x[j]·scale + bias + position[j]; then layers with the norm
// behind each residual sum, as torch.nn.TransformerEncoderLayer has it by default; then the mean over the tokens.
type encoder struct {
	scale, bias []float32 // [width]
	position    []float32 // [tokens, width]
	heads       int
	layers      []encoderLayer
}

type encoderLayer struct {
	query, key, value, output linear
	up, down                  linear
	norm1, norm2              layerNorm
}

func (s encoder) widths() (int, int) { return len(s.position) / len(s.scale), len(s.scale) }

func (s encoder) run(dst, src []float32, rows int) {
	tokens, width := s.widths()
	n := tokens * width
	wide := 0
	for _, l := range s.layers {
		wide = max(wide, l.up.out)
	}
	x, q, k, v, sum := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	inner, weights := make([]float32, tokens*wide), make([]float64, tokens)
	for r := range rows {
		for j := range tokens {
			for c := range width {
				x[j*width+c] = src[r*tokens+j]*s.scale[c] + s.bias[c] + s.position[j*width+c]
			}
		}
		for _, l := range s.layers {
			l.query.run(q, x, tokens)
			l.key.run(k, x, tokens)
			l.value.run(v, x, tokens)
			attend(sum, q, k, v, weights, s.heads)
			l.output.run(q, sum, tokens)
			addTo(x, q)
			l.norm1.run(x, x, tokens)
			l.up.run(inner, x, tokens)
			relu{l.up.out}.run(inner, inner, tokens)
			l.down.run(q, inner, tokens)
			addTo(x, q)
			l.norm2.run(x, x, tokens)
		}
		for c := range width {
			var total float64
			for j := range tokens {
				total += float64(x[j*width+c])
			}
			dst[r*width+c] = float32(total / float64(tokens))
		}
	}
}

// attend is softmax(q·kᵀ/√d)·v for every head; q, k, v and dst are [tokens, heads·d], weights has one place per token.
func attend(dst, q, k, v []float32, weights []float64, heads int) {
	tokens := len(weights)
	width := len(q) / tokens
	d := width / heads
	root := 1 / math.Sqrt(float64(d))
	for i := range tokens {
		for h := range heads {
			at := i*width + h*d
			largest := math.Inf(-1)
			for j := range weights {
				from := j*width + h*d
				weights[j] = float64(dot(q[at:at+d], k[from:from+d])) * root
				largest = max(largest, weights[j])
			}
			var total float64
			for j := range weights {
				weights[j] = math.Exp(weights[j] - largest)
				total += weights[j]
			}
			for c := range d {
				var mixed float64
				for j, w := range weights {
					mixed += w * float64(v[j*width+h*d+c])
				}
				dst[at+c] = float32(mixed / total)
			}
		}
	}
}

func addTo(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

// encoder takes the parameters of a transformer. PyTorch keeps the weights of queries, keys and values in one matrix;
// model files keep them apart, under the names that the rules of quantisation know.
func (b *builder) encoder() {
	const torch = "transformer_encoder.layers.%d"
	width := b.take(b.pick("token_embedding.bias", "feature_embd.bias"), -1).Shape[0]
	s := encoder{heads: b.heads}
	if b.torch {
		s.scale = b.keep("feature_embd.scale", b.take("token_embedding.weight", width, 1).Data, width)
		position := b.take("positional_encoding", 1, -1, width)
		s.position = b.keep("feature_embd.position", position.Data, position.Shape[1], width)
	} else {
		s.scale = b.vector("", "feature_embd.scale", width)
		s.position = b.positions(width)
	}
	s.bias = b.vector("token_embedding.bias", "feature_embd.bias", width)
	if b.err == nil && (s.heads < 1 || width%s.heads != 0) {
		b.fail("%d heads do not divide the width %d", s.heads, width)
	}
	for i := 0; b.has(at(torch+".linear1.weight", i), at("blk.%d.ffn_up.weight", i)); i++ {
		s.layers = append(s.layers, b.encoderLayer(at(torch, i), at("blk.%d", i), width))
	}
	if b.err == nil && len(s.layers) == 0 {
		b.fail("the transformer has no layers")
	}
	b.add(s)
}

// positions takes the positional encoding of a model file, where a single feature leaves one axis.
func (b *builder) positions(width int) []float32 {
	const name = "feature_embd.position"
	if t, there := b.source[name]; there && len(t.Shape) == 1 {
		return b.keep(name, b.take(name, width).Data, 1, width)
	}
	t := b.take(name, -1, width)
	return b.keep(name, t.Data, t.Shape...)
}

func (b *builder) encoderLayer(torch, ours string, width int) encoderLayer {
	var l encoderLayer
	parts := []*linear{&l.query, &l.key, &l.value}
	names := []string{".attn_q", ".attn_k", ".attn_v"}
	if b.torch {
		weight := b.take(torch+".self_attn.in_proj_weight", 3*width, width)
		bias := b.take(torch+".self_attn.in_proj_bias", 3*width)
		if b.err != nil {
			return l
		}
		for i, name := range names {
			*parts[i] = linear{width, width,
				b.keep(ours+name+".weight", weight.Data[i*width*width:(i+1)*width*width], width, width),
				b.keep(ours+name+".bias", bias.Data[i*width:(i+1)*width], width)}
		}
	} else {
		for i, name := range names {
			*parts[i] = b.square("", ours+name, width)
		}
	}
	l.output = b.square(torch+".self_attn.out_proj", ours+".attn_output", width)
	l.up = b.affine(torch+".linear1", ours+".ffn_up", width)
	l.down = b.affine(torch+".linear2", ours+".ffn_down", l.up.out)
	if b.err == nil && l.down.out != width {
		b.fail("tensor %s has %d rows, want %d", b.pick(torch+".linear2.weight", ours+".ffn_down.weight"), l.down.out, width)
	}
	norm := func(torch, ours string) layerNorm {
		return layerNorm{b.vector(torch+".weight", ours+".weight", width), b.vector(torch+".bias", ours+".bias", width)}
	}
	l.norm1 = norm(torch+".norm1", ours+".attn_output_norm")
	l.norm2 = norm(torch+".norm2", ours+".layer_output_norm")
	return l
}

// square is a linear layer that keeps the width.
func (b *builder) square(torch, ours string, width int) linear {
	s := b.affine(torch, ours, width)
	if b.err == nil && s.out != width {
		b.fail("%s has %d outputs, want %d", fmt.Sprintf("%s.weight", b.pick(torch, ours)), s.out, width)
	}
	return s
}

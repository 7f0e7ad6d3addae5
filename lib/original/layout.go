package original

import (
	"fmt"
	"slices"
	"strings"
)

// layout is one published network: how to know it, and its layers in the order of its forward function.
type layout struct {
	name   string
	origin string
	marks  []string // parameters that only this layout has all of
	lacks  string   // a parameter that tells it from a larger layout
	build  func(b *builder)
}

// layouts lists every network that is known. Dropout does nothing in evaluation mode and does not appear.
func layouts() []layout {
	return []layout{
		{"norm-attention", "src/jamba/jamba_model.py",
			[]string{"attention.in_proj_weight", "classifier.0.weight", "classifier.3.weight"}, "", normAttention},
		{"processor", "src/jamba/jamba_model_ff.py",
			[]string{"feature_extractor.0.weight", "classifier.weight"}, "attention.in_proj_weight", processor},
		{"attention-processor", "src/jamba/model.py",
			[]string{"feature_extractor.0.weight", "attention.in_proj_weight", "classifier.weight"}, "", attentionProcessor},
		{"attention-gru", "src/jamba_model/model.py",
			[]string{"attention.in_proj_weight", "fc1.weight", "temporal.weight_ih_l0"}, "", attentionGRU},
		{"attention-gru-2", "src/model_training.py",
			[]string{"attention.in_proj_weight", "feature_layers.0.weight", "temporal.weight_ih_l1"}, "", attentionGRU2},
		{"norm-attention-gru", "src/jamba/jamba_model.py of March 2025",
			[]string{"attention.in_proj_weight", "feature_extraction.0.weight", "gru.weight_ih_l1"}, "", normAttentionGRU},
		{"transformer", "src/jamba/jamba_model_transformer.py",
			[]string{"token_embedding.weight", "positional_encoding", "classifier.weight"}, "", transformer},
	}
}

// Layouts describes the networks that can be read, one line each: name, the file of the Python project, parameters that
// tell it from the others.
func Layouts() []string {
	var lines []string
	for _, l := range layouts() {
		line := fmt.Sprintf("%s (%s): %s", l.name, l.origin, strings.Join(l.marks, ", "))
		if l.lacks != "" {
			line += ", no " + l.lacks
		}
		lines = append(lines, line)
	}
	return lines
}

// recognise finds the layout of a checkpoint by the names of its parameters.
func recognise(names []string) (layout, error) {
	var found []layout
	for _, l := range layouts() {
		missing := slices.ContainsFunc(l.marks, func(mark string) bool { return !slices.Contains(names, mark) })
		if !missing && !slices.Contains(names, l.lacks) {
			found = append(found, l)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	problem := "it is none of the original networks"
	if len(found) > 1 {
		problem = "it could be more than one of the original networks"
	}
	return layout{}, fmt.Errorf("%s\nfound: %s\nknown: %s", problem, abridge(names), strings.Join(Layouts(), "\n       "))
}

// abridge lists names in the order of the file, cut to a readable length.
func abridge(names []string) string {
	const most = 24
	if len(names) > most {
		return fmt.Sprintf("%s ... (%d in all)", strings.Join(names[:most], ", "), len(names))
	}
	return strings.Join(names, ", ")
}

// at is the name of the i-th of several layers.
func at(format string, i int) string { return fmt.Sprintf(format, i) }

// normAttention: blocks of Linear, LayerNorm, ReLU, Dropout; attention; Linear, ReLU, Dropout, Linear.
func normAttention(b *builder) {
	for i := 0; b.has(at("feature_extractor.%d.weight", 4*i), at("feature.%d.weight", i)); i++ {
		b.linear(at("feature_extractor.%d", 4*i), at("feature.%d", i))
		b.layerNorm(at("feature_extractor.%d", 4*i+1), at("feature.%d_norm", i))
		b.add(relu{b.width})
	}
	b.attention()
	b.linear("classifier.0", "head.0")
	b.add(relu{b.width})
	b.linear("classifier.3", "output")
}

// processor: Linear, ReLU; blocks of Linear, ReLU; Linear.
func processor(b *builder) {
	b.linear("feature_extractor.0", "feature.0")
	b.add(relu{b.width})
	processorBlocks(b)
	b.linear("classifier", "output")
}

// attentionProcessor: the same with attention before the blocks.
func attentionProcessor(b *builder) {
	b.linear("feature_extractor.0", "feature.0")
	b.add(relu{b.width})
	b.attention()
	processorBlocks(b)
	b.linear("classifier", "output")
}

func processorBlocks(b *builder) {
	for i := 0; b.has(at("feature_processor.%d.0.weight", i), at("tower.%d.weight", i)); i++ {
		b.linear(at("feature_processor.%d.0", i), at("tower.%d", i))
		b.add(relu{b.width})
	}
}

// attentionGRU: a projection where the width needed one; attention; Linear, ReLU twice; one GRU in both directions;
// Linear, ReLU twice; Linear. Early versions end in a sigmoid and were trained on its output, which is the same function.
func attentionGRU(b *builder) {
	b.optionalLinear("embedding", "projection")
	b.attention()
	b.linear("fc1", "tower.0")
	b.add(relu{b.width})
	b.linear("fc2", "tower.1")
	b.add(relu{b.width})
	b.gru("temporal", 0)
	b.linear("fc3", "head.0")
	b.add(relu{b.width})
	b.linear("fc4", "head.1")
	b.add(relu{b.width})
	b.linear("output", "output")
}

// attentionGRU2: as above with SiLU, BatchNorm behind the activation, and two GRU layers.
func attentionGRU2(b *builder) {
	b.optionalLinear("projection", "projection")
	b.attention()
	for i := range 2 {
		b.linear(at("feature_layers.%d", 4*i), at("tower.%d", i))
		b.add(silu{b.width})
		b.batchNorm(at("feature_layers.%d", 4*i+3), at("tower.%d_norm", i))
	}
	b.gru("temporal", 0)
	b.gru("temporal", 1)
	b.linear("output_layers.0", "head.0")
	b.add(silu{b.width})
	b.linear("output_layers.3", "head.1")
	b.add(silu{b.width})
	b.linear("output_layers.5", "output")
}

// normAttentionGRU: a projection where the width needed one; blocks of Linear, BatchNorm, SiLU; attention; two GRU layers;
// Linear, BatchNorm, SiLU, Linear.
func normAttentionGRU(b *builder) {
	b.optionalLinear("projection", "projection")
	for i := 0; b.has(at("feature_extraction.%d.weight", 4*i), at("feature.%d.weight", i)); i++ {
		b.linear(at("feature_extraction.%d", 4*i), at("feature.%d", i))
		b.batchNorm(at("feature_extraction.%d", 4*i+1), at("feature.%d_norm", i))
		b.add(silu{b.width})
	}
	b.attention()
	b.gru("gru", 0)
	b.gru("gru", 1)
	b.linear("out_linear1", "head.0")
	b.batchNorm("out_bn", "head.0_norm")
	b.add(silu{b.width})
	b.linear("out_linear2", "output")
}

// transformer: every feature a token, encoder layers with real attention over the features, the mean of the tokens, Linear.
func transformer(b *builder) {
	b.encoder()
	b.linear("classifier", "output")
}

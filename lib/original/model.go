package original

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/jamba-threat/jamba/lib/internal/torchfile"
)

// ErrModel is wrapped by errors about a file that holds none of the original networks, or holds one that is damaged.
var ErrModel = errors.New("not a model of the original project that can be read")

// defaultThreshold on the probability of an output is the one from which on the originals flag a row.
const defaultThreshold = 0.5

// Model is one of the original networks with its parameters. Its methods may run concurrently.
type Model struct {
	layout    string
	features  []string
	outputs   int
	threshold float64
	heads     int // of the transformer, else 0
	widest    int
	steps     []step
	tensors   []Tensor
	pool      sync.Pool // of *scratch
}

// scratch holds the values between two steps for a block of rows.
type scratch struct{ a, b []float32 }

// block is the number of rows that go through the layers together, so that values stay in the cache.
const block = 32

// Import reads a checkpoint of PyTorch (zip or legacy container) or a safetensors file of size bytes, and recognises the
// network in it. Nothing in the file is executed.
//
// features names the inputs in their order. Without names they come from the checkpoint where it has them (feature_names,
// feature_columns, columns or features, at its top or in its config), else they are f0, f1, ...
//
// Errors wrap ErrModel: a damaged file, a pickle that asks for anything but tensors and plain values (the error names it),
// a network that is not on the list of Layouts, parameters that are missing, left over, of another shape or not finite,
// and names that do not match the number of inputs.
func Import(r io.ReaderAt, size int64, features []string) (*Model, error) {
	c, err := torchfile.Read(r, size)
	switch {
	case errors.Is(err, torchfile.ErrFormat) || errors.Is(err, torchfile.ErrRefused):
		return nil, fmt.Errorf("original: import: %w: %w", ErrModel, err)
	case err != nil:
		return nil, fmt.Errorf("original: import: %w", err)
	}
	m, err := fromCheckpoint(c, features)
	if err != nil {
		return nil, fmt.Errorf("original: import: %w: %w", ErrModel, err)
	}
	return m, nil
}

func fromCheckpoint(c *torchfile.Checkpoint, features []string) (*Model, error) {
	names := make([]string, len(c.Tensors))
	source := make(map[string]Tensor, len(c.Tensors))
	for i, t := range c.Tensors {
		names[i] = t.Name
		source[t.Name] = Tensor{t.Name, t.Shape, t.Data}
	}
	l, err := recognise(names)
	if err != nil {
		return nil, err
	}
	b := &builder{torch: true, source: source, heads: heads(c.Meta)}
	if len(features) == 0 {
		features = featureNames(c.Meta)
	}
	return b.model(l, features)
}

// model runs the builder through a layout. Without features the inputs are numbered.
func (b *builder) model(l layout, features []string) (*Model, error) {
	b.taken = make(map[string]bool, len(b.source))
	l.build(b)
	if err := b.finish(); err != nil {
		return nil, fmt.Errorf("as the network %s: %w", l.name, err)
	}
	if len(features) == 0 {
		for i := range b.inputs {
			features = append(features, fmt.Sprintf("f%d", i))
		}
	}
	if err := checkFeatures(features, b.inputs); err != nil {
		return nil, err
	}
	m := &Model{layout: l.name, features: slices.Clone(features), outputs: b.width, threshold: defaultThreshold,
		steps: b.steps, tensors: b.tensors, widest: b.inputs}
	for _, s := range b.steps {
		_, out := s.widths()
		m.widest = max(m.widest, out)
		if e, is := s.(encoder); is {
			m.heads = e.heads
		}
	}
	m.pool.New = func() any {
		return &scratch{make([]float32, block*m.widest), make([]float32, block*m.widest)}
	}
	return m, nil
}

func checkFeatures(names []string, inputs int) error {
	if len(names) != inputs {
		return fmt.Errorf("there are %d feature names for %d inputs (the first is %q): give the names in the order of the training data",
			len(names), inputs, names[0])
	}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if name == "" || seen[name] {
			return fmt.Errorf("feature %d is named %q, which is empty or there before", i, name)
		}
		seen[name] = true
	}
	return nil
}

// Layout names the network, one of Layouts.
func (m *Model) Layout() string { return m.layout }

// Features returns the names of the inputs, in order.
func (m *Model) Features() []string { return slices.Clone(m.features) }

// Inputs is the number of values in a row.
func (m *Model) Inputs() int { return len(m.features) }

// Outputs is the number of logits that a row gets.
func (m *Model) Outputs() int { return m.outputs }

// Threshold is the probability from which on an output is flagged, 0.5 in everything that comes from a checkpoint.
func (m *Model) Threshold() float64 { return m.threshold }

// Parameters is the number of weights that take effect; a checkpoint has more (see the package comment).
func (m *Model) Parameters() int {
	n := 0
	for _, t := range m.tensors {
		n += len(t.Data)
	}
	return n
}

// String describes the model in one line.
func (m *Model) String() string {
	return fmt.Sprintf("original network %s: %d inputs, %d outputs, %d parameters", m.layout, m.Inputs(), m.outputs, m.Parameters())
}

// Forward computes the logits that PyTorch computes in evaluation mode: x [rows, Inputs] -> dst [rows, Outputs], both
// row-major. Inputs are taken as they are; the originals stored none of the scaling that they trained with.
//
// A NaN in a row makes the logits of that row NaN. Slices of other lengths are an error. A row's result does not depend on
// the others; it may differ in the last bits between processor architectures.
func (m *Model) Forward(dst, x []float32, rows int) error {
	in := m.Inputs()
	if rows < 0 || len(x) != rows*in || len(dst) != rows*m.outputs {
		return fmt.Errorf("original: forward: %d rows of %d inputs and %d outputs need %d and %d places, got %d and %d",
			rows, in, m.outputs, rows*in, rows*m.outputs, len(x), len(dst))
	}
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	for from := 0; from < rows; from += block {
		n := min(block, rows-from)
		src, to := x[from*in:(from+n)*in], s.a
		for _, layer := range m.steps {
			_, out := layer.widths()
			layer.run(to[:n*out], src, n)
			src = to[:n*out]
			s.a, s.b = s.b, s.a
			to = s.a
		}
		copy(dst[from*m.outputs:], src)
	}
	return nil
}

// Probabilities is Forward with the sigmoid of every logit: what the originals were trained for. The published trainers
// work with one output; several ones are independent of each other, they do not add up to 1.
func (m *Model) Probabilities(dst, x []float32, rows int) error {
	if err := m.Forward(dst, x, rows); err != nil {
		return err
	}
	for i, v := range dst {
		dst[i] = float32(sigmoid(float64(v)))
	}
	return nil
}

// heads is the number of attention heads of a transformer: the class takes num_heads of its configuration, which the
// published configurations do not have, and 4 otherwise.
func heads(meta map[string]any) int {
	if config, ok := meta["config"].(map[string]any); ok {
		if n, ok := config["num_heads"].(int64); ok && n > 0 && n < 1<<16 {
			return int(n)
		}
	}
	return 4
}

// featureNames finds a list of names beside the state.
func featureNames(meta map[string]any) []string {
	places := []map[string]any{meta}
	if config, ok := meta["config"].(map[string]any); ok {
		places = append(places, config)
	}
	for _, place := range places {
		for _, key := range []string{"feature_names", "feature_columns", "columns", "features"} {
			if names := nameList(place[key]); len(names) > 0 {
				return names
			}
		}
	}
	return nil
}

// nameList converts a list of strings, or the JSON text of one, as safetensors has to store it.
func nameList(v any) []string {
	items, ok := v.([]any)
	if text, isText := v.(string); isText {
		return jsonNames(text)
	}
	names := make([]string, 0, len(items))
	for _, item := range items {
		name, isText := item.(string)
		ok = ok && isText
		names = append(names, name)
	}
	if !ok {
		return nil
	}
	return names
}

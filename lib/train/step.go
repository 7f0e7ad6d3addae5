package train

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/model"
)

// AdamW's decay rates and the guard of its division, as in the paper and in PyTorch.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// bnMomentum is the weight of one batch in batch norm's running statistics, as in PyTorch.
const bnMomentum = 0.1

// Places in the vector of numbers that change from step to step.
const (
	hyperRate    = iota // learning rate
	hyperDropout        // dropout rate
	hyperScale1         // 1/(1-beta1^t): undoes the bias of the first moment
	hyperScale2         // 1/(1-beta2^t)
	hyperKeep           // share of the old value in the moving average of the weights
	hyperCount
)

// Places in the vector of sums that a step adds to.
const (
	sumLoss = iota // sum of the losses of the steps
	sumNorm        // sum of the gradient norms before clipping
	sumCount
)

// state is what a step reads and replaces, in the order of the graph's inputs and outputs.
type state [6]*tensors.Tensor

const (
	stWeights = iota
	stFirst   // first moment
	stSecond  // second moment
	stAverage // moving average of the weights
	stStats
	stSums
)

// stepper runs training steps: it owns the state on the engine and the training rows.
type stepper struct {
	engine *gx.Engine
	layout *model.Layout
	cfg    Config
	loss   model.Loss
	fn     *gx.Func
	state  state
	rows   []any // numeric and categorical columns (those that exist) and labels
	batch  int
}

// newStepper puts the training rows on the engine once; a step then copies no more than the indices of its rows.
func newStepper(engine *gx.Engine, layout *model.Layout, cfg Config, data Data, classWeights []float64) (*stepper, error) {
	s := &stepper{engine: engine, layout: layout, cfg: cfg, batch: min(cfg.BatchSize, data.Rows())}
	s.loss = model.Loss{ClassWeights: classWeights, Focal: cfg.Focal, Smoothing: cfg.Smoothing}
	columns, err := upload(engine, layout, data)
	if err != nil {
		return nil, err
	}
	labels, err := engine.Ints(data.Label, data.Rows())
	if err != nil {
		return nil, err
	}
	for _, c := range columns {
		s.rows = append(s.rows, c)
	}
	s.rows = append(s.rows, labels)
	s.fn, err = engine.Compile("training step", s.graph)
	return s, err
}

// upload puts the feature columns on the engine: [N, Fn] float32 and [N, Fc] int32, leaving out what is empty.
func upload(engine *gx.Engine, layout *model.Layout, data Data) (columns []*tensors.Tensor, err error) {
	if n := len(layout.Spec.Numeric); n > 0 {
		t, err := engine.Floats(data.Numeric, data.Rows(), n)
		if err != nil {
			return nil, err
		}
		columns = append(columns, t)
	}
	if n := len(layout.Spec.Categorical); n > 0 {
		t, err := engine.Ints(data.Categorical, data.Rows(), n)
		if err != nil {
			return nil, err
		}
		columns = append(columns, t)
	}
	return columns, nil
}

// run does one step on the given rows. It does not wait for the result.
func (s *stepper) run(rows []int32, hyper [hyperCount]float32, key uint32) error {
	index, err := s.engine.Ints(rows, len(rows))
	if err != nil {
		return err
	}
	numbers, err := s.engine.Floats(hyper[:], hyperCount)
	if err != nil {
		return err
	}
	word, err := s.engine.Words([]uint32{key}, 1)
	if err != nil {
		return err
	}
	defer gx.Free(index, numbers, word)
	inputs := make([]any, 0, len(s.state)+len(s.rows)+3)
	for i, t := range s.state {
		donated, err := s.engine.Donate(t)
		if err != nil {
			return err
		}
		s.state[i] = nil
		inputs = append(inputs, donated)
	}
	inputs = append(append(inputs, s.rows...), index, numbers, word)
	outputs, err := s.fn.Call(inputs...)
	if err != nil {
		return fmt.Errorf("train: step: %w", err)
	}
	copy(s.state[:], outputs)
	return nil
}

// graph builds one step: gather the batch, forward, backward, AdamW, moving average, sums.
func (s *stepper) graph(in []*Node) []*Node {
	old, in := in[:len(s.state)], in[len(s.state):]
	hyper, key, index := in[len(in)-2], in[len(in)-1], in[len(in)-3]
	number := func(i int) *Node { return Reshape(Slice(hyper, AxisRange(i, i+1))) }
	take := func(table *Node) *Node { return Gather(table, ExpandAxes(index, -1)) }

	random := model.NewRandom(Reshape(key))
	var batch model.Inputs
	columns := in[:len(in)-4]
	if len(s.layout.Spec.Numeric) > 0 {
		batch.Numeric, columns = take(columns[0]), columns[1:]
	}
	if len(s.layout.Spec.Categorical) > 0 {
		batch.Categorical = take(columns[0])
	}
	labels := take(in[len(in)-4])
	batch = augment(batch, s.cfg.Augment, random)

	weights := model.NewVector(old[stWeights], s.layout.Weights)
	stats := model.NewVector(old[stStats], s.layout.Stats)
	logits := s.layout.Forward(weights, stats, batch, model.Mode{
		Training: true, Random: random, Dropout: number(hyperDropout), Momentum: bnMomentum,
		Halves: s.engine.SharesOperations(s.batch)})
	loss := s.loss.Graph(logits, labels)
	gradient := weights.Gradient(loss)
	norm := Sqrt(ReduceAllSum(Square(gradient)))
	if s.cfg.ClipNorm > 0 {
		gradient = Mul(gradient, MinScalar(MulScalar(Inverse(AddScalar(norm, 1e-6)), s.cfg.ClipNorm), 1))
	}

	out := make([]*Node, len(s.state))
	out[stFirst] = Add(MulScalar(old[stFirst], beta1), MulScalar(gradient, 1-beta1))
	out[stSecond] = Add(MulScalar(old[stSecond], beta2), MulScalar(Square(gradient), 1-beta2))
	step := Div(Mul(out[stFirst], number(hyperScale1)),
		AddScalar(Sqrt(Mul(out[stSecond], number(hyperScale2))), epsilon))
	if s.cfg.WeightDecay > 0 {
		step = Add(step, Mul(old[stWeights], s.decay(old[stWeights].Graph())))
	}
	out[stWeights] = Sub(old[stWeights], Mul(step, number(hyperRate)))
	out[stAverage] = old[stAverage]
	if s.cfg.Average == EMA {
		keep := number(hyperKeep)
		out[stAverage] = Add(Mul(old[stAverage], keep), Mul(out[stWeights], OneMinus(keep)))
	}
	out[stStats] = stats.Joined()
	out[stSums] = Add(old[stSums], Concatenate([]*Node{Reshape(loss, 1), Reshape(norm, 1)}, 0))
	return out
}

// decay is the weight decay of each weight, [N]: that of the configuration for matrices, 0 for the rest.
func (s *stepper) decay(g *Graph) *Node {
	var runs []*Node
	for _, p := range s.layout.Weights {
		value := float32(0)
		if p.Decay {
			value = float32(s.cfg.WeightDecay)
		}
		runs = append(runs, BroadcastToDims(Reshape(Const(g, value), 1), p.Size))
	}
	return Concatenate(runs, 0)
}

// set replaces the state on the engine.
func (s *stepper) set(vectors [len(state{})][]float32) error {
	for i, v := range vectors {
		t, err := s.engine.Floats(v, len(v))
		if err != nil {
			return err
		}
		gx.Free(s.state[i])
		s.state[i] = t
	}
	return nil
}

// get copies the state to Go memory, waiting for all steps that were started.
func (s *stepper) get() (vectors [len(state{})][]float32, err error) {
	for i, t := range s.state {
		if vectors[i], err = gx.Read(t); err != nil {
			return vectors, fmt.Errorf("train: read state: %w", err)
		}
	}
	return vectors, nil
}

// sums returns the mean loss and mean gradient norm of n steps, waiting for them.
func (s *stepper) sums(n int64) (loss, norm float64, err error) {
	v, err := gx.Read(s.state[stSums])
	if err != nil {
		return 0, 0, fmt.Errorf("train: read loss: %w", err)
	}
	return float64(v[sumLoss]) / float64(n), float64(v[sumNorm]) / float64(n), nil
}

func (s *stepper) close() {
	s.fn.Close()
	gx.Free(s.state[:]...)
	for _, r := range s.rows {
		gx.Free(r.(*tensors.Tensor))
	}
}

// correction is Adam's 1/(1-beta^t) for step t, counted from 1.
func correction(beta float64, t int64) float32 {
	return float32(1 / (1 - math.Pow(beta, float64(t))))
}

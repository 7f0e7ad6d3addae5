package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/track"
)

// Data are rows ready for the model: transformed features and class indices.
type Data struct {
	*features.Matrix
	Label []int32
}

// Rows returns the number of rows; the zero Data has none.
func (d Data) Rows() int {
	if d.Matrix == nil {
		return 0
	}
	return d.Matrix.Rows
}

// Options are what a caller has and keeps of a run. Every field may be zero.
type Options struct {
	// Resume continues from a checkpoint of the same layout, configuration and data; Best is the checkpoint of the best
	// epoch so far, nil if there is none.
	Resume, Best *Checkpoint
	// Save is called after every epoch, first with best set if the epoch is the best so far, then without, and when
	// training is interrupted. The checkpoint must not be changed.
	Save func(c *Checkpoint, best bool) error
}

// StepEvent is the state of an epoch in progress.
type StepEvent struct {
	Epoch, Epochs int // the epoch in progress, from 1
	Step, Steps   int // steps done in it, steps it has
	Loss          float64
	RowsPerSecond float64
	Remaining     time.Duration // estimate until the last planned epoch
}

// Result is what training leaves.
type Result struct {
	Best    *Checkpoint // of the best epoch; its Evaluated weights are the model
	Reason  StopReason
	History []track.Event
}

// Fit trains until the epochs are done, the monitored metric stops improving, or ctx ends. When ctx ends the state is
// saved first and the error wraps ctx.Err(); the Result then holds the best epoch so far, if there is one.
func Fit(ctx context.Context, engine *gx.Engine, layout *model.Layout, cfg Config, training, valid Data, opt Options) (*Result, error) {
	cfg = cfg.WithDefaults(layout.Config.Dropout)
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("train: config: %w", err)
	}
	if err := checkData(layout, training, "training"); err != nil {
		return nil, err
	}
	if err := checkData(layout, valid, "validation"); err != nil && valid.Rows() > 0 {
		return nil, err
	}
	if err := CheckMonitor(cfg.Monitor, layout.Config.Outputs, valid.Rows()); err != nil {
		return nil, err
	}
	r := &run{engine: engine, layout: layout, cfg: cfg, training: training, valid: valid, opt: opt}
	defer r.close()
	if err := r.start(); err != nil {
		return nil, err
	}
	reason, err := r.epochs(ctx)
	return &Result{Best: r.best, Reason: reason, History: r.at.History}, err
}

func checkData(layout *model.Layout, d Data, what string) error {
	n := d.Rows()
	if n < 2 {
		return fmt.Errorf("train: %d %s rows are too few", n, what)
	}
	if len(d.Label) != n {
		return fmt.Errorf("train: %d labels for %d %s rows", len(d.Label), n, what)
	}
	classes := int32(max(2, layout.Config.Outputs))
	for i, y := range d.Label {
		if y < 0 || y >= classes {
			return fmt.Errorf("train: %s row %d has label %d, the model has classes 0..%d", what, i, y, classes-1)
		}
	}
	return nil
}

// run is one call of Fit.
type run struct {
	engine   *gx.Engine
	layout   *model.Layout
	cfg      Config
	training Data
	valid    Data
	opt      Options

	stepper   *stepper
	predictor *Predictor
	at        Progress
	best      *Checkpoint
	order     []int32 // rows of the epoch in progress
	started   time.Time
	earlier   time.Duration // training time of earlier processes
	mark      time.Time     // start of this process's part of the epoch
	marked    int           // steps that were done then
}

func (r *run) close() {
	if r.stepper != nil {
		r.stepper.close()
	}
	if r.predictor != nil {
		r.predictor.Close()
	}
}

// start puts the first state, or the one to resume from, on the engine.
func (r *run) start() (err error) {
	r.started = time.Now()
	if r.stepper, err = newStepper(r.engine, r.layout, r.cfg, r.training, r.classWeights()); err != nil {
		return err
	}
	if r.valid.Rows() > 0 {
		if r.predictor, err = NewPredictor(r.engine, r.layout); err != nil {
			return err
		}
	}
	c := r.opt.Resume
	if c == nil {
		c = r.fresh()
	} else {
		r.best = r.opt.Best
	}
	r.at = c.Progress
	r.at.History = slices.Clone(c.History)
	r.earlier = c.Elapsed
	return r.stepper.set([...][]float32{c.Weights, c.First, c.Second, c.Average, c.Stats, c.Sums})
}

func (r *run) fresh() *Checkpoint {
	weights, stats := r.layout.Init(r.cfg.Seed)
	n := r.layout.NWeights
	c := &Checkpoint{Weights: weights, Stats: stats, First: make([]float32, n), Second: make([]float32, n),
		Average: []float32{0}, Sums: make([]float32, sumCount)}
	c.Dropout, c.Factor = r.layout.Config.Dropout, 1
	switch r.cfg.Average {
	case EMA:
		c.Average, c.Averaged = slices.Clone(weights), 1
	case LastEpochs:
		c.Average = make([]float32, n)
	}
	return c
}

// classWeights gives each class the same total weight when the configuration says so, else nil.
func (r *run) classWeights() []float64 {
	if r.cfg.ClassWeights != "balanced" {
		return nil
	}
	w := make([]float64, max(2, r.layout.Config.Outputs))
	for _, y := range r.training.Label {
		w[y]++
	}
	for i, n := range w {
		w[i] = float64(r.training.Rows()) / (float64(len(w)) * max(1, n))
	}
	return w
}

// stepsPerEpoch leaves out the rows that do not fill a batch; which rows these are changes with every epoch.
func (r *run) stepsPerEpoch() int { return max(1, r.training.Rows()/r.stepper.batch) }

func (r *run) epochs(ctx context.Context) (StopReason, error) {
	for r.at.Epoch < r.cfg.Epochs {
		if r.patienceOver() {
			return EarlyStopped, nil
		}
		if err := r.epoch(ctx); err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return Interrupted, r.saveInterrupted(err)
			}
			return "", err
		}
	}
	return Finished, nil
}

func (r *run) patienceOver() bool { return r.cfg.Patience > 0 && r.at.Waited >= r.cfg.Patience }

// epoch does the steps that are left of the epoch in progress, then evaluates and saves.
func (r *run) epoch(ctx context.Context) error {
	r.order = order(r.cfg.Seed, r.at.Epoch, r.training.Rows())
	r.mark, r.marked = time.Now(), r.at.Batch
	nextReport := r.mark.Add(reportEvery)
	for steps := r.stepsPerEpoch(); r.at.Batch < steps; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(); err != nil {
			return err
		}
		// Steps are queued without waiting for their results. Looking at the clock is cheap; looking at the loss is
		// not, and it also keeps the queue from growing without end.
		if now := time.Now(); now.After(nextReport) || r.at.Batch%maxQueued == 0 {
			nextReport = now.Add(reportEvery)
			if err := r.report(); err != nil {
				return err
			}
		}
	}
	return r.endEpoch(ctx)
}

const (
	reportEvery = 250 * time.Millisecond
	maxQueued   = 256
)

func (r *run) step() error {
	batch := r.stepper.batch
	rows := r.order[r.at.Batch*batch : (r.at.Batch+1)*batch]
	total := int64(r.stepsPerEpoch()) * int64(r.cfg.Epochs)
	t := r.at.Step + 1
	var hyper [hyperCount]float32
	hyper[hyperRate] = float32(r.cfg.rate(r.at.Step, total, r.at.Factor))
	hyper[hyperDropout] = float32(r.at.Dropout)
	hyper[hyperScale1], hyper[hyperScale2] = correction(beta1, t), correction(beta2, t)
	hyper[hyperKeep] = float32(min(r.cfg.AverageDecay, float64(1+t)/float64(10+t)))
	if err := r.stepper.run(rows, hyper, stepKey(r.cfg.Seed, r.at.Step)); err != nil {
		return err
	}
	r.at.Step, r.at.Batch, r.at.Seen = t, r.at.Batch+1, r.at.Seen+int64(batch)
	return nil
}

// report looks at the loss so far; it stops a run that has diverged before anything of it is saved.
func (r *run) report() error {
	loss, _, err := r.stepper.sums(int64(r.at.Batch))
	if err != nil {
		return err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("train: epoch %d, step %d: %w; lower the learning rate (now %g) or look for extreme values in the data",
			r.at.Epoch+1, r.at.Step, ErrDiverged, r.cfg.LearningRate)
	}
	if r.cfg.OnStep == nil {
		return nil
	}
	e := StepEvent{Epoch: r.at.Epoch + 1, Epochs: r.cfg.Epochs, Step: r.at.Batch, Steps: r.stepsPerEpoch(), Loss: loss}
	e.RowsPerSecond = r.rowsPerSecond()
	e.Remaining = r.remaining(e.RowsPerSecond)
	r.cfg.OnStep(e)
	return nil
}

func (r *run) rowsPerSecond() float64 {
	return float64((r.at.Batch-r.marked)*r.stepper.batch) / max(1e-9, time.Since(r.mark).Seconds())
}

func (r *run) remaining(rowsPerSecond float64) time.Duration {
	if rowsPerSecond <= 0 {
		return 0
	}
	steps := r.stepsPerEpoch()*(r.cfg.Epochs-r.at.Epoch) - r.at.Batch
	return time.Duration(float64(steps*r.stepper.batch) / rowsPerSecond * float64(time.Second))
}

// endEpoch evaluates the weights, adapts schedule and dropout, and saves.
func (r *run) endEpoch(ctx context.Context) error {
	if err := r.report(); err != nil {
		return err
	}
	loss, norm, err := r.stepper.sums(int64(r.at.Batch))
	if err != nil {
		return err
	}
	speed := r.rowsPerSecond()
	c, err := r.snapshot()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(c.Weights, func(w float32) bool { return w-w != 0 }); i >= 0 {
		return fmt.Errorf("train: epoch %d: weight %d is %v: %w; lower the learning rate", r.at.Epoch+1, i, c.Weights[i], ErrDiverged)
	}
	if r.cfg.Average == LastEpochs && r.at.Epoch+1 >= r.cfg.AverageFrom {
		r.at.Averaged++
		for i, w := range c.Weights {
			c.Average[i] += (w - c.Average[i]) / float32(r.at.Averaged)
		}
		c.Averaged = r.at.Averaged
	}
	metrics := map[string]float64{track.TrainLoss: loss, "train/gradient_norm": norm, track.Dropout: r.at.Dropout,
		track.LearningRate: r.cfg.rate(r.at.Step-1, int64(r.stepsPerEpoch())*int64(r.cfg.Epochs), r.at.Factor)}
	if r.valid.Rows() > 0 {
		if err := r.evaluate(ctx, c, metrics); err != nil {
			return err
		}
	}
	return r.conclude(c, metrics, speed)
}

// conclude moves on to the next epoch: what is best, what changes, what is kept.
func (r *run) conclude(c *Checkpoint, metrics map[string]float64, speed float64) error {
	value, ok := metrics[r.cfg.Monitor]
	if !ok {
		return fmt.Errorf("train: epoch %d: monitor %q has no value: the validation rows have only one class", r.at.Epoch+1, r.cfg.Monitor)
	}
	r.at.Epoch, r.at.Batch = r.at.Epoch+1, 0
	improved := better(r.cfg.Monitor, value, r.at.Best, r.cfg.MinDelta)
	r.at.Waited, r.at.Flat = r.at.Waited+1, r.at.Flat+1
	if improved {
		r.at.Best, r.at.Waited, r.at.Flat = Best{r.at.Epoch, value}, 0, 0
	}
	if r.cfg.Schedule == Plateau && r.at.Flat >= max(1, r.cfg.Patience/2) {
		r.at.Factor, r.at.Flat = r.at.Factor/2, 0
	}
	if loss, ok := metrics[track.ValidLoss]; ok {
		r.at.Dropout = r.cfg.adapt(r.at.Dropout, metrics[track.TrainLoss], loss)
	}
	r.at.Elapsed = r.earlier + time.Since(r.started)
	event := track.Event{Epoch: r.at.Epoch, Epochs: r.cfg.Epochs, Metrics: metrics, Rows: r.at.Seen,
		RowsPerSecond: speed, Elapsed: r.at.Elapsed, Remaining: r.remaining(speed), Best: improved}
	r.at.History = append(r.at.History, event)

	// The next epoch starts with empty sums; weights and moments stay where they are.
	clear(c.Sums)
	c.Progress = r.at
	c.History = slices.Clone(r.at.History)
	if err := r.stepper.set([...][]float32{c.Weights, c.First, c.Second, c.Average, c.Stats, c.Sums}); err != nil {
		return err
	}
	if improved {
		r.best = c
	}
	if err := r.save(c, improved); err != nil {
		return err
	}
	if r.cfg.OnEpoch != nil {
		if err := r.cfg.OnEpoch(event); err != nil {
			return fmt.Errorf("train: epoch %d: %w", r.at.Epoch, err)
		}
	}
	return nil
}

// save keeps the best epoch before the latest: a process killed between the two repeats the epoch and finds the same.
func (r *run) save(c *Checkpoint, improved bool) error {
	if r.opt.Save == nil {
		return nil
	}
	if improved {
		if err := r.opt.Save(c, true); err != nil {
			return fmt.Errorf("train: save best checkpoint of epoch %d: %w", c.Epoch, err)
		}
	}
	if err := r.opt.Save(c, false); err != nil {
		return fmt.Errorf("train: save checkpoint of epoch %d: %w", c.Epoch, err)
	}
	return nil
}

func (r *run) saveInterrupted(cause error) error {
	c, err := r.snapshot()
	if err != nil {
		return errors.Join(cause, err)
	}
	loss, _, err := r.stepper.sums(max(1, int64(r.at.Batch)))
	if err != nil || math.IsNaN(loss) || math.IsInf(loss, 0) {
		return errors.Join(cause, err) // a state that has diverged must not replace a good checkpoint
	}
	c.Elapsed = r.earlier + time.Since(r.started)
	if err := r.save(c, false); err != nil {
		return errors.Join(cause, err)
	}
	return fmt.Errorf("train: stopped in epoch %d after step %d: %w", r.at.Epoch+1, r.at.Step, cause)
}

// snapshot copies the state from the engine.
func (r *run) snapshot() (*Checkpoint, error) {
	v, err := r.stepper.get()
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Progress: r.at, Weights: v[stWeights], First: v[stFirst], Second: v[stSecond],
		Average: v[stAverage], Stats: v[stStats], Sums: v[stSums]}
	c.History = slices.Clone(r.at.History)
	return c, nil
}

// order is the order of rows in an epoch, a function of the seed and the epoch alone.
func order(seed int64, epoch, rows int) []int32 {
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(epoch)+1))
	out := make([]int32, rows)
	for i := range out {
		out[i] = int32(i)
	}
	rng.Shuffle(rows, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// stepKey is the key of the random numbers inside a step.
func stepKey(seed, step int64) uint32 {
	return rand.New(rand.NewPCG(uint64(seed), uint64(step)|1<<63)).Uint32()
}

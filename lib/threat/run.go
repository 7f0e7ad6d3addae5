package threat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/track"
	"github.com/jamba-threat/jamba/lib/train"
)

// Files of a run directory, beside those of package track.
const (
	configFile   = "config.json"
	dataFile     = "data.json"
	featuresFile = "features.json"
	modelFile    = "model.json"
	reportFile   = "report.json"
	validFile    = "report-valid.json"
	lastFile     = "checkpoints/last.safetensors"
	bestFile     = "checkpoints/best.safetensors"
)

// codeVersion is part of a run's fingerprint: it is raised when the same configuration and data would give another
// detector than before.
const codeVersion = "2"

// ErrOtherRun is returned by Run for a directory that holds a run of another configuration or of other data.
var ErrOtherRun = errors.New("the directory holds another run")

// Run fits a detector inside a run directory and evaluates it on the test part, if there is one.
//
// Called again with the same configuration and data, it opens the finished run instead of training, or continues one
// that was interrupted, from its last step and to the same weights as without the interruption. A directory that holds
// a run of another configuration or other data is ErrOtherRun; one in use by another process is track.ErrLocked.
func Run(ctx context.Context, dir string, cfg Config, split Split) (*Fitted, error) {
	e, err := cfg.experiment(split.Train, split.Valid)
	if err != nil {
		return nil, err
	}
	record, err := describeData(split)
	if err != nil {
		return nil, err
	}
	resolved := e.cfg
	resolved.Engine = "" // where it is trained does not make it another experiment
	print, err := track.Fingerprint(resolved, record.Parts, codeVersion)
	if err != nil {
		return nil, fmt.Errorf("threat: run: %w", err)
	}
	r, finished, err := openRun(dir, print)
	if err != nil {
		return nil, err
	}
	if finished {
		return Open(dir)
	}
	defer r.Close()
	return e.run(ctx, r, record, split.Test)
}

// openRun makes the run directory, or opens the one that is there when its fingerprint says that it is the same run.
func openRun(dir, print string) (r *track.Run, finished bool, err error) {
	old, err := track.Open(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, track.ErrNotRun):
		r, err = track.Create(dir, track.Meta{Library: Version, Fingerprint: print})
		return r, false, wrapRun(dir, err)
	case err != nil:
		return nil, false, wrapRun(dir, err)
	}
	_, done, err := old.Done()
	same := old.Meta().Fingerprint == print
	old.Close()
	if err != nil {
		return nil, false, wrapRun(dir, err)
	}
	if !same {
		return nil, false, fmt.Errorf("threat: run %s: %w (its configuration or data differ); choose another directory or remove this one", dir, ErrOtherRun)
	}
	if done {
		return nil, true, nil
	}
	r, err = track.Resume(dir)
	return r, false, wrapRun(dir, err)
}

func wrapRun(dir string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("threat: run %s: %w", dir, err)
}

// run trains in the directory, from the last checkpoint if there is one, and writes what belongs to the run.
func (e *experiment) run(ctx context.Context, r *track.Run, record dataRecord, test *Table) (*Fitted, error) {
	dir := r.Dir()
	for name, v := range map[string]any{configFile: e.cfg, dataFile: record, featuresFile: e.features} {
		if err := r.WriteJSON(name, v); err != nil {
			return nil, wrapRun(dir, err)
		}
	}
	opt, err := e.options(r)
	if err != nil {
		return nil, err
	}
	log := e.cfg.Train.OnEpoch
	e.cfg.Train.OnEpoch = func(event Event) error {
		if err := r.Log(event); err != nil {
			return err
		}
		if log != nil {
			return log(event)
		}
		return nil
	}
	f, err := e.fit(ctx, opt)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w; the state is saved, the same command continues in %s", err, dir)
		}
		return nil, err
	}
	f.cfg.Train.OnEpoch = log
	if err := f.finish(ctx, r, e.valid, test); err != nil {
		f.Close()
		return nil, wrapRun(dir, err)
	}
	return f, nil
}

// options makes training save into the run, and resume from what it finds there.
func (e *experiment) options(r *track.Run) (train.Options, error) {
	config, err := json.Marshal(e.cfg)
	if err != nil {
		return train.Options{}, wrapRun(r.Dir(), err)
	}
	if err := os.MkdirAll(r.Path("checkpoints"), 0o777); err != nil {
		return train.Options{}, wrapRun(r.Dir(), err)
	}
	opt := train.Options{Save: func(c *train.Checkpoint, best bool) error {
		name := lastFile
		if best {
			name = bestFile
		}
		return c.Save(r.Path(name), e.layout, config)
	}}
	opt.Resume, err = openCheckpoint(r, lastFile, e.layout)
	if err != nil {
		return opt, err
	}
	epoch := 0
	if opt.Resume != nil {
		epoch = opt.Resume.Epoch
		if opt.Best, err = openCheckpoint(r, bestFile, e.layout); err != nil {
			return opt, err
		}
	}
	return opt, wrapRun(r.Dir(), r.TruncateHistory(epoch))
}

// openCheckpoint returns nil when there is no such file.
func openCheckpoint(r *track.Run, name string, layout *model.Layout) (*train.Checkpoint, error) {
	c, _, err := train.Open(r.Path(name), layout)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("threat: run %s: %w; delete the folder checkpoints to train from the start", r.Dir(), err)
	}
	return c, nil
}

// finish writes what a finished run has: the detector, its reports, the mark that it is done.
func (f *Fitted) finish(ctx context.Context, r *track.Run, valid, test *Table) error {
	if err := r.WriteJSON(modelFile, f.state); err != nil {
		return err
	}
	for name, t := range map[string]*Table{validFile: valid, reportFile: test} {
		if t == nil || t.Rows() == 0 || t.Label == nil {
			continue
		}
		report, err := f.EvaluateContext(ctx, t)
		if err != nil {
			return err
		}
		if err := r.WriteJSON(name, report); err != nil {
			return err
		}
	}
	if err := f.readReport(r); err != nil {
		return err
	}
	return r.Finish()
}

// Save writes the detector to a run directory of its own, which Open reads. The directory must not hold a run.
func (f *Fitted) Save(dir string) error {
	r, err := track.Create(dir, track.Meta{Library: Version})
	if err != nil {
		return wrapRun(dir, err)
	}
	defer r.Close()
	for name, v := range map[string]any{configFile: f.cfg, featuresFile: f.features} {
		if err := r.WriteJSON(name, v); err != nil {
			return wrapRun(dir, err)
		}
	}
	for _, event := range f.history {
		if err := r.Log(event); err != nil {
			return wrapRun(dir, err)
		}
	}
	config, err := json.Marshal(f.cfg)
	if err != nil {
		return wrapRun(dir, err)
	}
	if err := os.MkdirAll(r.Path("checkpoints"), 0o777); err != nil {
		return wrapRun(dir, err)
	}
	if err := f.checkpoint.Save(r.Path(bestFile), f.layout, config); err != nil {
		return wrapRun(dir, err)
	}
	return wrapRun(dir, f.finish(context.Background(), r, nil, nil))
}

// Open opens the detector of a finished run directory. It reads a few small files; the engine is opened at the first
// prediction. A run that is not finished is an error that says how to finish it.
func Open(dir string) (*Fitted, error) {
	r, err := track.Open(dir)
	if err != nil {
		return nil, wrapRun(dir, err)
	}
	defer r.Close()
	if _, done, err := r.Done(); err != nil || !done {
		if err == nil {
			err = errors.New("it is not finished; run the command that started it again, and it continues")
		}
		return nil, wrapRun(dir, err)
	}
	f := &Fitted{features: &features.Fitted{}, history: r.History()}
	for name, v := range map[string]any{configFile: &f.cfg, featuresFile: f.features, modelFile: &f.state} {
		if err := r.ReadJSON(name, v); err != nil {
			return nil, wrapRun(dir, err)
		}
	}
	if f.state.Format > stateFormat {
		return nil, fmt.Errorf("threat: run %s: %s has format %d, this program knows up to %d: use a newer jamba", dir, modelFile, f.state.Format, stateFormat)
	}
	if err := f.cfg.Validate(); err != nil {
		return nil, wrapRun(dir, err)
	}
	if f.layout, err = model.NewLayout(f.cfg.Model, f.features.Spec()); err != nil {
		return nil, wrapRun(dir, err)
	}
	if f.checkpoint, _, err = train.Open(r.Path(bestFile), f.layout); err != nil {
		return nil, wrapRun(dir, err)
	}
	if err := f.readReport(r); err != nil {
		return nil, wrapRun(dir, err)
	}
	return f, nil
}

// dataRecord is the content of data.json.
type dataRecord struct {
	Schema Schema              `json:"schema"`
	Parts  map[string]partInfo `json:"parts"`
}

type partInfo struct {
	Name        string         `json:"name"`
	Rows        int            `json:"rows"`
	Classes     map[string]int `json:"classes,omitempty"`
	Fingerprint string         `json:"fingerprint"`
}

// describeData records the parts that decide the detector; the test part decides nothing but is part of the run.
func describeData(split Split) (dataRecord, error) {
	record := dataRecord{Schema: split.Train.Schema, Parts: map[string]partInfo{}}
	for name, t := range map[string]*Table{"train": split.Train, "valid": split.Valid, "test": split.Test} {
		if t == nil || t.Rows() == 0 {
			continue
		}
		info := partInfo{Name: filepath.Base(t.Name), Rows: t.Rows(), Fingerprint: t.Fingerprint()}
		if counts := t.ClassCounts(); counts != nil {
			info.Classes = map[string]int{}
			for i, n := range counts {
				info.Classes[t.Classes[i]] = n
			}
		}
		record.Parts[name] = info
	}
	return record, nil
}

// MetricNames returns the sorted names of the metrics in the history.
func (f *Fitted) MetricNames() []string { return f.history.MetricNames() }

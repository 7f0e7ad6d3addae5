package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/jamba-threat/jamba/lib/internal/safetensors"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/track"
)

// ErrCheckpoint is wrapped by errors about the content of a checkpoint file.
var ErrCheckpoint = errors.New("checkpoint cannot be used")

// checkpointVersion is the newest layout of checkpoint files that this package writes and reads.
const checkpointVersion = 1

// Checkpoint is the whole state of a training run between two steps.
type Checkpoint struct {
	Progress
	Weights []float32 // [Layout.NWeights]
	First   []float32 // AdamW's first moment, [NWeights]
	Second  []float32 // AdamW's second moment, [NWeights]
	Average []float32 // averaged weights, [NWeights]; one number when nothing is averaged
	Stats   []float32 // batch norm's running statistics, [NStats]
	Sums    []float32 // sums of the epoch in progress
}

// Progress is the part of a checkpoint that is not arrays: counters, scheduler state and history. With the seed in the
// configuration, Step is also the state of the random numbers.
type Progress struct {
	Epoch    int           `json:"epoch"` // epochs finished
	Batch    int           `json:"batch"` // steps done in the epoch after that
	Step     int64         `json:"step"`  // steps done in all
	Dropout  float64       `json:"dropout"`
	Factor   float64       `json:"plateau_factor"`  // what Plateau has left of the learning rate
	Waited   int           `json:"epochs_waited"`   // epochs since the best one
	Flat     int           `json:"plateau_waited"`  // epochs since the best one or the last cut of the rate
	Averaged int           `json:"epochs_averaged"` // epochs in Average under LastEpochs, 1 under EMA, else 0
	Best     Best          `json:"best"`            // best epoch so far
	Elapsed  time.Duration `json:"elapsed_ns"`      // time spent training, earlier processes included
	History  []track.Event `json:"history"`         // one event per finished epoch
	Seen     int64         `json:"rows_seen"`       // training rows in all
}

// Best names the best epoch so far, 0 when there is none yet.
type Best struct {
	Epoch int     `json:"epoch"`
	Value float64 `json:"value"` // of the monitored metric
}

// Evaluated returns the weights that predictions are made with: the average where there is one.
func (c *Checkpoint) Evaluated() []float32 {
	if c.Averaged > 0 {
		return c.Average
	}
	return c.Weights
}

// Write writes the checkpoint as one safetensors file. config is stored beside the numbers, for people and for a check
// at resume.
func (c *Checkpoint) Write(w io.Writer, layout *model.Layout, config json.RawMessage) error {
	f := &safetensors.File{}
	named := func(prefix string, params []model.Param, v []float32) {
		for _, p := range params {
			f.AddFloats(prefix+p.Name, v[p.Offset:p.Offset+p.Size], p.Shape...)
		}
	}
	named("model.", layout.Weights, c.Weights)
	named("stats.", layout.Stats, c.Stats)
	named("optimizer.first.", layout.Weights, c.First)
	named("optimizer.second.", layout.Weights, c.Second)
	f.AddFloats("average", c.Average, len(c.Average))
	f.AddFloats("sums", c.Sums, len(c.Sums))
	state, err := json.Marshal(c.Progress)
	if err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	f.Metadata = map[string]string{
		"format": "jamba-checkpoint", "version": strconv.Itoa(checkpointVersion),
		"progress": string(state), "config": string(config), "sha256": digest(f, state, config),
	}
	return f.Write(w)
}

// digest covers the numbers and the texts, so that a damaged file is found before it is trained on.
func digest(f *safetensors.File, texts ...[]byte) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:", len(t))
		h.Write(t)
	}
	for _, t := range f.Tensors {
		fmt.Fprintf(h, "%s:%d:", t.Name, len(t.Data))
		h.Write(t.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Save writes the checkpoint to path: whole or not at all, whatever happens meanwhile.
func (c *Checkpoint) Save(path string, layout *model.Layout, config json.RawMessage) error {
	return track.AtomicWrite(path, func(w io.Writer) error { return c.Write(w, layout, config) })
}

// Open reads a checkpoint for the given layout. It returns the configuration that Write was given. A damaged file, one
// of a newer version and one of another architecture are errors that wrap ErrCheckpoint.
func Open(path string, layout *model.Layout) (*Checkpoint, json.RawMessage, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("train: checkpoint: %w", err)
	}
	c, config, err := read(raw, layout)
	if err != nil {
		return nil, nil, fmt.Errorf("train: %s: %w: %w", path, ErrCheckpoint, err)
	}
	return c, config, nil
}

func read(raw []byte, layout *model.Layout) (*Checkpoint, json.RawMessage, error) {
	f, err := safetensors.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, nil, err
	}
	if f.Metadata["format"] != "jamba-checkpoint" {
		return nil, nil, errors.New("it is a safetensors file, but not a checkpoint of jamba")
	}
	if v, err := strconv.Atoi(f.Metadata["version"]); err != nil || v > checkpointVersion {
		return nil, nil, fmt.Errorf("it has version %s, this program knows up to %d: use a newer jamba", f.Metadata["version"], checkpointVersion)
	}
	progress, config := []byte(f.Metadata["progress"]), []byte(f.Metadata["config"])
	if digest(f, progress, config) != f.Metadata["sha256"] {
		return nil, nil, errors.New("its digest does not match its content: the file is damaged")
	}
	c := &Checkpoint{}
	if err := json.Unmarshal(progress, &c.Progress); err != nil {
		return nil, nil, fmt.Errorf("progress: %w", err)
	}
	gather := func(prefix string, params []model.Param, n int) []float32 {
		v := make([]float32, n)
		for _, p := range params {
			part, e := f.Floats(prefix + p.Name)
			if e == nil && len(part) != p.Size {
				e = fmt.Errorf("tensor %q has %d numbers, the model has %d", prefix+p.Name, len(part), p.Size)
			}
			if e != nil && err == nil {
				err = e
			}
			copy(v[p.Offset:p.Offset+p.Size], part)
		}
		return v
	}
	c.Weights = gather("model.", layout.Weights, layout.NWeights)
	c.Stats = gather("stats.", layout.Stats, layout.NStats)
	c.First = gather("optimizer.first.", layout.Weights, layout.NWeights)
	c.Second = gather("optimizer.second.", layout.Weights, layout.NWeights)
	if err == nil {
		c.Average, err = f.Floats("average")
	}
	if err == nil {
		c.Sums, err = f.Floats("sums")
	}
	if err == nil && (len(c.Sums) != sumCount || len(c.Average) != 1 && len(c.Average) != layout.NWeights) {
		err = errors.New("it belongs to another architecture")
	}
	return c, config, err
}

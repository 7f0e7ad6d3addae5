package track

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// State says how far a run has come.
type State string

// The states of a run.
const (
	Running  State = "running"  // some process holds its lock
	Stopped  State = "stopped"  // neither finished nor being written: interrupted or crashed; it can be resumed
	Finished State = "finished" // DONE is there
	Broken   State = "broken"   // its files cannot be read, see Summary.Problem
)

// Summary is a run in one row of a table.
type Summary struct {
	Name    string    `json:"name"` // the directory relative to the root it was found under, with slashes
	Dir     string    `json:"dir"`
	State   State     `json:"state"`
	Problem string    `json:"problem,omitempty"` // why the run is broken
	Created time.Time `json:"created"`

	Fingerprint string `json:"fingerprint,omitempty"`

	// Params are the settings of config.json by dotted key, as JSON text without quotes: "train.lr" is "0.001". A list
	// is one value. Fractions have their shortest form, so that 1e-2 and 0.01 are the same.
	Params map[string]string `json:"params,omitempty"`

	// Metrics are those of the best epoch ("valid/roc_auc"), and those of report.json with the split "test"
	// ("test/roc_auc"). A metric without a value is absent.
	Metrics map[string]float64 `json:"metrics,omitempty"`

	Epochs    int           `json:"epochs"`     // epochs in the history
	BestEpoch int           `json:"best_epoch"` // 0 = no epoch
	Elapsed   time.Duration `json:"elapsed_ns"` // training time
}

// Runs summarises every run below root, sorted by name; root itself may be one. Runs are not looked for inside runs. A run
// whose files cannot be read is listed as Broken, so that one damaged run does not hide the others. No runs at all is
// an empty result; a root that does not exist wraps fs.ErrNotExist.
func Runs(root string) ([]Summary, error) {
	var runs []Summary
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == root {
				return err
			}
			return nil // a folder that we may not read is not ours
		}
		if !d.IsDir() {
			return nil
		}
		if found, _ := exists(filepath.Join(path, metaFile)); !found {
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if name == "." {
			name = filepath.Base(path)
		}
		runs = append(runs, summarise(filepath.ToSlash(name), path))
		return fs.SkipDir
	})
	if err != nil {
		return nil, fmt.Errorf("track: runs: %w", err)
	}
	return runs, nil
}

// summarise reads one run directory.
func summarise(name, dir string) Summary {
	s := Summary{Name: name, Dir: dir, State: Stopped, Params: map[string]string{}, Metrics: map[string]float64{}}
	if err := s.read(); err != nil {
		s.State, s.Problem = Broken, err.Error()
	}
	return s
}

func (s *Summary) read() error {
	r, err := Open(s.Dir)
	if err != nil {
		return err
	}
	s.Created, s.Fingerprint = r.meta.Created, r.meta.Fingerprint
	if _, done, err := r.Done(); err != nil {
		return err
	} else if done {
		s.State = Finished
	} else if locked(s.Dir) {
		s.State = Running
	}

	var config json.RawMessage
	if err := r.ReadJSON("config.json", &config); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	} else if err == nil {
		flatten(s.Params, "", config)
	}

	s.Epochs = len(r.history)
	if best, ok := r.history.Best(); ok {
		s.BestEpoch, s.Elapsed = best.Epoch, r.history[len(r.history)-1].Elapsed
		maps.Copy(s.Metrics, best.Metrics)
	}
	return s.readReport(r)
}

// readReport takes what is a number from report.json: the members of "metrics", and the recalls beside them. It knows
// the file by its documented JSON only, which keeps this package free of the one that computes it.
func (s *Summary) readReport(r *Run) error {
	var report struct {
		Metrics      map[string]*float64 `json:"metrics"`
		RecallSeen   *float64            `json:"recall_seen"`
		RecallUnseen *float64            `json:"recall_unseen"`
	}
	if err := r.ReadJSON("report.json", &report); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	values := map[string]*float64{"recall_seen": report.RecallSeen, "recall_unseen": report.RecallUnseen}
	maps.Copy(values, report.Metrics)
	for name, v := range values {
		if v != nil {
			s.Metrics["test/"+name] = *v
		}
	}
	return nil
}

// flatten adds the leaves of a JSON value to params under dotted keys.
func flatten(params map[string]string, prefix string, raw json.RawMessage) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil && object != nil {
		for key, value := range object {
			if prefix != "" {
				key = prefix + "." + key
			}
			flatten(params, key, value)
		}
		return
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && string(raw) != "null" {
		params[prefix] = text
		return
	}
	if x, err := strconv.ParseFloat(string(raw), 64); err == nil && bytes.ContainsAny(raw, ".eE") {
		params[prefix] = strconv.FormatFloat(x, 'g', -1, 64)
		return
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) == nil {
		params[prefix] = compact.String()
	}
}

// Metric returns a metric of the run, and false when the run has no value for it.
func (s Summary) Metric(name string) (float64, bool) {
	v, ok := s.Metrics[name]
	return v, ok
}

// Best returns the n best runs by a metric, best first, ties by name; n <= 0 returns all. Runs without the metric are
// left out; when no run has it the error lists the names that exist. Whether more or less is better follows from the
// name, see HigherIsBetter.
func Best(runs []Summary, metric string, n int) ([]Summary, error) {
	found, err := having(runs, metric)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b Summary) int {
		x, y := a.Metrics[metric], b.Metrics[metric]
		if HigherIsBetter(metric) {
			x, y = y, x
		}
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	if n > 0 && n < len(found) {
		found = found[:n]
	}
	return found, nil
}

// HigherIsBetter reports the direction of a metric by the last part of its name: losses, error rates and calibration
// errors are better when lower, everything else when higher.
func HigherIsBetter(metric string) bool {
	name := metric[strings.LastIndexByte(metric, '/')+1:]
	switch name {
	case "loss", "log_loss", "brier", "ece", "fpr", "fnr", "error", "cost":
		return false
	}
	return !strings.HasSuffix(name, "_loss") && !strings.HasSuffix(name, "_error")
}

// having returns the runs that have the metric.
func having(runs []Summary, metric string) ([]Summary, error) {
	var found []Summary
	names := map[string]bool{}
	for _, r := range runs {
		if _, ok := r.Metrics[metric]; ok {
			found = append(found, r)
		}
		for n := range r.Metrics {
			names[n] = true
		}
	}
	if len(found) == 0 {
		known := "there are no metrics at all"
		if len(names) > 0 {
			known = "known are " + strings.Join(sortedKeys(names), ", ")
		}
		return nil, fmt.Errorf("track: no run of %d has the metric %q: %s", len(runs), metric, known)
	}
	return found, nil
}

// Remove deletes a run directory, unless some process is writing it. A folder that is no run is refused.
func Remove(dir string) error {
	r, err := Resume(dir)
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(dir), r.Close())
}

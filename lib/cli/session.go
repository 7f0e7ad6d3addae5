package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/threat"
	"github.com/jamba-threat/jamba/lib/track"
)

// Files of a run directory that this package reads or writes; lib/threat and lib/track own the others.
const (
	configFile      = "config.json"
	reportFile      = "report.json"
	validReportFile = "report-valid.json"
	commandFile     = "command.json"
	plotsFolder     = "plots"
)

// session is one training: demo and train come down to it.
type session struct {
	app    *app
	dir    string
	config *resolved
	split  threat.Split
	resume string       // the command that continues it, for people
	record *trainRecord // kept in the run, so that --checkpoint alone continues it; nil keeps nothing

	reopened bool // set by run
}

// trainRecord is command.json: what a later process needs to continue the run.
type trainRecord struct {
	Data          string        `json:"data"`
	Valid         string        `json:"valid,omitempty"`
	Test          string        `json:"test,omitempty"`
	Schema        threat.Schema `json:"schema"`
	ValidateSplit float64       `json:"validate_split"`
	Split         string        `json:"split,omitempty"` // how those rows are held out; "" in files of before, is stratified
}

// run trains in the directory, or opens what has been trained there.
func (s *session) run(ctx context.Context) (*threat.Fitted, error) {
	a := s.app
	s.reopened = isFinished(s.dir)
	if s.reopened {
		a.note("%s is finished: opening it instead of training again", s.dir)
	} else if err := s.describe(); err != nil {
		return nil, err
	}
	p := a.newProgress()
	cfg := s.config.Config
	kept := s.record == nil
	cfg.Train.OnStep = func(e threat.StepEvent) {
		if !kept { // the run's lock is held from here on
			kept = s.keep() == nil
		}
		p.step(e)
	}
	cfg.Train.OnEpoch = func(e threat.Event) error {
		p.epoch(e)
		if !kept {
			kept = true
			return s.keep()
		}
		return nil
	}
	fitted, err := threat.Run(ctx, s.dir, cfg, s.split)
	p.clear()
	switch {
	case err == nil:
		return fitted, nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return nil, &coded{code: Interrupted, err: fmt.Errorf("interrupted; what was trained is saved in %s", s.dir), hint: "continue with: " + s.resume}
	case errors.Is(err, threat.ErrOtherRun):
		return nil, withHint(err, "give another --out, or `jamba runs rm %s`", s.dir)
	case !isRun(s.dir) && !isSystem(err):
		return nil, inputError(err) // configuration and data are matched before the run is made
	}
	return nil, err
}

func isRun(dir string) bool {
	r, err := track.Open(dir)
	if err != nil {
		return false
	}
	r.Close()
	return true
}

// isSystem reports whether the operating system refused something.
func isSystem(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}

// describe says what is about to be trained, on what.
func (s *session) describe() error {
	train := s.split.Train
	var classes []string
	for i, n := range train.ClassCounts() {
		classes = append(classes, fmt.Sprintf("%s %d", train.Classes[i], n))
	}
	rows := func(t *threat.Table) int {
		if t == nil {
			return 0
		}
		return t.Rows()
	}
	s.app.note("rows: %d to train (%s), %d to validate, %d to test; %d features", train.Rows(), strings.Join(classes, ", "),
		rows(s.split.Valid), rows(s.split.Test), len(train.Columns))
	engine, why, err := gx.Choose(s.config.Engine)
	if err != nil {
		return withHint(fmt.Errorf("engine %s: %w", s.config.Engine, err), "--engine auto takes the best there is, --engine go needs nothing")
	}
	s.app.note("engine: %s (%s)", engine, why)
	if _, err := os.Stat(filepath.Join(s.dir, "checkpoints", "last.safetensors")); err == nil {
		s.app.note("%s: continuing from its last checkpoint", s.dir)
	}
	return nil
}

// keep writes command.json.
func (s *session) keep() error {
	record, err := s.record.absolute()
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(s.dir, commandFile), record)
}

func isFinished(dir string) bool {
	r, err := track.Open(dir)
	if err != nil {
		return false
	}
	defer r.Close()
	_, done, err := r.Done()
	return err == nil && done
}

// report reads the report of a finished run: the test rows' if there are any, else the validation rows'. It returns nil
// when there is neither.
func readReport(dir string) (report *threat.Report, what string, err error) {
	r, err := track.Open(dir)
	if err != nil {
		return nil, "", runError(err)
	}
	defer r.Close()
	for _, c := range []struct{ file, what string }{{reportFile, "test rows"}, {validReportFile, "validation rows"}} {
		report = &threat.Report{}
		err := r.ReadJSON(c.file, report)
		if err == nil {
			return report, c.what, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, "", runError(err)
		}
	}
	return nil, "", nil
}

// conclude prints the report, draws the figures and says where everything is.
func (s *session) conclude(ctx context.Context, f *threat.Fitted) error {
	a := s.app
	a.note("%v, trained for %d epochs", f, len(f.History()))
	report, what, err := readReport(s.dir)
	if err != nil {
		return err
	}
	if report != nil {
		a.print("%s of %s: ", what, s.dir)
		a.print("%v", report)
	}
	table := s.split.Test
	if table == nil || table.Rows() == 0 {
		table = s.split.Valid
	}
	plots := filepath.Join(s.dir, plotsFolder)
	if _, err := os.Stat(filepath.Join(plots, lastFigure+".png")); err != nil || !s.reopened {
		if err := a.draw(ctx, plots, f, table, f.History()); err != nil {
			return err
		}
	}
	a.note("\nrun directory  %s\nfigures        %s", s.dir, plots)
	return nil
}

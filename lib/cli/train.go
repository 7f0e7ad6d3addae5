package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
	"github.com/jamba-threat/jamba/lib/track"
)

// trainFlags are those of `jamba train` beside configuration and schema.
type trainFlags struct {
	configFlags
	schemaFlags
	data, valid, test string
	out, checkpoint   string
	validateSplit     float64
	split             string
}

const defaultOut = "runs/train"

func (a *app) trainCommand() *cobra.Command {
	flags := &trainFlags{}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a detector on labelled rows",
		Long: `Train a detector on labelled rows and keep everything in a run directory: configuration, checkpoints, metrics of each
epoch, the detector, reports and figures.

Rows held out for validation (--validate-split, or a file of their own) decide when to stop, the calibration and the
threshold. A --test file is only measured on. Neither is ever trained on. Rows are held out at random, in the proportions
of the classes and attack families (--split stratified); the latest ones, as a detector in service meets them (time); or
whole hosts or sessions (group), so that a detector cannot pass by recognising them.

The same command again opens the finished run, or continues one that was interrupted, to the same weights as without
the interruption. --checkpoint DIR continues the run in DIR with the data, the schema and the configuration it was
started with; it takes a checkpoint file of a run as well.

Values come from, in order of precedence: --set, flags, JAMBA_* variables, the --config file, the defaults. A named
schema brings the configuration of its name, unless --config is given.`,
		Example: `  jamba train --data flows.csv --target is_threat --out runs/flows
  jamba train --data KDDTrain+.txt.gz --test KDDTest+.txt.gz --schema nsl-kdd --out runs/nsl
  jamba train --data flows.csv --epochs 50 --batch-size 256 --lr 0.002 --set model.members=8
  jamba train --data flows.csv --split time --time start_time --validate-split 0.2
  jamba train --checkpoint runs/flows`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.train(cmd, flags) },
	}
	flags.configFlags.register(cmd)
	flags.schemaFlags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.data, "data", "", "labelled rows: .csv, .txt, .tsv (also .gz, .zst), .parquet or .npz")
	f.StringVar(&flags.valid, "valid", "", "validation rows of their own; none are then held out of --data")
	f.StringVar(&flags.test, "test", "", "test rows, for the report")
	f.StringVar(&flags.out, "out", defaultOut, "run directory")
	f.StringVar(&flags.out, "save-dir", defaultOut, "the same as --out")
	f.StringVar(&flags.checkpoint, "checkpoint", "", "continue the run in this directory, or that of this checkpoint file")
	f.Float64Var(&flags.validateSplit, "validate-split", 0.15, "share of the rows of --data held out for validation, 0..0.9; 0 holds none out")
	f.StringVar(&flags.split, "split", data.SplitStratified, "which rows are held out: stratified, time (the latest) or group (whole values of the --group column)")
	return cmd
}

func (a *app) train(cmd *cobra.Command, flags *trainFlags) error {
	saved, err := flags.continued(cmd)
	if err != nil {
		return err
	}
	if err := flags.check(cmd); err != nil {
		return err
	}
	config, err := a.resolve(cmd, &flags.configFlags, flags.schemaFlags.schema, saved.config)
	if err != nil {
		return err
	}
	record, err := flags.record(a, saved.record)
	if err != nil {
		return err
	}
	split, err := record.read(cmd.Context(), config.Seed)
	if err != nil {
		return err
	}
	s := &session{app: a, dir: flags.out, config: config, split: split, record: record,
		resume: "jamba train --checkpoint " + shellQuote(flags.out)}
	fitted, err := s.run(cmd.Context())
	if err != nil {
		return err
	}
	defer fitted.Close()
	if err := s.conclude(cmd.Context(), fitted); err != nil {
		return err
	}
	dir := shellQuote(flags.out)
	a.note("next           jamba evaluate --run %s --data TEST   |   jamba predict --run %s --data NEW --out scores.csv", dir, dir)
	return nil
}

// continuation is what --checkpoint finds.
type continuation struct {
	config string // path of the run's config.json, "" when there is none
	record *trainRecord
}

// continued settles --checkpoint: the run directory it names becomes --out.
func (t *trainFlags) continued(cmd *cobra.Command) (continuation, error) {
	if t.checkpoint == "" {
		return continuation{}, nil
	}
	dir := t.checkpoint
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir = filepath.Dir(dir)
		if filepath.Base(dir) == "checkpoints" {
			dir = filepath.Dir(dir)
		}
	}
	if changed(cmd, "out", "save-dir") && filepath.Clean(t.out) != filepath.Clean(dir) {
		return continuation{}, usagef("--checkpoint %s continues that run in place; leave --out %s away", t.checkpoint, t.out)
	}
	r, err := track.Open(dir)
	if err != nil {
		return continuation{}, runError(err)
	}
	defer r.Close()
	t.out = dir
	c := continuation{record: &trainRecord{}}
	if _, err := os.Stat(r.Path(configFile)); err == nil {
		c.config = r.Path(configFile)
	}
	if err := r.ReadJSON(commandFile, c.record); errors.Is(err, fs.ErrNotExist) {
		c.record = nil
	} else if err != nil {
		return c, runError(err)
	}
	if c.record == nil && t.data == "" {
		return c, withHint(usagef("--data is needed: %s does not say what it was trained on", dir), "give the flags it was started with, beside --checkpoint")
	}
	if c.record != nil && t.data == "" {
		t.data = c.record.Data
		if !cmd.Flags().Changed("validate-split") {
			t.validateSplit = c.record.ValidateSplit
		}
		if !cmd.Flags().Changed("split") {
			t.split = cmp.Or(c.record.Split, data.SplitStratified)
		}
		if t.valid == "" {
			t.valid = c.record.Valid
		}
		if t.test == "" {
			t.test = c.record.Test
		}
	}
	return c, nil
}

func changed(cmd *cobra.Command, names ...string) bool {
	for _, n := range names {
		if cmd.Flags().Changed(n) {
			return true
		}
	}
	return false
}

func (t *trainFlags) check(cmd *cobra.Command) error {
	if err := need(cmd, "data"); err != nil && t.data == "" {
		return err
	}
	if !(t.validateSplit >= 0 && t.validateSplit <= 0.9) {
		return usagef("--validate-split is %v, must be 0..0.9", t.validateSplit)
	}
	if t.valid != "" && changed(cmd, "validate-split", "split") {
		return usagef("--valid excludes --validate-split and --split: validation rows are either a file of their own or held out of --data")
	}
	if kinds := []string{data.SplitStratified, data.SplitTime, data.SplitGroup}; !slices.Contains(kinds, t.split) {
		return usagef("--split is %q, must be one of %s", t.split, strings.Join(kinds, ", "))
	}
	if t.out == "" {
		return usagef("--out is empty, want the path of a run directory")
	}
	return nil
}

// record settles what is trained on.
func (t *trainFlags) record(a *app, saved *trainRecord) (*trainRecord, error) {
	r := &trainRecord{Data: t.data, Valid: t.valid, Test: t.test, ValidateSplit: t.validateSplit, Split: t.split}
	var err error
	if saved != nil && t.schemaFlags.schema == "" {
		r.Schema, err = t.schemaFlags.over(saved.Schema)
	} else {
		r.Schema, err = t.schemaFlags.resolve(a, t.data)
	}
	return r, err
}

// absolute returns the record with absolute paths: the process that continues may run in another folder.
func (r *trainRecord) absolute() (*trainRecord, error) {
	out := *r
	for _, path := range []*string{&out.Data, &out.Valid, &out.Test} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", *path, err)
		}
		*path = abs
	}
	return &out, nil
}

// read reads and splits the data. Validation and test rows have the features of the training rows.
func (r *trainRecord) read(ctx context.Context, seed int64) (threat.Split, error) {
	table, err := readTable(ctx, r.Data, r.Schema)
	if err != nil {
		return threat.Split{}, err
	}
	if err := table.CheckTrainable(); err != nil {
		return threat.Split{}, withHint(inputError(err), "--target names the label column, --schema says what the other columns mean")
	}
	split := threat.Split{Train: table}
	schema := r.Schema
	schema.Columns = table.Schema.Columns
	switch {
	case r.Valid != "":
		if split.Valid, err = readTable(ctx, r.Valid, schema); err != nil {
			return split, err
		}
	case r.ValidateSplit > 0:
		plan := threat.Plan{Kind: r.Split, Train: 1 - r.ValidateSplit, Valid: r.ValidateSplit, Seed: seed}
		if split, err = table.Split(plan); err != nil {
			return split, withHint(inputError(err), "--time and --group name the columns that --split time and --split group go by")
		}
		split.Test = nil
	}
	if r.Test != "" {
		if split.Test, err = readTable(ctx, r.Test, schema); err != nil {
			return split, err
		}
		if split.Test.Label == nil {
			return split, inputError(fmt.Errorf("%s has no label column %q", r.Test, schema.Label))
		}
	}
	return split, nil
}

// readTable reads a data file; every error is one about the input.
func readTable(ctx context.Context, path string, schema threat.Schema) (*threat.Table, error) {
	t, err := data.Read(ctx, path, schema)
	return t, inputError(err)
}

// shellQuote makes a path safe to paste.
func shellQuote(path string) string {
	if strings.ContainsAny(path, " \t'\"$&;()*?[]<>|\\`!#~") || path == "" {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

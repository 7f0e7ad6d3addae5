package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
	"github.com/jamba-threat/jamba/lib/track"
)

func (a *app) predictCommand() *cobra.Command {
	var run, file, dataPath, out, format string
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Score rows with a detector",
		Long: `Score every row of a file with the detector of a run directory, or of a model file that jamba convert wrote. The file needs no
labels; columns are matched by name, further ones are ignored. It is read in pieces, so its size does not matter.

A model file needs no training engine and is the faster way; both give the same probabilities, to 1e-5 when its weights
are f32.

Columns of the result: row (from 1, in the order of the file), prob (calibrated probability of a threat, 0..1), flagged
(prob is at or above the threshold), class, and with several classes one column prob_NAME for each.
The result goes to --out, which appears when it is complete, or to standard output. How many categories were unknown and
how many values missing is said on standard error.`,
		Example: `  jamba predict --run runs/nsl --data new.csv --out scores.parquet
  jamba predict --model nsl.gguf --data new.csv --out scores.parquet
  jamba predict --run runs/nsl --data new.csv --format jsonl | jq 'select(.flagged)'`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (run == "") == (file == "") {
				return withHint(usagef("%sone of --run and --model is needed", prefix(cmd)), "for example: %s", firstExample(cmd))
			}
			if err := need(cmd, "data"); err != nil {
				return err
			}
			write, err := scoreFormat(format, out)
			if err != nil {
				return err
			}
			d, err := openDetector(run, file)
			if err != nil {
				return err
			}
			defer d.Close()
			s := &scoring{app: a, detector: d, path: dataPath, unknown: map[string]int{}, missing: map[string]int{}}
			err = writeOut(a.Stdout, out, func(w io.Writer) error {
				return s.run(cmd.Context(), write(w, d.Classes()))
			})
			if err != nil {
				return err
			}
			s.summarise(out)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&run, "run", "", "run directory of the detector")
	f.StringVar(&file, "model", "", "model file of the detector (.gguf), instead of --run")
	f.StringVar(&dataPath, "data", "", "rows: .csv, .txt, .tsv (also .gz, .zst), .parquet or .npz")
	f.StringVar(&out, "out", "", "file for the scores: .csv, .jsonl or .parquet; nothing or - is standard output")
	f.StringVar(&format, "format", "", "csv, jsonl or parquet (default: by the ending of --out, else csv)")
	return cmd
}

// writeOut calls write with the named file, or with standard output for "" and "-". A regular file is replaced when it
// is complete; a device or a pipe is written to as it is.
func writeOut(stdout io.Writer, path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(stdout)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return inputError(fmt.Errorf("%s is a folder; name a file in it", path))
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return withHint(inputError(err), "make the folder first")
	}
	return track.AtomicWrite(path, write)
}

// scoring is one prediction over a file.
type scoring struct {
	app              *app
	detector         detector
	path             string
	rows, flagged    int
	unknown, missing map[string]int
}

// run scores the file and writes every row.
func (s *scoring) run(ctx context.Context, w scoreWriter) error {
	schema, whole := scoringSchema(s.detector)
	each := func(chunk *threat.Table) error { return s.chunk(ctx, chunk, w) }
	var err error
	if whole {
		var t *threat.Table
		if t, err = data.Read(ctx, s.path, schema); err == nil {
			err = each(t)
		}
	} else {
		err = data.Scan(ctx, s.path, schema, each)
		// A file without a header line and without labels lacks the columns at the end that are no features.
		if short := featureHeader(schema); s.rows == 0 && (errors.Is(err, data.ErrFormat) || errors.Is(err, data.ErrSchema)) && len(short) < len(schema.Header) {
			schema.Header = short
			if again := data.Scan(ctx, s.path, schema, each); again == nil || s.rows > 0 {
				err = again
			}
		}
	}
	var failed *coded
	if errors.As(err, &failed) {
		return err // of writing, not of reading
	}
	if err != nil {
		return inputError(err)
	}
	return w.close()
}

// scoringSchema is the detector's schema without what only labelled rows have. whole means that a row's features need the
// rows before it, so that the file cannot be scored in pieces.
func scoringSchema(d detector) (schema threat.Schema, whole bool) {
	schema = d.Schema()
	schema.Label, schema.Family, schema.Positive, schema.Negative, schema.Multiclass = "", "", nil, nil, false
	if d.NeedsHistory() {
		return schema, true
	}
	schema.Time, schema.Group = "", ""
	return schema, false
}

// featureHeader is the header up to the last feature.
func featureHeader(s threat.Schema) []string {
	for n := len(s.Header); n > 0; n-- {
		name := s.Header[n-1]
		if slices.ContainsFunc(s.Columns, func(c data.ColumnSpec) bool { return c.Name == name }) {
			return s.Header[:n]
		}
	}
	return s.Header
}

func (s *scoring) chunk(ctx context.Context, t *threat.Table, w scoreWriter) error {
	p, err := s.detector.Predict(ctx, t)
	if err != nil {
		return err
	}
	if err := w.write(s.rows+1, p); err != nil {
		return &coded{code: Failure, err: fmt.Errorf("write scores: %w", err)}
	}
	s.rows += len(p.Prob)
	for _, flagged := range p.Flagged {
		if flagged {
			s.flagged++
		}
	}
	for name, n := range p.UnknownCategories {
		s.unknown[name] += n
	}
	for name, n := range p.MissingValues {
		s.missing[name] += n
	}
	return nil
}

// summarise says what a person wants to know about the rows: an unknown category or a missing value that was not there
// in training is the first sign that the data have changed.
func (s *scoring) summarise(out string) {
	where := ""
	if out != "" && out != "-" {
		where = ", written to " + out
	}
	s.app.note("%d rows, %d flagged (%.2f %%) at threshold %.4g%s", s.rows, s.flagged, 100*float64(s.flagged)/float64(max(1, s.rows)), s.detector.Threshold(), where)
	for _, c := range []struct {
		what  string
		count map[string]int
	}{{"unknown categories", s.unknown}, {"missing values", s.missing}} {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(c.count)) {
			if n := c.count[name]; n > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", name, n))
			}
		}
		if parts != nil {
			s.app.note("%s: %s", c.what, strings.Join(parts, ", "))
		}
	}
}

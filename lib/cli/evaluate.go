package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/threat"
)

func (a *app) evaluateCommand() *cobra.Command {
	var run, dataPath, out string
	var schema schemaFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "evaluate",
		Short: "Measure a detector on labelled rows",
		Long: `Measure the detector of a run directory on labelled rows that it has not seen, at the threshold that was chosen on its
validation rows: metrics with 95 % bootstrap intervals, the confusion matrix, and recall by attack family with those
marked that training had.

Columns are matched by name; the schema is that of the run, and --schema or --target replace its label and family.
--json prints the report as JSON and nothing else.`,
		Example: `  jamba evaluate --run runs/nsl --data KDDTest+.txt.gz
  jamba evaluate --run runs/nsl --data KDDTest+.txt.gz --json | jq .metrics.roc_auc
  jamba evaluate --run runs/nsl --data KDDTest+.txt.gz --out reports/nsl`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "run", "data"); err != nil {
				return err
			}
			fitted, err := openRun(run)
			if err != nil {
				return err
			}
			defer fitted.Close()
			s, err := evaluationSchema(a, &schema, fitted)
			if err != nil {
				return err
			}
			table, err := readTable(cmd.Context(), dataPath, s)
			if err != nil {
				return err
			}
			if table.Label == nil {
				return withHint(inputError(fmt.Errorf("%s has no label column %q", dataPath, s.Label)), "--target names the label column; `jamba predict` needs none")
			}
			report, err := fitted.EvaluateContext(cmd.Context(), table)
			if err != nil {
				return err
			}
			if out != "" {
				if err := a.writeEvaluation(cmd.Context(), out, fitted, table, report); err != nil {
					return err
				}
			}
			if asJSON {
				return a.printJSON(report)
			}
			a.print("%s on %s: %v", run, dataPath, report)
			return nil
		},
	}
	schema.register(cmd)
	f := cmd.Flags()
	f.StringVar(&run, "run", "", "run directory of the detector")
	f.StringVar(&dataPath, "data", "", "labelled rows: .csv, .txt, .tsv (also .gz, .zst), .parquet or .npz")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	f.StringVar(&out, "out", "", "also write report.json and figures into this folder")
	return cmd
}

func openRun(dir string) (*threat.Fitted, error) {
	f, err := threat.Open(dir)
	return f, runError(err)
}

// evaluationSchema is the schema of the run, with label, family and the rest from --schema where it is given. The features
// stay those of the run.
func evaluationSchema(a *app, flags *schemaFlags, f *threat.Fitted) (threat.Schema, error) {
	s := f.Schema()
	if flags.schema != "" {
		given, err := flags.resolve(a, "")
		if err != nil {
			return s, err
		}
		given.Columns = s.Columns
		return given, nil
	}
	columns := s.Columns
	s, err := flags.over(s)
	s.Columns = columns
	return s, err
}

func (a *app) writeEvaluation(ctx context.Context, dir string, f *threat.Fitted, t *threat.Table, r *threat.Report) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	if err := writeJSON(filepath.Join(dir, reportFile), r); err != nil {
		return err
	}
	return a.draw(ctx, filepath.Join(dir, plotsFolder), f, t, nil)
}

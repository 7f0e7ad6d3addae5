package cli

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/track"
)

const defaultRuns = "runs"

// listMetrics are the columns of `jamba runs` unless others are asked for, as far as some run has them.
var listMetrics = []string{"valid/loss", "valid/roc_auc", "valid/f1", "test/roc_auc", "test/f1", "test/fpr"}

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs [DIR]",
		Short: "List, compare and remove runs",
		Long:  "List the runs below a folder (default: runs). The subcommands compare them.",
		Example: `  jamba runs
  jamba runs compare runs --metric test/roc_auc
  jamba runs impact runs --metric valid/roc_auc
  jamba runs rm runs/old`,
	}
	list := a.runsListCommand()
	cmd.AddCommand(list, a.runsCompareCommand(), a.runsImpactCommand(), a.runsRemoveCommand())
	// `jamba runs DIR` is `jamba runs list DIR`.
	cmd.Flags().AddFlagSet(list.Flags())
	cmd.Args, cmd.RunE = list.Args, list.RunE
	return cmd
}

func (a *app) runsListCommand() *cobra.Command {
	var metrics []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list [DIR]",
		Short:   "List the runs below a folder",
		Example: "  jamba runs list runs --metric test/roc_auc,test/fpr",
		Args:    arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			runs, err := findRuns(args)
			if err != nil {
				return err
			}
			if asJSON {
				if runs == nil {
					runs = []track.Summary{}
				}
				return a.printJSON(runs)
			}
			columns := metrics
			if columns == nil {
				columns = slices.DeleteFunc(slices.Clone(listMetrics), func(m string) bool {
					return !slices.ContainsFunc(runs, func(s track.Summary) bool { _, ok := s.Metric(m); return ok })
				})
			}
			if len(runs) == 0 {
				a.note("no runs below %s; `jamba train --out DIR` makes one", folder(args))
				return nil
			}
			a.print("%s", track.Table(runs, columns...))
			for _, r := range runs {
				if r.Problem != "" {
					a.note("%s: %s", r.Name, r.Problem)
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&metrics, "metric", nil, "columns to show, such as test/roc_auc")
	f.BoolVar(&asJSON, "json", false, "print everything about the runs as JSON")
	return cmd
}

func folder(args []string) string {
	if len(args) == 0 {
		return defaultRuns
	}
	return args[0]
}

func findRuns(args []string) ([]track.Summary, error) {
	runs, err := track.Runs(folder(args))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, withHint(runError(err), "give the folder that holds the runs: jamba runs DIR")
	}
	return runs, runError(err)
}

func (a *app) runsCompareCommand() *cobra.Command {
	var metrics []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compare [DIR]",
		Short: "Compare configurations over the runs below a folder",
		Long: `Group the runs below a folder by configuration, without the seed, and print mean ± standard deviation of each metric,
the best configuration by the first metric first. Only the settings that differ are named.`,
		Example: "  jamba runs compare runs --metric test/roc_auc,test/fpr",
		Args:    arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			runs, err := findRuns(args)
			if err != nil {
				return err
			}
			c, err := track.Compare(runs, metrics...)
			if err != nil {
				return runError(err)
			}
			if asJSON {
				return a.printJSON(c)
			}
			a.print("%s\n", strings.TrimRight(c.String(), "\n"))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&metrics, "metric", nil, "metrics to compare (default: all)")
	f.BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func (a *app) runsImpactCommand() *cobra.Command {
	var metric string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "impact [DIR]",
		Short: "Which settings move a metric",
		Long: `Say for each setting that differs between the runs below a folder how much of a metric's variance it explains, the rank
correlation, and the mean by value.`,
		Example: "  jamba runs impact runs --metric valid/roc_auc",
		Args:    arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			runs, err := findRuns(args)
			if err != nil {
				return err
			}
			impacts, err := track.ParameterImpact(runs, metric)
			if err != nil {
				return runError(err)
			}
			if asJSON {
				return a.printJSON(impacts)
			}
			a.print("%s", track.ImpactTable(impacts))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&metric, "metric", "valid/loss", "the metric")
	f.BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func (a *app) runsRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "rm DIR...",
		Short:   "Delete run directories",
		Long:    "Delete run directories with everything in them. A folder that is no run, and a run that is in use, are left alone.",
		Example: "  jamba runs rm runs/old runs/demo",
		Args:    arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			var problems []error
			for _, dir := range args {
				if err := track.Remove(dir); err != nil {
					problems = append(problems, runError(err))
					continue
				}
				a.note("removed %s", dir)
			}
			return errors.Join(problems...)
		},
	}
}

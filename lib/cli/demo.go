package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/internal/plugin"
	"github.com/jamba-threat/jamba/lib/threat"
)

// fetchLimit bounds how long the demo may look for XLA's plugin; pure Go would be well under way by then.
const fetchLimit = 60 * time.Second

func (a *app) demoCommand() *cobra.Command {
	var flags configFlags
	var out string
	var noFetch bool
	generated := threat.DefaultGenerate()
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Generate data, train, evaluate and draw, in one go",
		Long: `Generate the synthetic data set (35,000 rows of 20 system metrics, half of them threats of several kinds), train the
default configuration on 70 % of it with 15 % to stop early, evaluate on the 15 % that are left, and draw the figures.

A second call opens the finished run; an interrupted one continues. Where this program contains XLA but its CPU plugin
is not installed, the demo tries to fetch it for at most a minute, once, and otherwise trains with the pure-Go engine.`,
		Example: `  jamba demo
  jamba demo --out runs/small --samples 5000 --epochs 5 --no-fetch`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := a.resolve(cmd, &flags, "", "")
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("seed") {
				generated.Seed = flags.seed
			}
			if err := generated.Validate(); err != nil {
				return usagef("%w", err)
			}
			table, err := threat.GenerateTable(generated)
			if err != nil {
				return err
			}
			split, err := table.Split(threat.Stratified(0.70, 0.15, config.Seed))
			if err != nil {
				return err
			}
			if !noFetch && !isFinished(out) {
				a.fetchPlugin(cmd.Context(), config.Engine)
			}
			a.note("data: %d generated rows of %d features, difficulty %g", generated.Samples, generated.Features, generated.Difficulty)
			s := &session{app: a, dir: out, config: config, split: split, resume: "the same command"}
			fitted, err := s.run(cmd.Context())
			if err != nil {
				return err
			}
			defer fitted.Close()
			if err := s.conclude(cmd.Context(), fitted); err != nil {
				return err
			}
			a.note(`
what next:
  jamba generate --out flows.csv --samples 5000 --seed 7
  jamba evaluate --run %[1]s --data flows.csv
  jamba predict --run %[1]s --data flows.csv --out scores.csv
  jamba train --data flows.csv --out runs/mine`, out)
			return nil
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "runs/demo", "run directory")
	f.IntVar(&generated.Samples, "samples", generated.Samples, "rows to generate")
	f.BoolVar(&noFetch, "no-fetch", false, "do not try to fetch XLA's plugin (as do JAMBA_NO_FETCH=1 and CI=true)")
	return cmd
}

// fetchPlugin tries to get XLA's CPU plugin where it would be used and is not there. Failing is no error: the pure-Go
// engine does the same work.
func (a *app) fetchPlugin(ctx context.Context, engine string) {
	if !gx.XLALinked || a.on("JAMBA_NO_FETCH") || a.on("CI") || (engine != gx.Auto && engine != gx.XLACPU) {
		return
	}
	if _, ok := plugin.FindCPU(ctx); ok {
		return
	}
	if _, ok := plugin.FindCUDA(ctx); ok {
		return
	}
	a.note("fetching XLA's CPU plugin, which trains several times faster (once, 64 MB, at most %v; --no-fetch skips this)", fetchLimit)
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	status, err := plugin.Install(ctx, plugin.Options{Timeout: fetchLimit, Probe: a.probeCommand()})
	switch {
	case err == nil:
		a.note("installed %s", status.Path)
	case errors.Is(err, context.DeadlineExceeded):
		a.note("not fetched: nothing came within %v; going on in pure Go", fetchLimit)
	default:
		a.note("not fetched (%s); going on in pure Go", oneLine(err))
	}
}

func oneLine(err error) string {
	const most = 200
	text := fmt.Sprintf("%.*s", most, err.Error())
	for i, r := range text {
		if r == '\n' {
			return text[:i]
		}
	}
	return text
}

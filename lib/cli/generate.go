package cli

import (
	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
)

func (a *app) generateCommand() *cobra.Command {
	c := threat.DefaultGenerate()
	var out string
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Generate a synthetic data set",
		Long: `Generate measurements of hosts over time with threats of several kinds (burst, exfiltration, slow scan, resource
exhaustion) in them, labelled is_threat, and write them as .csv (also .csv.gz, .csv.zst), .parquet or .npz. The same
flags give the same bytes.

Beside the file lies FILE.schema.json, which says that kind, host and timestamp are not features; training and
evaluation look for it by themselves.`,
		Example: `  jamba generate --out flows.csv
  jamba generate --out flows.parquet --samples 100000 --threat-ratio 0.02 --seed 7`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "out"); err != nil {
				return err
			}
			if err := c.Validate(); err != nil {
				return usagef("%w", err)
			}
			t, err := threat.GenerateTable(c)
			if err != nil {
				return err
			}
			if err := data.Write(out, t); err != nil {
				return err
			}
			if err := writeSidecar(out, t.Schema); err != nil {
				return err
			}
			a.note("%s: %d rows, %d of them threats, %d features; schema in %s", out, t.Rows(), t.ClassCounts()[1], len(t.Columns), sidecar(out))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "file to write: .csv, .tsv (also .gz, .zst), .parquet or .npz")
	f.IntVar(&c.Samples, "samples", c.Samples, "rows")
	f.IntVar(&c.Features, "features", c.Features, "numeric columns, 1..1024")
	f.Float64Var(&c.ThreatRatio, "threat-ratio", c.ThreatRatio, "share of rows that are threats, 0..1")
	f.Int64Var(&c.Seed, "seed", c.Seed, "chooses the data set")
	f.Float64Var(&c.Difficulty, "difficulty", c.Difficulty, "0 (easy) to 1 (hard): how little threats change the measurements")
	f.Float64Var(&c.Missing, "missing", c.Missing, "share of cells without a value, below 1")
	f.IntVar(&c.Hosts, "hosts", c.Hosts, "hosts that report every five minutes")
	return cmd
}

package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/docs"
	"github.com/jamba-threat/jamba/lib/faulttree"
)

func (a *app) faultTreeCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "fault-tree",
		Short: "Analyse what can make a system fail",
		Long: `Analyse fault trees: how probable the top event is, which combinations of causes lead to it, which cause matters most
and which mitigation buys most.

A model is a YAML or JSON text (docs/fault-tree.yaml is one) or XML of the Open-PSA Model Exchange Format, each also
compressed with gzip. Every fault of a model is named with file, line and column.`,
		Example: `  jamba fault-tree report --out report.html
  jamba fault-tree analyze plant.yaml`,
	}, a.faultTreeAnalyzeCommand(), a.faultTreeDrawCommand(), a.faultTreeReportCommand(), a.faultTreeConvertCommand(), a.faultTreeCheckCommand())
}

func (a *app) faultTreeAnalyzeCommand() *cobra.Command {
	var flags treeFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "analyze FILE",
		Short: "Probability, cut sets and importance of a top event",
		Long: `Analyse one top event: its exact probability and the usual approximations, the number of minimal cut sets by order, the
most probable of them, the importance of every basic event, with --samples the uncertainty, and with --curve the
probability over time, PFDavg, PFH and their safety integrity levels (IEC 61508, times in hours).

--order and --cut-off leave cut sets out; the probability of what was left out is bounded by the result. The same file
and flags give the same bytes on every machine.`,
		Example: `  jamba fault-tree analyze plant.yaml
  jamba fault-tree analyze plant.xml --top no-flow --order 4 --json | jq .probability.exact
  jamba fault-tree analyze plant.yaml --time 8760 --samples 10000 --seed 7
  jamba fault-tree analyze plant.yaml --curve 1000 --json | jq .curve.pfd_avg`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			m, err := a.readTree(args[0])
			if err != nil {
				return err
			}
			if err := needTop(cmd, m, flags.Top); err != nil {
				return err
			}
			result, err := faulttree.Analyze(cmd.Context(), m, flags.options())
			if err != nil {
				return treeError(err)
			}
			a.noteNew(result.Warnings, m.Warnings)
			if !asJSON {
				a.print("%s\n", strings.TrimRight(result.String(), "\n"))
				return nil
			}
			text, err := result.JSON()
			if err != nil {
				return err
			}
			_, err = a.Stdout.Write(text)
			return err
		},
	}
	flags.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the analysis as JSON")
	return cmd
}

func (a *app) faultTreeReportCommand() *cobra.Command {
	var flags treeFlags
	var out, format string
	cmd := &cobra.Command{
		Use:   "report [FILE]",
		Short: "Risk report: causes, critical paths, mitigations",
		Long: `Report what an analysis means: the risk score (severity x probability) of every cause, the most probable ways to the top
event, and the mitigations ranked by how much they take from its probability.

Without FILE the report is about threat detection with this system itself. Its tree is docs/fault-tree.yaml and comes with
the program; the probabilities in it are assumptions.`,
		Example: `  jamba fault-tree report
  jamba fault-tree report --out report.html
  jamba fault-tree report plant.yaml --samples 10000 --out risks.csv`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			format, err := fileFormat(cmd, format, out, "txt", "html", "csv", "json")
			if err != nil {
				return err
			}
			m, err := a.reportTree(args)
			if err != nil {
				return err
			}
			if err := needTop(cmd, m, flags.Top); err != nil {
				return err
			}
			r, err := faulttree.Assess(cmd.Context(), m, flags.options())
			if err != nil {
				return treeError(err)
			}
			a.noteNew(r.Analysis.Warnings, m.Warnings)
			return a.writeTree(out, func() ([]byte, error) {
				switch format {
				case "html":
					return r.HTML()
				case "csv":
					return r.CSV()
				case "json":
					return r.JSON()
				}
				return []byte(strings.TrimRight(r.String(), "\n") + "\n"), nil
			})
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "file for the report: .html, .csv, .json or .txt; nothing or - is standard output")
	f.StringVar(&format, "format", "", "html, csv, json or txt (default: by the ending of --out, else txt)")
	return cmd
}

// reportTree reads the tree that the arguments of report name, the system's own when they name none.
func (a *app) reportTree(args []string) (*faulttree.Model, error) {
	if len(args) == 1 {
		return a.readTree(args[0])
	}
	m, err := faulttree.Parse(strings.NewReader(docs.FaultTree()), docs.FaultTreeFile)
	if err != nil {
		return nil, err // a bug: no input of the user is involved
	}
	a.note("the tree is %s, which comes with jamba; its probabilities are assumptions", docs.FaultTreeFile)
	return m, nil
}

func (a *app) faultTreeDrawCommand() *cobra.Command {
	var out, format string
	var opts faulttree.DrawOptions
	cmd := &cobra.Command{
		Use:   "draw FILE",
		Short: "Draw a tree",
		Long: `Draw the tree below a top event as SVG, which needs no other file, or in the language of Graphviz. A part with several
parents is drawn once. Gates at which the drawing ends say how much is below.`,
		Example: `  jamba fault-tree draw plant.yaml --out tree.svg
  jamba fault-tree draw plant.yaml --depth 3 --format dot | dot -Tpdf -o tree.pdf`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.Depth < 0 || opts.MaxNodes < 1 {
				return usagef("%s--depth is %d and --nodes %d, must be at least 0 and 1", prefix(cmd), opts.Depth, opts.MaxNodes)
			}
			format, err := fileFormat(cmd, format, out, "svg", "dot")
			if err != nil {
				return err
			}
			m, err := a.readTree(args[0])
			if err != nil {
				return err
			}
			if err := needTop(cmd, m, opts.Top); err != nil {
				return err
			}
			return a.writeTree(out, func() ([]byte, error) {
				if format == "dot" {
					return m.DOT(opts)
				}
				return m.SVG(opts)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Top, "top", "", topUsage)
	f.IntVar(&opts.Depth, "depth", 0, "levels below the top; 0 is all")
	f.IntVar(&opts.MaxNodes, "nodes", 400, "gates and events to draw at most")
	f.StringVar(&out, "out", "", "file for the picture: .svg or .dot; nothing or - is standard output")
	f.StringVar(&format, "format", "", "svg or dot (default: by the ending of --out, else svg)")
	return cmd
}

func (a *app) faultTreeConvertCommand() *cobra.Command {
	var out, format string
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Convert a model between YAML and Open-PSA XML",
		Long: `Write a model in the other form: the YAML of this program, or XML of the Open-PSA Model Exchange Format, which other tools
read. Descriptions, ratings and mitigations become attributes there.`,
		Example: `  jamba fault-tree convert plant.xml --out plant.yaml
  jamba fault-tree convert plant.yaml --format xml | gzip > plant.xml.gz`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := fileFormat(cmd, format, out, "yaml", "xml")
			if err != nil {
				return err
			}
			m, err := a.readTree(args[0])
			if err != nil {
				return err
			}
			return a.writeTree(out, func() ([]byte, error) {
				if format == "xml" {
					text, err := m.MEF()
					return text, inputError(err) // a name that XML cannot hold
				}
				return m.YAML(), nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "file to write: .yaml or .xml; nothing or - is standard output")
	f.StringVar(&format, "format", "", "yaml or xml (default: by the ending of --out, else yaml)")
	return cmd
}

func (a *app) faultTreeCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Check fault tree models",
		Long: `Check models and report everything that is wrong with them, each as file:line:column with the names involved. The exit
code is 3 when something is.`,
		Example: `  jamba fault-tree check plant.yaml
  jamba fault-tree check models/*.xml`,
		Args: arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			var problems []error
			for _, path := range args {
				m, err := a.readTree(path)
				if err != nil {
					problems = append(problems, err)
					continue
				}
				a.print("%s: ok, %d gates, %d basic events, tops: %s\n", path, len(m.Gates), len(m.Events), shortList(m.Tops()))
			}
			return errors.Join(problems...)
		},
	}
}

// readTree reads a model and passes on what its reader had to skip.
func (a *app) readTree(path string) (*faulttree.Model, error) {
	m, err := faulttree.Read(path)
	if err != nil {
		return nil, inputError(err)
	}
	a.noteNew(m.Warnings, nil)
	return m, nil
}

// noteNew notes warnings, without those that were noted before.
func (a *app) noteNew(warnings, before []string) {
	for _, w := range warnings {
		if !slices.Contains(before, w) {
			a.note("note: %s", w)
		}
	}
}

// writeTree writes what render makes to the named file or to standard output. It renders first, so that a model that
// cannot be rendered leaves no trace.
func (a *app) writeTree(out string, render func() ([]byte, error)) error {
	text, err := render()
	if err != nil {
		return treeError(err)
	}
	return writeOut(a.Stdout, out, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// fileFormat returns the format of an output: as asked for, else by the ending of its name, else the first of known.
func fileFormat(cmd *cobra.Command, format, path string, known ...string) (string, error) {
	asked := strings.ToLower(format)
	if asked == "" {
		if path == "" || path == "-" {
			return known[0], nil
		}
		asked = strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	}
	for alias, name := range map[string]string{"yml": "yaml", "htm": "html", "text": "txt", "gv": "dot"} {
		if asked == alias {
			asked = name
		}
	}
	if slices.Contains(known, asked) {
		return asked, nil
	}
	what := fmt.Sprintf("--format is %q", format)
	if format == "" {
		what = fmt.Sprintf("--out %s: the ending is %q", path, filepath.Ext(path))
	}
	return "", withHint(usagef("%s%s", prefix(cmd), what), "the formats are %s: end the file with one, or give --format", strings.Join(known, ", "))
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs one command line and returns its exit code. It is the only place that recovers from a panic and the only
// one that prints errors. Calls may run at the same time, each with its own State.
func Main(s State) (code int) {
	if s.Context == nil {
		s.Context = context.Background()
	}
	stdout := &stickyWriter{w: s.Stdout}
	s.Stdout = stdout
	a := &app{State: s}
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(s.Stderr, "jamba: internal error: %v\nhint: this is a bug; run again with JAMBA_DEBUG=1 and report what it prints\n", v)
			if s.on("JAMBA_DEBUG") {
				_, _ = s.Stderr.Write(debug.Stack())
			}
			code = int(Failure)
		}
	}()
	root := a.root()
	root.SetArgs(s.Args)
	root.SetIn(s.Stdin)
	root.SetOut(stdout)
	root.SetErr(s.Stderr)
	err := root.ExecuteContext(s.Context)
	if err == nil && stdout.err != nil {
		err = fmt.Errorf("write standard output: %w", stdout.err)
	}
	a.complain(err)
	return int(codeOf(err))
}

// app is one command line in progress.
type app struct {
	State
	log   *slog.Logger // set with --log json: notes and progress as records
	quiet bool
}

// complain prints an error: one line for each problem, then the way out.
func (a *app) complain(err error) {
	if err == nil || errors.Is(err, errSilent) {
		return
	}
	if a.log != nil {
		a.log.Error(err.Error(), "code", int(codeOf(err)), "hint", hintOf(err))
		return
	}
	for _, line := range strings.Split(strings.TrimSpace(err.Error()), "\n") {
		fmt.Fprintf(a.Stderr, "jamba: %s\n", line)
	}
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(a.Stderr, "hint: %s\n", hint)
	}
	if a.on("JAMBA_DEBUG") {
		fmt.Fprintf(a.Stderr, "%+v\n", err)
	}
}

// note tells the user something that is no result.
func (a *app) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case a.log != nil:
		a.log.Info(text)
	case !a.quiet:
		fmt.Fprintln(a.Stderr, text)
	}
}

// print writes a result to standard output; Main reports the error of a write that fails.
func (a *app) print(format string, args ...any) { fmt.Fprintf(a.Stdout, format, args...) }

func (a *app) root() *cobra.Command {
	var logFormat string
	root := &cobra.Command{
		Use:   "jamba",
		Short: "Detect security threats in tabular telemetry",
		Long: `Detect security threats in tabular telemetry: network flows, system metrics.

Train a detector on labelled rows, measure it on rows that it has not seen, and use it on new ones.
A first look, with nothing but this program:

    jamba demo

` + exitCodesHelp + `
JAMBA_DEBUG=1 adds details to errors. Every configuration key is also a variable: JAMBA_TRAIN_EPOCHS=50.`,
		Example: `  jamba demo
  jamba train --data KDDTrain+.txt.gz --schema nsl-kdd --out runs/nsl
  jamba evaluate --run runs/nsl --data KDDTest+.txt.gz
  jamba predict --run runs/nsl --data new.csv --out scores.parquet`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          subcommandOnly,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return a.startLog(logFormat)
		},
	}
	root.PersistentFlags().StringVar(&logFormat, "log", "text", "how notes and progress are written to standard error: text or json")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no notes and no progress, only results and errors")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		message, _, _ := strings.Cut(err.Error(), ": strconv.") // how Go's library calls its functions helps nobody
		return withHint(usagef("%s%s", prefix(cmd), message), "`%s --help` lists the flags", cmd.CommandPath())
	})
	root.AddCommand(a.demoCommand(), a.trainCommand(), a.evaluateCommand(), a.predictCommand(), a.convertCommand(), a.generateCommand(),
		a.configCommand(), a.runsCommand(), a.faultTreeCommand(), a.complexityCommand(), a.inspectCommand(), a.xlaCommand(), a.doctorCommand(), a.runCommand(), a.scriptChildCommand(), a.kernelCommand(), a.notebookCommand(), a.versionCommand(),
		&cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesHelp})
	return root
}

func (a *app) startLog(format string) error {
	switch format {
	case "text":
		return nil
	case "json":
		w := a.Stderr
		if a.quiet {
			w = io.Discard
		}
		a.log = slog.New(slog.NewJSONHandler(w, nil))
		return nil
	}
	return usagef("--log is %q, must be text or json", format)
}

// subcommandOnly refuses arguments of a command that only has subcommands.
func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := usagef("unknown command %q for %q", args[0], cmd.CommandPath())
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return withHint(err, "did you mean %s?", strings.Join(near, " or "))
	}
	return withHint(err, "`%s --help` lists the commands", cmd.CommandPath())
}

// group is a command that only has subcommands.
func group(cmd *cobra.Command, children ...*cobra.Command) *cobra.Command {
	cmd.Args = subcommandOnly
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(children...)
	return cmd
}

// arguments bounds the number of arguments; max < 0 is no bound.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		if most == 0 {
			return withHint(usagef("%stakes no arguments, got %q", prefix(cmd), args[0]), "values are given by flags: `%s --help`", cmd.CommandPath())
		}
		return withHint(usagef("%s%d arguments do not fit", prefix(cmd), len(args)), "usage: %s", cmd.UseLine())
	}
}

// need refuses a command line that lacks a flag.
func need(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := cmd.Flags().Lookup(name); f.Value.String() == "" {
			return withHint(usagef("%s--%s is needed", prefix(cmd), name), "for example: %s", firstExample(cmd))
		}
	}
	return nil
}

func firstExample(cmd *cobra.Command) string {
	line, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
	return line
}

// prefix begins a message about a command line with the subcommand; complain puts the program's name before it.
func prefix(cmd *cobra.Command) string {
	if path, ok := strings.CutPrefix(cmd.CommandPath(), "jamba "); ok {
		return path + ": "
	}
	return ""
}

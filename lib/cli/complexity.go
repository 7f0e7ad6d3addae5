package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/complexity"
)

func (a *app) complexityCommand() *cobra.Command {
	var flags complexityFlags
	cmd := &cobra.Command{
		Use:   "complexity [PATTERN]...",
		Short: "Measure how complex Go code is",
		Long: `Measure Go code function by function: cyclomatic complexity (as gocyclo), cognitive complexity (as gocognit, or by
SonarSource's paper), Halstead's counts, the maintainability index (as maintidx), lines and nesting.

A PATTERN is a Go file, a folder, or dir/... for a folder with all below it; none is ./... . Nothing is built: files are
measured whatever their build tags (--tags restricts that), and the files that parse are measured although others do not.
Folders named vendor and testdata and names that begin with _ or a dot are left out, so are generated files and functions
with //gocyclo:ignore above them; what was left out is said on standard error. A file named itself is always measured. Of files with cgo the Go is measured and the C is not.

With a limit (--max-cyclomatic, --max-cognitive, --min-maintainability) the functions that do not keep it are printed and
the exit code is 1. With --diff the commit REV is compared with the files as they are now, and the limits hold for the
functions that were added or got worse. The exit code is 3 when a file does not parse, after the others were measured.`,
		Example: `  jamba complexity ./...
  jamba complexity --by package --sort cognitive ./...
  jamba complexity --out complexity.html ./lib/...
  jamba complexity --json ./... | jq '.[] | select(.nesting > 4)'
  jamba complexity --max-cyclomatic 20 ./...
  jamba complexity --diff main --fail-worse`,
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.opts.Patterns = args
			if err := flags.check(cmd); err != nil {
				return err
			}
			r, err := complexity.Analyze(cmd.Context(), flags.opts)
			if err != nil {
				return inputError(err)
			}
			if left := r.LeftOut(); left != "" {
				if len(r.Generated) > 0 {
					left += " (--generated measures generated files too)"
				}
				a.note("left out: %s", left)
			}
			if flags.diff != "" {
				err = a.compareComplexity(cmd, &flags, r)
			} else {
				err = a.reportComplexity(&flags, r)
			}
			return errors.Join(inputError(r.Err()), err)
		},
	}
	flags.register(cmd)
	return cmd
}

// reportComplexity prints the report. With limits, what a person reads is only what breaks them.
func (a *app) reportComplexity(flags *complexityFlags, r *complexity.Report) error {
	if !flags.limited() || flags.asked {
		if err := a.writeComplexity(flags, r); err != nil {
			return err
		}
	}
	if !flags.limited() {
		return nil
	}
	return a.checkLimits(flags, r.Functions, !flags.asked)
}

func (a *app) writeComplexity(flags *complexityFlags, r *complexity.Report) error {
	return a.writeRendered(flags.out, func(w io.Writer) error {
		switch flags.format {
		case "json":
			return r.JSON(w, flags.view)
		case "md":
			return r.Markdown(w, flags.view)
		case "html":
			return r.HTML(w, flags.view)
		}
		return r.Table(w, flags.view)
	})
}

// compareComplexity prints what became of the functions of a commit.
func (a *app) compareComplexity(cmd *cobra.Command, flags *complexityFlags, r *complexity.Report) error {
	before, err := complexity.AnalyzeRevision(cmd.Context(), flags.diff, flags.opts)
	if err != nil {
		return inputError(err)
	}
	for _, p := range before.Problems {
		a.note("not measured in %s: %v", flags.diff, p)
	}
	c := complexity.Compare(before, r)
	err = a.writeRendered(flags.out, func(w io.Writer) error {
		switch flags.format {
		case "json":
			return c.JSON(w)
		case "md":
			return c.Markdown(w, flags.view.Top)
		}
		return c.Table(w, flags.view.Top)
	})
	if err != nil {
		return err
	}
	err = a.checkLimits(flags, c.Touched(), false)
	if flags.failWorse && len(c.Worse) > 0 {
		err = errors.Join(fmt.Errorf("complexity: functions that are worse than in %s: %d", flags.diff, len(c.Worse)), err)
	}
	return err
}

// checkLimits makes an error of functions that do not keep the limits. They are named on standard output when nothing else
// is printed there, else in the error.
func (a *app) checkLimits(flags *complexityFlags, list []complexity.Function, onStdout bool) error {
	offences := flags.limits.Check(list)
	if len(offences) == 0 {
		if flags.limited() {
			a.note("%d functions keep the limits", len(list))
		}
		return nil
	}
	var lines []string
	functions := map[string]bool{}
	for _, o := range offences {
		lines = append(lines, o.String())
		functions[fmt.Sprint(o.Function.File, o.Function.Line)] = true
	}
	err := fmt.Errorf("complexity: %d of %d functions do not keep the limits", len(functions), len(list))
	if onStdout {
		a.print("%s\n", strings.Join(lines, "\n"))
	} else {
		err = fmt.Errorf("%w:\n%s", err, strings.Join(lines, "\n"))
	}
	return &coded{code: Failure, err: err, hint: "take the function apart, or write //gocyclo:ignore above it and say why"}
}

// writeRendered renders first, so that what cannot be rendered leaves no trace.
func (a *app) writeRendered(out string, render func(io.Writer) error) error {
	var text bytes.Buffer
	if err := render(&text); err != nil {
		return err
	}
	return writeOut(a.Stdout, out, func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	})
}

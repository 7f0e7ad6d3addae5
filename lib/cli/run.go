package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/kernel/script"
)

// scriptChild is the hidden command that a script runs in.
const scriptChild = "script-child"

// errSilent is an error that has been told already, or needs no telling: only its exit code counts.
var errSilent = errors.New("")

func (a *app) runCommand() *cobra.Command {
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:   "run FILE.go [-- ARGUMENTS]",
		Short: "Run a Go script, without a Go toolchain",
		Long: `Run a Go script: one file, package main, that imports lib/threat, gonum/plot, gota and the standard library. The same file
runs under ` + "`go run`" + `, with the same result. Arguments after -- are the script's own.

Before it runs, the script is checked for what the interpreter would do differently; every finding names the line and says
how to write it. A comment //jamba:allow CHECK on a line, or the line before, silences one. --check does only that, for any
number of files. The checks are listed by ` + "`jamba run --checks`" + `.

The exit code is the script's own; 2 after a panic, 3 when it was not run, 130 after Ctrl-C, which ends the script's
context, so that training saves its state. A second Ctrl-C ends it at once. scripts/README.md says what a script can use.`,
		Example: `  jamba run scripts/sweep.go -- -trials 20
  jamba run --check scripts/*.go`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if list, _ := cmd.Flags().GetBool("checks"); list { // the flag is defined below
				return a.listChecks(asJSON)
			}
			if len(args) == 0 {
				return withHint(usagef("run: there is no script"), "for example: %s", firstExample(cmd))
			}
			if check {
				return a.checkScripts(args, asJSON)
			}
			if asJSON {
				return withHint(usagef("run: --json goes with --check"), "what a script prints is its own")
			}
			own := args[1:]
			if len(own) > 0 && own[0] == "--" {
				own = own[1:]
			}
			return a.runScript(cmd, args[0], own)
		},
	}
	f := cmd.Flags()
	f.SetInterspersed(false) // what stands behind the script is the script's
	f.BoolVar(&check, "check", false, "only check the scripts")
	f.BoolVar(&asJSON, "json", false, "with --check: the findings as a JSON list")
	f.Bool("checks", false, "list the checks")
	return cmd
}

func (a *app) runScript(cmd *cobra.Command, path string, args []string) error {
	if err := a.checkScripts([]string{path}, false); err != nil {
		return err
	}
	if a.Executable == "" {
		return fmt.Errorf("run: this program does not know where it is, and cannot start the script's process")
	}
	o := script.Options{Path: path, Args: args, Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr, Environ: a.Environ,
		Program: []string{a.Executable, scriptChild}, Debug: a.on("JAMBA_DEBUG")}
	if s, ok := a.Stdout.(*stickyWriter); ok {
		o.Stdout = s.w // as a file, for a script that asks whether it is a terminal
	}
	code, err := script.Run(cmd.Context(), o)
	if err != nil {
		return err
	}
	if code != 0 {
		return &coded{code: Code(code), err: errSilent}
	}
	return nil
}

// checkScripts prints what is found and is an error when a script must not run.
func (a *app) checkScripts(paths []string, asJSON bool) error {
	all := []script.Finding{}
	bad := 0
	for _, path := range paths {
		findings, err := script.Check(path)
		if err != nil {
			return inputError(err)
		}
		for _, f := range findings {
			if f.Severity == script.Error {
				bad++
			}
			if !asJSON {
				fmt.Fprintln(a.Stderr, f)
			}
		}
		all = append(all, findings...)
	}
	if asJSON {
		text, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		a.print("%s\n", text)
	}
	if bad == 0 {
		return nil
	}
	err := inputError(fmt.Errorf("run: %d %s to correct", bad, plural(bad, "place", "places")))
	return withHint(err, "`jamba run --checks` explains the checks; scripts/README.md has the dialect")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (a *app) listChecks(asJSON bool) error {
	checks := script.Checks()
	if asJSON {
		text, err := json.MarshalIndent(checks, "", "  ")
		if err != nil {
			return err
		}
		a.print("%s\n", text)
		return nil
	}
	for _, c := range checks {
		a.print("%-20s %s\n", c.Name, c.Doc)
	}
	return nil
}

// scriptChildCommand is what `jamba run` starts: the interpreter in a process of its own.
func (a *app) scriptChildCommand() *cobra.Command {
	return &cobra.Command{
		Use:                scriptChild,
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("%s is for `jamba run`", scriptChild)
			}
			os.Exit(script.Child(cmd.Context(), args[0], args[1:])) // without the deferred work of a command that it is not
			return nil
		},
	}
}

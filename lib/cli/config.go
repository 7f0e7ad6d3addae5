package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/threat"
)

func (a *app) configCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "config",
		Short: "Write, show and check configurations",
		Example: `  jamba config init
  jamba config show --config jamba.yaml --origin
  jamba config validate jamba.yaml`,
	}, a.configInitCommand(), a.configShowCommand(), a.configValidateCommand())
}

func (a *app) configInitCommand() *cobra.Command {
	var name, out, format string
	var force bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a configuration file to start from",
		Long: `Write a configuration with every key, its default and, in YAML, a comment that says what it does. A file that exists is
left alone unless --force is given.`,
		Example: `  jamba config init
  jamba config init --name nsl-kdd --out nsl.json
  jamba config init --out -`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			c, err := threat.NamedConfig(name)
			if err != nil {
				return usagef("%w", err)
			}
			format, err := configFormat(format, out)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			if err := threat.WriteConfig(&text, format, c); err != nil {
				return err
			}
			if _, err := os.Stat(out); err == nil && !force && out != "-" {
				return withHint(inputError(fmt.Errorf("config: %s exists", out)), "--force replaces it, --out names another file")
			}
			if err := writeOut(a.Stdout, out, func(w io.Writer) error { _, err := w.Write(text.Bytes()); return err }); err != nil {
				return err
			}
			if out != "-" {
				a.note("wrote %s; use it with: jamba train --config %s", out, shellQuote(out))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "default", "which configuration: "+strings.Join(threat.ConfigNames(), ", "))
	f.StringVar(&out, "out", "jamba.yaml", "file to write; - is standard output")
	f.StringVar(&format, "format", "", "yaml or json (default: by the ending of --out, else yaml)")
	f.BoolVar(&force, "force", false, "replace a file that exists")
	return cmd
}

// configFormat is the format asked for, or that of the file's ending.
func configFormat(format, path string) (string, error) {
	if format == "" {
		format = threat.YAML
		if filepath.Ext(path) == ".json" {
			format = threat.JSON
		}
	}
	if format != threat.YAML && format != threat.JSON {
		return "", usagef("--format is %q, must be %s or %s", format, threat.YAML, threat.JSON)
	}
	return format, nil
}

func (a *app) configShowCommand() *cobra.Command {
	var flags configFlags
	var schema, format string
	var origin bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration that a command would use",
		Long: `Print the configuration that train would use with the same flags and environment, every default filled in. --origin
prints one key a line with where its value comes from instead.`,
		Example: `  jamba config show --config jamba.yaml --set model.members=8
  JAMBA_TRAIN_EPOCHS=50 jamba config show --origin`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := configFormat(format, "")
			if err != nil {
				return err
			}
			r, err := a.resolve(cmd, &flags, schema, "")
			if err != nil {
				return err
			}
			if !origin {
				return threat.WriteConfig(a.Stdout, format, r.Config)
			}
			for _, key := range threat.ConfigKeys() {
				value, err := r.Get(key)
				if err != nil {
					return err
				}
				a.print("%-26s %-18s %s\n", key, value, r.origin(key))
			}
			return nil
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&schema, "schema", "", "as for train: a named schema brings the configuration of its name")
	f.StringVar(&format, "format", "", "yaml (default) or json")
	f.BoolVar(&origin, "origin", false, "print where each value comes from")
	return cmd
}

func (a *app) configValidateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check configuration files",
		Long: `Check configuration files and report everything that is wrong with them, each as file:line:column. The exit code is 3
when something is.`,
		Example: `  jamba config validate jamba.yaml
  jamba config validate experiments/*.json`,
		Args: arguments(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			var problems []error
			for _, path := range args {
				if _, err := threat.ReadConfig(path); err != nil {
					problems = append(problems, inputError(err))
					continue
				}
				a.print("%s: ok\n", path)
			}
			return errors.Join(problems...)
		},
	}
}

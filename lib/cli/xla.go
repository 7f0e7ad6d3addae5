package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/internal/plugin"
)

// probeCommand is the child process that tries a plugin; nil where this program cannot be one.
func (a *app) probeCommand() []string {
	if a.Executable == "" || !gx.XLALinked {
		return nil
	}
	return []string{a.Executable, "xla", "probe"}
}

func (a *app) xlaCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "xla",
		Short: "Manage the plugin of the XLA engine",
		Long: `XLA trains several times faster than the pure-Go engine. It is a shared library of 259 MB that this program loads when it
finds one: in the folders of ` + plugin.PathEnv + `, in the user's cache folder (` + plugin.CacheEnv + ` moves it), or in
the system's.`,
		Example: `  jamba xla status
  jamba xla install
  jamba xla install --file xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl`,
	}, a.xlaStatusCommand(), a.xlaInstallCommand(), a.xlaRemoveCommand(), a.xlaProbeCommand())
}

func (a *app) xlaStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Which plugins there are, and which engine would be used",
		Example: "  jamba xla status",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := plugin.Find(cmd.Context())
			engine, why, err := gx.Choose(gx.Auto)
			if err != nil {
				return err
			}
			if asJSON {
				if found == nil {
					found = []plugin.Status{}
				}
				return a.printJSON(map[string]any{"linked": gx.XLALinked, "engine": engine, "why": why, "plugins": found})
			}
			a.print("engine: %s (%s)\n", engine, why)
			for _, s := range found {
				a.print("plugin: %v\n", s)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func (a *app) xlaInstallCommand() *cobra.Command {
	var opts plugin.Options
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Install the CPU plugin",
		Long: `Install XLA's CPU plugin into the user's cache folder: from the release of go-xla, else by pip from the package
xla-cpu-pjrt with its hash checked, or from a file. The plugin is tried in a process of its own before it is put in
place. Every source has a time limit.`,
		Example: `  jamba xla install
  jamba xla install --source pip --timeout 2m
  jamba xla install --file plugin.whl --sha256 55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.Timeout < 0 {
				return usagef("--timeout is %v, must not be negative", opts.Timeout)
			}
			opts.Probe = a.probeCommand()
			opts.Log = func(line string) { a.note("%s", line) }
			opts.Progress = a.downloadProgress()
			status, err := plugin.Install(cmd.Context(), opts)
			if err != nil {
				return err
			}
			a.print("%v\n", status)
			if !gx.XLALinked {
				a.note("this program was built without XLA and cannot use it: build it with a C compiler and CGO_ENABLED=1")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Source, "source", "", "auto, release, pip or file (default: file with --file, else auto)")
	f.StringVar(&opts.File, "file", "", "install from this wheel, tar.gz of a go-xla release, or library")
	f.StringVar(&opts.SHA256, "sha256", "", "what the file must hash to")
	f.DurationVar(&opts.Timeout, "timeout", plugin.AttemptTimeout, "time limit of each source")
	f.BoolVar(&opts.Force, "force", false, "install again although there is a usable plugin")
	return cmd
}

// downloadProgress draws a line on a terminal, a few times a second.
func (a *app) downloadProgress() func(done, total int64) {
	p := a.newProgress()
	if p.width == 0 {
		return nil
	}
	var last time.Time
	return func(done, total int64) {
		if done == total && total > 0 {
			p.clear()
			return
		}
		if time.Since(last) < 200*time.Millisecond {
			return
		}
		last = time.Now()
		of := ""
		if total > 0 {
			of = fmt.Sprintf(" of %.0f", float64(total)/1e6)
		}
		fmt.Fprintf(a.Stderr, "\r\x1b[K%.0f%s MB", float64(done)/1e6, of)
		p.drawn = true
	}
}

func (a *app) xlaRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "remove",
		Short:   "Remove the plugin that install has put into the cache folder",
		Example: "  jamba xla remove",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			removed, err := plugin.Remove(cmd.Context())
			if err != nil {
				return err
			}
			if len(removed) == 0 {
				a.note("there is nothing to remove")
			}
			for _, path := range removed {
				a.print("%s\n", path)
			}
			return nil
		},
	}
}

// xlaProbeCommand is the child process of plugin.Probe: it may crash.
func (a *app) xlaProbeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "probe PATH",
		Short:   "Open a plugin in this process and compute with it",
		Example: "  jamba xla probe pjrt_c_api_cpu_plugin.so",
		Hidden:  true,
		Args:    arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			engine, err := gx.OpenPlugin(plugin.CPU, args[0])
			if err != nil {
				return err
			}
			defer engine.Close()
			if err := engine.Check(); err != nil {
				return err
			}
			a.print("ok\n")
			return nil
		},
	}
}

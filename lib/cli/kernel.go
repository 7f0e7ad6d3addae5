package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/kernel/gonb"
	"github.com/jamba-threat/jamba/kernel/kernelspec"
	"github.com/jamba-threat/jamba/kernel/live"
)

// The live kernel, as Jupyter knows it.
const (
	liveKernel  = "jamba-live"
	liveDisplay = "Go (live) - Jamba"
)

func (a *app) kernelCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "kernel",
		Short: "Notebooks: set up Jupyter's kernels",
		Long: `Two kernels run Go in Jupyter notebooks, and both can import this library in the first cell.

The live kernel is this program: cells are interpreted, run at once, and variables stay, so that a model trained in one cell
is a value in the next. It needs no Go on the machine, and knows the packages that are built into it.

The GoNB kernel compiles every cell with the Go toolchain: slower to start a cell, fast in loops, and able to import any
package; every cell is a program of its own, and no variable survives it.`,
		Example: `  jamba kernel install --live
  jamba kernel doctor`,
	}, a.kernelInstallCommand(), a.kernelUninstallCommand(), a.kernelDoctorCommand(), a.kernelLiveCommand(), a.kernelGonbCommand())
}

// place says where Jupyter looks for kernels.
type place struct {
	prefix string
	user   bool
}

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.prefix, "prefix", "", "for the Python installation or virtual environment in this folder alone")
	cmd.Flags().BoolVar(&p.user, "user", false, "for the user (the default)")
}

func (p *place) dataDir(a *app) (string, error) {
	if p.prefix != "" {
		if p.user {
			return "", usagef("--prefix and --user exclude each other")
		}
		if info, err := os.Stat(p.prefix); err != nil || !info.IsDir() {
			return "", withHint(inputError(fmt.Errorf("--prefix: %s is no folder", p.prefix)), "it is the folder of a virtual environment, such as .venv")
		}
		return kernelspec.PrefixDir(p.prefix)
	}
	return kernelspec.DataDir(a.env)
}

func (a *app) kernelInstallCommand() *cobra.Command {
	var p place
	var isLive bool
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Make Jupyter show a kernel of this library",
		Long: `Make Jupyter show "Go (GoNB) - Jamba", or with --live "Go (live) - Jamba". Installing again brings it up to date.

GoNB and goimports are built with the Go toolchain, which must be there. The live kernel needs nothing: Jupyter is told to
start this program.`,
		Example: `  jamba kernel install --live
  jamba kernel install
  jamba kernel install --live --prefix .venv`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := p.dataDir(a)
			if err != nil {
				return err
			}
			if isLive {
				return a.installLive(data)
			}
			done, err := gonb.Install(cmd.Context(), gonb.Options{
				Jupyter: data, Executable: a.Executable, Environ: a.Environ, Note: func(text string) { a.note("%s", text) },
			})
			if err != nil {
				return withHint(err, "`jamba kernel install --live` installs the kernel that needs no Go")
			}
			a.print("%s", done)
			return nil
		},
	}
	p.flags(cmd)
	cmd.Flags().BoolVar(&isLive, "live", false, "the live kernel")
	return cmd
}

// installLive writes the kernelspec that starts this program.
func (a *app) installLive(data string) error {
	if a.Executable == "" {
		return errors.New("kernel install: this program does not know where it is")
	}
	folder, err := gonb.UserDir()
	if err != nil {
		return err
	}
	program, err := kernelspec.Executable(a.Executable, filepath.Join(filepath.Dir(folder), "live", "bin"))
	if err != nil {
		return fmt.Errorf("kernel install: %w", err)
	}
	dir, err := kernelspec.Write(data, liveKernel, liveSpec(program))
	if err != nil {
		return fmt.Errorf("kernel install: %w", err)
	}
	a.print("%s\n  kernelspec  %s\n  program     %s\n", liveDisplay, dir, program)
	return nil
}

func liveSpec(program string) kernelspec.Spec {
	return kernelspec.Spec{
		Argv:        []string{program, "kernel", "live", "--connection-file", "{connection_file}"},
		DisplayName: liveDisplay, Language: "go", InterruptMode: "message",
	}
}

func (a *app) kernelUninstallCommand() *cobra.Command {
	var p place
	var isLive bool
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take a kernel away from Jupyter again",
		Long:  `Remove what ` + "`jamba kernel install`" + ` has put into the user's folders. Notebooks stay, and so do Go's caches.`,
		Example: `  jamba kernel uninstall --live
  jamba kernel uninstall`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := p.dataDir(a)
			if err != nil {
				return err
			}
			var removed []string
			if isLive {
				err = kernelspec.Remove(data, liveKernel)
				if err == nil {
					removed = append(removed, kernelspec.Dir(data, liveKernel))
				} else if errors.Is(err, fs.ErrNotExist) {
					err = nil
				}
			} else {
				removed, err = gonb.Uninstall(cmd.Context(), gonb.Options{Jupyter: data, Executable: a.Executable, Environ: a.Environ})
			}
			for _, path := range removed {
				a.note("removed %s", path)
			}
			if err == nil && len(removed) == 0 {
				a.note("nothing to remove: the kernel is not installed")
			}
			return err
		},
	}
	p.flags(cmd)
	cmd.Flags().BoolVar(&isLive, "live", false, "the live kernel")
	return cmd
}

// kernelLiveCommand is what Jupyter starts.
func (a *app) kernelLiveCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:    "live",
		Short:  "Serve the live kernel, for Jupyter",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return withHint(usagef("kernel live: --connection-file is needed"), "Jupyter starts this command by itself after `jamba kernel install --live`")
			}
			c, err := live.ReadConnection(file)
			if err != nil {
				return inputError(err)
			}
			ctx, stop := kernelContext(cmd.Context())
			defer stop()
			return live.Run(ctx, live.Options{Connection: c, Version: buildVersion()})
		},
	}
	cmd.Flags().StringVar(&file, "connection-file", "", "written by Jupyter")
	return cmd
}

// kernelContext ends with SIGTERM. An interrupt does not end a kernel: Ctrl-C in the terminal of Jupyter reaches it too,
// and it is Jupyter that decides.
func kernelContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(parent), syscall.SIGTERM)
	ignore := make(chan os.Signal, 1)
	if runtime.GOOS != "windows" {
		signal.Notify(ignore, os.Interrupt) // received, and nothing done about it
	}
	return ctx, func() {
		signal.Stop(ignore)
		stop()
	}
}

// kernelGonbCommand is what Jupyter starts for the GoNB kernel.
func (a *app) kernelGonbCommand() *cobra.Command {
	var file, dir string
	cmd := &cobra.Command{
		Use:    "gonb",
		Short:  "Serve the GoNB kernel, for Jupyter",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := kernelContext(cmd.Context())
			defer stop()
			return gonb.Launch(ctx, gonb.LaunchOptions{ConnectionFile: file, Dir: dir, Environ: a.Environ, Explain: live.Explain})
		},
	}
	cmd.Flags().StringVar(&file, "connection-file", "", "written by Jupyter")
	cmd.Flags().StringVar(&dir, "dir", "", "where `jamba kernel install` put GoNB")
	return cmd
}

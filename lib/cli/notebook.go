package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/kernel/gonb"
	"github.com/jamba-threat/jamba/kernel/kernelspec"
)

func (a *app) notebookCommand() *cobra.Command {
	var isLive, noBrowser bool
	cmd := &cobra.Command{
		Use:   "notebook [DIR] [-- ARGUMENTS OF JUPYTER]",
		Short: "Start JupyterLab with a kernel of this library",
		Long: `Start JupyterLab in a folder (the current one, if none is named) with one of the kernels of this library as the default for
new notebooks: GoNB when it is installed, with --live the live kernel, which is installed if need be. Ctrl-C ends it.`,
		Example: `  jamba notebook --live
  jamba notebook notebooks
  jamba notebook --live -- --port 9000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, rest := ".", args
			if n := cmd.ArgsLenAtDash(); n != 0 && len(args) > 0 {
				if n > 1 || n < 0 && len(args) > 1 {
					return withHint(usagef("notebook: one folder at most"), "what stands behind -- goes to Jupyter")
				}
				dir, rest = args[0], args[1:]
			}
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return inputError(fmt.Errorf("notebook: %s is no folder", dir))
			}
			jupyter := a.lookPath("jupyter")
			if jupyter == "" {
				return withHint(errors.New("notebook: there is no jupyter command on PATH"), "python3 -m pip install jupyterlab")
			}
			kernel, err := a.notebookKernel(isLive)
			if err != nil {
				return err
			}
			argv := []string{"lab", "--notebook-dir", dir, "--MultiKernelManager.default_kernel_name=" + kernel}
			if noBrowser {
				argv = append(argv, "--no-browser")
			}
			return a.runJupyter(cmd.Context(), jupyter, append(argv, rest...))
		},
	}
	cmd.Flags().BoolVar(&isLive, "live", false, "new notebooks use the live kernel")
	cmd.Flags().BoolVar(&noBrowser, "no-browser", false, "print the address, open no browser")
	return cmd
}

// notebookKernel returns the kernel for new notebooks, and makes sure that it is installed.
func (a *app) notebookKernel(isLive bool) (string, error) {
	data, err := kernelspec.DataDir(a.env)
	if err != nil {
		return "", err
	}
	name := gonb.Kernel
	if isLive {
		name = liveKernel
	}
	s, err := kernelspec.Read(data, name)
	if err == nil && len(s.Argv) > 0 {
		if _, err := os.Stat(s.Argv[0]); err == nil {
			return name, nil
		}
		err = fmt.Errorf("its program %s is not there any more", s.Argv[0])
	}
	if isLive {
		return name, a.installLive(data)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not installed")
	}
	return "", withHint(fmt.Errorf("notebook: the GoNB kernel cannot be used: %w", err),
		"`jamba kernel install` installs it; `jamba notebook --live` uses the kernel that needs no Go")
}

// runJupyter runs Jupyter until it ends or the user interrupts. It gets the interrupt too, asks whether it is meant, and has
// some seconds to shut its kernels down.
func (a *app) runJupyter(ctx context.Context, jupyter string, args []string) error {
	cmd := exec.CommandContext(ctx, jupyter, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Environ, a.Stdin, a.Stdout, a.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("notebook: %s %s: %w", jupyter, args[0], err)
	}
	if err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	return nil
}

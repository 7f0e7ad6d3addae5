package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jamba-threat/jamba/kernel/gonb"
	"github.com/jamba-threat/jamba/kernel/kernelspec"
)

func (a *app) kernelDoctorCommand() *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what the kernels lack, and the command that mends it",
		Long: `Check everything that the two kernels need: Jupyter, the kernelspecs and what they point to, Go for GoNB. What is missing is
printed with the command that mends it. The exit code is 0 when a kernel that is installed has all that it needs, and 1
when one lacks something or none is installed. Nothing is changed.`,
		Example: "  jamba kernel doctor",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := p.dataDir(a)
			if err != nil {
				return err
			}
			return a.kernelDoctor(cmd.Context(), data)
		},
	}
	p.flags(cmd)
	return cmd
}

// kernelDoctor checks each kernel that is installed. Of one that is not, its absence is all there is to say.
func (a *app) kernelDoctor(ctx context.Context, data string) error {
	installed, lacking := 0, 0
	for _, k := range []struct {
		name, display, install string
		checks                 func() []gonb.Check
	}{
		{liveKernel, liveDisplay, "jamba kernel install --live", func() []gonb.Check { return a.checkLive(ctx, data) }},
		{gonb.Kernel, gonb.DisplayName, "jamba kernel install", func() []gonb.Check {
			return gonb.Doctor(ctx, gonb.Options{Jupyter: data, Executable: a.Executable, Environ: a.Environ})
		}},
	} {
		a.print("%s\n", k.display)
		if _, err := os.Stat(kernelspec.Dir(data, k.name)); errors.Is(err, fs.ErrNotExist) {
			a.print("  not installed: %s\n\n", k.install)
			continue
		}
		installed++
		for _, c := range k.checks() {
			a.print("  %s\n", strings.ReplaceAll(c.String(), "\n", "\n  "))
			if !c.OK {
				lacking++
			}
		}
		a.print("\n")
	}
	switch {
	case installed == 0:
		return withHint(errors.New("kernel doctor: no kernel is installed"), "`jamba kernel install --live` needs nothing but this program")
	case lacking > 0:
		return fmt.Errorf("kernel doctor: missing or broken: %d", lacking)
	}
	return nil
}

// checkLive checks the kernelspec of the live kernel, the program that it starts, and Jupyter.
func (a *app) checkLive(ctx context.Context, data string) []gonb.Check {
	const mend = "jamba kernel install --live"
	spec := gonb.Check{Name: "kernelspec", Detail: kernelspec.Dir(data, liveKernel), OK: true}
	found, err := kernelspec.Read(data, liveKernel)
	switch {
	case err != nil:
		spec.OK, spec.Detail, spec.Fix = false, err.Error(), mend
	case len(found.Argv) == 0 || !slices.Equal(found.Argv, liveSpec(found.Argv[0]).Argv) || found.InterruptMode != "message":
		spec.OK, spec.Fix = false, mend
		spec.Detail += " is of another version of jamba"
	}
	checks := []gonb.Check{spec}
	if spec.OK {
		checks = append(checks, checkProgram(ctx, found.Argv[0], mend))
	}
	return append(checks, a.checkJupyter())
}

// checkProgram runs the program that Jupyter would start: one that was moved or replaced is the usual fault.
func checkProgram(ctx context.Context, program, mend string) gonb.Check {
	c := gonb.Check{Name: "program", Detail: program, Fix: mend}
	if _, err := os.Stat(program); err != nil {
		c.Detail = program + " is not there any more"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "version").Output()
	if err != nil {
		c.Detail = fmt.Sprintf("%s does not run: %v", program, err)
		return c
	}
	fields := strings.Fields(string(out))
	if len(fields) < 2 || fields[0] != "jamba" {
		c.Detail = program + " is not jamba"
		return c
	}
	if fields[1] != buildVersion() {
		c.Detail = fmt.Sprintf("%s is version %s, this is %s", program, fields[1], buildVersion())
		return c
	}
	return gonb.Check{Name: c.Name, OK: true, Detail: program}
}

func (a *app) checkJupyter() gonb.Check {
	if path := a.lookPath("jupyter"); path != "" {
		return gonb.Check{Name: "jupyter", OK: true, Detail: path}
	}
	return gonb.Check{
		Name: "jupyter", Detail: "there is no jupyter command on PATH (editors that open notebooks themselves do without)",
		Fix: "python3 -m pip install jupyterlab",
	}
}

// lookPath finds a program on the PATH of the state; "" when there is none.
func (a *app) lookPath(name string) string {
	for _, dir := range filepath.SplitList(a.env("PATH")) {
		if dir == "" {
			continue
		}
		path := filepath.Join(dir, name)
		if found, err := exec.LookPath(path); err == nil && filepath.IsAbs(found) {
			return found
		}
	}
	return ""
}

package live

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/jamba-threat/jamba/kernel/live/cells"
)

// directive obeys a line of a cell that begins with % or !. Those of GoNB that say how its programs are built mean nothing
// here, so that a notebook runs on both kernels.
func (k *Kernel) directive(d cells.Directive) error {
	if d.Text[0] == '!' {
		return k.shellCommand(d)
	}
	fields := strings.Fields(d.Text[1:])
	if len(fields) == 0 {
		return nil
	}
	switch fields[0] {
	case "%", "main", "test", "args", "autoget", "noautoget", "goflags", "goworkfix", "track", "untrack", "exec", "with_inputs", "with_password":
		return nil
	case "env":
		name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(d.Text[1:], "env")), " ")
		if n, v, eq := strings.Cut(name, "="); eq {
			name, value, ok = n, strings.TrimSpace(v+" "+value), true
		}
		if !ok {
			return fmt.Errorf("line %d: %s: want %%env NAME VALUE", d.Line, d.Text)
		}
		return os.Setenv(name, strings.TrimSpace(value))
	case "cd":
		if len(fields) != 2 {
			return fmt.Errorf("line %d: %s: want %%cd FOLDER", d.Line, d.Text)
		}
		return os.Chdir(fields[1])
	case "help":
		_, err := io.WriteString(k.out.streams[0], help)
		return err
	}
	if strings.HasPrefix(fields[0], "%") { // %% with arguments
		return nil
	}
	return fmt.Errorf("line %d: %%%s is not known here; %%help lists what is", d.Line, fields[0])
}

const help = `Cells are Go: declarations and statements, in any order. Variables, functions, types and imports stay.

  x := 1          declares x for all cells; running it again sets it again
  x               a last expression is shown
  func f() {}     declaring f again replaces it for everyone who calls it
  ctx             a context.Context that the stop button ends: cfg.Fit(ctx, ...)
  %env NAME VALUE sets a variable of the environment
  %cd FOLDER      changes the folder
  !COMMAND        runs a command of the shell
  %%              and other directives of GoNB are accepted and mean nothing
`

// shellCommand runs a line with the system's shell. An interrupt ends it.
func (k *Kernel) shellCommand(d cells.Directive) error {
	line := strings.TrimLeft(d.Text[1:], "* ")
	k.context.renew()
	cmd := exec.CommandContext(k.context, "sh", "-c", line)
	cmd.Stdout, cmd.Stderr = k.out.streams[0].w, k.out.streams[1].w
	killWhole(cmd)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("line %d: !%s: %w", d.Line, line, err)
	}
	return nil
}

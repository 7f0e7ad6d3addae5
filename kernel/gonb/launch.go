package gonb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// LaunchOptions are what the kernelspec says to `jamba kernel gonb`.
type LaunchOptions struct {
	ConnectionFile string   // written by Jupyter
	Dir            string   // as Options.Dir
	Environ        []string // nil = os.Environ()
	// Explain serves a kernel on the connection file whose every cell fails with the message, until Jupyter ends it. nil
	// makes Launch return the message as an error.
	Explain func(ctx context.Context, connectionFile, message string) error
}

// Launch starts GoNB in place of this process, and does not return then. When GoNB could not work, it explains why in the
// notebook, see LaunchOptions.Explain.
func Launch(ctx context.Context, o LaunchOptions) error {
	if o.ConnectionFile == "" {
		return errors.New("gonb: launch: no connection file is named; Jupyter names it, see `jamba kernel install`")
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	path, args, env, err := prepare(ctx, o)
	if err == nil {
		err = become(path, args, env)
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if o.Explain == nil {
		return fmt.Errorf("gonb: launch: %w", err)
	}
	return o.Explain(ctx, o.ConnectionFile, DisplayName+" cannot run cells: "+err.Error()+
		"\n\nAfterwards restart the kernel. `jamba kernel doctor` checks the whole set-up.")
}

// prepare checks what a kernel needs, in the order in which one depends on the other, and returns the command line and
// environment of GoNB. Its errors end with the way out.
func prepare(ctx context.Context, o LaunchOptions) (path string, args, env []string, err error) {
	if o.Dir == "" {
		if o.Dir, err = userDir((&environment{vars: o.Environ}).get); err != nil {
			return "", nil, nil, err
		}
	}
	again := "\nMend it with: jamba kernel install"
	s, err := readState(o.Dir)
	if err != nil {
		return "", nil, nil, fmt.Errorf("its installation in %s is gone (%w).%s", o.Dir, err, again)
	}
	e := newEnvironment(o.Environ, s.Go)
	if e.gobin == "" {
		return "", nil, nil, fmt.Errorf("there is no Go here, and GoNB compiles cells with it. It was %s when the kernel was installed; PATH is %s."+
			"\nInstall Go, or use the kernel that needs none: jamba kernel install --live", s.Go, e.get("PATH"))
	}
	for _, t := range tools {
		if program := filepath.Join(o.Dir, "bin", t.name); !isProgram(program) {
			return "", nil, nil, fmt.Errorf("there is no program %s.%s", program, again)
		}
	}
	if script := filepath.Join(o.Dir, "bin", "go"); !isProgram(script) {
		return "", nil, nil, fmt.Errorf("there is no program %s.%s", script, again)
	}
	if err := checkModule(s.Module); err != nil {
		return "", nil, nil, fmt.Errorf("cells cannot import the library: %w.\nMend it with `jamba kernel install`, in a checkout of the library", err)
	}
	e.forCells(s, o.Dir)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	// The cheapest command for which Go reads go.mod: it says so when it is too old for the module.
	if _, err := e.goCommand(ctx, s.Module, "list", "-m"); err != nil {
		return "", nil, nil, fmt.Errorf("%s cannot use %s: %w.%s", e.gobin, s.Module, err, again)
	}
	path = filepath.Join(o.Dir, "bin", tools[0].name)
	return path, []string{path, "--kernel", o.ConnectionFile, "-go_work=" + s.Module, "-raw_error"}, e.vars, nil
}

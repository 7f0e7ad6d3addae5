package gonb

import (
	"context"
	"errors"
	"fmt"
	goversion "go/version"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Check is one finding of Doctor.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found, or what is wrong
	Fix    string `json:"fix"`    // the command that mends it; "" where there is nothing to mend
}

// String returns the finding as one line, and the way out as a second.
func (c Check) String() string {
	mark := "ok     "
	if !c.OK {
		mark = "missing"
	}
	line := fmt.Sprintf("%s  %-10s  %s", mark, c.Name, c.Detail)
	if c.Fix != "" {
		line += "\n         mend it:    " + c.Fix
	}
	return line
}

const reinstall = "jamba kernel install"

// Doctor checks everything that a notebook on this kernel needs, each thing on its own: one fault does not hide another.
// It changes nothing, and takes a second or two.
func Doctor(ctx context.Context, o Options) []Check {
	o, err := o.resolve()
	if err != nil {
		return []Check{{Name: "folders", Detail: err.Error(), Fix: "set HOME"}}
	}
	s, stateErr := readState(o.Dir)
	e := newEnvironment(o.Environ, s.Go)
	checks := []Check{e.checkGo(ctx), checkJupyter(ctx, e)}
	for _, t := range tools {
		c := Check{Name: t.name, OK: true, Detail: pinned(t.module) + ", " + filepath.Join(o.Dir, "bin", t.name)}
		if err := t.check(o.Dir); err != nil {
			c = Check{Name: t.name, Detail: err.Error(), Fix: reinstall}
		}
		checks = append(checks, c)
	}
	if script := filepath.Join(o.Dir, "bin", "go"); stateErr == nil && !isProgram(script) {
		checks = append(checks, Check{Name: "go script", Detail: "there is no " + script, Fix: reinstall})
	}
	checks = append(checks, checkSpec(o), checkImports(ctx, o, e, s, stateErr))
	return checks
}

func (e *environment) checkGo(ctx context.Context) Check {
	c := Check{Name: "go", Fix: "install Go " + minimumGo() + " or newer and put it on PATH"}
	if e.gobin == "" {
		c.Detail = errNoGo.Error()
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	facts, err := e.facts(ctx)
	if err != nil {
		c.Detail = fmt.Sprintf("%s does not run: %v", e.gobin, err)
		return c
	}
	if goversion.Compare(firstWord(facts.Version), "go"+minimumGo()) < 0 {
		c.Detail = fmt.Sprintf("%s is %s, too old", e.gobin, facts.Version)
		return c
	}
	return Check{Name: c.Name, OK: true, Detail: fmt.Sprintf("%s, %s", facts.Version, e.gobin)}
}

// checkJupyter looks for what opens notebooks; any front end that reads Jupyter's kernelspecs will do.
func checkJupyter(ctx context.Context, e *environment) Check {
	c := Check{Name: "jupyter", Fix: "python3 -m pip install jupyterlab"}
	for _, dir := range filepath.SplitList(e.get("PATH")) {
		path := filepath.Join(dir, "jupyter")
		if !filepath.IsAbs(path) || !isProgram(path) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, "kernelspec", "--version")
		cmd.Env, cmd.WaitDelay = e.vars, 5*time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			c.Detail = fmt.Sprintf("%s does not run: %v", path, joinText(err, lastLine(string(out))))
			return c
		}
		return Check{Name: c.Name, OK: true, Detail: path}
	}
	c.Detail = "there is no jupyter command on PATH (editors that open notebooks themselves do without)"
	return c
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// checkSpec compares the kernelspec with the one that Install would write now.
func checkSpec(o Options) Check {
	c := Check{Name: "kernelspec", Fix: reinstall}
	dir, found, err := readSpec(o)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Detail = "Jupyter does not know the kernel: there is no " + dir
		return c
	case err != nil:
		c.Detail = err.Error()
		return c
	}
	if len(found.Argv) == 0 || !isProgram(found.Argv[0]) {
		c.Detail = fmt.Sprintf("%s starts %q, which is not there any more", dir, slices.Concat(found.Argv, []string{""})[0])
		return c
	}
	if want := spec(found.Argv[0], o.Dir); !slices.Equal(found.Argv, want.Argv) || found.InterruptMode != want.InterruptMode {
		c.Detail = dir + " is of another version of jamba, or belongs to another folder than " + o.Dir
		return c
	}
	return Check{Name: c.Name, OK: true, Detail: dir}
}

// checkImports tries what GoNB does first: a workspace of a cell and the library.
func checkImports(ctx context.Context, o Options, e *environment, s state, stateErr error) Check {
	c := Check{Name: "imports", Fix: reinstall}
	if stateErr != nil {
		c.Detail = "nothing is installed in " + o.Dir
		if !errors.Is(stateErr, fs.ErrNotExist) {
			c.Detail = stateErr.Error()
		}
		return c
	}
	if err := checkModule(s.Module); err != nil {
		c.Detail, c.Fix = err.Error(), "jamba kernel install, in a checkout of the library"
		return c
	}
	if e.gobin == "" {
		c.Detail, c.Fix = "cannot be tried without Go", ""
		return c
	}
	e.forCells(s, o.Dir)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := tryImport(ctx, e, s.Module); err != nil {
		c.Detail = fmt.Sprintf("a cell cannot import %s/lib/threat from %s: %v", modulePath, s.Module, err)
		return c
	}
	return Check{Name: c.Name, OK: true, Detail: modulePath + " from " + s.Module}
}

// minimumGo is the version of Go that the tools need; the library needs the same.
func minimumGo() string {
	for line := range strings.Lines(string(toolsMod)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "go" {
			return f[1]
		}
	}
	return ""
}

// firstWord drops what a Go of one's own appends to its version.
func firstWord(version string) string {
	word, _, _ := strings.Cut(version, " ")
	return word
}

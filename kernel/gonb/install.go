package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// ErrUnsupported is returned by Install where GoNB does not run: it needs Unix's named pipes.
var ErrUnsupported = errors.New("gonb: GoNB does not run on this system")

// Installed says what Install did.
type Installed struct {
	Spec       string `json:"spec"`       // folder of the kernelspec
	Dir        string `json:"dir"`        // folder of programs and record
	Module     string `json:"module"`     // folder that cells import the module from
	Executable string `json:"executable"` // the jamba that Jupyter starts
	GoNB       string `json:"gonb"`       // versions
	Goimports  string `json:"goimports"`  //
	Go         string `json:"go"`         //
}

// String describes the installation in a few lines.
func (i Installed) String() string {
	return fmt.Sprintf("%s\n  kernelspec  %s\n  programs    %s (GoNB %s, goimports %s, %s)\n  imports     %s\n",
		DisplayName, i.Spec, filepath.Join(i.Dir, "bin"), i.GoNB, i.Goimports, i.Go, i.Module)
}

// state is what an installation remembers, in the file installation.json of its folder.
type state struct {
	Module     string `json:"module"`
	Go         string `json:"go"` // path of the go command
	ModCache   string `json:"gomodcache"`
	BuildCache string `json:"gocache"`
	Spec       string `json:"spec"` // folder of the kernelspec
}

func statePath(dir string) string { return filepath.Join(dir, "installation.json") }

func readState(dir string) (state, error) {
	var s state
	text, err := os.ReadFile(statePath(dir))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", statePath(dir), err)
	}
	return s, nil
}

// cellPackages are what cells usually import; Install compiles them, so that no cell has to.
var cellPackages = [...]string{"kernel/notebook", "lib/data", "lib/metrics", "lib/plot", "lib/score", "lib/threat", "lib/track"}

// Install makes the kernel, or mends it: called again it brings everything up to date. It needs Go, and a network where
// Go's module cache lacks something. Jupyter need not be there yet.
//
// Errors: ErrUnsupported; no Go, or too old a one; no folder with the sources; what the compiler says; the disk's. What
// was installed before stays usable until its replacement is complete.
func Install(ctx context.Context, o Options) (Installed, error) {
	var done Installed
	if !supported {
		return done, fmt.Errorf("%w (%s): install the live kernel instead, or use WSL", ErrUnsupported, runtime.GOOS)
	}
	o, err := o.resolve()
	if err != nil {
		return done, err
	}
	e := newEnvironment(o.Environ, "")
	e.forBuilds(cellTags)
	done, err = install(ctx, o, e)
	if errors.Is(err, errNoGo) {
		return done, fmt.Errorf("gonb: install: %w; GoNB compiles cells with it: install Go, or the live kernel, which needs none", err)
	}
	if err != nil {
		return done, fmt.Errorf("gonb: install: %w", err)
	}
	return done, nil
}

func install(ctx context.Context, o Options, e *environment) (Installed, error) {
	done := Installed{Dir: o.Dir, GoNB: pinned(tools[0].module), Goimports: pinned(tools[1].module)}
	facts, err := e.facts(ctx)
	if err != nil {
		return done, err
	}
	done.Go = facts.Version
	if done.Module, err = findModule(ctx, o, e); err != nil {
		return done, err
	}
	if done.Executable, err = lasting(o); err != nil {
		return done, err
	}
	o.Note("building GoNB " + done.GoNB + " and goimports " + done.Goimports)
	if err := buildTools(ctx, e, o.Dir); err != nil {
		return done, err
	}
	if err := warm(ctx, o, e, done.Module, facts); err != nil {
		return done, err
	}
	s := state{Module: done.Module, Go: e.gobin, ModCache: facts.ModCache, BuildCache: facts.BuildCache}
	if done.Spec, err = writeSpec(o, done.Executable); err != nil {
		return done, err
	}
	s.Spec = done.Spec
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return done, err
	}
	return done, writeFile(statePath(o.Dir), append(text, '\n'))
}

// warm compiles what cells import, as cells will: without XLA, and where there is a C compiler with it. This also fetches
// what the module cache lacks, which the kernel itself never does.
func warm(ctx context.Context, o Options, e *environment, module string, facts goFacts) error {
	variants := map[string]string{"for cells": cellTags}
	if facts.Cgo == "1" {
		variants["for cells that ask for XLA"] = "xla"
	}
	args := []string{"build"}
	for _, pkg := range cellPackages {
		if _, err := os.Stat(filepath.Join(module, filepath.FromSlash(pkg))); err == nil {
			args = append(args, "./"+pkg)
		}
	}
	for what, tags := range variants {
		o.Note("compiling the library " + what + "; a minute or two the first time")
		began := time.Now()
		build := newEnvironment(e.vars, e.gobin)
		build.forBuilds(tags)
		if _, err := build.goCommand(ctx, module, args...); err != nil {
			return fmt.Errorf("compile the library %s: %w", what, err)
		}
		o.Note(fmt.Sprintf("compiled in %.0f s", time.Since(began).Seconds()))
	}
	return nil
}

// Uninstall removes the kernelspec and everything in Options.Dir that Install put there, and returns what it removed.
// Nothing to remove is no error. Go's caches stay.
func Uninstall(_ context.Context, o Options) ([]string, error) {
	o, err := o.resolve()
	if err != nil {
		return nil, err
	}
	var removed []string
	spec, err := removeSpec(o)
	if err != nil {
		return nil, fmt.Errorf("gonb: uninstall: %w", err)
	}
	removed = append(removed, spec...)
	for _, name := range []string{"bin", "tools", filepath.Base(statePath(o.Dir))} {
		path := filepath.Join(o.Dir, name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return removed, fmt.Errorf("gonb: uninstall: %w", err)
		}
		removed = append(removed, path)
	}
	if entries, err := os.ReadDir(o.Dir); err == nil && len(entries) == 0 {
		_ = os.Remove(o.Dir) // an empty folder that stays does no harm
	}
	return removed, nil
}

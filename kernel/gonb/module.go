package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// modulePath is the module that cells import from.
const modulePath = "github.com/jamba-threat/jamba"

// findModule returns the folder that cells shall import this module from, see Options.Module.
func findModule(ctx context.Context, o Options, e *environment) (string, error) {
	if o.Module != "" {
		return o.Module, checkModule(o.Module)
	}
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if checkModule(dir) == nil {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Path == modulePath && isRelease(info.Main.Version) {
		return downloadModule(ctx, e, info.Main.Version)
	}
	// A program that was built in a checkout knows that folder, unless it was built with -trimpath.
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
		if checkModule(dir) == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no folder holds the sources of %s: run this inside a checkout, or name one", modulePath)
}

// isRelease reports whether a version of the build information is one that a module proxy could have.
func isRelease(version string) bool {
	return strings.HasPrefix(version, "v") && !strings.Contains(version, "+")
}

// checkModule reports why a folder is not the root of this module.
func checkModule(dir string) error {
	if strings.Contains(dir, ",") {
		return fmt.Errorf("GoNB cannot use the folder %s: there is a comma in its name", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return fmt.Errorf("%s is not the root of a module: %w", dir, err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "module" {
			if f[1] != modulePath {
				return fmt.Errorf("%s is the module %s, not %s", dir, f[1], modulePath)
			}
			return nil
		}
	}
	return fmt.Errorf("%s: go.mod names no module", dir)
}

// downloadModule returns the folder of a version in Go's module cache; without a network it must already be there.
func downloadModule(ctx context.Context, e *environment, version string) (string, error) {
	out, err := e.goCommand(ctx, os.TempDir(), "mod", "download", "-json", modulePath+"@"+version)
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); err == nil {
		err = jsonErr
	}
	if err == nil && module.Error != "" {
		err = errors.New(module.Error)
	}
	if err != nil {
		return "", fmt.Errorf("the sources of %s %s: %w", modulePath, version, err)
	}
	return module.Dir, checkModule(module.Dir)
}

// tryImport builds nothing but resolves, as a cell would, what the library imports: in a workspace of an empty module and
// the folder, without a network.
func tryImport(ctx context.Context, e *environment, module string) error {
	dir, err := os.MkdirTemp("", "jamba-gonb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cell := "package main\n\nimport _ \"" + modulePath + "/lib/threat\"\n\nfunc main() {}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(cell), 0o666); err != nil {
		return err
	}
	for _, args := range [][]string{{"mod", "init", "cell"}, {"work", "init"}, {"work", "use", ".", module}, {"list", "-deps", "."}} {
		if _, err := e.goCommand(ctx, dir, args...); err != nil {
			return err
		}
	}
	return nil
}

package gonb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Tags of the build of a cell, which is linked anew each time. XLA and Parquet link several times as much as the rest of
// the library; the other two keep the C library out of net and os/user, which spares the runtime of cgo without forbidding
// cgo to a cell that asks for XLA.
const cellTags = "noxla,noparquet,netgo,osusergo"

// environment is a process environment together with the Go that runs in it.
type environment struct {
	vars  []string // "KEY=value"
	gobin string   // path of the go command, "" when there is none
}

// realGo is the variable that tells goScript where Go is. Whoever runs inside a notebook finds Go by it and not by PATH,
// where the script stands first.
const realGo = "JAMBA_GO"

// goScript stands before Go on the kernel's PATH. GoNB runs `go get` in every cell, and only a line in a cell,
// %noautoget, would stop it. Where nothing may be fetched it has nothing to do, takes a tenth of the cell's time, and hides the
// compiler's clear message about an import that is not there.
const goScript = `#!/bin/sh
# Written by jamba kernel install. Go itself, but for what GoNB does before each cell.
if [ "$GOPROXY" = off ] && [ "$PWD" -ef "$GONB_TMP_DIR" ]; then
	case "$*" in get | "get -t") exit 0 ;; esac
fi
exec "$` + realGo + `" "$@"
`

// newEnvironment finds Go: on the PATH of vars, else where it was when the kernel was installed (a Jupyter that was
// started from a desktop has a shorter PATH than a terminal).
func newEnvironment(vars []string, remembered string) *environment {
	e := &environment{vars: slices.Clone(vars)}
	if path := e.get(realGo); path != "" && isProgram(path) {
		e.gobin = path
		return e
	}
	for _, dir := range filepath.SplitList(e.get("PATH")) {
		if path := filepath.Join(dir, goName); filepath.IsAbs(path) && isProgram(path) {
			e.gobin = path
			return e
		}
	}
	if remembered != "" && isProgram(remembered) {
		e.gobin = remembered
	}
	return e
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && executable(info)
}

func (e *environment) get(key string) string {
	value := ""
	for _, v := range e.vars {
		if k, rest, _ := strings.Cut(v, "="); k == key {
			value = rest
		}
	}
	return value
}

// set replaces a variable.
func (e *environment) set(key, value string) {
	e.unset(key)
	e.vars = append(e.vars, key+"="+value)
}

func (e *environment) unset(key string) {
	e.vars = slices.DeleteFunc(e.vars, func(v string) bool { return strings.HasPrefix(v, key+"=") })
}

// forBuilds makes the environment one in which the module's own files decide: no workspace of the user, no other
// toolchain, no -mod flag, which a workspace refuses.
func (e *environment) forBuilds(tags string) {
	e.set("GOWORK", "")
	e.set("GO111MODULE", "")
	e.set("GOTOOLCHAIN", "local")
	flags := slices.DeleteFunc(strings.Fields(e.get("GOFLAGS")), func(f string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		return slices.Contains([]string{"mod", "modfile", "tags", "ldflags"}, name)
	})
	e.set("GOFLAGS", strings.Join(append(flags, "-tags="+tags, "-ldflags=-w", "-buildvcs=false"), " "))
}

// forCells is the environment of the kernel: that of builds, without a network, with the kernel's programs first.
func (e *environment) forCells(s state, dir string) {
	e.forBuilds(cellTags)
	e.set("GOPROXY", "off")
	e.set(realGo, e.gobin)
	e.set("PATH", strings.Join(slices.DeleteFunc([]string{filepath.Join(dir, "bin"), goDir(e.gobin), e.get("PATH")},
		func(p string) bool { return p == "" }), string(filepath.ListSeparator)))
	for key, value := range map[string]string{"GOMODCACHE": s.ModCache, "GOCACHE": s.BuildCache} {
		if e.get(key) == "" && value != "" {
			e.set(key, value)
		}
	}
}

func goDir(gobin string) string {
	if gobin == "" {
		return ""
	}
	return filepath.Dir(gobin)
}

// errNoGo is returned where Go is needed and not found.
var errNoGo = errors.New("there is no go command on PATH")

// goCommand runs Go and returns what it prints. The error holds what it printed to standard error.
func (e *environment) goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	if e.gobin == "" {
		return nil, errNoGo
	}
	cmd := exec.CommandContext(ctx, e.gobin, args...)
	cmd.Dir, cmd.Env = dir, e.vars
	cmd.WaitDelay = 5 * time.Second // a compiler that outlives a cancelled go command holds its pipes
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("go %s: %w", args[0], joinText(err, stderr.String()))
	}
	return stdout.Bytes(), nil
}

// joinText prefers what a program said to its exit status.
func joinText(err error, said string) error {
	if said = strings.TrimSpace(said); said != "" {
		return errors.New(said)
	}
	return err
}

// goFacts is what an installation remembers of Go.
type goFacts struct {
	Version    string `json:"GOVERSION"`
	ModCache   string `json:"GOMODCACHE"`
	BuildCache string `json:"GOCACHE"`
	Cgo        string `json:"CGO_ENABLED"`
}

func (e *environment) facts(ctx context.Context) (goFacts, error) {
	var f goFacts
	out, err := e.goCommand(ctx, "", "env", "-json", "GOVERSION", "GOMODCACHE", "GOCACHE", "CGO_ENABLED")
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(out, &f)
}

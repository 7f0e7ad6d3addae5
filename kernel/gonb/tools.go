package gonb

import (
	"context"
	"debug/buildinfo"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The module that pins GoNB and goimports. It has its own names and not go.mod and go.sum, because a folder with a go.mod
// is another module, whose files cannot be embedded and do not come along when this one is installed by version. To
// update: go get -modfile=kernel/gonb/tools/gonb.mod -tool MODULE@VERSION, in the root of the repository.
var (
	//go:embed tools/gonb.mod
	toolsMod []byte
	//go:embed tools/gonb.sum
	toolsSum []byte
)

// tool is a program of the tools module.
type tool struct {
	name   string // of the binary
	module string
	role   string // why it is needed, for messages
}

var tools = [...]tool{
	{name: "gonb", module: "github.com/janpfeifer/gonb", role: "the kernel itself"},
	{name: "goimports", module: "golang.org/x/tools", role: "GoNB runs it on every cell"},
}

// pinned returns the version of a module in the tools module.
func pinned(module string) string {
	for line := range strings.Lines(string(toolsMod)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == module {
			return f[1]
		}
	}
	return ""
}

// buildTools builds the pinned programs into dir/bin, beside the script before Go. With a filled module cache it needs no
// network.
func buildTools(ctx context.Context, e *environment, dir string) error {
	src := filepath.Join(dir, "tools")
	if err := os.MkdirAll(src, 0o777); err != nil {
		return err
	}
	for name, text := range map[string][]byte{"go.mod": toolsMod, "go.sum": toolsSum} {
		if err := writeFile(filepath.Join(src, name), text); err != nil {
			return err
		}
	}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o777); err != nil {
		return err
	}
	_, err := e.goCommand(ctx, src, "build", "-trimpath", "-ldflags=-s -w", "-o", bin+string(filepath.Separator), "tool")
	if err != nil {
		return fmt.Errorf("build GoNB and goimports: %w; the first time, Go fetches their sources: is there a way to a module proxy?", err)
	}
	return writeProgram(filepath.Join(bin, "go"), []byte(goScript))
}

// check reports why a tool cannot be used: it is absent, cannot be run or has another version than the pinned one.
func (t tool) check(dir string) error {
	path := filepath.Join(dir, "bin", t.name)
	info, err := buildinfo.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s (%s)", path, t.role)
	case err != nil:
		return fmt.Errorf("%s is no program built by Go: %w", path, err)
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == t.module {
			if want := pinned(t.module); m.Version != want {
				return fmt.Errorf("%s is version %s, this jamba wants %s", path, m.Version, want)
			}
			return nil
		}
	}
	return fmt.Errorf("%s was not built from %s", path, t.module)
}

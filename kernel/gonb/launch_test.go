package gonb

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// standIn makes what Launch looks at, without the programs' content.
func standIn(t *testing.T) (dir string, s state) {
	t.Helper()
	needGo(t)
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools {
		script(t, filepath.Join(dir, "bin", tool.name), "exit 0")
	}
	write(t, goScript, dir, "bin", "go")
	s = state{Module: testenv.Root(), Go: newEnvironment(os.Environ(), "").gobin}
	record(t, dir, s)
	return dir, s
}

func record(t *testing.T, dir string, s state) {
	t.Helper()
	write(t, `{"module": "`+s.Module+`", "go": "`+s.Go+`"}`, statePath(dir))
}

func TestPrepare(t *testing.T) {
	dir, s := standIn(t)
	vars := append(os.Environ(), "GOFLAGS=-mod=mod -race -tags=mine", "GOWORK=/somewhere/go.work", "GOPROXY=direct")
	path, args, env, err := prepare(t.Context(), LaunchOptions{ConnectionFile: "c.json", Dir: dir, Environ: vars})
	if err != nil {
		t.Fatal(err)
	}
	if path != filepath.Join(dir, "bin", "gonb") || !slices.Contains(args, "c.json") || !slices.Contains(args, "-go_work="+s.Module) {
		t.Errorf("starts %s %q", path, args)
	}
	e := &environment{vars: env}
	for key, want := range map[string]string{
		"GOFLAGS":     "-race -tags=" + cellTags + " -ldflags=-w -buildvcs=false",
		"GOWORK":      "",
		"GOPROXY":     "off",
		"GOTOOLCHAIN": "local",
		realGo:        s.Go,
	} {
		if got := e.get(key); got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	if first := filepath.SplitList(e.get("PATH"))[0]; first != filepath.Join(dir, "bin") {
		t.Errorf("PATH begins with %s: another goimports could be found first", first)
	}
}

// TestGoScript runs the script before Go as GoNB and as a cell would.
func TestGoScript(t *testing.T) {
	dir, _ := standIn(t)
	real := filepath.Join(dir, "real-go")
	script(t, real, `echo "go $*"`)
	elsewhere := t.TempDir()
	for _, c := range []struct {
		proxy, wd string
		args      []string
		want      string
	}{
		{"off", dir, []string{"get"}, ""},
		{"off", dir, []string{"get", "-t"}, ""},
		{"off", dir, []string{"get", "example.com/x@v1.0.0"}, "go get example.com/x@v1.0.0\n"},
		{"off", dir, []string{"build", "-o", "a b"}, "go build -o a b\n"},
		{"off", elsewhere, []string{"get"}, "go get\n"}, // a person's own module
		{"direct", dir, []string{"get"}, "go get\n"},    // a person who wants to fetch
	} {
		cmd := exec.Command(filepath.Join(dir, "bin", "go"), c.args...)
		cmd.Dir = c.wd
		cmd.Env = []string{"PATH=/bin:/usr/bin", "PWD=" + c.wd, "GOPROXY=" + c.proxy, "GONB_TMP_DIR=" + dir, realGo + "=" + real}
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != c.want {
			t.Errorf("%+v: %q, %v", c, out, err)
		}
	}
}

// TestPrepareRemembersGo is the Jupyter that a desktop started: without Go on its PATH.
func TestPrepareRemembersGo(t *testing.T) {
	dir, s := standIn(t)
	o := LaunchOptions{ConnectionFile: "c.json", Dir: dir, Environ: []string{"PATH=/bin", "HOME=" + os.Getenv("HOME")}}
	_, _, env, err := prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if e := (&environment{vars: env}); !slices.Contains(filepath.SplitList(e.get("PATH")), filepath.Dir(s.Go)) {
		t.Errorf("PATH=%s lacks the folder of %s", e.get("PATH"), s.Go)
	}
}

func TestLaunchExplains(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string, s state) (environ []string)
		want   []string
	}{
		{"no Go", func(t *testing.T, dir string, s state) []string {
			s.Go = filepath.Join(dir, "no", "go")
			record(t, dir, s)
			return []string{"PATH=/nowhere"}
		}, []string{"no Go here", "PATH is /nowhere", "--live"}},
		{"no gonb", func(t *testing.T, dir string, _ state) []string { remove(t, dir, "bin", "gonb"); return nil },
			[]string{"no program", "jamba kernel install"}},
		{"no goimports", func(t *testing.T, dir string, _ state) []string { remove(t, dir, "bin", "goimports"); return nil },
			[]string{"no program", "jamba kernel install"}},
		{"no record", func(t *testing.T, dir string, _ state) []string { remove(t, statePath(dir)); return nil },
			[]string{"is gone", "jamba kernel install"}},
		{"the checkout has moved", func(t *testing.T, dir string, s state) []string {
			s.Module = filepath.Join(dir, "gone")
			record(t, dir, s)
			return nil
		}, []string{"not the root of a module", "in a checkout"}},
		{"a newer Go is wanted", func(t *testing.T, dir string, s state) []string {
			s.Module = t.TempDir()
			write(t, "module "+modulePath+"\n\ngo 1.999\n", s.Module, "go.mod")
			record(t, dir, s)
			return nil
		}, []string{"go >= 1.999", "jamba kernel install"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, s := standIn(t)
			o := LaunchOptions{ConnectionFile: "c.json", Dir: dir, Environ: c.damage(t, dir, s)}
			err := Launch(t.Context(), o)
			if err == nil || !strings.HasPrefix(err.Error(), "gonb: launch: ") {
				t.Fatalf("without Explain: %v", err)
			}
			served := errors.New("served")
			o.Explain = func(_ context.Context, file, message string) error {
				for _, want := range append(c.want, DisplayName, "jamba kernel doctor") {
					if !strings.Contains(message, want) {
						t.Errorf("%q lacks %q", message, want)
					}
				}
				if file != "c.json" {
					t.Errorf("explains on %s", file)
				}
				return served
			}
			if err := Launch(t.Context(), o); !errors.Is(err, served) {
				t.Errorf("with Explain: %v", err)
			}
		})
	}
	if err := Launch(t.Context(), LaunchOptions{}); err == nil || !strings.Contains(err.Error(), "no connection file") {
		t.Errorf("without a connection file: %v", err)
	}
}

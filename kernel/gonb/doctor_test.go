package gonb

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDoctor breaks an installation in one way at a time. The cases share one: each is told how to break a copy.
func TestDoctor(t *testing.T) {
	whole := installation(t)
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, o *Options)
		check  string // the only one that may fail
		detail string
	}{
		{"nothing is broken", func(*testing.T, *Options) {}, "", ""},
		{"no gonb", func(t *testing.T, o *Options) { remove(t, o.Dir, "bin", "gonb") }, "gonb", "there is no"},
		{"no goimports", func(t *testing.T, o *Options) { remove(t, o.Dir, "bin", "goimports") }, "goimports", "there is no"},
		{"gonb is a script", func(t *testing.T, o *Options) { write(t, "#!/bin/sh\n", o.Dir, "bin", "gonb") }, "gonb", "no program built by Go"},
		{"gonb is another program", func(t *testing.T, o *Options) {
			remove(t, o.Dir, "bin", "gonb")
			if err := os.Link(filepath.Join(o.Dir, "bin", "goimports"), filepath.Join(o.Dir, "bin", "gonb")); err != nil {
				t.Fatal(err)
			}
		}, "gonb", "was not built from"},
		{"jamba has moved", func(t *testing.T, o *Options) { remove(t, o.Dir, "bin", program()) }, "kernelspec", "not there any more"},
		{"no kernelspec", func(t *testing.T, o *Options) { remove(t, o.Jupyter, "kernels", Kernel, "kernel.json") }, "kernelspec", "does not know"},
		{"damaged kernelspec", func(t *testing.T, o *Options) { write(t, "{", o.Jupyter, "kernels", Kernel, "kernel.json") }, "kernelspec", "kernel.json"},
		{"kernelspec of an older jamba", func(t *testing.T, o *Options) {
			edit(t, func(s map[string]any) { s["interrupt_mode"] = "signal" }, o.Jupyter, "kernels", Kernel, "kernel.json")
		}, "kernelspec", "another version"},
		{"the checkout has moved", func(t *testing.T, o *Options) {
			edit(t, func(s map[string]any) { s["module"] = filepath.Join(o.Dir, "gone") }, statePath(o.Dir))
		}, "imports", "not the root of a module"},
		{"a module is missing", func(t *testing.T, o *Options) {
			edit(t, func(s map[string]any) { s["gomodcache"] = t.TempDir() }, statePath(o.Dir))
			o.Environ = append(o.Environ, "GOMODCACHE=")
		}, "imports", "GOPROXY=off"},
		{"damaged record", func(t *testing.T, o *Options) { write(t, "{", statePath(o.Dir)) }, "imports", "installation.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := clone(t, whole)
			c.damage(t, &o)
			for _, check := range Doctor(t.Context(), o) {
				switch {
				case check.Name == "jupyter":
				case check.Name != c.check && !check.OK:
					t.Errorf("found a fault that is not there: %v", check)
				case check.Name == c.check && (check.OK || !strings.Contains(check.Detail, c.detail) || check.Fix == ""):
					t.Errorf("got %+v, want a fault with %q and a way out", check, c.detail)
				}
			}
		})
	}
}

// TestDoctorGo covers machines without Go, with an old one, and with a Jupyter that does not run.
func TestDoctorGo(t *testing.T) {
	if !supported {
		t.Skip("GoNB does not run on this system")
	}
	find := func(t *testing.T, o Options, name string) Check {
		t.Helper()
		checks := Doctor(t.Context(), o)
		k := slices.IndexFunc(checks, func(c Check) bool { return c.Name == name })
		return checks[k]
	}
	dir := t.TempDir()
	o := Options{Dir: filepath.Join(dir, "gonb"), Jupyter: filepath.Join(dir, "jupyter"), Executable: os.Args[0]}
	o.Environ = []string{"PATH=" + dir}
	if c := find(t, o, "go"); c.OK || !strings.Contains(c.Detail, "no go command") || !strings.Contains(c.Fix, minimumGo()) {
		t.Errorf("without Go: %+v", c)
	}
	if c := find(t, o, "jupyter"); c.OK || !strings.Contains(c.Fix, "pip install jupyterlab") {
		t.Errorf("without Jupyter: %+v", c)
	}
	script(t, filepath.Join(dir, "go"), `echo '{"GOVERSION": "go1.19.2"}'`)
	if c := find(t, o, "go"); c.OK || !strings.Contains(c.Detail, "go1.19.2, too old") {
		t.Errorf("with an old Go: %+v", c)
	}
	script(t, filepath.Join(dir, "go"), `echo broken toolchain >&2; exit 2`)
	if c := find(t, o, "go"); c.OK || !strings.Contains(c.Detail, "broken toolchain") {
		t.Errorf("with a broken Go: %+v", c)
	}
	script(t, filepath.Join(dir, "jupyter"), `echo "ImportError: no module" >&2; exit 1`)
	if c := find(t, o, "jupyter"); c.OK || !strings.Contains(c.Detail, "ImportError") {
		t.Errorf("with a broken Jupyter: %+v", c)
	}
	script(t, filepath.Join(dir, "jupyter"), `echo 5.8.1`)
	if c := find(t, o, "jupyter"); !c.OK {
		t.Errorf("with Jupyter: %+v", c)
	}
}

func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
}

// program is what this test program is called as jamba's copy.
func program() string { return filepath.Base(os.Args[0]) }

// clone makes an installation of its own out of hard links.
func clone(t *testing.T, o Options) Options {
	t.Helper()
	dir := t.TempDir()
	c := Options{Dir: filepath.Join(dir, "gonb"), Jupyter: filepath.Join(dir, "jupyter"), Module: o.Module, Environ: os.Environ()}
	for _, path := range []string{filepath.Join(c.Dir, "bin"), c.Jupyter} {
		if err := os.MkdirAll(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"gonb", "goimports", "go", program()} {
		if err := os.Link(filepath.Join(o.Dir, "bin", name), filepath.Join(c.Dir, "bin", name)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(statePath(o.Dir))
	if err != nil {
		t.Fatal(err)
	}
	write(t, string(text), statePath(c.Dir))
	if _, err := writeSpec(c, filepath.Join(c.Dir, "bin", program())); err != nil {
		t.Fatal(err)
	}
	return c
}

func remove(t *testing.T, path ...string) {
	t.Helper()
	if err := os.Remove(filepath.Join(path...)); err != nil {
		t.Fatal(err)
	}
}

// write replaces a file; its other hard links keep their content.
func write(t *testing.T, text string, path ...string) {
	t.Helper()
	if err := writeProgram(filepath.Join(path...), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, change func(map[string]any), path ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	change(v)
	if text, err = json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	write(t, string(text), path...)
}

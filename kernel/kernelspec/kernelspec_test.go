package kernelspec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/kernel/kernelspec"
)

func Example() {
	data, err := os.MkdirTemp("", "jupyter")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(data)
	dir, err := kernelspec.Write(data, "my-kernel", kernelspec.Spec{
		Argv: []string{"my-kernel", "{connection_file}"}, DisplayName: "Mine", Language: "go", InterruptMode: "message",
	})
	if err != nil {
		panic(err)
	}
	rel, _ := filepath.Rel(data, dir)
	s, err := kernelspec.Read(data, "my-kernel")
	fmt.Println(filepath.ToSlash(rel), s.DisplayName, err)
	// Output: kernels/my-kernel Mine <nil>
}

var sample = kernelspec.Spec{Argv: []string{"a", "b"}, DisplayName: "A", Language: "go"}

func TestWriteReplacesAndReads(t *testing.T) {
	data := t.TempDir()
	if _, err := kernelspec.Read(data, "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error of a kernel that is not there is %v", err)
	}
	for _, s := range []kernelspec.Spec{sample, {Argv: []string{"c"}, DisplayName: "C", Language: "go", InterruptMode: "message", Env: map[string]string{"A": "b"}}} {
		dir, err := kernelspec.Write(data, "k", s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := kernelspec.Read(data, "k")
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("read %+v, %v, want %+v", got, err, s)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("the folder holds %v, %v, want kernel.json alone", entries, err)
		}
	}
	if err := kernelspec.Remove(data, "k"); err != nil {
		t.Error(err)
	}
	if err := kernelspec.Remove(data, "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error of removing twice is %v", err)
	}
}

// Jupyter refuses a spec with "env": null.
func TestNothingIsNull(t *testing.T) {
	data := t.TempDir()
	dir, err := kernelspec.Write(data, "k", sample)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name, v := range fields {
		if v == nil {
			t.Errorf("%s is null", name)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, s := range map[string]kernelspec.Spec{"../up": sample, "Upper": sample, "": sample, "k": {}} {
		if _, err := kernelspec.Write(t.TempDir(), name, s); err == nil {
			t.Errorf("kernel %q with %+v was written", name, s)
		}
	}
}

func TestReadNamesTheDamagedFile(t *testing.T) {
	data := t.TempDir()
	dir, err := kernelspec.Write(data, "k", sample)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := kernelspec.Read(data, "k"); err == nil || !strings.Contains(err.Error(), "kernel.json") {
		t.Errorf("error is %v", err)
	}
}

func TestDataDir(t *testing.T) {
	set := func(vars map[string]string) func(string) string { return func(k string) string { return vars[k] } }
	explicit := t.TempDir()
	if dir, err := kernelspec.DataDir(set(map[string]string{"JUPYTER_DATA_DIR": explicit, "HOME": "/h"})); err != nil || dir != explicit {
		t.Errorf("with JUPYTER_DATA_DIR: %s, %v", dir, err)
	}
	if _, err := kernelspec.DataDir(set(nil)); err == nil {
		t.Error("without a home there is no error")
	}
	if runtime.GOOS != "linux" {
		return
	}
	for _, c := range []struct {
		vars map[string]string
		want string
	}{
		{map[string]string{"HOME": "/h"}, "/h/.local/share/jupyter"},
		{map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/x/jupyter"},
	} {
		if dir, err := kernelspec.DataDir(set(c.vars)); err != nil || dir != c.want {
			t.Errorf("%v: %s, %v, want %s", c.vars, dir, err, c.want)
		}
	}
}

func TestExecutableCopiesWhatWillNotLast(t *testing.T) {
	passing := filepath.Join(t.TempDir(), "jamba") // below the folder for temporary files
	if err := os.WriteFile(passing, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "bin")
	got, err := kernelspec.Executable(passing, folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(got)
	if err != nil || filepath.Dir(got) != folder || runtime.GOOS != "windows" && info.Mode().Perm()&0o100 == 0 {
		t.Errorf("%s (%v, %v) is no program in %s", got, info, err, folder)
	}
	if again, err := kernelspec.Executable(got, folder); err != nil || again != got {
		t.Errorf("the copy was copied to %s, %v", again, err)
	}
}

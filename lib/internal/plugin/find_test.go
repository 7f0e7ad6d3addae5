package plugin

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamba-threat/jamba/lib/testenv"
)

func TestPlatformOf(t *testing.T) {
	for name, want := range map[string]string{
		"pjrt_c_api_cpu_plugin.so":              CPU,
		"pjrt_c_api_cpu_v0.114.0_plugin.so":     CPU,
		"pjrt_plugin_cpu.so":                    CPU,
		"pjrt-plugin-cpu.dylib":                 CPU,
		"pjrt_c_api_cuda_plugin.so":             CUDA,
		"pjrt_c_api_cuda_v12_plugin.so":         CUDA,
		"pjrt_c_api_tpu_plugin.so":              "",
		"pjrt_c_api_cpuish_plugin.so":           "",
		"pjrt_c_api_cpu_plugin.so.json":         "",
		"pjrt_c_api_cpu_plugin.so.bak":          "",
		"xla_cpu_pjrt.so":                       "",
		"some/folder/pjrt_c_api_cpu_plugin.dll": CPU,
	} {
		if got := platformOf(name); got != want {
			t.Errorf("platformOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestFindOrder(t *testing.T) {
	dir := isolate(t)
	env1, env2, system := t.TempDir(), t.TempDir(), t.TempDir()
	t.Setenv(PathEnv, env1+":"+filepath.Join(env1, "missing")+"::"+env2)
	t.Setenv("LD_LIBRARY_PATH", system+":relative")
	name := libraryName()
	lib := library(t, entryPoint, 0)
	writeFile(t, filepath.Join(env2, name), lib)
	writeFile(t, filepath.Join(dir, name), lib)
	writeFile(t, filepath.Join(system, name), lib)
	writeFile(t, filepath.Join(env1, name), []byte("<html>404 not found</html>")) // an accident that happens

	var got []string
	for _, s := range Find(t.Context()) {
		got = append(got, s.Source+" "+s.Path)
	}
	want := []string{
		FromEnv + " " + filepath.Join(env1, name), FromEnv + " " + filepath.Join(env1, "missing"), FromEnv + " " + filepath.Join(env2, name),
		FromCache + " " + filepath.Join(dir, name), FromSystem + " " + filepath.Join(system, name),
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q,\nwant %q", got, want)
	}
	best, ok := FindCPU(t.Context())
	if !ok || best.Path != filepath.Join(env2, name) || best.Verified || best.Problem != "" {
		t.Errorf("FindCPU: %+v, %v; want the file of the second folder", best, ok)
	}
	path, err := Path(CPU)
	if err != nil || path != best.Path {
		t.Errorf("Path: %q, %v", path, err)
	}
}

func TestFindProblems(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	t.Setenv(PathEnv, dir)
	path := filepath.Join(dir, libraryName())
	foreign := library(t, entryPoint, 0)
	if runtime.GOOS != "linux" {
		t.Skip("the cases are about ELF files")
	}
	foreign[18] = 0xf3 // RISC-V
	program := library(t, entryPoint, 0)
	program[16] = 2 // ET_EXEC
	for _, test := range []struct {
		name string
		make func()
		want string
	}{
		{"empty", func() { writeFile(t, path, nil) }, "too short"},
		{"web page", func() { writeFile(t, path, []byte("<!DOCTYPE html><html></html>")) }, "not an ELF"},
		{"other machine", func() { writeFile(t, path, foreign) }, "built for EM_RISCV"},
		{"program", func() { writeFile(t, path, program) }, "not a shared library"},
		{"folder", func() { _ = os.Mkdir(path, 0o755) }, "not a regular file"},
		{"dangling link", func() { _ = os.Symlink(filepath.Join(dir, "nowhere"), path) }, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.make()
			defer os.RemoveAll(path)
			found := Find(t.Context())
			if len(found) != 1 || !strings.Contains(found[0].Problem, test.want) {
				t.Fatalf("found %+v, want one with the problem %q", found, test.want)
			}
			if _, ok := FindCPU(t.Context()); ok {
				t.Error("FindCPU takes it")
			}
			if _, err := Path(CPU); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "jamba xla install") {
				t.Errorf("Path: %v, want the problem and the way out", err)
			}
			if line := found[0].String(); !strings.Contains(line, test.want) || strings.Contains(line, "\n") {
				t.Errorf("String: %q", line)
			}
		})
	}
}

// The variable wants folders, but a file is what people write.
func TestFindTakesFile(t *testing.T) {
	isolate(t)
	path := writeFile(t, filepath.Join(t.TempDir(), libraryName()), library(t, entryPoint, 0))
	t.Setenv(PathEnv, path)
	if s, ok := FindCPU(t.Context()); !ok || s.Path != path {
		t.Errorf("found %+v, %v", s, ok)
	}
}

// go-xla installs a versioned file and a link to it: one plugin, not two.
func TestFindListsLinkedFileOnce(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	t.Setenv(PathEnv, dir)
	writeFile(t, filepath.Join(dir, "pjrt_c_api_cpu_v0.114.0_plugin.so"), library(t, entryPoint, 0))
	if err := os.Symlink("pjrt_c_api_cpu_v0.114.0_plugin.so", filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")); err != nil {
		t.Fatal(err)
	}
	if found := Find(t.Context()); len(found) != 1 || found[0].Platform != CPU {
		t.Errorf("found %+v, want one", found)
	}
}

func TestFindCUDANeedsGPU(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	t.Setenv(PathEnv, dir)
	writeFile(t, filepath.Join(dir, "pjrt_c_api_cuda_plugin.so"), library(t, entryPoint, 0))
	s, ok := FindCUDA(t.Context())
	if ok != HasNVIDIA() {
		t.Errorf("FindCUDA: %+v, %v, but HasNVIDIA is %v", s, ok, HasNVIDIA())
	}
	if _, ok := FindCPU(t.Context()); ok {
		t.Error("FindCPU takes the CUDA plugin")
	}
}

func TestVerifyRemembersUntilTheFileChanges(t *testing.T) {
	cache := isolate(t)
	dir := t.TempDir()
	t.Setenv(PathEnv, dir)
	path := writeFile(t, filepath.Join(dir, libraryName()), library(t, entryPoint, 10))
	if s, err := Verify(t.Context(), self(t, "exit"), path); err == nil || s.Verified {
		t.Fatalf("a failing probe verified it: %+v, %v", s, err)
	}
	s, err := Verify(t.Context(), self(t, "ok"), path)
	if err != nil || !s.Verified || len(s.SHA256) != 64 || s.Source != FromEnv || !s.Installed.IsZero() {
		t.Fatalf("Verify: %+v, %v", s, err)
	}
	if again, _ := FindCPU(t.Context()); again != s {
		t.Errorf("Find says %+v, Verify said %+v", again, s)
	}
	if names := files(t, dir); len(names) != 1 {
		t.Errorf("Verify wrote beside a plugin that is not ours: %q", names)
	}
	if names := files(t, cache); len(names) != 1 {
		t.Errorf("the record is not in the cache folder: %q", names)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if s, ok := FindCPU(t.Context()); !ok || s.Verified || s.SHA256 != "" {
		t.Errorf("after a change of the file: %+v, %v; want not verified", s, ok)
	}
}

func TestFindStopsWithItsContext(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	t.Setenv(PathEnv, dir)
	writeFile(t, filepath.Join(dir, libraryName()), library(t, entryPoint, 0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found := Find(ctx); len(found) != 0 {
		t.Errorf("found %+v with a cancelled context", found)
	}
}

func TestLoaderFolders(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.conf"), []byte("# comment\n/opt/one # why\ninclude sub/*.conf\n\nrelative\ninclude main.conf\n"))
	writeFile(t, filepath.Join(dir, "sub", "a.conf"), []byte("/opt/two\n"))
	got := loaderFolders(nil, filepath.Join(dir, "main.conf"), 2)
	if want := []string{"/opt/one", "/opt/two", "/opt/one"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q (an include of itself ends at the depth)", got, want)
	}
}

func TestCheckLibrary(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the cases are about ELF files")
	}
	dir := t.TempDir()
	good := library(t, entryPoint, 100)
	for _, test := range []struct {
		name string
		text []byte
		want string
	}{
		{"plugin", good, ""},
		{"other library", library(t, "png_read", 0), "without " + entryPoint},
		{"cut", good[:70], "damaged"},
	} {
		err := checkLibrary(writeFile(t, filepath.Join(dir, "x.so"), test.text))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// The plugin of this machine passes the checks from outside.
func TestRealPlugin(t *testing.T) {
	s, ok := FindCPU(t.Context())
	if !ok {
		testenv.Missing(t, "xla", "no CPU plugin is installed (set "+PathEnv+" or run jamba xla install)")
	}
	if err := checkLibrary(s.Path); err != nil {
		t.Errorf("%s: %v", s.Path, err)
	}
	if s.Size < 50e6 {
		t.Errorf("%s has only %d bytes", s.Path, s.Size)
	}
}

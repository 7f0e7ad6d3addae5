package plugin

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func sum(text []byte) string {
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:])
}

// wheel returns a zip with the given members.
func wheel(t testing.TB, members map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range members {
		member, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := member.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tarball returns a tar.gz with the given members, in order: name, text, name, text.
func tarball(t testing.TB, members ...any) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for i := 0; i < len(members); i += 2 {
		text := members[i+1].([]byte)
		if err := w.WriteHeader(&tar.Header{Name: members[i].(string), Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// newInstaller returns an installation into an empty folder whose release answers 404 and whose pip package has the given
// hash. There is no pip on PATH until a test puts one there.
func newInstaller(t testing.TB, opts Options, wheelHash string) *installer {
	t.Helper()
	dir := isolate(t)
	t.Setenv("PATH", t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return &installer{
		opts: opts, dir: dir, release: release{metadata: server.URL + "/release.json", asset: "pjrt_cpu.tar.gz"},
		pip:    pipPackage{requirement: "fake-plugin==1.0", wheel: "fake_plugin-1.0-py3-none-any.whl", sha256: wheelHash},
		client: newClient(false), stall: 5 * time.Second, limit: 1 << 20,
	}
}

// serve makes the release of in consist of the one asset text, with its digest stated when digest is not "".
func serve(t testing.TB, in *installer, text []byte, digest string, handler http.HandlerFunc) *atomic.Int32 {
	t.Helper()
	var downloads atomic.Int32
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/release.json", func(w http.ResponseWriter, _ *http.Request) {
		if digest != "" {
			digest = "sha256:" + strings.TrimPrefix(digest, "sha256:")
		}
		fmt.Fprintf(w, `{"assets":[{"name":"other.zip"},{"name":%q,"browser_download_url":%q,"size":%d,"digest":%q}]}`,
			in.release.asset, server.URL+"/asset", len(text), digest)
	})
	mux.HandleFunc("/asset", func(w http.ResponseWriter, r *http.Request) {
		downloads.Add(1)
		if handler != nil {
			handler(w, r)
			return
		}
		w.Write(text)
	})
	in.release.metadata = server.URL + "/release.json"
	return &downloads
}

// fails demands an error with all the texts and that the folder is as it was before.
func fails(t *testing.T, in *installer, want ...string) error {
	t.Helper()
	before := files(t, in.dir)
	status, err := in.install(t.Context())
	if err == nil {
		t.Fatalf("installed %+v, want an error", status)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has several lines: %q", err)
	}
	if after := files(t, in.dir); !slices.Equal(before, after) {
		t.Errorf("left behind: %q, before: %q", after, before)
	}
	return err
}

// installs demands success and returns the status.
func installs(t *testing.T, in *installer) Status {
	t.Helper()
	s, err := in.install(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{libraryName(), libraryName() + ".json"}; !slices.Equal(files(t, in.dir), want) {
		t.Errorf("the folder has %q, want %q", files(t, in.dir), want)
	}
	return s
}

func TestInstallFromFile(t *testing.T) {
	lib := library(t, entryPoint, 1000)
	for _, test := range []struct {
		name string
		text []byte
	}{
		{"library.so", lib},
		{"a.whl", wheel(t, map[string][]byte{"readme": []byte("x"), wheelMember: lib})},
		{"b.tar.gz", tarball(t, "LICENSE", []byte("words"), "./pjrt_c_api_cpu_v0.114.0_plugin.so", lib)},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := newInstaller(t, Options{}, "")
			in.opts.File = writeFile(t, filepath.Join(t.TempDir(), test.name), test.text)
			in.opts.Probe = self(t, "ok")
			s := installs(t, in)
			if !s.Verified || s.SHA256 != sum(lib) || s.Size != int64(len(lib)) || s.Source != FromCache || s.Origin != "file "+test.name {
				t.Errorf("status %+v", s)
			}
			if found, ok := FindCPU(t.Context()); !ok || found != s {
				t.Errorf("Find says %+v, Install said %+v", found, s)
			}
			info, err := os.Stat(s.Path)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
				t.Errorf("mode %v, %v; want 0644", info.Mode(), err)
			}
		})
	}
}

func TestInstallRefuses(t *testing.T) {
	lib := library(t, entryPoint, 1000)
	whl := wheel(t, map[string][]byte{wheelMember: lib})
	bomb := wheel(t, map[string][]byte{wheelMember: make([]byte, 2<<20)})
	tarBomb := tarball(t, "huge", make([]byte, 4<<20), "pjrt_c_api_cpu_plugin.so", lib)
	flipped := bytes.Clone(whl)
	flipped[len(flipped)/3] ^= 0x40
	for _, test := range []struct {
		name string
		text []byte
		want string
	}{
		{"x.whl", wheel(t, map[string][]byte{"other.so": lib}), "has no " + wheelMember},
		{"cut.whl", whl[:len(whl)/2], "damaged zip"},
		{"bomb.whl", bomb, "larger than a plugin"},
		{"bomb.tar.gz", tarBomb, "larger than a plugin"},
		{"empty.tar.gz", tarball(t), "not a release"},
		{"cut.tar.gz", tarball(t, "pjrt_c_api_cpu_plugin.so", lib)[:60], "unexpected EOF"},
		{"page.html", []byte("<html>not found</html>"), "neither a wheel"},
		{"nothing", nil, "neither a wheel"},
		{"other.so", library(t, "png_read", 0), "not a PJRT plugin"},
		{"fake_plugin-1.0-py3-none-any.whl", flipped, "SHA-256 is " + sum(flipped) + ", expected " + sum(whl)},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := newInstaller(t, Options{}, sum(whl))
			if err := os.MkdirAll(in.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			in.opts.File = writeFile(t, filepath.Join(t.TempDir(), test.name), test.text)
			fails(t, in, "plugin: install: from file: ", test.want)
		})
	}
}

func TestInstallRefusesBadOptions(t *testing.T) {
	for _, test := range []struct {
		opts Options
		want string
	}{
		{Options{Source: "moon"}, `source "moon": must be one of auto, release, pip, file`},
		{Options{Source: SourceFile}, "needs the path"},
		{Options{Source: SourcePip, File: "x"}, "does not go with a file"},
		{Options{File: "x", SHA256: "12"}, "64 hexadecimal digits"},
		{Options{SHA256: strings.Repeat("a", 64)}, "belongs to one file"},
		{Options{File: "/no/such/file"}, "no such file"},
		{Options{File: "."}, "not a regular file"},
	} {
		in := newInstaller(t, test.opts, "")
		if err := os.MkdirAll(in.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		fails(t, in, test.want)
	}
}

func TestInstallStatedHash(t *testing.T) {
	lib := library(t, entryPoint, 0)
	in := newInstaller(t, Options{File: writeFile(t, filepath.Join(t.TempDir(), "p.so"), lib)}, "")
	in.opts.SHA256 = strings.ToUpper(sum(lib))
	installs(t, in)
	in.opts.SHA256 = sum([]byte("another"))
	fails(t, in, "expected "+in.opts.SHA256)
}

// A plugin that does not work must not take the place of one that does.
func TestInstallKeepsOldPluginWhenTheNewOneFails(t *testing.T) {
	in := newInstaller(t, Options{}, "")
	in.opts.File = writeFile(t, filepath.Join(t.TempDir(), "old.so"), library(t, entryPoint, 10))
	in.opts.Probe = self(t, "ok")
	old := installs(t, in)
	in.opts.File = writeFile(t, filepath.Join(t.TempDir(), "new.so"), library(t, entryPoint, 20))
	in.opts.Probe = self(t, "gocrash")
	err := fails(t, in, "crashed (SIGSEGV)")
	var probe *ProbeError
	if !errors.As(err, &probe) {
		t.Errorf("%v does not wrap a *ProbeError", err)
	}
	if now, ok := FindCPU(t.Context()); !ok || now != old {
		t.Errorf("now %+v, before %+v", now, old)
	}
	in.opts.Probe = self(t, "ok")
	if s := installs(t, in); s.SHA256 == old.SHA256 || !s.Verified {
		t.Errorf("the new plugin is not in place: %+v", s)
	}
}

func TestInstallFromRelease(t *testing.T) {
	lib := library(t, entryPoint, 50_000)
	archive := tarball(t, "pjrt_c_api_cpu_v1_plugin.so", lib)
	in := newInstaller(t, Options{}, "")
	in.opts.Probe = self(t, "ok")
	var last, total int64
	in.opts.Progress = func(done, all int64) {
		if done < last {
			t.Errorf("progress went back from %d to %d", last, done)
		}
		last, total = done, all
	}
	downloads := serve(t, in, archive, sum(archive), nil)
	if s := installs(t, in); !s.Verified || s.Origin != "release pjrt_cpu.tar.gz" {
		t.Errorf("status %+v", s)
	}
	if last != int64(len(archive)) || total != last {
		t.Errorf("progress ended at %d of %d, want %d", last, total, len(archive))
	}
	// A second automatic installation has nothing to do, unless forced.
	installs(t, in)
	if n := downloads.Load(); n != 1 {
		t.Errorf("%d downloads, want 1", n)
	}
	in.opts.Force = true
	installs(t, in)
	if n := downloads.Load(); n != 2 {
		t.Errorf("%d downloads after Force, want 2", n)
	}
}

func TestInstallReleaseFails(t *testing.T) {
	archive := tarball(t, "pjrt_c_api_cpu_plugin.so", library(t, entryPoint, 50_000))
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
		w.Write(archive[:len(archive)/2])
	}
	hang := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
		w.Write(archive[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for _, test := range []struct {
		name    string
		digest  string
		handler http.HandlerFunc
		change  func(*installer)
		want    string
	}{
		{name: "wrong digest", digest: sum(nil), want: "SHA-256 is " + sum(archive)},
		{name: "truncated", digest: sum(archive), handler: cut, want: "unexpected EOF"},
		{name: "shorter than stated", handler: func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("short")) }, want: "the server offers 5 bytes, the release says"},
		{name: "refused", handler: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, want: "403 Forbidden"},
		{name: "stalled", handler: hang, change: func(in *installer) { in.stall = 50 * time.Millisecond }, want: "no data for 50ms"},
		{name: "slow", handler: hang, change: func(in *installer) { in.opts.Timeout = 100 * time.Millisecond }, want: "gave up after 100ms"},
		{name: "no asset", change: func(in *installer) { in.release.metadata = newServer(t, `{"assets":[{"name":"x"}]}`) }, want: "has no pjrt_cpu.tar.gz"},
		{name: "not json", change: func(in *installer) { in.release.metadata = newServer(t, "<html>") }, want: "not the JSON of a release"},
		{name: "plain http", change: func(in *installer) { in.httpsOnly = true }, want: "only https is trusted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := newInstaller(t, Options{Source: SourceRelease}, "")
			if err := os.MkdirAll(in.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			serve(t, in, archive, test.digest, test.handler)
			if test.change != nil {
				test.change(in)
			}
			fails(t, in, "plugin: install: from release: ", test.want)
		})
	}
}

// newServer answers every request with text.
func newServer(t testing.TB, text string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
	t.Cleanup(server.Close)
	return server.URL
}

func TestInstallFallsBackToPip(t *testing.T) {
	lib := library(t, entryPoint, 1000)
	whl := wheel(t, map[string][]byte{wheelMember: lib})
	for _, mode := range []string{"ok", "nopip"} {
		t.Run(mode, func(t *testing.T) {
			in := newInstaller(t, Options{}, sum(whl))
			commands(t, "python3", "pip3")
			t.Setenv(pipEnv, mode)
			t.Setenv(wheelEnv, writeFile(t, filepath.Join(t.TempDir(), "w"), whl))
			var log []string
			in.opts.Log = func(line string) { log = append(log, line) }
			if s := installs(t, in); s.SHA256 != sum(lib) || s.Verified || !strings.HasPrefix(s.Origin, "pip ") {
				t.Errorf("status %+v", s)
			}
			if all := strings.Join(log, "\n"); !strings.Contains(all, "from release: ") || !strings.Contains(all, "404") || !strings.Contains(all, "fake-plugin==1.0") {
				t.Errorf("the log does not tell what happened:\n%s", all)
			}
		})
	}
}

func TestInstallPipFails(t *testing.T) {
	whl := wheel(t, map[string][]byte{wheelMember: library(t, entryPoint, 1000)})
	for _, test := range []struct {
		name, mode, hash string
		programs         []string
		want             string
	}{
		{"no pip", "", sum(whl), nil, "there is no python3, python, pip3 or pip on PATH"},
		{"no module", "nopip", sum(whl), []string{"python3"}, "this Python has no pip"},
		{"failure", "fail", sum(whl), []string{"python3"}, "ERROR: Could not find a version"},
		{"no file", "empty", sum(whl), []string{"python3"}, "left 0 wheels"},
		{"wrong hash", "ok", sum(nil), []string{"python3"}, "SHA-256 is " + sum(whl)},
		{"unknown hash", "ok", "", []string{"python3"}, "is not known: state it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := newInstaller(t, Options{}, test.hash)
			if err := os.MkdirAll(in.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			commands(t, test.programs...)
			t.Setenv(pipEnv, test.mode)
			t.Setenv(wheelEnv, writeFile(t, filepath.Join(t.TempDir(), "w"), whl))
			err := fails(t, in, "from release: ", "404", "; from pip: ", test.want)
			var install *InstallError
			if !errors.As(err, &install) || !strings.Contains(install.Hint(), "--file") {
				t.Errorf("no hint: %v", err)
			}
		})
	}
}

// The time limit ends pip and everything that pip started.
func TestInstallKillsPipAndItsChildren(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("process groups are a POSIX notion")
	}
	in := newInstaller(t, Options{Source: SourcePip, Timeout: 500 * time.Millisecond}, sum(nil))
	if err := os.MkdirAll(in.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	commands(t, "python3", "beat")
	beats := filepath.Join(t.TempDir(), "beats")
	t.Setenv(pipEnv, "hang")
	t.Setenv(wheelEnv, beats)
	fails(t, in, "gave up after 500ms")
	size := func() int64 {
		info, err := os.Stat(beats)
		if err != nil {
			t.Fatalf("the grandchild never ran: %v", err)
		}
		return info.Size()
	}
	before := size()
	time.Sleep(100 * time.Millisecond)
	if after := size(); after != before {
		t.Errorf("the grandchild lives on: %d beats became %d", before, after)
	}
}

func TestInstallCancelled(t *testing.T) {
	in := newInstaller(t, Options{}, "")
	asked := make(chan struct{})
	serve(t, in, []byte("x"), "", func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := in.install(ctx); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "pip") {
		t.Errorf("got %v, want context.Canceled without a try of pip", err)
	}
	if left := files(t, in.dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Many installations at once: one downloads, the others wait and find it done.
func TestInstallConcurrently(t *testing.T) {
	archive := tarball(t, "pjrt_c_api_cpu_plugin.so", library(t, entryPoint, 50_000))
	in := newInstaller(t, Options{}, "")
	downloads := serve(t, in, archive, sum(archive), func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(50 * time.Millisecond)
		w.Write(archive)
	})
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			copied := *in
			if s, err := copied.install(t.Context()); err != nil || s.Problem != "" || s.Path == "" {
				t.Errorf("status %+v, %v", s, err)
			}
		})
	}
	group.Wait()
	if n := downloads.Load(); n != 1 {
		t.Errorf("%d downloads, want 1", n)
	}
}

func TestInstallWaitsNoLongerThanItsContext(t *testing.T) {
	in := newInstaller(t, Options{}, "")
	if err := os.MkdirAll(in.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockDir(t.Context(), in.dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
	defer cancel()
	if _, err := in.install(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "held by another process") {
		t.Errorf("got %v", err)
	}
}

// What a killed installation left is swept by the next one.
func TestInstallSweeps(t *testing.T) {
	in := newInstaller(t, Options{File: writeFile(t, filepath.Join(t.TempDir(), "p.so"), library(t, entryPoint, 0))}, "")
	writeFile(t, filepath.Join(in.dir, workPrefix+"123", "pip", "half.whl"), []byte("half"))
	installs(t, in)
}

func TestRemove(t *testing.T) {
	in := newInstaller(t, Options{File: writeFile(t, filepath.Join(t.TempDir(), "p.so"), library(t, entryPoint, 0))}, "")
	if removed, err := Remove(t.Context()); err != nil || removed != nil {
		t.Errorf("nothing there: %q, %v", removed, err)
	}
	s := installs(t, in)
	other := writeFile(t, filepath.Join(in.dir, "notes.txt"), []byte("mine"))
	removed, err := Remove(t.Context())
	if err != nil || !slices.Equal(removed, []string{s.Path, s.Path + ".json"}) {
		t.Errorf("removed %q, %v", removed, err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file that is not ours went too: %v", err)
	}
	writeFile(t, s.Path, library(t, entryPoint, 0))
	if removed, err := Remove(t.Context()); err == nil || len(removed) != 0 || !strings.Contains(err.Error(), "not installed by jamba") {
		t.Errorf("a plugin of somebody else: removed %q, %v", removed, err)
	}
}

// A plugin that was replaced by hand after the installation is reported, not trusted.
func TestFindReportsChangedPlugin(t *testing.T) {
	in := newInstaller(t, Options{File: writeFile(t, filepath.Join(t.TempDir(), "p.so"), library(t, entryPoint, 0))}, "")
	in.opts.Probe = self(t, "ok")
	s := installs(t, in)
	writeFile(t, s.Path, library(t, entryPoint, 5))
	if _, ok := FindCPU(t.Context()); ok {
		t.Error("FindCPU takes the changed plugin")
	}
	if found := Find(t.Context()); len(found) != 1 || !strings.Contains(found[0].Problem, "changed since") || found[0].Verified {
		t.Errorf("found %+v", found)
	}
}

func TestHintOfFullDisk(t *testing.T) {
	err := &InstallError{Dir: "/cache", Causes: []error{fmt.Errorf("from pip: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})}}
	if hint := err.Hint(); !strings.Contains(hint, "400 MB in /cache") {
		t.Errorf("hint %q", hint)
	}
}

func TestPinnedWheel(t *testing.T) {
	p := pipPackageOf("linux", "amd64")
	if !isSHA256(p.sha256) || !strings.HasSuffix(p.wheel, "x86_64.whl") {
		t.Errorf("linux/amd64: %+v", p)
	}
	if p := pipPackageOf("linux", "arm64"); p.sha256 != "" || p.wheel == "" {
		t.Errorf("linux/arm64: %+v; its hash is not known", p)
	}
	if p := pipPackageOf("darwin", "arm64"); p.wheel != "" {
		t.Errorf("darwin: %+v; there is no such wheel", p)
	}
	if r := releaseOf("windows", "amd64"); r.asset != "pjrt_cpu_windows_amd64.zip" || !strings.HasPrefix(r.metadata, "https://") {
		t.Errorf("windows: %+v", r)
	}
}

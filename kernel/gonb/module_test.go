package gonb

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// TestDownloadModule finds a released version: through a proxy, which is a folder here, and then without one in Go's
// module cache.
func TestDownloadModule(t *testing.T) {
	needGo(t)
	const version = "v1.2.3"
	proxy := t.TempDir()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	mod := "module " + modulePath + "\n\ngo 1.26\n"
	w, err := z.Create(modulePath + "@" + version + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(mod)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	versions := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(versions, 0o777); err != nil {
		t.Fatal(err)
	}
	for ending, text := range map[string]string{"info": `{"Version": "` + version + `"}`, "mod": mod, "zip": archive.String()} {
		write(t, text, versions, version+"."+ending)
	}

	e := newEnvironment(os.Environ(), "")
	cache := t.TempDir()
	for key, value := range map[string]string{"GOPROXY": "file://" + proxy, "GOMODCACHE": cache, "GONOSUMDB": "*", "GOFLAGS": "-modcacherw", "GOWORK": "off"} {
		e.set(key, value)
	}
	dir, err := downloadModule(t.Context(), e, version)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(cache, filepath.FromSlash(modulePath)+"@"+version); dir != want {
		t.Errorf("found in %s, want %s", dir, want)
	}
	e.set("GOPROXY", "off")
	if again, err := downloadModule(t.Context(), e, version); err != nil || again != dir {
		t.Errorf("from the cache: %s, %v", again, err)
	}
	if _, err := downloadModule(t.Context(), e, "v1.2.4"); err == nil || !strings.Contains(err.Error(), "v1.2.4") {
		t.Errorf("a version that is nowhere: %v", err)
	}
}

func TestFindModule(t *testing.T) {
	e := newEnvironment(os.Environ(), "")
	t.Chdir(filepath.Join(testenv.Root(), "kernel", "gonb", "testdata"))
	if dir, err := findModule(t.Context(), Options{}, e); err != nil || dir != testenv.Root() {
		t.Errorf("inside a checkout: %s, %v", dir, err)
	}
	// Elsewhere a program remembers the checkout that it was built in.
	t.Chdir(t.TempDir())
	if dir, err := findModule(t.Context(), Options{}, e); err != nil || dir != testenv.Root() {
		t.Errorf("outside: %s, %v", dir, err)
	}
	for version, want := range map[string]bool{"v1.2.3": true, "(devel)": false, "": false, "v0.0.0-20260101000000-abcdef123456+dirty": false} {
		if isRelease(version) != want {
			t.Errorf("isRelease(%q) is not %v", version, want)
		}
	}
}

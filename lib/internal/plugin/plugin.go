// Package plugin finds, installs, checks and removes the PJRT plugin, the shared library through which go-xla runs XLA.
//
// A plugin is one file, pjrt_c_api_<platform>_plugin.so. Go programs do not carry it: the CPU one is 259 MB. This package
// keeps one copy in the user's cache folder and knows the other places where go-xla looks, so that a program can say
// which file it is about to load, where that came from and whether it is known to work, without loading anything.
//
// Three rules shape it:
//
//   - Nothing is loaded into this process. A wrong plugin can crash whoever opens it, so it is tried in a child process
//     ([Probe]) under a time limit.
//   - Nothing is half installed. Files are downloaded and unpacked in a temporary folder beside the target, checked,
//     synced and renamed; a failed attempt leaves the previous plugin as it was.
//   - Looking is cheap. [Find] reads folder listings and the first bytes of each candidate. The expensive facts (SHA-256,
//     the outcome of the probe) are kept in a small JSON record that is valid as long as size and time of the file are.
package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// PathEnv names the folders (separated as in PATH) where go-xla and [Find] look for plugins first.
const PathEnv = "PJRT_PLUGIN_LIBRARY_PATH"

// CacheEnv overrides the folder of everything that jamba caches; the plugin lies in its subfolder xla.
const CacheEnv = "JAMBA_CACHE"

// Platforms of a plugin.
const (
	CPU  = "cpu"
	CUDA = "cuda"
)

// Where a plugin was found: Status.Source.
const (
	FromEnv    = PathEnv
	FromCache  = "user cache"
	FromSystem = "system"
	FromFile   = "given file" // named by the caller of Verify, in none of the places above
)

// Status describes one plugin file.
type Status struct {
	Platform  string    `json:"platform"`           // CPU or CUDA
	Path      string    `json:"path"`               // absolute
	Source    string    `json:"source"`             // FromEnv, FromCache, FromSystem or FromFile
	Size      int64     `json:"size"`               // bytes
	SHA256    string    `json:"sha256,omitempty"`   // of the file, lower-case hex; "" when never computed
	Origin    string    `json:"origin,omitempty"`   // what it was installed from; "" when not installed by this package
	Installed time.Time `json:"installed,omitzero"` // zero when not installed by this package
	Verified  bool      `json:"verified"`           // a child process has opened this very file and computed with it
	Problem   string    `json:"problem,omitempty"`  // why the file cannot be used; "" when nothing speaks against it
}

// String returns one line for people.
func (s Status) String() string {
	state := "not tried yet"
	switch {
	case s.Problem != "":
		state = s.Problem
	case s.Verified:
		state = "verified"
	}
	if s.Size == 0 {
		return fmt.Sprintf("%s %s (%s): %s", s.Platform, s.Path, s.Source, state)
	}
	return fmt.Sprintf("%s %s (%s, %.0f MB): %s", s.Platform, s.Path, s.Source, float64(s.Size)/1e6, state)
}

// Dir returns the folder of the plugin that [Install] writes: $JAMBA_CACHE/xla, else jamba/xla in the user's cache folder.
// The folder need not exist.
func Dir() (string, error) {
	if dir := os.Getenv(CacheEnv); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("plugin: %s=%q: %w", CacheEnv, dir, err)
		}
		return filepath.Join(abs, "xla"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("plugin: no cache folder (%w): set %s to a folder that you can write to", err, CacheEnv)
	}
	return filepath.Join(dir, "jamba", "xla"), nil
}

// libraryName is the name under which go-xla recognises the CPU plugin.
func libraryName() string { return "pjrt_c_api_cpu_plugin" + libraryExt(runtime.GOOS) }

func libraryExt(goos string) string {
	switch goos {
	case "darwin":
		return ".dylib"
	case "windows":
		return ".dll"
	}
	return ".so"
}

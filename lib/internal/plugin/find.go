package plugin

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// pluginNames are the file names that go-xla takes for plugins; the group is the name of the platform.
var pluginNames = []*regexp.Regexp{
	regexp.MustCompile(`^pjrt_c_api_(.+)_plugin\.(?:so|dylib|dll)$`),
	regexp.MustCompile(`^pjrt[-_]plugin[-_](.+)\.(?:so|dylib|dll)$`),
}

// Find lists the CPU and CUDA plugins of this machine in the order in which they should be tried: the entries of
// PJRT_PLUGIN_LIBRARY_PATH, the user's cache folder, then the folders that go-xla searches by default. A file reached by
// two ways is listed once. Files that cannot be used are listed too, with the Problem; so are entries of the variable
// that do not exist, because they are what the user wants to hear about. Nothing is loaded and nothing is hashed.
func Find(ctx context.Context) []Status {
	dir, err := Dir()
	if err != nil {
		dir = "" // no cache folder: the other places still count
	}
	var found []Status
	seen := make(map[string]bool)
	visit := func(folder, source string) {
		for _, path := range candidates(folder) {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				if seen[real] {
					continue
				}
				seen[real] = true
			}
			found = append(found, inspect(dir, path, source))
		}
	}
	for _, entry := range filepath.SplitList(os.Getenv(PathEnv)) {
		if entry == "" || ctx.Err() != nil {
			continue
		}
		abs, err := filepath.Abs(entry)
		if err != nil {
			abs = entry
		}
		if _, err := os.Stat(abs); err != nil {
			found = append(found, Status{Platform: CPU, Path: abs, Source: FromEnv, Problem: "no such file or folder (named by " + PathEnv + ")"})
			continue
		}
		visit(abs, FromEnv)
	}
	if dir != "" {
		visit(dir, FromCache)
	}
	for _, folder := range systemFolders() {
		if ctx.Err() != nil {
			break
		}
		visit(folder, FromSystem)
	}
	return found
}

// FindCPU returns the first usable CPU plugin of [Find], and whether there is one.
func FindCPU(ctx context.Context) (Status, bool) { return first(Find(ctx), CPU) }

// FindCUDA returns the first usable CUDA plugin of [Find], and whether there is one. A plugin on a machine without an
// NVIDIA GPU is not usable.
func FindCUDA(ctx context.Context) (Status, bool) { return first(Find(ctx), CUDA) }

func first(found []Status, platform string) (Status, bool) {
	for _, s := range found {
		if s.Platform == platform && s.Problem == "" {
			return s, true
		}
	}
	return Status{}, false
}

// candidates returns the plugin files of a folder by name, sorted. A path that is itself a plugin file is its own
// candidate: go-xla wants folders in its variable, but people write the file.
func candidates(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		if platformOf(folder) != "" {
			return []string{folder}
		}
		return nil
	}
	var paths []string
	for _, entry := range entries {
		if platformOf(entry.Name()) != "" {
			paths = append(paths, filepath.Join(folder, entry.Name()))
		}
	}
	return paths
}

// platformOf returns CPU or CUDA for the name of such a plugin, versioned or not, and "" for every other file.
func platformOf(path string) string {
	for _, re := range pluginNames {
		m := re.FindStringSubmatch(filepath.Base(path))
		if m == nil {
			continue
		}
		name := strings.ToLower(m[1])
		switch {
		case name == CPU, strings.HasPrefix(name, CPU+"_v"):
			return CPU
		case strings.Contains(name, CUDA), strings.Contains(name, "nvidia"):
			return CUDA
		}
	}
	return ""
}

// inspect describes the file at path from its first bytes and its record. dir is our own folder.
func inspect(dir, path, source string) Status {
	s := Status{Platform: platformOf(path), Path: path, Source: source}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		s.Problem = reason(err)
		return s
	case !info.Mode().IsRegular():
		s.Problem = "not a regular file"
		return s
	}
	s.Size = info.Size()
	rec, valid := readRecord(dir, path, info)
	switch {
	case valid:
		s.SHA256, s.Origin, s.Installed = rec.SHA256, rec.Origin, rec.Installed
		s.Verified = !rec.Probed.IsZero()
	case filepath.Dir(path) == dir && rec.Path == path:
		s.Problem = "changed since it was installed: install it again"
	}
	if err := checkHeader(path); s.Problem == "" && err != nil {
		s.Problem = err.Error()
	}
	if s.Problem == "" && s.Platform == CUDA && !HasNVIDIA() {
		s.Problem = "this machine shows no NVIDIA GPU"
	}
	if s.Problem != "" {
		s.Verified = false
	}
	return s
}

// systemFolders returns the folders that go-xla v0.4.1 searches when PJRT_PLUGIN_LIBRARY_PATH is not set.
func systemFolders() []string {
	var folders []string
	home, _ := os.UserHomeDir() // without a home there are only the system's folders
	switch {
	case home == "":
	case runtime.GOOS == "darwin":
		base := filepath.Join(home, "Library", "Application Support")
		folders = append(folders, filepath.Join(base, "go-xla"), filepath.Join(base, "GoMLX", "PJRT"))
	case runtime.GOOS == "windows":
		folders = append(folders, filepath.Join(home, "AppData", "Local", "go-xla"))
	default:
		base := filepath.Join(home, ".local", "lib")
		folders = append(folders, filepath.Join(base, "go-xla"), filepath.Join(base, "go-xla", "nvidia"), filepath.Join(base, "gomlx", "pjrt"))
	}
	if runtime.GOOS == "windows" {
		return folders
	}
	folders = append(folders, "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia", "/usr/local/lib/gomlx/pjrt")
	for _, folder := range filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")) {
		if filepath.IsAbs(folder) {
			folders = append(folders, folder)
		}
	}
	if runtime.GOOS == "linux" {
		folders = loaderFolders(folders, "/etc/ld.so.conf", 4)
	}
	return folders
}

// loaderFolders appends the folders that a configuration file of the dynamic loader names. depth bounds its includes.
func loaderFolders(folders []string, name string, depth int) []string {
	file, err := os.Open(name)
	if err != nil || depth == 0 {
		return folders
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		line = strings.TrimSpace(line)
		if pattern, ok := strings.CutPrefix(line, "include "); ok {
			pattern = strings.TrimSpace(pattern)
			if !filepath.IsAbs(pattern) {
				pattern = filepath.Join(filepath.Dir(name), pattern)
			}
			included, _ := filepath.Glob(pattern) // an unreadable pattern includes nothing, as for the loader
			for _, inc := range included {
				folders = loaderFolders(folders, inc, depth-1)
			}
		} else if filepath.IsAbs(line) {
			folders = append(folders, line)
		}
	}
	return folders
}

// reason returns what an error of the file system says without the path, which the status already shows.
func reason(err error) string {
	var inner error = err
	for {
		wrapped, ok := inner.(interface{ Unwrap() error })
		if !ok || wrapped.Unwrap() == nil {
			return fmt.Sprint(inner)
		}
		inner = wrapped.Unwrap()
	}
}

// Package kernelspec writes and reads the files by which Jupyter knows kernels: DATA/kernels/NAME/kernel.json, where DATA
// is Jupyter's data folder.
package kernelspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Spec is a kernelspec.
type Spec struct {
	// Argv is the command line; Jupyter replaces {connection_file} in it.
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode,omitempty"` // "message" or "signal"
	Env           map[string]string `json:"env,omitempty"`            // Jupyter refuses null
	Metadata      map[string]any    `json:"metadata,omitempty"`
}

// DataDir returns Jupyter's data folder of the user: what JUPYTER_DATA_DIR says, else the place that jupyter_core has for
// the system. env is os.Getenv or the like; nil is os.Getenv.
func DataDir(env func(string) string) (string, error) {
	if env == nil {
		env = os.Getenv
	}
	if dir := env("JUPYTER_DATA_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	home := env("HOME")
	if runtime.GOOS == "windows" {
		if dir := env("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter"), nil
		}
		home = env("USERPROFILE")
	}
	if home == "" {
		return "", errors.New("kernelspec: there is no HOME to find Jupyter's folder in; set JUPYTER_DATA_DIR")
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter"), nil
	case "windows":
		return filepath.Join(home, ".jupyter", "data"), nil
	}
	if dir := env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// PrefixDir returns the data folder below an installation of Python: a virtual environment has its kernels there.
func PrefixDir(prefix string) (string, error) {
	dir, err := filepath.Abs(prefix)
	return filepath.Join(dir, "share", "jupyter"), err
}

var validName = regexp.MustCompile(`^[a-z0-9._-]+$`)

// Dir returns the folder of a kernel.
func Dir(dataDir, name string) string { return filepath.Join(dataDir, "kernels", name) }

func file(dataDir, name string) string { return filepath.Join(Dir(dataDir, name), "kernel.json") }

// Write writes the spec of a kernel, replacing one that is there, and returns its folder. Whoever reads it meanwhile sees
// the old one or the new one.
func Write(dataDir, name string, s Spec) (dir string, err error) {
	if !validName.MatchString(name) {
		return "", fmt.Errorf("kernelspec: %q is no name of a kernel: small letters, digits, dots, dashes and underscores", name)
	}
	if len(s.Argv) == 0 || s.DisplayName == "" || s.Language == "" {
		return "", fmt.Errorf("kernelspec: %s: a spec needs a command line, a display name and a language", name)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", fmt.Errorf("kernelspec: %s: %w", name, err)
	}
	dir = Dir(dataDir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	if err := replace(file(dataDir, name), append(text, '\n')); err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	return dir, nil
}

func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".kernel-*.json")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Read reads the spec of a kernel. One that is not there is an error that wraps fs.ErrNotExist.
func Read(dataDir, name string) (Spec, error) {
	var s Spec
	text, err := os.ReadFile(file(dataDir, name))
	if err != nil {
		return s, fmt.Errorf("kernelspec: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("kernelspec: %s: %w", file(dataDir, name), err)
	}
	return s, nil
}

// Remove removes a kernel's folder. One that is not there is an error that wraps fs.ErrNotExist.
func Remove(dataDir, name string) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("kernelspec: %q is no name of a kernel", name)
	}
	if _, err := os.Stat(Dir(dataDir, name)); err != nil {
		return fmt.Errorf("kernelspec: %w", err)
	}
	if err := os.RemoveAll(Dir(dataDir, name)); err != nil {
		return fmt.Errorf("kernelspec: %w", err)
	}
	return nil
}

// Executable returns a path of this program that will still be there tomorrow: the program itself, or, when it lies in a
// temporary folder, as `go run` makes one, a copy in folder.
func Executable(program, folder string) (string, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	if !within(os.TempDir(), program) && !strings.Contains(filepath.ToSlash(program), "/go-build") || within(folder, program) {
		return program, nil
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	copied := filepath.Join(folder, filepath.Base(program))
	if err := replace(copied, text); err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	if err := os.Chmod(copied, 0o755); err != nil {
		return "", fmt.Errorf("kernelspec: %w", err)
	}
	return copied, nil
}

// within reports whether path lies in the folder dir.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

package gonb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/jamba-threat/jamba/kernel/kernelspec"
)

// Kernel names the folder of the kernelspec; `jupyter execute --kernel_name=jamba-gonb` asks for it. DisplayName is what
// a person sees.
const (
	Kernel      = "jamba-gonb"
	DisplayName = "Go (GoNB) - Jamba"
)

// Options say where things are. The zero value is right for a user who installs for himself.
type Options struct {
	Dir     string // holds the built programs and the record of the installation; "" = UserDir()
	Jupyter string // Jupyter's data folder, which has kernels/ in it; "" = the user's
	// Module is the folder that cells import this module from. "" = the checkout around the working folder, else the
	// version that this program was built from, in Go's module cache.
	Module string
	// Executable is the jamba that Jupyter starts, "" = this program. One in a temporary folder, as `go run` makes, is
	// copied to Dir.
	Executable string
	Environ    []string     // of the process, "KEY=value"; nil = os.Environ()
	Note       func(string) // is told what is going on, in words; nil = nobody is
}

// UserDir returns the folder where data of programs belong to the user, with /jamba/gonb: $XDG_DATA_HOME or
// ~/.local/share, on macOS ~/Library/Application Support.
func UserDir() (string, error) { return userDir(os.Getenv) }

func userDir(env func(string) string) (string, error) {
	home := env("HOME")
	switch dir := env("XDG_DATA_HOME"); {
	case filepath.IsAbs(dir):
		return filepath.Join(dir, "jamba", "gonb"), nil
	case home == "":
		return "", errors.New("gonb: there is no HOME to put the kernel in; set it or name a folder")
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "jamba", "gonb"), nil
	}
	return filepath.Join(home, ".local", "share", "jamba", "gonb"), nil
}

// resolve fills in what is unset, except for Module, which takes some looking.
func (o Options) resolve() (Options, error) {
	var err error
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	env := (&environment{vars: o.Environ}).get
	if o.Dir == "" {
		if o.Dir, err = userDir(env); err != nil {
			return o, err
		}
	}
	if o.Jupyter == "" {
		if o.Jupyter, err = kernelspec.DataDir(env); err != nil {
			return o, fmt.Errorf("gonb: %w", err)
		}
	}
	if o.Executable == "" {
		if o.Executable, err = os.Executable(); err != nil {
			return o, fmt.Errorf("gonb: which program is this: %w", err)
		}
	}
	for _, path := range []*string{&o.Dir, &o.Jupyter, &o.Module, &o.Executable} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return o, fmt.Errorf("gonb: %w", err)
		}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	return o, nil
}

// writeFile replaces a file, so that nobody ever reads half of it.
func writeFile(path string, content []byte) error { return replace(path, content, 0o666) }

// writeProgram replaces a program, which may be running.
func writeProgram(path string, content []byte) error { return replace(path, content, 0o777) }

func replace(path string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

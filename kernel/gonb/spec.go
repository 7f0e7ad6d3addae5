package gonb

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/jamba-threat/jamba/kernel/kernelspec"
)

// spec is the kernelspec of the kernel that keeps its things in dir. Interrupts are messages: a signal would reach GoNB
// but not the cell.
func spec(executable, dir string) kernelspec.Spec {
	return kernelspec.Spec{
		Argv:        []string{executable, "kernel", "gonb", "--connection-file", "{connection_file}", "--dir", dir},
		DisplayName: DisplayName, Language: "go", InterruptMode: "message",
	}
}

func writeSpec(o Options, executable string) (dir string, err error) {
	return kernelspec.Write(o.Jupyter, Kernel, spec(executable, o.Dir))
}

func readSpec(o Options) (dir string, s kernelspec.Spec, err error) {
	s, err = kernelspec.Read(o.Jupyter, Kernel)
	return kernelspec.Dir(o.Jupyter, Kernel), s, err
}

// removeSpec returns what it removed.
func removeSpec(o Options) ([]string, error) {
	err := kernelspec.Remove(o.Jupyter, Kernel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []string{kernelspec.Dir(o.Jupyter, Kernel)}, nil
}

// lasting returns a path of the program that will still be there tomorrow, see Options.Executable.
func lasting(o Options) (string, error) {
	return kernelspec.Executable(o.Executable, filepath.Join(o.Dir, "bin"))
}

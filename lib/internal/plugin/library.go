package plugin

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// entryPoint is the one symbol that a PJRT plugin exports.
const entryPoint = "GetPjrtApi"

// elfMachines are the ELF machine numbers of the architectures that plugins exist for.
var elfMachines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// checkHeader reads the first bytes of a shared library and reports one that this machine cannot load. It is cheap enough
// for every look: the usual accidents (an HTML page, an empty file, another architecture) show there.
func checkHeader(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return errors.New(reason(err))
	}
	defer file.Close()
	var head [20]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return errors.New("too short for a shared library")
	}
	switch runtime.GOOS {
	case "darwin":
		if magic := binary.BigEndian.Uint32(head[:]); magic != 0xcffaedfe && magic != 0xcafebabe {
			return errors.New("not a Mach-O shared library")
		}
	case "windows":
		if string(head[:2]) != "MZ" {
			return errors.New("not a Windows DLL")
		}
	default:
		if string(head[:4]) != elf.ELFMAG {
			return errors.New("not an ELF shared library")
		}
		if kind := elf.Type(binary.LittleEndian.Uint16(head[16:])); kind != elf.ET_DYN {
			return fmt.Errorf("an ELF file of type %v, not a shared library", kind)
		}
		have := elf.Machine(binary.LittleEndian.Uint16(head[18:]))
		if want, known := elfMachines[runtime.GOARCH]; known && have != want {
			return fmt.Errorf("built for %v, but this machine is %s", have, runtime.GOARCH)
		}
	}
	return nil
}

// checkLibrary does what checkHeader does and, for ELF, also demands the entry point of a PJRT plugin. A library without
// it is some other library: loading it would at best fail later.
func checkLibrary(path string) error {
	if err := checkHeader(path); err != nil {
		return err
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return nil // the probe decides
	}
	file, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("damaged ELF file: %w", err)
	}
	defer file.Close()
	symbols, err := file.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("damaged ELF file: %w", err)
	}
	for _, symbol := range symbols {
		if symbol.Name == entryPoint && symbol.Section != elf.SHN_UNDEF {
			return nil
		}
	}
	return fmt.Errorf("a shared library without %s: not a PJRT plugin", entryPoint)
}

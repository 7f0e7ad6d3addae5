package plugin

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The test binary is also the children that tests need: the process that tries a plugin, and pip.
const (
	childEnv = "JAMBA_TEST_CHILD"
	pipEnv   = "JAMBA_TEST_PIP"
	wheelEnv = "JAMBA_TEST_WHEEL"
)

func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == "python3" || name == "pip3" || name == "beat" {
		os.Exit(fakePip(name))
	}
	if mode := os.Getenv(childEnv); mode != "" {
		os.Exit(fakeProbe(mode))
	}
	os.Exit(m.Run())
}

// fakeProbe is the child that opens a plugin, in the moods that one can have.
func fakeProbe(mode string) int {
	path := os.Args[len(os.Args)-1]
	switch mode {
	case "ok":
		if os.Getenv(PathEnv) != filepath.Dir(path) {
			fmt.Fprintln(os.Stderr, "wrong", PathEnv, os.Getenv(PathEnv))
			return 1
		}
		fmt.Println("platform cpu, 1 device\nok")
	case "garbage":
		fmt.Println("Segmentation what?")
	case "silent":
	case "exit":
		fmt.Fprintln(os.Stderr, "a first line\nundefined symbol: _ZN3xla\nPJRT API 0.41 is older\nthan 0.104\ngiving up")
		return 3
	case "crash":
		fmt.Fprintln(os.Stderr, "about to die")
		if process, err := os.FindProcess(os.Getpid()); err == nil {
			_ = process.Kill()
		}
		time.Sleep(time.Minute)
	case "gocrash": // what the Go runtime makes of a SIGSEGV in C code
		fmt.Fprint(os.Stderr, "fatal error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x8 pc=0x7f]\n\n")
		fmt.Fprint(os.Stderr, strings.Repeat("goroutine 1 [running]:\n", 2000))
		return 2
	case "hang":
		fmt.Fprintln(os.Stderr, "compiling")
		time.Sleep(time.Minute)
	}
	return 0
}

// fakePip is python3 -m pip, or the endless process that pip starts.
func fakePip(name string) int {
	if name == "beat" {
		for {
			file, err := os.OpenFile(os.Args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				return 1
			}
			_, _ = file.WriteString(".")
			file.Close()
			time.Sleep(5 * time.Millisecond)
		}
	}
	args := strings.Join(os.Args[1:], " ")
	dest := ""
	for i, arg := range os.Args {
		if arg == "--dest" {
			dest = os.Args[i+1]
		}
	}
	switch os.Getenv(pipEnv) {
	case "ok":
		if !strings.Contains(args, "download") || !strings.HasSuffix(args, "fake-plugin==1.0") || os.Getenv("TMPDIR") != dest {
			fmt.Fprintln(os.Stderr, "ERROR: unexpected arguments", args)
			return 2
		}
		text, err := os.ReadFile(os.Getenv(wheelEnv))
		if err != nil {
			return 1
		}
		if err := os.WriteFile(filepath.Join(dest, "fake_plugin-1.0-py3-none-any.whl"), text, 0o600); err != nil {
			return 1
		}
	case "nopip":
		if name == "python3" {
			fmt.Fprintln(os.Stderr, "/usr/bin/python3: No module named pip")
			return 1
		}
		os.Setenv(pipEnv, "ok")
		return fakePip(name)
	case "fail":
		fmt.Fprintln(os.Stderr, "WARNING: Retrying\nERROR: Could not find a version that satisfies the requirement")
		return 1
	case "empty":
	case "hang":
		beat := exec.Command(filepath.Join(filepath.Dir(os.Args[0]), "beat"), os.Getenv(wheelEnv))
		beat.Stdout, beat.Stderr = os.Stdout, os.Stderr // holds our pipes open, as a real grandchild does
		_ = beat.Start()
		time.Sleep(time.Minute)
	}
	return 0
}

// self returns the command that starts this binary as a probing child.
func self(t testing.TB, mode string) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(childEnv, mode)
	return []string{exe}
}

// commands puts this binary under other names into a folder and makes that folder the PATH.
func commands(t testing.TB, names ...string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(exe, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// library returns the bytes of a minimal shared library of this machine that exports the given symbol, followed by
// padding bytes.
func library(t testing.TB, symbol string, padding int) []byte {
	t.Helper()
	if runtime.GOOS == "darwin" {
		return append([]byte{0xcf, 0xfa, 0xed, 0xfe}, make([]byte, 64+padding)...)
	}
	machine, ok := elfMachines[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" {
		t.Skipf("no fake library for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	names := append([]byte{0}, symbol+"\x00"...)
	const headerSize, sectionSize, symbolSize = 64, 64, 24
	symbolsAt := uint64(headerSize)
	namesAt := symbolsAt + 2*symbolSize
	sectionsAt := namesAt + uint64(len(names))
	header := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Shoff: sectionsAt,
		Ehsize: headerSize, Shentsize: sectionSize, Shnum: 3,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	var out bytes.Buffer
	for _, part := range []any{
		header,
		[2]elf.Sym64{{}, {Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1}},
		names,
		[3]elf.Section64{
			{},
			{Type: uint32(elf.SHT_DYNSYM), Off: symbolsAt, Size: 2 * symbolSize, Link: 2, Entsize: symbolSize},
			{Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: uint64(len(names))},
		},
		make([]byte, padding),
	} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func writeFile(t testing.TB, path string, text []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// isolate points every folder that this package reads at empty ones and returns the folder of the plugin.
func isolate(t testing.TB) string {
	t.Helper()
	t.Setenv(PathEnv, "")
	t.Setenv("LD_LIBRARY_PATH", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv(CacheEnv, t.TempDir())
	dir, err := Dir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// files returns the names of everything in a folder but the lock.
func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Name() != ".lock" {
			names = append(names, entry.Name())
		}
	}
	return names
}

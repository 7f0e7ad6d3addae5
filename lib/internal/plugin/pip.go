package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// pipPackage names a wheel in the Python package index that the user's pip is set up for.
type pipPackage struct {
	requirement string // name==version
	wheel       string // file name of the wheel for this machine, "" when there is none
	sha256      string // of that wheel, "" when it is not known to us
	size        int64  // bytes of that wheel, for progress only
}

// pipPackageOf returns the wheel of the OpenXLA authors for Linux. Its SHA-256 is pinned where this project has checked
// that very file; for the other architecture the caller has to name the hash or bring the file.
func pipPackageOf(goos, goarch string) pipPackage {
	p := pipPackage{requirement: "xla-cpu-pjrt==0.0.1"}
	if goos != "linux" {
		return p
	}
	switch goarch {
	case "amd64":
		p.wheel = "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl"
		p.sha256 = "55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc"
		p.size = 63_461_052
	case "arm64":
		p.wheel = "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_aarch64.whl"
	}
	return p
}

// pipCommands are the ways to start pip, tried in turn.
var pipCommands = [][]string{{"python3", "-m", "pip"}, {"python", "-m", "pip"}, {"pip3"}, {"pip"}}

// fetchPip lets pip download the wheel into dir and returns its path and the SHA-256 it must have. Nothing of the package
// runs: pip only copies a wheel, and source packages, whose build would run code, are refused.
func (in *installer) fetchPip(ctx context.Context, dir string) (path, digest string, err error) {
	switch {
	case in.pip.wheel == "":
		return "", "", fmt.Errorf("the package %s has no wheel for this system", in.pip.requirement)
	case in.pip.sha256 == "" && in.opts.SHA256 == "":
		return "", "", fmt.Errorf("the SHA-256 of %s is not known: state it, or download the wheel yourself and install it from the file", in.pip.wheel)
	}
	scratch := filepath.Join(dir, "pip") // pip's own temporary files too, so that killing it leaves nothing behind
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return "", "", err
	}
	stop := in.watchFolder(scratch, in.pip.size)
	defer stop()
	var failures []error
	for _, command := range pipCommands {
		if _, err := exec.LookPath(command[0]); err != nil {
			continue
		}
		err := in.runPip(ctx, command, scratch)
		if err == nil {
			path, err := onlyWheel(scratch)
			return path, in.pip.sha256, err
		}
		failures = append(failures, err)
		if ctx.Err() != nil || !errors.Is(err, errNoPip) {
			break
		}
	}
	if failures == nil {
		return "", "", errors.New("there is no python3, python, pip3 or pip on PATH")
	}
	return "", "", failures[len(failures)-1]
}

// errNoPip is the case in which the next command of pipCommands deserves a try.
var errNoPip = errors.New("this Python has no pip")

// runPip runs one `pip download` into the folder dir.
func (in *installer) runPip(ctx context.Context, command []string, dir string) error {
	args := append(command[1:len(command):len(command)], "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input",
		"--disable-pip-version-check", "--progress-bar=off", "--quiet", "--retries=1", "--timeout=20", "--dest", dir, in.pip.requirement)
	cmd := exec.CommandContext(ctx, command[0], args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	var out excerpt
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	in.log("running " + strings.Join(command, " ") + " download " + in.pip.requirement)
	err := cmd.Run()
	text := out.String()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s download: %w", strings.Join(command, " "), context.Cause(ctx))
	case strings.Contains(text, "No module named pip"):
		return fmt.Errorf("%s: %w", command[0], errNoPip)
	}
	return fmt.Errorf("%s download %s: %w: %s", strings.Join(command, " "), in.pip.requirement, err, lastWords(text))
}

// onlyWheel returns the one wheel in a folder.
func onlyWheel(dir string) (string, error) {
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return "", err
	}
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip ended without an error but left %d wheels", len(wheels))
	}
	return wheels[0], nil
}

// watchFolder reports the bytes that appear below dir as progress, because a quiet pip says nothing. The returned
// function ends the watch and waits for it.
func (in *installer) watchFolder(dir string, total int64) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				// pip copies the finished file, so for a moment there is more than arrived.
				in.progress(min(folderSize(dir), total), total)
			}
		}
	}()
	return func() { close(done); <-ended }
}

func folderSize(dir string) (size int64) {
	// Files that vanish while we look belong to a moment ago: they are not counted.
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // see above
		}
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}

package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Where Install may take the plugin from: Options.Source.
const (
	SourceAuto    = "auto"    // a usable plugin of ours as it is, else the release, else pip
	SourceRelease = "release" // the archive of go-xla's own release
	SourcePip     = "pip"     // the wheel of the Python package xla-cpu-pjrt
	SourceFile    = "file"    // Options.File
)

// AttemptTimeout is the default time limit of one source: download, unpacking and probe.
const AttemptTimeout = 5 * time.Minute

// Options says how to install. The zero value takes the plugin from wherever it can be had.
type Options struct {
	// Source is one of the Source constants; "" means SourceFile when File is given, else SourceAuto.
	Source string
	// File is a wheel, a tar.gz of a go-xla release, or the library itself.
	File string
	// SHA256 is what the downloaded or given file must hash to (hex). It replaces the hash that this package knows.
	SHA256 string
	// Timeout bounds each source; 0 means AttemptTimeout.
	Timeout time.Duration
	// Force installs again although SourceAuto finds a usable plugin in place.
	Force bool
	// Probe is the command that tries the plugin before it is put in place, see [Probe]. Without it the library is only
	// checked from outside and the status says that it is not verified.
	Probe []string
	// Progress is told the bytes that have arrived; total is 0 when it is not known. Calls are in order, never parallel.
	Progress func(done, total int64)
	// Log is told in one line each what is being tried and why something failed.
	Log func(string)
}

// Install puts the CPU plugin into the folder of [Dir] and returns its status. The file appears there complete, checked
// and, with Options.Probe, tried, or not at all; an earlier plugin stays as it was until then. Calls in several processes
// wait for each other. With SourceAuto every source that failed is named in the error.
func Install(ctx context.Context, opts Options) (Status, error) {
	dir, err := Dir()
	if err != nil {
		return Status{}, err
	}
	in := &installer{
		opts: opts, dir: dir, release: releaseOf(runtime.GOOS, runtime.GOARCH), pip: pipPackageOf(runtime.GOOS, runtime.GOARCH),
		client: newClient(true), httpsOnly: true, stall: stallLimit, limit: maxLibrary,
	}
	return in.install(ctx)
}

// installer is one installation. The fields below opts are the world around it, which tests replace.
type installer struct {
	opts      Options
	dir       string
	release   release
	pip       pipPackage
	client    *http.Client
	httpsOnly bool
	stall     time.Duration
	limit     int64 // bytes of the unpacked library
}

func (in *installer) log(line string) {
	if in.opts.Log != nil {
		in.opts.Log(line)
	}
}

func (in *installer) progress(done, total int64) {
	if in.opts.Progress != nil {
		in.opts.Progress(done, total)
	}
}

// fetch brings the archive or library of one source into dir and returns its path and the SHA-256 it must have, "" for
// none known.
type fetch func(ctx context.Context, dir string) (path, digest string, err error)

// sources returns the sources to try, in order.
func (in *installer) sources() ([]string, error) {
	valid := []string{SourceAuto, SourceRelease, SourcePip, SourceFile}
	source := in.opts.Source
	if source == "" {
		source = SourceAuto
		if in.opts.File != "" {
			source = SourceFile
		}
	}
	switch {
	case !slices.Contains(valid, source):
		return nil, fmt.Errorf("plugin: install: source %q: must be one of %s", source, strings.Join(valid, ", "))
	case source == SourceFile && in.opts.File == "":
		return nil, fmt.Errorf("plugin: install: source %q needs the path of a file", source)
	case source != SourceFile && in.opts.File != "":
		return nil, fmt.Errorf("plugin: install: source %q does not go with a file: leave one of them out", source)
	case len(in.opts.SHA256) != 0 && !isSHA256(in.opts.SHA256):
		return nil, fmt.Errorf("plugin: install: sha256 %q: must be 64 hexadecimal digits", in.opts.SHA256)
	case source == SourceAuto && in.opts.SHA256 != "":
		return nil, fmt.Errorf("plugin: install: a sha256 belongs to one file: give source %q, %q or %q with it", SourceRelease, SourcePip, SourceFile)
	case source == SourceAuto:
		return []string{SourceRelease, SourcePip}, nil
	}
	return []string{source}, nil
}

func isSHA256(text string) bool {
	return len(text) == 64 && strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

func (in *installer) install(ctx context.Context) (Status, error) {
	sources, err := in.sources()
	if err != nil {
		return Status{}, err
	}
	if err := os.MkdirAll(in.dir, 0o755); err != nil {
		return Status{}, fmt.Errorf("plugin: install: %w: set %s to a folder that you can write to", err, CacheEnv)
	}
	unlock, err := lockDir(ctx, in.dir, in.log)
	if err != nil {
		return Status{}, fmt.Errorf("plugin: install: %w", err)
	}
	defer unlock()
	if err := in.sweep(); err != nil {
		return Status{}, fmt.Errorf("plugin: install: %w", err)
	}
	if current, ok := in.current(); ok && len(sources) > 1 && !in.opts.Force {
		in.log("already installed: " + current.Path)
		return current, nil
	}
	fetchers := map[string]fetch{SourceRelease: in.fetchRelease, SourcePip: in.fetchPip, SourceFile: in.fetchFile}
	var failures []error
	for _, source := range sources {
		status, err := in.attempt(ctx, source, fetchers[source])
		if err == nil {
			return status, nil
		}
		failures = append(failures, fmt.Errorf("from %s: %w", source, err))
		if ctx.Err() != nil {
			break
		}
		in.log(fmt.Sprintf("from %s: %v", source, err))
	}
	return Status{}, &InstallError{Dir: in.dir, Causes: failures}
}

// current returns the plugin in place when it is usable and, if this installation would try its plugin, has been tried.
func (in *installer) current() (Status, bool) {
	path := filepath.Join(in.dir, libraryName())
	s := inspect(in.dir, path, FromCache)
	return s, s.Problem == "" && !s.Installed.IsZero() && (s.Verified || len(in.opts.Probe) == 0)
}

// attempt installs from one source within the time limit.
func (in *installer) attempt(ctx context.Context, source string, get fetch) (Status, error) {
	limit := in.opts.Timeout
	if limit <= 0 {
		limit = AttemptTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("gave up after %v", limit))
	defer cancel()
	work, err := os.MkdirTemp(in.dir, workPrefix)
	if err != nil {
		return Status{}, err
	}
	defer os.RemoveAll(work)
	archive, digest, err := get(ctx, work)
	if err == nil {
		err = in.checkHash(ctx, archive, digest)
	}
	if err != nil {
		return Status{}, because(ctx, err)
	}
	library := filepath.Join(work, libraryName())
	if err := extract(ctx, archive, library, in.limit); err != nil {
		return Status{}, because(ctx, err)
	}
	rec := record{Origin: source + " " + filepath.Base(archive), Installed: time.Now().UTC()}
	if err := in.check(ctx, library, &rec); err != nil {
		return Status{}, because(ctx, err)
	}
	return in.commit(library, rec)
}

// because prefers the reason for which a context ended over the errors which that caused.
func because(ctx context.Context, err error) error {
	var probe *ProbeError
	if ctx.Err() != nil && !errors.As(err, &probe) {
		return context.Cause(ctx)
	}
	return err
}

// fetchFile takes the file that the user named. A file with the name of the known wheel has to be that wheel.
func (in *installer) fetchFile(_ context.Context, _ string) (path, digest string, err error) {
	info, err := os.Stat(in.opts.File)
	switch {
	case err != nil:
		return "", "", err
	case !info.Mode().IsRegular():
		return "", "", fmt.Errorf("%s: not a regular file", in.opts.File)
	}
	if filepath.Base(in.opts.File) == in.pip.wheel {
		digest = in.pip.sha256
	}
	return in.opts.File, digest, nil
}

// checkHash compares a file with the hash that the user stated, else with the known one, before a byte of it is unpacked.
func (in *installer) checkHash(ctx context.Context, path, digest string) error {
	want := strings.ToLower(digest)
	if in.opts.SHA256 != "" {
		want = strings.ToLower(in.opts.SHA256)
	}
	if want == "" {
		return nil
	}
	have, err := hashFile(ctx, path)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("%s: SHA-256 is %s, expected %s: the file is damaged or not the one it claims to be", filepath.Base(path), have, want)
	}
	return nil
}

// check inspects and tries the unpacked library and fills the record.
func (in *installer) check(ctx context.Context, library string, rec *record) (err error) {
	if err := checkLibrary(library); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(library), err)
	}
	if rec.SHA256, err = hashFile(ctx, library); err != nil {
		return err
	}
	if len(in.opts.Probe) == 0 {
		return nil
	}
	in.log("trying the plugin in a process of its own")
	probe, cancel := context.WithTimeout(ctx, ProbeTimeout)
	defer cancel()
	if err := Probe(probe, in.opts.Probe, library); err != nil {
		return err
	}
	rec.Probed = time.Now().UTC()
	return nil
}

// commit puts the library in place. The record goes first: between the two steps it does not match the old file, which is
// then reported as changed; in the other order a crash would leave a file that nobody knows to be ours.
func (in *installer) commit(library string, rec record) (Status, error) {
	target := filepath.Join(in.dir, libraryName())
	info, err := os.Stat(library)
	if err != nil {
		return Status{}, err
	}
	rec.Path, rec.Size, rec.ModTime = target, info.Size(), info.ModTime()
	if err := writeRecord(in.dir, rec); err != nil {
		return Status{}, err
	}
	if err := os.Rename(library, target); err != nil {
		return Status{}, err
	}
	if folder, err := os.Open(in.dir); err == nil {
		_ = folder.Sync() // makes the rename durable; not every file system can, and the file is in place either way
		folder.Close()
	}
	in.log("installed " + target)
	return inspect(in.dir, target, FromCache), nil
}

// workPrefix begins the names of the temporary folders of installations.
const workPrefix = ".install-"

// sweep removes what killed installations left behind. The caller holds the lock, so nobody works in those folders.
func (in *installer) sweep() error {
	left, err := filepath.Glob(filepath.Join(in.dir, workPrefix+"*"))
	if err != nil {
		return err
	}
	for _, folder := range left {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return nil
}

// InstallError says why each source failed.
type InstallError struct {
	Dir    string
	Causes []error
}

// Error returns all causes in one line.
func (e *InstallError) Error() string {
	texts := make([]string, len(e.Causes))
	for i, cause := range e.Causes {
		texts[i] = cause.Error()
	}
	return "plugin: install: " + strings.Join(texts, "; ")
}

// Unwrap returns the causes.
func (e *InstallError) Unwrap() []error { return e.Causes }

// Hint returns what to try next.
func (e *InstallError) Hint() string {
	if errors.Is(e, syscall.ENOSPC) || errors.Is(e, syscall.EDQUOT) {
		return "the plugin needs about 400 MB in " + e.Dir + ": make room, or set " + CacheEnv + " to another disk"
	}
	return "without a plugin the pure-Go backend does the job; to install from a file: download the wheel of xla-cpu-pjrt 0.0.1 elsewhere and run `jamba xla install --file WHEEL`"
}

package track

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// FormatVersion is the version of the run directory that this library writes. It reads this version and all before it.
const FormatVersion = 1

// File names inside a run directory.
const (
	metaFile    = "run.json"
	metricsFile = "metrics.csv"
	doneFile    = "DONE"
)

// Reasons for which a run directory is refused; test with errors.Is.
var (
	ErrNotRun   = errors.New("not a run directory")
	ErrExists   = errors.New("already holds a run")
	ErrNewer    = errors.New("written by a newer version")
	ErrLocked   = errors.New("in use by another process")
	ErrReadOnly = errors.New("opened for reading")
	ErrFinished = errors.New("run is finished")
)

// Meta is what run.json says about a run.
type Meta struct {
	FormatVersion int       `json:"format_version"`
	Library       string    `json:"library,omitempty"`     // version of the library that trained
	Fingerprint   string    `json:"fingerprint,omitempty"` // of configuration and data, see Fingerprint
	Created       time.Time `json:"created"`
}

// Done is the content of the file DONE.
type Done struct {
	FormatVersion int       `json:"format_version"`
	Library       string    `json:"library,omitempty"`
	Fingerprint   string    `json:"fingerprint,omitempty"`
	Finished      time.Time `json:"finished"`
}

// Run is an open run directory. It is not safe for concurrent use by several goroutines.
type Run struct {
	dir     string
	meta    Meta
	history History
	columns []string // the metric columns that metrics.csv has on disk
	rewrite bool     // metrics.csv must be written anew before a line may be appended
	lock    *lock    // nil when opened for reading
}

// Create makes a run directory (and its parents) and takes its lock. Only Library and Fingerprint of meta are used.
// A directory that already holds a run is ErrExists; one that holds other files is taken, and the files are left alone,
// except that metrics.csv starts anew.
func Create(dir string, meta Meta) (*Run, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("track: create %s: %w", dir, err)
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, fmt.Errorf("track: create %s: %w", dir, err)
	}
	r := &Run{dir: dir, lock: l}
	if found, err := exists(r.Path(metaFile)); err != nil || found {
		r.Close()
		if err == nil {
			err = fmt.Errorf("%w; resume it, or choose another directory", ErrExists)
		}
		return nil, fmt.Errorf("track: create %s: %w", dir, err)
	}
	r.meta = Meta{FormatVersion: FormatVersion, Library: meta.Library, Fingerprint: meta.Fingerprint, Created: now()}
	// The history starts empty even where the directory is left over from something else; run.json comes last, because
	// it is what makes the directory a run.
	err = AtomicWrite(r.Path(metricsFile), r.history.WriteCSV)
	if err == nil {
		err = r.WriteJSON(metaFile, r.meta)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Open opens a run for reading, whether it is finished, interrupted or still being written.
// Errors: fs.ErrNotExist without a directory, ErrNotRun without run.json, ErrNewer.
func Open(dir string) (*Run, error) { return open(dir, nil) }

// Resume opens an existing run for writing and takes its lock; the errors are those of Open, and ErrLocked. Call
// TruncateHistory with the epoch of the checkpoint before going on.
func Resume(dir string) (*Run, error) {
	if _, err := Open(dir); err != nil { // before .lock is made in a folder that is no run
		return nil, err
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, fmt.Errorf("track: resume %s: %w", dir, err)
	}
	r, err := open(dir, l)
	if err != nil {
		_ = l.release() // the first error is the one to tell
		return nil, err
	}
	return r, nil
}

func open(dir string, l *lock) (*Run, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("track: open run: %w", err)
	}
	r := &Run{dir: dir, lock: l}
	found, err := exists(r.Path(metaFile))
	if err != nil && info.IsDir() {
		return nil, fmt.Errorf("track: open %s: %w", dir, err)
	}
	if !found {
		return nil, fmt.Errorf("track: open %s: %w: it has no %s", dir, ErrNotRun, metaFile)
	}
	if err := r.ReadJSON(metaFile, &r.meta); err != nil {
		return nil, err
	}
	if err := checkVersion(r.Path(metaFile), r.meta.FormatVersion); err != nil {
		return nil, err
	}
	// The first line after a resume rewrites the file: the last one may be torn, and a column that has no value yet is on
	// disk but not in the history.
	r.rewrite = true
	if r.history, err = ReadHistory(r.Path(metricsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	r.columns = r.history.MetricNames()
	return r, nil
}

func checkVersion(path string, version int) error {
	switch {
	case version > FormatVersion:
		return fmt.Errorf("track: %s: %w: format %d, this library reads up to %d; update jamba", path, ErrNewer, version, FormatVersion)
	case version < 1:
		return fmt.Errorf("track: %s: format_version is %d, want 1 to %d: the file is damaged", path, version, FormatVersion)
	}
	return nil
}

// Dir returns the directory as it was given.
func (r *Run) Dir() string { return r.dir }

// Path returns the path of a file or folder of the run, named by slash-separated path.
func (r *Run) Path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// Meta returns what run.json says.
func (r *Run) Meta() Meta { return r.meta }

// History returns a copy of the events so far.
func (r *Run) History() History { return slices.Clone(r.history) }

// Log records an epoch: one line in metrics.csv, on disk when Log returns. Epochs must increase; a gap is allowed.
func (r *Run) Log(e Event) error {
	if err := r.writable("log"); err != nil {
		return err
	}
	found, err := exists(r.Path(doneFile))
	if found {
		err = ErrFinished
	}
	if err != nil {
		return fmt.Errorf("track: log epoch %d: %s: %w", e.Epoch, r.dir, err)
	}
	if n := len(r.history); n > 0 && e.Epoch <= r.history[n-1].Epoch {
		return fmt.Errorf("track: log: epoch %d after epoch %d in %s; call TruncateHistory before training those epochs again",
			e.Epoch, r.history[n-1].Epoch, r.dir)
	}
	e.Metrics = withoutNaN(e.Metrics)
	h := append(r.history, e)
	fits := true
	for n := range e.Metrics {
		if _, ok := slices.BinarySearch(r.columns, n); !ok {
			fits = false
		}
	}
	if !fits || r.rewrite {
		if err := r.writeHistory(h); err != nil {
			return err
		}
	} else if err := appendHistory(r.Path(metricsFile), e, r.columns); err != nil {
		r.rewrite = true // a part of the line may be on disk
		return fmt.Errorf("track: log epoch %d: %w", e.Epoch, err)
	}
	r.history = h
	return nil
}

// TruncateHistory forgets the epochs after the given one, because training is about to repeat them; 0 forgets all.
func (r *Run) TruncateHistory(epoch int) error {
	if err := r.writable("truncate history"); err != nil {
		return err
	}
	n := len(r.history)
	for n > 0 && r.history[n-1].Epoch > epoch {
		n--
	}
	if n == len(r.history) {
		return nil
	}
	h := r.history[:n:n]
	if err := r.writeHistory(h); err != nil {
		return err
	}
	r.history = h
	return nil
}

func (r *Run) writeHistory(h History) error {
	if err := AtomicWrite(r.Path(metricsFile), h.WriteCSV); err != nil {
		r.rewrite = true
		return err
	}
	r.columns, r.rewrite = h.MetricNames(), false
	return nil
}

// withoutNaN copies the metrics that have a value; the copy keeps the history safe from a caller who reuses the map.
func withoutNaN(metrics map[string]float64) map[string]float64 {
	out := make(map[string]float64, len(metrics))
	for n, v := range metrics {
		if v == v {
			out[n] = v
		}
	}
	return out
}

// WriteFile replaces a file of the run atomically, making its folder when needed. The name is a slash-separated path
// inside the run.
func (r *Run) WriteFile(name string, write func(io.Writer) error) error {
	if err := r.writable("write " + name); err != nil {
		return err
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("track: write %s: the name must be a path inside the run", name)
	}
	path := r.Path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("track: write %s: %w", path, err)
	}
	return AtomicWrite(path, write)
}

// WriteJSON replaces a file of the run by v as indented JSON, atomically.
func (r *Run) WriteJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("track: write %s: %w", r.Path(name), err)
	}
	return r.WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// ReadJSON reads a file of the run into v. A missing file wraps fs.ErrNotExist; a damaged one is an error with file, line
// and column.
func (r *Run) ReadJSON(name string, v any) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("track: read %s: the name must be a path inside the run", name)
	}
	return readJSON(r.Path(name), v)
}

// Finish writes DONE and releases the lock: the run is complete, and nothing more may be logged.
func (r *Run) Finish() error {
	if err := r.writable("finish"); err != nil {
		return err
	}
	done := Done{FormatVersion: FormatVersion, Library: r.meta.Library, Fingerprint: r.meta.Fingerprint, Finished: now()}
	if err := r.WriteJSON(doneFile, done); err != nil {
		return err
	}
	return r.Close()
}

// Done returns the content of DONE, and false when the run is not finished.
func (r *Run) Done() (Done, bool, error) {
	var d Done
	err := r.ReadJSON(doneFile, &d)
	if errors.Is(err, fs.ErrNotExist) {
		return d, false, nil
	}
	if err == nil {
		err = checkVersion(r.Path(doneFile), d.FormatVersion)
	}
	return d, err == nil, err
}

// Close releases the lock. A run that was opened for reading, and one already closed, need nothing.
func (r *Run) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.lock.release()
	r.lock = nil
	if err != nil {
		return fmt.Errorf("track: close %s: %w", r.dir, err)
	}
	return nil
}

func (r *Run) writable(what string) error {
	if r.lock == nil {
		return fmt.Errorf("track: %s: %s: %w (or closed); use Create or Resume to write", what, r.dir, ErrReadOnly)
	}
	return nil
}

// Fingerprint returns a hash (64 hex digits) of the JSON of its arguments, in order: a resolved configuration, a
// description of the data, a code version. Equal fingerprints mean that a finished run may be reopened instead of trained
// again. Fields tagged json:"-" do not count. A value that JSON cannot express, such as NaN, is an error.
func Fingerprint(parts ...any) (string, error) {
	h := sha256.New()
	for i, p := range parts {
		text, err := json.Marshal(p) // struct fields in order, map keys sorted: the same value gives the same bytes
		if err != nil {
			return "", fmt.Errorf("track: fingerprint: part %d: %w", i+1, err)
		}
		fmt.Fprintf(h, "%d\n%s\n", len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// now is the wall clock in the form that JSON reads back unchanged.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

package track

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func create(t *testing.T) *Run {
	t.Helper()
	r, err := Create(filepath.Join(t.TempDir(), "runs", "a"), Meta{Library: "1.0.0", Fingerprint: "f00d"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func event(epoch int) Event {
	return Event{Epoch: epoch, Epochs: 9, Rows: int64(epoch) * 1000, RowsPerSecond: 1234.5, Elapsed: time.Duration(epoch) * 1234567891,
		Remaining: time.Second, Best: epoch == 2, Metrics: map[string]float64{TrainLoss: 1 / float64(epoch), ValidLoss: 0.1 + 0.2}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunLife(t *testing.T) {
	r := create(t)
	for epoch := 1; epoch <= 3; epoch++ {
		must(t, r.Log(event(epoch)))
		// What was logged is there for a reader at once.
		other, err := Open(r.Dir())
		must(t, err)
		if diff := cmp.Diff(r.History(), other.History()); diff != "" {
			t.Fatalf("epoch %d: %s", epoch, diff)
		}
	}
	if diff := cmp.Diff(History{event(1), event(2), event(3)}, r.History()); diff != "" {
		t.Error(diff)
	}
	must(t, r.WriteJSON("config.json", map[string]int{"batch": 32}))
	var config map[string]int
	must(t, r.ReadJSON("config.json", &config))
	if config["batch"] != 32 {
		t.Errorf("read %v", config)
	}
	if _, done, err := r.Done(); done || err != nil {
		t.Errorf("done before Finish: %v, %v", done, err)
	}
	must(t, r.Finish())
	if err := r.Log(event(4)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("log after Finish: %v", err)
	}

	again, err := Open(r.Dir())
	must(t, err)
	done, ok, err := again.Done()
	if !ok || err != nil || done.Fingerprint != "f00d" || done.Library != "1.0.0" || done.FormatVersion != FormatVersion || time.Since(done.Finished) > time.Minute {
		t.Errorf("done %+v, %v, %v", done, ok, err)
	}
	if again.Meta() != r.Meta() || again.Meta().Fingerprint != "f00d" {
		t.Errorf("meta %+v, want %+v", again.Meta(), r.Meta())
	}
	if _, err := os.Stat(filepath.Join(r.Dir(), lockFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock file is left: %v", err)
	}
	resumed, err := Resume(r.Dir())
	must(t, err)
	defer resumed.Close()
	if err := resumed.Log(event(4)); !errors.Is(err, ErrFinished) {
		t.Errorf("log into a finished run: %v", err)
	}
}

func TestColumnsMayChange(t *testing.T) {
	r := create(t)
	must(t, r.Log(Event{Epoch: 1, Metrics: map[string]float64{"b": 1}}))
	must(t, r.Log(Event{Epoch: 2, Metrics: map[string]float64{"a, \"quoted\"": 2, "b": math.NaN()}}))
	must(t, r.Log(Event{Epoch: 5, Metrics: map[string]float64{"b": 3}}))
	text, err := os.ReadFile(r.Path("metrics.csv"))
	must(t, err)
	want := "epoch,epochs,rows,rows_per_second,elapsed_seconds,remaining_seconds,best,\"a, \"\"quoted\"\"\",b\n" +
		"1,0,0,0,0,0,0,,1\n2,0,0,0,0,0,0,2,\n5,0,0,0,0,0,0,,3\n"
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	epochs, values := r.History().Metric("b")
	if !slices.Equal(epochs, []float64{1, 5}) || !slices.Equal(values, []float64{1, 3}) {
		t.Errorf("metric b: %v %v", epochs, values)
	}
}

func TestLogKeepsACopy(t *testing.T) {
	r := create(t)
	e := event(1)
	must(t, r.Log(e))
	e.Metrics[TrainLoss] = 99
	must(t, r.Log(Event{Epoch: 2, Metrics: map[string]float64{"new": 1}})) // rewrites the file from memory
	h, err := ReadHistory(r.Path("metrics.csv"))
	must(t, err)
	if h[0].Metrics[TrainLoss] != 1 {
		t.Errorf("the caller's map changed the history: %v", h[0].Metrics)
	}
}

func TestResumeAfterKill(t *testing.T) {
	r := create(t)
	for epoch := 1; epoch <= 4; epoch++ {
		must(t, r.Log(event(epoch)))
	}
	must(t, r.Close())
	// The process died in the middle of a line.
	f, err := os.OpenFile(r.Path("metrics.csv"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = io.WriteString(f, "5,9,500")
	must(t, err)
	must(t, f.Close())

	r, err = Resume(r.Dir())
	must(t, err)
	defer r.Close()
	if n := len(r.History()); n != 4 {
		t.Fatalf("%d epochs, want 4", n)
	}
	if err := r.Log(event(3)); err == nil || !strings.Contains(err.Error(), "TruncateHistory") {
		t.Errorf("an epoch again: %v", err)
	}
	must(t, r.TruncateHistory(2))
	must(t, r.Log(event(3)))
	must(t, r.Log(event(4)))
	h, err := ReadHistory(r.Path("metrics.csv"))
	must(t, err)
	if diff := cmp.Diff(History{event(1), event(2), event(3), event(4)}, h); diff != "" {
		t.Error(diff)
	}
	must(t, r.TruncateHistory(0))
	if h, err = ReadHistory(r.Path("metrics.csv")); err != nil || len(h) != 0 {
		t.Errorf("truncated to nothing: %v, %v", h, err)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o666))
	empty := filepath.Join(dir, "empty")
	must(t, os.Mkdir(empty, 0o777))
	r := create(t)
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"open nothing":      {second(Open(filepath.Join(dir, "none"))), fs.ErrNotExist},
		"resume nothing":    {second(Resume(filepath.Join(dir, "none"))), fs.ErrNotExist},
		"open a folder":     {second(Open(empty)), ErrNotRun},
		"resume a folder":   {second(Resume(empty)), ErrNotRun},
		"open a file":       {second(Open(file)), ErrNotRun},
		"create twice":      {second(Create(r.Dir(), Meta{})), ErrLocked},
		"resume while held": {second(Resume(r.Dir())), ErrLocked},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	if names, _ := os.ReadDir(empty); len(names) != 0 {
		t.Errorf("a refused resume left %v", names)
	}
	if err := second(Create(file, Meta{})); err == nil {
		t.Error("created a run in a file")
	}
	must(t, r.Close())
	if err := second(Create(r.Dir(), Meta{})); !errors.Is(err, ErrExists) {
		t.Errorf("create over a run: %v", err)
	}
	if names, _ := os.ReadDir(r.Dir()); len(names) != 2 {
		t.Errorf("the refused create left %v", names)
	}

	reader, err := Open(r.Dir())
	must(t, err)
	for name, err := range map[string]error{
		"log": reader.Log(event(1)), "truncate": reader.TruncateHistory(0), "json": reader.WriteJSON("a.json", 1),
		"finish": reader.Finish(), "file": reader.WriteFile("a", func(io.Writer) error { return nil }),
	} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s on a reader: %v", name, err)
		}
	}
	must(t, reader.Close())
}

func second(_ *Run, err error) error { return err }

func TestNamesStayInside(t *testing.T) {
	r := create(t)
	for _, name := range []string{"../escape.json", "/escape.json", "a/../../b", ""} {
		if err := r.WriteJSON(name, 1); err == nil {
			t.Errorf("wrote %q", name)
		}
		var v any
		if err := r.ReadJSON(name, &v); err == nil {
			t.Errorf("read %q", name)
		}
	}
	must(t, r.WriteFile("plots/roc.svg", func(w io.Writer) error { _, err := io.WriteString(w, "<svg/>"); return err }))
	if text, err := os.ReadFile(filepath.Join(r.Dir(), "plots", "roc.svg")); err != nil || string(text) != "<svg/>" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestDamagedFiles(t *testing.T) {
	const header = "epoch,epochs,rows,rows_per_second,elapsed_seconds,remaining_seconds,best,a\n"
	for _, c := range []struct{ file, text, want string }{
		{"run.json", `{"format_version": 2}`, "newer version"},
		{"run.json", `{"format_version": 0}`, "damaged"},
		{"run.json", ``, "ends early"},
		{"run.json", `{"format_version": 1,`, "ends early"},
		{"run.json", "{\"format_version\": 1,\n  \"library\": x}", "run.json:2:14"},
		{"run.json", `{"format_version": "1"}`, `"format_version" is a JSON string, want int`},
		{"run.json", `{"format_version": 1} {}`, "after the end"},
		{"metrics.csv", "a,b\n1,2\n", "must start with epoch"},
		{"metrics.csv", header + "1,0,0,0,0,0,0,x\n", "metrics.csv:2:15: \"x\" is not a number"},
		{"metrics.csv", header + "1,0,0,0,0,0,0,1\n1,0,0,0,0,0,0,1\n", "epoch 1 comes after epoch 1"},
		{"metrics.csv", header + "1,0\n", "wrong number of fields"},
	} {
		r := create(t)
		must(t, r.Close())
		must(t, os.WriteFile(r.Path(c.file), []byte(c.text), 0o666))
		_, err := Open(r.Dir())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s with %q: %v, want %q", c.file, c.text, err, c.want)
		}
		if c.want == "newer version" && !errors.Is(err, ErrNewer) {
			t.Errorf("not ErrNewer: %v", err)
		}
	}
}

func TestAtomicWriteKeepsTheOldContent(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "checkpoint")
	put := func(text string) error {
		return AtomicWrite(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	}
	must(t, put("old"))
	full := errors.New("no space left")
	if err := AtomicWrite(path, func(w io.Writer) error { io.WriteString(w, "new"); return full }); !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic of the writer was swallowed")
			}
		}()
		AtomicWrite(path, func(w io.Writer) error { io.WriteString(w, "new"); panic("boom") })
	}()
	if text, err := os.ReadFile(path); string(text) != "old" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("temporary files are left: %v", names)
	}
	must(t, put("new"))
	if text, _ := os.ReadFile(path); string(text) != "new" {
		t.Errorf("%q", text)
	}
	if err := AtomicWrite(filepath.Join(dir, "none", "x"), func(io.Writer) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := AtomicWrite(dir, func(io.Writer) error { return nil }); err == nil {
		t.Error("replaced a folder")
	}
}

func TestFingerprint(t *testing.T) {
	type config struct {
		Rate   float64
		OnStep func() `json:"-"`
	}
	a, err := Fingerprint(config{Rate: 0.1}, "data")
	must(t, err)
	b, err := Fingerprint(config{Rate: 0.1, OnStep: func() {}}, "data")
	must(t, err)
	if a != b || len(a) != 64 {
		t.Errorf("a callback changed the fingerprint: %s, %s", a, b)
	}
	for _, parts := range [][]any{{config{Rate: 0.2}, "data"}, {config{Rate: 0.1}}, {config{Rate: 0.1}, "data", nil}, {"data", config{Rate: 0.1}}} {
		if c, err := Fingerprint(parts...); err != nil || c == a {
			t.Errorf("%v has the same fingerprint (%v)", parts, err)
		}
	}
	var unsupported *json.UnsupportedValueError
	if _, err := Fingerprint(config{Rate: math.NaN()}); !errors.As(err, &unsupported) {
		t.Errorf("NaN: %v", err)
	}
}

func TestBestEvent(t *testing.T) {
	if _, ok := (History{}).Best(); ok {
		t.Error("an empty history has a best epoch")
	}
	if e, _ := (History{event(1), event(2), event(3)}).Best(); e.Epoch != 2 {
		t.Errorf("best is epoch %d", e.Epoch)
	}
	if e, _ := (History{event(1), event(3)}).Best(); e.Epoch != 3 {
		t.Errorf("without a mark the last epoch counts, got %d", e.Epoch)
	}
}
